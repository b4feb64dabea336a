"""The values to use of one parameter, chosen between raw and adjusted, with both beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.instruments.argo.tables.columns import CORE, chosen_fields, flags
from gnomon.instruments.argo.tables.grid import Grid

NO_MODE, REAL_TIME, ADJUSTED, DELAYED = -1, 0, 1, 2
_LETTERS = ("R", "A", "D")
_DAY_US = 86_400_000_000
_EPOCH_DAYS = 7_305.0  # from 1950-01-01 to 1970-01-01
_UNJUDGED = (-1, 9)
_SUFFIXES = ("", "_qc", "_adjusted", "_adjusted_qc", "_adjusted_error")


@dataclass(frozen=True)
class Chosen:
    """One parameter on all levels of a float.

    Attributes
    ----------
    name, long_name, units : str
    values, error, raw : (level,) float32 or float64
        In `units`; NaN where there is none. In real time there is no error.
    qc, raw_qc : (level,) int8
        Flags of reference table 2; -1 where blank.
    mode : (level,) int8
    profile_mode : (profile,) int8
        `NO_MODE` where the profile has not the parameter, else a place in R, A, D.
    """

    name: str
    long_name: str
    units: str
    values: NDArray[Any]
    qc: NDArray[np.int8]
    error: NDArray[Any]
    raw: NDArray[Any]
    raw_qc: NDArray[np.int8]
    mode: NDArray[np.int8]
    profile_mode: NDArray[np.int8]

    def fields(self) -> list[pa.Field]:
        """Return the declarations of its columns, of the type that its file has."""
        declared = chosen_fields(self.name, self.long_name, self.units)
        kind = pa.from_numpy_dtype(self.values.dtype)
        return [f.with_type(kind) if f.type == pa.float32() else f for f in declared]

    def columns(self) -> list[pa.Array]:
        """Return its columns."""
        kind = self.values.dtype  # the wider one, where a file mixes single and double
        values, error, raw = (
            pa.array(found.astype(kind, copy=False), from_pandas=True)
            for found in (self.values, self.error, self.raw)
        )
        return [
            values,
            flags(self.qc),
            error,
            raw,
            flags(self.raw_qc),
            mode_names(self.mode),
        ]


class _Both(NamedTuple):
    """A parameter as its file has it; (level,) arrays in the order of `_SUFFIXES`."""

    raw: NDArray[Any]
    raw_qc: NDArray[np.int8]
    adjusted: NDArray[Any]
    adjusted_qc: NDArray[np.int8]
    error: NDArray[Any]


def choose_core(grid: Grid, name: str) -> Chosen:
    """Choose the values of a core parameter.

    A profile has a pressure always; temperature and salinity where there is a value or a flag.
    """
    both = _Both(*(grid.core_column(name.lower() + suffix) for suffix in _SUFFIXES))
    if name == "PRES" and (other := grid.bgc_column("pres")) is not None:
        raw = np.where(np.isnan(both.raw), other, both.raw)  # levels that no core file has
        both = both._replace(raw=raw)
    mode = _codes(grid.profiles["data_mode"].combine_chunks())
    there = ~np.isnan(both.raw) | ~np.isnan(both.adjusted)
    there |= (both.raw_qc >= 0) | (both.adjusted_qc >= 0)
    profile = np.repeat(np.arange(len(grid.counts)), grid.counts)
    has = np.bincount(profile[there], minlength=len(grid.counts)) > 0
    if name == "PRES":
        has[:] = True
    mode[~has] = NO_MODE
    return _choose(name, CORE[name], both, mode, grid.counts)


def choose_bgc(grid: Grid) -> dict[str, Chosen]:
    """Choose the values of all biogeochemical parameters that can be adjusted, by name."""
    names = set(grid.bgc_names)
    found = [n for n in grid.bgc_names if f"{n}_adjusted" in names and f"{n}_qc" in names]
    return {column.upper(): _bgc(grid, column) for column in found}


def _bgc(grid: Grid, column: str) -> Chosen:
    declared = grid.bgc_field(column)
    metadata = {key.decode(): value.decode() for key, value in (declared.metadata or {}).items()}
    told = (
        metadata.get("long_name", column).removesuffix(", as measured"),
        metadata.get("units", ""),
    )
    both = _Both(*(_found(grid, column + suffix, declared) for suffix in _SUFFIXES))
    mode = _codes(grid.bgc_modes(f"{column}_mode"))
    return _choose(column.upper(), told, both, mode, grid.counts)


def _found(grid: Grid, name: str, like: pa.Field) -> NDArray[Any]:
    """Return a column that may be missing."""
    found = grid.bgc_column(name)
    if found is not None:
        return found
    if name.endswith("_qc"):
        return np.full(len(grid.level), -1, np.int8)
    return np.full(len(grid.level), np.nan, like.type.to_pandas_dtype())


def _choose(
    name: str,
    told: tuple[str, str],
    both: _Both,
    profile_mode: NDArray[np.int8],
    counts: NDArray[np.int64],
) -> Chosen:
    """Apply the manual's rule: raw in real time, else adjusted, never one in the other's place."""
    mode = np.repeat(profile_mode, counts)
    real_time, none = mode == REAL_TIME, mode == NO_MODE
    qc = np.where(real_time, both.raw_qc, both.adjusted_qc)
    qc[none] = -1
    values = np.where(real_time, both.raw, both.adjusted)
    values[none] = np.nan
    return Chosen(
        name=name,
        long_name=told[0],
        units=told[1],
        values=values,
        qc=qc,
        error=np.where(real_time | none, np.float32(np.nan), both.error),
        raw=both.raw,
        raw_qc=both.raw_qc,
        mode=mode,
        profile_mode=profile_mode,
    )


def greylist_chosen(chosen: Chosen, grey: NDArray[np.int8]) -> None:
    """Make the flags of real-time and adjusted values at least as bad as the greylist's.

    Parameters
    ----------
    grey : (level,) int8
        -1 where the greylist says nothing.
    """
    open_ = (chosen.mode == REAL_TIME) | (chosen.mode == ADJUSTED)
    judged = ~np.isin(chosen.qc, _UNJUDGED)
    severity = np.where(np.isin(chosen.qc, (5, 8)), 1, chosen.qc)  # changed and estimated are good
    worse = open_ & judged & (grey > severity)
    chosen.qc[worse] = grey[worse]


def mode_names(codes: NDArray[np.int8]) -> pa.Array:
    """Return modes as letters, null for `NO_MODE`."""
    indices = pa.array(np.maximum(codes, 0), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, list(_LETTERS)).cast(pa.string())


def qc_of(column: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return a column of flags as numbers, -1 for null."""
    return np.asarray(column.fill_null(-1).to_numpy(), np.int8)


def days(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return times as days since 1950-01-01 UTC; NaN for null."""
    micros = column.cast(pa.int64())
    none = micros.is_null().to_numpy()
    found = np.asarray(micros.fill_null(0).to_numpy() / _DAY_US + _EPOCH_DAYS, np.float64)
    found[none] = np.nan
    return found


def _codes(column: pa.Array) -> NDArray[np.int8]:
    """Return modes as places in R, A, D; `NO_MODE` for null."""
    encoded = column.dictionary_encode()
    places = [_LETTERS.index(letter) for letter in encoded.dictionary.to_pylist()]
    table = np.array([*places, NO_MODE], np.int8)
    codes: NDArray[np.int8] = table[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return codes
