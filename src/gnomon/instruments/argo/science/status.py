"""Whether a float is active, and what kind of float it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["ACTIVE", "INACTIVE", "DEAD", "UNKNOWN"]
FloatType = Literal["core", "oxygen", "biogeochemical", "deep", "unknown"]

ACTIVE_DAYS, DEAD_DAYS = 45, 540
_DEEP_DBAR = 2_500.0  # core floats stop at 2,000
_OXYGEN = re.compile(r"(MOLAR_)?DOXY\d*")
_BIOGEOCHEMICAL = re.compile(
    r"(CHLA|CHLA_FLUORESCENCE|BBP\d+|CP\d+|CDOM|NITRATE|BISULFIDE|TURBIDITY|PH_IN_SITU_\w+|"
    r"DOWN_IRRADIANCE\d+|DOWNWELLING_PAR|UP_RADIANCE\d+)(_?\d+)?"
)


def float_status(
    last_profile_time: datetime | None, end_mission_date: datetime | None, now: datetime
) -> Status:
    """Tell whether a float is active at the time `now`.

    A float whose mission has ended is inactive; of others the last profile tells: active within 45
    days, inactive within 540, then dead; unknown without a profile that has a time.
    """
    if end_mission_date is not None and end_mission_date <= now:
        return "INACTIVE"
    if last_profile_time is None:
        return "UNKNOWN"
    silent = now - last_profile_time
    if silent < timedelta(days=ACTIVE_DAYS):
        return "ACTIVE"
    return "INACTIVE" if silent < timedelta(days=DEAD_DAYS) else "DEAD"


def float_type(
    family: str | None, parameters: Iterable[str], max_pressure: float | None
) -> FloatType:
    """Tell what kind of float it is.

    Parameters
    ----------
    family : str, optional
        PLATFORM_FAMILY of the metadata, reference table 22.
    parameters : iterable of str
        What it measures, by Argo's names.
    max_pressure : float, optional
        The greatest good pressure of its profiles, dbar.
    """
    names = set(parameters)
    if "DEEP" in (family or "").upper() or (max_pressure or 0.0) > _DEEP_DBAR:
        return "deep"
    if any(_BIOGEOCHEMICAL.fullmatch(name) for name in names):
        return "biogeochemical"
    if any(_OXYGEN.fullmatch(name) for name in names):
        return "oxygen"
    return "core" if names & {"PRES", "TEMP", "PSAL"} else "unknown"
