"""The catalogue: one schema on SQLite and on PostgreSQL.

Every write is one short transaction that first takes the catalogue's lock (SQLite: `BEGIN
IMMEDIATE`; PostgreSQL: the row of `clock`), so writers are serial and `changed` grows in the
order of the commits.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

from gnomon.catalog import changes, tables
from gnomon.catalog.schema import HEAD, upgrade
from gnomon.catalog.writing import Writing
from gnomon.core.jobs import Changes
from gnomon.core.kinds import Kind
from gnomon.errors import Busy, CatalogError, ConfigError, ConnectionLost, Full, MissingExtra

IN_MEMORY = "sqlite://"
"""The URL of an empty catalogue that nobody keeps."""
_READING = "gnomon_reading"


class Catalog:
    """A connection to the catalogue.

    Parameters
    ----------
    url : str
        As SQLAlchemy spells it: ``sqlite:///gnomon.db`` or ``postgresql://user@host/name``.
    kinds : mapping of str to Kind
        Types the keys; rows of other kinds are left out of what is returned.
    patience_s : float
        How long to wait for another writer before that is `Busy`.
    """

    def __init__(self, url: str, kinds: Mapping[str, Kind], *, patience_s: float = 60.0) -> None:
        self.kinds = kinds
        self._engine = _engine(url, patience_s)

    def prepare(self) -> None:
        """Create or upgrade the schema; safe when several processes do it at once."""
        with _translated():
            if self._revision() == HEAD:
                return
            with self._engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7261546)"))
                upgrade(connection)

    def changes(self, since: int) -> Changes:
        """Return what happened after a sequence number; 0 returns all that is current."""
        with self.reading() as connection:
            upto = connection.execute(sa.select(tables.clock.c.seq)).scalar_one()
            return changes.since(connection, since, upto, self.kinds)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only snapshot."""
        options: dict[str, Any] = {_READING: True}
        if self._engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"
        with (
            _translated(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a write transaction: alone, all or nothing."""
        with _translated(), self._engine.begin() as connection:
            seq = connection.execute(
                sa.select(tables.clock.c.seq).where(tables.clock.c.id == 1).with_for_update()
            ).scalar_one()
            writing = Writing(connection, seq, self.kinds)
            yield writing
            writing.flush()
            if writing.seq != seq:
                connection.execute(sa.update(tables.clock).values(seq=writing.seq))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _revision(self) -> str | None:
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none()


def is_absent(url: str) -> bool:
    """Tell whether a database is a SQLite file that nobody has made yet."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def _engine(url: str, patience_s: float) -> Engine:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        # The text is not repeated: it may hold a password.
        raise ConfigError("`database` is no URL such as sqlite:///gnomon.db") from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(sa.create_engine(parsed, connect_args={"timeout": patience_s}))
        waits = {} if "options" in parsed.query else {"options": _lock_timeout(patience_s)}
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args=waits)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "psycopg", "postgres") from error
    except sa.exc.NoSuchModuleError as error:
        raise ConfigError(f"`database` must be SQLite or PostgreSQL: {error}") from error


def _lock_timeout(patience_s: float) -> str:
    return f"-c lock_timeout={int(patience_s * 1000)}"


def _sqlite(engine: Engine) -> Engine:
    """Make SQLite lock early, log ahead, and begin when we say so."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        _log_ahead(connection)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _log_ahead(connection: Any) -> None:
    """Switch to write-ahead logging; SQLite does not wait where others do so at the same time."""
    for pause_s in (*[0.02] * 100, None):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or pause_s is None:
                raise
            time.sleep(pause_s)
        else:
            return


_LOST = (
    "server closed the connection",
    "connection refused",
    "connection failed",
    "connection is bad",
    "terminating",
    "consuming input failed",
    "starting up",
    "shutting down",
    "in recovery mode",
)
_REFUSED = ("authentication failed", "no password", "does not exist")
_TELLTALES: tuple[tuple[Callable[[str], bool], type[CatalogError | Full], str], ...] = (
    (
        lambda text: "locked" in text or "lock timeout" in text,
        Busy,
        "another writer holds the catalogue",
    ),
    (lambda text: "disk is full" in text or "No space" in text, Full, "no space left"),
)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise our own errors for those of the driver."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        text = str(error.orig)
        for tells, ours, what in _TELLTALES:
            if tells(text):
                raise ours(f"{what}: {text}") from error
        lost = error.connection_invalidated or any(word in text for word in _LOST)
        refused = any(word in text for word in _REFUSED)
        if (lost and not refused) or isinstance(error, sa.exc.InterfaceError):
            raise ConnectionLost(f"the database went away: {text.strip()}") from error
        raise CatalogError(f"the database refused: {text.strip()}") from error
