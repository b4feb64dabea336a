"""`post_bin_cleaning`: spikes flagged, airmass and slow drifts taken from filtered streams."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import N_BANDS, N_HALVES
from gnomon.instruments.comap.stages.source_aware import SKY, SourceAware, pointing_of, scans_of
from gnomon.instruments.comap.stages.stage import Observation, Phase, Streams

if TYPE_CHECKING:
    from gnomon.instruments.comap.science.known_sources import Pointing, Truths
    from gnomon.instruments.comap.science.spikes import Excursions

_N_SPIKES = f"{layout.POST_BIN}/n_spikes"


class PostBinCleaning(SourceAware):
    """Clean the filtered streams, scan by scan; say by flags which samples are to be used.

    Known sources, and what stands out and is as wide as the beam, are no spikes, and take no part
    in what is subtracted. The sky's changes over more than the running median's window are lost.
    """

    use: Literal["post_bin_cleaning"] = "post_bin_cleaning"
    version: ClassVar[int] = 2
    phase: ClassVar[Phase] = Phase.LEVEL2
    needs: ClassVar[tuple[str, ...]] = (layout.FILTERED, layout.FLAGGED, layout.SCAN_EDGES)
    gives: ClassVar[tuple[str, ...]] = (_N_SPIKES,)

    medfilt_length: int = Field(
        3000, ge=0, description="samples of the running median (50 are 1 s); 0: level of the scan"
    )
    outlier_sigma: float = Field(
        5.0, gt=0, description="standard deviations beyond which a sample is a spike, or sky"
    )
    least_elevation_range_deg: float = Field(
        0.1, ge=0, description="scans of a smaller range in elevation get no airmass fit"
    )

    def start(self, obs: Observation) -> None:
        """Make room for the counts."""
        obs.out.create(_N_SPIKES, scan=len(scans_of(obs)))

    def streams(self, obs: Observation, streams: Streams) -> None:
        """Flag and clean the streams of one feed."""
        import numpy as np  # noqa: PLC0415

        from gnomon.instruments.comap.science import flags  # noqa: PLC0415

        pointing = pointing_of(obs, streams.feed)
        masked, scans = self.on_source(obs, pointing), scans_of(obs)
        n_spikes = np.full((N_BANDS, N_HALVES, len(scans)), -1, np.int32)
        sky = obs.scratch[SKY] = np.zeros(streams.flagged.shape, bool)
        for number, scan in enumerate(scans):
            found = self._clean(streams, scan, pointing, masked[scan])
            for at, one in found.items():
                streams.flagged[at][scan][one.spikes] |= flags.SPIKE
                sky[at][scan] = one.sky
                n_spikes[(*at, number)] = np.count_nonzero(one.spikes)
        obs.out[_N_SPIKES][streams.row] = n_spikes

    def _clean(
        self, streams: Streams, scan: slice, pointing: Pointing, masked: Truths
    ) -> dict[tuple[int, int], Excursions]:
        """Clean a scan of all streams that are not all NaN; return what stood out of them."""
        import numpy as np  # noqa: PLC0415

        from gnomon.instruments.comap.science.known_sources import crossing_samples  # noqa: PLC0415
        from gnomon.instruments.comap.science.stream_cleaning import (  # noqa: PLC0415
            Airmass,
            Cleaning,
            cleaned,
        )

        here = pointing.during(scan)
        cleaning = Cleaning(self.medfilt_length, self.outlier_sigma, crossing_samples(here))
        airmass = Airmass.of(
            here.el_deg, ~masked, self.medfilt_length, self.least_elevation_range_deg
        )
        found = {}
        for at in product(range(N_BANDS), range(N_HALVES)):
            stream = streams.filtered[at][scan]
            if np.isfinite(stream).any():
                done = cleaned(stream, masked, airmass, cleaning)
                streams.filtered[at][scan] = done.values
                found[at] = done.found
        return found

    def finish(self, obs: Observation) -> None:
        """Count over all feeds."""
        counts = obs.out.array(_N_SPIKES)
        obs.metrics["n_spikes"] = float(counts[counts > 0].sum())
        obs.out[layout.POST_BIN].attrs["status"] = "complete"
