"""Intervals of time that kernels cover: read, joined, taken away; both ends in, aware UTC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gnomon.errors import ServerFault

_WRITTEN = ("%Y-%m-%d, %H:%M:%S", "%Y-%m-%d, %H:%M:%S.%f")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A span of time; `start` is before or at `stop`, both aware UTC."""

    start: datetime
    stop: datetime

    def text(self) -> tuple[str, str]:
        """Return both ends in ISO 8601."""
        return _iso(self.start), _iso(self.stop)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_intervals(value: Any, where: str) -> tuple[Interval, ...]:
    """Read a list of pairs of times, as the archive or `intervals_text` writes them.

    Raises
    ------
    ServerFault
        It is none.
    """
    if value is None:
        return ()
    try:
        found = [Interval(_time(start), _time(stop)) for start, stop in value]
    except (TypeError, ValueError):
        raise ServerFault(f"{where}: {str(value)[:80]!r} are no intervals") from None
    if any(one.stop < one.start for one in found):
        raise ServerFault(f"{where}: an interval ends before it starts: {str(value)[:80]}")
    return tuple(found)


def _time(text: str) -> datetime:
    for written in _WRITTEN:
        try:
            return datetime.strptime(text, written).replace(tzinfo=UTC)
        except ValueError:
            continue
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def intervals_text(intervals: Iterable[Interval]) -> str:
    """Return JSON that `read_intervals` reads."""
    return json.dumps([one.text() for one in intervals])


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time in the fewest intervals, in order."""
    found: list[Interval] = []
    for one in sorted(intervals):
        if found and one.start <= found[-1].stop:
            found[-1] = Interval(found[-1].start, max(found[-1].stop, one.stop))
        else:
            found.append(one)
    return found


def without(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """Return what of some intervals the others do not cover; what is a mere instant is dropped."""
    left = joined(intervals)
    for hole in joined(taken):
        pieces = []
        for one in left:
            if hole.stop <= one.start or hole.start >= one.stop:
                pieces.append(one)
                continue
            pieces.append(Interval(one.start, max(one.start, hole.start)))
            pieces.append(Interval(min(one.stop, hole.stop), one.stop))
        left = [piece for piece in pieces if piece.start < piece.stop]
    return left


def within(intervals: Iterable[Interval], span: Interval) -> list[Interval]:
    """Return the parts of intervals that lie in a span."""
    cut = (Interval(max(i.start, span.start), min(i.stop, span.stop))
           for i in intervals if i.start < span.stop and i.stop > span.start)  # fmt: skip
    return joined(cut)


def overlaps(intervals: Sequence[Interval], span: Interval) -> bool:
    """Tell whether any interval shares time with a span."""
    return any(i.start < span.stop and i.stop > span.start for i in intervals)
