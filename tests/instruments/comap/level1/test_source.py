import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from gnomon.core.items import Item
from gnomon.engine.events import Happened
from gnomon.errors import BadData, NotFound, Unreachable
from gnomon.instruments.comap.level1 import reading
from gnomon.instruments.comap.level1.place import Place
from gnomon.instruments.comap.level1.source import SOURCE, Level1Config, Level1Source
from level1_by_hand import NAME, write_small
from station import Station, impatient

LEVEL1, PLACE, KEY = "comap.level1", "comap.level1.place", "obsid=45285"


def name_of(obsid):
    return NAME.replace("0045285", f"{obsid:07d}")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def station(tmp_path):
    return Station(tmp_path, impatient())


@pytest.fixture
def run(station, root):
    return lambda **options: station.run(SOURCE, **{"roots": [str(root)], **options})


def record(station, key=KEY):
    return json.loads(station.text(LEVEL1, key))


def source(*roots, **options):
    return Level1Source(Level1Config(roots=roots, **options))


def listed(found):
    return [item.key["obsid"] for item in found.items if item.kind == LEVEL1]


def test_a_file_becomes_a_record_and_a_place(small, station, run):
    run()
    made = station.datasets()
    assert set(made) == {(LEVEL1, KEY), (PLACE, KEY)}
    assert record(station)["source"] == "TauA"
    tags = {"source": "TauA", "source_group": "Calibrator", "month": "2024-12", "scan_mode": "ces"}
    assert made[LEVEL1, KEY].tags == {**tags, "stamp": "2024-12-01-120000", "path": str(small)}
    assert made[LEVEL1, KEY].coverage is not None
    stat = small.stat()
    place = Place.read(station.opened.store.path(made[PLACE, KEY]))
    assert place == Place(small, stat.st_size, stat.st_mtime_ns)


def test_nothing_is_done_again(small, station, run):  # noqa: ARG001
    run()
    assert run().jobs == 0


def test_a_file_that_moves_has_a_new_place_and_the_same_record(small, root, station, run):
    run()
    (root / "2025").mkdir()
    moved = small.rename(root / "2025" / small.name)
    run()
    made = station.datasets()
    assert made[LEVEL1, KEY].version == 1
    assert made[LEVEL1, KEY].tags["path"] == str(moved)
    assert made[PLACE, KEY].version == 2
    assert Place.read(station.opened.store.path(made[PLACE, KEY])).path == moved


def test_a_file_that_vanishes_has_no_place_and_keeps_its_record(small, root, station, run):
    write_small(root / name_of(2), obsid=2)
    run()
    small.unlink()
    assert run().retired == 1
    assert set(station.datasets()) == {(LEVEL1, KEY), (LEVEL1, "obsid=2"), (PLACE, "obsid=2")}


def test_a_disk_that_is_not_mounted_takes_nothing_back(small, root, tmp_path, station, run):  # noqa: ARG001
    other = tmp_path / "other"
    write_small(other / name_of(2), obsid=2)
    roots = [str(root), str(other)]
    run(roots=roots)
    root.rename(tmp_path / "away")
    root.mkdir()
    summary = run(roots=roots)
    assert not summary.ok
    assert "is empty: is its disk mounted?" in station.messages(Happened.NOT_LISTED)[0]
    assert (PLACE, KEY) in station.datasets()
    assert (PLACE, "obsid=2") in station.datasets()
    root.rmdir()
    shutil.rmtree(other)
    run(roots=roots)
    assert len(station.datasets()) == 4


def test_a_folder_that_cannot_be_listed_hides_no_other_of_its_root(root, station, run):
    write_small(root / name_of(2), obsid=2)
    write_small(root / "there" / name_of(3), obsid=3)
    run()
    (root / "there").rename(root / "away")
    write_small(root / name_of(4), obsid=4)
    (root / "loop").symlink_to(root / "loop")  # as a lost+found that may not be read
    (root / "away" / name_of(3)).unlink()
    assert not run().ok
    assert "loop cannot be listed" in station.messages(Happened.NOT_LISTED)[0]
    places = {key for kind, key in station.datasets() if kind == PLACE}
    assert places == {"obsid=2", "obsid=3", "obsid=4"}  # what is not listed may still exist


def test_no_root_that_can_be_listed(tmp_path):
    with pytest.raises(Unreachable, match=r"nothing cannot be listed: No such file"):
        source(tmp_path / "nothing").list("")


def test_places_elsewhere_and_of_other_obsids_are_not_taken_back(tmp_path):
    write_small(tmp_path / NAME)
    found = source(tmp_path, min_obsid=100, max_obsid=50_000).list("")
    (_, place) = found.items

    def item(kind, obsid, path):
        return Item(kind, {"obsid": obsid}, str(path), str(path))

    assert found.covers(place)
    assert not found.covers(item(LEVEL1, 45285, tmp_path / NAME))
    assert not found.covers(item(PLACE, 99, tmp_path / NAME))
    assert not found.covers(item(PLACE, 50_001, tmp_path / NAME))
    assert not found.covers(item(PLACE, 45285, tmp_path.parent / NAME))


def test_what_is_made_of_files_is_not_taken_for_one(root, station, run):
    for prefix in ("Level2_", "Binned_", ""):
        write_small(root / f"{prefix}{NAME}")
    (root / "comap-notes.hd5").write_text("notes")
    run()
    assert set(station.datasets()) == {(LEVEL1, KEY), (PLACE, KEY)}
    assert station.messages(Happened.NOT_LISTED) == [
        "comap-notes.hd5 is not called comap-OBSID-YYYY-MM-DD-HHMMSS.hd5"
    ]


def test_a_range_of_obsids(tmp_path):
    for obsid in (1, 2, 3, 4):
        (tmp_path / name_of(obsid)).touch()
    assert listed(source(tmp_path, min_obsid=2, max_obsid=3).list("")) == [2, 3]
    with pytest.raises(ValidationError, match="less than min_obsid"):
        Level1Config(roots=[tmp_path], min_obsid=3, max_obsid=2)


def test_of_two_copies_the_first_root_wins(tmp_path):
    one = write_small(tmp_path / "one" / NAME)
    two = tmp_path / "two" / "sub" / NAME
    two.parent.mkdir(parents=True)
    shutil.copy(one, two)
    for roots, first in ((("one", "two"), one), (("two", "one"), two)):
        found = source(*(tmp_path / root for root in roots)).list("")
        assert [item.ref for item in found.items] == [str(first)] * 2
        assert not found.flaw


def test_another_file_of_the_same_obsid_is_told(tmp_path):
    one = write_small(tmp_path / NAME)
    two = write_small(tmp_path / NAME.replace("-12-01-", "-12-02-"), seed=2)
    found = source(tmp_path).list("")
    assert found.flaw == f"{two} is another file of the obsid of {one}"
    assert {item.ref for item in found.items} == {str(one)}


def test_a_file_that_makes_no_sense_is_kept_with_its_reason(root, station, run):
    write_small(root / NAME, obsid=3)
    write_small(root / name_of(2), obsid=2)
    assert not run().ok
    assert record(station)["error"] == f"{NAME}: its name says obsid 45285, its attribute 3"
    assert station.messages(Happened.FLAWED) == [record(station)["error"]]
    assert record(station, "obsid=2")["error"] == ""


def test_a_cut_file_is_read_again_once_it_is_whole(small, station, run):
    whole = small.read_bytes()
    small.write_bytes(whole[:-1])
    assert not run().ok
    assert "cut short" in record(station)["error"]
    small.write_bytes(whole)
    assert run().ok
    assert record(station)["error"] == ""


def test_a_file_that_grows_while_it_is_read_is_rejected_until_it_rests(
    small, station, run, monkeypatch
):
    real = reading.record_of

    def growing(path, *rest):
        made = real(path, *rest)
        with path.open("ab") as file:
            file.write(b"more")
        return made

    monkeypatch.setattr(reading, "record_of", growing)
    run()
    assert station.messages(Happened.REJECTED) == [
        f"{small} changes while it is read: it is still being copied"
    ]
    assert (LEVEL1, KEY) not in station.datasets()
    monkeypatch.setattr(reading, "record_of", real)
    run()
    assert record(station)["size"] == small.stat().st_size


def test_a_file_that_changed_since_it_was_listed(small):
    made = source(small.parent)
    item, place = made.list("").items
    write_small(small, seed=2)
    with pytest.raises(BadData, match="still being copied"):
        made.fetch(item, small.with_name("record.json"), None, lambda _: None)
    small.unlink()
    with pytest.raises(NotFound, match="is gone"):
        made.validator(item)
    with pytest.raises(NotFound, match="is gone"):
        made.fetch(place, small.with_name("place.json"), None, lambda _: None)


def test_a_new_table_of_sources_is_applied_to_known_files(small, station, run):  # noqa: ARG001
    run()
    run(sources={"Nebula": ["tau*"]})
    assert record(station)["source_group"] == "Nebula"
    assert station.datasets()[LEVEL1, KEY].tags["source_group"] == "Nebula"


def test_roots_are_below_the_working_folder(tmp_path, monkeypatch):
    write_small(tmp_path / "data" / NAME)
    monkeypatch.chdir(tmp_path)
    (item, _) = source(Path("data")).list("").items
    assert item.ref == str(tmp_path / "data" / NAME)
