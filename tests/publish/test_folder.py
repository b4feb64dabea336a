"""Publication into a folder."""

import pytest

from gnomon.core.dataset import Dataset
from gnomon.errors import ConfigError, Corrupt, PublishError
from gnomon.publish.folder import FolderConfig, FolderPublisher
from gnomon.publish.publisher import Receipt
from gnomon.testing.publisher import THING, PublisherSuite, stored


def publisher_to(folder, **names):
    return FolderPublisher(FolderConfig(output="out", names=names), folder)


class TestFolder(PublisherSuite):
    """The suite."""

    @pytest.fixture
    def publisher(self, tmp_path):
        self.root = tmp_path
        return publisher_to(tmp_path)

    def published(self, receipt):
        path = self.root / "out" / receipt.target
        return path.read_bytes() if path.exists() else None


def test_names_are_those_of_the_store_without_versions(tmp_path):
    publisher_to(tmp_path).publish(*stored(tmp_path, 1, 12, b"x"))
    assert (tmp_path / "out/thing/1.txt").read_bytes() == b"x"


def test_names_may_be_chosen_for_each_kind(tmp_path):
    publisher = publisher_to(tmp_path, **{THING.name: "all/{n:04d}.dat"})
    publisher.publish(*stored(tmp_path, 1, 1, b"x"))
    assert (tmp_path / "out/all/0001.dat").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["{other}", "../{n}", "/{n}", "{n:zz}"])
def test_names_that_make_no_sense_are_refused(tmp_path, name):
    publisher = publisher_to(tmp_path, **{THING.name: name})
    with pytest.raises(ConfigError):
        publisher.publish(*stored(tmp_path, 1, 1, b"x"))
    assert not (tmp_path / "out").exists()


def test_a_folder_is_published_as_a_whole(tmp_path):
    leaf = tmp_path / "store/tree/deep/leaf"
    leaf.parent.mkdir(parents=True)
    dataset = Dataset(1, "t", {}, "", 1, "tree_v1", "", 1, 1)
    publisher = publisher_to(tmp_path)
    for text in ("old", "new"):
        leaf.write_text(text)
        receipt = publisher.publish(dataset, tmp_path / "store/tree")
        assert (tmp_path / "out/tree/deep/leaf").read_text() == text
    publisher.retract(receipt)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    publisher = publisher_to(tmp_path)
    dataset, _ = stored(tmp_path, 1, 1, b"x")
    with pytest.raises(PublishError, match="cannot be written"):
        publisher.publish(dataset, tmp_path / "absent")
    assert not any(path.is_file() for path in (tmp_path / "out").rglob("*"))


def test_a_receipt_reads_back_and_is_the_same_bytes_each_time(tmp_path):
    dataset, _ = stored(tmp_path, 1, 1, b"x")
    for name in "ab":
        Receipt.of(dataset, "wo̶nders", "1").write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert Receipt.read(tmp_path / "a") == Receipt.of(dataset, "wo̶nders", "1")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"kind": 1}', b"\xff"])
def test_what_is_no_receipt_is_corrupt(tmp_path, content):
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(Corrupt, match="is no receipt"):
        Receipt.read(tmp_path / "a")


def test_what_a_killed_publication_left_behind_is_removed_by_the_next(tmp_path):
    publisher = publisher_to(tmp_path)
    dataset, path = stored(tmp_path, 1, 1, b"x")
    part = tmp_path / "out/thing/.1.txt.0123abcd.part"
    receipt = Receipt.of(dataset, publisher.target(dataset))
    for act in (lambda: publisher.publish(dataset, path), lambda: publisher.retract(receipt)):
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(b"half")
        act()
        assert not part.exists()
