"""The simulated mission: the truth that a closure test compares with.

The field of the solar wind is given in GSE. Each sensor adds its offset and what the spacecraft's
own currents make there, and mixes the axes by its gains:

    raw = M[range]^-1 (R(GSE to MAG_BASE) B + offset + interference) + noise

The interference is that of a dipole on the spacecraft: the same direction at both sensors, and at
the outer one `RATIO` of what it is at the inner one. That is what gradiometry takes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from gnomon.instruments.imap.simulate import motion
from gnomon.instruments.imap.simulate.motion import Floats, Times

RATIO = 0.28
NOISE_NT = 0.002
SENSORS = ("mago", "magi")
OUTER, INNER = SENSORS
RANGES = 4
_BASE_NT = np.array([-3.5, 3.0, 1.0])
_WAVE_PERIODS_S = np.array([10_800.0, 4_100.0, 1_300.0, 400.0])
_WAVE_NT = np.array([2.5, 1.5, 0.7, 0.3])
_HEATER_S, _HEATER_NT, _EDGE_S = 600.0, 1.6, 20.0
_DIRECTION = np.array([0.48, -0.6, 0.64])
NS = 1_000_000_000


@dataclass(frozen=True)
class Mission:
    """Some days in the life of the simulated spacecraft.

    Attributes
    ----------
    start : date
        The first UTC day.
    days : int
        How many.
    seed : int
        The same seed makes the same truth, and the same bytes.
    gap : bool
        Whether the attitude lacks ten minutes of the second day.
    """

    start: date = date(2026, 3, 1)
    days: int = 2
    seed: int = 0
    gap: bool = False

    # -- time

    @property
    def dates(self) -> list[date]:
        """The UTC days."""
        return [date.fromordinal(self.start.toordinal() + n) for n in range(self.days)]

    @property
    def span(self) -> tuple[int, int]:
        """TT2000 of the first midnight, and of the one after the last day."""
        after = date.fromordinal(self.start.toordinal() + self.days)
        return motion.midnight(self.start), motion.midnight(after)

    @property
    def attitude_gap(self) -> tuple[int, int] | None:
        """TT2000 between which no attitude is known: 06:00 to 06:10 of the second day."""
        if not self.gap or self.days < 2:  # noqa: PLR2004 - the second day
            return None
        sixth_hour = motion.midnight(self.dates[1]) + 6 * 3600 * NS
        return sixth_hour, sixth_hour + 600 * NS

    def random(self, *what: int) -> np.random.Generator:
        """Return a generator of its own for each use, so that none depends on another."""
        return np.random.default_rng([self.seed, *what])

    # -- the field

    @cached_property
    def _waves(self) -> tuple[Floats, Floats]:
        random = self.random(1)
        phases = random.uniform(0, 2 * np.pi, (len(_WAVE_NT), 3))
        return phases, _WAVE_NT[:, None] * random.uniform(0.6, 1.0, (len(_WAVE_NT), 3))

    def field_gse(self, tt2000: Times) -> Floats:
        """Return the field of the solar wind, nT, shape (n, 3)."""
        phases, sizes = self._waves
        since = (tt2000 - self.span[0]) / NS
        field = np.tile(_BASE_NT, (len(tt2000), 1))
        for period, phase, size in zip(_WAVE_PERIODS_S, phases, sizes, strict=True):
            field += size * np.sin(2 * np.pi * since[:, None] / period + phase)
        return field

    def field(self, frame: str, tt2000: Times) -> Floats:
        """Return the field in one of the frames of the products, nT, shape (n, 3)."""
        inertial = np.einsum("nji,nj->ni", motion.gse(tt2000), self.field_gse(tt2000))
        return np.asarray(np.einsum("nij,nj->ni", self.frame(frame, tt2000), inertial))

    def frame(self, name: str, tt2000: Times) -> Floats:
        """Return what takes components in J2000 to those of a frame, shape (n, 3, 3)."""
        if name in {"srf", "dsrf"}:
            turned = motion.srf if name == "srf" else motion.dsrf
            return turned(tt2000, self.start, self.days)
        return {"gse": motion.gse, "gsm": motion.gsm, "rtn": motion.rtn}[name](tt2000)

    # -- the sensors

    @cached_property
    def offsets_nt(self) -> dict[str, Floats]:
        """The offset of each sensor in MAG_BASE, nT."""
        random = self.random(2)
        return {sensor: random.uniform(-4, 4, 3).round(3) for sensor in SENSORS}

    @cached_property
    def gains(self) -> dict[str, Floats]:
        """From a sensor's raw vectors to MAG_BASE, by range, shape (3, 3, 4)."""
        random = self.random(3)
        identity = np.eye(3)[..., None]
        return {s: identity + random.normal(0, 0.004, (3, 3, RANGES)).round(6) for s in SENSORS}

    def interference(self, sensor: str, tt2000: Times) -> Floats:
        """Return what the spacecraft adds at a sensor, in MAG_BASE, nT, shape (n, 3).

        A heater that is on half of the time, with soft edges, on top of a slow change.
        """
        since = (tt2000 - self.span[0]) / NS
        in_cycle = np.mod(since, _HEATER_S)
        on = np.tanh((in_cycle - _HEATER_S / 4) / _EDGE_S)
        on -= np.tanh((in_cycle - 3 * _HEATER_S / 4) / _EDGE_S)
        size = _HEATER_NT * on / 2 + 0.5 * np.sin(2 * np.pi * since / 5_400.0)
        at_inner = size[:, None] * _DIRECTION
        return np.asarray(at_inner * (RATIO if sensor == OUTER else 1.0))

    def ranges(self, tt2000: Times) -> Times:
        """Return the range of both sensors: 3, and 2 in the third quarter of every day."""
        into = np.mod(tt2000 - self.span[0], 86_400 * NS) / (86_400 * NS)
        return np.where((into >= 0.5) & (into < 0.75), 2, 3)  # noqa: PLR2004 - half, three quarters

    def raw(self, sensor: str, tt2000: Times, stream: int) -> tuple[Floats, Times]:
        """Return what a sensor measures: vectors in its own frame, nT, (n, 3), and ranges (n,).

        Parameters
        ----------
        stream : int
            Of the noise; each file has its own.
        """
        in_spacecraft = self.field("srf", tt2000)
        there = in_spacecraft @ motion.MAG_BASE_TO_SPACECRAFT  # its inverse is its transpose
        there = there + self.offsets_nt[sensor] + self.interference(sensor, tt2000)
        ranges = self.ranges(tt2000)
        raw = np.empty_like(there)
        for number in np.unique(ranges):
            chosen = ranges == number
            raw[chosen] = np.linalg.solve(self.gains[sensor][..., number], there[chosen].T).T
        noise = self.random(4, SENSORS.index(sensor), stream).normal(0, NOISE_NT, raw.shape)
        return raw + noise, ranges
