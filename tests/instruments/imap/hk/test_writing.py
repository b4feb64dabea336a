"""How rows are written: texts as Python writes them, types and units in Parquet."""

import csv
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.formats.packets import Column
from gnomon.instruments.imap.hk.rows import Field, RowCounts, Rows, read_rows
from gnomon.instruments.imap.hk.writing import write_csv, write_parquet
from gnomon.timescales.sclk import SpacecraftClock

PLAIN = SpacecraftClock.read(None, None)


def rows_of(**columns):
    number = len(next(iter(columns.values())).values)
    fields = tuple(Field(name, f"P.{name}", one, False) for name, one in columns.items())
    met = np.arange(number) + 507_600_003
    return Rows("P", PLAIN.tt2000(met), met, fields, RowCounts())


def column(values, **more):
    array = np.array(values, dtype=object) if more.pop("as_object", False) else np.asarray(values)
    return Column(array, array, **more)


@pytest.fixture
def texts(tmp_path):
    def call(one):
        write_csv(tmp_path / "x.csv", rows_of(x=one), PLAIN)
        with (tmp_path / "x.csv").open(newline="") as file:
            return [row["x"] for row in csv.DictReader(file)]

    return call


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=30))
def test_floats_are_written_as_python_writes_them(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    write_csv(path, rows_of(x=column(values)), PLAIN)
    assert [line.split(",")[1] for line in path.read_text().splitlines()[1:]] == [
        *map(repr, values)
    ]


def test_other_values(texts):
    assert texts(column([0.0, -0.0, np.nan, np.inf])) == ["0.0", "-0.0", "", "inf"]
    assert texts(column([True, False])) == ["True", "False"]
    assert texts(column(np.array([2**64 - 1], "u8"))) == [str(2**64 - 1)]
    assert texts(column([2**80, -1], as_object=True)) == [str(2**80), "-1"]
    assert texts(column(["On", 'a "b", c', 7], as_object=True)) == ["On", 'a "b", c', "7"]
    assert texts(column([b"\x01\x00", b""], as_object=True)) == ["256", "0"]


def test_a_dump_of_memory_is_one_number_however_long(texts):
    (text,) = texts(column([b"\xff" * 4096], as_object=True))
    assert len(text) == 9865
    assert text.endswith(str((2 ** (8 * 4096) - 1) % 10**9))


def test_what_a_packet_lacks_is_empty(texts, tmp_path):
    some = Column(np.array([1, 0]), np.array([1, 0]), present=np.array([True, False]))
    assert texts(some) == ["1", ""]
    labels = np.array(["a", None], object)
    other = Column(labels, labels, present=np.array([True, False]))
    write_parquet(tmp_path / "x.parquet", rows_of(x=some, y=other), PLAIN, ())
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["x"].to_pylist() == [1, None]
    assert table["y"].to_pylist() == ["a", None]


def test_columns_of_time(tmp_path):
    write_csv(tmp_path / "x.csv", rows_of(x=column([1])), PLAIN)
    header, line = (tmp_path / "x.csv").read_text().splitlines()
    assert header == "epoch,x,time_met_iso,epoch_iso"
    assert line == "823176069184000000,1,2026-02-01T00:00:03,2026-02-01T00:00:00.000000000"


def test_parquet_has_types_units_and_labels(real, definition, clock, tmp_path):
    day = date(2025, 5, 2)
    rows = read_rows([real / "packets" / "MAG_HSK_PW.pkts"], definition, clock, 1063, day)
    path = tmp_path / "x.parquet"
    write_parquet(path, rows, clock, ["imap_sclk_0136.tsc"])
    table = pq.read_table(path)
    assert table.num_rows == 667
    schema = table.schema
    assert schema.field("epoch").type == pa.int64()
    assert schema.field("epoch").metadata[b"scale"] == b"TT2000"
    assert schema.field("shcoarse").type == pa.uint32()
    assert schema.field("p1v5v").type == pa.float64()
    assert schema.field("magorange").type == pa.string()
    assert b'"0":"RANGE0"' in schema.field("magorange").metadata[b"labels"]
    assert schema.field("epoch_iso").type == pa.timestamp("ns", "UTC")
    assert table["time_met_iso"][0].as_py() == datetime(2025, 5, 2, 2, 18, 24)  # noqa: DTZ001
    assert schema.metadata[b"gnomon.clock"] == b"correlated"
    assert schema.metadata[b"gnomon.kernels"] == b"imap_sclk_0136.tsc"


def test_both_files_say_the_same_and_are_the_same_bytes_again(real, definition, clock, tmp_path):
    day = date(2025, 5, 2)
    rows = read_rows([real / "packets" / "MAG_HSK_STATUS.pkts"], definition, clock, 1064, day)
    for name in ("one", "two"):
        write_csv(tmp_path / f"{name}.csv", rows, clock)
        write_parquet(tmp_path / f"{name}.parquet", rows, clock, ())
    for suffix in ("csv", "parquet"):
        one, two = (tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    text = pa.csv.read_csv(tmp_path / "one.csv")
    table = pq.read_table(tmp_path / "one.parquet")
    assert text.column_names == table.column_names
    for name in text.column_names[:-2]:
        assert text[name].to_pylist() == table[name].to_pylist()
