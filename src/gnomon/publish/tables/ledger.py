"""Two tables beside the others: what each table holds, and what happened."""

# ruff: noqa: S608  (names are ours, values are parameters)

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gnomon.publish.tables.changes import File, Memory

LOADED = "_gnomon_loaded"
"""Which version of which file each place of each table holds; written with the rows."""
HISTORY = "_gnomon_history"
"""What was loaded when, and what failed; written where it is asked for."""

_LOADED = {
    "table_name": "TEXT NOT NULL",
    "place": "TEXT NOT NULL",
    "file_name": "TEXT NOT NULL",
    "major": "INTEGER",
    "minor": "INTEGER",
    "sha256": "TEXT NOT NULL",
    "row_count": "BIGINT NOT NULL",
    "loaded_at": "TEXT NOT NULL",
}
_HISTORY = {
    "timestamp": "TEXT NOT NULL",
    "filename": "TEXT NOT NULL",
    "table_name": "TEXT NOT NULL",
    "job": "TEXT NOT NULL",
    "rows_upserted": "BIGINT NOT NULL",
    "rows_deleted": "BIGINT NOT NULL",
    "data_hash": "TEXT NOT NULL",
    "schema_changed": "BOOLEAN NOT NULL",
    "duration_seconds": "DOUBLE PRECISION NOT NULL",
    "success": "BOOLEAN NOT NULL",
    "error": "TEXT",
}
HISTORY_COLUMNS = tuple(_HISTORY)
_FLAGS = {"schema_changed", "success"}


def make_loaded(connection: Any) -> None:
    """Make the table of what is loaded, where it is absent."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _LOADED.items())
    key = "PRIMARY KEY (table_name, place)"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {LOADED} ({columns}, {key})")


def make_history(connection: Any) -> None:
    """Make the table of the history, where it is absent."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _HISTORY.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {HISTORY} ({columns})")


def now() -> str:
    """Return this instant, UTC, as text that sorts."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def remembered(connection: Any, mark: str, table: str, place: str) -> Memory | None:
    """Return what a place of a table holds."""
    rows = connection.execute(
        f"SELECT {', '.join(_LOADED)} FROM {LOADED} WHERE table_name = {mark} AND place = {mark}",
        (table, place),
    ).fetchall()
    return _memory(rows[0]) if rows else None


def all_remembered(connection: Any) -> list[Memory]:
    """Return what all places of all tables hold."""
    query = f"SELECT {', '.join(_LOADED)} FROM {LOADED} ORDER BY table_name, place"
    return [_memory(row) for row in connection.execute(query).fetchall()]


def remember(connection: Any, mark: str, table: str, file: File, rows: int) -> None:
    """Note that a place of a table holds a file."""
    forget(connection, mark, table, file.place)
    major, minor = file.version or (None, None)
    values = (table, file.place, file.name, major, minor, file.sha256, rows, now())
    marks = ", ".join(mark for _ in values)
    connection.execute(f"INSERT INTO {LOADED} ({', '.join(_LOADED)}) VALUES ({marks})", values)


def forget(connection: Any, mark: str, table: str, place: str) -> None:
    """Note that a place of a table holds nothing."""
    connection.execute(
        f"DELETE FROM {LOADED} WHERE table_name = {mark} AND place = {mark}", (table, place)
    )


def record(connection: Any, mark: str, values: Mapping[str, Any]) -> None:
    """Add a row to the history."""
    marks = ", ".join(mark for _ in _HISTORY)
    connection.execute(
        f"INSERT INTO {HISTORY} ({', '.join(_HISTORY)}) VALUES ({marks})",
        tuple(values.get(name) for name in _HISTORY),
    )


def recorded(connection: Any) -> list[dict[str, Any]]:
    """Return the history, the oldest first."""
    query = f"SELECT {', '.join(_HISTORY)} FROM {HISTORY} ORDER BY timestamp"
    return [
        {n: bool(v) if n in _FLAGS else v for n, v in zip(_HISTORY, row, strict=True)}
        for row in connection.execute(query).fetchall()
    ]


def _memory(row: tuple[Any, ...]) -> Memory:
    table, place, name, major, minor, sha256, rows, loaded_at = row
    version = None if major is None else (int(major), int(minor or 0))
    return Memory(table, place, name, version, sha256, int(rows), loaded_at)
