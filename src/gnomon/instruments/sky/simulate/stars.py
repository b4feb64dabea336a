"""The truth of the simulated sky: stars, how they vary, and where they are.

Nothing here is random but the making of a sky; what is seen of a star at a time is exact, and the
archives that observe it add their noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Variability = Literal["constant", "rrlyrae", "eclipsing", "transit", "trend"]

REFERENCE_MJD = 58_000.0
"""Phases count from here: modified Julian date, no scale is told apart in the simulated sky."""
_ZERO_POINT_MAG = 20.44
"""The magnitude that gives TESS one electron per second."""
_COLOUR = {"g": 0.35, "r": 0.0, "i": -0.1, "TESS": -0.2}
_STRENGTH = {"g": 1.0, "r": 0.7, "i": 0.55, "TESS": 0.6}
_SAWTOOTH = ((1, 0.40, 0.0), (2, 0.18, 0.35), (3, 0.09, 0.75))
"""Harmonics of an RR Lyrae star: number, amplitude relative to the whole, phase in turns."""


@dataclass(frozen=True)
class Star:
    """One star.

    Attributes
    ----------
    number : int
        From 1, unique in its sky.
    name : str
        What a resolver knows it by: ``SIM-001``.
    tic : int
        Its number in the TESS Input Catalog.
    ra_deg, dec_deg : float
        ICRS.
    mean_mag : float
        In r.
    period_d, amplitude : float
        Amplitude: of ``rrlyrae`` peak to peak in g, magnitudes; of ``eclipsing`` and ``transit``
        the depth, as a fraction of the flux, in every band; of ``trend`` magnitudes per 1000 days.
    epoch_d : float
        Of mid-eclipse or mid-transit, or of phase 0: days after `REFERENCE_MJD`.
    duration_d : float
        Of an eclipse or transit.
    """

    number: int
    name: str
    tic: int
    ra_deg: float
    dec_deg: float
    mean_mag: float
    variability: Variability = "constant"
    period_d: float = float("nan")
    amplitude: float = 0.0
    epoch_d: float = 0.0
    duration_d: float = 0.0

    def magnitude(self, band: str, mjd: Floats) -> Floats:
        """Return its true magnitude in ``g``, ``r``, ``i`` or ``TESS``; shape as `mjd`."""
        since_d = np.asarray(mjd, np.float64) - REFERENCE_MJD - self.epoch_d
        return self.mean_mag + _COLOUR[band] + self._change_mag(band, since_d)

    def flux_e_s(self, mjd: Floats) -> Floats:
        """Return the electrons per second that TESS counts; shape as `mjd`."""
        return np.asarray(10 ** (-0.4 * (self.magnitude("TESS", mjd) - _ZERO_POINT_MAG)))

    def _change_mag(self, band: str, since_d: Floats) -> Floats:
        if self.variability == "constant":
            return np.zeros_like(since_d)
        if self.variability == "trend":
            return self.amplitude * since_d / 1000
        phase = np.mod(since_d / self.period_d, 1.0)
        if self.variability == "rrlyrae":
            turns = (half * np.cos(2 * np.pi * (n * phase + at)) for n, half, at in _SAWTOOTH)
            return np.asarray(self.amplitude * _STRENGTH[band] * sum(turns))
        return -2.5 * np.log10(1 - self.amplitude * self._covered(phase))

    def _covered(self, phase: Floats) -> Floats:
        """Return how deep it is in eclipse: of a binary a half as deep once more at phase 0.5."""
        half = self.duration_d / self.period_d / 2
        covered = (np.minimum(phase, 1 - phase) < half).astype(np.float64)
        if self.variability == "eclipsing":
            covered += 0.5 * (np.abs(phase - 0.5) < half)
        return covered


@dataclass(frozen=True)
class Sky:
    """The stars of a small field.

    Attributes
    ----------
    ra_deg, dec_deg, radius_deg : float
        Its centre, and how far stars lie from it at most.
    """

    stars: tuple[Star, ...]
    ra_deg: float
    dec_deg: float
    radius_deg: float

    def within(self, ra_deg: float, dec_deg: float, radius_deg: float) -> tuple[Star, ...]:
        """Return the stars in a cone, nearest first."""
        distance = separation_deg(
            ra_deg,
            dec_deg,
            np.array([star.ra_deg for star in self.stars]),
            np.array([star.dec_deg for star in self.stars]),
        )
        order = np.argsort(distance, kind="stable")
        return tuple(self.stars[n] for n in order if distance[n] <= radius_deg)

    def named(self, name: str) -> Star | None:
        """Return the star that a resolver finds under a name, or under ``TIC number``."""
        wanted = name.strip().casefold()
        known = (s for s in self.stars if wanted in (s.name.casefold(), f"tic {s.tic}"))
        return next(known, None)


def separation_deg(ra_deg: float, dec_deg: float, ras_deg: Floats, decs_deg: Floats) -> Floats:
    """Return the distance of one place to others, by the haversine; shape as `ras_deg`."""
    ra, dec, ras, decs = (np.radians(x) for x in (ra_deg, dec_deg, ras_deg, decs_deg))
    hav = np.sin((decs - dec) / 2) ** 2 + np.cos(dec) * np.cos(decs) * np.sin((ras - ra) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.clip(hav, 0, 1)))))


def make_sky(
    n_stars: int = 12,
    *,
    seed: int = 0,
    ra_deg: float = 255.577,
    dec_deg: float = 12.284,
    radius_deg: float = 0.08,
) -> Sky:
    """Return a sky in which every sort of star occurs, in turn.

    Parameters
    ----------
    n_stars : int
        From 5 on each sort is there.
    """
    chance = np.random.default_rng(seed)
    reach = radius_deg * np.sqrt(chance.uniform(0, 1, n_stars))
    angle = chance.uniform(0, 2 * np.pi, n_stars)
    dec = dec_deg + reach * np.sin(angle)
    ra = np.mod(ra_deg + reach * np.cos(angle) / np.cos(np.radians(dec_deg)), 360.0)
    stars = [_star(n + 1, float(ra[n]), float(dec[n]), chance) for n in range(n_stars)]
    return Sky(tuple(stars), ra_deg, dec_deg, radius_deg)


def _star(number: int, ra_deg: float, dec_deg: float, chance: np.random.Generator) -> Star:
    sorts: tuple[Variability, ...] = ("rrlyrae", "transit", "eclipsing", "constant", "trend")
    sort = sorts[(number - 1) % len(sorts)]
    period_d = {"rrlyrae": 0.55, "transit": 3.3, "eclipsing": 1.7}.get(sort, float("nan"))
    amplitude = {"rrlyrae": 0.9, "transit": 0.012, "eclipsing": 0.3, "trend": 0.2}.get(sort, 0.0)
    duration_d = {"transit": 0.15, "eclipsing": 0.2}.get(sort, 0.0)
    spread = chance.uniform(0.85, 1.15, 2)
    return Star(
        number,
        f"SIM-{number:03d}",
        25_155_310 + number,
        ra_deg,
        dec_deg,
        # Transits are for TESS, which needs bright stars; the others are ZTF's too.
        float(chance.uniform(10.0, 11.0) if sort == "transit" else chance.uniform(14.0, 17.0)),
        sort,
        period_d * float(spread[0]),
        amplitude * float(spread[1]),
        float(chance.uniform(0, 1)) * (period_d if period_d == period_d else 0.0),  # noqa: PLR0124
        duration_d,
    )
