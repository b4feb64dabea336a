"""The truth behind a simulated archive: smooth functions of pressure, place and time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_YEAR = 365.25
_EDDY_DAYS = 43.0


@dataclass(frozen=True)
class Ocean:
    """The truth: smooth functions of pressure, place and time.

    Attributes
    ----------
    temperature_noise, salinity_noise : float
        Standard deviation of what a sensor adds, degC and PSS-78.
    oxygen_noise, nitrate_noise : float
        In micromole/kg.
    ph_noise, chlorophyll_noise, backscatter_noise : float
        On the total scale, in mg/m3 and in 1/m.
    """

    temperature_noise: float = 0.002
    salinity_noise: float = 0.002
    oxygen_noise: float = 0.5
    nitrate_noise: float = 0.2
    ph_noise: float = 0.002
    chlorophyll_noise: float = 0.004
    backscatter_noise: float = 2e-5

    def temperature(
        self, pres: NDArray[np.floating], latitude: float, juld: float
    ) -> NDArray[np.float64]:
        """Return degC at `pres` dbar: a warm layer that fades downwards, with seasons and eddies.

        Eddies lift it by up to 30 dbar, above 200 dbar in another phase: no two profiles are alike.
        """
        surface = 28.0 * math.cos(math.radians(latitude)) ** 2 - 1.0
        season = 2.0 * math.sin(2.0 * math.pi * juld / _YEAR) * np.exp(-pres / 60.0)
        phase = 2.0 * math.pi * juld / _EDDY_DAYS
        lifted = pres + 30.0 * (math.sin(phase) + math.cos(phase) * np.exp(-pres / 200.0))
        return np.asarray(1.5 + surface * np.exp(-lifted / 500.0) + season, np.float64)

    def salinity(self, pres: NDArray[np.floating], latitude: float) -> NDArray[np.float64]:
        """Return practical salinity at `pres` dbar: salty subtropics over an even deep."""
        surface = 1.2 * math.sin(math.radians(2.0 * latitude)) ** 2
        return np.asarray(34.7 + surface * np.exp(-pres / 300.0), np.float64)

    def oxygen(self, pres: NDArray[np.floating], latitude: float) -> NDArray[np.float64]:
        """Return micromole/kg: cold surface water holds more; a minimum at 800 dbar."""
        surface = 120.0 * math.sin(math.radians(latitude)) ** 2 * np.exp(-pres / 300.0)
        minimum = 110.0 * np.exp(-(((pres - 800.0) / 400.0) ** 2))
        return np.asarray(210.0 + surface - minimum, np.float64)

    def nitrate(self, pres: NDArray[np.floating], latitude: float) -> NDArray[np.float64]:
        """Return micromole/kg: used up at the surface of low latitudes, even in the deep."""
        surface = 25.0 * math.sin(math.radians(latitude)) ** 2
        return np.asarray(35.0 - (35.0 - surface) * np.exp(-pres / 250.0), np.float64)

    def ph(self, pres: NDArray[np.floating], latitude: float) -> NDArray[np.float64]:
        """Return pH on the total scale, in situ: 8.1 at the surface, less below."""
        less = 0.45 + 0.05 * math.cos(math.radians(latitude))
        return np.asarray(8.1 - less * (1.0 - np.exp(-pres / 350.0)), np.float64)

    def chlorophyll(
        self, pres: NDArray[np.floating], latitude: float, juld: float
    ) -> NDArray[np.float64]:
        """Return mg/m3: a maximum below the surface, strongest in spring; none in the dark."""
        season = 1.0 + 0.4 * math.sin(2.0 * math.pi * juld / _YEAR) * math.sin(
            math.radians(latitude)
        )
        return np.asarray(0.8 * season * np.exp(-(((pres - 60.0) / 35.0) ** 2)), np.float64)

    def backscatter(self, pres: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return particle backscattering at 700 nm in 1/m: particles sink and dissolve."""
        return np.asarray(3e-4 + 2e-3 * np.exp(-pres / 90.0), np.float64)
