"""Batches: one Parquet file whose row groups and manifest say where every row comes from."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import write_row_groups
from gnomon.instruments.sky.curves.merging import Merging, Part, merge
from gnomon.instruments.sky.curves.schema import (
    MJD_UTC,
    SCHEMA,
    Answer,
    answers_of,
    part_table,
    with_answers,
)
from gnomon.instruments.sky.exports.batches import write_batch
from gnomon.instruments.sky.exports.folders import write_records


def answer(n):
    return Answer("http://a", f"q{n}", "ztf_dr23", f"2026-01-0{n}T00:00:00Z", str(n) * 64)


def part(n, name, times, *, value=17.0, **more):
    columns = {
        "object": [name] * len(times),
        "band": ["g"] * len(times),
        "time": times,
        "value": [value] * len(times),
    }
    return part_table(columns | more, survey="ztf", time=MJD_UTC, unit="mag", answer=answer(n))


def groups():
    """Return two groups of which the second answer touches both."""
    one = merge([part(1, "a", [1.0, 2.0]), part(2, "a", [2.0, 3.0], value=17.5)])
    two = merge([part(2, "b", [1.0], chi=[0.5]), part(3, "b", [5.0])])
    return [one.table, two.table]


def stored(folder, table):
    path = folder / f"{table['object'][0]}.parquet"
    rows = [table.filter(pa.array(table["answer"].to_numpy() == n)) for n in range(2)]
    write_row_groups(path, table.schema, rows, Provenance("sky.merge", 1, "", "", ()))
    return path


@pytest.mark.parametrize("as_files", [False, True])
def test_a_batch_joins_groups_and_numbers_answers_anew(tmp_path, as_files):
    tables = [stored(tmp_path, table) for table in groups()] if as_files else groups()
    manifest = write_batch(tmp_path / "ztf", tables)
    file = pq.ParquetFile(tmp_path / "ztf" / "lightcurves.parquet")
    answers = answers_of(file.schema_arrow)
    assert answers == [answer(1), answer(2), answer(3)]
    for n in range(file.num_row_groups):
        (place,) = set(file.read_row_group(n)["answer"].to_pylist())
        assert n in manifest.answers[place].row_groups
    rows = file.read().select(["object", "time", "answer", "conflict", "chi"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("a", 1.0, 0, False, None),
        ("a", 2.0, 0, True, None),
        ("a", 2.0, 1, True, None),
        ("a", 3.0, 1, False, None),
        ("b", 1.0, 1, False, 0.5),
        ("b", 5.0, 2, False, None),
    ]


def test_the_manifest_says_what_is_there(tmp_path):
    write_batch(tmp_path, groups())
    told = json.loads((tmp_path / "manifest.json").read_text())
    body = (tmp_path / "lightcurves.parquet").read_bytes()
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert told["size_bytes"] == len(body)
    counts = ("n_rows", "n_row_groups", "n_objects", "n_curves", "n_limits", "n_conflicts")
    assert [told[name] for name in counts] == [6, 4, 2, 2, 0, 2]
    assert told["software"].startswith("gnomon ")
    assert told["origin"] == "archive"
    assert told["columns"]["time"] == "double"
    assert [(one["parameters"], one["n_rows"]) for one in told["answers"]] == [
        ("q1", 2),
        ("q2", 3),
        ("q3", 1),
    ]


def test_the_same_tables_give_the_same_bytes(tmp_path):
    first = write_batch(tmp_path / "one", groups())
    assert write_batch(tmp_path / "two", groups()) == first


def test_parts_are_merged_as_they_are_written(tmp_path):
    parts = [part(1, "a", [1.0, 2.0]), part(2, "a", [2.0, 3.0])]
    merging = Merging.of([Part.of_table(one) for one in parts])
    manifest = write_batch(tmp_path / "one", merging)
    assert [one.n_rows for one in manifest.answers] == [2, 1]
    assert write_batch(tmp_path / "two", merge(parts).table) == manifest


def test_samples_are_marked_in_every_row(tmp_path):
    assert write_batch(tmp_path, groups(), origin="sample").origin == "sample"
    assert set(pq.read_table(tmp_path / "lightcurves.parquet")["origin"].to_pylist()) == {"sample"}


def test_observations_are_a_batch_too(tmp_path):
    table = with_answers(pa.table({"obs_id": ["x", "y"]}), [answer(1)])
    manifest = write_batch(tmp_path, table)
    assert (manifest.file, manifest.n_rows, manifest.n_objects) == ("observations.parquet", 2, 0)
    assert manifest.answers[0].n_rows == 2
    assert pq.read_table(tmp_path / "observations.parquet")["answer"].to_pylist() == [0, 0]


def test_a_table_that_names_no_answer_is_of_none(tmp_path):
    assert write_batch(tmp_path, pa.table({"obs_id": ["x"]}), name="x.parquet").answers == ()
    assert pq.read_table(tmp_path / "x.parquet")["answer"].to_pylist() == [None]


def test_nothing_is_an_empty_batch(tmp_path):
    assert write_batch(tmp_path, []).n_rows == 0
    assert pq.read_table(tmp_path / "lightcurves.parquet").column_names == SCHEMA.names


def test_a_batch_and_records_share_a_folder(tmp_path):
    folder = tmp_path / "ztf"
    write_records(folder, "ztf", [])
    write_batch(folder, groups())
    write_records(folder, "ztf", [])
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "lightcurves.parquet",
        "manifest.json",
    ]


def test_what_cannot_be_read_is_named_and_leaves_the_batch_as_it_was(tmp_path):
    write_batch(tmp_path / "ztf", groups())
    before = (tmp_path / "ztf" / "manifest.json").read_bytes()
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadData, match=r"bad\.parquet"):
        write_batch(tmp_path / "ztf", [tmp_path / "bad.parquet"])
    with pytest.raises(BadData, match="do not fit"):
        write_batch(tmp_path / "ztf", [pa.table({"a": ["x"]}), pa.table({"a": [1]})])
    assert (tmp_path / "ztf" / "manifest.json").read_bytes() == before
