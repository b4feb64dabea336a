"""What stages of streams share that must know which samples look at a known source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from gnomon.core.steps import StepConfig
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.stages.stage import Observation, Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gnomon.instruments.comap.science.known_sources import Pointing


SKY = "post_bin_cleaning/sky"
"""What `Observation.scratch` holds of a feed once it is cleaned: (band, half, time) bool, samples
that stand out as a source does."""


class KnownSource(StepConfig):
    """A bright source at a fixed place."""

    ra_deg: float = Field(ge=0, lt=360, description="ICRS")
    dec_deg: float = Field(ge=-90, le=90, description="ICRS")
    radius_arcmin: float = Field(12.0, gt=0, description="how far it reaches")


class SourceAware(Stage):
    """A stage that leaves out what looks at calibrators, and at the sources that it is given."""

    sources: tuple[KnownSource, ...] = Field(
        (), description="bright sources besides the calibrators"
    )
    source_radius_arcmin: float = Field(
        12.0, ge=0, description="how far calibrators reach; 0: they count as any other sky"
    )

    def on_source(self, obs: Observation, pointing: Pointing) -> NDArray[np.bool_]:
        """Tell which samples look at a known source: (time,) bool."""
        from gnomon.instruments.comap.science.known_sources import Place, on_source  # noqa: PLC0415

        further = [Place(one.ra_deg, one.dec_deg, one.radius_arcmin) for one in self.sources]
        return on_source(pointing, obs.record.source, self.source_radius_arcmin, further)


def pointing_of(obs: Observation, feed: int) -> Pointing:
    """Return where a feed looks, as the file that is being made has it."""
    from gnomon.instruments.comap.science.known_sources import Pointing  # noqa: PLC0415

    position = obs.out.array("spectrometer/feeds").tolist().index(feed)
    az, el = (
        obs.out[f"spectrometer/pixel_pointing/pixel_{name}"][position].astype(float)
        for name in ("az", "el")
    )
    return Pointing(obs.out.array("spectrometer/MJD"), az, el)


def scans_of(obs: Observation) -> list[slice]:
    """Return the samples of each scan."""
    return [slice(int(first), int(behind)) for first, behind in obs.out.array(layout.SCAN_EDGES)]
