"""The values that steps, sources and publishers exchange with the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from gnomon.core.kinds import Key, Kind, Tags
from gnomon.errors import ConfigError

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The time that a dataset covers, in microseconds since 1970-01-01 UTC, both ends in."""

    start_us: int
    stop_us: int

    @classmethod
    def between(cls, start: datetime, stop: datetime) -> Coverage:
        """Make a coverage from two aware datetimes of any zone."""
        if start.tzinfo is None or stop.tzinfo is None:
            raise ConfigError("a coverage needs aware datetimes: name the zone")
        return cls(_microseconds(start), _microseconds(stop))

    @property
    def middle_us(self) -> int:
        """The instant half way, which `nearest` compares."""
        return (self.start_us + self.stop_us) // 2

    def holds(self, other: Coverage) -> bool:
        """Tell whether `other` lies inside."""
        return self.start_us <= other.start_us and other.stop_us <= self.stop_us


def coverage_of(kind: Kind, key: Key) -> Coverage | None:
    """Return the whole UTC days that a key names, where its kind says so; open where it has no end.

    Both ends are in, so a day ends a microsecond before the next.
    """
    if not kind.span:
        return None
    first, *others = (key[name] for name in kind.span)
    last = others[0] if others else date.max
    if not (isinstance(first, date) and isinstance(last, date)):
        raise ConfigError(f"kind {kind.name}: its span {kind.span} names what is no date")
    start = datetime.combine(first, time.min, UTC)
    return Coverage.between(start, datetime.combine(last, time.max, UTC))


def _microseconds(instant: datetime) -> int:
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * MICROSECONDS + delta.microseconds


@dataclass(frozen=True, slots=True)
class Dataset:
    """One immutable version of one key of one kind.

    Attributes
    ----------
    seq : int
        The catalogue's number for it.
    path : str
        Relative to the store's root.
    size : int
        Bytes.
    arrived_us : int
        When the catalogue took it, microseconds since 1970-01-01 UTC.
    content : str
        Its sha256 before its version was written into it.
    removed_us : int, optional
        When its file was removed to save space, microseconds since 1970-01-01 UTC.
    """

    seq: int
    kind: str
    key: Key
    key_text: str
    version: int
    path: str
    sha256: str
    size: int
    mtime_ns: int
    tags: Tags = field(default_factory=dict)
    coverage: Coverage | None = None
    arrived_us: int = 0
    content: str = ""
    removed_us: int | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One dataset as a step sees it."""

    path: Path
    kind: str
    key: Key
    tags: Tags
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a product, to be embedded in it; holds no clock and no machine."""

    step: str
    step_version: int
    fingerprint: str
    config: str
    inputs: tuple[tuple[str, str, str, str], ...]
    """(role, kind, key, sha256) of every input, sorted."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a step, a fetch or a publication says of its work.

    Attributes
    ----------
    metrics : mapping of str to float
        Quality figures; each name carries its unit.
    tags : mapping of str to str
        Describe every output that is declared one to one.
    coverage : Coverage, optional
        The time that those outputs cover.
    note : str
        One line for people, kept with the job.
    flaw : str
        What was lost though the outputs were made: the run that made them ends as one that failed.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)
    coverage: Coverage | None = None
    note: str = ""
    flaw: str = ""
