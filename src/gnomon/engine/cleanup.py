"""Cleaning up: removing or archiving files of the store by pattern, age and supersession.

The catalogue keeps the rows: what was there, when, and from what stays known. A file that is
current stays an input to what was made of it, so nothing is taken back or made again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import Stored
from gnomon.core.dataset import MICROSECONDS
from gnomon.core.steps import StepConfig
from gnomon.engine.aliases import alias_of
from gnomon.engine.execute import now_us
from gnomon.errors import ConfigError
from gnomon.store.hashing import sha256_of
from gnomon.store.store import Store

_UNITS_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_AGE = re.compile(r"(?:(\d+)([dhms]))+")


class CleanupTask(StepConfig):
    """What to remove."""

    name: str = ""
    paths_to_match: tuple[str, ...] = Field(("*",), description="globs of paths in the store")
    files_older_than: str = Field("0s", description="such as 30d, 12h or 1d12h")
    keep_latest_version_only: bool = Field(
        True, description="remove superseded versions only; else current ones, too"
    )
    cleanup_mode: Literal["delete", "archive"] = "delete"
    archive_folder: Path | None = None

    @field_validator("files_older_than")
    @classmethod
    def _is_an_age(cls, text: str) -> str:
        if not _AGE.fullmatch(text):
            raise ValueError(f"{text!r} is no age: write 30d, 12h or 1d12h")
        return text

    @property
    def age_s(self) -> int:
        """The age in seconds."""
        parts = re.findall(r"(\d+)([dhms])", self.files_older_than)
        return sum(int(number) * _UNITS_S[unit] for number, unit in parts)


@dataclass(frozen=True)
class Cleaned:
    """One file that was removed, or would be, and where it went if it was archived."""

    stored: Stored
    task: str
    archived: Path | None = None


def cleanup(
    catalog: Catalog,
    store: Store,
    tasks: Iterable[CleanupTask],
    *,
    most: int = 250,
    dry_run: bool = False,
) -> list[Cleaned]:
    """Remove what the tasks name, the oldest first, at most so many files.

    Parameters
    ----------
    most : int
        Files that one run may touch.
    """
    chosen: dict[int, tuple[Stored, CleanupTask]] = {}
    now = now_us()
    for task in tasks:
        if task.cleanup_mode == "archive" and task.archive_folder is None:
            raise ConfigError(f"cleanup {task.name or task.paths_to_match}: no archive_folder")
        for stored in queries.datasets(catalog, every_version=True):
            if _matches(stored, task, now) and _has_file(store, stored):
                chosen.setdefault(stored.dataset.seq, (stored, task))
    oldest_first = sorted(chosen.values(), key=lambda one: one[0].dataset.arrived_us)
    cleaner = _Cleaner(catalog, store, dry_run=dry_run)
    return [cleaner.clean(stored, task) for stored, task in oldest_first[:most]]


def _matches(stored: Stored, task: CleanupTask, now: int) -> bool:
    dataset = stored.dataset
    old = now - dataset.arrived_us >= task.age_s * MICROSECONDS
    superseded = not stored.current or not task.keep_latest_version_only
    named = any(fnmatchcase(dataset.path, pattern) for pattern in task.paths_to_match)
    return old and superseded and named


def _has_file(store: Store, stored: Stored) -> bool:
    """Tell whether there is something to remove: a cleanup that died may have left the file."""
    dataset = stored.dataset
    return dataset.removed_us is None or store.path(dataset).exists()


class _Cleaner:
    def __init__(self, catalog: Catalog, store: Store, *, dry_run: bool) -> None:
        self._catalog, self._store, self._dry_run = catalog, store, dry_run

    def clean(self, stored: Stored, task: CleanupTask) -> Cleaned:
        """Archive a file if wanted, note that it goes, then remove it."""
        dataset = stored.dataset
        archive = task.archive_folder if task.cleanup_mode == "archive" else None
        target = None if archive is None else archive / dataset.path
        if self._dry_run:
            return Cleaned(stored, task.name, target)
        path = self._store.path(dataset)
        if target is not None and path.exists():
            _copy(path, target, dataset.sha256)
        with self._catalog.writing() as writing:
            writing.removed(dataset.seq, now_us())
            if not stored.current:
                # To have it back, as after A, B, A, it is made anew.
                writing.reopen(writing.makers(dataset.seq))
        alias = alias_of(self._catalog.kinds, dataset)
        if stored.current and alias:
            self._store.name_no_longer(dataset.path, alias)
        path.unlink(missing_ok=True)
        return Cleaned(stored, task.name, target)


def _copy(path: Path, target: Path, sha256: str) -> None:
    """Copy a file whole: what is not complete never stands under its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copy2(path, part)
    if sha256_of(part) != sha256:
        part.unlink()
        raise ConfigError(f"{target} is not what {path} is: the archive folder cannot be trusted")
    part.replace(target)
