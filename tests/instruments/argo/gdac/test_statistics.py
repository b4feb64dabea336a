import json
from datetime import UTC, datetime, timedelta

import pytest

from gnomon.core.items import Item
from gnomon.errors import ConfigError
from gnomon.instruments.argo.gdac.statistics import Counting

README = ["total_floats", "files_downloaded", "files_skipped", "bytes_downloaded", "errors",
          "start_time", "end_time"]  # fmt: skip


@pytest.fixture
def counting():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = iter(start + timedelta(seconds=n) for n in range(9))
    return Counting(clock=lambda: next(times))


def items(count, floats):
    return [
        Item("argo.cycle", {"wmo": n % floats, "cycle": f"{n:03d}"}, "", "") for n in range(count)
    ]


def test_the_keys_are_those_of_the_reference_system_and_four_more(counting):
    told = counting.result(0).as_dict()
    assert list(told) == [*README, "retries", "not_found", "corrupt", "retired"]
    assert told["start_time"] == "2026-01-01T00:00:00+00:00"
    assert datetime.fromisoformat(told["end_time"]) == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert [told[key] for key in told if not key.endswith("time")] == [0] * 9


def test_every_listed_file_is_counted_once(counting):
    counting.take("listed", count=10, items=[*items(9, 3), Item("argo.greylist", {}, "", "")])
    for size in (100, 50):
        counting.take("started", "fetch")
        counting.take("bytes", "fetch", size + 7)  # what came twice is not downloaded twice
        counting.take("done", "fetch", size)
    counting.take("no_data", "fetch")
    counting.take("attempt", error="Truncated")
    counting.take("retry", "fetch", error="ServerFault")
    counting.take("failed", "fetch", error="NotFound")
    counting.take("failed", "fetch", error="ServerFault")
    counting.take("rejected", "fetch", error="BadData")
    counting.take("retired", count=2)
    counting.take("retired")
    told = counting.result(standing=3)
    assert (told.total_floats, told.files_downloaded, told.bytes_downloaded) == (3, 2, 150)
    assert (told.errors, told.not_found, told.corrupt, told.retired) == (3, 2, 1, 2)
    assert told.retries == 2
    assert told.files_skipped == 10 - 2 - 1 - 3


def test_an_archive_that_does_not_list_is_an_error(counting):
    counting.take("not_listed", error="Unreachable")
    assert counting.result(0).errors == 1


def test_they_are_written_whole_or_not_at_all(counting, tmp_path):
    told = counting.result(0)
    told.write(tmp_path / "stats.json")
    assert json.loads((tmp_path / "stats.json").read_text()) == told.as_dict()
    with pytest.raises(ConfigError, match="cannot be written"):
        told.write(tmp_path / "absent" / "stats.json")
    assert [path.name for path in tmp_path.iterdir()] == ["stats.json"]
