"""Bringing the schema to what this version of gnomon expects."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection

from gnomon.errors import SchemaMismatch

HEAD = "0002"
"""The newest revision below `migrations/versions`; a test keeps the two alike."""


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database lacks, inside the caller's transaction.

    Raises
    ------
    SchemaMismatch
        The database was written by a newer gnomon.
    """
    # Alembic takes half a second to import, and a database needs it once in its life.
    command = import_module("alembic.command")
    config = import_module("alembic.config").Config()
    error = import_module("alembic.util").CommandError
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except error as problem:
        raise SchemaMismatch(f"this gnomon is too old for the catalogue: {problem}") from None
