"""`noise_level2`: white and red noise of every stream and scan, before and after cleaning."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import N_BANDS, N_HALVES, frequency_band
from gnomon.instruments.comap.stages.source_aware import SKY, SourceAware, pointing_of, scans_of
from gnomon.instruments.comap.stages.stage import Observation, Phase, Streams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gnomon.instruments.comap.science.known_sources import Truths

RAW, FILTERED = (f"{layout.NOISE2}/{of}" for of in ("binned_data", "binned_filtered_data"))
_NAMES = ("sigma_white", "sigma_red", "alpha", "auto_rms")
_ROUNDS, _FEW = 3, 0.01
"""The first round bridges bad samples with white noise, the next with the noise that it found.
Where fewer than this share are bad, one round is enough."""


class NoiseLevel2(SourceAware):
    """Fit the spectra of the streams.

    Flagged samples, and those on sources, are bridged, with noise on the bridge, the same
    each time. What cannot be fitted is NaN.
    """

    use: Literal["noise_level2"] = "noise_level2"
    version: ClassVar[int] = 1
    phase: ClassVar[Phase] = Phase.LEVEL2
    needs: ClassVar[tuple[str, ...]] = (layout.BINNED, layout.FILTERED, layout.SCAN_EDGES)
    gives: ClassVar[tuple[str, ...]] = tuple(
        f"{of}/{name}" for of in (RAW, FILTERED) for name in _NAMES
    )

    low_hz: float = Field(
        0.05,
        ge=0,
        description="lowest frequency that is fitted; a running median bends those below",
    )
    n_bins: int = Field(100, ge=10, description="bins of a spectrum, in log frequency")
    most_spikes: float = Field(
        0.02, ge=0, le=1, description="largest share of a scan that may be spikes or not measured"
    )
    most_filled: float = Field(
        0.3, ge=0, le=1, description="largest share of a scan that may be bridged, sources included"
    )

    def start(self, obs: Observation) -> None:
        """Make room."""
        for name in self.gives:
            obs.out.create(name, scan=len(scans_of(obs)))

    def streams(self, obs: Observation, streams: Streams) -> None:
        """Fit all scans of one feed."""
        import numpy as np  # noqa: PLC0415

        scans = scans_of(obs)
        masked = self.on_source(obs, pointing_of(obs, streams.feed)) | obs.scratch.get(
            SKY, np.zeros(streams.flagged.shape, bool)
        )
        for of, values in ((RAW, streams.raw), (FILTERED, streams.filtered)):
            found = np.full((len(_NAMES), N_BANDS, N_HALVES, len(scans)), np.nan)
            for band, half, number in product(range(N_BANDS), range(N_HALVES), range(len(scans))):
                scan = scans[number]
                seed = (obs.record.obsid, streams.feed, frequency_band(band, half), number)
                found[:, band, half, number] = self._fit(
                    values[band, half, scan],
                    streams.flagged[band, half, scan],
                    masked[band, half, scan],
                    seed,
                )
            for name, one in zip(_NAMES, found, strict=True):
                obs.out[f"{of}/{name}"][streams.row] = one

    def _fit(
        self,
        values: NDArray[np.float64],
        flagged: NDArray[np.uint8],
        masked: Truths,
        seed: tuple[int, ...],
    ) -> tuple[float, ...]:
        """Return the figures of one scan, in the order of their names."""
        import numpy as np  # noqa: PLC0415

        from gnomon.instruments.comap.science import flags, spectra, spectrum_fit  # noqa: PLC0415

        bad = (flagged & (flags.NAN | flags.SPIKE | flags.VANE)) != 0
        bad |= ~np.isfinite(values)
        good = ~(bad | masked)
        if not good.any():
            return (np.nan,) * len(_NAMES)
        rms = spectra.pair_rms(values, good)
        noise = spectrum_fit.FAILED
        if bad.mean() <= self.most_spikes and good.mean() >= 1 - self.most_filled and rms > 0:
            noise = spectrum_fit.Noise(white=rms)
            for _ in range(1 if good.mean() > 1 - _FEW else _ROUNDS):
                whole = spectra.filled(values, good, noise.power, seed)
                spectrum = spectra.spectrum_of(whole, low_hz=self.low_hz, n_bins=self.n_bins)
                noise = spectrum_fit.fit(spectrum)
        return noise.white, noise.red, noise.slope, rms

    def finish(self, obs: Observation) -> None:
        """Tell the middle of all feeds and scans, and how many fits failed."""
        import numpy as np  # noqa: PLC0415

        from gnomon.instruments.comap.science.spectrum_fit import RED_AT_HZ  # noqa: PLC0415

        white, red, slope, rms = (obs.out.array(f"{FILTERED}/{name}") for name in _NAMES)
        told = np.isfinite(white)
        failed = np.count_nonzero(np.isfinite(rms) & ~told)
        obs.metrics["noise_fits_failed"] = float(failed)
        if failed:
            obs.remarks.append(
                f"{failed} of {np.count_nonzero(np.isfinite(rms))} noise fits failed"
            )
        if not told.any():
            return
        obs.metrics["white_noise_median_k"] = float(np.median(white[told]))
        obs.metrics["red_noise_median_k"] = float(np.median(red[told]))
        steep = told & np.isfinite(slope) & (slope != 0)
        if steep.any():
            ratio = white[steep] / red[steep]
            obs.metrics["noise_slope_median"] = float(np.median(slope[steep]))
            knee_hz = RED_AT_HZ * ratio ** (2 / slope[steep])
            obs.metrics["knee_median_hz"] = float(np.median(knee_hz))
