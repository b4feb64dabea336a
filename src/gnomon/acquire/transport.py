"""What every way to reach an archive has in common: HTTP, FTP, and folders."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from gnomon.acquire.throttle import Pace, TokenBucket
from gnomon.errors import BadData, Truncated

CHUNK_BYTES = 1 << 16
_SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RemoteStat:
    """What an archive says of a file.

    Attributes
    ----------
    size : int, optional
        Bytes.
    mtime_us : int, optional
        Last change, microseconds since 1970-01-01 UTC.
    etag : str, optional
        The validator of HTTP, quotes and all.
    """

    size: int | None = None
    mtime_us: int | None = None
    etag: str | None = None

    @property
    def stamp(self) -> str:
        """A text that changes with the file; empty where the archive says too little.

        The etag, or else size and time. A size alone proves nothing. FTP tells whole seconds: a
        file that is replaced within one by another of the same size keeps its stamp there.
        """
        if self.etag:
            return self.etag
        return "" if self.mtime_us is None else f"{self.size}:{self.mtime_us}"

    def agrees(self, other: RemoteStat) -> bool:
        """Tell whether two archives may well hold the same bytes: equal sizes, equal times."""
        if self.size is None or self.size != other.size:
            return False
        return None in (self.mtime_us, other.mtime_us) or self.mtime_us == other.mtime_us


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing.

    Attributes
    ----------
    size : int, optional
        Bytes, where the listing is exact; Apache rounds, so HTTP has none.
    mtime_us : int, optional
        Microseconds since 1970-01-01 UTC; HTTP listings tell the minute.
    """

    name: str
    is_folder: bool
    size: int | None = None
    mtime_us: int | None = None


class Body:
    """The bytes of one file, from `offset` on: a context manager that gives chunks, once.

    Parameters
    ----------
    name : str
        The full address, for messages.
    stat : RemoteStat
        Of the whole file, as the archive announced it with these bytes.
    chunks : iterable of bytes
        What arrives.
    close : callable
        Gives the connection back; may be called after any number of chunks.
    offset : int
        Where the bytes really start; 0 where the archive cannot resume or the file changed.
    unchanged : bool
        The file still has the stamp that the caller knows; there are no chunks.
    """

    def __init__(
        self,
        name: str,
        stat: RemoteStat,
        chunks: Iterable[bytes] = (),
        close: Callable[[], None] = lambda: None,
        *,
        offset: int = 0,
        unchanged: bool = False,
    ) -> None:
        self.name, self.stat, self.offset, self.unchanged = name, stat, offset, unchanged
        self._chunks, self.close = chunks, close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the archive says so."""
        return self.stat.size

    def __iter__(self) -> Iterator[bytes]:
        """Give the chunks; raise `Truncated` unless they add up to `total`."""
        if self.unchanged:
            return
        reached, total = self.offset, self.total
        for chunk in self._chunks:
            reached += len(chunk)
            if total is not None and reached > total:
                raise Truncated(f"{self.name}: more bytes than the {total} announced")
            yield chunk
        if total is not None and reached != total:
            raise Truncated(f"{self.name}: {reached} bytes of the {total} announced")


class Transport(Protocol):
    """One archive, reached one way; safe to use from many threads.

    Paths are relative to `url`, with slashes, not quoted. Each method raises a `SourceError`:
    `NotFound`, `NotAuthorised`, `RateLimited`, `ServerFault`, `Unreachable` or `Truncated`; and
    `BadData` for a path that leaves the archive or a listing that makes no sense.
    """

    @property
    def url(self) -> str:
        """The root, without credentials and without a slash at its end."""

    def stat(self, path: str) -> RemoteStat:
        """Ask for size and time without the bytes."""

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file.

        Parameters
        ----------
        offset : int
            Bytes that the caller already has.
        if_match : str
            The stamp of the file that they came from: where it differs, and the archive can tell
            beforehand, the body starts at 0. Compare `Body.offset` and `Body.stat` all the same.
        unless : str
            A stamp; a file that still has it is not sent (`Body.unchanged`).
        """

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder, complete, by name."""

    def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard an archive may be used.

    Attributes
    ----------
    connections : int, optional
        At once, per host; None: 8 for HTTP, 4 for FTP.
    connect_timeout_s, read_timeout_s : float
        The latter is the longest silence, not the longest transfer.
    bytes_per_s, requests_per_s : float, optional
        Shared by all connections; None: no limit.
    user_agent : str
        Who we are, for the archive's log.
    """

    connections: int | None = None
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    bytes_per_s: float | None = None
    requests_per_s: float | None = None
    user_agent: str = "gnomon"

    def pace(self) -> Pace:
        """Make the rate limits; share one pace among the mirrors of an archive."""
        rates = (self.requests_per_s, self.bytes_per_s)
        return Pace(*(None if rate is None else TokenBucket(rate) for rate in rates))


def inside(path: str) -> str:
    """Return a path without slashes at its ends; refuse one that leaves the archive.

    Raises
    ------
    BadData
        It has ``..`` or control characters: an index that says so is broken, or worse.
    """
    if ".." in path.split("/") or not path.isprintable():
        raise BadData(f"{path!r} is no path inside an archive")
    return posixpath.normpath("/" + path).strip("/")


def paced(chunks: Iterable[bytes], pace: Pace) -> Iterator[bytes]:
    """Let chunks pass at the pace."""
    for chunk in chunks:
        pace.arrived(len(chunk))
        yield chunk


def microseconds(instant: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC of an aware datetime."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * _SECOND_US + delta.microseconds
