import csv
import io

import numpy as np
import pyarrow as pa

from argo_products import analysis_table, profiles_table
from gnomon.instruments.argo.exports import csv_rows as module
from gnomon.instruments.argo.exports.csv_rows import csv_rows


def rows(table):
    text = "".join(csv_rows(table))
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_values_read_back_as_they_are():
    table = analysis_table(profiles_table(missing=(2,)), bgc=("DOXY",))
    read = rows(table)
    assert len(read) == table.num_rows
    assert list(read[0]) == table.column_names
    for field in table.schema:
        said = [row[field.name] for row in read]
        expected = table[field.name]
        assert [text == "" for text in said] == expected.is_null().to_pylist()
        if pa.types.is_floating(field.type):
            kind = field.type.to_pandas_dtype()
            found = np.array([text or "nan" for text in said], kind)
            np.testing.assert_array_equal(found, expected.to_numpy())


def test_times_are_iso_with_z():
    table = analysis_table(profiles_table(2))
    assert rows(table)[0]["juld"] == "2020-03-01T12:00:05Z"
    times = pa.array([1_500_000, None, -1_000], pa.timestamp("us", tz="UTC"))
    odd = pa.table({"t": times, "n": [1, 2, 3]})
    said = ["1970-01-01T00:00:01.500Z", "", "1969-12-31T23:59:59.999Z"]
    assert [row["t"] for row in rows(odd)] == said


def test_what_a_reader_would_take_apart_is_quoted():
    words = ["a,b", 'say "hi"', "two\r\nlines", "ñandú", "", None]
    table = pa.table({"a,b": words, "n": [1.5, float("nan"), float("inf"), 0.1, -0.0, 1e-7]})
    read = rows(table)
    assert [row["a,b"] for row in read] == [*words[:4], "", ""]
    assert [row["n"] for row in read] == ["1.5", "", "", "0.1", "-0", "1e-7"]


def test_an_empty_table_is_a_line_of_names():
    assert "".join(csv_rows(pa.table({"a": pa.array([], pa.int8()), "b": []}))) == "a,b\r\n"


def test_batches_do_not_show(monkeypatch):
    table = analysis_table(profiles_table())
    whole = "".join(csv_rows(table))
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 3)
    assert "".join(csv_rows(table)) == whole
