"""SQLite: one file, whose columns take any type, so only what they are called changes."""

# ruff: noqa: S608  (names are quoted, values are parameters)

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from gnomon.errors import BadData
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.sqlite import connect, ours
from gnomon.publish.tables.database import STAGE, Database, listed, quoted
from gnomon.publish.tables.fitting import spelled
from gnomon.publish.tables.shaping import Held, Shaped, Table
from gnomon.publish.tables.types import BIGINT, INTEGER, Name, Type, known_type

_ROWS = 65_536


class Sqlite(Database):
    """A SQLite file; dates and times are ISO 8601 texts, UTC.

    Parameters
    ----------
    path : Path, optional
        Where it is, or will be; in memory when None.
    """

    types: ClassVar = {
        Name.BOOLEAN: "BOOLEAN",
        Name.INTEGER: "INTEGER",
        Name.BIGINT: "BIGINT",
        Name.NUMERIC: "TEXT",  # a column of numbers would round them
        Name.FLOAT: "REAL",
        Name.DATE: "DATE",
        Name.DATETIME: "DATETIME",
        Name.VARCHAR: "varchar",
        Name.TEXT: "TEXT",
    }
    begin = "BEGIN IMMEDIATE"
    unlike = "({0}) IS NOT ({1})"
    collision = sqlite3.IntegrityError

    def __init__(self, address: Address, path: Path | None) -> None:
        super().__init__(address, most=1)
        self._path = path

    def _connect(self) -> sqlite3.Connection:
        return connect(self._path)

    def _table(self, connection: sqlite3.Connection, name: str) -> Table | None:
        query = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
        found = connection.execute(query, (name,)).fetchall()
        if not found:
            return None
        columns = {
            column: Held(column, _type_of(kind), kind, nullable=not (notnull or place))
            for column, kind, notnull, place in found
        }
        key = sorted((place, column) for column, _, _, place in found if place)
        return Table(columns, tuple(column for _, column in key))

    def _indexes(self, connection: sqlite3.Connection) -> dict[str, str]:
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"
        return dict(connection.execute(query).fetchall())

    def _alter(self, connection: sqlite3.Connection, shaped: Shaped) -> None:
        """Make the table anew: SQLite has no other way."""
        table = self._table(connection, shaped.name)
        if table is None:  # it was there a moment ago, in this transaction
            return
        query = (
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type <> 'table'"
            " AND sql IS NOT NULL"
        )
        beside = connection.execute(query, (shaped.name,)).fetchall()
        wider = {one.name: self.spelled(one.type) for one in shaped.widen}
        defined = []
        for held in table.columns.values():
            is_free = held.nullable or held.name in shaped.relax
            kind = wider.get(held.name, held.spelled)
            defined.append(f"{quoted(held.name)} {kind}{'' if is_free else ' NOT NULL'}")
        if table.key:
            defined.append(f"PRIMARY KEY ({listed(table.key)})")
        old, new = quoted(shaped.name), quoted(f"{shaped.name}_gnomon_new")
        connection.execute(f"CREATE TABLE {new} ({', '.join(defined)})")
        connection.execute(f"INSERT INTO {new} SELECT {listed(table.columns)} FROM {old}")
        connection.execute(f"DROP TABLE {old}")
        connection.execute(f"ALTER TABLE {new} RENAME TO {old}")
        for (statement,) in beside:
            connection.execute(statement)

    def _stage(self, connection: sqlite3.Connection, shaped: Shaped) -> None:
        kept = f"SELECT {listed(shaped.rows.column_names)} FROM {quoted(shaped.name)} WHERE 0"
        connection.execute(f"CREATE TEMPORARY TABLE {STAGE} AS {kept}")
        self._put(connection, STAGE, shaped)
        connection.execute(f"CREATE INDEX temp.{STAGE}_key ON {STAGE} ({listed(shaped.key)})")

    def _put(self, connection: sqlite3.Connection, into: str, shaped: Shaped) -> None:
        names = shaped.rows.column_names
        insert = f"INSERT INTO {into} ({listed(names)}) VALUES ({', '.join('?' for _ in names)})"
        for first in range(0, shaped.rows.num_rows, _ROWS):
            columns = [_values(column) for column in shaped.rows.slice(first, _ROWS).columns]
            connection.executemany(insert, zip(*columns, strict=True))

    def _where(self, slot: Mapping[str, Any], prefix: str = "") -> tuple[str, tuple[Any, ...]]:
        # Other tools leave dates as they stand in a file's name, so hyphens do not count.
        parts, values = [], []
        for name, value in slot.items():
            is_day = isinstance(value, date) and not isinstance(value, datetime)
            column = prefix + quoted(name)
            parts.append(f"replace({column}, '-', '') = ?" if is_day else f"{column} = ?")
            values.append(_parameter(value))
        return " AND ".join(parts), tuple(values)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.IntegrityError):
                raise BadData(f"{self.address} does not take the rows: {error}") from error
            raise ours(error, self.address) from error


def _type_of(spelled_type: str) -> Type | None:
    found = known_type(spelled_type)
    return BIGINT if found == INTEGER else found  # every whole number has up to 64 bits


def _parameter(value: Any) -> Any:
    if isinstance(value, datetime):
        return spelled(pa.array([value], pa.timestamp("us")))[0].as_py()
    return value.strftime("%Y%m%d") if isinstance(value, date) else value


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column as what SQLite takes; it stores NaN as NULL."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return [value for chunk in column.chunks for value in spelled(chunk).to_pylist()]
    values: list[Any] = column.to_pylist()
    return values
