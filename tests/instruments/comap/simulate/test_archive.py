"""Archives: which observations, where they lie, and the observers' list."""

from datetime import UTC, datetime

import h5py
import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.level1.classify import SourceTable, source_of
from gnomon.instruments.comap.level1.names import parsed
from gnomon.instruments.comap.level1.observer_flags import read_list
from gnomon.instruments.comap.simulate.archive import (
    FLAGS_FILE,
    demonstration,
    plan,
    write_archive,
)
from gnomon.instruments.comap.simulate.truth import tiny_truth

SOURCES = ("TauA", "field01", "skydip")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    day = datetime(2024, 12, 31, tzinfo=UTC)
    planned = plan(SOURCES, base=tiny_truth(), first_day=day, faults=("no-vane",))
    return folder, write_archive(folder, planned)


def test_files_lie_in_folders_by_month(archive):
    folder, paths = archive
    places = [path.relative_to(folder).parts for path in paths]
    assert [month for month, _ in places] == ["2024-12", "2025-01", "2025-01"]
    assert [parsed(name).obsid for _, name in places] == [45285, 45287, 45289]


def test_attributes_classify_the_observations(archive):
    table, groups = SourceTable.shipped(), []
    for path in archive[1]:
        with h5py.File(path) as held:
            said = dict(held["comap"].attrs)
        assert said["obsid"] == parsed(path.name).obsid
        groups.append(table.group_of(source_of(said), said["comment"]))
    assert groups == ["Calibrator", "Galactic", "SkyDip"]


def test_the_list_of_flags_can_be_read(archive):
    (flag,) = read_list(archive[0] / FLAGS_FILE)
    assert (flag.first_obsid, flag.last_obsid, flag.feeds) == (45287, 45287, (2,))
    assert flag.frequency_bands == (0, 1, 2, 3)


def test_a_list_that_is_there_is_left_alone(tmp_path):
    (tmp_path / FLAGS_FILE).write_text("mine\n")
    write_archive(tmp_path, [])
    assert (tmp_path / FLAGS_FILE).read_text() == "mine\n"
    write_archive(tmp_path, [], flags=[("1", "ongoing", "all", "all")])
    assert read_list(tmp_path / FLAGS_FILE)[0].last_obsid is None


def test_the_last_observations_have_the_faults():
    planned = plan(["TauA"] * 3, base=tiny_truth(), faults=("no-vane", "truncated"))
    assert [one.fault for one in planned] == ["", "no-vane", "truncated"]
    with pytest.raises(ConfigError, match="2 faults for 1"):
        plan(["TauA"], base=tiny_truth(), faults=("no-vane", "truncated"))
    with pytest.raises(UnknownName, match="unknown fault"):
        plan(["TauA"], base=tiny_truth(), faults=("no-vain",))


def test_the_demonstration_has_all_sorts():
    planned = demonstration(scan_s=60.0)
    modes = {one.truth.scanning.mode for one in planned}
    assert modes == {"ces", "lissajous", "skydip"}
    assert {one.truth.scanning.scan_s for one in planned} == {60.0}
    assert planned[-1].fault == "no-vane"
    assert len({one.truth.start for one in planned}) == len(planned)
