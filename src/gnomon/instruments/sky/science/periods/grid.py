"""Which periods are tried."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import ConfigError
from gnomon.instruments.sky.science.periods.period import Search

Floats = NDArray[np.float64]

SHORTEST_PART = 1 / 500
"""No box is shorter than this part of its period."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Equal steps of frequency, in cycles per day: ``first + step * (0 ... n - 1)``."""

    first: float
    step: float
    n: int

    @property
    def last(self) -> float:
        """The highest."""
        return self.first + self.step * (self.n - 1)

    @property
    def values(self) -> Floats:
        """All of them, shape (n,)."""
        return self.first + self.step * np.arange(self.n, dtype=np.float64)


def longest_period_d(search: Search, baseline_d: float) -> float:
    """Return the longest period that is searched in a curve of some length."""
    return search.max_period_d or baseline_d / 2


def frequencies(search: Search, baseline_d: float) -> Frequencies:
    """Return the frequencies of a Lomb-Scargle search.

    A peak is 1 / `baseline_d` wide, so steps are that over the oversampling.

    Raises
    ------
    ConfigError
        They are more than `Search.most_trials`.
    """
    lowest = 1 / longest_period_d(search, baseline_d)
    width = 1 / search.min_period_d - lowest
    wanted = max(math.ceil(width * baseline_d * search.oversampling) + 1, 3)
    _check(wanted, search)
    return Frequencies(lowest, width / (wanted - 1), wanted)


def log_periods(search: Search, baseline_d: float) -> Floats:
    """Return the periods of a search for boxes, ascending: equal steps of their logarithm.

    A change of the period by dP moves the last transit by dP * baseline / P; that must stay below
    the shortest duration over the oversampling, so that dP / P is one number. Where the shortest
    duration is less than `SHORTEST_PART` of the period, boxes are that part of it instead, and
    steps are equal in frequency.

    Raises
    ------
    ConfigError
        They are more than `Search.most_trials`.
    """
    longest, duration_d = longest_period_d(search, baseline_d), min(search.durations_d)
    turn = min(max(duration_d / SHORTEST_PART, search.min_period_d), longest)
    per_step = search.oversampling * baseline_d
    n_log = math.ceil(math.log(turn / search.min_period_d) * per_step / duration_d) + 1
    n_even = math.ceil((1 / turn - 1 / longest) * per_step / SHORTEST_PART)
    _check(n_log + n_even, search)
    short = np.geomspace(search.min_period_d, turn, max(n_log, 2 if n_even else 3))
    if not n_even:
        return short
    return np.concatenate([short[:-1], 1 / np.linspace(1 / turn, 1 / longest, n_even + 1)])


def _check(wanted: int, search: Search) -> None:
    if wanted > search.most_trials:
        raise ConfigError(
            f"{wanted:,} trial periods from {search.min_period_d} d on are more than "
            f"{search.most_trials:,}: search from a longer period"
        )
