"""The stage that looks whether a Level-1 file can be used at all."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.level1.checks import checked
from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.receiver import N_BANDS
from gnomon.instruments.comap.stages.housekeeping import bad
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

_AVERAGE = "spectrometer/band_average"
_PROBE = 61
"""A slab of which every so-manieth sample is empty is looked at whole."""


class CheckLevel1(Stage):
    """Refuse a file that makes no sense; leave out feeds without a single count, with a remark."""

    use: Literal["check_level1"] = "check_level1"

    def start(self, obs: Observation) -> None:
        """Check what can be told without the spectra, and their averages over the bands."""
        obs.remarks.extend(checked(obs.raw, obs.record.name))
        empty = [feed for feed in obs.feeds if _is_empty_feed(obs.raw, feed)]
        obs.remarks.extend(f"feed {feed} has no counts: it is left out" for feed in empty)
        obs.feeds = tuple(feed for feed in obs.feeds if feed not in empty)
        if not obs.feeds:
            raise bad(obs, "no feed that sees the sky has counts")

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Look whether a band has counts."""
        if is_empty(slab.tod[:, ::_PROBE]) and is_empty(slab.tod):
            obs.remarks.append(f"feed {slab.feed} has no counts in band {slab.band}")


def is_empty(counts: NDArray[np.float32]) -> bool:
    """Tell whether all counts are NaN or 0; any shape."""
    return not any(bool((np.isfinite(row) & (row != 0)).any()) for row in counts)


def _is_empty_feed(level1: Level1, feed: int) -> bool:
    """Tell whether a feed has no counts: where its averages have none, its spectra are asked."""
    where = level1.position_of(feed)
    if not level1.has(_AVERAGE) or not is_empty(level1.read(_AVERAGE, where)):
        return False
    middle = level1.n_channels // 2
    some = np.s_[where, :, middle : middle + 1]
    return is_empty(level1.read("spectrometer/tod", some).reshape(N_BANDS, -1))
