"""A rough estimate of what is left in a float's battery.

Floats report voltages, not charge. The curves are of packs of cells as they are commonly built in;
they tell a fresh pack from a nearly empty one, and not more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gnomon.instruments.argo.files.metadata import TechnicalData

_NAMES = (
    "VOLTAGE_BatteryParkNoLoad",
    "VOLTAGE_BatteryInitialAtProfileDepth",
    "VOLTAGE_Battery",
)
"""In order of preference: a pack under load shows less than it has."""
_LOWEST, _HIGHEST, _DOUBLE = 5.0, 35.0, 20.0  # V; above 20 V two packs lie in series
_LITHIUM = ((10.0, 0.0), (12.0, 10.0), (13.0, 25.0), (14.0, 60.0), (14.6, 85.0), (15.2, 100.0))
_ALKALINE = ((7.5, 0.0), (9.0, 15.0), (12.0, 55.0), (14.0, 85.0), (15.5, 100.0))
"""Voltage and percent."""
_LITHIUM_CYCLES, _ALKALINE_CYCLES = 280, 220
_APEX_LITHIUM_SINCE = 2011


@dataclass(frozen=True, slots=True)
class Charge:
    """What is left, in percent, and what it is estimated from."""

    percent: float
    source: Literal["voltage", "cycles"]


def estimate(
    technical: TechnicalData | None, last_cycle: int | None, *, alkaline: bool
) -> Charge | None:
    """Estimate from the last voltage that was reported, else from the number of cycles.

    Returns
    -------
    Charge or None
        None where neither is known.
    """
    volts = None if technical is None else last_voltage(technical)
    if volts is not None:
        curve = _ALKALINE if alkaline else _LITHIUM
        pack = volts / 2 if volts > _DOUBLE else volts
        steps, percents = zip(*curve, strict=True)
        return Charge(round(float(np.interp(pack, steps, percents)), 1), "voltage")
    if last_cycle is None:
        return None
    whole = _ALKALINE_CYCLES if alkaline else _LITHIUM_CYCLES
    return Charge(round(max(0.0, 100.0 * (1 - last_cycle / whole)), 1), "cycles")


def is_alkaline(
    battery: str | None, packs: str | None, platform: str | None, year: int | None
) -> bool:
    """Tell whether a pack is alkaline, else it is lithium: by what is written, else by its age."""
    told = f"{battery or ''} {packs or ''}".upper()
    if "LITHIUM" in told or " LI" in f" {packs or ''}".upper():
        return False
    if "ALK" in told:
        return True
    return (platform or "").upper() == "APEX" and year is not None and year < _APEX_LITHIUM_SINCE


def last_voltage(technical: TechnicalData) -> float | None:
    """Return the voltage of the last cycle that reports one between 5 and 35 V."""
    for wanted in _NAMES:
        found = [
            (int(cycle), volts)
            for cycle, name, text in zip(
                technical.cycles, technical.names, technical.values, strict=True
            )
            if name.startswith(wanted) and (volts := _number(text)) is not None
        ]
        if found:
            return max(found)[1]
    return None


def _number(text: str) -> float | None:
    try:
        volts = float(text)
    except ValueError:
        return None
    return volts if _LOWEST <= volts <= _HIGHEST else None
