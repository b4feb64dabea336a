"""Stacks the biogeochemical or synthetic profiles of one float, sorted, as flat columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage
from gnomon.errors import BadData
from gnomon.instruments.argo.files.bgc import NO_MODE, BgcProfiles, Block
from gnomon.instruments.argo.files.core import PARAMETERS as CORE
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.tables.columns import coverage


class Stack:
    """The profiles of one float, each once, sorted by cycle, direction and sampling.

    Parameters
    ----------
    cycles : sequence of BgcProfiles
        Single-cycle files; they lead. Their order does not matter.
    aggregates : sequence of BgcProfiles
        Fill in the profiles that no single-cycle file has.

    Attributes
    ----------
    parameters : tuple of str
        All parameters of the files: PRES, TEMP, PSAL, then by name.
    counts : (profile,) int32
        Levels of each profile: those with a raw pressure.

    Raises
    ------
    BadData
        Two single-cycle files hold the same profile, or the files are of several floats.
    """

    def __init__(
        self, cycles: Sequence[BgcProfiles], aggregates: Sequence[BgcProfiles] = ()
    ) -> None:
        self._parts = [*sorted(cycles, key=_first_cycle), *aggregates]
        if len(floats := {part.platform_number for part in self._parts}) > 1:
            raise BadData(f"files of several floats in one group: {sorted(floats)}")
        self._selected = list(_select(self._parts, len(cycles)))
        self._stands = [
            part.stands & chosen[:, np.newaxis]
            for part, chosen in zip(self._parts, self._selected, strict=True)
        ]
        self._order = np.lexsort(
            (self._unsorted("n_prof"), self._unsorted("direction"), self._unsorted("cycle_number"))
        )
        found = {name for part in self._parts for name in part.parameters}
        self.parameters = tuple(sorted(found, key=lambda name: (name not in CORE, _rank(name))))
        self.counts = self._unsorted_counts[self._order]

    @property
    def skipped(self) -> list[str]:
        """Parameters that were not read, by name: spectra."""
        return sorted({name for part in self._parts for name in part.skipped})

    @property
    def coverage(self) -> Coverage | None:
        """The time of the profiles."""
        return coverage(self.profile("juld"))

    def profile(self, name: str) -> NDArray[Any]:
        """Return a (profile,) attribute of `BgcProfiles`."""
        column: NDArray[Any] = self._unsorted(name)[self._order]
        return column

    def key(self) -> list[pa.Array]:
        """Return the columns that identify a profile, (profile,)."""
        cycle = self.profile("cycle_number")
        platform = np.full(len(cycle), self._parts[0].platform_number, np.int32)
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

    def blocks(self, name: str) -> list[Block]:
        """Return a parameter of all files that have it, in the order of the cycles."""
        return [part.parameters[name] for part in self._parts if name in part.parameters]

    def has(self, name: str, part: str) -> bool:
        """Tell whether any file has ``adjusted``, ``error``, ... of a parameter."""
        return any(getattr(block, part) is not None for block in self.blocks(name))

    def mode(self, name: str) -> NDArray[np.bytes_]:
        """Return the data mode of a parameter, (profile,) S1; `NO_MODE` where there is none."""
        modes = []
        for part, chosen in zip(self._parts, self._selected, strict=True):
            block = part.parameters.get(name)
            none = np.full(len(chosen), NO_MODE, "S1")
            modes.append((none if block is None else block.mode)[chosen])
        return np.concatenate(modes)[self._order]

    def values(self, name: str, part: str) -> NDArray[np.floating]:
        """Return ``raw``, ``adjusted``, ``error`` or ``dpres``, (level,); NaN where there is none.

        float32, or float64 where a file has doubles.
        """
        return self._levels(name, part, np.float32(np.nan))

    def flags(self, name: str, part: str) -> NDArray[np.int8]:
        """Return ``raw_qc`` or ``adjusted_qc``, (level,); -1 where blank."""
        return self._levels(name, part, np.int8(BLANK))

    def _levels(self, name: str, part: str, none: np.generic) -> NDArray[Any]:
        pieces = []
        for profiles, stands in zip(self._parts, self._stands, strict=True):
            block = profiles.parameters.get(name)
            array = None if block is None else getattr(block, part)
            pieces.append(np.full(stands.sum(), none) if array is None else array[stands])
        return np.concatenate(pieces)[self._take]

    def _unsorted(self, name: str) -> NDArray[Any]:
        pairs = zip(self._parts, self._selected, strict=True)
        return np.concatenate([getattr(part, name)[chosen] for part, chosen in pairs])

    @cached_property
    def _unsorted_counts(self) -> NDArray[np.int32]:
        pairs = zip(self._stands, self._selected, strict=True)
        return np.concatenate([s.sum(axis=1, dtype=np.int32)[chosen] for s, chosen in pairs])

    @cached_property
    def _take(self) -> NDArray[np.intp] | slice:
        """What sorts the levels of all parts by profile."""
        rank = np.empty_like(self._order)
        rank[self._order] = np.arange(len(rank))
        if (rank[:-1] < rank[1:]).all():
            return slice(None)  # the usual case: only an aggregate with gaps comes out of order
        return np.argsort(np.repeat(rank, self._unsorted_counts), kind="stable")


def modes(letters: NDArray[np.bytes_]) -> pa.Array:
    """Return data modes as text, null for `NO_MODE`."""
    none = letters == NO_MODE
    order = pa.array(np.searchsorted([b"A", b"D", b"R"], np.where(none, b"A", letters)), mask=none)
    return pa.DictionaryArray.from_arrays(order, ["A", "D", "R"]).cast(pa.string())


def described(stack: Stack, name: str) -> tuple[str, str]:
    """Return the long name and the unit of a parameter, with every spelling of its files."""
    blocks = stack.blocks(name)
    units = dict.fromkeys(block.units for block in blocks if block.units)
    long_names = [block.long_name for block in blocks if block.long_name]
    return (long_names or [name])[0], "; ".join(units) or "1"


def _rank(name: str) -> tuple[int, str]:
    return (CORE.index(name) if name in CORE else 0, name)


def _keys(profiles: BgcProfiles) -> NDArray[np.int32]:
    """Return one number per cycle and direction, ascending before descending."""
    descends = (profiles.direction == b"D").astype(np.int32)
    return np.asarray(2 * profiles.cycle_number + descends, np.int32)


def _first_cycle(profiles: BgcProfiles) -> tuple[int, str]:
    return int(_keys(profiles)[0]), profiles.name


def _select(parts: Sequence[BgcProfiles], n_cycles: int) -> Iterator[NDArray[np.bool_]]:
    """Tell which profiles of each part to take, (profile,) bool."""
    seen: dict[int, str] = {}
    for index, part in enumerate(parts):
        keys = _keys(part)
        if index < n_cycles:
            for key in np.unique(keys).tolist():
                if key in seen:
                    raise BadData(f"{part.name} and {seen[key]} hold the same cycle")
        yield ~np.isin(keys, list(seen))
        seen |= dict.fromkeys(keys.tolist(), part.name)
