"""The atmosphere's emission, which grows with the airmass, A = 1 / sin(elevation).

In each channel of each scan

    counts / gain = offset + T A

T is about the atmosphere's temperature times its opacity at the zenith (see `opacity`); the offset
is all that does not change with elevation. T = cov(z, d) / cov(z, A): z is the airmass, without
its drift in time where enough of it is left, so that a drift of the receiver is not taken for air.
The fit is made in counts, d = offset g + T g A, whose gain g changes linearly within a scan, so all
that it needs of the spectra are four sums, taken in one pass.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled, summing
from gnomon.instruments.comap.receiver import CMB_K
from gnomon.instruments.comap.science.medians import SIGMA_OF_MAD, medians
from gnomon.instruments.comap.science.scans import runs

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

BLOCK_SAMPLES = 1024
"""Sums are in single precision within a block, and in double over blocks."""
_N_SUMS = 4
_N_MOMENTS = 12
_LEFT = 0.25
_LEAST_SAMPLES = 16
_ROUNDS = 10
_THIN = 16


def airmass(elevation_deg: Floats) -> Floats:
    """Return 1 / sin(elevation), (time,); NaN at and below the horizon."""
    el = np.where(elevation_deg > 0, elevation_deg, np.nan)
    found: Floats = 1 / np.sin(np.radians(el))
    return found


def filled(values: Floats) -> Floats:
    """Return a series in which gaps are interpolated, (time,); all NaN stays so."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) in (0, len(values)):
        return values
    return np.interp(np.arange(len(values)), known, values[known])


def fit(
    values: Singles,
    scan: tuple[int, int],
    airmasses: Floats,
    gain_first: Floats,
    gain_last: Floats,
    *,
    used: Truths | None = None,
    slope: bool = True,
) -> tuple[Floats, Floats]:
    """Fit one scan of all channels.

    Parameters
    ----------
    values : (channel, time) float32
        Counts; NaN is left out.
    scan : (int, int)
        Its first sample, and the one after its last.
    airmasses : (samples of the scan,) float64
        Without NaN.
    gain_first, gain_last : (channel,) float64
        Counts per kelvin at the scan's first and at its last sample.
    used : (samples of the scan,) bool, optional
        Which to use; all when absent.
    slope : bool
        Without it the airmass changes too little to tell T from the offset: T is 0 and the offset
        is the median over blocks.

    Returns
    -------
    offset, temperature : (channel,) float64
        Kelvin; NaN where there are fewer than 16 samples or no gain.
    """
    first, last = scan
    middle = float(np.mean(airmasses))
    along = np.linspace(-0.5, 0.5, last - first)
    thick = airmasses - middle
    probe = _without_drift(thick, along)
    basis = np.stack((along, thick, probe, along * probe))
    blocks = _blocks(np.ones(last - first, np.bool_) if used is None else used)
    gain = np.stack(((gain_first + gain_last) / 2, gain_last - gain_first))
    found, levels = np.empty((2, len(values))), np.empty((len(values), len(blocks)))
    moments = _moments(basis, blocks)
    _fit(values, first, blocks, basis.astype(np.float32), moments, gain, found, levels)
    if not slope:
        offset, _ = medians(levels)
        return offset, np.where(np.isnan(offset), np.nan, 0.0)
    offset, temperature = found
    return offset - temperature * middle, temperature


def quiet(values: Singles, airmasses: Floats, *, clip_sigma: float = 4.0) -> Truths:
    """Return which samples follow the atmosphere: neither a spike nor a source.

    A few channels, each relative to its median, are averaged. What is left of them after a fit of
    airmass and a drift is clipped at multiples of its scatter (1.4826 times the median absolute
    deviation), until nothing more is found.

    Parameters
    ----------
    values : (few channels, samples of the scan) float32
        Counts.
    airmasses : (samples of the scan,) float64
    clip_sigma : float

    Returns
    -------
    (samples of the scan,) bool
    """
    series = _relative(values)
    n = len(series)
    model = np.stack((np.ones(n), np.linspace(-0.5, 0.5, n), airmasses - np.mean(airmasses)))
    used: Truths = np.isfinite(series)
    for _ in range(_ROUNDS):
        if used.sum() < _LEAST_SAMPLES:
            return used
        seen = model[:, used]
        factors = np.linalg.lstsq(seen @ seen.T, seen @ series[used], rcond=None)[0]
        left = np.abs(series - factors @ model)
        scatter = SIGMA_OF_MAD * float(np.median(left[used]))
        kept: Truths = left <= clip_sigma * scatter
        if np.array_equal(kept, used) or not scatter > 0:
            break
        used = kept
    return used


def opacity(
    slope_k: Floats, airmasses: Floats, *, vane_airmass: float, hot_k: float, air_k: float
) -> Floats:
    """Return the opacity at the zenith that gives a slope of temperature with airmass.

    Seen through the opacity t of an airmass A the sky is T(A) = air - (air - CMB) exp(-t A), and
    its counts are scaled to a load that is compared with the sky at the vane's airmass, so

        slope = (air - CMB) t exp(-t A) (hot - CMB) / (hot - T(A_vane))

    It is solved by iteration; without the two last factors it would be a few percent too low.

    Parameters
    ----------
    slope_k : (n,) float64
    airmasses : (n,) float64
        Middle of each scan.
    vane_airmass : float
        Where the gain was measured.
    hot_k, air_k : float
        Temperatures of the hot load and of the atmosphere.

    Returns
    -------
    (n,) float64
        In nepers.
    """
    depth_k = air_k - CMB_K
    found = slope_k / depth_k
    with np.errstate(all="ignore"):  # a slope that no atmosphere has gives inf or NaN
        for _ in range(_ROUNDS):
            sky_k = air_k - depth_k * np.exp(-found * vane_airmass)
            scale = (hot_k - CMB_K) / (hot_k - sky_k)
            found = slope_k / (depth_k * np.exp(-found * airmasses) * scale)
    return np.where(np.isfinite(found), found, np.nan)


def _relative(values: Singles) -> Floats:
    """Return the mean over channels, each divided by its median; NaN where no channel has one."""
    middle, _ = medians(values[:, ::_THIN].astype(np.float64))
    seen = values[middle > 0] / middle[middle > 0, None].astype(np.float32)
    found: Floats = np.sum(seen, axis=0, dtype=np.float64)
    count = np.full(len(found), float(len(seen)))
    gaps = np.flatnonzero(~np.isfinite(found))
    finite = np.isfinite(seen[:, gaps])
    found[gaps], count[gaps] = np.where(finite, seen[:, gaps], 0).sum(axis=0), finite.sum(axis=0)
    return np.where(count > 0, found / np.maximum(count, 1), np.nan)


def _blocks(used: Truths) -> Ints:
    """Return used samples in blocks that are not too long, (block, 2)."""
    cuts = [
        np.linspace(first, last, (last - first - 1) // BLOCK_SAMPLES + 2).astype(np.int64)
        for first, last in runs(used)
    ]
    found = [np.stack((cut[:-1], cut[1:]), axis=1) for cut in cuts]
    return np.concatenate([np.empty((0, 2), np.int64), *found])


def _without_drift(thick: Floats, along: Floats) -> Floats:
    """Return airmasses without what is linear in time, if enough is left; both have mean 0.

    A receiver's gain drifts too; what the telescope moves up and down besides tells more.
    """
    probe: Floats = thick - along * np.sum(thick * along) / np.sum(along**2)
    return probe if np.sum(probe**2) > _LEFT * np.sum(thick**2) else thick


def _moments(basis: Floats, blocks: Ints) -> Floats:
    """Return the sums of 1, A, z, z A over each block, times 1, u, u^2 each, (block, 12)."""
    along, thick, probe, _ = basis
    columns = np.stack((np.ones_like(thick), thick, probe, probe * thick))
    products = (columns[:, None] * along ** np.arange(3)[:, None]).reshape(_N_MOMENTS, -1)
    sums = np.concatenate((np.zeros((_N_MOMENTS, 1)), np.cumsum(products, axis=1)), axis=1)
    found: Floats = (sums[:, blocks[:, 1]] - sums[:, blocks[:, 0]]).T
    return found


@compiled
def _fit(
    values: Singles,
    start: int,
    blocks: Ints,
    basis: Singles,
    moments: Floats,
    gains: Floats,
    found: Floats,
    levels: Floats,
) -> None:
    one, total = np.empty(_N_SUMS + _N_MOMENTS), np.empty(_N_SUMS + _N_MOMENTS)
    for channel in range(len(values)):
        gain, change = gains[0, channel], gains[1, channel]
        base = _first_finite(values[channel, start : start + basis.shape[1]])
        total[:] = 0
        for b in range(len(blocks)):
            here = slice(blocks[b, 0], blocks[b, 1])
            row = values[channel, start + blocks[b, 0] : start + blocks[b, 1]]
            _sums(row, base, basis[0, here], basis[2, here], basis[3, here], one)
            one[_N_SUMS:] = moments[b]
            if not math.isfinite(one[0]):
                _sums_with_gaps(row, base, basis[:, here], one)
            total += one
            levels[channel, b] = _solved(one, base, gain, change)[2]
        offset, temperature, _ = _solved(total, base, gain, change)
        found[0, channel], found[1, channel] = offset, temperature


@compiled
def _first_finite(row: Singles) -> Any:
    for value in row:
        if math.isfinite(value):
            return value
    return np.float32(np.nan)


@summing
def _sums(
    row: Singles, base: Any, along: Singles, probe: Singles, both: Singles, found: Floats
) -> None:
    """Write the sums over a block of what is above `base`."""
    s0 = s1 = s2 = s3 = np.float32(0)
    for t in range(len(row)):
        d = row[t] - base
        s0 += d
        s1 += d * along[t]
        s2 += d * probe[t]
        s3 += d * both[t]
    found[0], found[1], found[2], found[3] = s0, s1, s2, s3


@compiled
def _sums_with_gaps(row: Singles, base: Any, basis: Singles, found: Floats) -> None:
    """Write the sums, and the moments, of the samples that are finite."""
    found[:] = 0
    for t in range(len(row)):
        d = row[t] - base
        if math.isfinite(d):
            u, a, z = basis[0, t], basis[1, t], basis[2, t]
            found[0] += d
            found[1] += d * u
            found[2] += d * z
            found[3] += d * u * z
            power = 1.0
            for j in range(3):
                found[_N_SUMS + j] += power
                found[_N_SUMS + 3 + j] += power * a
                found[_N_SUMS + 6 + j] += power * z
                found[_N_SUMS + 9 + j] += power * z * a
                power *= u


@compiled
def _solved(sums: Floats, base: Any, gain: float, change: float) -> tuple[float, float, float]:
    """Return offset, temperature, and the offset without one, for g = gain + change u.

    NaN where they cannot be told.
    """
    m = sums[_N_SUMS:]
    if not m[0] >= _LEAST_SAMPLES:
        return np.nan, np.nan, np.nan
    aa, ab, bb = gain * gain, 2 * gain * change, change * change
    gg = aa * m[0] + ab * m[1] + bb * m[2]
    gga = aa * m[3] + ab * m[4] + bb * m[5]
    ggz = aa * m[6] + ab * m[7] + bb * m[8]
    ggza = aa * m[9] + ab * m[10] + bb * m[11]
    dg = gain * (sums[0] + base * m[0]) + change * (sums[1] + base * m[1])
    dgz = gain * (sums[2] + base * m[6]) + change * (sums[3] + base * m[7])
    determinant = gg * ggza - gga * ggz
    offset = (dg * ggza - dgz * gga) / determinant
    return offset, (dgz * gg - dg * ggz) / determinant, dg / gg
