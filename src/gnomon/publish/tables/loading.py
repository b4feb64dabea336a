"""Loading files: from a path and a job to what changed in a database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gnomon.errors import BadData, ConfigError, GnomonError
from gnomon.publish.databases.address import Address
from gnomon.publish.tables import ledger
from gnomon.publish.tables.changes import Change, File, place_of
from gnomon.publish.tables.database import Database
from gnomon.publish.tables.drafting import draft
from gnomon.publish.tables.filenames import version_in, without_version
from gnomon.publish.tables.jobs import Job
from gnomon.publish.tables.reading import read_file
from gnomon.publish.tables.shaping import shape
from gnomon.store.hashing import sha256_of

SCHEMES = "postgresql://user@host/name or sqlite:///file.db"


def open_tables(address: Address, folder: Path, *, dry: bool = False) -> Database:
    """Return the database of an address; nothing is connected to yet.

    Parameters
    ----------
    address : Address
    folder : Path
        What the path of a file is relative to.
    dry : bool
        For a look only: a file that is absent is not made.
    """
    # Each brings a library, and only one of them is wanted.
    if address.scheme in {"postgresql", "postgres"}:
        from gnomon.publish.tables.postgres import Postgres  # noqa: PLC0415

        return Postgres(address)
    if address.scheme == "sqlite":
        from gnomon.publish.tables.sqlite import Sqlite  # noqa: PLC0415

        whole = address.file(folder, SCHEMES)
        return Sqlite(address, None if dry and not whole.exists() else whole)
    raise ConfigError(f"{str(address)!r} is no database that can be loaded; write {SCHEMES}")


@dataclass(frozen=True)
class How:
    """How files are loaded.

    Attributes
    ----------
    dry : bool
        Take everything back.
    history : bool
        Record what happens, failures too, in a table.
    newest_only : bool
        Leave a file out whose newer version is there.
    most_rows : int, optional
        Of a file; all when None.
    allow_functions : bool
        Whether jobs may call functions of other modules.
    """

    dry: bool = False
    history: bool = False
    newest_only: bool = True
    most_rows: int | None = None
    allow_functions: bool = False


@dataclass(frozen=True)
class Outcome:
    """How one file fared: a change, or an error."""

    path: Path
    job: str
    change: Change | None = None
    error: GnomonError | None = None
    duration_s: float = 0.0


def load_file(database: Database, path: Path, job: Job, how: How) -> Change:
    """Load one file.

    Raises
    ------
    BadData
        The file cannot be read, or its rows are not what the job says.
    ConfigError, PublishError
        The job or the database does not allow it.
    """
    raws = [raw.sliced(how.most_rows) for raw in read_file(path)]
    made = draft(raws, job, allow_functions=how.allow_functions)
    file = File(
        path.name,
        sha256_of(path),
        made.slot,
        place_of(made.slot, without_version(path.name)),
        made.version or version_in(path.name),
        how.newest_only,
    )
    return database.load(file, job.table, lambda table: shape(made, table), dry=how.dry)


def load_files(
    database: Database,
    paths: Sequence[Path],
    job_of: Callable[[Path], Job],
    how: How,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Load files one after the other; one that fails does not stop the others.

    Parameters
    ----------
    job_of : callable
        Returns the job of a file.
    tell : callable
        Called with each outcome as it comes.
    """
    outcomes = []
    with database.sessions.kept():
        for path in paths:
            outcome = _attempt(database, path, job_of, how)
            tell(outcome)
            outcomes.append(outcome)
    return outcomes


def _attempt(database: Database, path: Path, job_of: Callable[[Path], Job], how: How) -> Outcome:
    start_s = time.monotonic()
    change: Change | None = None
    failure: GnomonError | None = None
    job: Job | None = None
    at = ledger.now()
    try:
        if not path.is_file():
            raise BadData(f"{path} is no file")
        job = job_of(path)
        change = load_file(database, path, job, how)
    except GnomonError as error:
        failure = error
    outcome = Outcome(
        path, job.name if job else "", change, failure, round(time.monotonic() - start_s, 6)
    )
    if how.history and not how.dry and job is not None:
        try:
            _record(database, outcome, job, at)
        except GnomonError as error:  # the same that it failed of, most likely
            outcome = replace(outcome, error=failure or error)
    return outcome


def _record(database: Database, outcome: Outcome, job: Job, at: str) -> None:
    change = outcome.change or Change(job.table)
    if change.older_than is not None:
        return
    database.record(
        {
            "timestamp": at,
            "filename": outcome.path.name,
            "table_name": job.table,
            "job": job.name,
            "rows_upserted": change.inserted + change.updated,
            "rows_deleted": change.deleted,
            "data_hash": sha256_of(outcome.path) if outcome.path.is_file() else "",
            "schema_changed": bool(change.schema),
            "duration_seconds": outcome.duration_s,
            "success": outcome.error is None,
            "error": str(outcome.error) if outcome.error else None,
        }
    )
