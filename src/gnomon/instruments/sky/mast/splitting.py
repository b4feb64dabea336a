"""Questions that are too large for MAST, split by time, and by right ascension where that is equal.

No row is found twice, and none is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gnomon.errors import ServerFault
from gnomon.instruments.sky.mast.search import Range, Search

Count = Callable[[Search], int]


@dataclass(frozen=True)
class _Axis:
    """A column to split by.

    Attributes
    ----------
    low, high : float
        What every row lies between that has a value.
    finest : float
        Smaller parts are not worth their questions: whole sectors of TESS begin at one time.
    """

    column: str
    low: float
    high: float
    finest: float


_AXES = (_Axis("t_min", 0.0, 100_000.0, 0.01), _Axis("s_ra", 0.0, 360.0, 1e-7))
"""In order: days (MJD), degrees."""


@dataclass(frozen=True)
class _Part:
    search: Search
    axis: _Axis
    low: float
    high: float
    n_rows: int

    def split(self, count: Count) -> list[_Part]:
        """Return parts of it that are smaller, the first one last."""
        if self.high - self.low < self.axis.finest:
            return [_along(_AXES[_AXES.index(self.axis) + 1 :], self.search, self.n_rows, count)]
        middle = (self.low + self.high) / 2
        above = math.nextafter(middle, math.inf)  # both ends of a range are in
        lower = self.search.within(self.axis.column, self.low, middle)
        upper = self.search.within(self.axis.column, above, self.high)
        n_lower = count(lower)
        return [
            _Part(upper, self.axis, above, self.high, self.n_rows - n_lower),
            _Part(lower, self.axis, self.low, middle, n_lower),
        ]


def parts(search: Search, count: Count, most_rows: int) -> Iterator[Search]:
    """Give searches that find no more than some rows each, and together what one search finds.

    Parameters
    ----------
    count : callable
        Tells how many rows a search finds.

    Raises
    ------
    ServerFault
        The rows cannot be told apart by time or by place.
    """
    n_rows = count(search)
    if n_rows <= most_rows:
        yield search
        return
    waiting = [_along(_AXES, search, n_rows, count)]
    while waiting:
        part = waiting.pop()
        if part.n_rows > most_rows:
            waiting += part.split(count)
        elif part.n_rows:
            yield part.search


def _along(axes: tuple[_Axis, ...], search: Search, n_rows: int, count: Count) -> _Part:
    """Return a search by the first of some columns that every one of its rows has a value of."""
    for axis in axes:
        given = [v for one in search.filters if one.column == axis.column for v in one.values]
        span = given[0] if given else Range(min=axis.low, max=axis.high)
        if len(given) > 1 or not isinstance(span, Range):
            continue  # more than one range: another column is simpler
        bounded = search.within(axis.column, span.min, span.max)
        if given or count(bounded) == n_rows:
            return _Part(bounded, axis, span.min, span.max, n_rows)
    raise ServerFault(
        f"{n_rows} observations are too many for one answer, and neither time nor place tells them "
        "apart; ask for less"
    )
