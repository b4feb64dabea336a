"""Handing on: a batch and records of files, an answer at a time, counted alike with and without."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table, with_answers
from gnomon.instruments.sky.exports.handing_on import hand_on, merged
from gnomon.instruments.sky.tess.lightcurves import part_of, read_lightcurve


def stored(folder, n, name, times):
    answer = Answer("http://a", f"q{n}", "dr23", f"2026-01-0{n}T00:00:00Z", str(n) * 64)
    many = len(times)
    columns = {"object": [name] * many, "band": ["g"] * many, "time": times, "value": [9.0] * many}
    columns |= {"ra_deg": [1.0] * many, "dec_deg": [2.0] * many}
    columns |= {"sector": [n] * many, "cadence_s": [120.0] * many}
    is_tess = name.startswith("TIC")
    survey, time, unit = ("tess", BTJD, "e-/s") if is_tess else ("ztf", MJD_UTC, "mag")
    path = folder / name / f"{n}.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(part_table(columns, survey=survey, time=time, unit=unit, answer=answer), path)
    return path


@pytest.fixture
def ztf(tmp_path):
    return merged(
        [
            stored(tmp_path, 1, "a", [1.0, 2.0]),
            stored(tmp_path, 2, "a", [2.0, 3.0]),
            stored(tmp_path, 3, "b", [1.0]),
        ]
    )


@pytest.mark.parametrize("with_records", [False, True])
@pytest.mark.parametrize(("limit", "n"), [(None, 4), (2, 2), (9, 4)])
def test_records_are_counted_alike_with_and_without_files(tmp_path, ztf, with_records, limit, n):
    folder = tmp_path / "out"
    found = hand_on(ztf, "ztf", folder, with_records=with_records, limit=limit)
    assert (found.n_records, found.first.object_id, found.first.mjd) == (n, "a", 1.0)
    assert len(list(folder.glob("record_*.json"))) == (n if with_records else 0)
    rows = pq.read_table(folder / "lightcurves.parquet", columns=["object", "time", "answer"])
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        ("a", 1.0, 0),
        ("a", 2.0, 0),
        ("a", 3.0, 1),
        ("b", 1.0, 2),
    ]


def test_nothing_is_written_without_a_folder(tmp_path, ztf):
    assert hand_on(ztf, "ztf", None, with_records=True).n_records == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_record_of_tess_is_a_file(tmp_path):
    rows = merged(
        [stored(tmp_path, n, "TIC 7", [10.0 * n, 10.0 * n + 1, 10.0 * n + 2]) for n in (1, 2)]
    )
    found = hand_on(rows, "tess", tmp_path / "out", max_points=2)
    assert (found.n_records, found.first.tic_id, found.first.time) == (2, "TIC7", (10.0, 12.0))


def test_observations_are_handed_on_from_their_files(tmp_path):
    table = with_answers(pa.table({"obs_id": ["x", "y"]}), [Answer("u")])
    pq.write_table(table, tmp_path / "q.parquet")
    found = hand_on([tmp_path / "q.parquet"], "mast", tmp_path / "out", with_records=True)
    assert (found.n_records, found.first.observation_id) == (2, "x")
    assert (tmp_path / "out" / "observations.parquet").exists()


def test_nothing_is_nothing():
    assert hand_on(merged([]), "ztf", None).n_records == 0


def test_rows_of_another_source_are_refused(ztf, tmp_path):
    with pytest.raises(BadData, match="obs_id"):
        hand_on(ztf, "mast", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_real_curve_of_tess_comes_through_unchanged(real, truth, tmp_path):
    (file,) = (real / "tess").glob("*_lc.fits")
    known, curve = truth["tess"][file.name], read_lightcurve(file)
    for n in (1, 2):  # asked for twice
        answer = Answer("https://mast", f"{n}", "", f"2026-01-0{n}T00:00:00Z", f"{n}" * 64)
        pq.write_table(part_of(curve, answer=answer), tmp_path / f"{n}.parquet")
    found = hand_on(merged(tmp_path.glob("*.parquet")), "tess", tmp_path / "out")
    assert found.n_records == 1
    assert len(found.first.flux) == known["none"]["n_finite_pdcsap"]

    rows = pq.read_table(tmp_path / "out" / "lightcurves.parquet")
    assert rows.num_rows == known["none"]["n_cadences"]
    assert not any(rows["conflict"].to_pylist())
    good = rows["quality"].to_numpy() & 17087 == 0
    assert good.sum() == known["default"]["n_cadences"]
    flux = rows["value"].to_numpy()[good].astype("f4")
    assert np.nanmedian(flux) == known["default"]["median_pdcsap"]
