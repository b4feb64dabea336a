"""Features of many curves as a table: one row per object and band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.instruments.sky.curves.batches import Curves
from gnomon.instruments.sky.science.features.definitions import (
    FAMILIES,
    FEATURES,
    Feature,
    chosen,
)
from gnomon.instruments.sky.science.features.kernels import measure

Floats = NDArray[np.float64]


def measured(curves: Curves, names: Sequence[str] = ()) -> dict[str, Floats]:
    """Return features of curves, each of shape (n,), float64; NaN where there is none.

    Parameters
    ----------
    curves : Curves
    names : sequence of str
        Of `definitions.FEATURES`; none: all. Only the families that they belong to are worked out.

    Raises
    ------
    UnknownName
        There is no such feature.
    """
    features = chosen(names)
    families = {one.family for one in features}
    wanted = np.array([family in families for family in FAMILIES])
    found = np.empty((len(curves), len(FEATURES)))
    measure(curves.offsets, curves.time_d, curves.value, curves.error, wanted, found)
    place = {one.name: n for n, one in enumerate(FEATURES)}
    return {one.name: np.ascontiguousarray(found[:, place[one.name]]) for one in features}


def feature_table(curves: Curves, names: Sequence[str] = ()) -> pa.Table:
    """Return features as a table, with object, band, unit, position and detections first.

    The metadata of a column is its formula and unit. What could not be worked out is null.
    """
    features = chosen(names)
    units = set(curves.units)
    unit = units.pop() if len(units) == 1 else ""
    found = measured(curves, names)
    head = {
        "object": pa.array(curves.objects, pa.string()),
        "band": pa.array(curves.bands, pa.string()),
        "unit": pa.array(curves.units, pa.string()),
        "ra_deg": pa.array(curves.ra_deg, from_pandas=True),
        "dec_deg": pa.array(curves.dec_deg, from_pandas=True),
        "detections": pa.array(curves.lengths, pa.int64()),
    }
    fields = [pa.field(name, column.type) for name, column in head.items()]
    fields += [_field(one, unit) for one in features]
    columns = [pa.array(found[one.name], from_pandas=True) for one in features]
    return pa.table([*head.values(), *columns], pa.schema(fields))


def _field(feature: Feature, unit: str) -> pa.Field:
    says = {"long_name": feature.text}
    if feature.dimension and (unit or feature.dimension == "d"):
        says["units"] = feature.dimension.replace("m", unit)
    return pa.field(feature.name, pa.float64(), metadata=says)
