"""The demo: the whole flow with nothing but a folder."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from terminal import gnomon


def test_the_demo_shows_the_whole_flow_on_simulated_floats(tmp_path):
    data = gnomon("demo", "--folder", "d", "--json", folder=tmp_path).data
    first, again, late = data["stages"].values()
    assert (first["sync"]["ok"], first["export"]["done"]["argo.tables"]) == (True, 8)
    assert again["sync"]["jobs"] == again["export"]["jobs"] == 0
    assert late["sync"]["done"]["argo.gdac"] >= 5
    assert late["export"]["done"]["argo.tables"] == 3
    assert len(data["floats"]) == 8
    assert all(row["profiles"] >= 40 for row in data["floats"])
    assert first["export"]["done"]["argo.bgc"] == 2
    drawn = {Path(name).name for name in data["pictures"]}
    assert drawn == {f"3900001_{what}.png" for what in ("overview", "map", "profile")}
    assert all((tmp_path / name).stat().st_size > 10_000 for name in data["pictures"])
    with closing(sqlite3.connect(tmp_path / "d/argo.db")) as database:
        levels = database.execute("SELECT count(*) FROM argo_level").fetchone()
    assert levels == (sum(row["levels"] for row in data["floats"]),)


@pytest.mark.slow
def test_the_demo_runs_on_files_that_are_given(tmp_path):
    gdac = simulate_gdac(tmp_path / "gdac", floats=2, cycles=4, levels=10)
    data = gnomon("demo", "--folder", "d", "--from", "gdac", "--json", folder=tmp_path).data
    assert {row["float"]: (row["profiles"], row["levels"]) for row in data["floats"]} == (
        gdac.counts()
    )
    said = gnomon("demo", "--folder", "d", "--from", "gdac", folder=tmp_path)
    for words in ("first sync", "sync again", "3900001", "3900002"):
        assert words in said.out + said.err


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/thesis.tex").write_text("x")
    said = gnomon("demo", "--folder", "d", folder=tmp_path, code=2)
    assert "is not empty and no earlier demo made it" in said.err
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["thesis.tex"]


@pytest.mark.slow
def test_the_demo_runs_on_real_floats(real, tmp_path):
    data = gnomon("demo", "--folder", "d", "--from", real, "--json", folder=tmp_path).data
    assert len(data["floats"]) == 12
    stages = list(data["stages"].values())
    assert stages[0]["sync"]["done"] == {"argo.gdac": 387}
    assert stages[1]["sync"]["jobs"] == stages[1]["export"]["jobs"] == 0
