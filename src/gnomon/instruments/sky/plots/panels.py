"""What is drawn into axes: a light curve, a periodogram, a folded curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.pictures import FAINT, INK, PAPER, SOFT, bare
from gnomon.instruments.sky.curves.batches import Curve
from gnomon.instruments.sky.plots import style
from gnomon.instruments.sky.science.periods.harmonics import fit
from gnomon.instruments.sky.science.periods.period import Period
from gnomon.instruments.sky.science.periods.search import Periodogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_MANY, _MOST_COLUMNS = 1500, 2400
_BINS = 60
_ROOM = 0.08
"""Of the width of a periodogram: the least distance of names."""
_BOX_HALF = 3.0
"""Durations of a transit to either side that its close-up shows."""


def draw_points(axes: Axes, curves: Sequence[Curve], *, fade: bool = False) -> None:
    """Draw measurements over time, each band in its colour, with errors where they are few."""
    for curve in curves:
        _points(axes, curve.time_d, curve, fade=fade)
    if curves:
        axes.set_xlabel(style.time_name(curves[0].time_system))
        style.value_axis(axes, curves[0])
        _limit(axes, curves)
        axes.margins(x=0.015)


def _points(axes: Axes, at: Floats, curve: Curve, *, fade: bool = False) -> None:
    colour, n = style.colour_of(curve.band), len(curve)
    if n > _MANY:
        axes.plot(
            at, curve.value, ".", color=colour, markersize=2.2, markeredgewidth=0,
            alpha=0.28 if fade else 0.5, rasterized=True,
        )  # fmt: skip
        return
    if np.isfinite(curve.error).any():
        axes.errorbar(
            at, curve.value, curve.error, fmt="none", ecolor=colour, elinewidth=0.7, alpha=0.35
        )
    axes.plot(
        at, curve.value, "o", color=colour, markersize=4.2 if n < _MANY / 3 else 3,
        markeredgecolor=PAPER, markeredgewidth=0.4,
    )  # fmt: skip


def _limit(axes: Axes, curves: Sequence[Curve]) -> None:
    """Show what lies within five deviations of the middle, so that no outlier flattens the rest."""
    ends = []
    for curve in curves:
        low, middle, high = np.percentile(curve.value, [2, 50, 98])
        reach = 2.5 * max(high - middle, middle - low)
        seen = curve.value[np.abs(curve.value - middle) <= max(reach, 1e-12)]
        ends += [float(seen.min()), float(seen.max())] if len(seen) else []
    if ends and max(ends) > min(ends):
        pad = 0.06 * (max(ends) - min(ends))
        inverted = axes.yaxis_inverted()
        axes.set_ylim(min(ends) - pad, max(ends) + pad)
        if inverted:
            axes.invert_yaxis()


def draw_periodogram(axes: Axes, found: Periodogram, period: Period, threshold: float) -> None:
    """Draw power by period, the period found, its aliases, and what noise would reach.

    Parameters
    ----------
    threshold : float
        The power at the false-alarm probability asked for; NaN: it is not drawn.
    """
    if not len(found.period_d):
        style.nothing(axes, period.reason)
        bare(axes)
        return
    order = np.argsort(found.period_d)
    at, power = _envelope(found.period_d[order], found.power[order])
    axes.fill_between(at, 0, power, color=style.colour_of(period.band), alpha=0.14, linewidth=0)
    axes.plot(at, power, color=style.colour_of(period.band), linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(float(at[0]), float(at[-1]))
    top = 1.16 * max(float(np.max(power)), threshold if np.isfinite(threshold) else 0.0, 1e-9)
    axes.set_ylim(0, top)
    axes.set_xlabel("period / days")
    axes.set_ylabel("power")
    _plain_days(axes)
    bare(axes)
    if np.isfinite(threshold):
        axes.axhline(threshold, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.annotate(
            "false alarm", (1, threshold), (-2, 3), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", fontsize=8.5, color=SOFT,
        )  # fmt: skip
    _mark_peaks(axes, found, period)


def _mark_peaks(axes: Axes, found: Periodogram, period: Period) -> None:
    """Mark the period, and its aliases where there is room for their names."""
    if not np.isfinite(period.candidate_d):
        return
    nearest = int(np.argmin(np.abs(found.period_d - period.candidate_d)))
    # A box refined on the points themselves is lower than one of averages.
    power = max(period.power, float(np.max(found.power[max(nearest - 3, 0) : nearest + 4])))
    colour = style.ACCENT if period.significant else FAINT
    _marked(axes, period.candidate_d, power, f"{period.candidate_d:.6g} d", colour)
    room = _ROOM * np.log(found.period_d.max() / found.period_d.min())
    taken = [np.log(period.candidate_d)]
    for alias in period.aliases:
        if min(abs(np.log(alias.period_d) - one) for one in taken) > room:
            taken.append(np.log(alias.period_d))
            _marked(axes, alias.period_d, alias.power, alias.relation, FAINT)


def _marked(axes: Axes, period_d: float, power: float, words: str, colour: str) -> None:
    axes.plot([period_d], [power], "v", color=colour, markersize=6, clip_on=False)
    low, high = np.log(axes.get_xlim())
    part = (np.log(period_d) - low) / (high - low)
    side = "left" if part < _ROOM else "right" if part > 1 - _ROOM else "center"
    axes.annotate(
        words, (period_d, power), (0, 6), textcoords="offset points", ha=side, fontsize=9,
        color=colour, weight="bold" if colour == style.ACCENT else "normal", parse_math=False,
    )  # fmt: skip


def _envelope(at: Floats, power: Floats) -> tuple[Floats, Floats]:
    """Return the highest power in each column of a picture: no peak is lost between them."""
    if len(at) <= _MOST_COLUMNS:
        return at, power
    edges = np.geomspace(at[0], at[-1], _MOST_COLUMNS + 1)[:-1]
    starts = np.unique(np.searchsorted(at, edges))
    highest = np.maximum.reduceat(power, starts)
    ends = [*starts[1:], len(at)]
    top = [a + int(np.argmax(power[a:b])) for a, b in zip(starts, ends, strict=True)]
    return at[top], highest


def _plain_days(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415

    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def draw_folded(axes: Axes, curves: Sequence[Curve], period: Period, *, terms: int = 4) -> None:
    """Draw measurements by phase, two turns for what varies all the time, an eclipse close up."""
    if not np.isfinite(period.candidate_d):
        style.nothing(axes, period.reason)
        bare(axes)
        return
    boxes = period.method == "bls"
    for curve in curves:
        phase = (curve.time_d - period.epoch_d) / period.candidate_d
        phase -= np.floor(phase + 0.5) if boxes else np.floor(phase)
        if boxes:
            _close_up(axes, phase, curve, period)
            continue
        for turn in (0, 1):
            _points(axes, phase + turn, curve, fade=True)
        more = min(terms, len(curve) // 12) if period.significant else 0
        _harmonics(axes, curve, period, max(period.terms, more))
    style.value_axis(axes, curves[0])
    _limit(axes, curves)
    if boxes:
        axes.set_xlabel("hours from mid-transit")
    else:
        axes.set_xlim(-0.02, 2.02)
        axes.set_xlabel("phase")


def _harmonics(axes: Axes, curve: Curve, period: Period, terms: int) -> None:
    if len(curve) < 2 * terms + 3:
        return
    model = fit(curve.time_d, curve.value, curve.error, 1 / period.candidate_d, terms)
    phase = np.linspace(0, 2, 400)
    axes.plot(
        phase, model.at(period.epoch_d + phase * period.candidate_d), color=style.MODEL,
        linewidth=1.5, alpha=0.85, zorder=5,
    )  # fmt: skip


def _close_up(axes: Axes, phase: Floats, curve: Curve, period: Period) -> None:
    """Draw an eclipse, averages over phase, and the box."""
    hours = phase * period.candidate_d * 24
    half = min(_BOX_HALF * period.duration_d, period.candidate_d / 2) * 24
    near = np.abs(hours) <= half
    shown = replace(
        curve, time_d=curve.time_d[near], value=curve.value[near], error=curve.error[near]
    )
    _points(axes, hours[near], shown, fade=True)
    middle, mean = _averages(hours[near], shown.value, half)
    axes.plot(
        middle, mean, "o", color=INK, markersize=4.5, markeredgecolor=PAPER, markeredgewidth=0.7,
        zorder=6,
    )  # fmt: skip
    axes.set_xlim(-half, half)
    edge = period.duration_d * 12
    within = np.abs(hours) < edge
    if within.all() or not within.any():
        return  # another band than the one that has the period
    level, low = float(np.mean(curve.value[~within])), float(np.mean(curve.value[within]))
    axes.plot(
        [-half, -edge, -edge, edge, edge, half], [level, level, low, low, level, level],
        color=style.ACCENT, linewidth=1.5, zorder=5,
    )  # fmt: skip


def _averages(at: Floats, value: Floats, half: float) -> tuple[Floats, Floats]:
    """Return means of the values in `_BINS` equal bins that hold a few."""
    which = np.clip(((at + half) / (2 * half) * _BINS).astype(np.int64), 0, _BINS - 1)
    counts = np.bincount(which, minlength=_BINS)
    kept = counts >= max(3, len(at) // (_BINS * 10))
    middle = (np.arange(_BINS) + 0.5) / _BINS * 2 * half - half
    sums = np.bincount(which, value, minlength=_BINS)
    return middle[kept], sums[kept] / counts[kept]
