"""The demo, in an empty folder: what it says of itself is what it did."""

import pytest

from terminal import gnomon


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "comap"
    return gnomon("demo", "comap", "--folder", folder, "--json").data, folder


def test_only_what_changed_is_made_anew(told):
    first, again, flagged, moved = told[0]["commands"]["run comap-level2"]
    assert first["done"]["comap.reduce"] == 3
    assert first["done"]["comap.level2"] == 2
    assert not first["ok"]  # a vane is absent
    assert again["done"] == {}
    assert flagged["done"]["comap.level2"] == 1
    assert not {"comap.reduce", "comap.level2"} & set(moved["done"])
    assert all(run["ok"] for run in (again, flagged, moved))


def test_the_truth_comes_back(told):
    rows = told[0]["recovered"]
    assert {row["what"] for row in rows} == {"Tsys, K", "source, K"}
    for row in rows:
        at_most = 0.01 if row["what"] == "Tsys, K" else 0.03
        assert row["found"] == pytest.approx(row["true"], rel=at_most)


def test_what_it_wrote_is_there(told):
    folder = told[1]
    assert (folder / "comap.db").exists()
    assert len([*(folder / "pictures").glob("*.png")]) == 5
    (overview,) = told[0]["commands"]["comap overview"]
    failed = [one for one in overview if one["status"] == "failed"]
    assert len(failed) == 1
    assert "vane" in failed[0]["reason"]


def test_real_files_are_not_for_it(tmp_path):
    said = gnomon("demo", "comap", "--from", tmp_path, "--folder", tmp_path / "x", code=2)
    assert "--from" in said.err
