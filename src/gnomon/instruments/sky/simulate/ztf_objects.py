"""What ZTF sees of the simulated sky: objects, each with its epochs in every release.

A star is one object per field and filter, so one in the overlap of two fields is several. What was
measured does not change between releases; a later one has more nights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.sky.simulate.stars import Sky, Star

Column = NDArray[Any]
"""Of floats, integers or texts; shape (n,)."""

FIELDS = (640, 1646)
"""The second covers only the part of the sky that lies north of its middle."""
FILTERS = ("g", "r", "i")
SATURATED_MAG = 12.5
BAD = 32768
"""The bit of ``catflags`` of an epoch that is not to be used."""
COLUMNS = (
    *("oid", "expid", "hjd", "mjd", "mag", "magerr", "catflags", "filtercode", "ra", "dec", "chi"),
    *("sharp", "filefracday", "field", "ccdid", "qid", "limitmag", "magzp", "magzprms", "clrcoeff"),
    *("clrcounc", "exptime", "airmass", "programid"),
)
INTEGERS = ("oid", "expid", "catflags", "filefracday", "field", "ccdid", "qid", "programid")
_CCD = 6
_FIRST_MJD = 58_202.0
_LIGHT_TIME_D = 0.005
"""At most so far is heliocentric time from UTC in the simulated sky."""


@dataclass(frozen=True)
class ZtfObject:
    """One object of the archive: a star in one field, quadrant and filter.

    Attributes
    ----------
    band : str
        ``g``, ``r`` or ``i``.
    seed : int
        Of its noise.
    """

    star: Star
    field: int
    quadrant: int
    band: str
    seed: int = 0

    @property
    def oid(self) -> int:
        """Field, filter, CCD, quadrant and a number, as ZTF composes them."""
        text = f"{self.field}{self.filter_id}{_CCD:02d}{self.quadrant}{self.star.number:08d}"
        return int(text)

    @property
    def filter_id(self) -> int:
        """1, 2 or 3."""
        return FILTERS.index(self.band) + 1

    @property
    def group(self) -> str:
        """Field and readout channel, as the keys of parts name them."""
        return f"{self.field:06d}-q{(_CCD - 1) * 4 + self.quadrant - 1:02d}"

    def epochs(self, nights: int) -> dict[str, Column]:
        """Return the columns of a light curve, each of shape (n,), in the order of time.

        Parameters
        ----------
        nights : int
            How many of the survey; in each the object is seen once.
        """
        chance = np.random.default_rng([self.seed, self.oid])
        # One draw an epoch and quantity, night after night: more nights change no earlier one.
        drawn = chance.normal(size=(nights, 6))
        night = np.arange(nights, dtype=np.float64)
        # Every second to fourth night, at some hour: times that are too regular hide periods.
        mjd = _FIRST_MJD + 3 * night + (7 * night) % 3 + 0.15 * np.tanh(drawn[:, 0])
        mjd += 0.03 * self.filter_id + 0.02 * FIELDS.index(self.field)
        error = 0.01 + 0.002 * np.abs(drawn[:, 1])
        flags = np.where(np.abs(drawn[:, 2]) > 2.2, BAD, 0)  # noqa: PLR2004 - one in 36
        mag = self.star.magnitude(self.band, mjd) + error * drawn[:, 3] + 0.8 * (flags != 0)
        constant = {
            "oid": self.oid,
            "field": self.field,
            "ccdid": _CCD,
            "qid": self.quadrant,
            "exptime": 30.0,
            "programid": 1,
            "ra": self.star.ra_deg,
            "dec": self.star.dec_deg,
            "filtercode": f"z{self.band}",
            "clrcoeff": {"g": -0.0617, "r": 0.0983, "i": 0.1051}[self.band],
        }
        columns = {name: np.full(nights, value) for name, value in constant.items()}
        return columns | {
            "expid": (1000 * (mjd - 57_754)).astype(np.int64),
            "mjd": np.round(mjd, 7),
            "hjd": np.round(mjd + 2_400_000.5 + _LIGHT_TIME_D * np.cos(night / 58), 7),
            "mag": np.round(mag, 7),
            "magerr": np.round(error, 7),
            "catflags": flags.astype(np.int64),
            "chi": np.round(1 + 0.1 * drawn[:, 4], 4),
            "sharp": np.round(0.02 * drawn[:, 5], 4),
            "filefracday": np.round(1e6 * (mjd % 1)).astype(np.int64) + 20_180_000_000_000,
            "limitmag": np.round(20.5 + 0.2 * drawn[:, 4], 4),
            "magzp": np.round(26.2 + 0.02 * drawn[:, 5], 5),
            "magzprms": np.round(0.03 + 0.001 * np.abs(drawn[:, 4]), 5),
            "clrcounc": np.full(nights, 6.2e-06),
            "airmass": np.round(1.1 + 0.05 * np.abs(drawn[:, 5]), 3),
        }


@dataclass(frozen=True)
class Survey:
    """All objects, and how many nights each release has.

    Attributes
    ----------
    releases : tuple of str
        From the oldest to the newest.
    nights : int
        Of the newest; each release before has 10 fewer.
    bands : tuple of str
        In which the sky was observed.
    """

    sky: Sky
    releases: tuple[str, ...] = ("ztf_dr22", "ztf_dr23", "ztf_dr24")
    nights: int = 60
    bands: tuple[str, ...] = FILTERS
    seed: int = 0

    @cached_property
    def objects(self) -> tuple[ZtfObject, ...]:
        """Those of all stars that do not saturate."""
        faint = [star for star in self.sky.stars if star.mean_mag > SATURATED_MAG]
        return tuple(one for star in faint for one in self.of(star))

    def of(self, star: Star) -> tuple[ZtfObject, ...]:
        """Return the objects that one star is."""
        fields = FIELDS if star.dec_deg >= self.sky.dec_deg else FIELDS[:1]
        quadrant = 1 if star.ra_deg < self.sky.ra_deg else 2
        return tuple(
            ZtfObject(star, number, quadrant, band, self.seed)
            for number, band in product(fields, self.bands)
        )

    def nights_of(self, release: str) -> int:
        """Return how many nights a release has."""
        later = len(self.releases) - 1 - self.releases.index(release)
        return max(1, self.nights - 10 * later)
