"""Pictures of one object: its light curve, its periodogram, its folded curve, or all on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gnomon.errors import BadData
from gnomon.formats.pictures import new_figure
from gnomon.instruments.sky.curves.batches import Curve
from gnomon.instruments.sky.plots import style
from gnomon.instruments.sky.plots.panels import draw_folded, draw_periodogram, draw_points
from gnomon.instruments.sky.science.periods.grid import frequencies
from gnomon.instruments.sky.science.periods.lombscargle import log_fap
from gnomon.instruments.sky.science.periods.period import Period, Search
from gnomon.instruments.sky.science.periods.search import (
    Periodogram,
    errors_of,
    periodogram_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT = 0.075, 0.975
_WIDE, _TALL = (12.0, 5.6), (13.0, 9.2)
_TOP_IN, _BOTTOM_IN = 1.35, 0.75


@dataclass(frozen=True)
class Subject:
    """One object, the period of each of its bands, and the periodogram of the best.

    Attributes
    ----------
    curves : tuple of Curve
        Those with points; at least one.
    periods : tuple of Period
        Of each curve.
    best : int
        Which of them the pictures are folded by: the least probable to be noise.
    periodogram : Periodogram
        Of that one.
    search : Search
    """

    curves: tuple[Curve, ...]
    periods: tuple[Period, ...]
    best: int
    periodogram: Periodogram
    search: Search

    @classmethod
    def searched(cls, curves: Sequence[Curve], search: Search) -> Subject:
        """Search the curves of one object.

        Raises
        ------
        BadData
            None has a point, or they do not go onto the same axes.
        """
        there = _with_points(curves)
        found = [periodogram_of(curve, search) for curve in there]
        periods = tuple(period for period, _ in found)
        ranks = [(not p.significant, p.log10_fap, -p.n_points) for p in periods]
        best = ranks.index(min(ranks))
        return cls(there, periods, best, found[best][1], search)

    @property
    def period(self) -> Period:
        """The best."""
        return self.periods[self.best]

    @property
    def threshold(self) -> float:
        """The power that noise exceeds with the probability asked for; NaN for boxes."""
        curve = self.curves[self.best]
        if self.search.method != "ls" or not len(self.periodogram.period_d):
            return float("nan")
        grid = frequencies(self.search, float(np.ptp(curve.time_d)))
        error = errors_of(curve, self.search)
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            chance = log_fap(curve.time_d, error, middle, grid, self.search.terms)
            low, high = (middle, high) if chance > np.log(self.search.fap) else (low, middle)
        return high


def draw_curve(curves: Sequence[Curve]) -> Figure:
    """Return a picture of the light curves of one object.

    Raises
    ------
    BadData
        None has a point, or they do not go onto the same axes.
    """
    there = _with_points(curves)
    bands = [curve.band for curve in there]
    return _alone(lambda axes: draw_points(axes, there), _name(there[0]), bands, _extent(there))


def draw_power(subject: Subject) -> Figure:
    """Return a picture of a periodogram."""
    found, period, threshold = subject.periodogram, subject.period, subject.threshold
    return _alone(
        lambda axes: draw_periodogram(axes, found, period, threshold),
        _name(subject.curves[0]),
        [period.band],
        *_verdict(period),
    )


def draw_phase(subject: Subject) -> Figure:
    """Return a picture of the folded curves."""
    return _alone(
        lambda axes: draw_folded(axes, subject.curves, subject.period),
        _name(subject.curves[0]),
        [curve.band for curve in subject.curves],
        *_verdict(subject.period),
    )


def _alone(draw: Callable[[Axes], None], title: str, bands: list[str], *lines: str) -> Figure:
    """Return a picture of one panel."""
    width, height = _WIDE
    bottom = _BOTTOM_IN / height
    with style.styled():
        figure = new_figure(width, height)
        axes = figure.add_axes((_LEFT, bottom, _RIGHT - _LEFT, 1 - bottom - _TOP_IN / height))
        draw(axes)
        style.bands_above(axes, bands)
        style.head(figure, title, *lines, left=_LEFT)
    return figure


def draw_page(subject: Subject) -> Figure:
    """Return one page: the curve above, below it the periodogram and the folded curve."""
    _, height = _TALL
    with style.styled():
        figure = new_figure(*_TALL)
        grid = figure.add_gridspec(
            2, 2, left=_LEFT, right=_RIGHT, top=1 - (_TOP_IN + 0.25) / height,
            bottom=0.65 / height, hspace=0.36, wspace=0.16, height_ratios=(1, 1.12),
        )  # fmt: skip
        above = figure.add_subplot(grid[0, :])
        draw_points(above, subject.curves)
        above.set_title("Light curve")
        style.bands_above(above, [curve.band for curve in subject.curves])
        left = figure.add_subplot(grid[1, 0])
        draw_periodogram(left, subject.periodogram, subject.period, subject.threshold)
        band = f" in {subject.period.band}" if subject.period.band else ""
        left.set_title(f"{_METHODS[subject.period.method]}{band}")
        right = figure.add_subplot(grid[1, 1])
        draw_folded(right, subject.curves, subject.period)
        right.set_title("Folded" if subject.period.significant else "Folded by the highest peak")
        lines = [_extent(subject.curves), *_verdict(subject.period)]
        style.head(figure, _name(subject.curves[0]), *lines, left=_LEFT)
    return figure


_TINY, _NO_MATTER = 4, 100
"""Powers of ten: of a probability that is written as one, and beyond which it says no more."""
_RAISED = str.maketrans(
    "-0123456789",
    "\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT ZERO}\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}"
    "\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}\N{SUPERSCRIPT SIX}"
    "\N{SUPERSCRIPT SEVEN}\N{SUPERSCRIPT EIGHT}\N{SUPERSCRIPT NINE}",
)
_METHODS = {"ls": "Lomb\N{EN DASH}Scargle", "bls": "Box least squares"}


def _with_points(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    there = tuple(curve for curve in curves if len(curve))
    if not there:
        raise BadData("there is nothing to draw: no point can be used")
    if len({(curve.time_system, curve.unit) for curve in there}) > 1:
        raise BadData(f"{_name(there[0])}: bands of different times or units share no axes")
    return there


def _name(curve: Curve) -> str:
    return curve.object or "light curve"


def _extent(curves: Sequence[Curve]) -> str:
    first = min(float(curve.time_d[0]) for curve in curves)
    last = max(float(curve.time_d[-1]) for curve in curves)
    return f"{sum(map(len, curves)):,} points  ·  {last - first:,.1f} days"


def _verdict(period: Period) -> list[str]:
    """Return what was found, in words."""
    if not period.significant:
        return [f"No significant period: {period.reason}"]
    parts = [f"Period {_with_error(period.period_d, period.period_error_d)} d"]
    if period.method == "bls":
        depth = f"{period.depth * 100:.3f} %" if period.unit == "1" else f"{period.depth:.4g}"
        parts += [f"depth {depth} {period.unit if period.unit != '1' else ''}".rstrip()]
        parts += [f"duration {period.duration_d * 24:.2f} h", f"{period.n_transits} transits"]
        parts += [f"SNR {period.depth_snr / period.red_noise:.0f}"]
    else:
        band = f" in {period.band}" if period.band else ""
        parts += [f"amplitude {period.amplitude:.3g} {period.unit}".rstrip() + band]
    parts += [f"false-alarm probability {_chance(period)}"]
    return ["  ·  ".join(parts), period.note]


def _with_error(value: float, error: float) -> str:
    """Return a number with two digits of its error in brackets: ``0.622443(12)``."""
    if not np.isfinite(error) or error <= 0:
        return f"{value:.7g}"
    digits = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{digits}f}({round(error * 10**digits)})"


def _chance(period: Period) -> str:
    if period.log10_fap > -_TINY:
        return f"{period.fap:.2g}"
    below = "below " if period.log10_fap < -_NO_MATTER else ""
    return below + "10" + f"-{min(-period.log10_fap, _NO_MATTER):.0f}".translate(_RAISED)


DRAWN: Mapping[str, Callable[[Subject], Figure]] = {
    "page": draw_page,
    "periodogram": draw_power,
    "folded": draw_phase,
}
"""The pictures of what was searched, by their names."""
