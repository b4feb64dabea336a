"""Faults that a simulated archive shows on demand, each with a meaning on HTTP and on FTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from gnomon.errors import ConfigError, UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes
    ----------
    pattern : str
        A glob over paths such as ``/dac/aoml/1.nc``; a star matches slashes too.
    times : int, optional
        How many requests it strikes; None: all of them.
    protocol : {"any", "http", "ftp"}
        Where it strikes.
    """

    pattern: str = "*"
    times: int | None = None
    protocol: str = "any"

    def matches(self, path: str, protocol: str) -> bool:
        """Tell whether a request is one that this fault strikes."""
        return self.protocol in ("any", protocol) and fnmatchcase(path, self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(Fault):
    """Each answer waits for `latency_s` seconds."""

    latency_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Fault):
    """An HTTP status instead of an answer; on FTP 421 (429), 450 (503), 550 (404), else 451."""

    code: int = 500
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Fault):
    """The connection closes after `after_bytes` bytes of a body; on FTP the data connection."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(Fault):
    """The server falls silent after `after_bytes` bytes of a body."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(Fault):
    """Bodies trickle at `bytes_per_s`."""

    bytes_per_s: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale(Fault):
    """Files and listings are served as they were when the fault was set (held in memory)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissue(Fault):
    """Other bytes are served: those given, or those of a file."""

    content: bytes | Path = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSize(Fault):
    """The announced size (Content-Length, SIZE) is wrong by `by_bytes`."""

    by_bytes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Fault):
    """New connections are dropped as soon as they are accepted, whatever the pattern says."""

    def matches(self, path: str, protocol: str) -> bool:  # noqa: ARG002
        """Tell whether a connection of this protocol is dropped; it has no path yet."""
        return self.protocol in ("any", protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacks(Fault):
    """The server has no such feature: MLSD, MDTM or SIZE (FTP), RANGE or ETAG (HTTP)."""

    feature: str = "MLSD"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one body; byte counts are of this answer, not of the file."""

    cut_after: int | None = None
    stall_after: int | None = None
    bytes_per_s: int | None = None

    def __bool__(self) -> bool:
        return self != Trouble()

    def room(self, count: int) -> int:
        """Return how many of `count` bytes pass."""
        stops = (count, self.cut_after, self.stall_after)
        return min(stop for stop in stops if stop is not None)


F = TypeVar("F", bound=Fault)


class Faults:
    """The faults of one archive; they may change while it serves.

    Parameters
    ----------
    on_add : callable
        Told of each fault as it is set; `Stale` has to look at the files at that moment.
    """

    def __init__(self, on_add: Callable[[Fault], None]) -> None:
        self._on_add = on_add
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        """Set faults; of two that match, the one set first strikes first."""
        for fault in faults:
            self._on_add(fault)
            with self._lock:
                self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Heal the archive."""
        with self._lock:
            self._left.clear()

    def find(self, kind: type[F], path: str, protocol: str, *, strike: bool = True) -> F | None:
        """Return the fault of a kind that strikes this request, or None.

        With `strike` it counts against the fault's `times`.
        """
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if isinstance(fault, kind) and left != 0 and fault.matches(path, protocol):
                    if strike and left is not None:
                        self._left[index] = (fault, left - 1)
                    return fault
        return None

    def lacks(self, feature: str, path: str, protocol: str) -> bool:
        """Tell whether the server does without a feature."""
        with self._lock:
            return any(
                isinstance(fault, Lacks)
                and fault.feature.upper() == feature
                and fault.matches(path, protocol)
                for fault, _ in self._left
            )

    def trouble(self, path: str, protocol: str) -> Trouble:
        """Return what strikes the body of this answer."""
        cut = self.find(Cut, path, protocol)
        stall = self.find(Stall, path, protocol)
        slow = self.find(Slow, path, protocol)
        return Trouble(
            cut.after_bytes if cut else None,
            stall.after_bytes if stall else None,
            slow.bytes_per_s if slow else None,
        )


def parse_fault(text: str) -> Fault:
    """Read a fault as the command line writes it: ``name[:pattern[:field=value]...]``.

    Names are an HTTP status (``429``) or ``latency``, ``cut``, ``stall``, ``slow``, ``stale``,
    ``reissue``, ``size``, ``refuse``, ``lacks``. Fields are those of the fault's class; the
    `content` of ``reissue`` is the name of a file. A pattern cannot hold a colon.

    Examples
    --------
    >>> parse_fault("429:*/profiles/*:times=2:retry_after_s=1").times
    2
    >>> parse_fault("cut:*.nc:after_bytes=1000:protocol=ftp").after_bytes
    1000

    Raises
    ------
    UnknownName
        Nothing is called so; names the nearest.
    ConfigError
        A value is of the wrong type.
    """
    name, pattern, *options = (*text.split(":"), "*")[: max(2, text.count(":") + 1)]
    kind, preset = _kind(name)
    values: dict[str, object] = {"pattern": pattern or "*"}
    for option in options:
        field, _, value = option.partition("=")
        values[field] = _value(name, kind, field, value)
    return kind(**{**preset, **values})  # type: ignore[arg-type]


def _kind(name: str) -> tuple[type[Fault], dict[str, object]]:
    kinds: dict[str, type[Fault]] = {
        "latency": Latency,
        "cut": Cut,
        "stall": Stall,
        "slow": Slow,
        "stale": Stale,
        "reissue": Reissue,
        "size": WrongSize,
        "refuse": Refuse,
        "lacks": Lacks,
    }
    codes = ("404", "429", "500", "503")
    if name in codes:
        return Status, {"code": int(name)}
    if name not in kinds:
        raise UnknownName("fault", name, [*kinds, *codes])
    return kinds[name], {}


def _value(name: str, kind: type[Fault], field: str, value: str) -> object:
    types: dict[str, Callable[[str], object]] = {
        "latency_s": float,
        "content": Path,
        "feature": str,
        "protocol": str,
    }
    known: Iterable[str] = {entry.name for entry in fields(kind)} - {"pattern", "code"}
    if field not in known:
        raise UnknownName(f"option of the fault {name!r}", field, known)
    try:
        return types.get(field, int)(value)
    except ValueError as error:
        raise ConfigError(f"fault {name!r}: {field} takes a number, not {value!r}") from error
