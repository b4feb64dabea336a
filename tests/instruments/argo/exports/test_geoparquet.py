import json
import struct

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argo_products import profiles_table
from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.exports import geoparquet as module
from gnomon.instruments.argo.exports.geoparquet import write_geoparquet

PROVENANCE = Provenance("argo.positions", 1, "f" * 64, "{}", ())


@pytest.fixture
def path(tmp_path):
    tables = [profiles_table(missing=(1,)), profiles_table(2, wmo=3902131)]
    write_geoparquet(tmp_path / "p.parquet", tables, PROVENANCE)
    return tmp_path / "p.parquet"


def point(wkb):
    order, kind, x, y = struct.unpack("<BIdd", wkb)
    assert (order, kind) == (1, 1)
    return x, y


def test_points_are_the_positions(path):
    table = pq.read_table(path)
    assert table.num_rows == 6
    for row in table.to_pylist():
        if row["latitude"] is None:
            assert row["geometry"] is row["bbox"] is None
        else:
            x, y = point(row["geometry"])
            assert (x, y) == (row["longitude"], row["latitude"])
            assert row["bbox"] == {"xmin": x, "ymin": y, "xmax": x, "ymax": y}


def test_every_column_of_the_profiles_is_there(path):
    names = pq.read_schema(path).names
    assert names == [*profiles_table().column_names, "geometry", "bbox"]
    assert read_provenance(path)["step"] == "argo.positions"


def test_the_geo_entry_is_that_of_the_specification(path):
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    column = geo["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["Point"]
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert column["bbox"] == [20.0, -40.25, 23.0, -38.75]
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    kinds = {c.name: c.physical_type for c in pq.ParquetFile(path).schema}
    assert kinds["geometry"] == "BYTE_ARRAY"


def test_duckdb_reads_it(path):
    query = f"SELECT count(*), count(latitude), min(bbox.xmin) FROM read_parquet('{path}')"
    with duckdb.connect() as connection:
        connection.execute("SET enable_geoparquet_conversion = false")
        assert connection.execute(query).fetchall() == [(6, 5, 20.0)]
        raw = connection.execute(f"SELECT geometry FROM read_parquet('{path}')").fetchall()
    assert point(bytes(raw[0][0])) == (20.0, -40.25)


def test_longitudes_beyond_180_are_the_same_place(tmp_path):
    table = profiles_table(2)
    at = table.column_names.index("longitude")
    table = table.set_column(at, table.field("longitude"), pa.array([190.0, 180.0]))
    write_geoparquet(tmp_path / "p", [table], PROVENANCE)
    read = pq.read_table(tmp_path / "p")
    assert [point(wkb.as_py())[0] for wkb in read["geometry"]] == [-170.0, 180.0]
    assert read["longitude"].to_pylist() == [190.0, 180.0]


def test_without_any_position_there_is_no_box(tmp_path):
    write_geoparquet(tmp_path / "p", [profiles_table(2, missing=(0, 1))], PROVENANCE)
    geo = json.loads(pq.read_metadata(tmp_path / "p").metadata[b"geo"])
    assert "bbox" not in geo["columns"]["geometry"]


def test_small_tables_share_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_GROUP", 10)
    tables = [profiles_table(4, wmo=wmo) for wmo in range(1_000_000, 1_000_008)]
    assert write_geoparquet(tmp_path / "p", tables, PROVENANCE) == 32
    counts = pq.ParquetFile(tmp_path / "p").metadata
    assert counts.num_row_groups <= 6
