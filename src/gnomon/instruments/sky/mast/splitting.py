"""Questions that are too large for MAST, split by time or by right ascension.

No row is found twice, and none is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gnomon.errors import ServerFault
from gnomon.instruments.sky.mast.search import Range, Search

_SPANS = {"t_min": (0.0, 100_000.0), "s_ra": (0.0, 360.0)}
"""What to split by, in order, and the values that a row has which has any: MJD, degrees."""


@dataclass(frozen=True)
class _Part:
    search: Search
    column: str
    low: float
    high: float
    n_rows: int

    def halves(self, count: Callable[[Search], int]) -> tuple[_Part, _Part]:
        """Return what lies below and above the middle; one number lies in one half only."""
        middle = (self.low + self.high) / 2
        above = math.nextafter(middle, math.inf)
        if above > self.high:
            raise ServerFault(
                f"{self.n_rows} observations with {self.column} = {self.low!r} are too many for "
                "one answer; ask for less"
            )
        lower = self.search.within(self.column, self.low, middle)
        upper = self.search.within(self.column, above, self.high)
        n_lower = count(lower)
        return (
            _Part(lower, self.column, self.low, middle, n_lower),
            _Part(upper, self.column, above, self.high, self.n_rows - n_lower),
        )


def parts(search: Search, count: Callable[[Search], int], most_rows: int) -> Iterator[Search]:
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
    waiting = [_whole(search, n_rows, count)]
    while waiting:
        part = waiting.pop()
        if part.n_rows <= most_rows:
            if part.n_rows:
                yield part.search
        else:
            lower, upper = part.halves(count)
            waiting += [upper, lower]


def _whole(search: Search, n_rows: int, count: Callable[[Search], int]) -> _Part:
    """Return the search by the first column that every one of its rows has a value of."""
    for column, (low, high) in _SPANS.items():
        given = [value for one in search.filters if one.column == column for value in one.values]
        span = given[0] if given else Range(min=low, max=high)
        if len(given) > 1 or not isinstance(span, Range):
            continue  # more than one range: another column is simpler
        bounded = search.within(column, span.min, span.max)
        if given or count(bounded) == n_rows:
            return _Part(bounded, column, span.min, span.max, n_rows)
    raise ServerFault(
        f"{n_rows} observations are too many for one answer, and some have neither a time nor a "
        "place to split by; ask for less"
    )
