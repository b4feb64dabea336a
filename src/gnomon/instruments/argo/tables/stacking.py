"""Puts the profiles of all files of one float in order, each profile once, as flat columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage
from gnomon.errors import BadData
from gnomon.instruments.argo.tables.columns import coverage


class Stackable(Protocol):
    """What is needed of the profiles of one file; see `files.core.Profiles`."""

    @property
    def platform_number(self) -> int:
        """WMO number of the float."""

    @property
    def cycle_number(self) -> NDArray[np.int32]:
        """Cycle of each profile, (profile,)."""

    @property
    def direction(self) -> NDArray[np.bytes_]:
        """``A`` or ``D``, (profile,)."""

    @property
    def stands(self) -> NDArray[np.bool_]:
        """Which levels are data, (profile, level)."""


P = TypeVar("P", bound=Stackable)


class Stacking(Generic[P]):
    """The profiles of one float, each once, sorted by cycle, direction and sampling.

    Parameters
    ----------
    parts : sequence
        The profiles of each file: single-cycle files lead, aggregates fill in what they lack.
    names : sequence of str
        What messages call the files.
    n_cycles : int
        How many of the files are of a single cycle; they come first.

    Attributes
    ----------
    selected : list of (profile,) bool
        Which profiles of each part are taken.
    counts : (profile,) int32
        Levels of each profile: those with a raw pressure.

    Raises
    ------
    BadData
        Two single-cycle files hold the same profile, or the files are of several floats.
    """

    def __init__(self, parts: Sequence[P], names: Sequence[str], n_cycles: int) -> None:
        if len(floats := {part.platform_number for part in parts}) > 1:
            raise BadData(f"files of several floats in one group: {sorted(floats)}")
        self.parts = list(parts)
        self.selected = _select(parts, names, n_cycles)
        pairs = list(zip(parts, self.selected, strict=True))
        self._stands = [part.stands & chosen[:, np.newaxis] for part, chosen in pairs]
        keys = (self._unsorted(name) for name in ("n_prof", "direction", "cycle_number"))
        self._order = np.lexsort(tuple(keys))
        pieces = zip(self._stands, self.selected, strict=True)
        self._unsorted_counts = np.concatenate(
            [stands.sum(axis=1, dtype=np.int32)[chosen] for stands, chosen in pieces]
        )
        self.counts = self._unsorted_counts[self._order]

    @property
    def coverage(self) -> Coverage | None:
        """The time of the profiles."""
        return coverage(self.profile("juld"))

    def profile(self, name: str) -> NDArray[Any]:
        """Return a (profile,) attribute of the parts."""
        return self.sorted(self._unsorted(name))

    def sorted(self, column: NDArray[Any]) -> NDArray[Any]:
        """Sort a column that has one value per selected profile, in the order of the parts."""
        ordered: NDArray[Any] = column[self._order]
        return ordered

    def part_of(self) -> NDArray[np.intp]:
        """Return which part each profile is of, (profile,)."""
        sizes = [chosen.sum() for chosen in self.selected]
        return self.sorted(np.repeat(np.arange(len(self.parts)), sizes))

    def key(self) -> list[pa.Array]:
        """Return the columns that identify a profile, (profile,)."""
        cycle = self.profile("cycle_number")
        platform = np.full(len(cycle), self.parts[0].platform_number, np.int32)
        descends = pa.array((self.profile("direction") == b"D").astype(np.int8))
        direction = pa.DictionaryArray.from_arrays(descends, ["A", "D"]).cast(pa.string())
        return [pa.array(platform), pa.array(cycle), direction, pa.array(self.profile("n_prof"))]

    def repeated(self, columns: Sequence[pa.Array]) -> list[pa.Array]:
        """Repeat (profile,) columns for every level of the profile."""
        profile = pa.array(np.repeat(np.arange(len(self.counts)), self.counts))
        return [column.take(profile) for column in columns]

    def level(self) -> NDArray[np.int32]:
        """Return the index along the file's N_LEVELS, (level,)."""
        level = np.concatenate([np.nonzero(stands)[1] for stands in self._stands])
        return level[self._take].astype(np.int32)

    def levels(self, arrays: Sequence[NDArray[Any] | None], none: np.generic) -> NDArray[Any]:
        """Return a (profile, level) array of every part as (level,); `none` where one lacks it."""
        pairs = zip(arrays, self._stands, strict=True)
        pieces = [np.full(s.sum(), none) if array is None else array[s] for array, s in pairs]
        whole: NDArray[Any] = np.concatenate(pieces)[self._take]
        return whole

    def blocks(self, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return an (a, b, profile, level) array of every part as (a, b, level)."""
        pieces = []
        for array, stands in zip(arrays, self._stands, strict=True):
            flat = array.reshape(*array.shape[:2], -1)
            pieces.append(flat if stands.all() else flat.take(np.flatnonzero(stands), axis=2))
        whole: NDArray[Any] = np.concatenate(pieces, axis=2)[:, :, self._take]
        return whole

    def _unsorted(self, name: str) -> NDArray[Any]:
        pairs = zip(self.parts, self.selected, strict=True)
        return np.concatenate([getattr(part, name)[chosen] for part, chosen in pairs])

    @cached_property
    def _take(self) -> NDArray[np.intp] | slice:
        """What sorts the levels of all parts by profile."""
        rank = np.empty_like(self._order)
        rank[self._order] = np.arange(len(rank))
        if (rank[:-1] < rank[1:]).all():
            return slice(None)  # the files came in order, as they mostly do
        return np.argsort(np.repeat(rank, self._unsorted_counts), kind="stable")


def cycle_keys(profiles: Stackable) -> NDArray[np.int32]:
    """Return one number per cycle and direction, ascending before descending."""
    descends = (profiles.direction == b"D").astype(np.int32)
    return np.asarray(2 * profiles.cycle_number + descends, np.int32)


def _select(
    parts: Sequence[Stackable], names: Sequence[str], n_cycles: int
) -> list[NDArray[np.bool_]]:
    """Tell which profiles of each part to take, (profile,) bool."""
    seen: dict[int, str] = {}
    selected = []
    for index, (part, name) in enumerate(zip(parts, names, strict=True)):
        keys = cycle_keys(part)
        if index < n_cycles:
            # One cycle in all its samplings: nothing before it may have it.
            for key in np.unique(keys).tolist():
                if key in seen:
                    raise BadData(f"{name} and {seen[key]} hold the same cycle")
            selected.append(np.ones(len(keys), np.bool_))
        else:
            selected.append(~np.isin(keys, list(seen)))
        seen |= dict.fromkeys(keys.tolist(), name)
    return selected
