"""The atmosphere's emission, which grows with the airmass, A = 1 / sin(elevation).

Each channel of each scan is fitted by least squares:

    counts / gain = offset + T A

T is the atmosphere's temperature times its opacity at the zenith; the offset is all that does not
change with elevation. The fit is made in counts, d = offset g + T g A, whose gain g changes
linearly within a scan, so all that it needs of the spectra are four sums, taken in one pass.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled, summing
from gnomon.instruments.comap.science.medians import medians

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

BLOCK_SAMPLES = 1024
"""Sums are in single precision within a block, and in double over blocks."""
_N_SUMS = 4
_N_MOMENTS = 9
_LEAST_SAMPLES = 16


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
    slope : bool
        Without it the airmass changes too little to tell T from the offset: T is 0 and the offset
        is the median over blocks.

    Returns
    -------
    offset, temperature : (channel,) float64
        Kelvin; NaN where there are fewer than 16 samples or no gain.
    """
    first, last = scan
    n = last - first
    middle = float(np.mean(airmasses))
    along = np.linspace(-0.5, 0.5, n)
    basis = np.stack((along, airmasses - middle, along * (airmasses - middle)))
    edges = np.linspace(0, n, max(1, n // BLOCK_SAMPLES) + 1).astype(np.int64)
    gain = np.stack(((gain_first + gain_last) / 2, gain_last - gain_first))
    found, levels = np.empty((2, len(values))), np.empty((len(values), len(edges) - 1))
    moments = _moments(basis[:2], edges)
    _fit(values, first + edges, basis.astype(np.float32), moments, gain, found, levels)
    if not slope:
        offset, _ = medians(levels)
        return offset, np.where(np.isnan(offset), np.nan, 0.0)
    offset, temperature = found
    return offset - temperature * middle, temperature


def _moments(basis: Floats, edges: Ints) -> Floats:
    """Return the sums of u^j A^k over each block, j and k from 0 to 2, (block, 9)."""
    powers = basis[:, None, :] ** np.arange(3)[:, None]
    products = (powers[0][:, None] * powers[1]).reshape(_N_MOMENTS, -1)
    found: Floats = np.stack([products[:, a:b].sum(axis=1) for a, b in pairwise(edges)])
    return found


@compiled
def _fit(
    values: Singles,
    edges: Ints,
    basis: Singles,
    moments: Floats,
    gains: Floats,
    found: Floats,
    levels: Floats,
) -> None:
    one, total = np.empty(_N_SUMS + _N_MOMENTS), np.empty(_N_SUMS + _N_MOMENTS)
    for channel in range(len(values)):
        gain, change = gains[0, channel], gains[1, channel]
        base = _first_finite(values[channel, edges[0] : edges[-1]])
        total[:] = 0
        for b in range(len(edges) - 1):
            row = values[channel, edges[b] : edges[b + 1]]
            here = slice(edges[b] - edges[0], edges[b + 1] - edges[0])
            _sums(row, base, basis[0, here], basis[1, here], basis[2, here], one)
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
    row: Singles, base: Any, along: Singles, air: Singles, both: Singles, found: Floats
) -> None:
    """Write the sums over a block of what is above `base`."""
    s0 = s1 = s2 = s3 = np.float32(0)
    for t in range(len(row)):
        d = row[t] - base
        s0 += d
        s1 += d * along[t]
        s2 += d * air[t]
        s3 += d * both[t]
    found[0], found[1], found[2], found[3] = s0, s1, s2, s3


@compiled
def _sums_with_gaps(row: Singles, base: Any, basis: Singles, found: Floats) -> None:
    """Write the sums, and the moments, of the samples that are finite."""
    found[:] = 0
    for t in range(len(row)):
        d = row[t] - base
        if math.isfinite(d):
            u, a = basis[0, t], basis[1, t]
            found[0] += d
            found[1] += d * u
            found[2] += d * a
            found[3] += d * u * a
            power = 1.0
            for j in range(3):
                found[_N_SUMS + 3 * j] += power
                found[_N_SUMS + 3 * j + 1] += power * a
                found[_N_SUMS + 3 * j + 2] += power * a * a
                power *= u


@compiled
def _solved(sums: Floats, base: Any, gain: float, change: float) -> tuple[float, float, float]:
    """Return offset, temperature, and the offset without one, for g = gain + change u.

    NaN where they cannot be told.
    """
    m = sums[_N_SUMS:]
    if not m[0] >= _LEAST_SAMPLES:
        return np.nan, np.nan, np.nan
    gg = gain * gain * m[0] + 2 * gain * change * m[3] + change * change * m[6]
    gga = gain * gain * m[1] + 2 * gain * change * m[4] + change * change * m[7]
    ggaa = gain * gain * m[2] + 2 * gain * change * m[5] + change * change * m[8]
    dg = gain * (sums[0] + base * m[0]) + change * (sums[1] + base * m[3])
    dga = gain * (sums[2] + base * m[1]) + change * (sums[3] + base * m[4])
    determinant = gg * ggaa - gga * gga
    offset = (dg * ggaa - dga * gga) / determinant
    return offset, (dga * gg - dg * gga) / determinant, dg / gg
