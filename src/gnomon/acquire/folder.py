"""Archives that are a local folder, such as a mounted disk or an rsync copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gnomon.acquire.transport import CHUNK_BYTES, Body, Entry, RemoteStat, inside
from gnomon.errors import BadData, NotAuthorised, NotFound, Unreachable


class FolderTransport:
    """A folder behind the same protocol as an archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    @property
    def url(self) -> str:
        """The folder as a ``file://`` address."""
        return self._folder.as_uri()

    def stat(self, path: str) -> RemoteStat:
        """Ask the file system."""
        with self._asking(path):
            return _stat(self._target(path))

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file; see `Transport.read`."""
        stat, name = self.stat(path), f"{self.url}/{path}"
        if unless and stat.stamp == unless:
            return Body(name, stat, unchanged=True)
        begin = offset if not if_match or stat.stamp == if_match else 0
        with self._asking(path):
            file = self._target(path).open("rb")
            file.seek(begin)
        return Body(name, stat, self._chunks(path, file), file.close, offset=begin)

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder; what vanishes meanwhile is left out."""
        with self._asking(path):
            children = sorted(self._target(path).iterdir())
        return [entry for child in children for entry in _entry(child)]

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _target(self, path: str) -> Path:
        target = (self._folder / inside(path)).resolve()
        if not target.is_relative_to(self._folder):
            raise BadData(f"{path!r} is a link that leaves {self._folder}")
        return target

    def _chunks(self, path: str, file: BinaryIO) -> Iterator[bytes]:
        with self._asking(path):
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    @contextmanager
    def _asking(self, path: str) -> Iterator[None]:
        name = f"{self._folder}/{path}"
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound(f"{name}: {error.strerror}") from error
        except PermissionError as error:
            raise NotAuthorised(f"{name}: {error.strerror}") from error
        except OSError as error:  # a mount that went away
            raise Unreachable(f"{name}: {error.strerror}") from error


def _stat(target: Path) -> RemoteStat:
    stat = target.stat()
    if target.is_dir():
        raise IsADirectoryError(0, "is a folder", str(target))
    return RemoteStat(stat.st_size, stat.st_mtime_ns // 1000)


def _entry(child: Path) -> list[Entry]:
    try:
        stat = child.stat()
    except FileNotFoundError:
        return []
    is_folder = child.is_dir()
    size = None if is_folder else stat.st_size
    return [Entry(child.name, is_folder, size, stat.st_mtime_ns // 1000)]
