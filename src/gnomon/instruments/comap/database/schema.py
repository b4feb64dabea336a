"""The tables of observations, as users of COMAP know them, and one that remembers what is loaded.

    comap_data ─┬─ quality_flags           152 rows: feeds 1 to 19, frequency bands 0 to 7
                ├─ observation_summary     one row
                └─ calibration_flux        rows of calibrators: feed, band 0 to 3, channel 0 or 1
    calibration_model_fit                  one row a feed, band and channel
    old_path_data                          where a Level-1 file was before

A `pixel` is a feed's number; a `frequency_band` is band * 2 + half (see `receiver`), and `channel`
is the half. What was not measured is NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Type(StrEnum):
    """What a column holds."""

    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"
    BOOLEAN = "boolean"
    JSON = "json"
    TIME = "time"


@dataclass(frozen=True)
class Column:
    """One column; `rest` is what else the statement that makes it says."""

    name: str
    type: Type
    rest: str = ""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    key : tuple of str
        What tells its rows apart.
    numbered : bool
        Whether `id`, which the database counts, comes first; `key` is unique then.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    numbered: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are written."""
        return tuple(column.name for column in self.columns)


def _columns(kind: Type, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


_OBSID = Column("obsid", Type.INTEGER, "NOT NULL")
_OF_DATA = Column("obsid", Type.INTEGER, "NOT NULL REFERENCES comap_data (obsid)")

DATA: Final = Table(
    "comap_data",
    ("obsid",),
    (
        _OBSID,
        *_columns(Type.TEXT, "level1_path", "level2_path", "bof"),
        Column("bw", Type.FLOAT),
        *_columns(Type.INTEGER, "coeff_iq", "features", "fft_shift"),
        Column("instrument", Type.TEXT),
        *_columns(Type.INTEGER, "iqcalid", "level", "nbit", "nchan", "nint"),
        *_columns(Type.TEXT, "pixels", "platform", "source", "source_group", "telescope"),
        Column("tsamp", Type.FLOAT),
        *_columns(Type.TEXT, "utc_start", "version"),
    ),
)
PATHS: Final = ("level1_path", "level2_path")
STATISTICS: Final = tuple(
    f"{of}_{name}"
    for of in ("filtered", "unfiltered")
    for name in ("red_noise", "white_noise", "auto_rms", "noise_index")
)
"""Noise of a feed and frequency band, means over its scans."""
COUNTS: Final = ("n_spikes", "n_nan_values")
ATMOSPHERE: Final = "mean_atm_temp"
MEASURED: Final = (*STATISTICS, *COUNTS, ATMOSPHERE)
"""Columns of `quality_flags` that a Level-2 file fills."""
FLAGS: Final = Table(
    "quality_flags",
    ("obsid", "pixel", "frequency_band"),
    (
        _OF_DATA,
        Column("pixel", Type.INTEGER, "NOT NULL"),
        Column("frequency_band", Type.INTEGER, "NOT NULL"),
        Column("is_good", Type.BOOLEAN, "NOT NULL DEFAULT {true}"),
        Column("comment", Type.TEXT),
        *_columns(Type.FLOAT, *STATISTICS),
        *_columns(Type.INTEGER, *COUNTS),
        Column(ATMOSPHERE, Type.FLOAT),
    ),
    numbered=True,
)
FIGURES: Final = (
    *("median_tsys", "mean_tau"),
    *("calibrator_flux", "calibrator_flux_error", "calibrator_chi2"),
    *(f"pointing_offset_{axis}" for axis in ("az", "el", "ra", "dec")),
)
N_SCANS: Final = "n_scans"
SUMMARY: Final = Table(
    "observation_summary",
    ("obsid",),
    (
        _OF_DATA,
        Column("processing_status", Type.TEXT, "NOT NULL DEFAULT 'pending'"),
        Column("processing_error", Type.TEXT),
        *_columns(Type.FLOAT, *FIGURES),
        Column(N_SCANS, Type.INTEGER),
    ),
)
_BIN = tuple(Column(name, Type.INTEGER, "NOT NULL") for name in ("feed", "band", "channel"))
FLUX: Final = Table(
    "calibration_flux",
    ("obsid", "feed", "band", "channel"),
    (
        _OF_DATA,
        *_BIN,
        Column("mjd", Type.FLOAT),
        Column("source", Type.TEXT),
        *_columns(Type.FLOAT, "measured_flux", "flux_error", "amplitude", "chi2"),
    ),
    numbered=True,
)
MODEL: Final = Table(
    "calibration_model_fit",
    ("feed", "band", "channel"),
    (
        *_BIN,
        *_columns(Type.TEXT, "source", "model_type"),
        *_columns(Type.JSON, "poly_coeffs", "nearest_mjds", "nearest_gains"),
        Column("fit_rms", Type.FLOAT),
        Column("n_observations", Type.INTEGER),
        Column("updated_at", Type.TIME),
    ),
    numbered=True,
)
OLD_PATHS: Final = Table(
    "old_path_data", ("obsid",), (_OBSID, Column("old_level1_path", Type.TEXT))
)
LOADED: Final = Table(
    "_gnomon_comap",
    ("kind", "obsid"),
    (
        Column("kind", Type.TEXT, "NOT NULL"),
        _OBSID,
        Column("sha256", Type.TEXT, "NOT NULL"),
        Column("said", Type.TEXT, "NOT NULL"),
    ),
)
"""Which datasets are loaded, and what each said of what several have a say in: status and flags."""

TABLES: Final = (DATA, FLAGS, SUMMARY, FLUX, MODEL, OLD_PATHS, LOADED)
OF_OBSERVATION: Final = (FLAGS, SUMMARY, FLUX, DATA)
"""Tables with rows of an observation, those first that refer to others."""
