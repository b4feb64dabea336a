"""`sky.merge`: files in, one file out, the same bytes whatever the order."""

import hashlib
from itertools import permutations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NoData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.merging import merge as merge_tables
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, answers_of, part_table
from gnomon.instruments.sky.steps.merge import merge

PROVENANCE = Provenance("sky.merge", 1, "f" * 64, "{}", ())


def part(n, times, *, value=17.0, **more):
    answer = Answer("http://a", f"q{n}", "ztf_dr23", f"2026-01-0{n}T00:00:00Z", str(n) * 64)
    columns = {
        "object": ["1"] * len(times),
        "band": ["g"] * len(times),
        "time": times,
        "value": [value] * len(times),
    }
    return part_table(columns | more, survey="ztf", time=MJD_UTC, unit="mag", answer=answer)


def stored(folder, tables):
    """Write parts, and return them as a step's inputs."""
    inputs = []
    for n, table in enumerate(tables):
        path = folder / f"{n}.parquet"
        pq.write_table(table, path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        inputs.append(Input(path, "sky.part", {}, {}, 1, sha256))
    return inputs


def test_every_order_gives_the_same_bytes(tmp_path):
    tables = [part(1, [1.0, 2.0]), part(2, [2.0, 3.0]), part(3, [3.0], value=17.5)]
    out = tmp_path / "out.parquet"
    bodies = set()
    for order in permutations(stored(tmp_path, tables)):
        report = merge(list(order), out, PROVENANCE)
        bodies.add(out.read_bytes())
    assert len(bodies) == 1
    assert report.metrics == {"n_rows": 4, "n_duplicates": 1, "n_superseded": 0, "n_conflicts": 1}
    assert "1 measurement" in report.note
    # As text, in which NaN equals NaN.
    assert str(pq.read_table(out).to_pylist()) == str(merge_tables(tables).table.to_pylist())


def test_each_answer_is_a_row_group_and_named_in_order(tmp_path):
    tables = [part(2, [3.0, 4.0]), part(1, [1.0]), part(3, [1.0]), part(4, [0.0])]
    out = tmp_path / "out.parquet"
    merge(stored(tmp_path, tables), out, PROVENANCE)
    file = pq.ParquetFile(out)
    answers = answers_of(file.schema_arrow)
    assert [one.parameters for one in answers] == ["q1", "q2", "q4"]
    for n in range(file.num_row_groups):
        assert set(file.read_row_group(n)["answer"].to_pylist()) == {n}
    assert file.num_row_groups == 3
    assert read_provenance(out)["step"] == "sky.merge"


def test_files_of_one_answer_may_have_different_columns(tmp_path):
    tables = [part(1, [1.0, 2.0], chi=[0.5, 0.6]), part(1, [2.0, 3.0])]
    out = tmp_path / "out.parquet"
    report = merge(stored(tmp_path, tables), out, PROVENANCE)
    assert report.metrics["n_duplicates"] == 1
    assert pq.read_table(out)["chi"].to_pylist() == [0.5, 0.6, None]


def test_parts_without_a_row_are_no_data(tmp_path):
    with pytest.raises(NoData):
        merge(stored(tmp_path, [part(1, [])]), tmp_path / "out.parquet", PROVENANCE)


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (one,) = stored(tmp_path, [part(1, [1.0])])
    one.path.write_bytes(b"<html>")
    with pytest.raises(BadData, match=r"0\.parquet"):
        merge([one], tmp_path / "out.parquet", PROVENANCE)


def test_a_table_of_something_else_is_named(tmp_path):
    with pytest.raises(BadData, match=r"0\.parquet.*no column"):
        merge(stored(tmp_path, [pa.table({"a": [1]})]), tmp_path / "out.parquet", PROVENANCE)
