"""One write transaction: how its changes are numbered, and when its rows are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gnomon.catalog import statements
from gnomon.core.kinds import Kind


class Transaction:
    """What every method that writes is made of.

    Attributes
    ----------
    seq : int
        The number of the latest change; rises with every method that writes.
    """

    def __init__(self, connection: Connection, seq: int, kinds: Mapping[str, Kind]) -> None:
        self.seq = seq
        self._connection, self._kinds = connection, kinds
        self._dialect = connection.dialect.name
        self._queue: list[tuple[Any, dict[str, Any]]] = []
        self._queued: set[str] = set()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what happens inside if it raises, and only that."""
        self.flush()  # what was kept before must not go back with it
        try:
            with self._connection.begin_nested():
                yield
        except BaseException:
            self._queue.clear()
            self._queued.clear()
            raise

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _later(self, statement: Any, *rows: dict[str, Any], about: str) -> None:
        """Keep rows that are hardly read before the transaction's end, to write them together."""
        self._queue += [(statement, row) for row in rows]
        self._queued.add(about)

    def _flush_for(self, about: str) -> None:
        if about in self._queued:
            self.flush()

    def flush(self) -> None:
        """Write what is kept, each statement once for all its rows."""
        queue, self._queue = self._queue, []
        self._queued.clear()
        rows_of: dict[int, tuple[Any, list[dict[str, Any]]]] = {}
        for statement, row in queue:
            rows_of.setdefault(id(statement), (statement, []))[1].append(row)
        for statement, rows in rows_of.values():
            self._connection.execute(statement, rows)

    def _insert_new(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows whose key is new, and leave the others as they are."""
        if rows:
            self._connection.execute(statements.insert_new(self._dialect, table), rows)

    def _upsert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows; where the key is known, overwrite what else the rows say."""
        if rows:
            statement = statements.upsert(self._dialect, table, tuple(rows[0]))
            self._connection.execute(statement, rows)
