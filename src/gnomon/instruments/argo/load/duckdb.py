"""DuckDB: one file, which nobody else may open while it is loaded."""

# ruff: noqa: S608  (names come from `load.schema`, numbers are formatted as such)

from __future__ import annotations

import errno
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from gnomon.errors import Full, MissingExtra, PublishError
from gnomon.instruments.argo.load.database import Database
from gnomon.instruments.argo.load.schema import Table, Type
from gnomon.publish.databases.address import Address

_ROWS = "gnomon_rows"
_WRITERS: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
"""One writer per file, in this process: DuckDB refuses what collides, it does not wait."""
_FULL = ("No space left on device", "database or disk is full")


class DuckDb(Database):
    """A DuckDB file."""

    types: ClassVar = {
        **{kind: kind.value for kind in Type},
        **dict.fromkeys((Type.TEXT, Type.LETTER), "VARCHAR"),
        Type.TIME: "TIMESTAMPTZ",
    }
    days_since = "epoch(now() - {}) / 86400"
    millis = "epoch_ms({})"

    def __init__(self, address: Address, path: Path) -> None:
        super().__init__(address, most=1)
        try:
            import duckdb  # noqa: PLC0415  an optional library
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "duckdb", "duckdb") from error
        self._driver, self._path = duckdb, path

    def _connect(self) -> Any:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._driver.connect(str(self._path))

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[Any]:
        with _WRITERS[self._path], super()._transaction(keep=keep) as connection:
            yield connection

    def _columns(self, connection: Any, table: str) -> list[str]:
        query = "SELECT column_name FROM duckdb_columns() WHERE table_name = ?"
        return [name for (name,) in connection.execute(query, (table,)).fetchall()]

    def _insert(self, connection: Any, into: str, table: Table, rows: pa.Table) -> None:
        names = ", ".join(table.names)
        connection.register(_ROWS, rows)
        try:
            connection.execute(f"INSERT INTO {into} ({names}) SELECT {names} FROM {_ROWS}")
        finally:
            connection.unregister(_ROWS)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (self._driver.Error, OSError) as error:
            text = str(error)
            if getattr(error, "errno", None) == errno.ENOSPC or any(word in text for word in _FULL):
                raise Full(f"no space left for {self.address}") from error
            raise PublishError(f"{self.address}: {text}") from error
