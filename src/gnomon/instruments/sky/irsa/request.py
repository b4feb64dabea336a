"""One question to IRSA's service of ZTF light curves, with all that it can be asked.

Parameters and their limits: https://irsa.ipac.caltech.edu/docs/program_interface/ztf_lightcurve_api.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, UnknownName

Format = Literal["csv", "votable", "ipac"]
Range = tuple[float, float]

LARGEST_RADIUS_DEG = 0.1667
MOST_IDS = 300
"""In one question: users report that an address gets too long at about 350."""
BANDS = ("g", "r", "i")
_SPELLINGS = {
    spelling: band
    for number, band in enumerate(BANDS, 1)
    for spelling in (band, f"z{band}", str(number))
}
_FORMATS = {"csv": "CSV", "votable": "VOTABLE", "ipac": "IPAC_TABLE"}
_COLLECTION = re.compile(r"ztf_dr\d+")
_FULL_TURN_DEG, _LOWEST_RA_DEG = 360.0, -180.0


class Cone(StepConfig):
    """A circle on the sky, of any radius; a list of three numbers reads as one, too."""

    ra_deg: float = Field(description="ICRS, from -180 to 360; kept from 0 to 360")
    dec_deg: float = Field(description="ICRS")
    radius_deg: float = Field(description="more than 0")
    name: str = Field("", description="what people call it")

    @model_validator(mode="before")
    @classmethod
    def _of_numbers(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            if len(value) > len(cls.model_fields):
                raise ValueError(f"a cone has at most {len(cls.model_fields)} values")
            return dict(zip(cls.model_fields, value, strict=False))
        return value

    @model_validator(mode="after")
    def _is_on_the_sky(self) -> Cone:
        if not _LOWEST_RA_DEG <= self.ra_deg <= _FULL_TURN_DEG:
            raise ConfigError(f"right ascension {self.ra_deg} is not from -180 to 360 degrees")
        if not -90 <= self.dec_deg <= 90:  # noqa: PLR2004 - poles
            raise ConfigError(f"declination {self.dec_deg} is not from -90 to 90 degrees")
        if not 0 < self.radius_deg <= 180:  # noqa: PLR2004 - the whole sky
            raise ConfigError(f"radius {self.radius_deg} is not more than 0 degrees")
        # Twice: what is a hair below 0 is rounded to a full turn.
        object.__setattr__(self, "ra_deg", self.ra_deg % _FULL_TURN_DEG % _FULL_TURN_DEG)
        return self

    @property
    def slug(self) -> str:
        """Where it is, roughly, fit for a path: ``255.5770+12.2840-r0.0500``."""
        return f"{self.ra_deg:08.4f}{self.dec_deg:+08.4f}-r{self.radius_deg:.4f}"

    @property
    def text(self) -> str:
        """Right ascension, declination and radius in degrees, with spaces between them."""
        return " ".join(number(x) for x in (self.ra_deg, self.dec_deg, self.radius_deg))


@dataclass(frozen=True)
class CurveQuery:
    """What to ask for: a cone or some objects, and which of their epochs.

    Attributes
    ----------
    cone : Cone, optional
        Of 0.1667 degrees at most.
    ids : tuple of int
        Objects by their number, at most 300; in place of a cone, and without `bands`,
        `wavelength_range_m`, `mag_range` and `nobs_min`.
    bands : tuple of str
        ``g``, ``r``, ``i``, also as 1, 2, 3 or zg, zr, zi; all when empty.
    wavelength_range_m : tuple of float, optional
        Metres; another way to choose bands.
    mag_range : tuple of float, optional
        Bounds of an object's median magnitude.
    nobs_min : int, optional
        Epochs that an object has at least.
    mjd_range : tuple of float, optional
        Bounds of the epochs, modified Julian dates, UTC; infinite is allowed.
    bad_catflags_mask : int, optional
        The archive leaves out epochs that have any of these bits.
    collection : str
        The release, ``ztf_dr24``; the archive's newest when empty.
    wanted : Cone, optional
        The larger cone that `cone` is one tile of.

    Raises
    ------
    ConfigError
        A value is beyond its limits, or two exclude each other.
    """

    cone: Cone | None = None
    ids: tuple[int, ...] = ()
    bands: tuple[str, ...] = ()
    wavelength_range_m: Range | None = None
    mag_range: Range | None = None
    nobs_min: int | None = None
    mjd_range: Range | None = None
    bad_catflags_mask: int | None = None
    collection: str = ""
    format: Format = "csv"
    wanted: Cone | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", bands_of(self.bands))
        if (self.cone is None) == (not self.ids):
            raise ConfigError("ask for a cone or for ids: one of the two")
        self._check_objects()
        for name in ("wavelength_range_m", "mag_range", "mjd_range"):
            _check_range(name, getattr(self, name))
        if self.nobs_min is not None and self.nobs_min < 0:
            raise ConfigError(f"nobs_min {self.nobs_min} is negative")
        if self.bad_catflags_mask is not None and self.bad_catflags_mask < 0:
            raise ConfigError(f"bad_catflags_mask {self.bad_catflags_mask} is negative")
        if self.collection:
            checked_collection(self.collection)
        if self.format not in _FORMATS:
            raise UnknownName("format", self.format, _FORMATS)

    def _check_objects(self) -> None:
        if self.cone is not None and self.cone.radius_deg > LARGEST_RADIUS_DEG:
            raise ConfigError(
                f"radius {number(self.cone.radius_deg)} is more than {LARGEST_RADIUS_DEG} degrees,"
                " the most that IRSA answers at once"
            )
        if len(self.ids) > MOST_IDS:
            raise ConfigError(f"{len(self.ids)} ids are more than {MOST_IDS} at once")
        if any(one <= 0 for one in self.ids):
            raise ConfigError("an id is a positive number")
        chosen = {
            "bands": self.bands,
            "wavelength_range_m": self.wavelength_range_m,
            "mag_range": self.mag_range,
            "nobs_min": self.nobs_min,
        }
        if self.ids and (stray := [n for n, value in chosen.items() if value not in ((), None)]):
            raise ConfigError(f"objects by ids cannot be chosen by {', '.join(stray)} as well")

    @property
    def selection(self) -> str:
        """What is asked for, as the address has it, without release and format."""
        return "&".join(f"{name}={_quoted(value)}" for name, value in self._values())

    @property
    def text(self) -> str:
        """All that stands behind the question mark of the address."""
        more = [("COLLECTION", self.collection)] if self.collection else []
        more.append(("FORMAT", _FORMATS[self.format]))
        return "&".join([self.selection, *(f"{name}={_quoted(value)}" for name, value in more)])

    @property
    def slug(self) -> str:
        """A name for what is asked for, fit for a path; release and format are no part of it."""
        of = f" of {self.wanted.text}" if self.wanted else ""
        digest = sha256((self.selection + of).encode()).hexdigest()[:8]
        if self.cone is None:
            what = f"id{self.ids[0]}" + (f"-and-{len(self.ids) - 1}" if len(self.ids) > 1 else "")
        else:
            what = self.cone.slug
        return "-".join(filter(None, [what, "".join(self.bands), digest]))

    def of_release(self, collection: str) -> CurveQuery:
        """Return the same question to one release."""
        return replace(self, collection=checked_collection(collection))

    def _values(self) -> Iterable[tuple[str, str]]:
        if self.cone is not None:
            yield "POS", f"CIRCLE {self.cone.text}"
        else:
            yield "ID", ",".join(map(str, self.ids))
        if self.bands:
            yield "BANDNAME", ",".join(self.bands)
        if self.wavelength_range_m is not None:
            yield (
                "BAND",
                " ".join(f"{x:.6g}" for x in self.wavelength_range_m).replace("inf", "Inf"),
            )
        if self.mag_range is not None:
            yield "MAG", _bounds(self.mag_range)
        if self.nobs_min is not None:
            yield "NOBS_MIN", str(self.nobs_min)
        if self.mjd_range is not None:
            yield "TIME", _bounds(self.mjd_range)
        if self.bad_catflags_mask is not None:
            yield "BAD_CATFLAGS_MASK", str(self.bad_catflags_mask)


def bands_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return bands as g, r, i, in this order, each once.

    Raises
    ------
    UnknownName
        One is no band of ZTF.
    """
    found = set()
    for name in names:
        band = _SPELLINGS.get(str(name).strip().lower())
        if band is None:
            raise UnknownName("band", str(name), _SPELLINGS)
        found.add(band)
    return tuple(band for band in BANDS if band in found)


def checked_collection(name: str) -> str:
    """Return the name of a release; raise `ConfigError` where it is none."""
    if not _COLLECTION.fullmatch(name):
        raise ConfigError(f"{name!r} is no release of ZTF: write one like ztf_dr24")
    return name


def number(value: float) -> str:
    """Return a number as short as its eight decimals allow; infinity as IRSA spells it."""
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    text = f"{value:.8f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _bounds(values: Range) -> str:
    low, high = values
    return number(low) if low == high else f"{number(low)} {number(high)}"


def _check_range(name: str, values: Range | None) -> None:
    if values is not None and not values[0] <= values[1]:
        raise ConfigError(f"{name} {values[0]} to {values[1]} holds nothing")


def _quoted(value: str) -> str:
    return quote(value, safe=",")
