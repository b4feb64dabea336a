"""Samples of a rotation that SPICE knows, fine enough to fill in between them.

A C-kernel of type 3 is linear between its own records, so its records are the samples: what is
filled in is what SPICE would have said, at a hundredth of the time. Everything else is sampled on a
grid. Half way between each two samples SPICE is asked as well, and the grid is made finer until
they agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.instruments.imap.kernels import quaternions
from gnomon.instruments.imap.kernels.pool import reason
from gnomon.instruments.imap.kernels.quaternions import Floats

TOLERANCE_RAD = 1e-7
"""Between samples; of a field of 100 nT this turns 0.01 pT."""
_FINEST_S = 1e-4
_INSIDE_S = 1e-6
"""The end of a window is asked for this much inside: its time is rounded on the way to ticks."""
_SLACK_S = 2 * _INSIDE_S
"""Beyond its first and last sample a window is known for this long."""
_CK_CLASS, _LINEAR = 3, 3


@dataclass(frozen=True, eq=False)
class Samples:
    """A rotation over a span of time.

    Attributes
    ----------
    et : ndarray of float64, shape (n,)
        TDB seconds since J2000, ascending.
    quaternions : ndarray of float64, shape (n, 4)
    joined : ndarray of bool, shape (n,)
        Whether it may be filled in between this sample and the next.
    reason : str
        What SPICE said where it knew none; empty where it was not asked, for want of coverage.
    """

    et: Floats
    quaternions: Floats
    joined: np.ndarray[Any, np.dtype[np.bool_]]
    reason: str = ""

    def at(self, et: Floats) -> Floats:
        """Return the rotation at some times, shape (n, 4); NaN where it is not known."""
        found = np.full((len(et), 4), np.nan)
        heads = np.flatnonzero(self.joined & ~np.concatenate([[False], self.joined[:-1]]))
        tails = np.flatnonzero(~self.joined & np.concatenate([[False], self.joined[:-1]]))
        if not len(heads):
            return found
        run = np.searchsorted(self.et[heads] - _SLACK_S, et, side="right") - 1
        head, tail = heads[np.maximum(run, 0)], tails[np.maximum(run, 0)]
        known = (run >= 0) & (et <= self.et[tail] + _SLACK_S)
        at = np.searchsorted(self.et, et[known], side="right") - 1
        first = np.clip(at, head[known], tail[known] - 1)
        share = (et[known] - self.et[first]) / (self.et[first + 1] - self.et[first])
        half, axes = self._ways
        turned = quaternions.along(self.quaternions[first], half[first], axes[first], share)
        if known.all():
            return turned
        found[known] = turned
        return found

    @cached_property
    def _ways(self) -> tuple[Floats, Floats]:
        return quaternions.ways(self.quaternions[:-1], self.quaternions[1:])


def sampled(
    spice: Any, source: str, target: str, span: tuple[float, float], step_s: float
) -> Samples:
    """Sample the rotation from one frame to another; the kernels are loaded.

    Parameters
    ----------
    span : tuple of float
        TDB seconds since J2000.
    step_s : float
        Of the grid, where the records of a C-kernel are not used.
    """
    windows, records = _windows(spice, [source, target], span)
    parts, told = [], ""
    for start, stop in windows:
        knots = _knots(start, stop, records, step_s)
        part, why = _refined(spice, source, target, knots)
        parts.append(part)
        told = told or why
    if not parts:
        return Samples(np.empty(0), np.empty((0, 4)), np.empty(0, dtype=bool))
    et, turned, joined = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Samples(et, turned, joined, told)


# -- where SPICE is to be asked


def _windows(
    spice: Any, frames: list[str], span: tuple[float, float]
) -> tuple[list[tuple[float, float]], Floats]:
    """Return the windows of the span that C-kernels cover, and the times of their records."""
    windows, records = [span], [np.empty(0)]
    for frame in frames:
        number = spice.namfrm(frame)
        _, kind, class_id = spice.frinfo(number) if number else (0, 0, 0)
        if kind == _CK_CLASS:
            covered, found = _coverage(spice, class_id, span)
            windows = _common(windows, covered)
            records += found
    return windows, np.unique(np.concatenate(records))


def _coverage(
    spice: Any, class_id: int, span: tuple[float, float]
) -> tuple[list[tuple[float, float]], list[Floats]]:
    window, records = spice.cell_double(200_000), []
    for number in range(spice.ktotal("CK")):
        name, _, _, handle = spice.kdata(number, "CK")
        if class_id in set(spice.ckobj(name)):
            spice.ckcov(name, class_id, False, "INTERVAL", 0.0, "TDB", window)
            records += _records(spice, handle, class_id, span)
    ends = [spice.wnfetd(window, n) for n in range(spice.wncard(window))]
    return [(start, stop) for start, stop in ends], records


def _common(
    windows: list[tuple[float, float]], others: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    both = [(max(a, c), min(b, d)) for a, b in windows for c, d in others]
    return [(start, stop) for start, stop in both if stop - start > 3 * _INSIDE_S]


def _records(spice: Any, handle: int, class_id: int, span: tuple[float, float]) -> list[Floats]:
    """Return the times of the records of segments of type 3 that touch a span.

    Source: NAIF, *C-kernel Required Reading*, "Data Type 3": records, their times, a directory of
    every hundredth, the starts of intervals, their directory; at the end how many of both.
    """
    clock = spice.ckmeta(class_id, "SCLK")
    first, last = (float(spice.sce2c(clock, et)) for et in span)
    found = []
    spice.dafbfs(handle)
    while spice.daffna():
        times, numbers = spice.dafus(spice.dafgs(5), 2, 6)
        owner, _, kind, has_rates, begin, end = (int(number) for number in numbers)
        if owner != class_id or kind != _LINEAR or times[1] < first or times[0] > last:
            continue
        n = int(spice.dafgda(handle, end, end)[0])
        at = begin + n * (7 if has_rates else 4)
        ticks = np.asarray(spice.dafgda(handle, at, at + n - 1))
        low, high = np.searchsorted(ticks, [first, last])
        chosen = ticks[max(low - 1, 0) : high + 1]
        found.append(np.array([spice.sct2e(clock, tick) for tick in chosen]))
    return found


def _knots(start: float, stop: float, records: Floats, step_s: float) -> Floats:
    inside = records[(records > start + _INSIDE_S) & (records < stop - _INSIDE_S)]
    if not len(inside):
        inside = np.linspace(start, stop, int((stop - start) / step_s) + 2)[1:-1]
    return np.concatenate([[start + _INSIDE_S], inside, [stop - _INSIDE_S]])


# -- asking


def _refined(
    spice: Any, source: str, target: str, knots: Floats
) -> tuple[tuple[Floats, Floats, Any], str]:
    """Ask at the knots, and between them until what is filled in agrees."""
    turned, told = _asked(spice, source, target, knots)
    settled = np.zeros(len(knots), dtype=bool)
    while len(todo := np.flatnonzero(~settled[:-1])):
        middles = (knots[todo] + knots[todo + 1]) / 2
        there, why = _asked(spice, source, target, middles)
        told = told or why
        guess = quaternions.between(turned[todo], turned[todo + 1], np.full(len(todo), 0.5))
        with np.errstate(invalid="ignore"):
            good = quaternions.angles(guess, there) <= TOLERANCE_RAD
        good |= knots[todo + 1] - knots[todo] < _FINEST_S
        blank = np.isnan(turned[todo, 0]) & np.isnan(turned[todo + 1, 0]) & np.isnan(there[:, 0])
        done = good | blank
        settled[todo[done]] = True
        split = ~done
        places = todo[split] + 1
        knots = np.insert(knots, places, middles[split])
        turned = np.insert(turned, places, there[split], axis=0)
        settled = np.insert(settled, places, False)
    known = ~np.isnan(turned[:, 0])
    joined = known & np.append(known[1:], False)
    return (knots[known], turned[known], joined[known]), told


def _asked(spice: Any, source: str, target: str, et: Floats) -> tuple[Floats, str]:
    """Return the rotation at some times, NaN where SPICE knows none, and why."""
    found, told = np.full((len(et), 4), np.nan), ""
    todo = [(0, len(et))]
    while todo:
        first, last = todo.pop()
        if first == last:
            continue
        try:
            matrices = _matrices(spice, source, target, et[first:last])
        except spice.SpiceyError as error:
            told = told or reason(error)
            if last - first > 1:
                todo += [(first, (first + last) // 2), ((first + last) // 2, last)]
            if last - first == len(et) and not _anywhere(spice, source, target, et):
                break
        else:
            found[first:last] = quaternions.of_matrices(matrices)
    return found, told


def _anywhere(spice: Any, source: str, target: str, et: Floats) -> bool:
    """Tell whether SPICE knows the rotation at any of five of the times.

    Where a kernel is missing it knows it at none, and is not asked a thousand times.
    """
    for at in et[np.linspace(0, len(et) - 1, 5).astype(int)]:
        try:
            spice.pxform(source, target, float(at))
        except spice.SpiceyError:
            continue
        return True
    return False


def _matrices(spice: Any, source: str, target: str, et: Floats) -> Floats:
    many = getattr(getattr(spice, "cyice", None), "pxform_v", None)
    if many is not None:
        return np.asarray(many(source, target, et))
    return np.array([spice.pxform(source, target, float(at)) for at in et])
