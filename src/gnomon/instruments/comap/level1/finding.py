"""Finding files below folders, by pattern: thousands of them, by their names and sizes only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file as a folder lists it.

    Attributes
    ----------
    path : Path
        Absolute.
    size : int
        Bytes.
    mtime_ns : int
        Of its last change, nanoseconds since 1970-01-01 UTC.
    node : (int, int)
        Device and inode: two paths with the same are one file.
    """

    path: Path
    size: int
    mtime_ns: int
    node: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What lies below roots.

    Attributes
    ----------
    files : list of File
        In the order of the roots, then of the paths.
    silent : dict of Path to str
        Roots that did not show all that they have, with the reason: what is not listed there may
        still exist.
    """

    files: list[File] = field(default_factory=list)
    silent: dict[Path, str] = field(default_factory=dict)


def found_below(roots: Sequence[Path], pattern: str) -> Found:
    """Return the files below roots whose path, from the root on, fits a pattern.

    Links to folders are followed, once each. A root that is absent, cannot be read, or is empty (a
    disk that is not mounted leaves an empty folder) is silent, and stops no other.

    Parameters
    ----------
    pattern : str
        ``**/`` is any number of folders; ``*`` and ``?`` stay within one name.
    """
    fits, found = pattern_of(pattern), Found()
    for root in roots:
        below: list[File] = []
        try:
            with os.scandir(root) as entries:
                if next(entries, None) is None:
                    found.silent[root] = f"{root} is empty: is its disk mounted?"
                    continue
            for file in _walked(str(root), "", fits, set()):
                below.append(file)  # noqa: PERF402  what came before an error is kept
        except OSError as error:
            found.silent[root] = f"{error.filename or root} cannot be listed: {error.strerror}"
        found.files.extend(sorted(below, key=lambda file: file.path))
    return found


def _walked(
    folder: str, below: str, fits: re.Pattern[str], seen: set[tuple[int, int]]
) -> Iterator[File]:
    stat = os.stat(folder)  # noqa: PTH116  half the time of Path's, 17,000 times
    if (node := (stat.st_dev, stat.st_ino)) in seen:
        return
    seen.add(node)
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield from _taken(entry, f"{below}{entry.name}", fits, seen)
            except FileNotFoundError:
                continue  # vanished meanwhile, or a link that leads nowhere


def _taken(
    entry: os.DirEntry[str], path: str, fits: re.Pattern[str], seen: set[tuple[int, int]]
) -> Iterator[File]:
    if entry.is_dir():
        yield from _walked(entry.path, f"{path}/", fits, seen)
    elif fits.fullmatch(path):
        stat = entry.stat()
        node = stat.st_dev, stat.st_ino
        yield File(Path(entry.path), stat.st_size, stat.st_mtime_ns, node)


@lru_cache
def pattern_of(pattern: str) -> re.Pattern[str]:
    """Return the expression that a pattern of paths means.

    >>> bool(pattern_of("**/*comap*.hd5").fullmatch("2024-12/comap-1.hd5"))
    True
    """
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(part) or re.escape(part) for part in parts))
