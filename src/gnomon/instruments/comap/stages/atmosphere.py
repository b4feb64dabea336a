"""The stage that tells the atmosphere from what else there is."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.science.vane import gain_at
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

Floats = NDArray[np.float64]
_ELEVATION = "atmosphere.elevation"


class Atmosphere(Stage):
    """Fit offset and atmosphere to each channel of each scan.

    Where the elevation hardly changes they cannot be told apart: all of it is the offset then, and
    tau is 0.
    """

    use: Literal["atmosphere"] = "atmosphere"
    needs: ClassVar[tuple[str, ...]] = (layout.VANE_GAIN, layout.VANE_MJD, layout.SCAN_EDGES)
    gives: ClassVar[tuple[str, ...]] = (layout.ATMOSPHERE_OFFSETS, layout.ATMOSPHERE_TAU)

    least_range_deg: float = Field(
        0.2, ge=0, description="range of elevation that a scan must have for its opacity"
    )

    def start(self, obs: Observation) -> None:
        """Make room."""
        axes = {"channel": obs.raw.n_channels, "scan": len(obs.out.array(layout.SCAN_EDGES))}
        for name in self.gives:
            obs.out.create(name, **axes)

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Fit."""
        from gnomon.instruments.comap.science.atmosphere import airmass, filled, fit  # noqa: PLC0415

        if _ELEVATION not in obs.scratch:
            obs.scratch[_ELEVATION] = filled(obs.raw.pointing("el", slab.feed))
        elevation = obs.scratch[_ELEVATION]
        edges = obs.out.array(layout.SCAN_EDGES)
        gain = obs.out[layout.VANE_GAIN][:, slab.position, slab.band]
        ends = _gain_at_ends(obs, gain, edges)
        fitted = np.full((2, len(gain[0]), len(edges)), np.nan)
        for scan, (first, last) in enumerate(edges.tolist()):
            el = elevation[first:last]
            wide = bool(np.ptp(el) >= self.least_range_deg)
            thick = filled(airmass(el)) if wide else np.zeros(last - first)
            offset, tau = fit(slab.tod, (first, last), thick, *ends[scan], slope=wide)
            fitted[:, :, scan] = offset, tau
        for name, values in zip(self.gives, fitted, strict=True):
            obs.out[name][slab.row, slab.band] = values

    def finish(self, obs: Observation) -> None:
        """Sum up."""
        tau = obs.out.array(layout.ATMOSPHERE_TAU)
        if (measured := np.isfinite(tau) & (tau != 0)).any():
            obs.metrics["tau_mean_k"] = float(tau[measured].mean())
        else:
            obs.remarks.append("no scan changes in elevation: the atmosphere's opacity is unknown")


def _gain_at_ends(obs: Observation, gain: Floats, edges: NDArray[np.int64]) -> Floats:
    """Return the gain at the first and the last sample of each scan, (scan, 2, channel)."""
    ends = obs.raw.mjd[edges - [0, 1]]
    weights = gain_at(gain, obs.out.array(layout.VANE_MJD), ends.ravel())
    known = weights.sum(axis=1) > 0
    found: Floats = (weights[known].T @ gain[known]).reshape(*ends.shape, -1)
    return found if known.any() else np.full_like(found, np.nan)
