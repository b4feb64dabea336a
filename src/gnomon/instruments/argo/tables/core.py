"""Puts the profiles of one float together into two tables: profiles, and their levels.

Both are sorted by platform_number, cycle_number, direction and n_prof (levels then by level), and
these columns are unique in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage
from gnomon.instruments.argo.files.core import PARAMETERS, Profiles
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.tables.columns import (
    CORE,
    LEVEL,
    PROFILE_KEY,
    TIME,
    WHERE_AND_WHEN,
    field,
    flags,
    source_fields,
    times,
)
from gnomon.instruments.argo.tables.stacking import Stacking

_PIECES = ("raw", "raw_qc", "adjusted", "adjusted_qc", "error")
"""The attributes of a `Block`, in the order of `source_fields`."""
LEVELS_SCHEMA = pa.schema(
    [
        *PROFILE_KEY,
        LEVEL,
        *(column for name in PARAMETERS for column in source_fields(name, *CORE[name])),
    ]
)
PROFILES_SCHEMA = pa.schema(
    [
        *PROFILE_KEY,
        *WHERE_AND_WHEN,
        field("data_mode", pa.string(), "R real time, A adjusted, D delayed mode"),
        field("date_update", TIME, "when the source file was last changed"),
        field("source_file", pa.string(), "path of the source file below the GDAC's dac/"),
        field("sha256", pa.string(), "SHA-256 of the source file"),
        field("n_levels", pa.int32(), "rows of the profile in the table of levels"),
        field("vertical_sampling_scheme", pa.string(), "how the levels were sampled"),
    ]
)


@dataclass(frozen=True)
class Part:
    """The profiles of one file, and where they come from."""

    profiles: Profiles
    source_file: str
    sha256: str


@dataclass(frozen=True)
class FloatTables:
    """The two tables of one float, of `LEVELS_SCHEMA` and `PROFILES_SCHEMA`, and their time."""

    levels: pa.Table
    profiles: pa.Table
    coverage: Coverage | None


def assemble(cycles: Sequence[Part], aggregates: Sequence[Part] = ()) -> FloatTables:
    """Put the profiles of one float together, each once.

    Parameters
    ----------
    cycles : sequence of Part
        Single-cycle files; they lead.
    aggregates : sequence of Part
        Fill in the profiles that no single-cycle file has.

    Raises
    ------
    BadData
        Two single-cycle files hold the same profile, or the files are of several floats.
    """
    rows = _Rows([*cycles, *aggregates], len(cycles))
    return FloatTables(rows.levels(), rows.profiles(), rows.stacking.coverage)


class _Rows:
    """The profiles of all parts as the rows of both tables."""

    def __init__(self, parts: Sequence[Part], n_cycles: int) -> None:
        self._parts = parts
        names = [part.source_file for part in parts]
        self.stacking = Stacking([part.profiles for part in parts], names, n_cycles)

    def profiles(self) -> pa.Table:
        """Return one row per profile."""
        stacking, of = self.stacking, self.stacking.profile
        part = stacking.part_of()
        columns = [
            *stacking.key(),
            times(of("juld")),
            flags(of("juld_qc")),
            pa.array(of("latitude"), from_pandas=True),
            pa.array(of("longitude"), from_pandas=True),
            flags(of("position_qc")),
            pa.array(of("data_mode").astype(str)),
            pa.array([p.profiles.date_update for p in self._parts], TIME).take(part),
            pa.array([p.source_file for p in self._parts]).take(part),
            pa.array([p.sha256 for p in self._parts]).take(part),
            pa.array(stacking.counts),
            _texts(of("scheme")),
        ]
        return pa.Table.from_arrays(columns, schema=PROFILES_SCHEMA)

    def levels(self) -> pa.Table:
        """Return one row per level."""
        stacking = self.stacking
        columns = [*stacking.repeated(stacking.key()), pa.array(stacking.level())]
        values = stacking.blocks([part.values for part in stacking.parts])
        qc = stacking.blocks([part.qc for part in stacking.parts])
        for (raw, adjusted, error), (raw_qc, adjusted_qc) in zip(values, qc, strict=True):
            columns += [
                pa.array(raw, from_pandas=True),
                flags(raw_qc),
                pa.array(adjusted, from_pandas=True),
                flags(adjusted_qc),
                pa.array(error, from_pandas=True),
            ]
        others = list(self._others())
        declared = [*LEVELS_SCHEMA, *(found for found, _ in others)]
        columns += [column for _, column in others]
        return pa.Table.from_arrays(columns, schema=pa.schema(declared))

    def _others(self) -> Iterator[tuple[pa.Field, pa.Array]]:
        """Make the columns of the parameters that some files have beyond the core ones."""
        parts = self.stacking.parts
        for name in sorted({name for part in parts for name in part.others}):
            blocks = [part.others.get(name) for part in parts]
            first = next(block for block in blocks if block is not None)
            fields = source_fields(name, first.long_name or name, first.units)
            for declared, piece in zip(fields, _PIECES, strict=True):
                arrays = [None if block is None else getattr(block, piece) for block in blocks]
                if any(array is not None for array in arrays):
                    column = self._column(arrays, judged=piece.endswith("qc"))
                    yield declared.with_type(column.type), column

    def _column(self, arrays: Sequence[NDArray[Any] | None], *, judged: bool) -> pa.Array:
        if judged:
            return flags(self.stacking.levels(arrays, np.int8(BLANK)))
        return pa.array(self.stacking.levels(arrays, np.float32(np.nan)), from_pandas=True)


def _texts(texts: NDArray[np.str_]) -> pa.Array:
    """Return texts with null for an empty one."""
    return pa.array(texts.astype(object), pa.string(), mask=texts == "")
