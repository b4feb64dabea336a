"""Simulated biogeochemical sensors: what they measure, how they err, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.files.core import PARAMETERS
from gnomon.instruments.argo.files.variables import BLANK

UNITS = {
    "PRES": ("Sea water pressure, equals 0 at sea-level", "decibar"),
    "TEMP": ("Sea temperature in-situ ITS-90 scale", "degree_Celsius"),
    "PSAL": ("Practical salinity", "psu"),
    "TEMP_DOXY": ("Sea temperature from oxygen sensor ITS-90 scale", "degree_Celsius"),
    "DOXY": ("Dissolved oxygen", "micromole/kg"),
    "NITRATE": ("Nitrate", "micromole/kg"),
    "PH_IN_SITU_TOTAL": ("pH", "dimensionless"),
    "FLUORESCENCE_CHLA": ("Chlorophyll-A signal from fluorescence sensor", "count"),
    "CHLA": ("Chlorophyll-A", "mg/m3"),
    "BBP700": ("Particle backscattering at 700 nanometers", "m-1"),
}
"""Long name and unit of every parameter, as real files have them."""

ON_THE_CTD = ("TEMP_DOXY", "DOXY", "NITRATE", "PH_IN_SITU_TOTAL")
ON_THEIR_OWN = ("FLUORESCENCE_CHLA", "CHLA", "BBP700")
"""Sensors with their own sampling of pressures, the last profile (N_PROF) of a file."""
INTERMEDIATE = ("TEMP_DOXY", "FLUORESCENCE_CHLA")
"""Parameters of B-files only, which have no adjusted values."""

_MODES = {
    "DOXY": {"R": "R", "A": "A", "D": "D"},
    "NITRATE": {"R": "R", "A": "A", "D": "D"},
    "PH_IN_SITU_TOTAL": {"R": "R", "A": "R", "D": "A"},
    "CHLA": {"R": "A", "A": "A", "D": "D"},
    "BBP700": {"R": "R", "A": "R", "D": "R"},
}
_ERRORS = {"DOXY": 3.0, "NITRATE": 1.0, "PH_IN_SITU_TOTAL": 0.01, "CHLA": 0.03, "BBP700": 2e-4}
_GOOD, _CORRECTABLE, _MISSING = 1, 3, 9
_COUNTS_PER_CHLA, _DARK_COUNTS = 0.0073, 49.0


@dataclass(frozen=True)
class Measured:
    """One parameter of one profile; arrays are (level,), NaN and -1 where there is nothing.

    Attributes
    ----------
    mode : str
        ``R``, ``A`` or ``D``.
    raw, adjusted, error : float32
    raw_qc, adjusted_qc : int8
    """

    mode: str
    raw: NDArray[np.float32]
    raw_qc: NDArray[np.int8]
    adjusted: NDArray[np.float32]
    adjusted_qc: NDArray[np.int8]
    error: NDArray[np.float32]

    def on(self, size: int, where: NDArray[np.intp]) -> Measured:
        """Return the same on a longer axis of pressures, flagged 9 where nothing was measured."""

        def spread(values: NDArray[np.float32]) -> NDArray[np.float32]:
            long = np.full(size, np.nan, np.float32)
            long[where] = values
            return long

        def flags(qc: NDArray[np.int8]) -> NDArray[np.int8]:
            long = np.full(size, _MISSING, np.int8)
            long[where] = np.where(qc == BLANK, _MISSING, qc)
            return long

        return Measured(
            self.mode,
            spread(self.raw),
            flags(self.raw_qc),
            spread(self.adjusted),
            flags(self.adjusted_qc),
            spread(self.error),
        )


def oxygen_gain(wmo: int) -> float:
    """Return by what delayed mode multiplies the raw oxygen of a float."""
    return 1.05 + 0.01 * (wmo % 5)


def chlorophyll_dark(wmo: int) -> float:
    """Return what the raw chlorophyll of a float is too high, mg/m3."""
    return 0.05 * (1 + wmo % 3)


def nitrate_offset(wmo: int) -> float:
    """Return what the raw nitrate of a float is too high, micromole/kg."""
    return 1.0 + 0.5 * (wmo % 4)


def ph_offset(wmo: int) -> float:
    """Return what the raw pH of a float is too low."""
    return 0.02 + 0.005 * (wmo % 3)


def measure(name: str, seen: NDArray[np.float64], wmo: int, file_mode: str) -> Measured:
    """Return what a sensor reports of `seen` (the truth and noise), and what adjustment gives."""
    mode = _MODES.get(name, {}).get(file_mode, "R")
    nothing = np.full(len(seen), np.nan, np.float32)
    right = name in INTERMEDIATE or name == "BBP700"
    return Measured(
        mode=mode,
        raw=_reported(name, seen, wmo).astype(np.float32),
        raw_qc=np.full(len(seen), _GOOD if right else _CORRECTABLE, np.int8),
        adjusted=nothing if mode == "R" else seen.astype(np.float32),
        adjusted_qc=np.full(len(seen), BLANK if mode == "R" else _GOOD, np.int8),
        error=nothing if mode == "R" else np.full(len(seen), _ERRORS[name], np.float32),
    )


def _reported(name: str, seen: NDArray[np.float64], wmo: int) -> NDArray[np.float64]:
    match name:
        case "DOXY":
            return seen / oxygen_gain(wmo)
        case "CHLA":
            return seen + chlorophyll_dark(wmo)
        case "NITRATE":
            return seen + nitrate_offset(wmo)
        case "PH_IN_SITU_TOTAL":
            return seen - ph_offset(wmo)
        case "FLUORESCENCE_CHLA":
            return np.rint(seen / _COUNTS_PER_CHLA + _DARK_COUNTS)
        case _:
            return seen


def core_measured(
    mode: str, values: NDArray[np.float32], qc: NDArray[np.int8]
) -> dict[str, Measured]:
    """Return the core parameters of a profile: of (3, 3, level) values, (3, 2, level) flags."""
    return {
        name: Measured(mode, raw, raw_qc, adjusted, adjusted_qc, error)
        for name, (raw, adjusted, error), (raw_qc, adjusted_qc) in zip(
            PARAMETERS, values, qc, strict=True
        )
    }
