"""GeoParquet 1.1: profiles as points that geographic tools open.

The format is that of "GeoParquet specification 1.1.0" (Open Geospatial Consortium, 2024): a column
of well-known binary, a bounding box per row by which readers skip row groups, and the JSON of the
file's ``geo`` entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import described
from gnomon.instruments.argo.tables.columns import field

ROWS_PER_GROUP = 65_536
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([pa.field(edge, pa.float64()) for edge in _EDGES])
_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
_LITTLE_ENDIAN, _IS_POINT = 1, 1
_HALF_TURN = 180.0
CRS84 = {
    "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
    "type": "GeographicCRS",
    "name": "WGS 84 (CRS84)",
    "datum": {
        "type": "GeodeticReferenceFrame",
        "name": "World Geodetic System 1984",
        "ellipsoid": {
            "name": "WGS 84",
            "semi_major_axis": 6378137,
            "inverse_flattening": 298.257223563,
        },
    },
    "coordinate_system": {
        "subtype": "ellipsoidal",
        "axis": [
            {
                "name": "Geodetic longitude",
                "abbreviation": "Lon",
                "direction": "east",
                "unit": "degree",
            },
            {
                "name": "Geodetic latitude",
                "abbreviation": "Lat",
                "direction": "north",
                "unit": "degree",
            },
        ],
    },
    "id": {"authority": "OGC", "code": "CRS84"},
}
"""Longitude and latitude on WGS 84, in PROJJSON."""


def write_geoparquet(path: Path, tables: Iterable[pa.Table], provenance: Provenance) -> int:
    """Write tables with `latitude` and `longitude` as one file, and return how many rows it has.

    Rows without a position have a null geometry. Row groups gather several tables, so the whole
    is never in memory.
    """
    part = path.with_name(path.name + ".part")
    extent, rows = _Extent(), 0
    writer: pq.ParquetWriter | None = None
    try:
        for table in _gathered(tables):
            whole = described(_with_points(table, extent), provenance)
            if writer is None:
                writer = pq.ParquetWriter(part, whole.schema, compression="zstd")
            writer.write_table(whole, row_group_size=ROWS_PER_GROUP)
            rows += whole.num_rows
        if writer is not None:
            writer.add_key_value_metadata({"geo": json.dumps(extent.metadata())})
    finally:
        if writer is not None:
            writer.close()
    part.replace(path)
    return rows


def _gathered(tables: Iterable[pa.Table]) -> Iterable[pa.Table]:
    """Put small tables together until a row group is full."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table.replace_schema_metadata(None))
        if sum(part.num_rows for part in waiting) >= ROWS_PER_GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class _Extent:
    """What the ``geo`` entry says of all rows."""

    def __init__(self) -> None:
        self.least: NDArray[np.float64] = np.full(2, np.inf)
        self.greatest: NDArray[np.float64] = np.full(2, -np.inf)

    def take(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Widen to hold points."""
        points = np.stack([x, y])
        self.least = np.fmin(self.least, np.fmin.reduce(points, axis=1, initial=np.inf))
        self.greatest = np.fmax(self.greatest, np.fmax.reduce(points, axis=1, initial=-np.inf))

    def metadata(self) -> dict[str, Any]:
        """Return the ``geo`` entry."""
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": ["Point"],
            "crs": CRS84,
            "covering": {"bbox": {edge: ["bbox", edge] for edge in _EDGES}},
        }
        if (self.least <= self.greatest).all():
            column["bbox"] = [*self.least.tolist(), *self.greatest.tolist()]
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _with_points(table: pa.Table, extent: _Extent) -> pa.Table:
    """Add the geometry and its bounding box."""
    x, y = _degrees(table["longitude"]), _degrees(table["latitude"])
    # The same place, as the CRS counts.
    x = np.where(np.abs(x) > _HALF_TURN, (x + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN, x)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(known, x, np.nan), np.where(known, y, np.nan)
    extent.take(x, y)
    sides = [pa.array(side, from_pandas=True) for side in (x, y, x, y)]
    box = pa.StructArray.from_arrays(sides, fields=list(_BOX), mask=pa.array(~known))
    table = table.append_column(field("geometry", pa.binary(), "position, WKB"), _wkb(x, y, known))
    return table.append_column(field("bbox", _BOX, "bounding box of geometry", "degree"), box)


def _degrees(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(), np.float64)


def _wkb(
    x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.bool_]
) -> pa.BinaryArray:
    """Return points as well-known binary, null where not known."""
    points = np.empty(int(known.sum()), _POINT)
    points["order"], points["type"] = _LITTLE_ENDIAN, _IS_POINT
    points["x"], points["y"] = x[known], y[known]
    ends = np.concatenate([[0], np.cumsum(known)]).astype(np.int32) * _POINT.itemsize
    mask = np.packbits(known, bitorder="little")
    buffers = [pa.py_buffer(mask), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(points)]
    return pa.Array.from_buffers(pa.binary(), len(known), buffers)
