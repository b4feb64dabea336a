"""Stacks the biogeochemical or synthetic profiles of one float, sorted, as flat columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.instruments.argo.files.bgc import NO_MODE, BgcProfiles, Block
from gnomon.instruments.argo.files.core import PARAMETERS as CORE
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.tables.stacking import Stacking, cycle_keys


class Stack(Stacking[BgcProfiles]):
    """The profiles of one float, parameter by parameter.

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

    Raises
    ------
    BadData
        Two single-cycle files hold the same profile, or the files are of several floats.
    """

    def __init__(
        self, cycles: Sequence[BgcProfiles], aggregates: Sequence[BgcProfiles] = ()
    ) -> None:
        parts = [*sorted(cycles, key=_first_cycle), *aggregates]
        super().__init__(parts, [part.name for part in parts], len(cycles))
        found = {name for part in parts for name in part.parameters}
        self.parameters = tuple(sorted(found, key=lambda name: (name not in CORE, _rank(name))))

    @property
    def skipped(self) -> list[str]:
        """Parameters that were not read, by name: spectra."""
        return sorted({name for part in self.parts for name in part.skipped})

    def having(self, name: str) -> list[Block]:
        """Return a parameter of all files that have it, in the order of the cycles."""
        return [part.parameters[name] for part in self.parts if name in part.parameters]

    def has(self, name: str, part: str) -> bool:
        """Tell whether any file has ``adjusted``, ``error``, ... of a parameter."""
        return any(getattr(block, part) is not None for block in self.having(name))

    def mode(self, name: str) -> NDArray[np.bytes_]:
        """Return the data mode of a parameter, (profile,) S1; `NO_MODE` where there is none."""
        modes = []
        for part, chosen in zip(self.parts, self.selected, strict=True):
            block = part.parameters.get(name)
            none = np.full(len(chosen), NO_MODE, "S1")
            modes.append((none if block is None else block.mode)[chosen])
        return self.sorted(np.concatenate(modes))

    def values(self, name: str, part: str) -> NDArray[np.floating]:
        """Return ``raw``, ``adjusted``, ``error`` or ``dpres``, (level,); NaN where there is none.

        float32, or float64 where a file has doubles.
        """
        return self.levels(self._arrays(name, part), np.float32(np.nan))

    def flags(self, name: str, part: str) -> NDArray[np.int8]:
        """Return ``raw_qc`` or ``adjusted_qc``, (level,); -1 where blank."""
        return self.levels(self._arrays(name, part), np.int8(BLANK))

    def _arrays(self, name: str, part: str) -> list[NDArray[Any] | None]:
        blocks = (profiles.parameters.get(name) for profiles in self.parts)
        return [None if block is None else getattr(block, part) for block in blocks]


def modes(letters: NDArray[np.bytes_]) -> pa.Array:
    """Return data modes as text, null for `NO_MODE`."""
    none = letters == NO_MODE
    order = pa.array(np.searchsorted([b"A", b"D", b"R"], np.where(none, b"A", letters)), mask=none)
    return pa.DictionaryArray.from_arrays(order, ["A", "D", "R"]).cast(pa.string())


def described(stack: Stack, name: str) -> tuple[str, str]:
    """Return the long name and the unit of a parameter, with every spelling of its files."""
    blocks = stack.having(name)
    units = dict.fromkeys(block.units for block in blocks if block.units)
    long_names = [block.long_name for block in blocks if block.long_name]
    return (long_names or [name])[0], "; ".join(units) or "1"


def _rank(name: str) -> tuple[int, str]:
    return (CORE.index(name) if name in CORE else 0, name)


def _first_cycle(profiles: BgcProfiles) -> tuple[int, str]:
    return int(cycle_keys(profiles)[0]), profiles.name
