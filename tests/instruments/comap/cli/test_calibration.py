"""`gnomon comap calibration`: the model of a file or of the project, on the screen and as CSV."""

import csv

import pytest

from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import Project
from gnomon.instruments.comap.kinds import CALIBRATION
from gnomon.instruments.comap.science.calibration_model import GainModel, Rules, written
from terminal import gnomon

MODELS = [
    GainModel(
        *(feed, 1, 0, "TauA", "polynomial", (0.01, 0.7), None, None),
        *(0.01, 12, 59000.0, 59000.0 + 3 * 365.25),
    )
    for feed in (1, 7)
]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(written(MODELS, Rules()), encoding="utf-8")
    return path


def test_a_file_as_a_table(model, tmp_path):
    said = gnomon("comap", "calibration", model, folder=tmp_path).out
    assert "0.7300" in said
    assert "2020-05-31" in said
    assert "2 streams" in said


def test_gains_at_a_time_and_of_some_feeds(model, tmp_path):
    words = "--at", "2021-05-31T06:00:00", "--feeds", "7", "--json"
    (row,) = gnomon("comap", "calibration", model, *words, folder=tmp_path).data["models"]
    assert (row["feed"], row["band"], row["half"]) == (7, 1, 0)
    assert row["gain"] == pytest.approx(0.71)


def test_the_project_s_own_and_csv(model, tmp_path):
    opened = Project.open(tmp_path)
    with opened.catalog() as catalog:
        adopt(catalog, opened.store, Brought(model, CALIBRATION, {}, {}))
    gnomon("comap", "calibration", "--csv", "tables/gain.csv", folder=tmp_path)
    with (tmp_path / "tables" / "gain.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["feed"] for row in rows] == ["1", "7"]
    assert float(rows[0]["gain"]) == pytest.approx(0.73)


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ((), 1, "comap.calibration"),
        (("--feeds", "one"), 2, "numbers with commas"),
        (("--feeds", "20"), 2, "does not see the sky"),
    ],
)
def test_what_is_wrong_is_said(words, code, reason, tmp_path):
    said = gnomon("comap", "calibration", *words, folder=tmp_path, code=code)
    assert reason in said.err


def test_a_feed_without_a_model(model, tmp_path):
    said = gnomon("comap", "calibration", model, "--feeds", "3", folder=tmp_path, code=1)
    assert "no model of feeds 3" in said.err


def test_another_file(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    said = gnomon("comap", "calibration", "a.json", folder=tmp_path, code=1)
    assert "no calibration model" in said.err
