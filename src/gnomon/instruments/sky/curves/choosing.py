"""Which rows of several answers stay, where they speak of the same measurement.

Two rows speak of the same measurement where survey, object, band, time, time system and `is_limit`
are equal. Of those, in this order:

1. rows with the same values (value, error, unit, quality) are one: that of the newest release, in
   it the one of which most else is known, then that of the earliest answer;
2. the newest release wins over the others;
3. what still differs stays, all of it, and is a conflict.

Arrays in, arrays out; the order of the rows decides only between rows that no rule tells apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Rows:
    """What is known of every row; all of shape (n,).

    Attributes
    ----------
    curve : int64
        Equal where survey, object and band are; ordered as object, band, survey are.
    time : float64
        Finite, in days.
    system : int64
        Equal where the time system and `is_limit` are.
    release : int64
        Greater where the release is newer.
    value, error : float64
        NaN equals NaN.
    unit, quality : int64
    answer : int64
        Smaller where the answer came earlier.
    """

    curve: Integers
    time: NDArray[np.float64]
    system: Integers
    release: Integers
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    unit: Integers
    quality: Integers
    answer: Integers


@dataclass(frozen=True)
class Chosen:
    """The rows that stay, by answer; those of an answer by curve and time.

    Attributes
    ----------
    rows, answer : int64, shape (k,)
    conflict : bool, shape (k,)
        Whether another row that stays has other values for the same measurement.
    n_duplicates, n_superseded : int
        Rows that do not stay since they say the same, or since a newer release says otherwise.
    n_conflicts : int
        Measurements of which several rows stay.
    """

    rows: Integers
    answer: Integers
    conflict: Flags
    n_duplicates: int = 0
    n_superseded: int = 0
    n_conflicts: int = 0


def choose(rows: Rows, n_known: Callable[[Integers], Integers]) -> Chosen:
    """Return which rows stay.

    Parameters
    ----------
    n_known : callable
        Returns of how many further columns some rows have a value; called only with rows that are
        not alone in their measurement, shape (m,) to shape (m,).
    """
    order = np.lexsort((rows.system, rows.time, rows.curve))
    repeats = _repeats(*(x[order] for x in (rows.curve, rows.time, rows.system)))
    shared = repeats.copy()
    shared[:-1] |= repeats[1:]
    keep = np.ones(order.size, np.bool_)
    conflict = np.zeros(order.size, np.bool_)
    counts = (0, 0, 0)
    if shared.any():
        measurement = np.cumsum(~repeats, dtype=np.int64)[shared]
        judged = _Judged.of(rows, order[shared], measurement, n_known)
        order[shared] = judged.rows  # the same measurements at the same places
        keep[shared], conflict[shared] = judged.stays, judged.conflict
        counts = judged.counts
    order, conflict = order[keep], conflict[keep]
    by_answer = np.argsort(rows.answer[order], kind="stable")
    order, conflict = order[by_answer], conflict[by_answer]
    return Chosen(order, rows.answer[order], conflict, *counts)


@dataclass(frozen=True)
class _Judged:
    """Rows that share measurements, ordered by measurement and values; all of shape (m,).

    `first` are those that stand for all with their values.
    """

    rows: Integers
    first: Flags
    stays: Flags
    conflict: Flags
    n_conflicts: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """Duplicates, superseded rows, conflicts."""
        n_duplicates = int((~self.first).sum())
        return n_duplicates, int((self.first & ~self.stays).sum()), self.n_conflicts

    @classmethod
    def of(
        cls,
        rows: Rows,
        which: Integers,
        measurement: Integers,
        n_known: Callable[[Integers], Integers],
    ) -> _Judged:
        """Judge; `measurement` ascends."""
        values = tuple(x[which] for x in (rows.quality, rows.unit, rows.error, rows.value))
        rank = (rows.answer[which], -n_known(which), -rows.release[which])
        order = np.lexsort((*rank, *values, measurement))
        first = ~_repeats(measurement, *(x[order] for x in values))
        release = rows.release[which][order]
        starts = np.flatnonzero(np.diff(measurement, prepend=-1))
        sizes = np.diff(starts, append=measurement.size)
        stays = first & (release == np.repeat(np.maximum.reduceat(release, starts), sizes))
        n_stay = np.add.reduceat(stays.astype(np.int64), starts)
        conflict = stays & np.repeat(n_stay > 1, sizes)
        return cls(which[order], first, stays, conflict, int((n_stay > 1).sum()))


def _repeats(*columns: NDArray[np.int64] | NDArray[np.float64]) -> Flags:
    """Return whether each row equals the one before it; NaN equals NaN."""
    same = np.ones(columns[0].size, np.bool_)
    same[:1] = False
    for column in columns:
        equal = column[1:] == column[:-1]
        if column.dtype.kind == "f":
            equal |= np.isnan(column[1:]) & np.isnan(column[:-1])
        same[1:] &= equal
    return same


def release_ranks(releases: list[str]) -> Integers:
    """Return the age of each release, the oldest 0: numbers in names count as numbers."""
    ordered = sorted(set(releases), key=_natural)
    rank = {name: n for n, name in enumerate(ordered)}
    return np.array([rank[name] for name in releases], np.int64)


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    pieces = _DIGITS.split(name)
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in pieces if p], name
