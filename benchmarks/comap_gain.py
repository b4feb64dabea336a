"""COMAP's gain filters: what each does to a source and to noise, and what the pass costs.

The peer is the earlier pipeline's way, written plainly: float64 copies, the gain of each sample by
least squares on columns of which those of the sky are made orthogonal to the gain's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import NONE, Table, best, main, times
from gnomon.instruments.comap.receiver import N_CHANNELS
from gnomon.instruments.comap.science.binning import (
    calibrate_and_sum,
    half_weights,
    used_channels,
    without_centre,
)
from gnomon.instruments.comap.science.gain.filters import Method
from gnomon.instruments.comap.science.gain.reduction import SKY_ORDER, reduced
from gnomon.instruments.comap.science.gain.response import (
    Problem,
    Response,
    Structure,
    measured,
    sums_of,
    system_temperature,
)
from gnomon.instruments.comap.science.gain.templates import Columns, sky_spectra
from gnomon.instruments.comap.simulate.spectra import frequencies_ghz

CASES: tuple[tuple[Structure, float], ...] = (
    ("weak", -0.3),
    ("strong", -0.3),
    ("smooth", -0.3),
    ("smooth", -2.7),
    ("flat", -0.3),
)
_MODELS: tuple[tuple[str, Method, int], ...] = (
    ("prior", "prior", SKY_ORDER),
    ("prior, sky flat", "prior", 0),
    ("prior, sky with slope", "prior", 1),
    ("common_mode", "common_mode", SKY_ORDER),
)


def run(quick: bool) -> list[Table]:  # noqa: FBT001 - as all benchmarks
    """Measure responses, then times."""
    return [_responses(quick), _costs(quick)]


def _responses(quick: bool) -> Table:  # noqa: FBT001
    table = Table(
        "Gain filters: an injected point source, white noise and red noise at 0.1 Hz, mK a sample",
        ("Tsys, index, filter", "amplitude", "a bin, worst", "white", "red", "power", "sigma gain"),
        (
            "weak: 12 % ripple, 0.6 % spikes; strong: 30 %, 3 %; smooth: as weak, in one wave over",
            "all bands; flat: none. power: at 0.1 Hz before over after. sigma gain: in mK.",
        ),
    )
    seeds = range(1 if quick else 4)
    for structure, slope in CASES:
        for label, method, order in _MODELS:
            found = [
                measured(_problem(structure, slope, seed, quick), method, order=order)
                for seed in seeds
            ]
            table.add(f"{structure}, {slope}, {label}", *_cells(found))
    return table


def _problem(structure: Structure, slope: float, seed: int, quick: bool) -> Problem:  # noqa: FBT001
    tsys = system_temperature(structure, 256 if quick else N_CHANNELS, seed)
    return Problem(tsys, n_samples=15_000, slope=slope, seed=seed)


def _cells(found: Sequence[Response]) -> tuple[str, ...]:
    amplitude = np.array([one.amplitude for one in found])
    worst = amplitude.ravel()[np.argmax(np.abs(amplitude - 1))]
    before, after, red_before, red_after, sigma = (
        1e3 * np.median([getattr(one, name) for one in found])
        for name in ("white_before", "white_after", "red_before", "red_after", "sigma_gain")
    )
    return (
        f"{amplitude.mean():.3f}",
        f"{worst:.3f}",
        f"{before:.2f} > {after:.2f}",
        f"{red_before:.1f} > {red_after:.1f}",
        f"{(red_before / red_after) ** 2:.2f}x",
        f"{45 * sigma:.0f}" if np.isfinite(sigma) else NONE,
    )


def _costs(quick: bool) -> Table:  # noqa: FBT001
    n_samples = 6_000 if quick else 30_000
    tsys = system_temperature("weak", N_CHANNELS)
    counts = np.random.default_rng(0).standard_normal((N_CHANNELS, n_samples), np.float32)
    counts += tsys[0].astype(np.float32)[:, np.newaxis]
    tod, gigabytes = counts.copy(), counts.nbytes / 1e9
    own = best(4, lambda: _own(tod, tsys[0]))
    peer = best(1, lambda: _plainly(counts, tsys[0]))
    bands = sums_of(Problem(system_temperature("weak", 64), n_samples=n_samples))
    scans = np.array([[0, n_samples]])
    filtering = best(2, lambda: reduced(bands, scans, "prior"))
    table = Table(
        f"One slab of {gigabytes:.2f} GB: calibrated, atmosphere taken away, binned, gain's sums",
        ("way", "CPU s/GB", "GB/s", "of the peer"),
        (f"then the gain of a feed of {n_samples} samples: {filtering.cpu_s * 1e3:.0f} ms",),
    )
    for label, cost in (("gnomon, one pass", own), ("float64, step by step", peer)):
        table.add(
            label,
            f"{cost.cpu_s / gigabytes:.2f}",
            f"{gigabytes / cost.wall_s:.2f}",
            times(peer.cpu_s, cost.cpu_s),
        )
    return table


def _own(tod: NDArray[np.float32], tsys: NDArray[np.float64]) -> object:
    used = used_channels(tsys)
    sky = sky_spectra(frequencies_ghz(len(tsys))[0], SKY_ORDER)
    halves = half_weights(tsys, np.ones(len(tsys)), used)
    columns = Columns.of(tsys, tsys, sky, without_centre(used))
    rows = np.vstack([halves, columns.rows]).astype(np.float32)
    terms = np.vstack([halves, halves * tsys, columns.products]).astype(np.float32)
    n_samples, level = tod.shape[1], tsys.astype(np.float32)
    gains = np.ones((2, len(tsys)), np.float32), np.full((2, n_samples), 0.5, np.float32)
    air = (level, np.zeros_like(level), np.ones(n_samples, np.float32))
    return calibrate_and_sum(tod, slice(0, n_samples), gains, air, rows, terms)


def _plainly(counts: NDArray[np.float32], tsys: NDArray[np.float64]) -> Any:
    used = used_channels(tsys)
    kelvin = counts / np.ones(len(tsys))[:, np.newaxis]
    kelvin -= tsys[:, np.newaxis] * np.ones(counts.shape[1])
    kelvin -= np.nanmedian(kelvin, axis=1)[:, np.newaxis]
    y = (kelvin / tsys[:, np.newaxis])[used]
    slope = np.linspace(-1, 1, len(tsys))
    columns = np.stack([1 / tsys[used], slope[used] / tsys[used]])
    columns -= columns.mean(axis=1, keepdims=True)
    model = np.vstack([np.ones(used.sum()), columns]).T
    gain = np.linalg.solve(model.T @ model, model.T @ y)[0]
    filtered = kelvin - gain * tsys[:, np.newaxis]
    weights = half_weights(tsys, np.ones(len(tsys)), used)
    return [
        np.sum(of * weights[half][:, np.newaxis], axis=0)
        for of in (kelvin, filtered)
        for half in (0, 1)
    ]


if __name__ == "__main__":
    main(__doc__, run)
