"""Files as columns: CSV, Parquet and CDF, and what is wrong with some of them."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData
from gnomon.formats.cdf import Cdf, Variable
from gnomon.formats.cdf_writer import write_cdf
from gnomon.publish.tables.reading import read_file
from gnomon.publish.tables.types import BIGINT, BOOLEAN, DATETIME, FLOAT, INTEGER, NUMERIC, TEXT


def columns(raw):
    return {name: raw.table[name].to_pylist() for name in raw.table.column_names}


@pytest.fixture
def csv_of(tmp_path):
    def written(content, name="x.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_a_csv_is_texts_as_they_stand(csv_of):
    content = '\ufeffid,"a ""b""",c\r\n007,"x,\ny",nan\r\n8,,NULL\r\n'
    (raw,) = read_file(csv_of(content))
    assert columns(raw) == {"id": ["007", "8"], 'a "b"': ["x,\ny", ""], "c": ["nan", "NULL"]}


def test_a_header_alone_has_no_rows(csv_of):
    (raw,) = read_file(csv_of("time,value\n"))
    assert columns(raw) == {"time": [], "value": []}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty: it has no header"),
        ("a,b\n1,2\n3\n", r"x\.csv: .*Row #3: Expected 2 columns, got 1"),
        ("a,b,a\n1,2,3\n", "the columns a stand there twice"),
        (b"a\n\xff\xfe\n", r"x\.csv: "),
    ],
)
def test_what_is_no_csv_is_named(csv_of, content, words):
    with pytest.raises(BadData, match=words):
        read_file(csv_of(content))


def test_nul_is_spelled_out(csv_of):
    (raw,) = read_file(csv_of(b"a\nx\0y\n"))
    assert columns(raw) == {"a": ["x␀y"]}


def test_a_file_that_is_absent_is_named(tmp_path):
    for name in ("a.csv", "a.parquet", "a.cdf"):
        with pytest.raises(BadData, match=name):
            read_file(tmp_path / name)


@pytest.fixture
def parquet_of(tmp_path):
    def written(table, name="x.parquet"):
        pq.write_table(pa.table(table), tmp_path / name)
        return tmp_path / name

    return written


def test_types_of_a_csv_are_those_of_the_parquet_beside(csv_of, parquet_of):
    parquet_of(
        {
            "small": pa.array([1], pa.uint8()),
            "clock": pa.array([1], pa.uint32()),
            "huge": pa.array([1], pa.uint64()),
            "volts": pa.array([1.0]),
            "on": pa.array([True]),
            "at": pa.array([datetime(2025, 1, 2)]),  # noqa: DTZ001
            "mode": pa.array(["a"]),
        }
    )
    (raw,) = read_file(csv_of("small,clock,huge,volts,on,at,mode\n1,1,1,1,true,2025-01-02,a\n"))
    assert raw.types == {
        "small": INTEGER,
        "clock": BIGINT,
        "huge": NUMERIC,
        "volts": FLOAT,
        "on": BOOLEAN,
        "at": DATETIME,
        "mode": TEXT,
    }


def test_parquet_keeps_its_types(parquet_of):
    encoded = pa.array(["a", "b", "a"]).dictionary_encode()
    table = {"n": pa.array([1, 2, None]), "d": encoded, "b": pa.array([b"\x01", None, b"\xff"])}
    (raw,) = read_file(parquet_of(table))
    assert columns(raw) == {"n": [1, 2, None], "d": ["a", "b", "a"], "b": ["01", None, "ff"]}
    assert raw.types == {"n": BIGINT, "d": TEXT}


def test_parquet_that_no_table_takes_is_named(parquet_of, tmp_path):
    with pytest.raises(BadData, match=r"x\.parquet: the column n holds list"):
        read_file(parquet_of({"n": [[1], [2]]}))
    (tmp_path / "y.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadData, match=r"y\.parquet: "):
        read_file(tmp_path / "y.parquet")


EPOCH = np.array([815313671184000000, 815313691184000123, np.iinfo(np.int64).min])


@pytest.fixture
def cdf(tmp_path):
    depends = {"DEPEND_0": "epoch"}
    fill, no_fill = {"FILLVAL": np.float64(-1e31)}, {"FILLVAL": np.int8(0)}
    vectors = np.array([[1, 2, 3, 0.0], [4, -1e31, 6, 1], [7, 8, 9, 2]])
    variables = {
        "flags": Variable(np.array([[1, 2], [3, 4], [0, 0]], "i1"), depends | no_fill),
        "vectors": Variable(vectors, depends | fill),
        "labelled": Variable(np.ones((3, 2)), depends | {"LABL_PTR_1": "names"}),
        "epoch": Variable(EPOCH, {"FILLVAL": EPOCH[2]}, "CDF_TIME_TT2000"),
        "names": Variable(np.array(["one", "two"]), {}, by_record=False),
        "slow": Variable(np.array([5, 6], "i4"), {}),
    }
    path = tmp_path / "x_20251102_v001.0002.cdf"
    write_cdf(path, Cdf({}, variables))
    return path


def test_a_cdf_is_a_table_for_each_axis(cdf):
    raw, slow = read_file(cdf)
    assert raw.group == "epoch"
    assert raw.table.column_names == [
        "epoch",
        *("flags_0", "flags_1"),
        *("vectors_x", "vectors_y", "vectors_z", "vectors_w"),
        *("labelled_one", "labelled_two"),
    ]
    assert columns(slow) == {"slow": [5, 6]}
    found = columns(raw)
    assert found["vectors_y"] == [2, None, 8]
    assert found["flags_0"] == [1, 3, 0]  # a FILLVAL of 0 is none
    assert [str(one) for one in raw.table["epoch"].combine_chunks().cast(pa.string())] == [
        "2025-11-02 00:00:02.000000000",
        "2025-11-02 00:00:22.000000123",
        "None",
    ]
    assert raw.ticks["epoch"].to_pylist() == EPOCH.tolist()


def test_what_is_no_cdf_is_named(tmp_path):
    (tmp_path / "x.cdf").write_bytes(b"no CDF at all")
    with pytest.raises(BadData, match=r"x\.cdf: no readable CDF"):
        read_file(tmp_path / "x.cdf")


def test_the_first_rows_of_a_file(cdf):
    raw, _ = read_file(cdf)
    assert raw.sliced(2).table.num_rows == len(raw.sliced(2).ticks["epoch"]) == 2
    assert raw.sliced(9) is raw
    assert raw.sliced(None) is raw
