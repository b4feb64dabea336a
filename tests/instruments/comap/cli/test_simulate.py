"""`gnomon comap simulate`."""

import h5py
import pytest

from gnomon.instruments.comap.level1.observer_flags import read_list
from terminal import gnomon

SMALL = ("--channels", "8", "--minutes", "0.5", "--feeds", "1-3,20")


def simulate(*words, code=0):
    return gnomon("comap", "simulate", *words, code=code)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "level1"
    words = ("--observations", "2", "--source", "TauA", "--source", "field01")
    return folder, simulate(folder, *SMALL, *words, "--fault", "truncated", "--json").data


def test_files_are_written_and_told(made):
    folder, said = made
    assert said["is_written"]
    first, second = said["files"]
    assert (first["source"], first["mode"], first["fault"]) == ("TauA", "lissajous", "")
    assert (second["source"], second["mode"], second["fault"]) == ("field01", "ces", "truncated")
    with h5py.File(first["path"]) as held:
        assert held["spectrometer/feeds"][...].tolist() == [1, 2, 3, 20]
        assert held["spectrometer/tod"].shape[2] == 8
    with pytest.raises(OSError, match="truncated"):
        h5py.File(second["path"])
    assert read_list(folder / "observer_flags.csv")


def test_files_that_are_there_are_not_replaced(made):
    folder, said = made
    before = [path.stat() for path in folder.rglob("*")]
    ended = simulate(folder, *SMALL, code=2)
    assert f"{said['files'][0]['path']} is there" in ended.err
    assert [path.stat().st_mtime_ns for path in folder.rglob("*")] == [
        one.st_mtime_ns for one in before
    ]


def test_a_dry_run_says_how_large_files_would_be(tmp_path):
    folder = tmp_path / "none"
    ended = simulate(folder, "--feeds", "1-20", "--minutes", "60", "--dry-run")
    assert "60804 MB" in ended.out
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--feeds", "0"), "there is no feed 0"),
        (("--feeds", "1,x"), "'x' is no number"),
        (("--feeds", "3-1"), "3-1 ends before it begins"),
        (("--feeds", "1-999999999999"), "there is no feed 999999999999"),
        (("--source", "TauB"), "did you mean 'TauA'"),
        (("--fault", "no-vain"), "did you mean 'no-vane'"),
        (("--minutes", "600000", "--feeds", "1-20"), "GB left"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, words, reason):
    ended = simulate(tmp_path / "none", *words, code=1 if "GB" in reason else 2)
    assert reason in ended.err
