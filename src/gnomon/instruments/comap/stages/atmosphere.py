"""The stage that tells the atmosphere from what else there is."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import row_of
from gnomon.instruments.comap.science.medians import medians
from gnomon.instruments.comap.science.vane import gain_at, known_gain
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

Floats = NDArray[np.float64]
_ELEVATION = "atmosphere.elevation"
_FEW = 32
_GIVEN = (layout.ATMOSPHERE_OFFSETS, layout.ATMOSPHERE_TAU)


class Atmosphere(Stage):
    """Fit offset and atmosphere to each channel of each scan.

    Where the elevation hardly changes, or is below the horizon, they cannot be told apart: all of
    it is the offset then, and tau is 0. Spikes and bright sources are left out of the fit.
    """

    use: Literal["atmosphere"] = "atmosphere"
    needs: ClassVar[tuple[str, ...]] = (
        *(layout.VANE_GAIN, layout.VANE_MJD, layout.VANE_HOT_LOAD, layout.SCAN_EDGES),
    )
    gives: ClassVar[tuple[str, ...]] = (*_GIVEN, layout.OPACITY)

    least_range_deg: float = Field(
        0.2, ge=0, description="range of elevation that a scan must have for its opacity"
    )
    clip_sigma: float = Field(4.0, gt=0, description="scatters that a sample may be off the fit")
    air_k: float = Field(270.0, gt=0, description="mean temperature of the atmosphere")

    def start(self, obs: Observation) -> None:
        """Make room."""
        axes = {"channel": obs.raw.n_channels, "scan": len(obs.out.array(layout.SCAN_EDGES))}
        for name in self.gives:
            obs.out.create(name, **axes)

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Fit."""
        from gnomon.instruments.comap.science.atmosphere import airmass, filled, fit, quiet  # noqa: PLC0415

        if _ELEVATION not in obs.scratch:
            obs.scratch[_ELEVATION] = filled(obs.raw.pointing("el", slab.feed))
        elevation = obs.scratch[_ELEVATION]
        edges = obs.out.array(layout.SCAN_EDGES)
        gains = _gain_at_ends(obs, slab, edges)
        fitted = np.full((2, len(slab.tod), len(edges)), np.nan)
        for scan, (first, last) in enumerate(edges.tolist()):
            el = elevation[first:last]
            thick, used = filled(airmass(el)), None
            wide = bool(np.ptp(el) >= self.least_range_deg and np.isfinite(thick).all())
            if wide:
                few = slab.tod[:: -(-len(slab.tod) // _FEW), first:last]
                used = quiet(few, thick, clip_sigma=self.clip_sigma)
            else:
                thick = np.zeros(last - first)
            fitted[..., scan] = fit(
                slab.tod, (first, last), thick, *gains[scan], used=used, slope=wide
            )
        for name, values in zip(_GIVEN, fitted, strict=True):
            obs.out[name][slab.row, slab.band] = values

    def feed(self, obs: Observation, feed: int) -> None:
        """Find the opacity at the zenith from all channels of a band."""
        from gnomon.instruments.comap.science.atmosphere import airmass, opacity  # noqa: PLC0415

        out, row = obs.out, row_of(feed)
        thick = airmass(obs.scratch[_ELEVATION])
        edges = out.array(layout.SCAN_EDGES)
        slopes = out[layout.ATMOSPHERE_TAU][row]
        slopes = np.where(slopes == 0, np.nan, slopes).swapaxes(1, 2)
        found, _ = medians(slopes.reshape(-1, slopes.shape[2]))
        at_vane = np.interp(out.array(layout.VANE_MJD), obs.raw.mjd, thick)
        out[layout.OPACITY][row] = opacity(
            found.reshape(slopes.shape[:2]),
            np.array([thick[first:last].mean() for first, last in edges]),
            vane_airmass=float(at_vane.mean()),
            hot_k=float(out.array(layout.VANE_HOT_LOAD).mean()),
            air_k=self.air_k,
        )

    def finish(self, obs: Observation) -> None:
        """Sum up."""
        tau = obs.out.array(layout.ATMOSPHERE_TAU)
        if not (measured := np.isfinite(tau) & (tau != 0)).any():
            obs.remarks.append("no scan changes in elevation: the atmosphere's opacity is unknown")
            return
        obs.metrics["tau_mean_k"] = float(tau[measured].mean())
        depth = obs.out.array(layout.OPACITY)
        if (known := np.isfinite(depth)).any():
            obs.metrics["opacity_median"] = float(np.median(depth[known]))


def _gain_at_ends(obs: Observation, slab: Slab, edges: NDArray[np.int64]) -> Floats:
    """Return the gain at the first and the last sample of each scan, (scan, 2, channel)."""
    gain = obs.out[layout.VANE_GAIN][:, slab.position, slab.band]
    ends = obs.raw.mjd[edges - [0, 1]]
    weights = gain_at(gain, obs.out.array(layout.VANE_MJD), ends.ravel())
    found: Floats = (weights.T @ known_gain(gain)).reshape(*ends.shape, -1)
    return found
