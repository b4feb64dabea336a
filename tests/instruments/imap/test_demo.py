"""The demo: every command on the archives of a simulated spacecraft."""

import io
import json
import sqlite3
from contextlib import closing

import pytest
from rich.console import Console

from gnomon.cli.app import Screen
from gnomon.errors import ConfigError
from gnomon.instruments.imap.demo import demo
from gnomon.instruments.imap.simulate.archive import simulate_archive
from gnomon.instruments.imap.simulate.mission import Mission

pytest.importorskip("spiceypy")
# Everything that there is, once; README, docs/imap.md and test_closure run the same commands.
pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


def screen(*, as_json):
    out, err = (Console(file=io.StringIO(), width=200) for _ in range(2))
    return Screen(out, err, as_json)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo")
    simulate_archive(home / "archives", Mission(days=1))
    view = screen(as_json=True)
    demo(home / "d", home / "archives", view)
    return home / "d", json.loads(view.out.file.getvalue())


def test_what_was_put_in_comes_back(shown):
    _, said = shown
    errors = {row["what"]: row for row in said["closure"]}
    for frame in ("SRF", "DSRF", "GSE", "GSM", "RTN"):
        assert errors[f"field, {frame}"]["rms"] < 0.005
        assert errors[f"field, {frame}"]["count"] > 170_000
    assert errors["UTC of MAG_HSK_PW"]["most"] <= 1
    assert errors["values of MAG_HSK_PW"]["most"] <= 1 + 1e-9


def test_offsets_are_uploaded_once(shown):
    _, said = shown
    assert "imap_mag_l2-norm-offsets_20260301_20260301_v001.cdf" in said["uploads"]
    first, again, late = (
        sum(answer["done"].values()) for answer in said["commands"]["run imap-publish"]
    )
    assert (first, again, late) == (2, 0, 1)
    assert len(said["uploads"]) == 3


def test_polls_bring_what_is_new_and_nothing_else(shown):
    _, said = shown
    first, again, late = (answer["done"] for answer in said["commands"]["run imap-hk"])
    assert first["imap.decode"] == 4
    assert again == {}
    assert late["imap.decode"] == 3


def test_packets_are_in_the_database(shown):
    folder, _ = shown
    with closing(sqlite3.connect(folder / "imap.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM prog_mtran").fetchone()
        (packets,) = database.execute("SELECT count(*) FROM hsk_pw").fetchone()
    assert count == 20
    assert packets == 1440


def test_pictures_are_drawn(shown):
    folder, _ = shown
    assert len(list((folder / "pictures").glob("*.png"))) == 3


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(ConfigError, match="not empty"):
        demo(tmp_path, None, screen(as_json=True))
