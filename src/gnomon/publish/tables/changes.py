"""What is loaded, and what that changed: values that the database's side and its callers share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.publish.tables.filenames import Version


@dataclass(frozen=True)
class File:
    """What is loaded: whose bytes, and for which rows of the table.

    Attributes
    ----------
    slot : mapping of str to value
        Columns, and their values, that its rows have and no others; empty where nothing in the
        table tells them.
    place : str
        What it is a version of, by `place_of`.
    newest_only : bool
        Whether an older version than the one that is there is left out.
    """

    name: str
    sha256: str
    slot: Mapping[str, Any]
    place: str
    version: Version | None = None
    newest_only: bool = True


@dataclass(frozen=True)
class Memory:
    """Which file a place of a table holds."""

    table: str
    place: str
    name: str
    version: Version | None
    sha256: str
    rows: int
    loaded_at: str


@dataclass(frozen=True)
class Changed:
    """One row that differs from the one that is there: (old, new) by column."""

    key: Mapping[str, Any]
    values: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Change:
    """What a load did, or would do.

    Attributes
    ----------
    schema : tuple of str
        What happened to the table itself.
    lost : int
        Values that fitted nowhere, and are null.
    older_than : Memory, optional
        The newer version that is there already; then nothing was done.
    """

    table: str
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    schema: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    samples: tuple[Changed, ...] = ()
    lost: int = 0
    older_than: Memory | None = None

    @property
    def unchanged(self) -> int:
        """Rows that were there already, alike."""
        return self.rows - self.inserted - self.updated


def place_of(slot: Mapping[str, Any], name: str) -> str:
    """Return the place of a file: its slot as text, else `name`, which has no version."""
    if not slot:
        return name
    return json.dumps({column: str(value) for column, value in slot.items()}, sort_keys=True)


def version_text(version: Version | None) -> str:
    """Return how people write a version."""
    if version is None:
        return "no version"
    major, minor = version
    return f"v{major:03d}.{minor:04d}" if minor else f"v{major:03d}"
