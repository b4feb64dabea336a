"""Figures of an observation, out of its Level-2 file: what SQL has of each flag, and of the whole.

They are figures for choosing observations, so they are robust: channels enter by medians, and what
was fitted enters by its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.database.schema import ATMOSPHERE, COUNTS, STATISTICS
from gnomon.instruments.comap.level2.file import Level2File
from gnomon.instruments.comap.level2.layout import (
    ATMOSPHERE_TAU,
    CALIBRATOR,
    CENTRAL_FREQS,
    FLAGGED,
    NOISE2,
    POST_BIN,
    SCAN_EDGES,
    VANE_TSYS,
)
from gnomon.instruments.comap.receiver import N_FEEDS, N_FREQUENCY_BANDS, N_HALVES, feed_of
from gnomon.instruments.comap.science.flags import NAN, OUTSIDE_SCAN

Floats = NDArray[np.float64]
_MJD = "spectrometer/MJD"
_FEEDS = "spectrometer/feeds"
_N_FLAGS = N_FEEDS * N_FREQUENCY_BANDS
_DATASETS = {"filtered": "binned_filtered_data", "unfiltered": "binned_data"}
_NAMES = {
    "red_noise": "sigma_red",
    "white_noise": "sigma_white",
    "auto_rms": "auto_rms",
    "noise_index": "alpha",
}
_OFFSETS = {f"pointing_offset_{axis}": f"{axis}_offset" for axis in ("az", "el", "ra", "dec")}


def of_flags(out: Level2File) -> dict[str, NDArray[Any]]:
    """Return what is measured of every feed and frequency band.

    Returns
    -------
    dict of str to (152,) array
        The columns `schema.MEASURED`; NaN, or -1 for counts, where not measured. Noise is the mean
        over scans; ``mean_atm_temp`` is the atmosphere's temperature times its opacity at the
        zenith, K, the median over channels of means over scans; ``n_nan_values`` counts samples
        in scans.
    """
    found: dict[str, NDArray[Any]] = {name: _noise(out, name) for name in STATISTICS}
    spikes, nans = COUNTS
    found[spikes] = _spikes(out)
    found[nans] = _unmeasured(out)
    found[ATMOSPHERE] = _atmosphere(out)
    return found


def of_observation(out: Level2File) -> dict[str, float | int | None]:
    """Return the columns of ``observation_summary``, None where not measured.

    ``mean_tau`` is in kelvin, as ``level2/atmosphere/tau`` is. What concerns calibrators is the
    mean over feeds and bands, weighted by errors; their chi2 the median.
    """
    found: dict[str, float] = {
        "median_tsys": _median(_tsys(out)),
        "mean_tau": float(_mean(_atmosphere(out), axis=0)),
        "calibrator_chi2": _median(_fitted(out, "chi2")),
    }
    flux, error = _weighted(_fitted(out, "flux"), _fitted(out, "flux_errors"))
    found |= {"calibrator_flux": flux, "calibrator_flux_error": error}
    for name, offset in _OFFSETS.items():
        found[name], _ = _weighted(_fitted(out, offset), _fitted(out, f"{offset}_errors"))
    numbers: dict[str, float | int | None] = {
        name: value if np.isfinite(value) else None for name, value in found.items()
    }
    numbers["n_scans"] = len(out.array(SCAN_EDGES)) if SCAN_EDGES in out else None
    return numbers


def of_calibrator(out: Level2File) -> list[tuple[int, int, int, float, Mapping[str, float]]]:
    """Return every flux that was fitted.

    Returns
    -------
    list of tuples
        Feed, band, half, when the feed saw the source (MJD, UTC; else the middle of the scans),
        and flux (Jy), flux_errors, amplitudes (K) and chi2.
    """
    values = {name: _fitted(out, name) for name in ("flux", "flux_errors", "amplitudes", "chi2")}
    mjd = _times(out)
    found: list[tuple[int, int, int, float, Mapping[str, float]]] = []
    for row, band, half in np.argwhere(np.isfinite(values["flux"])).tolist():
        fit = {name: float(held[row, band, half]) for name, held in values.items()}
        found.append((feed_of(row), band, half, float(mjd[row]), fit))
    return found


# -- of flags


def _noise(out: Level2File, column: str) -> Floats:
    of, _, name = column.partition("_")
    dataset = f"{NOISE2}/{_DATASETS[of]}/{_NAMES[name]}"
    if dataset not in out:
        return np.full(_N_FLAGS, np.nan)
    return _mean(out.array(dataset), axis=-1).reshape(_N_FLAGS)


def _spikes(out: Level2File) -> NDArray[np.int64]:
    name = f"{POST_BIN}/n_spikes"
    if name not in out:
        return np.full(_N_FLAGS, -1)
    counts = out.array(name).reshape(_N_FLAGS, -1).astype(np.int64)
    return np.where((counts >= 0).any(-1), np.where(counts >= 0, counts, 0).sum(-1), -1)


def _unmeasured(out: Level2File) -> NDArray[np.int64]:
    counts = np.full((N_FEEDS, N_FREQUENCY_BANDS), -1)
    if FLAGGED not in out or CENTRAL_FREQS not in out:
        return counts.reshape(_N_FLAGS)
    measured = np.isfinite(out.array(CENTRAL_FREQS)).reshape(N_FEEDS, -1)
    for row in np.flatnonzero(measured.any(-1)):
        flagged = out[FLAGGED][row].reshape(N_FREQUENCY_BANDS, -1)
        number = ((flagged & (NAN | OUTSIDE_SCAN)) == NAN).sum(-1)
        counts[row] = np.where(measured[row], number, -1)
    return counts.reshape(_N_FLAGS)


def _atmosphere(out: Level2File) -> Floats:
    if ATMOSPHERE_TAU not in out:
        return np.full(_N_FLAGS, np.nan)
    tau = out.array(ATMOSPHERE_TAU)
    channels = _mean(np.where(tau == 0, np.nan, tau), axis=-1)  # 0: elevation did not change
    halves = channels.shape[-1] // N_HALVES
    flags = channels[..., : halves * N_HALVES].reshape(_N_FLAGS, halves)
    return np.array([_median(one) for one in flags])


# -- of the observation


def _tsys(out: Level2File) -> Floats:
    """Return the system temperatures of the feeds that see the sky, of all events."""
    if VANE_TSYS not in out:
        return np.empty(0)
    found = out.array(VANE_TSYS)
    return found[:, np.isin(out.array(_FEEDS), np.arange(1, N_FEEDS + 1))]


def _fitted(out: Level2File, name: str) -> Floats:
    dataset = f"{CALIBRATOR}/{name}"
    if dataset not in out:
        return np.full((N_FEEDS, N_FREQUENCY_BANDS // N_HALVES, N_HALVES), np.nan)
    return out.array(dataset)


def _times(out: Level2File) -> Floats:
    """Return when each feed saw the calibrator, MJD."""
    samples = out[_MJD]
    edges = out.array(SCAN_EDGES) if SCAN_EDGES in out else np.empty((0, 2))
    first, last = (edges[0, 0], edges[-1, 1] - 1) if len(edges) else (0, len(samples) - 1)
    middle = (float(samples[int(first)]) + float(samples[int(last)])) / 2
    name = f"{CALIBRATOR}/mjd"
    seen = out.array(name) if name in out else np.full(N_FEEDS, np.nan)
    return np.where(np.isfinite(seen), seen, middle)


# -- numbers of which some are absent


def _mean(values: NDArray[Any], axis: int) -> Floats:
    held = np.isfinite(values)
    number = held.sum(axis)
    total = np.where(held, values, 0.0).sum(axis)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _median(values: Floats) -> float:
    held = values[np.isfinite(values)]
    return float(np.median(held)) if len(held) else float("nan")


def _weighted(values: Floats, errors: Floats) -> tuple[float, float]:
    """Return the mean by weights of 1/error^2, and its error."""
    held = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    if not held.any():
        return float("nan"), float("nan")
    weights = errors[held] ** -2.0
    return float((weights * values[held]).sum() / weights.sum()), float(weights.sum() ** -0.5)
