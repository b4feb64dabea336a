"""`gnomon comap flag`."""

import pytest

from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Registry
from gnomon.engine import project
from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.database.publisher import SQL
from gnomon.instruments.comap.level1.observer_flags import SOURCE, Flag, read_list
from terminal import gnomon


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Know of the observers' list, and of nothing else."""
    bundle = Instrument("comap", kinds=kinds.KINDS, sources=(SOURCE,), publishers=(SQL,))
    monkeypatch.setattr(project, "discover", lambda: Registry([bundle]))


@pytest.fixture
def folder(tmp_path):
    """Return a project whose pipeline reads the list `flags.csv`."""
    (tmp_path / "pipelines").mkdir()
    text = 'name = "one"\n[[source]]\nuse = "comap.observer_flags"\nfile = "flags.csv"\n'
    (tmp_path / "pipelines" / "one.toml").write_text(text, encoding="utf-8")
    return tmp_path


def flag(*words, folder, **more):
    return gnomon("comap", "flag", *words, folder=folder, **more)


def test_flags_are_written_and_taken_back(folder):
    words = ("45285", "45290-45295", "50000-ongoing", "--feeds", "1,5-7", "--bands", "bandA")
    said = flag(*words, "--comment", "sidelobes, [east]", folder=folder).out
    assert "+ 45290-45295: feeds 1,5,6,7, frequency bands bandA: sidelobes, [east]" in said
    assert "the next run takes it up" in said
    common = ((1, 5, 6, 7), (0, 1, 2, 3), "sidelobes, [east]")
    path = folder / "flags.csv"
    assert read_list(path) == [
        Flag(45285, 45285, *common),
        Flag(45290, 45295, *common),
        Flag(50000, None, *common),
    ]
    assert "says so already" in flag(*words, "--comment", "sidelobes, [east]", folder=folder).out
    flag(*words, "--undo", folder=folder)
    assert read_list(path) == []


def test_all_is_flagged_where_nothing_else_is_said(folder):
    said = flag("7", "--json", folder=folder).data
    assert said["list"] == "flags.csv"
    assert said["removed"] == []
    (added,) = said["added"]
    assert (added["first_obsid"], added["last_obsid"]) == (7, 7)
    assert added["feeds"] == list(range(1, 20))
    assert added["frequency_bands"] == list(range(8))


def test_a_dry_run_changes_nothing(folder):
    assert "+ 7: feeds all" in flag("7", "--dry-run", folder=folder).out
    assert not (folder / "flags.csv").exists()


@pytest.mark.parametrize(
    "words",
    [["x7"], ["7", "--feeds", "20"], ["7", "--feeds", "1,x"], ["7", "--bands", "8"], ["9-7"]],
)
def test_what_makes_no_sense_is_refused(folder, words):
    flag(*words, folder=folder, code=2)
    assert not (folder / "flags.csv").exists()


def test_a_list_may_be_named(tmp_path):
    assert "name it by --list" in flag("7", folder=tmp_path, code=2).err
    flag("7", "--list", "own.csv", folder=tmp_path)
    assert read_list(tmp_path / "own.csv") == [Flag(7, 7)]


def test_a_list_of_others_is_not_changed(folder):
    pipeline = folder / "pipelines" / "one.toml"
    text = pipeline.read_text(encoding="utf-8").replace("flags.csv", "https://host/flags.csv")
    pipeline.write_text(text, encoding="utf-8")
    assert "not ours to change" in flag("7", folder=folder, code=2).err


def test_a_list_that_makes_no_sense_is_left(folder):
    path = folder / "flags.csv"
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in flag("7", folder=folder, code=1).err
    path.write_text("obsid\n", encoding="utf-8")
    assert "no column" in flag("7", folder=folder, code=1).err
    assert path.read_text(encoding="utf-8") == "obsid\n"


def test_a_folder_that_is_absent_is_told(folder):
    path = folder / "absent" / "flags.csv"
    assert "cannot be written" in flag("7", "--list", path, folder=folder, code=2).err
