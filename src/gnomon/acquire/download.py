"""Downloads that arrive whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import Body, RemoteStat, Transport
from gnomon.core.unique import unique
from gnomon.errors import ChecksumMismatch, Full, StoreError, Truncated

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that arrived.

    Attributes
    ----------
    size : int
        Bytes.
    sha256 : str
        Of those bytes, in hex.
    etag : str, optional
        As the archive tells it.
    mtime_us : int, optional
        As the archive tells it, microseconds since 1970-01-01 UTC.
    stamp : str
        Hand it to `download_if_changed` the next time; see `RemoteStat.stamp`.
    """

    size: int
    sha256: str
    etag: str | None = None
    mtime_us: int | None = None
    stamp: str = ""


def download(
    transport: Transport,
    path: str,
    dest: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    retry: Retry | None = None,
    progress: Progress | None = None,
    lasting: bool = True,
) -> Downloaded:
    """Bring one file to `dest`, whole and checked; it appears there by rename, or not at all.

    A transfer that breaks is resumed where it broke as long as the archive proves that the file
    is the same (etag, or size and time); otherwise, and where the sum is wrong, it starts over.

    Parameters
    ----------
    path : str
        In the archive.
    dest : Path
        Its folder exists; a file that is there is replaced. Bytes under way are in a hidden file
        beside it whose name ends in ``.part``.
    size : int, optional
        Bytes, as a listing told.
    sha256 : str, optional
        In hex.
    retry : Retry, optional
        Default: `Retry()`.
    progress : callable, optional
        Told of the bytes as they come, those that come again too.
    lasting : bool
        Bring it to the disk itself; a caller that does so later, or not at all, says False.

    Raises
    ------
    Truncated
        More or fewer bytes than announced, or than the listing says.
    ChecksumMismatch
        Other bytes.
    SourceError
        The archive did not deliver.
    Full
        The disk is full.
    StoreError
        The disk failed in another way.
    """
    with _Part(transport, path, dest, size, sha256, progress) as part:
        (retry or Retry()).call(f"{transport.url}/{path}", part.fill)
        return part.publish(lasting=lasting)


def download_if_changed(
    transport: Transport,
    path: str,
    dest: Path,
    *,
    stamp: str,
    retry: Retry | None = None,
    progress: Progress | None = None,
) -> Downloaded | None:
    """Bring one file to `dest` unless it still has `stamp`; for indexes.

    Returns
    -------
    Downloaded or None
        None: unchanged, and `dest` is untouched. Its `stamp` is the one for the next call.
    """
    with _Part(transport, path, dest, None, None, progress, unless=stamp) as part:
        (retry or Retry()).call(f"{transport.url}/{path}", part.fill)
        return None if part.unchanged else part.publish()


class _Part:
    """The bytes of one file so far; the temporary file is gone when the context ends."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        dest: Path,
        size: int | None,
        sha256: str | None,
        progress: Progress | None,
        *,
        unless: str = "",
    ) -> None:
        self._transport, self._path, self._dest = transport, path, dest
        self._size, self._sha256, self._unless = size, sha256, unless
        self._progress: Progress = progress or (lambda _: None)
        self._temporary = dest.with_name(f".{dest.name}.{unique()}.part")
        self._published = False
        self._name = f"{transport.url}/{path}"
        self.unchanged = False

    def __enter__(self) -> Self:
        with _disk(self._temporary):
            self._file = self._temporary.open("xb", buffering=0)
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self._published:
            self._temporary.unlink(missing_ok=True)

    def fill(self) -> None:
        """Bring what is missing, once."""
        with self._open() as body:
            self.unchanged = body.unchanged
            if self.unchanged:
                return
            if body.offset != self._reached:
                self._restart()
            self._stat = body.stat
            self._expect(body.total, "announces")
            for chunk in body:
                self._write(chunk)
        self._verify()

    def publish(self, *, lasting: bool = True) -> Downloaded:
        """Make the bytes last, and give them their name."""
        with _disk(self._dest):
            if lasting:
                os.fsync(self._file.fileno())
            os.replace(self._temporary, self._dest)  # noqa: PTH105  half of a small file's time
            self._published = True
            if lasting:
                _sync_folder(self._dest.parent)
        stat = self._stat
        sha256 = self._hash.hexdigest()
        return Downloaded(self._reached, sha256, stat.etag, stat.mtime_us, stat.stamp)

    def _open(self) -> Body:
        stamp = self._stat.stamp
        if not (self._reached and stamp):  # nothing to resume, or no proof that it is the same
            return self._transport.read(self._path, unless=self._unless)
        body = self._transport.read(self._path, offset=self._reached, if_match=stamp)
        if body.offset == 0 or (body.offset == self._reached and body.stat.stamp == stamp):
            return body
        body.close()
        return self._transport.read(self._path)

    def _restart(self) -> None:
        with _disk(self._temporary):
            self._file.seek(0)
            self._file.truncate()
        self._begin()

    def _begin(self) -> None:
        self._reached, self._hash, self._stat = 0, hashlib.sha256(), RemoteStat()

    def _write(self, chunk: bytes) -> None:
        with _disk(self._temporary):
            _write_all(self._file.fileno(), chunk)
        self._hash.update(chunk)
        self._reached += len(chunk)
        self._progress(len(chunk))

    def _verify(self) -> None:
        self._expect(self._reached, "sent")
        if self._sha256 is not None and self._hash.hexdigest() != self._sha256.lower():
            self._restart()
            raise ChecksumMismatch(f"{self._name}: the sha256 is not {self._sha256}")

    def _expect(self, count: int | None, what: str) -> None:
        if self._size is not None and count is not None and count != self._size:
            self._restart()
            raise Truncated(f"{self._name}: the archive {what} {count} bytes, listed {self._size}")


def _write_all(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise Full(f"no space left for {path}; make room") from error
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
