"""The store: a folder that people browse and that only ever gains whole files.

A worker writes under `work/<fingerprint>/`, on the same file system; the loop moves the finished
file to its name by rename. A file whose row was never written is garbage for `sweep`; a row whose
file is absent or changed is `Corrupt`, and nothing here ever replaces such a file in silence.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gnomon.core.dataset import Dataset, Input
from gnomon.core.unique import unique
from gnomon.errors import Corrupt, Full, StoreError
from gnomon.store.hashing import sha256_of, size_of

WORK = "work"
_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class Signature:
    """What a finished file looks like from outside."""

    size: int
    mtime_ns: int


class Store:
    """Datasets as files below one root.

    Parameters
    ----------
    root : Path
        Made on first use.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, dataset: Dataset) -> Path:
        """Return where a dataset's bytes are."""
        return self.root / dataset.path

    def as_input(self, dataset: Dataset) -> Input:
        """Return a dataset as steps and sources see it."""
        path, sha256 = self.path(dataset), dataset.sha256
        return Input(path, dataset.kind, dataset.key, dataset.tags, dataset.version, sha256)

    def workspace(self, fingerprint: str) -> Path:
        """Return a new folder for one try of a job to write in.

        Each try has its own, for a loop whose lease has ended may still be writing in its.
        """
        folder = self.root / WORK / f"{fingerprint}.{unique()}"
        with _space():
            folder.mkdir(parents=True)
        return folder

    def discard(self, workspace: Path) -> None:
        """Remove the folder of a try that has ended; most are empty, as what was made has moved."""
        try:
            workspace.rmdir()
        except OSError:
            shutil.rmtree(workspace, ignore_errors=True)

    def place(self, finished: Path, relative: str) -> Signature:
        """Move a finished and synced file, or folder, to its name; make it read-only.

        Nothing may stand there but the leftover of a commit that crashed before its row was
        written: the caller holds the catalogue's lock and knows that no row names this path. It
        syncs the folder before it writes the row.
        """
        target = self.root / relative
        with _space():
            if finished != target:
                if target.is_dir() or finished.is_dir():
                    _remove(target)
                _make_read_only(finished)
                try:
                    finished.rename(target)
                except FileNotFoundError:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    finished.rename(target)
        return self.signature(target)

    def name_also(self, relative: str, alias: str) -> None:
        """Let a dataset's file stand under a second name, too, whatever stood there.

        Both are one file on the disk; where the file system cannot do that, a copy.
        """
        source, target = self.root / relative, self.root / alias
        if _is_same_file(source, target) or not source.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{unique()}")
        with _space():
            try:
                os.link(source, beside)
            except OSError:
                shutil.copy2(source, beside)
            beside.replace(target)

    def keep_also(self, relative: str, kept: str) -> None:
        """Keep a dataset's file under a second name for good; what is kept stays as it is."""
        if not (self.root / kept).exists():
            self.name_also(relative, kept)

    def name_no_longer(self, relative: str, alias: str) -> None:
        """Remove a second name, if it still is one of this dataset's file."""
        if _is_same_file(self.root / relative, self.root / alias):
            (self.root / alias).unlink()

    def sync_folders(self, folders: Collection[Path]) -> None:
        """Bring the names in folders to the disk."""
        with _space():
            for folder in folders:
                _fsync(folder, os.O_RDONLY | os.O_DIRECTORY)

    def signature(self, path: Path) -> Signature:
        """Return size and time of last change."""
        found = path.stat()
        size = size_of(path) if stat.S_ISDIR(found.st_mode) else found.st_size
        return Signature(size, found.st_mtime_ns)

    def check(self, dataset: Dataset) -> None:
        """Raise `Corrupt` where a file is plainly not what its row says.

        Size and time of change are compared, and the bytes only where those differ; `verify`
        reads everything.
        """
        path = self.path(dataset)
        try:
            found = self.signature(path)
        except FileNotFoundError:
            raise Corrupt(f"{_absent(dataset)}; {_REMEDY}") from None
        if found.size != dataset.size:
            raise Corrupt(f"{dataset.path} has {found.size} bytes, not {dataset.size}; {_REMEDY}")
        if found.mtime_ns != dataset.mtime_ns:
            self.verify(dataset)

    def verify(self, dataset: Dataset) -> None:
        """Read a dataset's bytes and raise `Corrupt` where they are not what its row says."""
        path = self.path(dataset)
        if not path.exists():
            raise Corrupt(f"{_absent(dataset)}; {_REMEDY}")
        if sha256_of(path) != dataset.sha256:
            raise Corrupt(f"{dataset.path} is not what was stored: its sha256 differs; {_REMEDY}")

    def sweep(self, known: Collection[str], busy: Collection[str], *, dry_run: bool) -> list[Path]:
        """Remove files that no row names and workspaces that no running job owns.

        Parameters
        ----------
        known : collection of str
            Paths of all rows, relative to the root.
        busy : collection of str
            Fingerprints of running jobs.

        Returns
        -------
        list of Path
            What was removed, or would be.
        """
        stray = sorted(self._stray(known, busy))
        if not dry_run:
            for path in stray:
                _remove(path)
            self._drop_empty_folders()
        return stray

    def _stray(self, known: Collection[str], busy: Collection[str]) -> Iterator[Path]:
        folders = {path for path in known if (self.root / path).is_dir()}
        work = self.root / WORK
        if work.is_dir():
            yield from (
                entry for entry in work.iterdir() if entry.name.partition(".")[0] not in busy
            )
        for parent, names, files in os.walk(self.root):
            here = Path(parent)
            names[:] = [n for n in names if here / n != work and not self._is(here / n, folders)]
            for name in files:
                if not self._is(here / name, known):
                    yield here / name

    def _is(self, path: Path, known: Collection[str]) -> bool:
        return path.relative_to(self.root).as_posix() in known

    def _drop_empty_folders(self) -> None:
        for parent, _, _ in os.walk(self.root, topdown=False):
            here = Path(parent)
            # A job that has just begun has an empty workspace.
            kept = here == self.root or self.root / WORK in (here, *here.parents)
            if not kept and not any(here.iterdir()):
                here.rmdir()


_REMEDY = "`gnomon verify` lists all such files, `gnomon retry` makes one anew"


def _absent(dataset: Dataset) -> str:
    if dataset.removed_us is not None:
        return f"{dataset.path} was removed from the store by a cleanup"
    return f"{dataset.path} is absent from the store"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except FileNotFoundError:
        return False


def _make_read_only(path: Path) -> None:
    # A folder itself stays writable: removing it, as `sweep` does, needs that.
    for file in _files(path):
        file.chmod(_READ_ONLY)


def sync(path: Path) -> None:
    """Bring a file's bytes, or those of all files in a folder, to the disk."""
    for file in _files(path):
        _fsync(file, os.O_RDONLY)


def _files(path: Path) -> Iterable[Path]:
    return (e for e in path.rglob("*") if e.is_file()) if path.is_dir() else (path,)


def _fsync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _space() -> Iterator[None]:
    """Say in our own words that the disk is full, or that it refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full(f"no space left for {error.filename or 'the store'}") from error
        raise StoreError(f"the store cannot be written: {error}") from error
