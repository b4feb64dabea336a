"""Level-2 files: names, axes and fillings of the layout; bytes that do not depend on the clock."""

import resource
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from gnomon.errors import BadData, ConfigError, Full
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import changing, making, reading
from gnomon.instruments.comap.level2.layout import LAYOUT

LENGTHS = {"time": 50, "scan": 3, "event": 2, "position": 4, "channel": 16}


@contextmanager
def files_of_at_most(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_every_dataset_of_the_layout_can_be_made_and_begins_as_not_measured(tmp_path):
    with making(tmp_path / "a.hd5") as out:
        for name, spec in LAYOUT.items():
            made = out.create(name, **LENGTHS)
            assert made.ndim == len(spec.axes)
            assert made.attrs["axes"] == ",".join(spec.axes)
            assert made.attrs.get("units", "") == spec.unit
            if spec.dtype.startswith("f"):
                assert np.isnan(made[...]).all()
    with reading(tmp_path / "a.hd5") as file:
        assert all(name in file for name in LAYOUT)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name in ("a.hd5", "b.hd5"):
        with making(tmp_path / name) as out:
            out.create(layout.BINNED, time=100)[2] = 1.5
            out.put(layout.SCAN_EDGES, np.array([[1, 5], [6, 9]]))
    assert (tmp_path / "a.hd5").read_bytes() == (tmp_path / "b.hd5").read_bytes()


def test_feeds_that_are_absent_take_no_space(tmp_path):
    with making(tmp_path / "a.hd5") as out:
        out.create(layout.BINNED, time=20_000)[0] = 0.0
    assert (tmp_path / "a.hd5").stat().st_size < 2 * 4 * 2 * 20_000 * 8


def test_a_length_that_is_not_told_is_asked_for(tmp_path):
    with making(tmp_path / "a.hd5") as out, pytest.raises(ConfigError, match="how long is time"):
        out.create(layout.BINNED)


def test_writing_again_replaces(tmp_path):
    path = tmp_path / "a.hd5"
    with making(path) as out:
        out.put(layout.SCAN_EDGES, np.array([[1, 5]]))
    with changing(path) as out:
        out.put(layout.SCAN_EDGES, np.array([[1, 5], [7, 9]]))
    with reading(path) as file:
        assert file.array(layout.SCAN_EDGES).tolist() == [[1, 5], [7, 9]]


@pytest.mark.parametrize("opened", [making, changing])
def test_a_disk_that_is_full_is_told_as_such(tmp_path, opened):
    path = tmp_path / "a.hd5"
    with h5py.File(path, "w"):
        pass
    with files_of_at_most(1 << 16), pytest.raises(Full, match="no space left"):
        fill(opened, path)


def fill(opened, path):
    with opened(path) as out:
        out.create(layout.BINNED, time=10_000)[:3] = 1.0
        out.held.flush()
        out.create(layout.FILTERED, time=10)
        pytest.fail("nobody noticed")


def test_what_is_no_file_of_ours_is_refused(tmp_path):
    (tmp_path / "a.hd5").write_text("<html>")
    with pytest.raises(BadData, match=r"a\.hd5"), reading(tmp_path / "a.hd5"):
        pass
