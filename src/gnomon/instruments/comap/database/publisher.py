"""The publisher `comap.sql`: observations, their flags and their figures, in tables of SQL.

    [[publish]]
    use = "comap.sql"
    url = "sqlite:///comap.db"      # relative to the project; or postgresql://user@host/name

An address with a password stands in the environment or ``.env`` as COMAP_DATABASE_URL instead.

Datasets of an observation may come in any order, and be taken back: the rows are those that follow
from what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pydantic import Field

from gnomon.core.dataset import Dataset
from gnomon.core.instrument import PublisherType
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, Corrupt
from gnomon.instruments.comap.database.observations import NO_OBSID, Load
from gnomon.instruments.comap.database.opening import SCHEMES, USUAL, VARIABLE, open_observations
from gnomon.instruments.comap.database.rows import Rows, data_of, place_in
from gnomon.instruments.comap.database.settling import Say, places_of
from gnomon.instruments.comap.kinds import (
    CALIBRATION,
    FLAGS,
    LEVEL1,
    LEVEL1_PLACE,
    LEVEL2,
    VERDICT,
)
from gnomon.instruments.comap.level1.flagged import read_flags
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level1.verdict import Verdict
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.snapshot import Snapshot
from gnomon.publish.publisher import Receipt


class SqlConfig(StepConfig):
    """Where to."""

    url: Address = Field(
        Address(""), description=f"{SCHEMES}; when absent {VARIABLE}, and without it {USUAL}"
    )


class SqlPublisher:
    """Keeps the database of observations; see `database.schema` for the tables.

    Parameters
    ----------
    folder : Path
        What the path of a file is relative to.
    """

    def __init__(self, config: SqlConfig, folder: Path) -> None:
        self.database = open_observations(config.url, folder)
        self._snapshot = Snapshot(self.database.loaded)

    def check(self) -> None:
        """Reach the database, and make the tables that are absent."""
        self.database.prepare()

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Write what a dataset says, in one transaction."""
        obsid = _obsid(dataset.kind, dataset.key_text)
        if dataset.kind == CALIBRATION.name:
            from gnomon.instruments.comap.database.model_rows import (  # noqa: PLC0415  an extra
                rows_of_model,
            )

            self.database.replace_model(dataset.sha256, rows_of_model(path))
        else:
            rows = _ROWS[dataset.kind](path, dataset)
            self.database.replace(Load(dataset.kind, obsid, dataset.sha256), rows)
        self._snapshot.forget()
        return Receipt.of(dataset, self.target(dataset))

    def target(self, dataset: Dataset) -> str:
        """Return which rows."""
        obsid = _obsid(dataset.kind, dataset.key_text)
        return f"{dataset.kind} obsid={obsid}" if obsid else "calibration_model_fit"

    def holds(self, receipt: Receipt) -> bool:
        """Compare what the database remembers; of the rows, only whether there are any."""
        place = (receipt.kind, _obsid(receipt.kind, receipt.key))
        return self._snapshot.holds(place, receipt.sha256)

    def retract(self, receipt: Receipt) -> None:
        """Take back what a dataset said; what others say stays."""
        obsid = _obsid(receipt.kind, receipt.key)
        if receipt.kind == CALIBRATION.name:
            self.database.remove_model()
        else:
            self.database.remove(receipt.kind, obsid)
        self._snapshot.forget()


def _obsid(kind: str, key_text: str) -> int:
    """Return the observation of a dataset, `NO_OBSID` of a kind that has none."""
    if kind == CALIBRATION.name:
        return NO_OBSID
    if kind not in _ROWS:
        known = ", ".join(sorted([*_ROWS, CALIBRATION.name]))
        raise ConfigError(f"{kind} says nothing of observations; these do: {known}")
    name, _, number = key_text.partition("=")
    if name != "obsid" or not number.isdigit():
        raise Corrupt(f"the key {key_text!r} names no observation")
    return int(number)


def _of_level1(path: Path, _dataset: Dataset) -> Rows:
    record = Level1Record.read(path)
    return Rows(data_of(record), say=Say(record.error))


def _of_place(path: Path, _dataset: Dataset) -> Rows:
    return Rows({"level1_path": place_in(path)})


def _of_verdict(path: Path, _dataset: Dataset) -> Rows:
    verdict = Verdict.read(path)
    return Rows(say=Say((verdict.error or "failed") if verdict.is_failed else ""))


def _of_flags(path: Path, _dataset: Dataset) -> Rows:
    bad = tuple((*place, comment) for place, comment in places_of(read_flags(path)).items())
    return Rows(say=Say(bad=bad))


def _of_level2(path: Path, dataset: Dataset) -> Rows:
    from gnomon.instruments.comap.database.level2_rows import (  # noqa: PLC0415  NumPy, HDF5
        rows_of_level2,
    )

    return rows_of_level2(path, dataset.tags.get("source", ""))


_ROWS: Final[Mapping[str, Callable[[Path, Dataset], Rows]]] = {
    LEVEL1.name: _of_level1,
    LEVEL1_PLACE.name: _of_place,
    VERDICT.name: _of_verdict,
    FLAGS.name: _of_flags,
    LEVEL2.name: _of_level2,
}
SQL = PublisherType("comap.sql", SqlConfig, SqlPublisher)
"""Observations, flags and figures for tools that ask SQL."""
