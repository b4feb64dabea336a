"""The guide's records: one detection of ZTF, one light curve of TESS, one observation of MAST.

Further keys may follow. A number that is not known is null: JSON has no NaN.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator


def _known(value: object) -> object:
    """Take NaN and infinity for what is not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


_FAST_S, _SHORT_S = 20, 120


def cadence_name(cadence_s: float | None) -> str | None:
    """Return the guide's name of a cadence of TESS; None where it is not known."""
    if cadence_s is None or math.isnan(cadence_s):
        return None
    if round(cadence_s) <= _FAST_S:
        return "fast"
    return "short" if round(cadence_s) <= _SHORT_S else "long"


MaybeFloat = Annotated[FiniteFloat | None, BeforeValidator(_known)]


class Record(BaseModel):
    """What all have in common."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def text(self) -> str:
        """Return it as JSON, two spaces a level."""
        return self.model_dump_json(indent=2)  # of NaN, also in further keys, it makes null


class ZTFRecord(Record):
    """One detection, or upper limit, of an object.

    Attributes
    ----------
    object_id : str
    ra, dec : float
        Degrees, ICRS.
    mjd : float
        Modified Julian date, UTC.
    mag_psf : float, optional
        Magnitude; null for an upper limit.
    filter : str
        ``g``, ``r`` or ``i``.
    """

    object_id: str = Field(min_length=1)
    ra: FiniteFloat
    dec: FiniteFloat
    mjd: FiniteFloat
    mag_psf: MaybeFloat = None
    filter: str = Field(min_length=1)


class TESSRecord(Record):
    """One light curve of a star.

    Attributes
    ----------
    tic_id : str
        ``TIC987654321``.
    sector : int
    cadence : str
        ``fast`` (20 s), ``short`` (120 s), ``long``; empty where it is not known.
    time, flux : list of float
        Of one length.
    """

    tic_id: str = Field(min_length=1)
    sector: int
    cadence: str
    time: tuple[FiniteFloat, ...] = ()
    flux: tuple[FiniteFloat, ...] = ()

    @model_validator(mode="after")
    def _is_paired(self) -> Self:
        if self.time and self.flux and len(self.time) != len(self.flux):
            raise ValueError(f"{len(self.time)} times and {len(self.flux)} fluxes")
        return self


class MASTRecord(Record):
    """One observation.

    Attributes
    ----------
    observation_id, instrument, target : str
    exposure_time : float, optional
        Seconds; null where MAST has none.
    spectral_range : list of float
        Least and greatest wavelength in nanometres, or nothing.
    """

    observation_id: str = Field(min_length=1)
    instrument: str = ""
    target: str = ""
    exposure_time: MaybeFloat = None
    spectral_range: tuple[FiniteFloat, ...] = ()

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if len(self.spectral_range) not in {0, 2}:
            raise ValueError(f"a spectral range has two ends, not {len(self.spectral_range)}")
        return self
