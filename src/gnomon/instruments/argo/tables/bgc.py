"""Puts the biogeochemical profiles of one float together into one table of levels.

It is sorted by platform_number, cycle_number, direction, n_prof and level; these are unique in it,
and the same as in the table of core levels, since core and B-file of a cycle share their levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from gnomon.core.dataset import Coverage
from gnomon.instruments.argo.files.bgc import BgcProfiles
from gnomon.instruments.argo.tables.columns import (
    CORE,
    FLAG,
    LEVEL,
    PROFILE_KEY,
    field,
    flags,
)
from gnomon.instruments.argo.tables.stack import Stack, described, modes

_PRES = field("pres", pa.float32(), f"{CORE['PRES'][0]}, as measured", CORE["PRES"][1])


@dataclass(frozen=True)
class BgcTable:
    """The levels of one float, and what people should know of them.

    Attributes
    ----------
    levels : pyarrow.Table
        `PROFILE_KEY`, `LEVEL`, ``pres``, then up to six columns per parameter: ``doxy`` and
        ``doxy_qc``; ``doxy_adjusted``, ``doxy_adjusted_qc`` and ``doxy_adjusted_error`` where the
        files have them; ``doxy_mode``, null in profiles without the parameter.
    n_profiles : int
    parameters, skipped : sequence of str
        Those in the table, by Argo's name, and those left out, which are spectra.
    coverage : Coverage or None
    """

    levels: pa.Table
    n_profiles: int
    parameters: Sequence[str]
    skipped: Sequence[str]
    coverage: Coverage | None


def assemble_bgc(cycles: Sequence[BgcProfiles]) -> BgcTable:
    """Put the B-files of one float together, each cycle once, in any order.

    Raises
    ------
    BadData
        Two files hold the same cycle, or the files are of several floats.
    """
    stack = Stack(cycles)
    parameters = [name for name in stack.parameters if name != "PRES"]
    fields = [*PROFILE_KEY, LEVEL, _PRES]
    columns = [*stack.repeated(stack.key()), pa.array(stack.level())]
    columns.append(pa.array(stack.values("PRES", "raw"), from_pandas=True))
    for name in parameters:
        for declared, column in _columns(stack, name):
            fields.append(declared)
            columns.append(column)
    levels = pa.Table.from_arrays(columns, schema=pa.schema(fields))
    return BgcTable(levels, len(stack.counts), parameters, stack.skipped, stack.coverage)


def _columns(stack: Stack, name: str) -> list[tuple[pa.Field, pa.Array]]:
    """Return the columns of one parameter, raw, adjusted and its mode."""
    long_name, units = described(stack, name)
    column = name.lower()

    def values(part: str, suffix: str, meaning: str) -> tuple[pa.Field, pa.Array]:
        found = pa.array(stack.values(name, part), from_pandas=True)
        return field(column + suffix, found.type, meaning, units), found

    def quality(part: str, suffix: str, meaning: str) -> tuple[pa.Field, pa.Array]:
        return field(column + suffix, pa.int8(), FLAG + meaning), flags(stack.flags(name, part))

    made = [
        values("raw", "", f"{long_name}, as measured"),
        quality("raw_qc", "_qc", "measured value"),
    ]
    if stack.has(name, "adjusted"):
        made.append(values("adjusted", "_adjusted", f"{long_name}, adjusted"))
        made.append(quality("adjusted_qc", "_adjusted_qc", "adjusted value"))
    if stack.has(name, "error"):
        made.append(values("error", "_adjusted_error", "error of the adjusted value"))
    mode = stack.repeated([modes(stack.mode(name))])[0]
    made.append((field(f"{column}_mode", pa.string(), "R real time, A adjusted, D delayed"), mode))
    return made
