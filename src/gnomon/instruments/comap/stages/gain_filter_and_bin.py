"""`gain_filter_and_bin`: kelvin, without atmosphere and gain fluctuations, in eight streams a feed.

A slab is calibrated in place (the gain interpolated between vane events), the atmosphere of each
scan is taken away, and the channels are added up; see `science.binning`. When all bands of a feed
have been seen, its gain is told from the sky; see `science.gain`. Samples outside scans are 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import N_BANDS, row_of
from gnomon.instruments.comap.science.medians import known_mean
from gnomon.instruments.comap.science.vane import gain_at, known_gain
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

if TYPE_CHECKING:
    from gnomon.instruments.comap.science.gain.reduction import Calibration, Channels, FeedStreams

_SUMS = "gain_filter_and_bin/{}"
_TOLD = {
    f"{layout.GAIN_FILTER}/continuum_transfer": "continuum_transfer",
    f"{layout.GAIN_FILTER}/red_noise_suppression": "suppression",
    f"{layout.GAIN_FILTER}/sigma_gain": "sigma_gain",
    f"{layout.GAIN_FILTER}/sigma_red": "sigma_red",
    f"{layout.GAIN_FILTER}/alpha": "alpha",
}


class GainFilterAndBin(Stage):
    """Calibrates, takes gain fluctuations away, and averages channels."""

    use: Literal["gain_filter_and_bin"] = "gain_filter_and_bin"
    needs: ClassVar[tuple[str, ...]] = (
        *(layout.VANE_TSYS, layout.VANE_GAIN, layout.VANE_MJD, layout.SCAN_EDGES),
        *(layout.NOISE1, layout.ATMOSPHERE_OFFSETS, layout.ATMOSPHERE_TAU),
    )
    gives: ClassVar[tuple[str, ...]] = (
        *(layout.BINNED, layout.FILTERED, layout.CENTRAL_FREQS, layout.BANDWIDTHS),
        *_TOLD,
    )

    end_cut: int = Field(50, ge=0, le=500, description="channels at each end of a band, of 1,024")
    centre_cut: int = Field(
        50, ge=0, le=900, description="channels in its middle that tell no gain, of 1,024"
    )
    n_freq_bin: Literal[2] = Field(2, description="streams that a band is averaged into")
    gain_filter: Literal["prior", "common_mode", "none"] = Field(
        "prior",
        description="prior keeps the sky; common_mode takes nearly all continuum away, too",
    )
    sky_order: int = Field(
        3, ge=0, le=6, description="the sky's spectrum is a polynomial of this order"
    )
    gain_of: Literal["feed", "band"] = Field("feed", description="what has a gain of its own")

    def start(self, obs: Observation) -> None:
        """Create the datasets."""
        times, scans = obs.raw.n_samples, len(obs.out[layout.SCAN_EDGES])
        for name in self.gives:
            axes = layout.LAYOUT[name].axes
            lengths = {"time": times, "scan": scans}
            obs.out.create(name, **{axis: n for axis, n in lengths.items() if axis in axes})
        attributes = obs.out.held[layout.GAIN_FILTER].attrs
        attributes["gain_filter"], attributes["gain_of"] = self.gain_filter, self.gain_of
        attributes["sky_order"] = self.sky_order

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Calibrate a slab in place, and keep the sums over its channels."""
        from gnomon.instruments.comap.science.binning import centres_and_widths  # noqa: PLC0415
        from gnomon.instruments.comap.science.gain.reduction import band_sums  # noqa: PLC0415

        scans = obs.out.array(layout.SCAN_EDGES)
        calibration, channels = _calibration(obs, slab), self._channels(obs, slab)
        sums = band_sums(slab.tod, scans, calibration, channels, self.sky_order)
        centre, width = centres_and_widths(slab.frequency_ghz, channels.weights)
        obs.out[layout.CENTRAL_FREQS][slab.row, slab.band] = centre
        obs.out[layout.BANDWIDTHS][slab.row, slab.band] = width
        if channels.weights.any():
            obs.scratch[_SUMS.format(slab.band)] = sums

    def feed(self, obs: Observation, feed: int) -> None:
        """Tell gain from sky, and write the feed's streams."""
        from gnomon.instruments.comap.science.gain.reduction import reduced  # noqa: PLC0415

        found = {band: obs.scratch.get(_SUMS.format(band)) for band in range(N_BANDS)}
        bands = {band: sums for band, sums in found.items() if sums is not None}
        if not bands:
            obs.remarks.append(f"feed {feed}: no channel has a system temperature and noise")
            return
        method = None if self.gain_filter == "none" else self.gain_filter
        scans = obs.out.array(layout.SCAN_EDGES)
        self._write(obs, feed, reduced(bands, scans, method, per_band=self.gain_of == "band"))

    def finish(self, obs: Observation) -> None:
        """Say what the filter did in all."""
        for name in ("continuum_transfer", "red_noise_suppression", "sigma_gain"):
            found = obs.out.array(f"{layout.GAIN_FILTER}/{name}")
            known = found[np.isfinite(found)]
            if len(known):
                obs.metrics[f"{name}_median"] = float(np.median(known))

    def _channels(self, obs: Observation, slab: Slab) -> Channels:
        """Return which channels to use, and their white noise."""
        from gnomon.instruments.comap.science.binning import (  # noqa: PLC0415
            half_weights,
            used_channels,
            without_centre,
        )
        from gnomon.instruments.comap.science.gain.reduction import Channels  # noqa: PLC0415

        gain = known_mean(_gain(obs, slab), axis=0)
        tsys = _positive(obs.out[layout.VANE_TSYS][:, slab.position, slab.band])
        rms = _positive(obs.out[layout.NOISE1][slab.row, slab.band])
        used = used_channels(known_mean(tsys, axis=0), self.end_cut) & np.isfinite(rms / gain)
        weights = half_weights(rms, gain, used)
        telling = without_centre(used, self.centre_cut)
        return Channels(slab.frequency_ghz, telling, rms / gain, weights)

    @staticmethod
    def _write(obs: Observation, feed: int, found: FeedStreams) -> None:
        row = row_of(feed)
        obs.out[layout.BINNED][row] = found.raw
        obs.out[layout.FILTERED][row] = found.filtered
        for name, attribute in _TOLD.items():
            obs.out[name][row] = getattr(found, attribute)


def _calibration(obs: Observation, slab: Slab) -> Calibration:
    from gnomon.instruments.comap.science.atmosphere import airmass, filled  # noqa: PLC0415
    from gnomon.instruments.comap.science.gain.reduction import Calibration  # noqa: PLC0415

    gain = _gain(obs, slab)
    share = gain_at(gain, obs.out.array(layout.VANE_MJD), obs.raw.mjd)
    place = (slab.row, slab.band)
    atmosphere = (
        obs.out[name][place].T for name in (layout.ATMOSPHERE_OFFSETS, layout.ATMOSPHERE_TAU)
    )
    air = np.nan_to_num(filled(airmass(obs.raw.pointing("el", slab.feed))), nan=1.0)
    return Calibration(*(_single(one) for one in (known_gain(gain), share, *atmosphere, air)))


def _gain(obs: Observation, slab: Slab) -> NDArray[np.float64]:
    """Return counts per kelvin, (event, channel); NaN where there is none."""
    return _positive(obs.out[layout.VANE_GAIN][:, slab.position, slab.band])


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, np.float32)
