"""The stage that measures the white noise of every channel."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.stages.housekeeping import vane_is_in
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

_USED = "noise_level1.used"


class NoiseLevel1(Stage):
    """Measure the noise of neighbouring samples' differences, vane left out; in counts."""

    use: Literal["noise_level1"] = "noise_level1"
    gives: ClassVar[tuple[str, ...]] = (layout.NOISE1,)

    def start(self, obs: Observation) -> None:
        """Make room."""
        obs.out.create(layout.NOISE1, channel=obs.raw.n_channels)

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Measure."""
        from gnomon.instruments.comap.science.differences import auto_rms  # noqa: PLC0415 - Numba

        if _USED not in obs.scratch:
            obs.scratch[_USED] = ~vane_is_in(obs.raw)
        used: NDArray[np.bool_] = obs.scratch[_USED]
        obs.out[layout.NOISE1][slab.row, slab.band] = auto_rms(slab.tod, used)
