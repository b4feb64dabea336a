"""What every publisher must do; plug-in authors inherit this suite.

class TestMine(PublisherSuite):
    @pytest.fixture
    def publisher(self):
        return MyPublisher(...)

    def published(self, receipt):
        return my_target.read(receipt.target)
"""

# ruff: noqa: S101  (these are tests)

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.core.dataset import Dataset
from gnomon.core.kinds import Kind
from gnomon.publish.publisher import Publisher, Receipt
from gnomon.store.hashing import sha256_of

THING = Kind("suite.thing", {"n": int}, "thing/{n}_v{version:03d}.txt")


def stored(folder: Path, number: int, version: int, content: bytes) -> tuple[Dataset, Path]:
    """Return one version of a dataset, and its file."""
    key = {"n": number}
    relative = THING.format(key, version)
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    dataset = Dataset(
        version,
        THING.name,
        key,
        THING.text(key),
        version,
        relative,
        sha256_of(path),
        len(content),
        path.stat().st_mtime_ns,
    )
    return dataset, path


class PublisherSuite:
    """A pytest class: override the fixture `publisher` and the method `published`."""

    @pytest.fixture
    def publisher(self) -> Publisher:
        """Return a publisher whose target is empty."""
        raise NotImplementedError

    def published(self, receipt: Receipt) -> bytes | None:
        """Return what the target holds under a receipt, or None."""
        raise NotImplementedError

    def test_what_is_published_arrives_whole(self, publisher: Publisher, tmp_path: Path) -> None:
        """And the receipt says what it was."""
        dataset, path = stored(tmp_path, 1, 1, b"first\0\xff")
        receipt = publisher.publish(dataset, path)
        assert self.published(receipt) == b"first\0\xff"
        assert (receipt.kind, receipt.key, receipt.version) == (THING.name, "n=1", 1)
        assert receipt.sha256 == dataset.sha256
        assert receipt.target == publisher.target(dataset)
        assert publisher.holds(receipt)

    def test_publishing_twice_changes_nothing(self, publisher: Publisher, tmp_path: Path) -> None:
        """The receipt is the same, so that it is one dataset."""
        dataset, path = stored(tmp_path, 1, 1, b"first")
        assert publisher.publish(dataset, path) == publisher.publish(dataset, path)

    def test_a_new_version_takes_the_place_of_the_old(
        self, publisher: Publisher, tmp_path: Path
    ) -> None:
        """And an old one that of the new."""
        for version, content in ((1, b"first"), (2, b"second, longer"), (1, b"first")):
            dataset, path = stored(tmp_path, 1, version, content)
            receipt = publisher.publish(dataset, path)
            assert self.published(receipt) == content
            assert publisher.holds(receipt)

    def test_datasets_do_not_touch_each_other(self, publisher: Publisher, tmp_path: Path) -> None:
        """Nor does taking one of them back."""
        one = publisher.publish(*stored(tmp_path, 1, 1, b"one"))
        two = publisher.publish(*stored(tmp_path, 2, 1, b"two"))
        assert (self.published(one), self.published(two)) == (b"one", b"two")
        publisher.retract(one)
        assert (self.published(one), self.published(two)) == (None, b"two")
        assert (publisher.holds(one), publisher.holds(two)) == (False, True)

    def test_taking_back_twice_is_no_error(self, publisher: Publisher, tmp_path: Path) -> None:
        """Nor is taking back what somebody else removed."""
        receipt = publisher.publish(*stored(tmp_path, 1, 1, b"one"))
        publisher.retract(receipt)
        publisher.retract(receipt)
        assert not publisher.holds(receipt)

    def test_the_store_is_left_as_it_is(self, publisher: Publisher, tmp_path: Path) -> None:
        """Bytes, time and mode."""
        dataset, path = stored(tmp_path, 1, 1, b"one")
        path.chmod(0o444)
        before = path.stat()
        publisher.retract(publisher.publish(dataset, path))
        after = path.stat()
        assert path.read_bytes() == b"one"
        assert (after.st_mtime_ns, after.st_mode) == (before.st_mtime_ns, before.st_mode)
