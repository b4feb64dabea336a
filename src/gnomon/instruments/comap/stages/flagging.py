"""What is known against samples before any stage of the phase ``level2`` looks at them."""

from __future__ import annotations

import numpy as np

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import band_and_half
from gnomon.instruments.comap.science import flags
from gnomon.instruments.comap.stages.source_aware import scans_of
from gnomon.instruments.comap.stages.stage import Observation, Streams


def flag(obs: Observation, streams: Streams) -> None:
    """Set the bits of a feed that need no look at how large its values are."""
    outside = np.ones(streams.flagged.shape[-1], np.bool_)
    for scan in scans_of(obs):
        outside[scan] = False
    streams.flagged[..., outside] |= flags.OUTSIDE_SCAN
    streams.flagged[~np.isfinite(streams.filtered)] |= flags.NAN
    if layout.VANE_SAMPLES in obs.out:
        streams.flagged[..., obs.out.array(layout.VANE_SAMPLES) > 0] |= flags.VANE
    for one in obs.flags:
        if streams.feed in one.feeds:
            for number in one.frequency_bands:
                streams.flagged[band_and_half(number)] |= flags.OBSERVER
