"""Statistics of many profiles at once, and the table of them: one row per profile and parameter.

Levels are flat arrays in which the levels of a profile adjoin; `counts` says how many each has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.instruments.argo.science.selection import good
from gnomon.instruments.argo.tables.columns import PROFILE_KEY, field

PARAMETERS_SCHEMA = pa.schema(
    [
        *PROFILE_KEY,
        field("parameter", pa.string(), "name of the parameter, as in the archive"),
        field("data_mode", pa.string(), "R real time, A adjusted, D delayed mode"),
        field("n_levels", pa.int32(), "levels of the profile"),
        field("n_values", pa.int32(), "levels with a chosen value"),
        field("n_good", pa.int32(), "chosen values flagged 1, 2, 5 or 8"),
        field("minimum", pa.float64(), "least good value", "that of the parameter"),
        field("maximum", pa.float64(), "greatest good value", "that of the parameter"),
        field("mean", pa.float64(), "mean of the good values", "that of the parameter"),
        field("greylist_qc", pa.int8(), "flag that the greylist gives the sensor at this time"),
        field("n_test_failed", pa.int32(), "values that gnomon's real-time tests flag 3 or 4"),
        field("n_dac_bad", pa.int32(), "measured values that the data centre flags 3 or 4"),
        field("n_both_bad", pa.int32(), "measured values that both flag 3 or 4"),
    ]
)
"""One row per profile and parameter, sorted by cycle_number, direction, n_prof, parameter."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of one parameter; every array is (profile,).

    Attributes
    ----------
    n_values, n_good : int32
        Levels with a value, and with a good one.
    minimum, maximum, mean : float64
        Of the good values, in the parameter's unit; NaN where there is none.
    """

    n_values: NDArray[np.int32]
    n_good: NDArray[np.int32]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]


def summarise(
    values: NDArray[np.floating[Any]], qc: NDArray[np.int8], counts: NDArray[np.integer[Any]]
) -> Statistics:
    """Return the figures of each profile.

    Parameters
    ----------
    values : (level,) float
        NaN where there is none.
    qc : (level,) int8
        Flags of reference table 2; -1 where blank.
    counts : (profile,) int
        Levels of each profile, which may be 0.
    """
    there = ~np.isnan(values)
    usable = there & good(qc)
    n_good = count(usable, counts)
    none = n_good == 0
    exact = values.astype(np.float64)
    total = _reduce(np.add, np.where(usable, exact, 0.0), counts, 0.0)
    low = _reduce(np.minimum, np.where(usable, exact, np.inf), counts, np.inf)
    high = _reduce(np.maximum, np.where(usable, exact, -np.inf), counts, -np.inf)
    low[none] = high[none] = total[none] = np.nan
    return Statistics(count(there, counts), n_good, low, high, total / np.maximum(n_good, 1))


def count(mask: NDArray[np.bool_], counts: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Count the levels of each profile where `mask` (level,) holds; (profile,) int32."""
    return _reduce(np.add, mask.astype(np.int32), counts, 0)


def _reduce(
    function: np.ufunc, values: NDArray[Any], counts: NDArray[np.integer[Any]], empty: float
) -> NDArray[Any]:
    """Reduce the levels of each profile; a profile without levels gives `empty`."""
    reduced = np.full(len(counts), empty, values.dtype)
    filled = counts > 0  # reduceat would take the next profile's first level for an empty one
    starts = np.cumsum(counts) - counts
    if filled.any():
        reduced[filled] = function.reduceat(values, starts[filled])
    return reduced


def parameter_rows(
    keys: pa.Table,
    parameter: str,
    mode: pa.Array,
    counts: NDArray[np.integer[Any]],
    values: NDArray[np.floating[Any]],
    qc: NDArray[np.int8],
    *,
    present: NDArray[np.bool_] | None = None,
    greylist_qc: NDArray[np.int8] | None = None,
    raw_qc: NDArray[np.int8] | None = None,
    test_qc: NDArray[np.int8] | None = None,
) -> pa.Table:
    """Return the rows of one parameter, of `PARAMETERS_SCHEMA`.

    Parameters
    ----------
    keys : pyarrow.Table
        The columns of `PROFILE_KEY`, one row per profile, in the order of the levels.
    parameter : str
        Its name in the archive, such as ``DOXY``.
    mode : (profile,) pyarrow string array
        Its data mode; null where the profile has not the parameter.
    counts : (profile,) int
        Levels of each profile.
    values, qc : (level,)
        Chosen values, NaN where there is none, and their flags, -1 where blank.
    present : (profile,) bool, optional
        Which profiles have the parameter; by default those with a mode.
    greylist_qc : (profile,) int8, optional
        -1 where the greylist says nothing.
    raw_qc, test_qc : (level,) int8, optional
        Flags of the data centre for the measured values, and ours.
    """
    figures = summarise(values, qc, counts)
    failed = None if test_qc is None else np.isin(test_qc, (3, 4))
    dac = None if raw_qc is None else np.isin(raw_qc, (3, 4))
    both = None if failed is None or dac is None else failed & dac
    n, columns = len(counts), [keys[column.name] for column in PROFILE_KEY]
    columns += [pa.array([parameter] * n, pa.string()), mode]
    columns += [pa.array(np.asarray(counts, np.int32)), pa.array(figures.n_values)]
    columns.append(pa.array(figures.n_good))
    found = (figures.minimum, figures.maximum, figures.mean)
    columns += [pa.array(figure, from_pandas=True) for figure in found]
    flags = np.full(n, -1, np.int8) if greylist_qc is None else greylist_qc
    columns.append(pa.array(flags, mask=flags < 0))
    columns += [
        pa.nulls(n, pa.int32()) if mask is None else pa.array(count(mask, counts))
        for mask in (failed, dac, both)
    ]
    table = pa.table(columns, schema=PARAMETERS_SCHEMA)
    return table.filter(mode.is_valid() if present is None else pa.array(present))


def parameter_table(rows: Sequence[pa.Table]) -> pa.Table:
    """Put the rows of several parameters together, sorted by profile and parameter."""
    table = pa.concat_tables([PARAMETERS_SCHEMA.empty_table(), *rows])
    order = ("cycle_number", "direction", "n_prof", "parameter")
    return table.sort_by([(name, "ascending") for name in order])
