"""What a simulated telescope looks at: calibrators as bright as their models say, and fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.receiver import BEAM_FWHM_ARCMIN
from gnomon.instruments.comap.science.calibrators import (
    FIXED,
    PLANETS,
    flux_jy,
    flux_of_kelvin,
    has_flux,
    known,
    position_of,
)
from gnomon.instruments.comap.science.coordinates import horizontal_of
from gnomon.instruments.comap.simulate.spectra import PIVOT_GHZ
from gnomon.instruments.comap.simulate.timeline import mjd_of
from gnomon.instruments.comap.simulate.truth import Source

EFFICIENCY: Final = 0.72
"""Of the main beam: a calibrator appears fainter than its flux says by this factor."""
FIELDS: Final[Mapping[str, Source]] = {
    "field01": Source("field01", 290.0, 14.0, 0.6, -2.1, diffuse_k=0.03, line_k=0.05),
    "field02": Source("field02", 284.0, 3.5, 0.3, -2.1, diffuse_k=0.03, line_k=0.03),
    "fg6": Source("fg6", 60.3, 32.0, 0.1, -2.1, 9.0, diffuse_k=0.02),
    "co2": Source("co2", 25.4, 0.0, 0.0),
}
NAMES: Final = (*FIXED, *PLANETS, *FIELDS)
_SLOPE_GHZ = (29.0, 31.0)
_FAINT_K = 0.1
_STEP_MIN = 10
_BEAM_SR = 1.1331 * np.radians(BEAM_FWHM_ARCMIN / 60) ** 2


def beam_k(name: str, frequency_ghz: float, mjd: float) -> float:
    """Return how bright a calibrator is for a perfect beam, as its flux says."""
    per_k = flux_of_kelvin(frequency_ghz) * _BEAM_SR
    return float(flux_jy(name, frequency_ghz, mjd) / per_k)


def source_of(name: str, start: datetime, efficiency: float = EFFICIENCY) -> Source:
    """Return a calibrator at a time, or one of `FIELDS`.

    A planet stands still while it is observed; those without a model of their flux have 0.1 K.

    Raises
    ------
    UnknownName
        Nothing is called so.
    """
    if name in FIELDS:
        return FIELDS[name]
    if not known(name):
        raise UnknownName("source", name, NAMES)
    mjd = mjd_of(start)
    place = position_of(name, mjd)
    amplitude_k, index = _FAINT_K, 0.0
    if has_flux(name):
        low, high = (beam_k(name, frequency, mjd) for frequency in _SLOPE_GHZ)
        index = float(np.log(high / low) / np.log(_SLOPE_GHZ[1] / _SLOPE_GHZ[0]))
        amplitude_k = efficiency * beam_k(name, PIVOT_GHZ, mjd)
    return Source(name, float(place.ra_deg), float(place.dec_deg), amplitude_k, index)


def rising(name: str, day: datetime, el_deg: float = 45.0) -> datetime:
    """Return when, within a day of a time, a source rises through an elevation.

    Raises
    ------
    ConfigError
        It does not.
    """
    source = source_of(name, day)
    minutes = np.arange(0, 1440, _STEP_MIN)
    mjd = mjd_of(day) + minutes / 1440
    el = horizontal_of(source.ra_deg, source.dec_deg, mjd).lat_deg
    passes = np.flatnonzero((el[:-1] < el_deg) & (el[1:] >= el_deg))
    if not len(passes):
        raise ConfigError(
            f"{name} does not rise through {el_deg} degrees; it reaches {el.max():.0f}"
        )
    first = int(passes[0])
    part = (el_deg - el[first]) / (el[first + 1] - el[first])
    return (day + timedelta(minutes=round(_STEP_MIN * (first + part)))).astimezone(UTC)
