"""Each fault is in the file as its name says, and nothing else is."""

import h5py
import numpy as np
import pytest

from gnomon.errors import UnknownName
from gnomon.instruments.comap.simulate.faults import FAULTS, damaged

UNREADABLE = ("truncated", "not-hdf5", "empty")
GONE = {
    "no-spectrometer": "spectrometer",
    "no-housekeeping": "hk",
    "no-attributes": "comap",
    "no-pointing": "spectrometer/pixel_pointing",
}


@pytest.fixture
def damage(tmp_path, tiny_level1_file):
    def make(fault):
        path = damaged(tiny_level1_file, tmp_path / fault, fault)
        assert path.name == tiny_level1_file.name
        return path

    return make


@pytest.fixture(scope="module")
def sound(tiny_level1_file):
    """Every dataset of the file without faults."""
    return contents(tiny_level1_file)


def contents(path):
    found = {}
    with h5py.File(path) as held:
        held.visititems(
            lambda name, one: found.update(
                {name: one[...]} if isinstance(one, h5py.Dataset) else {}
            )
        )
        found["obsid"] = held["comap"].attrs["obsid"]
    return found


def changed(path, sound):
    """Names of datasets that differ."""
    now = contents(path)
    equal = {
        name: np.array_equal(now[name], values, equal_nan=np.asarray(values).dtype.kind == "f")
        for name, values in sound.items()
    }
    return {name for name, is_equal in equal.items() if not is_equal}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_hdf5_refuses(damage, fault):
    with pytest.raises(OSError, match=r"truncated|signature"):
        h5py.File(damage(fault))


def test_a_half_copied_file_is_as_large_as_the_whole(damage, tiny_level1_file):
    path = damage("half-copied")
    assert path.stat().st_size == tiny_level1_file.stat().st_size
    assert path.read_bytes() != tiny_level1_file.read_bytes()


@pytest.mark.parametrize("fault", GONE)
def test_groups_are_gone(damage, fault):
    with h5py.File(damage(fault)) as held:
        assert GONE[fault] not in held


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ("mismatched-lengths", {"spectrometer/MJD"}),
        ("time-backwards", {"spectrometer/MJD"}),
        ("wrong-obsid", {"obsid"}),
        ("doubled-feed", {"spectrometer/feeds"}),
        ("nan-feed", {"spectrometer/tod", "spectrometer/band_average"}),
        ("all-nan", {"spectrometer/tod", "spectrometer/band_average"}),
        ("no-scans", {"spectrometer/features", "hk/array/frame/features"}),
        *(
            (fault, {"spectrometer/features", "hk/array/frame/features", "hk/antenna0/vane/angle"})
            for fault in ("no-vane", "vane-at-start-only", "vane-at-end-only")
        ),
    ],
)
def test_only_what_is_said_is_changed(damage, sound, fault, names):
    assert changed(damage(fault), sound) == names


@pytest.mark.parametrize(
    ("fault", "events"), [("no-vane", 0), ("vane-at-start-only", 1), ("vane-at-end-only", 1)]
)
def test_vane_events_are_taken_away(damage, fault, events):
    found = contents(damage(fault))
    in_vane = found["spectrometer/features"] >> 13 & 1
    assert np.count_nonzero(np.diff(in_vane, prepend=0) == 1) == events
    hot = found["hk/antenna0/vane/angle"] < 7000
    assert np.count_nonzero(np.diff(hot.astype(int), prepend=0) == 1) == events


def test_a_feed_is_missing_everywhere(damage, sound):
    found = contents(damage("missing-feeds"))
    assert found["spectrometer/feeds"].tolist() == [20]
    for name, values in sound.items():
        if len(np.shape(values)) and len(values) == 2:
            assert len(found[name]) == 1, name


def test_time_goes_back_once(damage):
    steps = np.diff(contents(damage("time-backwards"))["spectrometer/MJD"])
    assert np.count_nonzero(steps < 0) == 1


def test_all_faults_can_be_made(damage):
    for fault in FAULTS:
        assert damage(fault).exists()
    with pytest.raises(UnknownName, match="did you mean 'no-vane'"):
        damage("no-vain")
