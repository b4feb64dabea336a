"""A full disk, at every place where bytes are written."""

import errno
import os
import shutil
import subprocess
from contextlib import suppress

import pytest

from gnomon.engine.events import Happened
from lab import Lab


class Limited:
    """Lets an operating system call run out of space after some calls."""

    def __init__(self, monkeypatch, owner, name, only, after=0):
        self._real, self._only, self.left, self.full = getattr(owner, name), only, after, True
        monkeypatch.setattr(owner, name, self._call)

    def _call(self, *args, **kwargs):
        if self.full and any(self._only in str(argument) for argument in args):
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
        return self._real(*args, **kwargs)


CALLS = [
    (os, "rename", "/store/", 0),
    (os, "rename", "/store/", 5),
    (os, "mkdir", "/store/clean", 0),
    (os, "mkdir", "/store/work", 3),
    (os, "chmod", "/store/work", 4),
    (os, "fsync", "", 0),
    (shutil, "copyfile", "/out/", 0),
    (os, "replace", "/out/", 0),
]


@pytest.mark.parametrize(("owner", "name", "only", "after"), CALLS)
def test_a_full_disk_is_reported_and_made_up_for(
    lab, tmp_path, monkeypatch, owner, name, only, after
):
    lab.fill()
    limited = Limited(monkeypatch, owner, name, only, after)
    summary = lab.run()
    assert summary.problems
    assert all("no space left" in problem.message for problem in summary.problems)
    limited.full = False
    assert lab.run().problems == []
    lab.assert_equals_batch(tmp_path / "batch")


def test_space_that_comes_back_in_time_is_no_problem(lab, tmp_path, monkeypatch):
    lab.fill()
    limited = Limited(monkeypatch, os, "rename", "/store/clean")

    def make_space(event):
        limited.full = limited.full and event.what is not Happened.RETRY

    assert lab.run(listen=make_space).problems == []
    assert not limited.full
    lab.assert_equals_batch(tmp_path / "batch")


def fill_up(ballast):
    with ballast.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))


@pytest.mark.parametrize("after", [7, 9, 12])
def test_a_disk_that_is_full_when_names_are_synced(lab, tmp_path, monkeypatch, after):
    """The transaction is done again, with the files where the first has left them."""
    monkeypatch.setattr("gnomon.engine.loop._RECONNECT_S", (0.01, 0.01))
    lab.fill()
    limited = Limited(monkeypatch, os, "fsync", "", after)

    def make_space(event):
        limited.full = limited.full and event.what not in {Happened.RECONNECTING, Happened.RETRY}

    assert lab.run(listen=make_space).problems == []
    assert not limited.full
    lab.assert_equals_batch(tmp_path / "batch")


@pytest.fixture
def tiny(tmp_path):
    """Mount a file system of 12 MB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting needs root")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full(tiny, tmp_path):
    lab = Lab(tiny, f"sqlite:///{tmp_path / 'gnomon.db'}")
    lab.fill()
    lab.put(raw_1_0="x" * 100_000)
    ballast = tiny / "ballast"
    fill_up(ballast)
    os.truncate(ballast, ballast.stat().st_size - 40_000)
    problems = lab.run().problems
    assert problems
    assert all("no space left" in problem.message for problem in problems)
    ballast.unlink()
    lab.put(raw_1_0="x" * 1000)
    lab.run()
    lab.store = type(lab.store)(tiny / "store")
    lab.assert_equals_batch(tmp_path / "batch")
    lab.catalog.close()


def test_a_database_on_a_full_disk(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("gnomon.engine.loop._RECONNECT_S", (0.01, 0.01))
    (tiny / "db").mkdir()
    lab = Lab(tmp_path / "lab", f"sqlite:///{tiny / 'db' / 'gnomon.db'}")
    lab.fill(days=4)
    ballast = tiny / "ballast"
    fill_up(ballast)
    reconnecting = []

    def make_space(event):
        if event.what is Happened.RECONNECTING:
            reconnecting.append(event.message)
            ballast.unlink(missing_ok=True)

    assert lab.run(listen=make_space).problems == []
    assert "full" in reconnecting[0]
    lab.assert_equals_batch(tmp_path / "batch")
    lab.catalog.close()
