"""The real-time tests of the Argo quality control manual, on measured values of many profiles.

Numbers and thresholds are those of "Argo quality control manual for CTD and trajectory data", 3.x
(doi 10.13155/33951), section 2.1.2, whose tests are numbered; bit n of `Verdict.failed` is test n,
as in its reference table 11. A value that fails tests 6, 7, 8 or 19 is no neighbour to the values
that later tests compare, so that one wild value does not condemn good ones.

Levels are flat arrays in which the levels of a profile adjoin, shallow to deep as the archive has
them; nothing loops over levels. What compares profiles with each other is in `sequence_qc`.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.science.seawater import load_gsw

GOOD, PROBABLY_BAD, BAD, NONE = 1, 3, 4, -1
"""Flags of reference table 2; `NONE` where there is no value."""

DATE, LOCATION, GLOBAL_RANGE, REGIONAL_RANGE, PRESSURE_INCREASING = 2, 3, 6, 7, 8
SPIKE, GRADIENT, DIGIT_ROLLOVER, STUCK_VALUE, DENSITY_INVERSION = 9, 11, 12, 13, 14
GREYLIST, SENSOR_DRIFT, FROZEN_PROFILE, DEEPEST_PRESSURE = 15, 16, 18, 19

_FIRST_JULD = 17_167.0  # 1997-01-01, in days since 1950-01-01 (test 2)
_BAD_ABOVE, _SUSPECT_ABOVE = -5.0, -2.4  # dbar (test 6)
_DEEPEST_OCEAN = 12_000.0  # dbar; the manual sets no lower end, the Challenger Deep does
_RANGES = {"TEMP": (-2.5, 40.0), "PSAL": (2.0, 41.0)}  # test 6
_SPLIT = 500.0  # dbar, between the two thresholds of tests 9 and 11
_SPIKES = {"TEMP": (6.0, 2.0), "PSAL": (0.9, 0.3)}  # test 9, above and below the split
_GRADIENTS = {"TEMP": (9.0, 3.0), "PSAL": (1.5, 0.5)}  # test 11
_ROLLOVERS = {"TEMP": 10.0, "PSAL": 5.0}  # test 12
_INVERSION = 0.03  # kg/m3 (test 14)
_LEAST_STUCK = 3  # two equal values are no evidence of a stuck sensor
_MARGIN, _LEAST_MARGIN = 0.1, 100.0  # test 19: share of the depth, and dbar


@dataclass(frozen=True, slots=True)
class Region:
    """A sea with ranges of its own (test 7); corners as (longitude, latitude)."""

    corners: tuple[tuple[float, float], ...]
    ranges: dict[str, tuple[float, float]]


RED_SEA = Region(
    ((40.0, 10.0), (50.0, 20.0), (30.0, 30.0)), {"TEMP": (21.7, 40.0), "PSAL": (2.0, 41.0)}
)
MEDITERRANEAN = Region(
    ((-6.0, 30.0), (40.0, 30.0), (35.0, 40.0), (20.0, 42.0), (15.0, 50.0), (5.0, 40.0)),
    {"TEMP": (10.0, 40.0), "PSAL": (2.0, 40.0)},
)


@dataclass(frozen=True, slots=True)
class Casts:
    """Measured profiles of one float, in the order of time.

    Attributes
    ----------
    counts : (profile,) int
        Levels of each profile.
    pres, temp, psal : (level,) float32
        Measured values in dbar, degrees Celsius and on the practical salinity scale; NaN where
        there is none.
    juld : (profile,) float64
        Days since 1950-01-01 UTC; NaN where there is none.
    latitude, longitude : (profile,) float64
        Degrees north and east; NaN where there is none.
    primary, descending : (profile,) bool
        Which are primary samplings, and which were taken on the way down.
    """

    counts: NDArray[np.int64]
    pres: NDArray[np.float32]
    temp: NDArray[np.float32]
    psal: NDArray[np.float32]
    juld: NDArray[np.float64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    primary: NDArray[np.bool_]
    descending: NDArray[np.bool_]

    @property
    def profile(self) -> NDArray[np.int64]:
        """The number of the profile of each level, (level,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def values(self, name: str) -> NDArray[np.float32]:
        """Return the values of ``PRES``, ``TEMP`` or ``PSAL``."""
        return {"PRES": self.pres, "TEMP": self.temp, "PSAL": self.psal}[name]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say.

    Attributes
    ----------
    failed : (level,) int32
        Bit n is set where a value of the level, or its profile, fails test n.
    flags : dict of str to (level,) int8
        By parameter: 1 good, 3 probably bad, 4 bad, -1 where there is no value.
    """

    failed: NDArray[np.int32]
    flags: dict[str, NDArray[np.int8]]

    @classmethod
    def of(cls, casts: Casts) -> Verdict:
        """Start with no fault in any value."""
        flags = {
            name: np.where(np.isnan(casts.values(name)), NONE, GOOD).astype(np.int8)
            for name in ("PRES", "TEMP", "PSAL")
        }
        return cls(np.zeros(len(casts.pres), np.int32), flags)

    def record(self, test: int, where: NDArray[np.bool_] | NDArray[np.intp]) -> None:
        """Note that the levels `where` fail a test."""
        self.failed[where] |= np.int32(1 << test)

    def fail(
        self, test: int, flag: int, where: NDArray[np.bool_] | NDArray[np.intp], *names: str
    ) -> None:
        """Flag the values of `names` at the levels `where`, never mending a worse flag."""
        self.record(test, where)
        for name in names:
            flags = self.flags[name]
            flags[where] = np.where(flags[where] == NONE, NONE, np.maximum(flags[where], flag))

    def usable(self, *names: str) -> NDArray[np.bool_]:
        """Tell at which levels all of `names` have a value that is not flagged, (level,)."""
        usable = np.ones(len(self.failed), np.bool_)
        for name in names:
            usable &= self.flags[name] == GOOD
        return usable


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be set of the tests.

    Attributes
    ----------
    gradient_flags : bool
        Whether the gradient test (11), which the manual dropped in 2020, sets flags; it is always
        recorded.
    drift_flags : bool
        Whether the test for gross drift (16) sets flags; it is always recorded. A float that
        crosses a front fails it too (bodc/6901929), so the manual has people decide.
    deepest_pressure : float, optional
        Pressure in dbar that the float is programmed to profile from; None leaves out test 19.
    """

    gradient_flags: bool = False
    drift_flags: bool = False
    deepest_pressure: float | None = None
    regions: tuple[Region, ...] = field(default=(RED_SEA, MEDITERRANEAN))


def examine(casts: Casts, rules: Rules) -> Verdict:
    """Carry out the tests that look at one profile, in the manual's order (section 2.1.3).

    A bad pressure makes temperature and salinity bad, and a bad temperature the salinity, which is
    computed from it.
    """
    verdict, profile = Verdict.of(casts), casts.profile
    _date_and_location(casts, verdict)
    _deepest_pressure(casts, verdict, rules)
    _global_range(casts, verdict)
    _regional_range(casts, verdict, rules)
    _pressure_increasing(casts, verdict)
    standing = {name: verdict.usable("PRES", name) for name in ("TEMP", "PSAL")}
    both = standing["TEMP"] & standing["PSAL"]
    for name, usable in standing.items():
        _spike_and_gradient(casts, profile, verdict, rules, name, usable)
        _digit_rollover(casts, profile, verdict, name, usable)
        _stuck_value(casts, verdict, name)
    _density_inversion(casts, profile, verdict, both)
    temp = verdict.flags["TEMP"]
    verdict.flags["PSAL"][(temp == BAD) & (verdict.flags["PSAL"] != NONE)] = BAD
    return verdict


def _date_and_location(casts: Casts, verdict: Verdict) -> None:
    """Judge date and location (tests 2, 3): they flag no value; what is missing is not judged."""
    early = casts.juld < _FIRST_JULD
    verdict.record(DATE, np.repeat(early, casts.counts))
    nowhere = (np.abs(casts.latitude) > 90.0) | (np.abs(casts.longitude) > 180.0)  # noqa: PLR2004
    verdict.record(LOCATION, np.repeat(nowhere, casts.counts))


def _deepest_pressure(casts: Casts, verdict: Verdict, rules: Rules) -> None:
    """Apply test 19: deeper than programmed by more than a tenth is probably bad."""
    if rules.deepest_pressure is not None:
        margin = max(_MARGIN * rules.deepest_pressure, _LEAST_MARGIN)
        below = casts.pres > rules.deepest_pressure + margin
        verdict.fail(DEEPEST_PRESSURE, PROBABLY_BAD, below, "PRES", "TEMP", "PSAL")


def _global_range(casts: Casts, verdict: Verdict) -> None:
    """Apply test 6: what no sea has."""
    above = casts.pres <= _SUSPECT_ABOVE
    verdict.fail(GLOBAL_RANGE, PROBABLY_BAD, above, "PRES", "TEMP", "PSAL")
    outside = (casts.pres < _BAD_ABOVE) | (casts.pres > _DEEPEST_OCEAN)
    verdict.fail(GLOBAL_RANGE, BAD, outside, "PRES", "TEMP", "PSAL")
    for name, (low, high) in _RANGES.items():
        values = casts.values(name)
        verdict.fail(GLOBAL_RANGE, BAD, (values < low) | (values > high), name)


def _regional_range(casts: Casts, verdict: Verdict, rules: Rules) -> None:
    """Apply test 7: what the Red Sea or the Mediterranean has not."""
    for region in rules.regions:
        inside = within(casts.longitude, casts.latitude, region.corners)
        if inside.any():
            level = np.repeat(inside, casts.counts)
            for name, (low, high) in region.ranges.items():
                values = casts.values(name)
                outside = level & ((values < low) | (values > high))
                verdict.fail(REGIONAL_RANGE, BAD, outside, name)


def _pressure_increasing(casts: Casts, verdict: Verdict) -> None:
    """Apply test 8: pressures that repeat or turn back are bad, with all that was measured there.

    The manual flags the part that is reversed. Which part that is, the rest of the profile tells:
    the fewest levels are given up, so that one pressure far too great does not cost all below it
    (kordi/2901780 has one). To the same end the manual searches from the middle since 2024.
    """
    at = np.flatnonzero(verdict.flags["PRES"] == GOOD)
    lift = casts.profile[at] * (4.0 * _DEEPEST_OCEAN)  # so that no profile reaches into the next
    lifted = casts.pres[at] + lift
    greatest = np.maximum.accumulate(lifted)
    least = np.minimum.accumulate(lifted[::-1])[::-1]
    disputed = np.zeros(len(at), np.bool_)
    disputed[1:] |= lifted[1:] <= greatest[:-1]
    disputed[:-1] |= lifted[:-1] >= least[1:]
    some = np.flatnonzero(disputed)
    fallen = some[~_longest_increase(lifted[some])]
    verdict.fail(PRESSURE_INCREASING, BAD, at[fallen], "PRES", "TEMP", "PSAL")


def _longest_increase(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark a longest strictly increasing subsequence; of equal values the first.

    Patience sorting, of the few levels that are in dispute only.
    """
    tails: list[float] = []
    places: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        before.append(places[length - 1] if length else -1)
        if length == len(tails):
            tails.append(value)
            places.append(place)
        elif value < tails[length]:
            tails[length], places[length] = value, place
    kept = np.zeros(len(values), np.bool_)
    place = places[-1] if places else -1
    while place >= 0:
        kept[place] = True
        place = before[place]
    return kept


def _spike_and_gradient(
    casts: Casts,
    profile: NDArray[np.int64],
    verdict: Verdict,
    rules: Rules,
    name: str,
    usable: NDArray[np.bool_],
) -> None:
    """Find values far from what their two neighbours have (tests 9, 11)."""
    at = np.flatnonzero(usable)
    values = casts.values(name)[at]
    inner = profile[at[:-2]] == profile[at[2:]]
    first, middle, last = values[:-2], values[1:-1], values[2:]
    bend = np.abs(middle - (first + last) / 2)
    deep = (casts.pres[at[1:-1]] >= _SPLIT).astype(np.int8)
    steep = inner & (bend > np.array(_GRADIENTS[name])[deep])
    pointed = inner & (bend - np.abs((last - first) / 2) > np.array(_SPIKES[name])[deep])
    verdict.fail(SPIKE, BAD, at[1:-1][pointed], name)
    verdict.fail(GRADIENT, BAD, at[1:-1][steep], *((name,) if rules.gradient_flags else ()))


def _digit_rollover(
    casts: Casts,
    profile: NDArray[np.int64],
    verdict: Verdict,
    name: str,
    usable: NDArray[np.bool_],
) -> None:
    """Apply test 12: a jump as of a counter that starts over; either of the two may be wrong."""
    at = np.flatnonzero(usable)
    jump = np.abs(np.diff(casts.values(name)[at])) > _ROLLOVERS[name]
    jump &= profile[at[:-1]] == profile[at[1:]]
    verdict.fail(DIGIT_ROLLOVER, BAD, at[:-1][jump], name)
    verdict.fail(DIGIT_ROLLOVER, BAD, at[1:][jump], name)


def _stuck_value(casts: Casts, verdict: Verdict, name: str) -> None:
    """Apply test 13: all values of a profile are one."""
    values, filled = casts.values(name), casts.counts > 0
    if not filled.any():
        return
    there = ~np.isnan(values)
    starts = (np.cumsum(casts.counts) - casts.counts)[filled]
    stuck = np.zeros(len(casts.counts), np.bool_)
    low = np.minimum.reduceat(np.where(there, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(there, values, -np.inf), starts)
    enough = np.add.reduceat(there.astype(np.int64), starts) >= _LEAST_STUCK
    stuck[filled] = (low == high) & enough
    verdict.fail(STUCK_VALUE, BAD, np.repeat(stuck, casts.counts) & there, name)


def _density_inversion(
    casts: Casts, profile: NDArray[np.int64], verdict: Verdict, usable: NDArray[np.bool_]
) -> None:
    """Apply test 14: denser water above lighter; both fail, one seen from above, one from below.

    Densities are referred to the pressure half way between the two. Reference salinity stands for
    absolute salinity: it needs no position, and their difference hardly varies between neighbours.
    """
    at = np.flatnonzero(usable)
    if len(at) < 2:  # noqa: PLR2004  a pair
        return
    gsw = load_gsw()
    pres = casts.pres[at].astype(np.float64)
    salinity = gsw.SR_from_SP(casts.psal[at].astype(np.float64))
    temperature = gsw.CT_from_t(salinity, casts.temp[at].astype(np.float64), pres)
    middle = (pres[:-1] + pres[1:]) / 2
    upper = gsw.rho(salinity[:-1], temperature[:-1], middle)
    lower = gsw.rho(salinity[1:], temperature[1:], middle)
    upset = (upper - lower > _INVERSION) & (profile[at[:-1]] == profile[at[1:]])
    verdict.fail(DENSITY_INVERSION, BAD, at[:-1][upset], "TEMP", "PSAL")
    verdict.fail(DENSITY_INVERSION, BAD, at[1:][upset], "TEMP", "PSAL")


def within(
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    corners: tuple[tuple[float, float], ...],
) -> NDArray[np.bool_]:
    """Tell which points lie in a polygon that crosses no date line; NaN lies nowhere.

    A ray to the east crosses the border an odd number of times.
    """
    inside = np.zeros(len(longitude), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y0 != y1:
            spans = (y0 > latitude) != (y1 > latitude)
            crossing = x0 + (latitude - y0) * (x1 - x0) / (y1 - y0)
            inside ^= spans & (longitude < crossing)
    return inside


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two judges of the same values agree; counts of values."""

    n_values: int
    n_ours: int
    n_dac: int
    n_both: int

    @property
    def share(self) -> float:
        """The share of values that both call bad, or both do not; NaN without values."""
        apart = self.n_ours + self.n_dac - 2 * self.n_both
        return 1.0 - apart / self.n_values if self.n_values else float("nan")


def compare(test_qc: NDArray[np.int8], dac_qc: NDArray[np.int8]) -> Agreement:
    """Compare our flags with the data centre's; 3 and 4 are bad, values that nobody flagged aside.

    Parameters
    ----------
    test_qc, dac_qc : (level,) int8
    """
    judged = (test_qc > 0) & np.isin(dac_qc, (1, 2, 3, 4, 5, 8))
    ours, dac = (judged & np.isin(qc, (PROBABLY_BAD, BAD)) for qc in (test_qc, dac_qc))
    return Agreement(*(int(mask.sum()) for mask in (judged, ours, dac, ours & dac)))
