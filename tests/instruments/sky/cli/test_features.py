"""`gnomon sky features`: files in, the guide's CSV and a Parquet with everything out."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.cleaned import cleaned
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, part_table
from gnomon.instruments.sky.curves.stages import DetrendStage
from terminal import gnomon, snapshot

CSV = "oid,mjd,mag,magerr,filtercode\n1,1,17,0.1,zg\n1,2,18,0.1,zr\n1,3,19,0.2,zr\n2,1,20,0.1,zg\n"
HEAD = ["object_id", "detections", "mean_mag", "std_mag", "min_mag", "max_mag", "filters"]


@pytest.fixture
def answer(tmp_path):
    (tmp_path / "answer.csv").write_text(CSV)
    return tmp_path / "answer.csv"


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_guides_table_and_all_features_beside_it(answer):
    said = gnomon("sky", "features", "answer.csv", folder=answer.parent)
    assert "2 objects, 3 light curves, 4 points, 0 points left out: features.csv" in said.out
    first, second = rows_of(answer.parent / "features.csv")
    assert list(first) == HEAD
    assert list(first.values()) == ["1", "3", "18.0", "1.0", "17.0", "19.0", "g,r"]
    assert (second["detections"], second["std_mag"]) == ("1", "")
    table = pq.read_table(answer.parent / "features.parquet")
    assert list(zip(*(table[x].to_pylist() for x in ("object", "band")), strict=True)) == [
        *(("1", "g"), ("1", "r"), ("2", "g")),
    ]
    assert table.num_columns == 45
    held = read_provenance(answer.parent / "features.parquet")
    assert held["inputs"][0][2] == "answer.csv"


def test_the_same_files_give_the_same_bytes(answer):
    gnomon("sky", "features", answer, "-o", answer.parent / "1")
    gnomon("sky", "features", answer, "-o", answer.parent / "2")
    first = snapshot(answer.parent / "1")
    assert first == snapshot(answer.parent / "2")
    assert set(first) == {"features.csv", "features.parquet"}


def test_folders_are_made_and_features_chosen(answer):
    output = answer.parent / "data" / "processed" / "ztf" / "features.csv"
    words = ("--feature", "skew", "--feature", "eta", "--json")
    said = gnomon("sky", "features", answer, "--output", output, *words)
    assert said.data["points"] == 4
    assert said.data["files"] == [str(output), str(output.with_suffix(".parquet"))]
    assert pq.read_schema(output.with_suffix(".parquet")).names[-2:] == ["skew", "eta"]


def test_labels_come_from_a_catalogue_that_has_a_name(answer):
    folder = answer.parent
    (folder / "labels.csv").write_text("object_id,type\n1,RRAB\n")
    gnomon("sky", "features", answer, "-o", folder, "--labels", folder / "labels.csv", code=2)
    words = ("--labels", folder / "labels.csv", "--catalogue", "VSX", "--json")
    said = gnomon("sky", "features", answer, "-o", folder, *words)
    assert said.data["rows_with_a_label"] == 1
    first, second = rows_of(folder / "features.csv")
    assert (first["label"], first["label_catalogue"]) == ("RRAB", "VSX")
    assert (second["label"], second["label_catalogue"]) == ("", "")
    assert pq.read_table(folder / "features.parquet")["label"].to_pylist() == ["RRAB", "RRAB", None]
    gnomon("sky", "features", answer, "--catalogue", "VSX", code=2)


def test_without_labels_nobody_has_one(answer):
    gnomon("sky", "features", answer, "-o", answer.parent)
    assert "label" not in rows_of(answer.parent / "features.csv")[0]
    assert "label" not in pq.read_schema(answer.parent / "features.parquet").names


def test_records_of_tess(tmp_path):
    record = {"tic_id": "TIC7", "sector": 3, "cadence": "short", "time": [1, 2], "flux": [10, 14]}
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "record_00000.json").write_text(json.dumps(record))
    gnomon("sky", "features", "raw", folder=tmp_path)
    (row,) = rows_of(tmp_path / "features.csv")
    assert list(row) == [
        *("tic_id", "sector", "cadence", "mean_flux", "std_flux", "min_flux", "max_flux"),
        *("flux_span", "n_points", "cv"),
    ]
    assert (row["tic_id"], row["sector"], row["mean_flux"]) == ("TIC7", "3", "12.0")


def test_observations_of_mast(tmp_path):
    columns = {"obs_id": ["x"], "instrument_name": ["ACS"], "target_name": ["M31"]}
    columns |= {"t_exptime": [9.0], "em_min": [400.0], "em_max": [700.0]}
    pq.write_table(pa.table(columns), tmp_path / "mast.parquet")
    said = gnomon("sky", "features", "mast.parquet", "--json", folder=tmp_path)
    assert said.data["observations"] == 1
    (row,) = rows_of(tmp_path / "features.csv")
    assert row["wavelength_span"] == "300.0"


def test_other_names_of_columns(tmp_path):
    (tmp_path / "star.csv").write_text("when,how\n1,5\n2,7\n")
    words = ("--time", "when", "--value", "how", "--unit", "mag")
    gnomon("sky", "features", "star.csv", *words, folder=tmp_path)
    (row,) = rows_of(tmp_path / "features.csv")
    assert (row["object_id"], row["mean_mag"], row["filters"]) == ("star", "6.0", "")
    said = gnomon("sky", "features", "star.csv", "--time", "whem", folder=tmp_path, code=2)
    assert "did you mean 'when'" in said.err


def test_cleaned_curves_as_measured_and_without_their_trend(tmp_path, sky):
    mjd = np.linspace(58_000, 58_100, 200)
    star = next(star for star in sky.stars if star.variability == "trend")
    columns = {"object": [star.name] * 200, "band": ["r"] * 200, "time": mjd}
    columns |= {"value": star.magnitude("r", mjd), "error": np.full(200, 0.02)}
    table = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
    made = cleaned(table, (DetrendStage(window_d=20.0),)).table
    pq.write_table(made, tmp_path / "clean.parquet")
    gnomon("sky", "features", "clean.parquet", "-o", "1", folder=tmp_path)
    gnomon("sky", "features", "clean.parquet", "-o", "2", "--flat", folder=tmp_path)
    (as_measured,) = rows_of(tmp_path / "1" / "features.csv")
    (flat,) = rows_of(tmp_path / "2" / "features.csv")
    assert float(as_measured["mean_mag"]) == pytest.approx(star.mean_mag, abs=0.1)
    assert abs(float(flat["mean_mag"])) < 1e-3
    assert float(flat["std_mag"]) < float(as_measured["std_mag"]) / 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html>502</html>\n", "no column of the time"),
        ("mjd,mag\n1,2\n2\n", "Expected 2 columns"),
        ("mjd,mag\n", "no light curves"),
        ("", "Empty CSV"),
    ],
)
def test_what_is_no_light_curve_ends_with_an_error_and_writes_nothing(tmp_path, text, says):
    (tmp_path / "a.csv").write_text(text)
    said = gnomon("sky", "features", "a.csv", folder=tmp_path, code=1)
    assert says in said.err
    assert set(snapshot(tmp_path)) == {"a.csv"}


def test_outputs_that_cannot_be(answer):
    said = gnomon("sky", "features", answer, "-o", answer.parent / "f.txt", code=2)
    assert "is no CSV" in said.err
    gnomon("sky", "features", answer, "-o", answer / "f.csv", code=2)
    gnomon("sky", "features", answer.parent / "none.csv", code=2)
    gnomon("sky", "features", answer, "--feature", "skwe", code=2)
