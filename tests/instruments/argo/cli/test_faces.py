"""`gnomon argo stats`, `profile` and `plot`: looking at floats."""

import csv
import io
import shutil

import pyarrow.parquet as pq
import pytest

from gnomon.instruments.argo.exports.model import PROFILES
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from oceans import new_ocean
from terminal import gnomon, snapshot

CYCLES = 5


@pytest.fixture(scope="module")
def ocean(tmp_path_factory):
    root = tmp_path_factory.mktemp("faces")
    simulate_gdac(root / "gdac", floats=2, cycles=CYCLES, levels=30, seed=5, bgc=1)
    made = new_ocean(root / "project")
    made.sync("--all", "--data", "all", mirror=root / "gdac")
    made.export()
    return made


@pytest.fixture(scope="module")
def floats(ocean):
    return sorted(int(key.removeprefix("wmo=")) for key in ocean.current("argo.analysis"))


def argo(ocean, *words, code=0):
    return gnomon("argo", *words, "-C", ocean.folder, code=code)


def test_stats_of_all_floats(ocean, floats):
    found = argo(ocean, "stats", "--json").data
    assert [entry["wmo"] for entry in found] == floats
    temp = found[0]["parameters"][1]
    assert temp["parameter"] == "TEMP"
    files = f"{ocean.folder}/out/analysis/*/*.parquet"
    query = f"""SELECT min(temp), max(temp), count(temp) FROM '{files}'
        WHERE platform_number = {floats[0]} AND temp_qc IN (1, 2, 5, 8)"""
    least, most, count = ocean.query(query)[0]
    assert temp["n_good"] == count
    assert (temp["minimum"], temp["maximum"]) == pytest.approx((least, most))
    assert least < temp["mean"] < most
    # Samplings of biogeochemical sensors have no temperature.
    assert CYCLES <= sum(temp["modes"].values()) < found[0]["n_profiles"]
    assert {p["parameter"] for p in found[0]["parameters"]} >= {"DOXY", "NITRATE"}
    assert found[0]["first"].endswith("Z")
    assert found[0]["status"] in {"ACTIVE", "INACTIVE", "DEAD"}


def test_stats_for_people(ocean, floats):
    said = argo(ocean, "stats", "--float", str(floats[1])).out
    assert str(floats[1]) in said
    assert str(floats[0]) not in said
    for words in ("profiles in 5 cycles", "parameter", "PSAL", "DAC bad"):
        assert words in said


def test_an_unknown_float_names_the_nearest(ocean, floats):
    near = f"{floats[0]}"[:-1] + "9"
    for words in (("stats", "--float", near), ("profile", near, "1"), ("plot", "map", near)):
        said = argo(ocean, *words, code=2)
        assert f"did you mean '{floats[0]}'" in said.err or str(floats[1]) in said.err


def test_an_empty_project_says_what_to_do(tmp_path):
    for words in (("stats",), ("profile", "1", "1"), ("plot", "map", "1")):
        said = gnomon("argo", *words, "-C", tmp_path, code=2)
        assert "gnomon argo sync" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_profile_in_the_terminal(ocean, floats):
    said = argo(ocean, "profile", floats[0], "2", "--levels", "4").out
    for words in (f"float {floats[0]} cycle 2", "time", "position", "mode", "sha256",
                  "4 of 30 levels", "TEMP", "made by argo.analysis version 1"):  # fmt: skip
        assert words in said
    whole = argo(ocean, "profile", floats[0], "2", "--levels", "0").out
    assert len(whole.splitlines()) > len(said.splitlines()) + 20


def test_a_profile_as_json_and_csv(ocean, floats):
    (path,) = ocean.folder.glob(f"out/analysis/*/{floats[0]}.parquet")
    table = pq.read_table(path, filters=[("cycle_number", "=", 2), ("direction", "=", "A")])
    text = argo(ocean, "profile", floats[0], "2", "--json").out
    read = PROFILES.validate_json(text)
    assert sum(len(profile.measurements) for profile in read) == table.num_rows
    assert {profile.cycle_number for profile in read} == {2}
    assert read[0].metadata.provenance.step == "argo.analysis"
    said = argo(ocean, "profile", floats[0], "2", "--csv", "--n-prof", "0").out
    rows = list(csv.DictReader(io.StringIO(said)))
    assert {row["n_prof"] for row in rows} == {"0"}
    assert list(rows[0]) == table.column_names


def test_a_profile_that_is_not_there(ocean, floats):
    said = argo(ocean, "profile", floats[0], "40", code=2)
    assert "has no cycle 40; the nearest is 5, all are 1 to 5" in said.err
    said = argo(ocean, "profile", floats[0], "2", "--n-prof", "7", code=2)
    assert "no sampling 7; it has 0" in said.err
    said = argo(ocean, "profile", floats[0], "4", "--descending", code=2)
    assert "descending" in said.err
    argo(ocean, "profile", floats[0], "2", "--json", "--csv", code=2)


@pytest.mark.parametrize(
    "words",
    [("profile",), ("ts", "--cycle", "2"), ("section", "--parameter", "PSAL", "--qc", "all")],
)
def test_pictures(ocean, floats, words, tmp_path):
    target = tmp_path / "deep" / "a.svg"
    said = argo(ocean, "plot", words[0], floats[0], *words[1:], "--output", target)
    assert said.out.strip() == str(target)
    assert b"<svg" in target.read_bytes()


def test_what_cannot_be_drawn_is_said(ocean, floats, tmp_path):
    said = argo(ocean, "plot", "map", floats[0], "-o", tmp_path / "a.gif", code=2)
    assert ".png, .svg, .pdf" in said.err
    said = argo(ocean, "plot", "section", floats[0], "--parameter", "tmp", code=2)
    assert "did you mean 'temp'" in said.err
    said = argo(ocean, "plot", "profile", floats[0], "--cycle", "77", code=2)
    assert "no cycle 77" in said.err
    assert list(tmp_path.iterdir()) == []


def test_looking_changes_nothing(ocean, floats):
    before = snapshot(ocean.folder)
    argo(ocean, "stats")
    argo(ocean, "profile", floats[0], "1")
    assert snapshot(ocean.folder) == before


def test_a_lost_file_is_said(ocean, floats, tmp_path):
    lame = ocean.copy(tmp_path / "project")
    shutil.rmtree(lame.folder / "store" / "argo" / "analysis")
    said = argo(lame, "profile", floats[0], "1", code=1)
    assert "error" in said.err
