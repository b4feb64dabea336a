"""Files of a remote archive: what is listed, copied, and left where it is."""

import json
import os

import pytest

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.core.items import Item
from gnomon.errors import ConfigError, Truncated, Unreachable
from gnomon.instruments.comap.kinds import KINDS
from gnomon.instruments.comap.level1.remote import RemoteConfig, open_remote
from gnomon.instruments.comap.level1.source import Level1Config, Level1Source
from sshd import served

MONTH = "2024-12"
NAMES = {n: f"comap-{n:07d}-2024-12-01-1030{n % 60:02d}.hd5" for n in (45285, 45287, 45289)}
MTIME_S = 1_733_000_000
NETWORK = Network(retry=Retry(attempts=2, sleep=lambda _: None))


@pytest.fixture
def far(tmp_path):
    """An archive with three files, one of another field, and things that are none."""
    root = tmp_path / "far"
    for path in (
        *(f"{MONTH}/{name}" for name in NAMES.values()),
        "co2/comap-0045291-2024-12-01-103000.hd5",
        f"{MONTH}/Level2_{NAMES[45285]}",
        f"{MONTH}/comap-x.hd5",
        "notes.txt",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode() * 100)
        os.utime(root / path, (MTIME_S, MTIME_S))
    return root


@pytest.fixture
def opened(far, tmp_path):
    made = []

    def open_(**options):
        said = {"url": str(far), "copy_to": tmp_path / "near", "leave_out": ("co[0-9]*",)}
        source = open_remote(RemoteConfig(**{**said, **options}), NETWORK)
        made.append(source)
        return source

    yield open_
    for source in made:
        source.close()


def fetched(source, item, tmp_path):
    source.fetch(item, tmp_path / "said.json", None, lambda _: None)
    return json.loads((tmp_path / "said.json").read_text())


def test_wanted_files_are_listed(opened):
    listing = opened(min_obsid=45286).list("").checked({kind.name: kind for kind in KINDS})
    assert [item.ref for item in listing.items] == [
        f"{MONTH}/{NAMES[45287]}",
        f"{MONTH}/{NAMES[45289]}",
    ]
    assert listing.items[0].key == {"obsid": 45287}
    assert listing.items[0].size == 100 * len(listing.items[0].ref)
    assert not listing.covers(listing.items[0])  # a remote file that vanishes takes nothing back
    assert not listing.flaw


def test_patterns_leave_out_folders_and_files(opened):
    assert len(opened(leave_out=()).list("").items) == 4
    assert len(opened(leave_out=("2024-*",)).list("").items) == 1
    assert len(opened(leave_out=("*/comap-0045285-*",)).list("").items) == 3
    assert len(opened(max_obsid=45285).list("").items) == 1


def test_a_copy_is_whole_and_dated_and_found_by_the_other_source(opened, far, tmp_path):
    source = opened()
    item = source.list("").items[0]
    said = fetched(source, item, tmp_path)
    near = tmp_path / "near" / item.ref
    assert near.read_bytes() == (far / item.ref).read_bytes()
    assert near.stat().st_mtime == MTIME_S
    assert said["path"] == str(near)
    assert said["url"].endswith(item.ref)
    assert said["size"] == item.size
    assert source.validator(item) == item.stamp
    listed = Level1Source(Level1Config(roots=(tmp_path / "near",))).list("")
    assert {one.key["obsid"] for one in listed.items} == {45285}


def test_what_is_here_is_not_listed(opened, tmp_path, far):
    source = opened()
    for item in source.list("").items[:2]:
        fetched(source, item, tmp_path)
    assert [item.key["obsid"] for item in source.list("").items] == [45289]
    other = tmp_path / "disk/2"
    other.mkdir(parents=True)
    name = NAMES[45289]
    (other / name).write_bytes((far / MONTH / name).read_bytes())
    assert not opened(known=(tmp_path / "disk",)).list("").items
    (other / name).write_bytes(b"half")
    assert len(opened(known=(tmp_path / "disk",)).list("").items) == 1


def test_what_stands_behind_a_link_is_here(opened, tmp_path, far):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / MONTH).symlink_to(far / MONTH)
    known = (tmp_path / "disk", tmp_path / "nothing")
    assert len(opened(known=known).list("").items) < len(opened().list("").items)


def test_another_file_of_an_obsid_is_told(opened, far):
    other = far / "again" / NAMES[45285].replace("1030", "1130")
    other.parent.mkdir()
    other.write_bytes(b"x")
    listing = opened().list("")
    assert "is another file of obsid 45285" in listing.flaw
    assert len(listing.items) == 3


def test_a_file_that_grows_meanwhile_is_not_taken(opened, far, tmp_path):
    source = opened()
    item = source.list("").items[0]
    (far / item.ref).write_bytes(b"longer" * 10_000)
    with pytest.raises(Truncated, match="listed"):
        fetched(source, item, tmp_path)
    assert not (tmp_path / "near" / item.ref).exists()


def test_links_in_circles_end(opened, far):
    (far / MONTH / "up").symlink_to(far)
    assert {item.key["obsid"] for item in opened().list("").items} == set(NAMES)


def test_the_same_over_ssh(opened, far, tmp_path):
    with served(far, tmp_path / "home") as sshd:
        options = {"key_file": sshd.key, "known_hosts": sshd.known_hosts}
        source = opened(url=f"{sshd.url}/", **options)
        item, *others = source.list("").items
        assert len(others) == 2
        assert fetched(source, item, tmp_path)["url"] == f"{source._transport.url}/{item.ref}"
        near = tmp_path / "near" / item.ref
        assert near.read_bytes() == (far / item.ref).read_bytes()
        assert near.stat().st_mtime == MTIME_S
        source.close()
        with pytest.raises(ConfigError, match="ssh://"):
            opened(**options)


def test_an_archive_that_does_not_answer_raises(opened):
    with pytest.raises(Unreachable):
        opened(url="sftp://127.0.0.1:1/data").list("")


def test_a_path_cannot_leave_the_folder(opened, tmp_path):
    source = opened()
    item = Item("comap.remote", {"obsid": 1}, "../comap-0000001-2024-12-01-103000.hd5", "1:1")
    with pytest.raises(Exception, match="no path inside"):
        fetched(source, item, tmp_path)
