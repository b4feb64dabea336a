"""SQLite: how a file is reached, and what its errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gnomon.errors import Full, PublishError
from gnomon.publish.databases.address import Address

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
