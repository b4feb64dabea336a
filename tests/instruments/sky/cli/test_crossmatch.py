"""`gnomon sky crossmatch`."""

import csv

import pyarrow.parquet as pq

from gnomon.formats.parquet import read_provenance
from terminal import gnomon

CURVES = "object,time,mag,ra,dec\na,1,15,10.0,0.0\na,2,15,10.0,0.0\nb,1,16,99.0,5.0\n"
STARS = "name,RA,Dec,type\ns1,00:40:00.01,+00:00:00.1,RRL\ns2,00:40:00,+00:00:01,EB\n"


def files(tmp_path):
    (tmp_path / "curves.csv").write_text(CURVES)
    (tmp_path / "stars.csv").write_text(STARS)
    return ("curves.csv", "--catalogue", "stars.csv", "--name", "My stars")


def test_matches_are_written_with_the_name_of_the_catalogue(tmp_path):
    said = gnomon("sky", "crossmatch", *files(tmp_path), folder=tmp_path)
    assert said.out == "1 of 2 objects matched, 2 rows: matches.csv\n"
    rows = list(csv.DictReader((tmp_path / "matches.csv").read_text().splitlines()))
    assert [(row["object"], row["entry"], row["label"]) for row in rows] == [
        ("a", "s1", "RRL"),
        ("a", "s2", "EB"),
    ]
    assert {row["catalogue"] for row in rows} == {"My stars"}
    assert abs(float(rows[1]["separation_arcsec"]) - 1) < 1e-6


def test_parquet_and_json(tmp_path):
    words = (*files(tmp_path), "--radius-arcsec", "0.5", "--nearest", "-o", "m.parquet", "--json")
    said = gnomon("sky", "crossmatch", *words, folder=tmp_path)
    assert said.data == {"objects": 2, "matched": 1, "rows": 1, "file": "m.parquet"}
    assert pq.read_table(tmp_path / "m.parquet")["entry"].to_pylist() == ["s1"]
    provenance = read_provenance(tmp_path / "m.parquet")
    assert provenance["step"] == "sky.match"
    assert [one[2] for one in provenance["inputs"]] == ["curves.csv", "stars.csv"]


def test_what_cannot_be_done_is_told(tmp_path):
    words = files(tmp_path)
    said = gnomon("sky", "crossmatch", *words, "-o", "m.txt", folder=tmp_path, code=2)
    assert ".csv or .parquet" in said.err
    said = gnomon("sky", "crossmatch", *words, "--name", "b", folder=tmp_path, code=2)
    assert "one --name of its own" in said.err
    said = gnomon("sky", "crossmatch", *words, "--radius-arcsec", 0, folder=tmp_path, code=2)
    assert "radius of 0.0 arcsec" in said.err
    said = gnomon("sky", "crossmatch", *words, "--label", "tipe", folder=tmp_path, code=2)
    assert "did you mean 'type'" in said.err
    (tmp_path / "curves.csv").write_text("object,time\na,1\n")
    said = gnomon("sky", "crossmatch", *words, folder=tmp_path, code=1)
    assert "no column of the ra and dec" in said.err
    assert not (tmp_path / "matches.csv").exists()
