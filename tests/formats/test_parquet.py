import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import read_provenance, read_rows, write_table

PROVENANCE = Provenance("s", 1, "f" * 64, '{"a":1}', (("cycles", "k", "wmo=1", "0" * 64),))
TABLE = pa.table(
    {"x": pa.array(range(5_000), pa.int32())},
    schema=pa.schema([pa.field("x", pa.int32(), metadata={"units": "m"})]),
)


def test_bytes_repeat_and_metadata_stays(tmp_path):
    for name in ("a", "b"):
        write_table(tmp_path / name, TABLE, PROVENANCE, row_group_rows=1_024)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert pq.read_schema(tmp_path / "a").field("x").metadata == {b"units": b"m"}
    assert pq.read_metadata(tmp_path / "a").num_row_groups == 5


def test_provenance_stands_inside(tmp_path):
    write_table(tmp_path / "a", TABLE, PROVENANCE)
    assert read_provenance(tmp_path / "a") == {
        "step": "s",
        "step_version": 1,
        "fingerprint": "f" * 64,
        "config": '{"a":1}',
        "inputs": [["cycles", "k", "wmo=1", "0" * 64]],
    }


def test_rows_are_read_of_columns_that_are_there_and_of_no_folder(tmp_path):
    (tmp_path / "y=5").mkdir()
    write_table(tmp_path / "y=5" / "a", TABLE, PROVENANCE)
    assert read_rows(tmp_path / "y=5" / "a").column_names == ["x"]
    assert read_rows(tmp_path / "y=5" / "a", ("z", "x"))["x"].equals(TABLE["x"])
    (tmp_path / "b").write_bytes(b"no parquet")
    with pytest.raises(BadData, match="b: "):
        read_rows(tmp_path / "b")


def test_what_carries_no_provenance_is_refused(tmp_path):
    pq.write_table(TABLE, tmp_path / "a")
    (tmp_path / "b").write_bytes(b"no parquet")
    for name in ("a", "b"):
        with pytest.raises(BadData, match=name):
            read_provenance(tmp_path / name)
