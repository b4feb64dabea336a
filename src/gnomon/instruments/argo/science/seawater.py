"""Properties of sea water by TEOS-10, from measured pressure, temperature and salinity.

The equations are those of "The international thermodynamic equation of seawater - 2010" (IOC, SCOR
and IAPSO, UNESCO manual 56) as implemented by the Gibbs SeaWater library, ``gsw``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import MissingExtra


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from pressure, temperature and salinity: (level,) float32, NaN where unknown.

    The names are those of the columns in `gnomon.instruments.argo.tables.columns.DERIVED`.
    """

    depth_m: NDArray[np.float32]
    absolute_salinity_g_kg: NDArray[np.float32]
    conservative_temperature_c: NDArray[np.float32]
    potential_temperature_c: NDArray[np.float32]
    sigma0_kg_m3: NDArray[np.float32]
    density_kg_m3: NDArray[np.float32]


def derive(
    pres: NDArray[np.float32],
    temp: NDArray[np.float32],
    psal: NDArray[np.float32],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
) -> Derived:
    """Derive depth, salinity, temperatures and densities.

    Parameters
    ----------
    pres : (level,) float32
        Sea pressure in dbar, 0 at the surface.
    temp : (level,) float32
        In situ temperature in degrees Celsius, ITS-90.
    psal : (level,) float32
        Practical salinity, PSS-78.
    latitude, longitude : (level,) float64
        Degrees north and east.

    Returns
    -------
    Derived
        Depth needs pressure and latitude only; all else needs all five. Where one of them is NaN
        so is the result: no value and no position is ever assumed.

    Raises
    ------
    MissingExtra
        ``gsw`` is not installed.
    """
    gsw = load_gsw()
    depth = np.full(len(pres), np.nan, np.float32)
    at = np.flatnonzero(np.isfinite(pres) & np.isfinite(latitude))
    depth[at] = -gsw.z_from_p(pres[at].astype(np.float64), latitude[at])
    known = np.isfinite(pres) & np.isfinite(temp) & np.isfinite(psal) & (psal >= 0)
    at = np.flatnonzero(known & np.isfinite(latitude) & np.isfinite(longitude))
    p, t, s = (array[at].astype(np.float64) for array in (pres, temp, psal))
    absolute = gsw.SA_from_SP(s, p, longitude[at], latitude[at])
    conservative = gsw.CT_from_t(absolute, t, p)
    made = (
        absolute,
        conservative,
        gsw.pt_from_CT(absolute, conservative),
        gsw.sigma0(absolute, conservative),
        gsw.rho(absolute, conservative, p),
    )
    return Derived(depth, *(_spread(values, at, len(pres)) for values in made))


def load_gsw() -> ModuleType:
    """Import ``gsw``, which is slow to load and optional."""
    try:
        return import_module("gsw")
    except ImportError:
        raise MissingExtra("gsw", "argo") from None


def _spread(values: NDArray[np.float64], at: NDArray[np.intp], length: int) -> NDArray[np.float32]:
    """Put values back to their levels, with NaN between them."""
    spread = np.full(length, np.nan, np.float32)
    spread[at] = values
    return spread
