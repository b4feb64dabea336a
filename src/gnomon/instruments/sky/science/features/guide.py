"""The feature tables of the guide: one row per object, or per object, sector and cadence of TESS.

They hold what the points themselves say; the standard deviation is that of a sample (N - 1), and
is null for one point. All features of each band are in `table.feature_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.batches import Curves, Use, curves_of, known
from gnomon.instruments.sky.exports.records import cadence_name
from gnomon.instruments.sky.science.features.definitions import FAMILIES, FEATURES
from gnomon.instruments.sky.science.features.kernels import measure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Objects:
    """What all points of each object say, whatever their band.

    Attributes
    ----------
    names : list of str
    detections : ndarray of int64, shape (n,)
    mean, std, least, greatest : ndarray of float64, shape (n,)
        NaN where there are too few points.
    filters : list of str
        The bands that have points, sorted, with commas between.
    """

    names: list[str]
    detections: Ints
    mean: Floats
    std: Floats
    least: Floats
    greatest: Floats
    filters: list[str]


def objects_of(curves: Curves) -> Objects:
    """Return figures of all points of each object."""
    firsts = [n for n in range(len(curves)) if not n or curves.objects[n] != curves.objects[n - 1]]
    offsets = curves.offsets[[*firsts, len(curves)]]
    found = np.empty((len(firsts), len(FEATURES)))
    wanted = np.array([family == "basic" for family in FAMILIES])
    measure(offsets, curves.time_d, curves.value, curves.error, wanted, found)
    ends = [*firsts[1:], len(curves)]
    lengths = curves.lengths
    filters = [
        ",".join(curves.bands[n] for n in range(first, end) if lengths[n] and curves.bands[n])
        for first, end in zip(firsts, ends, strict=True)
    ]
    names = [curves.objects[n] for n in firsts]
    mean, std, least, greatest = found.T[:4]
    return Objects(names, np.diff(offsets), mean, std, least, greatest, filters)


def guide_table(table: pa.Table, curves: Curves, *, use: Use = "value") -> pa.Table:
    """Return the guide's features of light curves.

    Magnitudes: object_id, detections, mean_mag, std_mag, min_mag, max_mag, filters. Fluxes of
    TESS: tic_id, sector, cadence, mean_flux, std_flux, min_flux, max_flux, flux_span, n_points, cv.
    Other fluxes: as magnitudes, with ``flux`` for ``mag``.

    Parameters
    ----------
    table : pyarrow.Table
        As `curves_of` takes it; of TESS with columns sector and cadence or cadence_s.
    curves : Curves
        What `curves_of` makes of it.

    Raises
    ------
    BadData
        Some curves are in magnitudes and some in fluxes, or there are none.
    """
    is_mag = {unit == "mag" for unit in curves.units}
    if len(is_mag) != 1:
        raise BadData(
            "magnitudes and fluxes have no features in common: give the files of each alone"
            if is_mag
            else "there are no light curves"
        )
    if is_mag == {False} and ("sector" in table.column_names or set(curves.bands) == {"TESS"}):
        return _tess(table, use)
    return _plain(objects_of(curves), "mag" if is_mag == {True} else "flux")


def _plain(objects: Objects, what: str) -> pa.Table:
    return pa.table(
        {
            "object_id": pa.array(objects.names, pa.string()),
            "detections": pa.array(objects.detections, pa.int64()),
            f"mean_{what}": _nullable(objects.mean),
            f"std_{what}": _nullable(objects.std),
            f"min_{what}": _nullable(objects.least),
            f"max_{what}": _nullable(objects.greatest),
            "filters": pa.array(objects.filters, pa.string()),
        }
    )


def _tess(table: pa.Table, use: Use) -> pa.Table:
    parts = []
    for sector, cadence, rows in _observed(table):
        objects = objects_of(curves_of(rows, use=use))
        n = len(objects.names)
        with np.errstate(divide="ignore", invalid="ignore"):
            variation = objects.std / np.abs(objects.mean)
        columns = {
            "tic_id": pa.array([name.replace("TIC ", "TIC") for name in objects.names]),
            "sector": pa.array([sector] * n, pa.int64()),
            "cadence": pa.array([cadence] * n, pa.string()),
            "mean_flux": _nullable(objects.mean),
            "std_flux": _nullable(objects.std),
            "min_flux": _nullable(objects.least),
            "max_flux": _nullable(objects.greatest),
            "flux_span": _nullable(objects.greatest - objects.least),
            "n_points": pa.array(objects.detections, pa.int64()),
            "cv": _nullable(variation),
        }
        parts.append(pa.table(columns))
    keys = [(name, "ascending") for name in ("tic_id", "sector", "cadence")]
    return pa.concat_tables(parts).sort_by(keys)


def _observed(table: pa.Table) -> Iterator[tuple[int | None, str | None, pa.Table]]:
    """Return the rows of each sector and cadence."""
    there = [name for name in ("sector", "cadence", "cadence_s") if name in table.column_names]
    if not there:
        yield None, None, table
        return
    for name in there:
        column = table.column_names.index(name)
        table = table.set_column(column, name, known(table[name]))
    for one in table.group_by(there).aggregate([]).to_pylist():
        rows = table
        for name, value in one.items():
            same = pc.is_null(rows[name]) if value is None else pc.equal(rows[name], value)
            rows = rows.filter(same)
        yield one.get("sector"), one.get("cadence") or cadence_name(one.get("cadence_s")), rows


def _nullable(column: Floats) -> pa.Array:
    return pa.array(column, from_pandas=True)
