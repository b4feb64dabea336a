"""The publisher `tables`: datasets into tables of a database, as a job file says or by themselves.

    [[publish]]
    use = "tables"
    kinds = ["imap.hk.table"]
    url = "postgresql://user@host/name"     # DATABASE_URL where it is absent

    [publish.tables."imap.hk.table"]
    table = "{packet}"
    key = ["shcoarse", "src_seq_ctr"]

A dataset is a slot of its table: what is loaded replaces what any other version of it had there.
Without a job file a dataset's keys are columns (``file_date``), and what identifies a row is
found among its columns unless it is given.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from string import Formatter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from gnomon.core.dataset import Dataset
from gnomon.core.instrument import PublisherType
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, ConfigError, Corrupt, MissingExtra
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.snapshot import Snapshot
from gnomon.publish.publisher import Receipt
from gnomon.settings import secret

if TYPE_CHECKING:
    from gnomon.publish.tables.jobs import Job

_log = logging.getLogger(__name__)
VARIABLE = "DATABASE_URL"
_NOTHING = "no rows"


class OneTable(StepConfig):
    """The table of one kind."""

    table: str = Field("", description="a template of the kind's keys; kind and texts when absent")
    key: tuple[str, ...] = Field((), description="columns that identify a row; found when absent")
    expects: tuple[str, ...] = Field((), description="a file without these columns is refused")


class TablesConfig(StepConfig):
    """Where to, and as which job says."""

    url: Address = Field(
        Address(""), description=f"postgresql://… or sqlite:///file.db; {VARIABLE} when absent"
    )
    jobs: Path | None = Field(None, description="a job file, YAML or TOML; without, by the kinds")
    job: str = Field("", description="of the job file; by the files' names when absent")
    tables: Mapping[str, OneTable] = Field(
        default_factory=dict, description="per kind, where there is no job file"
    )
    allow_functions: bool = Field(False, description="whether jobs may call functions")


@contextmanager
def needing_extra() -> Iterator[None]:
    """Name the extra that brings a library which is absent."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("gnomon"):
            raise
        raise MissingExtra(error.name or "pyarrow", "tables") from error


def address_of(url: Address, folder: Path) -> Address:
    """Return an address, or the one that the environment or ``.env`` says where it is empty.

    Raises
    ------
    ConfigError
        Neither says one.
    """
    if url.get_secret_value():
        return url
    told = secret(folder, VARIABLE)
    if told is None:
        raise ConfigError(f"no database is named; say its url, or set {VARIABLE}")
    return Address(told.get_secret_value())


@dataclass(frozen=True)
class _Place:
    """Where a dataset goes: the slot of a table."""

    table: str
    slot: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The slot as text, which is also its place in what the database remembers."""
        slot = {name: str(value) for name, value in self.slot.items()}
        return json.dumps(slot, sort_keys=True)

    def __str__(self) -> str:
        return f"{self.table} {self.text}"

    @classmethod
    def read(cls, target: str) -> _Place:
        """Read a receipt's target back."""
        table, brace, rest = target.partition(" {")
        try:
            slot = json.loads(f"{{{rest}")
        except ValueError:
            slot = None
        if not brace or not isinstance(slot, dict):
            raise Corrupt(f"the receipt's target {target!r} names no slot of a table")
        return cls(table, {name: _value(value) for name, value in slot.items()})


def _value(text: Any) -> Any:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        return text


class TablesPublisher:
    """Loads datasets into tables, each in one transaction.

    Parameters
    ----------
    folder : Path
        What relative paths are relative to.
    """

    def __init__(self, config: TablesConfig, folder: Path) -> None:
        with needing_extra():
            from gnomon.publish.tables.loading import open_tables  # noqa: PLC0415  an extra
        self._config, self._folder = config, folder
        self.database = open_tables(address_of(config.url, folder), folder)
        self._jobs = self._read_jobs()
        self._snapshot = Snapshot(
            lambda: {(held.table, held.place): held.sha256 for held in self.database.loaded()}
        )

    def check(self) -> None:
        """Reach the database."""
        self.database.loaded()

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Load a dataset; rows that only other versions of it have are deleted."""
        from gnomon.publish.tables.changes import File  # noqa: PLC0415  an extra
        from gnomon.publish.tables.drafting import draft  # noqa: PLC0415
        from gnomon.publish.tables.reading import read_file  # noqa: PLC0415
        from gnomon.publish.tables.shaping import shape  # noqa: PLC0415

        place = self._place(dataset)
        raws = read_file(path)
        job = self._job(dataset) or self._derived(dataset, place, raws)
        if job is None:  # no rows, and no table yet that they might be absent from
            return Receipt.of(dataset, str(place), _NOTHING)
        given = None if self._jobs else place.slot
        made = draft(
            raws,
            job,
            names=_names(dataset),
            given=given,
            allow_functions=self._config.allow_functions,
        )
        file = File(
            PurePosixPath(dataset.path).name,
            dataset.sha256,
            place.slot,
            place.text,
            (dataset.version, 0),
            newest_only=False,  # which version is current is for the catalogue to say
        )
        change = self.database.load(file, place.table, lambda table: shape(made, table))
        self._snapshot.forget()
        widened = [line for line in change.schema if line.startswith("widen")]
        for note in (*change.notes, *widened):
            _log.warning("%s: %s", dataset.path, note)
        lost = f"{change.lost} values of {path.name} fit no column" if change.lost else ""
        return Receipt.of(dataset, str(place), f"{change.rows} rows", lost)

    def target(self, dataset: Dataset) -> str:
        """Return the table, and which of its rows."""
        return str(self._place(dataset))

    def holds(self, receipt: Receipt) -> bool:
        """Compare what the database remembers; the rows themselves are not looked at."""
        place = _Place.read(receipt.target)
        held = self._snapshot.sha256_of((place.table, place.text))
        # A file without rows makes no table.
        return held == receipt.sha256 or (held is None and receipt.detail == _NOTHING)

    def retract(self, receipt: Receipt) -> None:
        """Delete the rows."""
        place = _Place.read(receipt.target)
        self.database.remove(place.table, place.slot, place.text)
        self._snapshot.forget()

    # -- jobs

    def _read_jobs(self) -> dict[str, Job]:
        if self._config.jobs is None:
            return {}
        from gnomon.publish.tables.jobfile import read_jobs  # noqa: PLC0415  an extra

        return read_jobs(self._folder / self._config.jobs)

    def _job(self, dataset: Dataset) -> Job | None:
        if not self._jobs:
            return None
        from gnomon.publish.tables.jobs import choose  # noqa: PLC0415  an extra

        path = Path(dataset.path)
        if self._config.job:
            return choose(self._jobs, path, self._config.job)
        errors = []
        for name in _names(dataset):
            try:
                return choose(self._jobs, path.with_name(name))
            except ConfigError as error:
                errors.append(error)
        raise errors[0]

    def _place(self, dataset: Dataset) -> _Place:
        from gnomon.publish.tables.drafting import read_name  # noqa: PLC0415  an extra

        job = self._job(dataset)
        if job is None:
            return self._own_place(dataset)
        slot = read_name(job, *_names(dataset)).slot
        if not slot:
            raise ConfigError(
                f"job {job.name!r} has no column with use_to_delete_old_rows: what a dataset put"
                " into its table could not be told from the rest"
            )
        return _Place(job.table, slot)

    def _own_place(self, dataset: Dataset) -> _Place:
        from gnomon.publish.tables.filenames import identifier  # noqa: PLC0415  an extra

        own = self._config.tables.get(dataset.kind, OneTable())
        texts = [f"{{{name}}}" for name, value in dataset.key.items() if isinstance(value, str)]
        template = own.table or "_".join([dataset.kind, *texts])
        try:
            used = {name for _, name, _, _ in Formatter().parse(template) if name}
            table = identifier(template.format(**dataset.key))
        except (KeyError, ValueError, IndexError) as error:
            raise ConfigError(
                f"the table {template!r} does not fit {dataset.kind}: {error}"
            ) from None
        told = {name: value for name, value in dataset.key.items() if name not in used}
        days = [name for name, value in told.items() if isinstance(value, date)]
        slot = {f"file_{'date' if [name] == days else name}": value for name, value in told.items()}
        return _Place(table, slot or {"file_key": dataset.key_text})

    def _derived(self, dataset: Dataset, place: _Place, raws: Any) -> Job | None:
        from gnomon.publish.tables.jobs import Job, Rule  # noqa: PLC0415  an extra
        from gnomon.publish.tables.preparing import columns_of, natural_key  # noqa: PLC0415

        there = self.database.key_of(place.table)
        if there is None and not any(raw.table.num_rows for raw in raws):
            return None
        own = self._config.tables.get(dataset.kind, OneTable())
        if absent := set(own.expects) - set(raws[0].table.column_names):
            raise BadData(
                f"{dataset.path} lacks {', '.join(sorted(absent))}: it is no {dataset.kind}"
            )
        key = own.key or there or natural_key(raws[:1], columns_of(raws[:1]))
        return Job(dataset.kind, place.table, tuple(Rule(name, name) for name in key))


def _names(dataset: Dataset) -> tuple[str, str]:
    """Return what a dataset's file is called: as the store says, and without its version."""
    from gnomon.publish.tables.filenames import without_version  # noqa: PLC0415  an extra

    name = PurePosixPath(dataset.path).name
    return name, without_version(name)


TABLES = PublisherType("tables", TablesConfig, TablesPublisher)
"""Tables that others query: rows of files, in PostgreSQL or SQLite."""
