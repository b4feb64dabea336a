"""`gnomon sky period` and `gnomon sky plot`: any file in, periods and pictures out."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnomon.formats.parquet import read_provenance
from terminal import gnomon, snapshot

NARROW = ("--max-period", "5", "--oversampling", "5")
PNG = b"\x89PNG"


@pytest.fixture
def stars(tmp_path, sky):
    """Two stars in a file with columns of other names: one varies, one does not."""
    chance = np.random.default_rng(0)
    mjd = 58_000 + np.sort(chance.uniform(0, 120, 90))
    lines = ["star,when,brightness,sigma,filter"]
    for kind in ("rrlyrae", "constant"):
        star = next(one for one in sky.stars if one.variability == kind)
        seen = star.magnitude("g", mjd) + 0.02 * chance.normal(size=90)
        lines += [f"{kind},{t},{m},0.02,zg" for t, m in zip(mjd, seen, strict=True)]
    (tmp_path / "stars.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


COLUMNS = ("--object", "star", "--time", "when", "--value", "brightness", "--error", "sigma",
           "--unit", "mag")  # fmt: skip


def test_periods_of_any_csv(stars, sky):
    said = gnomon("sky", "period", "stars.csv", *COLUMNS, *NARROW, folder=stars)
    assert "constant g: no significant period: false-alarm probability" in said.out
    with (stars / "periods.csv").open(newline="") as file:
        rows = {row["object"]: row for row in csv.DictReader(file)}
    star = next(one for one in sky.stars if one.variability == "rrlyrae")
    assert float(rows["rrlyrae"]["period_d"]) == pytest.approx(star.period_d, rel=1e-3)
    assert rows["constant"]["period_d"] == ""
    assert rows["constant"]["significant"] == "false"
    assert set(snapshot(stars)) == {"stars.csv", "periods.csv"}


def test_parquet_json_and_pictures(stars):
    said = gnomon(
        "sky", "period", "stars.csv", *COLUMNS, *NARROW, "-o", "p.parquet", "--plot", "pages",
        "--json", folder=stars,
    )  # fmt: skip
    assert (said.data["curves"], said.data["significant"]) == (2, 1)
    assert said.data["periods"][0]["object"] == "constant"
    assert said.data["periods"][0]["period_d"] is None
    assert pq.read_table(stars / "p.parquet").num_rows == 2
    assert read_provenance(stars / "p.parquet")["inputs"][0][2] == "stars.csv"
    for name in ("rrlyrae", "constant"):
        assert (stars / "pages" / f"{name}.png").read_bytes().startswith(PNG)


def test_boxes(stars):
    search = ("--method", "bls", "--min-period", "0.4", "--max-period", "2", "--duration", "0.1")
    said = gnomon("sky", "period", "stars.csv", *COLUMNS, *search, "--json", folder=stars)
    assert [one["method"] for one in said.data["periods"]] == ["bls", "bls"]


@pytest.mark.parametrize("what", ["curve", "periodogram", "folded"])
def test_pictures_of_one_object(stars, what):
    options = ("--max-period", "5", "--what", what, "--only", "rrlyrae")
    said = gnomon("sky", "plot", "stars.csv", *COLUMNS, *options, "--json", folder=stars)
    assert said.data["files"] == [f"plots/rrlyrae_{what}.png"]
    assert (stars / said.data["files"][0]).read_bytes().startswith(PNG)


def test_objects_whose_names_make_the_same_file_get_two(tmp_path):
    rows = [f"{name},{t},{10 + t % 3}" for name in ("a/b", "a b") for t in range(20)]
    (tmp_path / "x.csv").write_text("object,time,mag\n" + "\n".join(rows) + "\n")
    gnomon("sky", "plot", "x.csv", "--what", "curve", "-o", "out", folder=tmp_path)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "a_b_curve.png", "a_b_2_curve.png",
    }  # fmt: skip


@pytest.mark.parametrize(("words", "code", "message"), [
    (("period", "x.csv", "--output", "p.txt"), 2, "a table is written as .csv or .parquet"),
    (("period", "x.csv", "--fap", "2"), 2, "fap 2.0: it is a probability"),
    (("period", "x.csv", "--min-period", "3", "--max-period", "2"), 2, "is not more than"),
    (("period", "x.csv", "--min-period", "1e-7"), 2, "search from a longer period"),
    (("period", "x.csv", "--time", "tme"), 2, "did you mean 'time'"),
    (("plot", "x.csv", "--only", "y"), 2, "unknown object 'y'"),
    (("plot", "bad.csv"), 1, "no column"),
    (("plot", "empty.csv"), 1, "nothing to draw"),
])  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, words, code, message):
    rows = "\n".join(f"{t},{10 + t % 3}" for t in range(30))
    (tmp_path / "x.csv").write_text(f"time,mag\n{rows}\n")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("time,mag\n1,nan\n")
    said = gnomon("sky", *words, folder=tmp_path, code=code)
    assert message in said.err
    assert not (tmp_path / "periods.csv").exists()
