"""The demo, in an empty folder: what it says of itself is what it did."""

import pytest

from terminal import gnomon

# README and docs/sky.md run the same commands.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "sky"
    return gnomon("demo", "sky", "--folder", folder, "--json").data, folder


def test_a_second_ingestion_adds_nothing_and_a_new_release_its_nights(told):
    commands = told[0]["commands"]
    asked = [words for words in commands if words.startswith("sky ingest --source ztf")]
    first, again = commands[asked[1]]
    assert first["rows_added"] == commands[asked[0]][0]["rows_added"] > 0
    assert again["rows_added"] == 0
    assert 0 < commands[asked[2]][0]["rows_added"] < first["rows_added"]
    assert [one["rows_added"] for one in commands["sky targets targets.csv --source tess"]][1] == 0
    runs = commands["run sky-science"]
    assert [bool(run["done"]) for run in runs] == [True, False, True]
    assert all(run["ok"] for run in runs)


def test_the_simulated_sky_is_recovered(told):
    rows = told[0]["recovered"]
    for row in rows:
        if row["variability"] in ("constant", "trend"):
            assert row["n_periods"] == 0
            assert row["found_d"] is None
        elif row["variability"] == "eclipsing":
            ratio = row["true_d"] / row["found_d"]
            assert ratio == pytest.approx(round(ratio), abs=2e-3)
        else:
            assert row["error"] < 2e-4
            assert row["n_periods"] == row["n_curves"]
    assert {row["method"] for row in rows} == {"ls", "bls"}


def test_what_it_wrote_is_there(told):
    folder = told[1]
    assert (folder / "features.csv").read_text().startswith("object_id,detections,mean_mag")
    assert (folder / "periods.csv").exists()
    assert len([*(folder / "pictures").glob("*.png")]) == 2


def test_real_files_are_not_for_it(tmp_path):
    said = gnomon("demo", "sky", "--from", tmp_path, "--folder", tmp_path / "x", code=2)
    assert "--from" in said.err
