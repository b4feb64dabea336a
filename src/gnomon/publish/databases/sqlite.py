"""SQLite: how a file is reached, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.errors import Full, PublishError
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.transactions import Transactional

_PATIENCE_S = 60.0


def connect(path: Path | None) -> sqlite3.Connection:
    """Open a connection that commits what is no part of a transaction; in memory without a path."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path or ":memory:", _PATIENCE_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def ours(error: Exception, address: Address) -> Exception:
    """Return our own error for one of the driver, or of the file system."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return Full(f"no space left for {address}")
    return PublishError(f"{address}: {error}")


class OnSqlite(Transactional):
    """What databases in one file have in common, which others may read while it is written.

    It stands before the class that says what the database is for.
    """

    begin = "BEGIN IMMEDIATE"

    def __init__(self, address: Address, path: Path) -> None:
        super().__init__(address, most=1)
        self._path = path

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _columns(self, connection: sqlite3.Connection, table: str) -> list[str]:
        """Return the names of a table's columns; none where it is absent."""
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        return [name for (name,) in found]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ours(error, self.address) from error
