"""What the telescope does when: vane, slews and scans, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import (
    FEATURE_CONSTANT_ELEVATION,
    FEATURE_SCANS,
    FEATURE_SKY_DIP,
    FEATURE_VANE,
    SAMPLE_RATE_HZ,
)
from gnomon.instruments.comap.science.coordinates import horizontal_of
from gnomon.instruments.comap.simulate.truth import Truth

Floats = NDArray[np.float64]
_MJD_UNIX_DAY = 40_587
_IN_BEAM_DEG, _OUT_DEG = 65.0, 205.0
_COVERED_DEG, _CLEAR_DEG = 80.0, 150.0
"""Between these angles the vane covers a part of the beam."""
_ASIDE_DEG = 3.0
"""How far beside the first or last place of a scan the telescope looks during the vane."""
_SWEEP = ((0.0, 0.25, 0.32, 0.68, 0.75, 1.0), (_OUT_DEG, _OUT_DEG, _IN_BEAM_DEG, _IN_BEAM_DEG,
                                              _OUT_DEG, _OUT_DEG))  # fmt: skip
_IDLE_S = 1.0
_TRIM_S = (20.0, 2.0)
"""What is commonly cut off a scan: the telescope aims at the middle of the rest."""
_ASPECT = 1.28
_DIP_DEG = (35.0, 60.0)


def mjd_of(moment: datetime) -> float:
    """Return a time as MJD, UTC."""
    return moment.timestamp() / 86400 + _MJD_UNIX_DAY


@dataclass(frozen=True)
class Segment:
    """Samples from `first` to before `last` in which the telescope does one thing."""

    what: str
    first: int
    last: int

    @property
    def samples(self) -> slice:
        """Its samples."""
        return slice(self.first, self.last)


class Timeline:
    """The samples of an observation.

    Attributes
    ----------
    segments : list of Segment
        ``vane``, ``slew``, ``scan`` or ``idle``.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.segments = _segments(truth)

    @property
    def n_samples(self) -> int:
        """Samples in time."""
        return self.segments[-1].last

    @property
    def seconds(self) -> Floats:
        """Since the start; (time,)."""
        return np.arange(self.n_samples) / SAMPLE_RATE_HZ

    @cached_property
    def mjd(self) -> Floats:
        """UTC; (time,)."""
        return mjd_of(self.truth.start) + self.seconds / 86400

    def of(self, what: str) -> list[Segment]:
        """Return the segments in which one thing is done."""
        return [segment for segment in self.segments if segment.what == what]

    @cached_property
    def features(self) -> NDArray[np.int64]:
        """Bit masks; (time,)."""
        bits = np.zeros(self.n_samples, np.int64)
        of_scan = {
            "ces": 1 << FEATURE_SCANS[1] | 1 << FEATURE_CONSTANT_ELEVATION,
            "lissajous": 1 << FEATURE_SCANS[2],
            "skydip": 1 << FEATURE_SKY_DIP,
        }[self.truth.scanning.mode]
        for segment in self.segments:
            bits[segment.samples] = {"scan": of_scan, "vane": 1 << FEATURE_VANE}.get(
                segment.what, 0
            )
        return bits

    def vane_deg(self, seconds: Floats) -> Floats:
        """Return the vane's angle at some times since the start."""
        angle = np.full(len(seconds), _OUT_DEG)
        for segment in self.of("vane"):
            start, length = segment.first, segment.last - segment.first
            phase = (seconds * SAMPLE_RATE_HZ - start) / length
            inside = (phase >= 0) & (phase < 1)
            angle[inside] = np.interp(phase[inside], *_SWEEP)
        return angle

    @cached_property
    def covered(self) -> Floats:
        """Part of the beam that the vane covers; (time,)."""
        angle = self.vane_deg(self.seconds)
        return np.clip((_CLEAR_DEG - angle) / (_CLEAR_DEG - _COVERED_DEG), 0, 1)

    @cached_property
    def boresight_deg(self) -> tuple[Floats, Floats]:
        """Azimuth and elevation of the middle of the focal plane; (time,) each."""
        az, el = np.full(self.n_samples, np.nan), np.full(self.n_samples, np.nan)
        for segment in self.of("scan"):
            az[segment.samples], el[segment.samples] = self._scan(segment)
        known = np.flatnonzero(np.isfinite(el))
        if not len(known):
            return self._resting()
        first, last = known[0], known[-1]
        for segment in self.of("vane"):
            # The loads are compared beside the source, as observers do it.
            here = first if segment.first < first else last
            el[segment.samples] = el[here]
            az[segment.samples] = az[here] + _ASIDE_DEG / _cos(el[here])
        known = np.flatnonzero(np.isfinite(el))
        everywhere = np.arange(self.n_samples)
        return tuple(np.interp(everywhere, known, values[known]) for values in (az, el))

    def _resting(self) -> tuple[Floats, Floats]:
        source = self.truth.source
        az, el = horizontal_of(source.ra_deg, source.dec_deg, self.mjd[:1])
        return np.full(self.n_samples, az[0]), np.full(self.n_samples, el[0])

    def _scan(self, scan: Segment) -> tuple[Floats, Floats]:
        """Return azimuth and elevation during a scan, which passes the source in its middle."""
        how, source = self.truth.scanning, self.truth.source
        mjd = self.mjd[scan.samples]
        seconds = np.arange(len(mjd)) / SAMPLE_RATE_HZ
        if how.mode == "skydip":
            aim = horizontal_of(source.ra_deg, source.dec_deg, mjd[0])
            return _dip(float(aim.lon_deg), seconds)
        lead_s, tail_s = min(_TRIM_S[0], 0.8 * how.scan_s), min(_TRIM_S[1], 0.1 * how.scan_s)
        middle_s = (lead_s + seconds[-1] - tail_s) / 2
        turn = 2 * np.pi * (seconds - middle_s) / how.period_s
        if how.mode == "ces":
            aim = horizontal_of(source.ra_deg, source.dec_deg, mjd[0] + middle_s / 86400)
            el = np.full(len(mjd), float(aim.lat_deg))
            return float(aim.lon_deg) + how.throw_deg * np.sin(turn) / _cos(el), el
        az, el = horizontal_of(source.ra_deg, source.dec_deg, mjd)
        # Every second scan is the mirror image, so that lines cross.
        side = 1 if self.of("scan").index(scan) % 2 else -1
        el = el + side * how.throw_deg * np.sin(turn / _ASPECT)
        return np.unwrap(az, period=360) + how.throw_deg * np.sin(turn) / _cos(el), el


def _cos(el_deg: Floats | float) -> Floats:
    return np.asarray(np.cos(np.radians(el_deg)))


def _dip(az_deg: float, seconds: Floats) -> tuple[Floats, Floats]:
    low, high = _DIP_DEG
    turn = 2 * np.pi * seconds / (seconds[-1] + 1 / SAMPLE_RATE_HZ)
    el = (low + high) / 2 + (high - low) / 2 * np.cos(turn)
    return np.full(len(seconds), az_deg), el


def _segments(truth: Truth) -> list[Segment]:
    how, vane = truth.scanning, truth.vane
    plan = [("vane", vane.length_s)] if vane.at_start else [("idle", _IDLE_S)]
    plan.append(("slew", how.slew_s))
    plan += [("scan", how.scan_s), ("slew", how.slew_s)] * how.scans
    plan += [("vane", vane.length_s)] if vane.at_end else []
    plan.append(("idle", _IDLE_S))
    ends = np.cumsum([0] + [round(length_s * SAMPLE_RATE_HZ) for _, length_s in plan]).tolist()
    bounds = zip(plan, ends[:-1], ends[1:], strict=True)
    return [Segment(what, first, last) for (what, _), first, last in bounds]
