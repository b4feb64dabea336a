"""The period of a curve, or why it has none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.sky.curves.batches import Curve, Curves
from gnomon.instruments.sky.science.periods.aliases import aliases_of, day_note
from gnomon.instruments.sky.science.periods.bls import BoxPeriodogram, alternating, bls
from gnomon.instruments.sky.science.periods.grid import (
    Frequencies,
    frequencies,
    log_periods,
    longest_period_d,
)
from gnomon.instruments.sky.science.periods.harmonics import fit, weights_of
from gnomon.instruments.sky.science.periods.lombscargle import (
    Peak,
    log_fap,
    lomb_scargle,
    peaks,
    periodograms,
    refined,
)
from gnomon.instruments.sky.science.periods.period import Period, Search
from gnomon.instruments.sky.science.periods.significance import probability

Floats = NDArray[np.float64]

_N_PEAKS, _N_REFINED, _NEARLY, _MORE = 15, 8, 0.8, 2
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Periodogram:
    """Power by period, for pictures.

    Attributes
    ----------
    period_d, power : ndarray of float64, shape (n,)
        Empty where nothing could be searched.
    """

    period_d: Floats
    power: Floats


def find_periods(curves: Curves, search: Search) -> list[Period]:
    """Return the period of each curve, in their order.

    Curves of the same times are searched together, which is faster.

    Raises
    ------
    ConfigError
        The search has too many trial periods for a curve.
    """
    found: dict[int, Period] = {}
    for batch in _alike(curves, search):
        found |= _lomb_scargle_batch(curves, batch, search)
    for n in range(len(curves)):
        if n not in found:
            found[n] = find_period(curves.curve(n), search)
    return [found[n] for n in range(len(curves))]


def find_period(curve: Curve, search: Search) -> Period:
    """Return the period of one curve; see `periodogram_of` for the power beside it."""
    return periodogram_of(curve, search)[0]


def periodogram_of(curve: Curve, search: Search) -> tuple[Period, Periodogram]:
    """Return the period of one curve, and its periodogram."""
    if reason := _refusal(curve, search):
        return _blank(curve, search, reason), Periodogram(np.empty(0), np.empty(0))
    baseline_d = float(curve.time_d[-1] - curve.time_d[0])
    if search.method == "bls":
        periods_d = log_periods(search, baseline_d)
        boxes = bls(
            curve.time_d, _upright(curve), curve.error, periods_d, search.durations_d,
            oversampling=search.oversampling,
        )  # fmt: skip
        return _of_boxes(curve, search, boxes), Periodogram(periods_d, boxes.power)
    grid = frequencies(search, baseline_d)
    power = lomb_scargle(curve.time_d, curve.value, errors_of(curve, search), grid, search.terms)
    return _of_power(curve, search, grid, power), Periodogram(1 / grid.values, power)


# -- what can be searched


def _is_magnitude(curve: Curve) -> bool:
    return curve.unit == "mag"


def _upright(curve: Curve) -> Floats:
    """Return the values such that brighter is more."""
    return -curve.value if _is_magnitude(curve) else curve.value


def errors_of(curve: Curve, search: Search) -> Floats:
    """Return the errors by which a search weighs points: those of magnitudes have a floor."""
    if not _is_magnitude(curve) or not search.error_floor_mag:
        return curve.error
    return np.hypot(curve.error, search.error_floor_mag)


def _refusal(curve: Curve, search: Search) -> str:
    """Return why a curve cannot be searched; empty where it can."""
    least = max(search.min_points, 2 * search.terms + 3)
    if len(curve) < least:
        return f"{len(curve)} points: at least {least} are needed"
    baseline_d = float(curve.time_d[-1] - curve.time_d[0])
    if longest_period_d(search, baseline_d) <= search.min_period_d:
        return (
            f"it spans {baseline_d:.3g} d: no period from {search.min_period_d:g} d on is seen "
            "twice"
        )
    if np.ptp(curve.value) <= _ROUNDING * np.max(np.abs(curve.value)):
        return "every value is the same"
    return ""


def _blank(curve: Curve, search: Search, reason: str = "") -> Period:
    baseline_d = float(curve.time_d[-1] - curve.time_d[0]) if len(curve) else 0.0
    return Period(
        curve.object,
        curve.band,
        search.method,
        reason=reason,
        terms=search.terms if search.method == "ls" else 0,
        unit=curve.unit,
        n_points=len(curve),
        baseline_d=baseline_d,
    )


# -- Lomb-Scargle


def _alike(curves: Curves, search: Search) -> Iterator[list[int]]:
    """Yield groups of curves that share their times and can be searched together."""
    if search.method != "ls":
        return
    groups: dict[bytes, list[int]] = {}
    for n, curve in enumerate(curves):
        if not _refusal(curve, search):
            groups.setdefault(curve.time_d.tobytes(), []).append(n)
    yield from (group for group in groups.values() if len(group) > 1)


def _lomb_scargle_batch(curves: Curves, batch: list[int], search: Search) -> dict[int, Period]:
    many = [curves.curve(n) for n in batch]
    time_d = many[0].time_d
    grid = frequencies(search, float(time_d[-1] - time_d[0]))
    values = np.array([curve.value for curve in many])
    errors = np.array([errors_of(curve, search) for curve in many])
    return {
        batch[at.start + k]: _of_power(many[at.start + k], search, grid, one)
        for at, power in periodograms(time_d, values, errors, grid, search.terms)
        for k, one in enumerate(power)
    }


def _of_power(curve: Curve, search: Search, grid: Frequencies, power: Floats) -> Period:
    error, terms = errors_of(curve, search), search.terms
    highest = peaks(power, grid, _N_PEAKS)
    if not highest:
        return _blank(curve, search, "no frequency explains anything")
    best, met = _decided(curve, error, highest, grid, terms)
    chance = log_fap(curve.time_d, error, best.power, grid, terms)
    fap, log10_fap = probability(chance)
    model = fit(curve.time_d, curve.value, error, best.frequency, terms)
    low, high, at_low, at_high = model.extremes()
    reason = _doubt(curve, search, grid, met, best.power, fap)
    period = replace(
        _blank(curve, search, reason),
        candidate_d=1 / best.frequency,
        power=best.power,
        fap=fap,
        log10_fap=log10_fap,
        epoch_d=at_low if _is_magnitude(curve) else at_high,
        amplitude=high - low,
    )
    if reason:
        return period
    return replace(
        period,
        significant=True,
        period_d=period.candidate_d,
        period_error_d=best.frequency_error / best.frequency**2,
        aliases=aliases_of(best, [peak for peak in highest if peak is not met], period.baseline_d),
        note=day_note(best.frequency, period.baseline_d),
    )


def _decided(
    curve: Curve, error: Floats, highest: list[Peak], grid: Frequencies, terms: int
) -> tuple[Peak, Peak]:
    """Return the best of the highest peaks, at its top, and as the grid met it.

    One harmonic: the highest top, since between two trial frequencies a peak can be higher than one
    that the grid meets. Several: the one that explains the curve best when it may have up to
    `_MORE` harmonics more, by Schwarz's criterion; that tells a star's period from its aliases,
    which fit a simple shape as well, and a sharp one less.
    """
    tops = [
        (refined(curve.time_d, curve.value, error, peak, grid.step, terms), peak)
        for peak in highest[:_N_REFINED]
        if peak.power >= _NEARLY * highest[0].power
    ]
    if terms == 1:
        return max(tops, key=lambda top: top[0].power)
    n, found = len(curve), []
    for top, met in tops:
        for k in range(terms, terms + _MORE + 1):
            if n >= 2 * k + 6 or k == terms:
                nearer = refined(curve.time_d, curve.value, error, top, grid.step / 2, k)
                score = _bic(nearer.power, n, 2 * k + 1)
                found.append((score, replace(nearer, power=top.power), met))
    _, best, met = min(found, key=lambda one: one[0])
    return best, met


def _doubt(
    curve: Curve, search: Search, grid: Frequencies, peak: Peak, power: float, fap: float
) -> str:
    """Return why the highest peak is no period; empty where it is one."""
    if fap > search.fap:
        return f"false-alarm probability {fap:.2g} is above {search.fap:g}"
    if abs(peak.frequency - grid.first) < grid.step / 2:
        return "the power still rises at the longest period: a trend, or a longer period"
    if abs(peak.frequency - grid.last) < grid.step / 2:
        return "the power still rises at the shortest period"
    n = len(curve)
    bend = _explained_by_parabola(curve, errors_of(curve, search))
    # Schwarz's criterion (BIC), of a parabola and of harmonics with their frequency.
    if _bic(bend, n, 2) <= _bic(power, n, 2 * search.terms + 1):
        return "a slow trend explains it as well"
    return ""


def _explained_by_parabola(curve: Curve, error: Floats) -> float:
    weight = weights_of(error)
    root = np.sqrt(weight)
    time = (curve.time_d - curve.time_d.mean()) / np.ptp(curve.time_d)
    centred = (curve.value - weight @ curve.value) * root
    columns = np.stack([np.ones_like(time), time, time**2], axis=1) * root[:, None]
    rest = centred - columns @ np.linalg.lstsq(columns, centred)[0]
    return 1 - float(rest @ rest) / float(centred @ centred)


def _bic(explained: float, n_points: int, n_numbers: int) -> float:
    return n_points * math.log(max(1 - explained, 1e-9)) + n_numbers * math.log(n_points)


# -- boxes


def _of_boxes(curve: Curve, search: Search, found: BoxPeriodogram) -> Period:
    if found.best is None:
        return _blank(curve, search, "no box has a dip")
    once = found.best
    twice = alternating(curve.time_d, _upright(curve), curve.error, once)
    box = twice or once
    fap, log10_fap = probability(found.log_fap)
    reason = ""
    if box.n_transits < 2:  # noqa: PLR2004
        reason = "one dip alone has no period"
    elif fap > search.fap:
        reason = f"false-alarm probability {fap:.2g} is above {search.fap:g}"
    period = replace(
        _blank(curve, search, reason),
        candidate_d=box.period_d,
        power=box.power,
        fap=fap,
        log10_fap=log10_fap,
        epoch_d=box.epoch_d,
        amplitude=box.depth,
        duration_d=box.duration_d,
        depth=box.depth,
        depth_snr=box.depth_snr,
        red_noise=box.red_noise,
        n_transits=box.n_transits,
    )
    if reason:
        return period
    half = f"every second dip is shallower: the best box has {once.period_d:.6g} d"
    return replace(
        period,
        significant=True,
        period_d=box.period_d,
        period_error_d=box.period_error_d,
        note=half if twice else "",
    )
