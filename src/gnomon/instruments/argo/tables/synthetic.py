"""Puts the synthetic profiles of one float together: levels with chosen values, and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage
from gnomon.instruments.argo.files.bgc import NO_MODE, BgcProfiles
from gnomon.instruments.argo.science.seawater import derive
from gnomon.instruments.argo.science.selection import best_values, good, usable_position
from gnomon.instruments.argo.science.statistics import parameter_rows, parameter_table
from gnomon.instruments.argo.tables.columns import (
    CORE,
    DERIVED,
    LEVEL,
    PROFILE_KEY,
    WHERE_AND_WHEN,
    chosen_fields,
    field,
    flags,
    times,
)
from gnomon.instruments.argo.tables.stack import Stack, described, modes


@dataclass(frozen=True)
class SyntheticTables:
    """The two tables of one float, and their time.

    Attributes
    ----------
    levels : pyarrow.Table
        `PROFILE_KEY`, `LEVEL`, `WHERE_AND_WHEN`, the `chosen_fields` of every parameter with its
        ``_dpres``, and `DERIVED`.
    parameters : pyarrow.Table
        Of `gnomon.instruments.argo.science.statistics.PARAMETERS_SCHEMA`.
    n_profiles : int
    coverage : Coverage or None
    """

    levels: pa.Table
    parameters: pa.Table
    n_profiles: int
    coverage: Coverage | None


class _Chosen(NamedTuple):
    """One parameter after the choice between raw and adjusted; arrays are (level,)."""

    values: NDArray[np.float32]
    qc: NDArray[np.int8]
    error: NDArray[np.float32]
    raw: NDArray[np.float32]
    raw_qc: NDArray[np.int8]
    mode: NDArray[np.bytes_]
    """(profile,)"""

    def usable(self) -> NDArray[np.float32]:
        """Return the good values, NaN elsewhere."""
        return np.where(good(self.qc), self.values, np.float32(np.nan))


def assemble_synthetic(
    cycles: Sequence[BgcProfiles], aggregates: Sequence[BgcProfiles] = ()
) -> SyntheticTables:
    """Put the synthetic profiles of one float together, each once, in any order of the files.

    Parameters
    ----------
    cycles : sequence of BgcProfiles
        Single-cycle files; they lead.
    aggregates : sequence of BgcProfiles
        Fill in the profiles that no single-cycle file has.

    Raises
    ------
    BadData
        Two single-cycle files hold the same profile, or the files are of several floats.
    """
    stack = Stack(cycles, aggregates)
    fields: list[pa.Field] = [*PROFILE_KEY, LEVEL, *WHERE_AND_WHEN]
    columns = [*stack.repeated(stack.key()), pa.array(stack.level())]
    columns += stack.repeated(_where_and_when(stack))
    chosen = {name: _choose(stack, name) for name in stack.parameters}
    for name in stack.parameters:
        fields += _fields(stack, name)
        columns += _columns(stack, name, chosen[name])
    fields += DERIVED
    columns += _derived(stack, chosen)
    levels = pa.Table.from_arrays(columns, schema=pa.schema(fields))
    statistics = _statistics(stack, chosen)
    return SyntheticTables(levels, statistics, len(stack.counts), stack.coverage)


def _where_and_when(stack: Stack) -> list[pa.Array]:
    return [
        times(stack.profile("juld")),
        flags(stack.profile("juld_qc")),
        pa.array(stack.profile("latitude"), from_pandas=True),
        pa.array(stack.profile("longitude"), from_pandas=True),
        flags(stack.profile("position_qc")),
    ]


def _choose(stack: Stack, name: str) -> _Chosen:
    """Choose raw or adjusted values; a profile without the parameter has neither."""
    mode = stack.mode(name)
    raw, raw_qc = _single(stack, name, "raw"), stack.flags(name, "raw_qc")
    adjusted, adjusted_qc = _single(stack, name, "adjusted"), stack.flags(name, "adjusted_qc")
    at_level = np.repeat(mode, stack.counts)
    values, qc = best_values(
        raw[:, np.newaxis],
        raw_qc[:, np.newaxis],
        adjusted[:, np.newaxis],
        adjusted_qc[:, np.newaxis],
        at_level,
    )
    error = np.where(at_level == b"R", np.float32(np.nan), _single(stack, name, "error"))
    return _Chosen(values[:, 0], qc[:, 0], error, raw, raw_qc, mode)


def _single(stack: Stack, name: str, part: str) -> NDArray[np.float32]:
    return stack.values(name, part).astype(np.float32, copy=False)


def _fields(stack: Stack, name: str) -> list[pa.Field]:
    long_name, units = described(stack, name)
    fields = list(chosen_fields(name, *CORE.get(name, (long_name, units))))
    if stack.has(name, "dpres"):
        moved = f"pressure displacement of {name} from where it was measured"
        fields.append(field(f"{name.lower()}_dpres", pa.float32(), moved, "decibar"))
    return fields


def _columns(stack: Stack, name: str, chosen: _Chosen) -> list[pa.Array]:
    columns = [
        pa.array(chosen.values, from_pandas=True),
        flags(chosen.qc),
        pa.array(chosen.error, from_pandas=True),
        pa.array(chosen.raw, from_pandas=True),
        flags(chosen.raw_qc),
        *stack.repeated([modes(chosen.mode)]),
    ]
    if stack.has(name, "dpres"):
        columns.append(pa.array(stack.values(name, "dpres"), pa.float32(), from_pandas=True))
    return columns


def _derived(stack: Stack, chosen: dict[str, _Chosen]) -> list[pa.Array]:
    """Derive from good values; a position that is flagged bad is none."""
    none = np.full(stack.counts.sum(), np.nan, np.float32)
    pres, temp, psal = (chosen[name].usable() if name in chosen else none for name in CORE)
    place = usable_position(
        stack.profile("latitude"), stack.profile("longitude"), stack.profile("position_qc")
    )
    made = derive(pres, temp, psal, *(np.repeat(one, stack.counts) for one in place))
    return [pa.array(getattr(made, column.name), from_pandas=True) for column in DERIVED]


def _statistics(stack: Stack, chosen: dict[str, _Chosen]) -> pa.Table:
    keys = pa.table(stack.key(), schema=pa.schema(PROFILE_KEY))
    rows = [
        parameter_rows(
            keys,
            name,
            modes(found.mode),
            stack.counts,
            found.values,
            found.qc,
            present=found.mode != NO_MODE,
            raw_qc=found.raw_qc,
        )
        for name, found in chosen.items()
    ]
    return parameter_table(rows)
