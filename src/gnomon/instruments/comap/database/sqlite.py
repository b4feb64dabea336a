"""SQLite: one file, which others may read while it is written."""

from __future__ import annotations

from typing import ClassVar

from gnomon.instruments.comap.database.observations import Observations
from gnomon.instruments.comap.database.schema import Type
from gnomon.publish.databases.sqlite import OnSqlite


class Sqlite(OnSqlite, Observations):
    """A SQLite file."""

    types: ClassVar = {
        Type.INTEGER: "INTEGER",
        Type.FLOAT: "FLOAT",
        Type.TEXT: "VARCHAR",
        Type.BOOLEAN: "BOOLEAN",
        Type.JSON: "JSON",
        Type.TIME: "DATETIME",
    }
    true = "1"
    number = "INTEGER PRIMARY KEY"
    now = "CURRENT_TIMESTAMP"

    def is_there(self) -> bool:
        """Tell whether anything was ever published; an absent file is not made."""
        return self._path.is_file() and super().is_there()
