"""Periods: Lomb-Scargle and box least squares, beside astropy's.

- *shared times*: 200 curves of 300 points in one field, 100,000 frequencies.
- *own times*: one curve at a time, one and two harmonics, by astropy's ``fast`` and
  ``fastchi2`` on the same frequencies.
- *boxes*: 27 days of TESS every two minutes, astropy's periods and durations, and our own grid.

Powers must be those of astropy's exact methods to 1e-6, and periods agree. astropy's time of many
curves is that of one, scaled.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import NONE, Table, best, main, peer, times
from gnomon.instruments.sky.science.periods.bls import bls, inside
from gnomon.instruments.sky.science.periods.grid import Frequencies, log_periods
from gnomon.instruments.sky.science.periods.lombscargle import (
    highest_maxima,
    lomb_scargle,
    periodograms,
)
from gnomon.instruments.sky.science.periods.period import Search

Floats = NDArray[np.float64]

_DURATIONS_D = (0.1, 0.15, 0.2)


def _curves(n: int, n_points: int) -> tuple[Floats, Floats, Floats]:
    chance = np.random.default_rng(0)
    time_d = np.sort(chance.uniform(0, 1000, n_points))
    periods_d = chance.uniform(0.3, 5, (n, 1))
    error = chance.uniform(0.01, 0.03, (n, n_points))
    value = (
        16
        + 0.2 * np.sin(2 * np.pi * time_d / periods_d)
        + error * chance.normal(size=(n, n_points))
    )
    return time_d, value, error


def searched(time_d: Floats, value: Floats, error: Floats, grid: Frequencies) -> list[int]:
    """Return where the highest peak of each curve is; no periodogram is kept."""
    return [
        int(highest_maxima(power, 1)[0])
        for _, part in periodograms(time_d, value, error, grid)
        for power in part
    ]


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the tables."""
    astropy = peer("astropy.timeseries")
    return [_lomb_scargle(astropy, quick=quick), _boxes(astropy, quick=quick)]


def _lomb_scargle(astropy: Any, *, quick: bool) -> Table:
    n, n_frequencies, tries = (20, 20_000, 1) if quick else (200, 100_000, 3)
    grid = Frequencies(0.001, 10 / n_frequencies, n_frequencies)
    time_d, value, error = _curves(n, 300)
    table = Table(
        f"Lomb-Scargle: {n_frequencies:,} frequencies, 300 points",
        ("work", "gnomon CPU s", "astropy CPU s", "ratio"),
    )
    searched(time_d, value[:2], error[:2], grid)  # compiles
    ours = best(tries, lambda: searched(time_d, value, error, grid)).cpu_s
    one = best(tries, lambda: lomb_scargle(time_d, value[0], error[0], grid)).cpu_s
    lomb_scargle(time_d, value[0], error[0], grid, 2)
    two = best(tries, lambda: lomb_scargle(time_d, value[0], error[0], grid, 2)).cpu_s
    theirs: dict[int, float] = {}
    if astropy is not None:
        for terms, method in ((1, "fast"), (2, "fastchi2")):
            made = astropy.LombScargle(time_d, value[0], error[0], nterms=terms)
            work = partial(made.power, grid.values, method=method, assume_regular_frequency=True)
            theirs[terms] = best(tries, work).cpu_s
            mine = lomb_scargle(time_d, value[0], error[0], grid, terms)
            # astropy's own fast sums are approximate; both must find the same peak.
            assert abs(int(np.argmax(work())) - int(np.argmax(mine))) <= 1
            exact = made.power(grid.values[::997], method="chi2" if terms > 1 else "cython")
            assert np.max(np.abs(mine[::997] - exact)) < 1e-6
    _row(table, f"{n} curves, shared times", ours, theirs.get(1, 0.0) * n)
    _row(table, "1 curve", one, theirs.get(1, 0.0))
    _row(table, "1 curve, 2 harmonics", two, theirs.get(2, 0.0))
    return table


def _boxes(astropy: Any, *, quick: bool) -> Table:
    chance = np.random.default_rng(0)
    time_d = np.arange(0, 27, (10 if quick else 2) / 1440)
    value = 1 - 0.005 * inside(time_d, 3.289, 2.0, 0.14) + 0.0015 * chance.normal(size=len(time_d))
    error = np.full(len(time_d), 0.0015)
    few = np.linspace(1, 13, 5000)
    many = log_periods(Search("bls", min_period_d=0.5), 27.0)
    table = Table(
        f"Box least squares: {len(time_d):,} points, 3 durations",
        ("work", "gnomon CPU s", "astropy CPU s", "ratio"),
    )
    found = bls(time_d, value, error, few, _DURATIONS_D)  # compiles
    assert found.best is not None
    tries = 1 if quick else 3
    same = best(tries, lambda: bls(time_d, value, error, few, _DURATIONS_D)).cpu_s
    exact = best(tries, lambda: bls(time_d, value, error, few, _DURATIONS_D, binned=False)).cpu_s
    own = best(tries, lambda: bls(time_d, value, error, many, _DURATIONS_D)).cpu_s
    took = 0.0
    if astropy is not None:
        model = astropy.BoxLeastSquares(time_d, value, error)
        took = best(tries, lambda: model.power(few, _DURATIONS_D)).cpu_s
        theirs = float(few[np.argmax(model.power(few, _DURATIONS_D).power)])
        assert abs(found.best.period_d - theirs) < 5e-3
    assert abs(found.best.period_d - 3.289) < 1e-3
    _row(table, "5,000 periods, binned, refined", same, took)
    _row(table, "5,000 periods, every point", exact, took)
    _row(table, f"{len(many):,} periods, even in log P", own, 0.0)
    return table


def _row(table: Table, name: str, ours: float, theirs: float) -> None:
    shown = (f"{theirs:.3f}", times(theirs, ours)) if theirs else (NONE, NONE)
    table.add(name, f"{ours:.3f}", *shown)


if __name__ == "__main__":
    main(__doc__, run)
