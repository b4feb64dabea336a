"""SQLite: one file, which others may read while it is loaded."""

# ruff: noqa: S608  (names come from `load.schema`, numbers are formatted as such)

from __future__ import annotations

import sqlite3
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.instruments.argo.load.database import STAGE, Database
from gnomon.instruments.argo.load.schema import Table, Type
from gnomon.publish.databases.sqlite import OnSqlite

_ROWS = 65_536


class Sqlite(OnSqlite, Database):
    """A SQLite file; times are ISO 8601 texts, UTC, all of one length."""

    types: ClassVar = {
        **dict.fromkeys((Type.BIGINT, Type.INTEGER, Type.SMALLINT), "INTEGER"),
        **dict.fromkeys((Type.REAL, Type.DOUBLE), "REAL"),
        **dict.fromkeys((Type.TEXT, Type.LETTER, Type.TIME), "TEXT"),
    }
    table_options = "WITHOUT ROWID"
    days_since = "julianday('now') - julianday({})"
    millis = "CAST(round((julianday({}) - 2440587.5) * 86400000) AS INTEGER)"
    now = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"

    def _insert(
        self, connection: sqlite3.Connection, into: str, table: Table, rows: pa.Table
    ) -> None:
        marks = ", ".join("?" for _ in table.names)
        statement = f"INSERT INTO {into} ({', '.join(table.names)}) VALUES ({marks})"
        for first in range(0, rows.num_rows, _ROWS):
            columns = [_values(column) for column in rows.slice(first, _ROWS).columns]
            connection.executemany(statement, zip(*columns, strict=True))

    def _make_stage(self, connection: sqlite3.Connection, table: Table) -> None:
        columns = [f"{column.name} {self.types[column.type]}" for column in table.columns]
        columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
        connection.execute(f"CREATE TEMPORARY TABLE {STAGE} ({', '.join(columns)}) WITHOUT ROWID")


def _values(column: pa.ChunkedArray) -> list[object]:
    """Return a column as what SQLite takes; it stores NaN as NULL."""
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_string(column.type):
        return list(column.to_pylist())
    # Integers with nulls become floats here, and integers again in their column.
    values: list[object] = np.asarray(column.to_numpy()).tolist()
    return values
