"""TT2000 against cdflib and SPICE; leap seconds; the machine's time zone plays no part."""

import time
from datetime import date

import cdflib
import numpy as np
import pytest
import spiceypy
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.timescales.tt2000 import (
    FILL,
    LEAP_SECONDS,
    LeapSeconds,
    day_bounds,
    iso,
    tt2000_of_utc,
    utc_days,
    utc_of_tt2000,
)

NS = 1_000_000_000
LEAP = 536_500_868_184_000_000  # 2016-12-31T23:59:60
INSTANTS = st.integers(-880_000_000 * NS, 6_000_000_000 * NS)
IN_UTC = st.integers(100_000_000 * NS, 6_000_000_000 * NS)


def utc(text):
    return np.datetime64(text, "ns")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-01-01T11:58:55.816", 0),
        ("2017-01-01T00:00:00", 536_500_869_184_000_000),
        ("2016-12-31T23:59:59", 536_500_867_184_000_000),
        ("2025-05-02T02:18:21", 799_424_370_184_000_000),
    ],
)
def test_known_instants(text, expected):
    assert tt2000_of_utc(utc(text)) == expected
    assert utc_of_tt2000(expected) == utc(text)


@settings(deadline=None)
@given(st.lists(INSTANTS, min_size=1, max_size=20))
def test_iso_is_that_of_cdf(instants):
    values = np.array(instants)
    assert iso(values).tolist() == list(np.atleast_1d(cdflib.cdfepoch.encode_tt2000(values)))


@settings(deadline=None)
@given(st.lists(IN_UTC, max_size=20))
def test_utc_comes_back(instants):
    times = np.array(instants, dtype=np.int64).astype("M8[ns]")
    np.testing.assert_array_equal(utc_of_tt2000(tt2000_of_utc(times)), times)


@settings(deadline=None)
@given(INSTANTS, INSTANTS)
def test_order_is_kept(one, other):
    first, second = utc_of_tt2000(np.array(sorted([one, other])))
    assert first <= second


def test_a_leap_second_is_second_60_and_belongs_to_its_day():
    inside = np.array([LEAP, LEAP + NS - 1, LEAP + NS])
    assert iso(inside).tolist() == [
        "2016-12-31T23:59:60.000000000",
        "2016-12-31T23:59:60.999999999",
        "2017-01-01T00:00:00.000000000",
    ]
    assert utc_days(inside).astype(str).tolist() == ["2016-12-31", "2016-12-31", "2017-01-01"]
    assert utc_of_tt2000(LEAP) == utc("2016-12-31T23:59:59.999999999")
    assert day_bounds(date(2016, 12, 31)) == (LEAP - 86_400 * NS, LEAP + NS)


def test_no_instant_stays_none():
    assert np.isnat(utc_of_tt2000(FILL))
    assert tt2000_of_utc(np.datetime64("NaT")) == FILL
    assert iso(np.array([FILL, np.iinfo(np.int64).max])).tolist() == ["NaT", "NaT"]


def test_shapes_are_kept():
    values = np.arange(6).reshape(2, 3)
    assert iso(values).shape == utc_of_tt2000(values).shape == (2, 3)
    assert tt2000_of_utc(np.empty(0, "M8[ns]")).dtype == np.int64
    assert iso(np.empty(0, np.int64)).shape == (0,)
    assert isinstance(iso(0), str)


def test_a_margin_is_si_seconds():
    start, stop = day_bounds(date(2025, 11, 1), margin_s=60)
    assert iso(np.array([start, stop])).tolist() == [
        "2025-10-31T23:59:00.000000000",
        "2025-11-02T00:01:00.000000000",
    ]


def test_the_built_in_table_is_that_of_naif(spice):
    read = LeapSeconds.read(spice / "naif0012.tls")
    np.testing.assert_array_equal(read.utc_ns, LEAP_SECONDS.utc_ns)
    np.testing.assert_array_equal(read.tai_minus_utc_s, LEAP_SECONDS.tai_minus_utc_s)


def test_it_agrees_with_spice(spice):
    values = np.random.default_rng(1).integers(-880_000_000 * NS, 1_600_000_000 * NS, 500)
    with spiceypy.KernelPool([str(spice / "naif0012.tls")]):
        for value in values.tolist():
            et = spiceypy.unitim(value / NS, "TDT", "ET")
            theirs = utc(spiceypy.et2utc(et, "ISOC", 9))
            assert abs(theirs - utc_of_tt2000(value)) < np.timedelta64(1, "us")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DELTET/DELTA_AT = ( 10 )",
        "DELTET/DELTA_AT = (11, @1972-JUL-1 10, @1972-JAN-1)",
        "DELTET/DELTA_AT = (ten, @1972-JAN-1)",
        "DELTET/DELTA_AT = (10, @9999-JAN-1)",
    ],
)
def test_a_damaged_leap_second_kernel(tmp_path, text):
    path = tmp_path / "naif0001.tls"
    path.write_text(f"\\begindata\n{text}\n")
    with pytest.raises(BadData, match=r"naif0001\.tls"):
        LeapSeconds.read(path)


@pytest.mark.parametrize("zone", ["Europe/London", "America/Denver", "Asia/Kolkata"])
def test_the_zone_of_the_machine_plays_no_part(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert iso(799_424_370_184_000_000) == "2025-05-02T02:18:21.000000000"
        assert tt2000_of_utc(utc("2025-05-02T02:18:21")) == 799_424_370_184_000_000
    finally:
        monkeypatch.undo()
        time.tzset()
