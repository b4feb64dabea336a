"""What a float's data amount to: per parameter, and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.science.selection import usable_position
from gnomon.instruments.argo.science.status import Status, float_status
from gnomon.instruments.argo.tables.columns import usable

_TURN = 360.0


@dataclass(frozen=True)
class ParameterSummary:
    """Figures of one parameter of one float; those of values are of the good ones.

    Attributes
    ----------
    modes : mapping of str to int
        Profiles by data mode.
    n_test_failed, n_dac_bad, n_both_bad : int, optional
        Measured values that our real-time tests flag 3 or 4, that the data centre does, and that
        both do; None where the parameter is not tested.
    """

    parameter: str
    modes: Mapping[str, int]
    minimum: float | None
    maximum: float | None
    mean: float | None
    n_values: int
    n_good: int
    n_test_failed: int | None
    n_dac_bad: int | None
    n_both_bad: int | None


@dataclass(frozen=True)
class FloatSummary:
    """One float.

    Attributes
    ----------
    area : (west, east, south, north), optional
        In degrees; `west` is greater than `east` where it holds the meridian of 180 degrees.
    """

    wmo: int
    status: Status
    n_profiles: int
    n_cycles: int
    first: datetime | None
    last: datetime | None
    area: tuple[float, float, float, float] | None
    parameters: tuple[ParameterSummary, ...]


def summarise_float(
    profiles: pa.Table, parameters: pa.Table, record: Mapping[str, Any] | None, now: datetime
) -> FloatSummary:
    """Summarise the tables of one float.

    Parameters
    ----------
    profiles, parameters : pyarrow.Table
        Of `argo.profiles` and `argo.parameters`.
    record : mapping, optional
        The object of `argo.float`, for the end of its mission.
    now : datetime
        When the status is to hold, UTC.
    """
    # A time or a position that is flagged bad tells nothing of the float.
    ends = pc.min_max(profiles["juld"].filter(usable(profiles["juld_qc"]))).as_py()
    position_qc = profiles["position_qc"].fill_null(BLANK).to_numpy()
    latitude, longitude = (profiles[name].to_numpy() for name in ("latitude", "longitude"))
    ended = (record or {}).get("end_mission_date")
    names = dict.fromkeys(parameters["parameter"].to_pylist())
    return FloatSummary(
        int(profiles["platform_number"][0].as_py()),
        float_status(ends["max"], datetime.fromisoformat(ended) if ended else None, now),
        profiles.num_rows,
        len(profiles["cycle_number"].unique()),
        ends["min"],
        ends["max"],
        area_of(*usable_position(latitude, longitude, position_qc)),
        tuple(
            _parameter(name, parameters.filter(pc.equal(parameters["parameter"], name)))
            for name in sorted(names, key=_core_first)
        ),
    )


def _core_first(name: str) -> tuple[int, str]:
    core = ("PRES", "TEMP", "PSAL")
    return (core.index(name) if name in core else len(core), name)


def _parameter(name: str, rows: pa.Table) -> ParameterSummary:
    good = rows["n_good"].to_numpy()
    total = int(good.sum())
    means = np.nan_to_num(rows["mean"].to_numpy())
    modes = Counter(mode for mode in rows["data_mode"].to_pylist() if mode)
    return ParameterSummary(
        name,
        dict(sorted(modes.items())),
        pc.min(rows["minimum"]).as_py(),
        pc.max(rows["maximum"]).as_py(),
        float((means * good).sum() / total) if total else None,
        int(rows["n_values"].to_numpy().sum()),
        total,
        *(pc.sum(rows[n]).as_py() for n in ("n_test_failed", "n_dac_bad", "n_both_bad")),
    )


def area_of(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> tuple[float, float, float, float] | None:
    """Return the smallest box of degrees around positions: west, east, south, north.

    Parameters
    ----------
    latitude, longitude : (profile,) float64
        NaN where there is none.
    """
    known = np.isfinite(latitude) & np.isfinite(longitude)
    if not known.any():
        return None
    x = np.unique((longitude[known] + _TURN / 2) % _TURN - _TURN / 2)
    gaps = np.diff(np.append(x, x[0] + _TURN))
    widest = int(gaps.argmax())  # the box is all but the widest gap
    west, east = x[(widest + 1) % len(x)], x[widest]
    y = latitude[known]
    return float(west), float(east), float(y.min()), float(y.max())
