"""What the tables of a database hold: the same on PostgreSQL, SQLite and DuckDB.

    argo_float       one row per float               from argo.float
    argo_profile     one row per profile             from argo.profiles
    argo_parameter   one per profile and parameter   from argo.parameters
    argo_level       one per level, core parameters  from argo.analysis
    argo_bgc_level   one per level and parameter     from argo.analysis, all other parameters
    argo_load        which version of what was loaded

Each kind of dataset fills its own tables, in one transaction per dataset and in any order, so no
table refers to another one. Columns have the names and units of the Parquet tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, PARAMETERS, PROFILES
from gnomon.instruments.argo.tables.columns import CORE, DERIVED, TIME

_CYCLES, _DIRECTIONS, _SAMPLINGS = 10_000, 2, 128
PROFILES_OF_A_FLOAT = _CYCLES * _DIRECTIONS * _SAMPLINGS


class Type(StrEnum):
    """The types of columns, on every database."""

    BIGINT = "bigint"
    INTEGER = "integer"
    SMALLINT = "smallint"
    REAL = "real"
    DOUBLE = "double precision"
    TEXT = "text"
    LETTER = "letter"
    """One ASCII letter."""
    TIME = "time"
    """An instant, UTC."""


ARROW = {
    Type.BIGINT: pa.int64(),
    Type.INTEGER: pa.int32(),
    Type.SMALLINT: pa.int16(),
    Type.REAL: pa.float32(),
    Type.DOUBLE: pa.float64(),
    Type.TEXT: pa.string(),
    Type.LETTER: pa.string(),
    Type.TIME: TIME,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `source` is its name in the dataset, where that is another one."""

    name: str
    type: Type
    source: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    key : tuple of str
        The primary key; its first column tells the float.
    indexes : tuple of str
        Further indexes, as SQL spells their columns.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """The types of what is loaded."""
        return pa.schema([pa.field(column.name, ARROW[column.type]) for column in self.columns])

    def of_float(self, wmo: int) -> str:
        """Return the condition, in SQL, that holds for the rows of one float."""
        if self.key[0] == "wmo":
            return f"wmo = {wmo:d}"
        first = profile_id(wmo, 0, "A", 0)
        return f"profile_id >= {first:d} AND profile_id < {first + PROFILES_OF_A_FLOAT:d}"


def profile_id(wmo: int, cycle: int, direction: str, n_prof: int) -> int:
    """Return the number of a profile, made of its key."""
    return int(profile_ids(wmo, np.array([cycle]), np.array([direction == "D"]), n_prof)[0])


def profile_ids(
    wmo: int,
    cycle: NDArray[np.integer],
    descends: NDArray[np.bool_],
    n_prof: NDArray[np.integer] | int,
) -> NDArray[np.int64]:
    """Return ((wmo * 10,000 + cycle) * 2 + descends) * 128 + n_prof, (profile,) int64.

    Raises
    ------
    BadData
        A number has no place in it.
    """
    for name, values, most in (("cycle_number", cycle, _CYCLES), ("n_prof", n_prof, _SAMPLINGS)):
        least, greatest = np.min(values, initial=0), np.max(values, initial=0)
        if least < 0 or greatest >= most:
            raise BadData(f"{name} {least if least < 0 else greatest} is not in 0 to {most - 1}")
    cycles = np.int64(wmo) * _CYCLES + cycle
    numbers = (cycles * _DIRECTIONS + descends) * _SAMPLINGS + n_prof
    return numbers.astype(np.int64)


def profile_key(number: int) -> tuple[int, int, str, int]:
    """Return (wmo, cycle, direction, n_prof) of a profile's number."""
    rest, n_prof = divmod(number, _SAMPLINGS)
    rest, descends = divmod(rest, _DIRECTIONS)
    wmo, cycle = divmod(rest, _CYCLES)
    return wmo, cycle, "D" if descends else "A", n_prof


def _columns(kind: Type, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


def _chosen(name: str) -> tuple[Column, ...]:
    """Return the columns of `tables.columns.chosen_fields`."""
    return (
        Column(name, Type.REAL),
        Column(f"{name}_qc", Type.SMALLINT),
        Column(f"{name}_error", Type.REAL),
        Column(f"{name}_raw", Type.REAL),
        Column(f"{name}_raw_qc", Type.SMALLINT),
        Column(f"{name}_mode", Type.LETTER),
    )


_ID = Column("profile_id", Type.BIGINT)
CORE_COLUMNS = tuple(name.lower() for name in CORE)

FLOAT_TABLE = Table(
    "argo_float",
    (
        Column("wmo", Type.INTEGER, "wmo_number"),
        *_columns(Type.TEXT, "float_type", "dac", "data_centre", "project_name"),
        *_columns(Type.TEXT, "operating_institution", "pi_name", "platform_type"),
        *_columns(Type.TEXT, "platform_family", "platform_maker", "float_serial_no"),
        *_columns(Type.TEXT, "firmware_version", "wmo_inst_type", "battery_type"),
        *_columns(Type.TIME, "launch_date"),
        *_columns(Type.DOUBLE, "launch_latitude", "launch_longitude"),
        *_columns(Type.TIME, "start_mission_date", "end_mission_date"),
        *_columns(Type.TEXT, "end_mission_status", "sensors", "parameters"),
        *_columns(Type.INTEGER, "n_profiles"),
        *_columns(Type.TIME, "first_profile_time", "last_profile_time"),
        *_columns(Type.INTEGER, "last_cycle"),
        *_columns(Type.DOUBLE, "last_latitude", "last_longitude", "last_depth_m", "last_temp"),
        *_columns(Type.DOUBLE, "last_salinity", "max_pressure", "battery_percent"),
        *_columns(Type.TEXT, "battery_from"),
    ),
    ("wmo",),
)
PROFILE_TABLE = Table(
    "argo_profile",
    (
        _ID,
        Column("wmo", Type.INTEGER, "platform_number"),
        *_columns(Type.INTEGER, "cycle_number"),
        *_columns(Type.LETTER, "direction"),
        *_columns(Type.SMALLINT, "n_prof"),
        *_columns(Type.TIME, "juld"),
        *_columns(Type.SMALLINT, "juld_qc"),
        *_columns(Type.DOUBLE, "latitude", "longitude"),
        *_columns(Type.SMALLINT, "position_qc"),
        *_columns(Type.LETTER, "data_mode"),
        *_columns(Type.TEXT, "vertical_sampling_scheme"),
        *_columns(Type.TIME, "date_update"),
        *_columns(Type.TEXT, "source_file", "sha256"),
        *_columns(Type.INTEGER, "n_levels"),
    ),
    ("profile_id",),
    ("wmo, juld", "juld"),
)
PARAMETER_TABLE = Table(
    "argo_parameter",
    (
        _ID,
        *_columns(Type.TEXT, "parameter"),
        *_columns(Type.LETTER, "data_mode"),
        *_columns(Type.INTEGER, "n_levels", "n_values", "n_good"),
        *_columns(Type.DOUBLE, "minimum", "maximum", "mean"),
        *_columns(Type.SMALLINT, "greylist_qc"),
        *_columns(Type.INTEGER, "n_test_failed", "n_dac_bad", "n_both_bad"),
    ),
    ("profile_id", "parameter"),
)
LEVEL_TABLE = Table(
    "argo_level",
    (
        _ID,
        *_columns(Type.INTEGER, "level"),
        *(column for name in CORE_COLUMNS for column in _chosen(name)),
        *_columns(Type.SMALLINT, *(f"{name}_test_qc" for name in CORE_COLUMNS)),
        *_columns(Type.REAL, *(field.name for field in DERIVED)),
        *_columns(Type.INTEGER, "tests_failed"),
    ),
    ("profile_id", "level"),
)
BGC_LEVEL_TABLE = Table(
    "argo_bgc_level",
    (
        _ID,
        *_columns(Type.TEXT, "parameter"),
        *_columns(Type.INTEGER, "level"),
        *_columns(Type.REAL, "value"),
        *_columns(Type.SMALLINT, "qc"),
        *_columns(Type.REAL, "error", "raw"),
        *_columns(Type.SMALLINT, "raw_qc"),
        *_columns(Type.LETTER, "mode"),
    ),
    ("profile_id", "parameter", "level"),
)
LOAD_TABLE = Table(
    "argo_load",
    (
        *_columns(Type.INTEGER, "wmo"),
        *_columns(Type.TEXT, "kind", "sha256"),
        *_columns(Type.INTEGER, "version"),
        *_columns(Type.BIGINT, "row_count"),
        *_columns(Type.TIME, "loaded_at"),
    ),
    ("wmo", "kind"),
)
FILLED_BY = {
    FLOAT.name: (FLOAT_TABLE,),
    PROFILES.name: (PROFILE_TABLE,),
    PARAMETERS.name: (PARAMETER_TABLE,),
    ANALYSIS.name: (LEVEL_TABLE, BGC_LEVEL_TABLE),
}
"""The tables of each kind."""
TABLES = (*(table for tables in FILLED_BY.values() for table in tables), LOAD_TABLE)
