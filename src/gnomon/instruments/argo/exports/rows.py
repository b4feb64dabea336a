"""Which rows of a table of levels belong to which profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.science.selection import GOOD_FLAGS
from gnomon.instruments.argo.tables.grid import profile_codes


def parameters_of(table: pa.Table) -> list[str]:
    """Return the parameters of a table of chosen values, in its order, as columns are named."""
    names = set(table.column_names)
    return [n for n in table.column_names if {f"{n}_qc", f"{n}_mode"} <= names]


def good_only(table: pa.Table) -> pa.Table:
    """Keep good values (flags 1, 2, 5, 8) only, and the levels that have one."""
    names = parameters_of(table)
    kept = pa.array(np.zeros(table.num_rows, np.bool_))
    for name in names:
        usable = pc.is_in(table[f"{name}_qc"], pa.array(GOOD_FLAGS, pa.int8()))
        values = pc.if_else(usable, table[name], pa.scalar(None, table[name].type))
        table = table.set_column(table.column_names.index(name), table.field(name), values)
        if name != "pres":  # a level is not worth keeping for its pressure alone
            kept = pc.or_(kept, pc.is_valid(values))
    return table.filter(kept)


@dataclass(frozen=True)
class Grouped:
    """Profiles, and the levels of each; both tables sorted by profile.

    Attributes
    ----------
    levels : pyarrow.Table
        Chosen values, as `argo.analysis` has them, or any table with the key of a profile.
    profiles : pyarrow.Table
        One row per profile.
    """

    levels: pa.Table
    profiles: pa.Table

    @classmethod
    def of(cls, levels: pa.Table, profiles: pa.Table) -> Grouped:
        """Group the levels of one float by its profiles.

        Profiles that only the levels have, as those of biogeochemical files without a core file,
        join the profiles with what the levels tell of them; the rest of their columns is null.
        """
        keys, known = profile_codes(levels), profile_codes(profiles)
        strange, first, counts = np.unique(keys, return_index=True, return_counts=True)
        more = ~np.isin(strange, known)
        if more.any():
            rows = levels.take(pa.array(first[more]))
            rows = rows.select([n for n in profiles.column_names if n in rows.column_names])
            rows = rows.append_column("n_levels", pa.array(counts[more].astype(np.int32)))
            profiles = pa.concat_tables([profiles, rows], promote_options="default")
            order = np.argsort(profile_codes(profiles), kind="stable")
            profiles = profiles.take(pa.array(order))
        return cls(levels, profiles)

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """Where the levels of each profile start, and where the last end: (profile + 1,).

        Raises
        ------
        BadData
            The levels are not those of the profiles, or in another order.
        """
        keys, wanted = profile_codes(self.levels), profile_codes(self.profiles)
        starts, stops = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, "right")
        if (stops - starts).sum() != len(keys) or (np.diff(keys) < 0).any():
            raise BadData("the levels are not those of the profiles, in their order")
        return np.append(starts, len(keys)).astype(np.int64)

    def chunks(self, rows: int) -> Iterator[tuple[slice, Grouped]]:
        """Yield runs of whole profiles of about `rows` levels, and which profiles they are."""
        first, bounds = 0, self.bounds
        while first < self.profiles.num_rows:
            last = int(np.searchsorted(bounds, bounds[first] + rows, "right")) - 1
            last = min(max(last, first + 1), self.profiles.num_rows)
            start, stop = int(bounds[first]), int(bounds[last])
            yield (
                slice(first, last),
                Grouped(
                    self.levels.slice(start, stop - start),
                    self.profiles.slice(first, last - first),
                ),
            )
            first = last
