"""Binned streams of one feed with known noise, drift and sources, in a file that is in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO

import h5py
import numpy as np

from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import Level2File
from gnomon.instruments.comap.science.coordinates import Sky, horizontal_of, offsets
from gnomon.instruments.comap.stages.flagging import flag
from gnomon.instruments.comap.stages.stage import Observation, Streams

RATE_HZ = 50.0
MJD = 60500.25
SHAPE = (4, 2)


def noise(chance, n, white, red=0.0, slope=-1.35, shape=()):
    """Noise with the spectrum white² + red² (f / 0.1 Hz)^slope, cut from four times its length."""
    long = 4 * n
    frequency = np.fft.rfftfreq(long, 1 / RATE_HZ)
    frequency[0] = frequency[1]
    power = white**2 + red**2 * (frequency / 0.1) ** slope
    parts = chance.normal(size=(2, *shape, len(frequency)))
    made = np.fft.irfft(np.sqrt(power * long / 2) * (parts[0] + 1j * parts[1]), long)
    return made[..., :n]


@dataclass
class Scene:
    """What a feed looks at: scans back and forth over a place, in azimuth or as a Lissajous."""

    source: str = "TauA"
    centre: Sky = field(default_factory=lambda: Sky(83.633083, 22.0145))
    scan_s: tuple[float, ...] = (60.0,)
    gap_s: float = 4.0
    width_deg: float = 0.75
    period_s: float = 12.0
    height_deg: float = 0.0
    feed: int = 3
    obsid: int = 45285

    def __post_init__(self):
        edges, at = [], int(self.gap_s * RATE_HZ)
        for one in self.scan_s:
            n = int(one * RATE_HZ)
            edges.append((at, at + n))
            at += n + int(self.gap_s * RATE_HZ)
        self.edges, self.n = np.array(edges), at
        self.time_s = np.arange(at) / RATE_HZ
        self.mjd = MJD + self.time_s / 86400
        place = horizontal_of(np.full(at, self.centre[0]), np.full(at, self.centre[1]), self.mjd)
        # The middle of the first scan is the source's; the telescope waits for it to drift by.
        middle = int(np.mean(edges[0]))
        tracked = place if self.height_deg else Sky(*(np.full(at, one[middle]) for one in place))
        swing = np.sin(2 * np.pi * self.time_s / self.period_s)
        self.el = tracked.lat_deg + self.height_deg * np.sin(
            2 * np.pi * self.time_s / (self.period_s * 0.77)
        )
        self.az = tracked.lon_deg + self.width_deg * swing / np.cos(np.radians(self.el))
        along, up = offsets(self.az, self.el, place)
        self.away_arcmin = 60 * np.hypot(along, up)

    def beam(self, fwhm_arcmin=4.5):
        """A point source of 1 K as it is seen."""
        return np.exp(-4 * np.log(2) * (self.away_arcmin / fwhm_arcmin) ** 2)

    def streams(self, raw, filtered=None):
        """Streams of the feed; outside scans they are zero, as the filter leaves them."""
        inside = np.zeros(self.n, bool)
        for first, behind in self.edges:
            inside[first:behind] = True
        made = [
            np.broadcast_to(one, (*SHAPE, self.n)) * 1.0
            for one in (raw, filtered)
            if one is not None
        ]
        for one in made:
            one[..., ~inside] = 0
        filtered = made[-1] if len(made) == 2 else made[0].copy()
        flagged = np.zeros(filtered.shape, np.uint8)
        return Streams(self.feed, self.feed - 1, made[0], filtered, flagged)

    def observation(self, flags=(), **attributes):
        """An observation whose file has the pointing and the scans, and no streams."""
        held = h5py.File(BytesIO(), "w")
        out = Level2File(held)
        held["spectrometer/MJD"] = self.mjd
        held["spectrometer/feeds"] = np.array([1, self.feed, 20])
        for name, values in (("az", self.az), ("el", self.el)):
            other = np.zeros(self.n)
            held[f"spectrometer/pixel_pointing/pixel_{name}"] = np.array([other, values, other])
        out.put(layout.SCAN_EDGES, self.edges)
        record = Level1Record(self.obsid, "name", 0, "", source=self.source, **attributes)
        return Observation(record, out, None, (self.feed,), flags=tuple(flags))


def worked(stage, obs, streams):
    """Take the streams through a stage, as the driver does."""
    stage.start(obs)
    flag(obs, streams)
    stage.streams(obs, streams)
    stage.finish(obs)
    return streams
