"""The analysis table of one float: every level with the values to use, their flags, and water.

It joins core and biogeochemical levels, chooses between raw and adjusted values as the manual
prescribes, judges the measured values by the real-time tests, and derives the properties of sea
water from what is good. Statistics of every profile and parameter go to a second table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.core.dataset import Coverage
from gnomon.instruments.argo.files.core import PARAMETERS
from gnomon.instruments.argo.files.greylist import Entry, flags_at
from gnomon.instruments.argo.science.realtime_qc import (
    GREYLIST,
    Agreement,
    Casts,
    Rules,
    Verdict,
    compare,
    examine,
)
from gnomon.instruments.argo.science.seawater import derive
from gnomon.instruments.argo.science.selection import good, usable_position
from gnomon.instruments.argo.science.sequence_qc import frozen_profiles, sensor_drift
from gnomon.instruments.argo.science.statistics import parameter_rows, parameter_table
from gnomon.instruments.argo.tables.chosen import (
    NO_MODE,
    choose_bgc,
    choose_core,
    days,
    greylist_chosen,
    mode_names,
    qc_of,
)
from gnomon.instruments.argo.tables.columns import (
    CORE,
    DERIVED,
    LEVEL,
    PROFILE_KEY,
    WHERE_AND_WHEN,
    chosen_fields,
    coverage_of,
    field,
    flags,
)
from gnomon.instruments.argo.tables.grid import Grid

_SAME_PRESSURE = 0.01  # dbar


@dataclass(frozen=True)
class Analysis:
    """What `analyse` makes.

    Attributes
    ----------
    levels, parameters : pyarrow.Table
        One row per level, and one per profile and parameter.
    agreement : mapping of str to Agreement
        By core parameter, how our flags agree with the data centre's.
    n_failed : int
        Levels that fail a test.
    n_apart : int
        Levels whose pressure in the biogeochemical file is another than in the core file.
    greylisted : sequence of str
        Parameters that the greylist names at the time of some profile.
    coverage : Coverage or None
    """

    levels: pa.Table
    parameters: pa.Table
    agreement: Mapping[str, Agreement]
    n_failed: int
    n_apart: int
    greylisted: Sequence[str]
    coverage: Coverage | None


def analyse(
    levels: pa.Table,
    profiles: pa.Table,
    bgc: pa.Table | None = None,
    greylist: Sequence[Entry] = (),
    *,
    rules: Rules | None = None,
    apply_greylist: bool = False,
) -> Analysis:
    """Make the analysis of one float.

    Parameters
    ----------
    levels, profiles : pyarrow.Table
        Core tables of one float, as `gnomon.instruments.argo.tables.core` makes them; their rows
        may come in any order.
    bgc : pyarrow.Table, optional
        Its biogeochemical levels; those that no core file has get null core values.
    greylist : sequence of Entry
        The float's rows of the greylist.
    rules : Rules, optional
        How the real-time tests are set.
    apply_greylist : bool
        Give real-time and adjusted values at least the greylist's flag; delayed-mode values were
        judged by people who knew it.

    Raises
    ------
    BadData
        The tables do not belong together.
    """
    return _Workshop(Grid.of(levels, profiles, bgc), greylist, apply_greylist).make(
        rules or Rules()
    )


class _Workshop:
    """One float on the bench: the joined levels, and what is made of them."""

    def __init__(self, grid: Grid, greylist: Sequence[Entry], apply: bool) -> None:  # noqa: FBT001
        self._grid, self._greylist, self._apply = grid, greylist, apply
        self._juld = days(grid.profiles["juld"])
        chosen = [choose_core(grid, name) for name in PARAMETERS]
        self._core = dict(zip(PARAMETERS, chosen, strict=True))
        self._bgc = choose_bgc(grid)
        self._grey = {
            name: flags_at(greylist, name, self._juld) for name in (*self._core, *self._bgc)
        }

    def make(self, rules: Rules) -> Analysis:
        """Put it all together."""
        verdict = self._verdict(rules)
        agreement = {n: compare(verdict.flags[n], c.raw_qc) for n, c in self._core.items()}
        if self._apply:
            self._apply_greylist(verdict)
        found = [name for name, grey in self._grey.items() if (grey >= 0).any()]
        return Analysis(
            levels=self._levels(verdict),
            parameters=self._parameters(verdict),
            agreement=agreement,
            n_failed=int(np.count_nonzero(verdict.failed)),
            n_apart=self._n_apart(),
            greylisted=found,
            coverage=coverage_of(self._grid.profiles),
        )

    def _verdict(self, rules: Rules) -> Verdict:
        """Judge the measured values; the greylist is test 15."""
        grid = self._grid
        direction = pc.equal(grid.profiles["direction"], "D").to_numpy(zero_copy_only=False)
        casts = Casts(
            counts=grid.counts,
            pres=self._core["PRES"].raw,
            temp=self._core["TEMP"].raw,
            psal=self._core["PSAL"].raw,
            juld=self._juld,
            latitude=grid.profiles["latitude"].to_numpy(),
            longitude=grid.profiles["longitude"].to_numpy(),
            primary=grid.profiles["n_prof"].to_numpy() == 0,
            descending=direction.astype(np.bool_),
        )
        verdict = examine(casts, rules)
        frozen_profiles(casts, verdict)
        sensor_drift(casts, verdict, rules)
        for name in self._core:
            if (grey := self._grey[name]).max(initial=-1) >= 0:
                verdict.record(GREYLIST, np.repeat(grey >= 0, grid.counts))
        return verdict

    def _apply_greylist(self, verdict: Verdict) -> None:
        for name, chosen in (*self._core.items(), *self._bgc.items()):
            grey = np.repeat(self._grey[name], self._grid.counts)
            greylist_chosen(chosen, grey)
            if name in verdict.flags:
                own = verdict.flags[name]
                worse = (own >= 0) & (grey > own) & np.isin(grey, (3, 4))
                own[worse] = grey[worse]

    def _levels(self, verdict: Verdict) -> pa.Table:
        grid = self._grid
        fields = [*PROFILE_KEY, LEVEL, *WHERE_AND_WHEN]
        columns = [*grid.repeated(PROFILE_KEY), pa.array(grid.level)]
        columns += grid.repeated(WHERE_AND_WHEN)
        for name, chosen in self._core.items():
            fields += chosen_fields(name, *CORE[name])
            columns += chosen.columns()
            fields.append(
                field(f"{name.lower()}_test_qc", pa.int8(), "flag of gnomon's real-time tests")
            )
            columns.append(flags(verdict.flags[name]))
        fields += DERIVED
        columns += self._derived()
        fields.append(
            field("tests_failed", pa.int32(), "bit n is set where real-time test n fails")
        )
        columns.append(pa.array(verdict.failed))
        for chosen in self._bgc.values():
            fields += chosen.fields()
            columns += chosen.columns()
        return pa.Table.from_arrays(columns, schema=pa.schema(fields))

    def _derived(self) -> list[pa.Array]:
        """Derive from good values; a position that is flagged bad is none."""
        grid = self._grid
        latitude, longitude = (grid.profiles[n].to_numpy() for n in ("latitude", "longitude"))
        place = usable_position(latitude, longitude, qc_of(grid.profiles["position_qc"]))
        usable = [np.where(good(c.qc), c.values, np.nan) for c in self._core.values()]
        water = derive(*usable, *(np.repeat(one, grid.counts) for one in place))
        found = (getattr(water, column.name) for column in DERIVED)
        return [pa.array(values, from_pandas=True) for values in found]

    def _parameters(self, verdict: Verdict) -> pa.Table:
        keys, rows = self._grid.profiles.select([column.name for column in PROFILE_KEY]), []
        for name, chosen in (*self._core.items(), *self._bgc.items()):
            rows.append(
                parameter_rows(
                    keys,
                    name,
                    mode_names(chosen.profile_mode),
                    self._grid.counts,
                    chosen.values,
                    chosen.qc,
                    present=chosen.profile_mode != NO_MODE,
                    greylist_qc=self._grey[name],
                    raw_qc=chosen.raw_qc,
                    test_qc=verdict.flags.get(name),
                )
            )
        return parameter_table(rows)

    def _n_apart(self) -> int:
        theirs = self._grid.bgc_column("pres")
        if theirs is None:
            return 0
        ours = self._grid.core_column("pres")
        return int((np.abs(theirs - ours) > _SAME_PRESSURE).sum())
