"""The real-time tests that compare a profile with the one before it; see `realtime_qc`.

Only primary samplings are compared, each with the last one before it that was taken in the same
direction: a float that descends meets the water that it has just come up through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.science.realtime_qc import (
    BAD,
    FROZEN_PROFILE,
    PROBABLY_BAD,
    SENSOR_DRIFT,
    Casts,
    Rules,
    Verdict,
)

_SLAB = 50.0  # dbar (test 18)
_DEEP_LAYER = 100.0  # dbar (test 16)
_DRIFTS = {"TEMP": 1.0, "PSAL": 0.5}  # test 16
_FROZEN = {"TEMP": (0.3, 0.001, 0.02), "PSAL": (0.3, 0.001, 0.004)}  # test 18: max, min, mean
_LEAST_SLABS = 3  # fewer are no evidence
_LEAST_COMMON = 500.0  # dbar; above, the sea itself changes by more from cycle to cycle


def frozen_profiles(casts: Casts, verdict: Verdict) -> None:
    """Apply test 18: a profile that repeats the one before it is bad whole.

    Temperature and salinity are averaged in slabs of 50 dbar; of the differences between the two
    profiles the greatest, the least and the mean must all be small, of both.
    """
    slabs = {name: _slab_means(casts, verdict, name) for name in ("TEMP", "PSAL")}
    for sequence in _sequences(casts):
        frozen = np.ones(max(len(sequence) - 1, 0), np.bool_)
        for name, limits in _FROZEN.items():
            apart = np.abs(np.diff(slabs[name][sequence], axis=0))
            frozen &= _all_small(apart, limits)
        for number in sequence[1:][frozen]:
            verdict.fail(FROZEN_PROFILE, BAD, _levels(casts, number), "TEMP", "PSAL", "PRES")


def sensor_drift(casts: Casts, verdict: Verdict, rules: Rules) -> None:
    """Apply test 16: means of the deepest layer that jump from one good profile to the next.

    The layer is the deepest 100 dbar that both profiles reach: a float that dives to 1,000 dbar
    and every so often to 2,000 has not drifted.
    """
    for name, limit in _DRIFTS.items():
        layers = _Layers(casts, verdict, name)
        names = (name,) if rules.drift_flags else ()
        for sequence in _sequences(casts):
            last = -1
            for number in sequence.tolist():
                if layers.jump(last, number) > limit:
                    verdict.fail(SENSOR_DRIFT, PROBABLY_BAD, layers.levels(number), *names)
                elif len(layers.levels(number)):
                    last = number


class _Layers:
    """Means of layers of one parameter, over the levels that passed all tests so far."""

    def __init__(self, casts: Casts, verdict: Verdict, name: str) -> None:
        self._at = np.flatnonzero(verdict.usable("PRES", name))
        self._pres = casts.pres[self._at]
        self._sums = np.concatenate([[0.0], np.cumsum(casts.values(name)[self._at], dtype="f8")])
        edges = np.concatenate([[0], np.cumsum(casts.counts)])
        self._edges = np.searchsorted(self._at, edges).tolist()

    def levels(self, number: int) -> NDArray[np.intp]:
        """Return the usable levels of a profile."""
        return self._at[self._edges[number] : self._edges[number + 1]]

    def jump(self, before: int, now: int) -> float:
        """Return the difference of two profiles' means in their deepest common layer.

        It is 0 where there is no such layer, or no profile `before`.
        """
        if before < 0 or not len(self.levels(before)) or not len(self.levels(now)):
            return 0.0
        floor = min(float(self._pres[self._edges[number + 1] - 1]) for number in (before, now))
        if floor < _LEAST_COMMON:
            return 0.0
        return abs(self._mean(now, floor) - self._mean(before, floor))

    def _mean(self, number: int, floor: float) -> float:
        """Return the mean of the 100 dbar above `floor`; pressures increase, as test 8 sees to."""
        start, stop = self._edges[number], self._edges[number + 1]
        pres = self._pres[start:stop]
        first = start + int(pres.searchsorted(floor - _DEEP_LAYER, "right"))
        last = start + int(pres.searchsorted(floor, "right"))
        if first == last:
            return float("nan")
        mean: float = (self._sums[last] - self._sums[first]) / (last - first)
        return mean


def _sequences(casts: Casts) -> list[NDArray[np.intp]]:
    """Return the numbers of the primary profiles that can be compared, ascents and descents."""
    filled = casts.primary & (casts.counts > 0)
    return [np.flatnonzero(filled & (casts.descending == down)) for down in (False, True)]


def _levels(casts: Casts, number: int) -> NDArray[np.intp]:
    start = int(casts.counts[:number].sum())
    return np.arange(start, start + casts.counts[number])


def _slab_means(casts: Casts, verdict: Verdict, name: str) -> NDArray[np.float64]:
    """Return means in slabs of 50 dbar, (profile, slab); NaN where a slab is empty."""
    at = np.flatnonzero(verdict.usable("PRES", name))
    if not len(at):
        return np.full((len(casts.counts), 1), np.nan)
    slab = np.maximum(casts.pres[at], 0.0).astype(np.int64) // int(_SLAB)
    width = int(slab.max()) + 1
    cell = casts.profile[at] * width + slab
    shape, size = (len(casts.counts), width), len(casts.counts) * width
    filled = np.bincount(cell, minlength=size).reshape(shape)
    total = np.bincount(cell, casts.values(name)[at], size).reshape(shape)
    return np.where(filled > 0, total / np.maximum(filled, 1), np.nan)


def _all_small(apart: NDArray[np.float64], limits: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Tell where greatest, least and mean difference are below their limits, (pair,)."""
    there = ~np.isnan(apart)
    n = there.sum(axis=1)
    greatest = np.where(there, apart, -np.inf).max(axis=1, initial=-np.inf)
    least = np.where(there, apart, np.inf).min(axis=1, initial=np.inf)
    mean = np.where(there, apart, 0.0).sum(axis=1) / np.maximum(n, 1)
    most, few, middle = limits
    small: NDArray[np.bool_] = (greatest < most) & (least < few) & (mean < middle)
    small &= n >= _LEAST_SLABS
    return small
