"""PostgreSQL: rows go in by COPY, in the types that the table has."""

# ruff: noqa: S608  (names are quoted, values are parameters)

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pyarrow.csv

from gnomon.errors import BadData, ConfigError
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.psycopg import connect, load_driver, ours
from gnomon.publish.tables import ledger
from gnomon.publish.tables.database import STAGE, Database, listed, quoted
from gnomon.publish.tables.shaping import Held, Shaped, Table
from gnomon.publish.tables.types import Name, known_type

_CONNECTIONS = 4
_LOCKS = 1_413_562_968  # the namespace of our advisory locks, "TABX" in ASCII
_ROWS = 65_536
_LONGEST_NAME_BYTES = 63
_MOST_COLUMNS = 1600
_BAD_VALUES = ("22", "23")  # data exceptions, and constraints of the table
_LIMITS = "54"

_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
_KEY = """
SELECT a.attname FROM pg_index AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = to_regclass(%s) AND i.indisprimary"""
_INDEXES = "SELECT indexname, tablename FROM pg_indexes WHERE schemaname = current_schema()"


class Postgres(Database):
    """A PostgreSQL database; `address` is what libpq takes, user and password inside or not."""

    types: ClassVar = {
        Name.BOOLEAN: "boolean",
        Name.INTEGER: "integer",
        Name.BIGINT: "bigint",
        Name.NUMERIC: "numeric",
        Name.FLOAT: "double precision",
        Name.DATE: "date",
        Name.DATETIME: "timestamp",
        Name.VARCHAR: "varchar",
        Name.TEXT: "text",
    }
    mark = "%s"
    unlike = "ROW({0}) IS DISTINCT FROM ROW({1})"

    def __init__(self, address: Address) -> None:
        super().__init__(address, _CONNECTIONS)
        self._driver = load_driver()
        self.collision = self._driver.errors.UniqueViolation

    def _connect(self) -> Any:
        connection = connect(self._driver, self.address)
        connection.execute("SET TIME ZONE 'UTC'")  # for columns that have a zone, which ours lack
        return connection

    def _literal(self, text: str) -> str:
        return text.replace("%", "%%")

    def _lock(self, connection: Any, table: str) -> None:
        number = zlib.crc32(table.encode()) - 2**31  # as PostgreSQL's integers are
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, number))

    def _make_loaded(self, connection: Any) -> None:
        # Two that make the same table at the same time would fail, IF NOT EXISTS or not.
        if self._table(connection, ledger.LOADED) is None:
            self._lock(connection, ledger.LOADED)
            super()._make_loaded(connection)

    def _table(self, connection: Any, name: str) -> Table | None:
        _check_name(name)
        found = connection.execute(_COLUMNS, (quoted(name),)).fetchall()
        if not found:
            return None
        columns = {
            column: Held(column, known_type(kind), kind, nullable)
            for column, kind, nullable in found
        }
        key = connection.execute(_KEY, (quoted(name),)).fetchall()
        return Table(columns, tuple(column for (column,) in key))

    def _indexes(self, connection: Any) -> dict[str, str]:
        return dict(connection.execute(_INDEXES).fetchall())

    def _alter(self, connection: Any, shaped: Shaped) -> None:
        acts = []
        for one in shaped.widen:
            name, kind = quoted(one.name), self.spelled(one.type)
            acts.append(f"ALTER COLUMN {name} TYPE {kind} USING {name}::{kind}")
        acts += [f"ALTER COLUMN {quoted(name)} DROP NOT NULL" for name in shaped.relax]
        connection.execute(f"ALTER TABLE {quoted(shaped.name)} {', '.join(acts)}")

    def _stage(self, connection: Any, shaped: Shaped) -> None:
        connection.execute(
            f"CREATE TEMPORARY TABLE {STAGE} ON COMMIT DROP AS"
            f" SELECT {listed(shaped.rows.column_names)} FROM {quoted(shaped.name)} WITH NO DATA"
        )
        self._put(connection, STAGE, shaped)

    def _put(self, connection: Any, into: str, shaped: Shaped) -> None:
        names = shaped.rows.column_names
        if len(names) > _MOST_COLUMNS:
            raise ConfigError(f"{shaped.name} would have {len(names)} columns; PostgreSQL takes"
                              f" {_MOST_COLUMNS}")  # fmt: skip
        for name in names:
            _check_name(name)
        command = f"COPY {into} ({listed(names)}) FROM STDIN (FORMAT csv)"
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            for first in range(0, shaped.rows.num_rows, _ROWS):
                copy.write(_csv(shaped.rows.slice(first, _ROWS)))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._driver.Error as error:
            raise self._ours(error) from None

    def _ours(self, error: Any) -> Exception:
        known, state = ours(error, self.address), error.sqlstate or ""
        if state.startswith(_LIMITS):
            return BadData(f"{known}; such rows do not fit: name fewer columns in a job file")
        if state.startswith(_BAD_VALUES):
            return BadData(f"rows are not taken: {known}")
        return known


def _csv(rows: Any) -> memoryview:
    """Return rows as CSV: texts are quoted, so an empty one is no null."""
    held = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(rows, held, options)
    return held.getbuffer()


def _check_name(name: str) -> None:
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise ConfigError(f"{name!r} is longer than the {_LONGEST_NAME_BYTES} bytes that a name may"
                          " have in PostgreSQL")  # fmt: skip
