"""SQLite: one file, which others may read while it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from gnomon.instruments.comap.database.observations import Observations
from gnomon.instruments.comap.database.schema import Type
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.sqlite import connect, ours


class Sqlite(Observations):
    """A SQLite file."""

    types: ClassVar = {
        Type.INTEGER: "INTEGER",
        Type.FLOAT: "FLOAT",
        Type.TEXT: "VARCHAR",
        Type.BOOLEAN: "BOOLEAN",
        Type.JSON: "JSON",
        Type.TIME: "DATETIME",
    }
    begin = "BEGIN IMMEDIATE"
    true = "1"
    number = "INTEGER PRIMARY KEY"
    now = "CURRENT_TIMESTAMP"

    def __init__(self, address: Address, path: Path) -> None:
        super().__init__(address, most=1)
        self._path = path

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _columns(self, connection: sqlite3.Connection, table: str) -> list[str]:
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        return [name for (name,) in found]

    def is_there(self) -> bool:
        """Tell whether anything was ever published; an absent file is not made."""
        return self._path.is_file() and super().is_there()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ours(error, self.address) from error
