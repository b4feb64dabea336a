"""What a target held a moment ago."""

import pytest

from gnomon.errors import PublishError
from gnomon.publish.databases.snapshot import Snapshot


def test_it_asks_once_for_many():
    calls = []

    def read():
        calls.append(1)
        return {("table", "day"): "sum"}

    snapshot = Snapshot(read)
    assert [snapshot.holds(("table", "day"), "sum") for _ in range(5)] == [True] * 5
    assert not snapshot.holds(("table", "day"), "other")
    assert not snapshot.holds(("table", "another day"), "sum")
    assert calls == [1]
    snapshot.forget()
    assert snapshot.holds(("table", "day"), "sum")
    assert calls == [1, 1]


def test_it_waits_once_for_a_server_that_is_absent():
    calls = []

    def read():
        calls.append(1)
        raise PublishError("gone")

    snapshot = Snapshot(read)
    for _ in range(5):
        with pytest.raises(PublishError, match="gone"):
            snapshot.holds("place", "sum")
    assert calls == [1]
    snapshot.forget()
    with pytest.raises(PublishError, match="gone"):
        snapshot.holds("place", "sum")
    assert calls == [1, 1]
