from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.names import level1_name, parsed

STARTS = st.datetimes(datetime(2018, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.integers(0, 9_999_999_999), STARTS)
def test_names_are_read_back(obsid, start):
    name = parsed(level1_name(obsid, start))
    assert name.obsid == obsid
    assert name.start == start.replace(microsecond=0)
    assert name.month == start.strftime("%Y-%m")
    assert name.is_level1


def test_the_time_in_a_name_is_utc():
    there = datetime(2024, 12, 1, 2, 30, tzinfo=timezone(timedelta(hours=-8)))
    assert level1_name(45285, there) == "comap-0045285-2024-12-01-103000.hd5"


@pytest.mark.parametrize("prefix", ["Level2_", "Binned_"])
def test_what_is_made_of_a_file_is_called_after_it(prefix):
    name = parsed(f"{prefix}comap-0045285-2024-12-01-103000_v002.hd5")
    assert (name.obsid, name.prefix, name.is_level1) == (45285, prefix, False)
    assert name.stem == "comap-0045285-2024-12-01-103000"


@pytest.mark.parametrize(
    "name",
    [
        "comap-45285.hd5",
        "comap-0045285-2024-13-01-103000.hd5",
        "comap-0045285-2024-12-01-103000.hd5.part",
        ".comap-0045285-2024-12-01-103000.hd5.Xa3f",
        "comap-0045285-2024-12-01-103000.txt",
        "",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(BadData):
        parsed(name)
