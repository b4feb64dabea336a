"""What PostgreSQL, SQLite and DuckDB have in common: the statements, and what a load does."""

# ruff: noqa: S608  (names come from `load.schema`, numbers are formatted as such)

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from gnomon.errors import ConfigError
from gnomon.instruments.argo.load.rows import Rows
from gnomon.instruments.argo.load.schema import FILLED_BY, LOAD_TABLE, TABLES, Table, Type
from gnomon.instruments.argo.load.status import STATUS, status_view
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.transactions import Transactional

STAGE = "argo_stage"
"""The temporary table that rows wait in until they are compared with those that are there."""


@dataclass(frozen=True, slots=True)
class Load:
    """One version of one dataset, as `argo_load` remembers it."""

    wmo: int
    kind: str
    sha256: str
    version: int


class Database(Transactional):
    """A database that datasets are loaded into; any number of threads may do so.

    Attributes
    ----------
    types : mapping of Type to str
        How it spells the types of columns.
    """

    types: ClassVar[Mapping[Type, str]]
    mark: ClassVar[str] = "?"
    table_options: ClassVar[str] = ""
    now: ClassVar[str] = "now()"
    days_since: ClassVar[str]
    """SQL for the days from ``{}`` until now."""
    millis: ClassVar[str]
    """SQL for the milliseconds since 1970 of ``{}``."""

    def __init__(self, address: Address, most: int) -> None:
        super().__init__(address, most)
        self._is_prepared = False

    # -- what a load is made of

    def prepare(self) -> None:
        """Make the tables that are absent, and check those that are there; once is enough.

        Raises
        ------
        PublishError
            The database cannot be reached.
        ConfigError
            It refuses us, or has tables of these names with other columns.
        """
        if self._is_prepared:
            return
        with self._transaction() as connection:
            self._lock(connection, 0)
            found = {table.name: self._columns(connection, table.name) for table in TABLES}
            self._check(found)
            for table in TABLES:
                if not found[table.name]:
                    for statement in self._definition(table):
                        connection.execute(statement)
            if not self._columns(connection, STATUS):
                connection.execute(status_view(self.days_since))
        self._is_prepared = True

    def replace(self, load: Load, rows: Rows) -> None:
        """Make `rows` all that the tables hold of a dataset, in one transaction.

        Rows that are there already, and alike, are not written.
        """
        self.prepare()
        with self._transaction() as connection:
            self._lock(connection, load.wmo)
            for table in FILLED_BY[load.kind]:
                self._replace_rows(connection, table, load.wmo, rows[table.name])
            connection.execute(self._remember(), self._memory(load, rows))

    def remove(self, kind: str, wmo: int) -> None:
        """Delete what was loaded of a dataset; no error where nothing was."""
        self.prepare()
        with self._transaction() as connection:
            self._lock(connection, wmo)
            for table in FILLED_BY[kind]:
                connection.execute(f"DELETE FROM {table.name} WHERE {table.of_float(wmo)}")
            where = f"wmo = {self.mark} AND kind = {self.mark}"
            connection.execute(f"DELETE FROM {LOAD_TABLE.name} WHERE {where}", (wmo, kind))

    def loaded(self) -> dict[tuple[int, str], str]:
        """Return the sha256 of every dataset that is loaded, by (wmo, kind)."""
        rows = self.rows(f"SELECT wmo, kind, sha256 FROM {LOAD_TABLE.name}")
        return {(wmo, kind): sha256 for wmo, kind, sha256 in rows}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        self.prepare()
        return super().rows(query)

    # -- what each database does its own way

    @abstractmethod
    def _columns(self, connection: Any, table: str) -> list[str]:
        """Return the names of a table's columns; none where it is absent."""

    @abstractmethod
    def _insert(self, connection: Any, into: str, table: Table, rows: pa.Table) -> None:
        """Put rows into a table that has the columns of `table`."""

    def _make_stage(self, connection: Any, table: Table) -> None:
        """Make an empty temporary table `STAGE` with the columns of `table`."""
        columns = ", ".join(f"{column.name} {self.types[column.type]}" for column in table.columns)
        connection.execute(f"CREATE TEMPORARY TABLE {STAGE} ({columns})")

    def _lock(self, connection: Any, number: int) -> None:
        """Keep others from the same float until the transaction ends; files have one writer."""
        del connection, number

    # -- statements

    def _definition(self, table: Table) -> list[str]:
        columns = [f"{column.name} {self.types[column.type]}" for column in table.columns]
        columns += self._more_columns(table)
        columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
        text = f"CREATE TABLE {table.name} ({', '.join(columns)}) {self.table_options}"
        indexes = [
            f"CREATE INDEX {table.name}_{index.replace(', ', '_')} ON {table.name} ({index})"
            for index in table.indexes
        ]
        return [text, *indexes]

    def _more_columns(self, _table: Table) -> Sequence[str]:
        """Return the columns that the database computes."""
        return ()

    def _check(self, found: Mapping[str, list[str]]) -> None:
        for table in TABLES:
            have = found[table.name]
            want = [*table.names, *(text.split()[0] for text in self._more_columns(table))]
            if have and sorted(have) != sorted(want):
                differing = sorted(set(have) ^ set(want))
                raise ConfigError(
                    f"{self.address}: the table {table.name} is another one than ours: {differing}"
                    " differ; load into another database or schema, or drop the argo_ tables"
                )

    def _replace_rows(self, connection: Any, table: Table, wmo: int, rows: pa.Table) -> None:
        held = f"FROM {table.name} WHERE {table.of_float(wmo)}"
        if connection.execute(f"SELECT 1 {held} LIMIT 1").fetchone() is None:
            self._insert(connection, table.name, table, rows)
            return
        names = ", ".join(table.names)
        self._make_stage(connection, table)
        self._insert(connection, STAGE, table, rows)
        same = " AND ".join(f"{STAGE}.{name} = {table.name}.{name}" for name in table.key)
        gone = f"NOT EXISTS (SELECT 1 FROM {STAGE} WHERE {same})"
        connection.execute(f"DELETE {held} AND {gone}")
        changed = f"SELECT {names} FROM {STAGE} EXCEPT SELECT {names} {held}"
        connection.execute(f"INSERT INTO {table.name} ({names}) {changed} {_upsert(table)}")
        connection.execute(f"DROP TABLE {STAGE}")

    def _remember(self) -> str:
        marks = ", ".join(self.mark for _ in LOAD_TABLE.names[:-1])
        into = f"INSERT INTO {LOAD_TABLE.name} ({', '.join(LOAD_TABLE.names)})"
        return f"{into} VALUES ({marks}, {self.now}) {_upsert(LOAD_TABLE)}"

    @staticmethod
    def _memory(load: Load, rows: Rows) -> tuple[int | str, ...]:
        number = sum(table.num_rows for table in rows.values())
        return load.wmo, load.kind, load.sha256, load.version, number


def _upsert(table: Table) -> str:
    """Return what to do with rows whose key is there: overwrite them."""
    others = [name for name in table.names if name not in table.key]
    values = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {values}"
