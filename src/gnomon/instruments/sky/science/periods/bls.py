"""Box least squares: eclipses and transits, in a curve that is otherwise level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.sky.science.periods.boxes import Points, averaged, box_powers
from gnomon.instruments.sky.science.periods.grid import SHORTEST_PART
from gnomon.instruments.sky.science.periods.harmonics import weights_of
from gnomon.instruments.sky.science.periods.lombscargle import highest_maxima
from gnomon.instruments.sky.science.periods.significance import (
    log_fap_trials,
    log_normal_tail,
)

_UNLIKE, _SURE = 0.2, 5.0
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_COARSE_STEPS, _FINE_STEPS, _FINEST_STEPS = 4, 24, 72
_PARTS = (SHORTEST_PART, 0.25)
_LEAST_POINTS = 3
_BINS_PER_DURATION = 4
_CANDIDATES = 3
_ROUNDING = 1e-12
_EDGE_D = 1e-9
"""Points on the edge of a box are in it: regular times fall on edges."""
_TRIALS = 20
"""Independent boxes for each duration, and for each period and phase that differ by it: found with
white noise, of which the best box reaches an SNR of 5."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box-shaped dip that comes back.

    Attributes
    ----------
    period_d, duration_d : float
    epoch_d : float
        The first mid-box from the curve's first point on.
    power : float
        The part of the weighted variance that it explains.
    depth, depth_snr : float
        Weighted mean outside less that inside, in the curve's unit, and over its formal error:
        that of the errors given, or of the scatter where one is not known.
    red_noise : float
        How large averages of the residuals over one duration are, in their formal errors: 1 for
        white noise and right errors (J. N. Winn et al., AJ 135, 893, 2008, call it beta).
    n_inside : int
        Points in boxes.
    n_transits : int
        Boxes in which there is a point.
    """

    period_d: float
    duration_d: float
    epoch_d: float
    power: float
    depth: float
    depth_snr: float
    red_noise: float
    n_inside: int
    n_transits: int

    @property
    def snr(self) -> float:
        """Depth over its error, as large as the residuals are in truth."""
        return self.depth_snr / self.red_noise if self.red_noise > 0 else math.inf

    @property
    def period_error_d(self) -> float:
        """A rough error: every transit is timed to half its duration over its own SNR."""
        n = self.n_transits
        if n < 2 or not self.snr > 0:  # noqa: PLR2004
            return math.nan
        one_d = self.duration_d / 2 / (self.snr / math.sqrt(n))
        return one_d * math.sqrt(12 / (n * (n * n - 1)))


@dataclass(frozen=True, slots=True)
class BoxPeriodogram:
    """The best box at every period.

    Attributes
    ----------
    period_d, power : ndarray of float64, shape (n,)
    best : Box, optional
        The best of all, refined on the points themselves; None where no box has a dip.
    log_fap : float
        Natural logarithm of the probability that noise gives it anywhere.
    """

    period_d: Floats
    power: Floats
    best: Box | None
    log_fap: float


def bls(
    time_d: Floats,
    value: Floats,
    error: Floats,
    periods_d: Floats,
    durations_d: tuple[float, ...],
    *,
    oversampling: float = 10.0,
    binned: bool = True,
) -> BoxPeriodogram:
    """Search for boxes in which the value is less than outside.

    Parameters
    ----------
    time_d, value, error : ndarray of float64, shape (n,)
        In order of time. Magnitudes are to be given with the other sign.
    periods_d : ndarray of float64, shape (n_periods,)
        As `grid.log_periods` gives them.
    durations_d : tuple of float
        Of boxes that are tried first; the best is refined between and beyond them.
    oversampling : float
        Of the periods: how many are not independent of each other.
    binned : bool
        Average points within a quarter of the shortest duration before the search; what is found
        is refined on the points themselves.
    """
    durations = np.sort(np.array(durations_d, np.float64))
    weight = weights_of(error)
    since, centred = time_d - time_d[0], value - weight @ value
    points = since, centred, weight, np.ones(len(since), np.int64)
    width_d = float(durations[0]) / _BINS_PER_DURATION
    found = box_powers(
        averaged(since, centred, weight, width_d) if binned else points,
        periods_d,
        durations,
        _COARSE_STEPS,
        _PARTS,
        _LEAST_POINTS,
    )
    power = found[0]
    best = _refined(points, periods_d, power, found[2])
    if best is None:
        return BoxPeriodogram(periods_d, power, None, 0.0)
    epoch_d = float(time_d[0]) + best.middle_d
    n_inside = int(inside(time_d, best.period_d, epoch_d, best.duration_d).sum())
    if not 0 < n_inside < len(time_d):
        return BoxPeriodogram(periods_d, power, None, 0.0)
    box = measure(time_d, value, error, best.period_d, epoch_d, best.duration_d)
    phases = float(np.sum(np.minimum(periods_d / durations[0], 1 / SHORTEST_PART)))
    n_trials = _TRIALS * len(durations) * phases / oversampling
    return BoxPeriodogram(periods_d, power, box, log_fap_trials(log_normal_tail(box.snr), n_trials))


def measure(
    time_d: Floats,
    value: Floats,
    error: Floats,
    period_d: float,
    epoch_d: float,
    duration_d: float,
) -> Box:
    """Return what the points say of a box whose period, epoch and duration are known.

    Parameters
    ----------
    time_d, value, error : ndarray of float64, shape (n,)
        In order of time; some points lie in the box, and some do not.
    """
    within = inside(time_d, period_d, epoch_d, duration_d)
    weight = weights_of(error)
    part = float(weight[within].sum())
    low = float(weight[within] @ value[within]) / part
    level = float(weight[~within] @ value[~within]) / (1 - part)
    residual = value - np.where(within, low, level)
    known = bool(np.all(np.isfinite(error) & (error > 0)))
    scatter = max(float(np.std(residual)), _ROUNDING * (abs(level) + abs(low)), _ROUNDING)
    sigma = error if known else np.full(len(value), scatter)
    sums = [float(np.sum(sigma[some] ** -2.0)) for some in (within, ~within)]
    variance = float(weight @ (value - weight @ value) ** 2)
    first = time_d[0] + np.mod(epoch_d - time_d[0], period_d)
    return Box(
        period_d,
        duration_d,
        float(first),
        (level - low) ** 2 * part * (1 - part) / variance,
        level - low,
        (level - low) / math.sqrt(1 / sums[0] + 1 / sums[1]),
        _red_noise(time_d, residual, sigma, duration_d),
        int(within.sum()),
        len(np.unique(np.rint((time_d[within] - epoch_d) / period_d))),
    )


def alternating(time_d: Floats, value: Floats, error: Floats, box: Box) -> Box | None:
    """Return the box of twice the period where every second dip is shallower, else None.

    The eclipses of a binary look like one dip at half its period. Both sorts must be seen twice,
    and differ by a fifth of the depth and by five times the formal error of their difference.
    """
    weight = weights_of(error)
    twice_d = 2 * box.period_d
    epochs_d = box.epoch_d, box.epoch_d + box.period_d
    sorts = [inside(time_d, twice_d, epoch_d, box.duration_d) for epoch_d in epochs_d]
    seen = [
        len(np.unique(np.rint((time_d[some] - epoch_d) / twice_d)))
        for some, epoch_d in zip(sorts, epochs_d, strict=True)
    ]
    if min(seen) < 2:  # noqa: PLR2004
        return None
    low = [float(weight[some] @ value[some]) / float(weight[some].sum()) for some in sorts]
    share = [float(weight[some].sum()) for some in sorts]
    all_inside = sum(share)
    sigma = box.depth / box.depth_snr * math.sqrt(all_inside * (1 - all_inside))
    apart_sigma = sigma * math.sqrt(sum(1 / one for one in share))
    apart = abs(low[0] - low[1])
    if apart < max(_UNLIKE * box.depth, _SURE * apart_sigma):
        return None
    deeper = epochs_d[int(low[1] < low[0])]
    return measure(time_d, value, error, twice_d, deeper, box.duration_d)


def inside(time_d: Floats, period_d: float, epoch_d: float, duration_d: float) -> Truths:
    """Return which points lie in a box; shape (n,)."""
    from_middle = np.mod(time_d - epoch_d + period_d / 2, period_d) - period_d / 2
    return np.asarray(np.abs(from_middle) <= duration_d / 2 + _EDGE_D)


@dataclass(frozen=True, slots=True)
class _Found:
    period_d: float
    middle_d: float
    duration_d: float
    power: float


def _refined(
    points: Points,
    periods_d: Floats,
    power: Floats,
    durations_d: Floats,
) -> _Found | None:
    """Return the best box near the best of the periodogram's peaks, on the points themselves."""
    steps = np.diff(np.log(periods_d), append=np.log(periods_d[-1] ** 2 / periods_d[-2]))
    found = [
        _best(
            points,
            float(periods_d[at]) * np.exp(np.linspace(-1.5, 1.5, 61) * steps[at]),
            float(durations_d[at]) * np.geomspace(0.55, 1.6, 12),
            _FINE_STEPS,
        )
        for at in highest_maxima(power, _CANDIDATES)
        if at >= 0 and power[at] > 0
    ]
    if not found:
        return None
    best = max(found, key=lambda one: one.power)
    step = float(np.interp(best.period_d, periods_d, steps))
    nearer = _best(
        points,
        best.period_d * np.exp(np.linspace(-0.15, 0.15, 41) * step),
        best.duration_d * np.geomspace(0.85, 1.18, 13),
        _FINEST_STEPS,
    )
    return max(best, nearer, key=lambda one: one.power)


def _best(
    points: Points,
    periods_d: Floats,
    durations_d: Floats,
    steps: int,
) -> _Found:
    powers, middles, widths = box_powers(
        points, periods_d, durations_d, steps, _PARTS, _LEAST_POINTS
    )
    k = int(np.argmax(powers))
    return _Found(float(periods_d[k]), float(middles[k]), float(widths[k]), float(powers[k]))


def _red_noise(time_d: Floats, residual: Floats, sigma: Floats, duration_d: float) -> float:
    """Return the root mean square of averages over a duration, in their formal errors."""
    _, mean, weight, _ = averaged(time_d, residual, sigma**-2.0, duration_d)
    return float(np.sqrt(np.mean(mean**2 * weight)))
