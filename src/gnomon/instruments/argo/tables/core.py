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
from gnomon.errors import BadData
from gnomon.instruments.argo.files.bgc import Block
from gnomon.instruments.argo.files.core import PARAMETERS, Profiles
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.tables.columns import (
    CORE,
    LEVEL,
    PROFILE_KEY,
    TIME,
    WHERE_AND_WHEN,
    coverage,
    field,
    flags,
    source_fields,
    times,
)

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
    parts = [*cycles, *aggregates]
    if len(floats := {part.profiles.platform_number for part in parts}) > 1:
        raise BadData(f"files of several floats in one group: {sorted(floats)}")
    rows = _Rows(parts, _select(cycles, aggregates))
    return FloatTables(rows.levels(), rows.profiles(), rows.coverage())


def _cycle_keys(profiles: Profiles) -> NDArray[np.int32]:
    """Return one number per cycle and direction, ascending before descending."""
    descends = (profiles.direction == b"D").astype(np.int32)
    return np.asarray(2 * profiles.cycle_number + descends, np.int32)


def _select(cycles: Sequence[Part], aggregates: Sequence[Part]) -> list[NDArray[np.bool_]]:
    """Tell which profiles of each part to take, (profile,) bool."""
    seen: dict[int, str] = {}
    for part in cycles:
        key = int(_cycle_keys(part.profiles)[0])
        if key in seen:
            raise BadData(f"{part.source_file} and {seen[key]} hold the same cycle")
        seen[key] = part.source_file
    selected = [np.ones(len(part.profiles.juld), np.bool_) for part in cycles]
    for part in aggregates:
        keys = _cycle_keys(part.profiles)
        selected.append(~np.isin(keys, list(seen)))
        seen |= dict.fromkeys(keys.tolist(), part.source_file)
    return selected


class _Rows:
    """The selected profiles of all parts as flat columns, sorted."""

    def __init__(self, parts: Sequence[Part], selected: Sequence[NDArray[np.bool_]]) -> None:
        self._parts, self._selected = parts, selected
        pairs = zip(parts, selected, strict=True)
        self._stands = [part.profiles.stands & chosen[:, np.newaxis] for part, chosen in pairs]
        self._order = np.lexsort(
            (self._column("n_prof"), self._column("direction"), self._column("cycle_number"))
        )

    def _column(self, name: str) -> NDArray[Any]:
        """Concatenate one (profile,) attribute, in the order of the parts."""
        pairs = zip(self._parts, self._selected, strict=True)
        return np.concatenate([getattr(part.profiles, name)[chosen] for part, chosen in pairs])

    def _key(self) -> list[pa.Array]:
        """Return the columns that identify a profile, sorted."""
        cycle = self._column("cycle_number")[self._order]
        platform = np.full(len(cycle), self._parts[0].profiles.platform_number, np.int32)
        direction = pa.array((self._column("direction")[self._order] == b"D").astype(np.int8))
        return [
            pa.array(platform),
            pa.array(cycle),
            pa.DictionaryArray.from_arrays(direction, ["A", "D"]).cast(pa.string()),
            pa.array(self._column("n_prof")[self._order]),
        ]

    def coverage(self) -> Coverage | None:
        """Return the time of the profiles."""
        return coverage(self._column("juld"))

    def profiles(self) -> pa.Table:
        """Return one row per profile."""
        part = np.repeat(np.arange(len(self._parts)), [s.sum() for s in self._selected])
        part = part[self._order]
        columns = [
            *self._key(),
            times(self._column("juld")[self._order]),
            flags(self._column("juld_qc")[self._order]),
            pa.array(self._column("latitude")[self._order], from_pandas=True),
            pa.array(self._column("longitude")[self._order], from_pandas=True),
            flags(self._column("position_qc")[self._order]),
            pa.array(self._column("data_mode")[self._order].astype(str)),
            pa.array([p.profiles.date_update for p in self._parts], TIME).take(part),
            pa.array([p.source_file for p in self._parts]).take(part),
            pa.array([p.sha256 for p in self._parts]).take(part),
            pa.array(self._counts()[self._order]),
            _texts(self._column("scheme")[self._order]),
        ]
        return pa.Table.from_arrays(columns, schema=PROFILES_SCHEMA)

    def _counts(self) -> NDArray[np.int32]:
        """Return the number of levels of each selected profile, in the order of the parts."""
        pairs = zip(self._stands, self._selected, strict=True)
        return np.concatenate([s.sum(axis=1, dtype=np.int32)[chosen] for s, chosen in pairs])

    def levels(self) -> pa.Table:
        """Return one row per level."""
        profile = np.repeat(np.arange(len(self._order)), self._counts()[self._order])
        columns = [column.take(pa.array(profile)) for column in self._key()]
        take = self._level_order()
        level = np.concatenate([np.nonzero(stands)[1] for stands in self._stands])
        columns.append(pa.array(level[take].astype(np.int32)))
        values, qc = self._measured("values")[:, :, take], self._measured("qc")[:, :, take]
        for (raw, adjusted, error), (raw_qc, adjusted_qc) in zip(values, qc, strict=True):
            columns += [
                pa.array(raw, from_pandas=True),
                flags(raw_qc),
                pa.array(adjusted, from_pandas=True),
                flags(adjusted_qc),
                pa.array(error, from_pandas=True),
            ]
        others = list(self._others(take))
        declared = [*LEVELS_SCHEMA, *(found for found, _ in others)]
        columns += [column for _, column in others]
        return pa.Table.from_arrays(columns, schema=pa.schema(declared))

    def _others(self, take: NDArray[np.intp] | slice) -> Iterator[tuple[pa.Field, pa.Array]]:
        """Make the columns of the parameters that some files have beyond the core ones."""
        names = {name for part in self._parts for name in part.profiles.others}
        for name in sorted(names):
            blocks = [part.profiles.others.get(name) for part in self._parts]
            first = next(block for block in blocks if block is not None)
            fields = source_fields(name, first.long_name or name, first.units)
            for declared, piece in zip(fields, _PIECES, strict=True):
                values = self._piece(blocks, piece)
                if values is not None:
                    judged = piece.endswith("qc")
                    found = values[take]
                    column = flags(found) if judged else pa.array(found, from_pandas=True)
                    yield declared.with_type(column.type), column

    def _piece(self, blocks: Sequence[Block | None], name: str) -> NDArray[Any] | None:
        """Concatenate the standing levels of one array; None where no file has it."""
        found = [None if block is None else getattr(block, name) for block in blocks]
        if all(values is None for values in found):
            return None
        nothing = np.int8(BLANK) if name.endswith("qc") else np.float32(np.nan)
        pairs = zip(found, self._stands, strict=True)
        return np.concatenate(
            [
                np.full(stands.sum(), nothing) if values is None else values[stands]
                for values, stands in pairs
            ]
        )

    def _level_order(self) -> NDArray[np.intp] | slice:
        """Return what sorts the levels of all parts by profile."""
        rank = np.empty_like(self._order)
        rank[self._order] = np.arange(len(rank))
        if (rank[:-1] < rank[1:]).all():
            return slice(None)  # the files came in order, as they mostly do
        return np.argsort(np.repeat(rank, self._counts()), kind="stable")

    def _measured(self, name: str) -> NDArray[Any]:
        """Concatenate the standing levels of a (parameter, which, profile, level) attribute."""
        pieces = []
        for part, stands in zip(self._parts, self._stands, strict=True):
            array = getattr(part.profiles, name)
            flat = array.reshape(*array.shape[:2], -1)
            pieces.append(flat if stands.all() else flat.take(np.flatnonzero(stands), axis=2))
        return np.concatenate(pieces, axis=2)


def _texts(texts: NDArray[np.str_]) -> pa.Array:
    """Return texts with null for an empty one."""
    return pa.array(texts.astype(object), pa.string(), mask=texts == "")
