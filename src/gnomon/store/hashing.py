"""Digests of files and folders."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, or of a folder as the tree of its files.

    A folder's digest covers the names and the digests of its files, in order of name; two
    folders have one digest if, and only if, they hold the same files.
    """
    if path.is_dir():
        return _of_tree(path)
    with path.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _of_tree(folder: Path) -> str:
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    lines = "".join(f"{sha256_of(folder / name)}  {name}\0" for name in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def size_of(path: Path) -> int:
    """Return the bytes that a file, or all files of a folder, hold."""
    if path.is_dir():
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    return path.stat().st_size
