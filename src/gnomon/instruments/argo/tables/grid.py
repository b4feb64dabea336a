"""Joins the core and the biogeochemical levels of one float on profile and level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.tables.columns import PROFILE_KEY

_SAMPLINGS = 1 << 10  # more than any cycle has
_LEVELS = 1 << 20  # more than any profile has
_NAMES = [column.name for column in PROFILE_KEY]


@dataclass(frozen=True)
class Grid:
    """All levels of one float, sorted by profile and level.

    Attributes
    ----------
    profiles : pyarrow.Table
        One row per profile, sorted; a profile that only the biogeochemical files have carries
        nulls but for its key.
    counts : (profile,) int64
        Levels of each profile.
    level : (level,) int32
    """

    profiles: pa.Table
    counts: NDArray[np.int64]
    level: NDArray[np.int32]
    _core: pa.Table
    _core_at: NDArray[np.intp] | None
    _bgc: pa.Table | None
    _bgc_at: NDArray[np.intp] | None

    @classmethod
    def of(cls, levels: pa.Table, profiles: pa.Table, bgc: pa.Table | None) -> Grid:
        """Join the tables of one float, in whatever order their rows come.

        Raises
        ------
        BadData
            They are of several floats, or of different states of one.
        """
        tables = [levels, profiles] if bgc is None else [levels, profiles, bgc]
        numbers = {n.as_py() for table in tables for n in table["platform_number"].unique()}
        if len(numbers) > 1:
            raise BadData(f"tables of several floats: {sorted(numbers)}")
        told = profile_codes(profiles)
        profiles, told = _sorted(profiles, told, "profiles")
        levels, core = _sorted(levels, _level_codes(levels), "levels")
        if not np.isin(core // _LEVELS, told).all():
            raise BadData("the table of levels has profiles that the table of profiles lacks")
        if bgc is None:
            return cls._on(profiles, told, core, levels, None, None, None)
        bgc, extra = _sorted(bgc, _level_codes(bgc), "bgc_levels")
        profiles, told = _with_more(profiles, told, bgc, extra // _LEVELS)
        codes = np.union1d(core, extra)
        places = np.searchsorted(codes, core), np.searchsorted(codes, extra)
        return cls._on(profiles, told, codes, levels, places[0], bgc, places[1])

    @classmethod
    def _on(
        cls, profiles: pa.Table, told: NDArray[np.int64], codes: NDArray[np.int64], *rest: Any
    ) -> Grid:
        counts = np.bincount(np.searchsorted(told, codes // _LEVELS), minlength=len(told))
        return cls(profiles, counts, (codes % _LEVELS).astype(np.int32), *rest)

    @property
    def bgc_names(self) -> tuple[str, ...]:
        """The columns of the biogeochemical table."""
        return () if self._bgc is None else tuple(self._bgc.column_names)

    def bgc_field(self, name: str) -> pa.Field:
        """Return the declaration of one of `bgc_names`."""
        if self._bgc is None:
            raise KeyError(name)
        return self._bgc.schema.field(name)

    def repeated(self, fields: Sequence[pa.Field]) -> list[pa.Array]:
        """Return columns of `profiles`, each value once per level."""
        profile = pa.array(np.repeat(np.arange(len(self.counts)), self.counts))
        found = (self.profiles[column.name].combine_chunks() for column in fields)
        return [column.take(profile) for column in found]

    def core_column(self, name: str) -> NDArray[Any]:
        """Return a core column on all levels; NaN, or -1 for a flag, where there is none."""
        return _spread(self._core[name], self._core_at, len(self.level))

    def bgc_column(self, name: str) -> NDArray[Any] | None:
        """Return a biogeochemical column on all levels, or None where there is none."""
        if self._bgc is None or name not in self._bgc.column_names:
            return None
        return _spread(self._bgc[name], self._bgc_at, len(self.level))

    def bgc_modes(self, name: str) -> pa.Array:
        """Return a column of modes once per profile; null where the profile has none."""
        if self._bgc is None or self._bgc_at is None or name not in self._bgc.column_names:
            return pa.nulls(len(self.counts), pa.string())
        profile = np.repeat(np.arange(len(self.counts)), self.counts)[self._bgc_at]
        found, first = np.unique(profile, return_index=True)
        rows = np.full(len(self.counts), -1)
        rows[found] = first
        return self._bgc[name].combine_chunks().take(pa.array(rows, mask=rows < 0))


def profile_codes(table: pa.Table) -> NDArray[np.int64]:
    """Return one number per row that sorts as cycle, direction, n_prof do."""
    cycle, n_prof = (table[name].to_numpy().astype(np.int64) for name in ("cycle_number", "n_prof"))
    names = table["direction"].combine_chunks().dictionary_encode()
    down = np.array([name == "D" for name in names.dictionary.to_pylist()], np.int64)
    direction = down[names.indices.to_numpy()] if len(table) else np.zeros(0, np.int64)
    codes: NDArray[np.int64] = (2 * cycle + direction) * _SAMPLINGS + n_prof
    return codes


def _level_codes(table: pa.Table) -> NDArray[np.int64]:
    codes: NDArray[np.int64] = profile_codes(table) * _LEVELS + table["level"].to_numpy()
    return codes


def _sorted(
    table: pa.Table, codes: NDArray[np.int64], name: str
) -> tuple[pa.Table, NDArray[np.int64]]:
    """Sort a table by its codes, which are unique; mostly it is sorted already."""
    if (np.diff(codes) > 0).all():
        return table, codes
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    if (np.diff(codes) == 0).any():
        raise BadData(f"the table of {name} has a row twice")
    return table.take(pa.array(order)), codes


def _with_more(
    profiles: pa.Table, told: NDArray[np.int64], bgc: pa.Table, codes: NDArray[np.int64]
) -> tuple[pa.Table, NDArray[np.int64]]:
    """Add the profiles that only the biogeochemical table has."""
    found, first = np.unique(codes, return_index=True)
    new = ~np.isin(found, told)
    if not new.any():
        return profiles, told
    keys = bgc.select(_NAMES).take(pa.array(first[new]))
    every = pa.concat_tables([profiles, keys], promote_options="default")
    return _sorted(every, np.concatenate([told, found[new]]), "profiles")


def _spread(column: pa.ChunkedArray, at: NDArray[np.intp] | None, length: int) -> NDArray[Any]:
    """Return a column as numbers, put on `length` levels where `at` says where they lie."""
    flags = pa.types.is_integer(column.type)
    values: NDArray[Any] = (column.fill_null(-1) if flags else column).to_numpy()
    if at is None:
        return values
    spread = np.full(length, -1 if flags else np.nan, values.dtype)
    spread[at] = values
    return spread
