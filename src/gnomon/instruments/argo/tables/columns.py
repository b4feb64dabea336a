"""The columns that several tables share, and how arrays become columns.

Columns carry their unit and meaning as field metadata (``units``, ``long_name``). A quality flag
is null where the file has a blank.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage
from gnomon.instruments.argo.files.variables import EPOCH
from gnomon.instruments.argo.science.selection import UNUSABLE_FLAGS

_DAY_MS = 86_400_000
_EPOCH_MS = round((EPOCH - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000
TIME = pa.timestamp("us", tz="UTC")
FLAG = "quality flag, Argo reference table 2, of the "


def field(name: str, kind: pa.DataType, long_name: str, units: str = "1") -> pa.Field:
    """Declare a column with its meaning and unit."""
    return pa.field(name, kind, metadata={"long_name": long_name, "units": units})


PROFILE_KEY = (
    field("platform_number", pa.int32(), "WMO number of the float"),
    field("cycle_number", pa.int32(), "cycle number, 0 is the launch cycle"),
    field("direction", pa.string(), "A ascending, D descending"),
    field("n_prof", pa.int16(), "sampling of the cycle, 0 is the primary one"),
)
LEVEL = field("level", pa.int32(), "index along the file's N_LEVELS")
WHERE_AND_WHEN = (
    field("juld", TIME, "time of the profile"),
    field("juld_qc", pa.int8(), "quality flag of juld"),
    field("latitude", pa.float64(), "latitude", "degree_north"),
    field("longitude", pa.float64(), "longitude", "degree_east"),
    field("position_qc", pa.int8(), "quality flag of latitude and longitude"),
)
CORE = {
    "PRES": ("sea water pressure, 0 at sea level", "decibar"),
    "TEMP": ("in situ sea water temperature, ITS-90", "degree_Celsius"),
    "PSAL": ("practical salinity, PSS-78", "1"),
}
"""Long name and unit of the core parameters."""

DERIVED = (
    field("depth_m", pa.float32(), "depth below the sea surface, TEOS-10", "m"),
    field("absolute_salinity_g_kg", pa.float32(), "absolute salinity, TEOS-10", "g/kg"),
    field(
        "conservative_temperature_c",
        pa.float32(),
        "conservative temperature, TEOS-10",
        "degree_Celsius",
    ),
    field(
        "potential_temperature_c",
        pa.float32(),
        "potential temperature referred to the sea surface, TEOS-10",
        "degree_Celsius",
    ),
    field(
        "sigma0_kg_m3",
        pa.float32(),
        "potential density referred to the sea surface, less 1000, TEOS-10",
        "kg/m3",
    ),
    field("density_kg_m3", pa.float32(), "in situ density, TEOS-10", "kg/m3"),
)
"""Made of the good best values of pressure, temperature and salinity; null without them."""


def source_fields(name: str, long_name: str, units: str) -> tuple[pa.Field, ...]:
    """Return the columns of a parameter as its file has it: raw and adjusted."""
    column = name.lower()
    return (
        field(column, pa.float32(), f"{long_name}, as measured", units),
        field(f"{column}_qc", pa.int8(), FLAG + "measured value"),
        field(f"{column}_adjusted", pa.float32(), f"{long_name}, adjusted", units),
        field(f"{column}_adjusted_qc", pa.int8(), FLAG + "adjusted value"),
        field(f"{column}_adjusted_error", pa.float32(), "error of the adjusted value", units),
    )


def chosen_fields(name: str, long_name: str, units: str) -> tuple[pa.Field, ...]:
    """Return the columns of a parameter after the manual's choice between raw and adjusted.

    Nothing is lost: in real time (mode R) the chosen value is the raw one and there is no adjusted
    one; in modes A and D the chosen value is the adjusted one, and the raw one stands beside it.
    """
    column = name.lower()
    return (
        field(column, pa.float32(), long_name, units),
        field(f"{column}_qc", pa.int8(), FLAG + "value"),
        field(f"{column}_error", pa.float32(), "error of the value, where it is adjusted", units),
        field(f"{column}_raw", pa.float32(), f"{long_name}, as measured", units),
        field(f"{column}_raw_qc", pa.int8(), FLAG + "measured value"),
        field(f"{column}_mode", pa.string(), "R real time, A adjusted, D delayed mode"),
    )


def flags(qc: NDArray[np.int8]) -> pa.Array:
    """Return flags with null for a blank one."""
    return pa.array(qc, mask=qc < 0)


def coverage(juld: NDArray[np.float64]) -> Coverage | None:
    """Return the time from the first to the last profile; None where none has a time.

    Parameters
    ----------
    juld : (profile,) float64
        Days since 1950-01-01 UTC; NaN where there is none.
    """
    times = _microseconds(juld[~np.isnan(juld)])
    return Coverage(int(times.min()), int(times.max())) if len(times) else None


def coverage_of(table: pa.Table) -> Coverage | None:
    """Return the time of a table with `juld`; None where no row has one."""
    ends = pc.min_max(table["juld"].cast(pa.int64())).as_py()
    return None if ends["min"] is None else Coverage(ends["min"], ends["max"])


def usable(qc: pa.ChunkedArray) -> pa.ChunkedArray:
    """Tell which flags of a time or a position do not say that it is bad or missing."""
    return pc.invert(pc.is_in(qc, pa.array(UNUSABLE_FLAGS, pa.int8())))


def times(juld: NDArray[np.float64]) -> pa.Array:
    """Return days since 1950 as timestamps, null for NaN."""
    none = np.isnan(juld)
    micros = _microseconds(np.where(none, 0.0, juld))
    return pa.array(micros, pa.int64(), mask=none).cast(TIME)


def _microseconds(juld: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return days since 1950 as microseconds since 1970, rounded to the millisecond.

    The archive's times are whole seconds at best; their last bits are the noise of counting days.
    """
    return (np.rint(juld * _DAY_MS).astype(np.int64) + _EPOCH_MS) * 1_000
