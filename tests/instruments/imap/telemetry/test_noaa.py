"""NOAA over real sockets, through the engine."""

import json
from datetime import datetime, timedelta

import pytest

from gnomon.engine.events import Happened
from gnomon.instruments.imap.telemetry.noaa import SOURCE, NoaaConfig, open_noaa
from gnomon.sim.faults import Cut, Reissue, Stall, Status

KIND = "imap.noaa"


@pytest.fixture
def fetch(station, services):
    def run(**options):
        return station.run(SOURCE, lambda source: source, url=services.urls.noaa, **options)

    return run


def minutes(start, count, source="ACE", **values):
    first = datetime.fromisoformat(start)
    return [
        {
            "time_tag": (first + timedelta(minutes=n)).isoformat(),
            "source": source,
            "bx_gsm": n * 1.5,
        }
        | values
        for n in range(count)
    ]


def key(spacecraft, instrument, day):
    return f"spacecraft={spacecraft},instrument={instrument},day={day}"


def test_the_real_answer_makes_the_real_files(real, station, services, fetch):
    """Regression: the system that we follow fails after the first file, always."""
    services.noaa.records["mag"] = json.loads((real / "noaa" / "rtsw_mag_1m.json").read_bytes())
    assert fetch(instruments=["mag"]).ok
    found = station.datasets()
    for truth in sorted((real / "noaa").glob("*_mag_noaa_*.csv")):
        spacecraft, _, _, day = truth.stem.split("_")
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        dataset = found[KIND, key(spacecraft, "mag", day)]
        assert station.opened.store.path(dataset).read_bytes() == truth.read_bytes()
        alias = station.opened.store.root / f"noaa/2026/07/{truth.name}"
        assert alias.read_bytes() == truth.read_bytes()
    assert len(found) == 6  # IMAP's own magnetometer is a spacecraft, too


def test_one_spacecraft_and_one_instrument(station, services, fetch):
    services.noaa.records = {
        "mag": minutes("2026-03-01T10:00:00", 3) + minutes("2026-03-01T10:00:00", 3, "SOLAR1"),
        "wind": minutes("2026-03-01T10:00:00", 3),
    }
    assert fetch(spacecraft=["SOLAR1"], instruments=["mag"]).ok
    assert set(station.datasets()) == {(KIND, key("SOLAR1", "mag", "2026-03-01"))}


def test_what_the_archive_forgot_stays(station, services, fetch):
    services.noaa.records["mag"] = minutes("2026-02-28T23:58:00", 4)
    assert fetch(instruments=["mag"]).ok
    first = station.text(KIND, key("ACE", "mag", "2026-02-28"))
    assert first.splitlines()[1:] == [
        "2026-02-28T23:58:00,0.0,,,,",
        "2026-02-28T23:59:00,1.5,,,,",
    ]
    services.noaa.records["mag"] = minutes("2026-03-01T00:01:00", 2)
    assert fetch(instruments=["mag"]).ok
    assert station.text(KIND, key("ACE", "mag", "2026-02-28")) == first
    times = [r[:19] for r in station.text(KIND, key("ACE", "mag", "2026-03-01")).splitlines()[1:]]
    assert times == [f"2026-03-01T00:0{minute}:00" for minute in range(3)]


def test_a_second_run_has_nothing_to_do(services, fetch):
    services.noaa.records["mag"] = minutes("2026-03-01T10:00:00", 3)
    assert fetch(instruments=["mag"]).jobs == 1
    again = fetch(instruments=["mag"])
    assert again.ok
    assert again.jobs == 0


def test_rows_that_the_archive_takes_back_stay(station, services, fetch):
    rows = minutes("2026-03-01T10:00:00", 5)
    for count in (3, 5, 3):
        services.noaa.records["mag"] = rows[:count]
        assert fetch(instruments=["mag"]).ok
    text = station.text(KIND, key("ACE", "mag", "2026-03-01"))
    assert len(text.splitlines()) == 6


def test_records_twice_and_out_of_order_are_rows_once_and_in_order(station, services, fetch):
    rows = minutes("2026-03-01T10:00:00", 5)
    services.noaa.records["mag"] = [*reversed(rows), *rows[2:4]]
    assert fetch(instruments=["mag"]).ok
    text = station.text(KIND, key("ACE", "mag", "2026-03-01"))
    assert [line.split(",")[1] for line in text.splitlines()[1:]] == [
        "0.0",
        "1.5",
        "3.0",
        "4.5",
        "6.0",
    ]


def test_records_without_a_time_are_told_of(station, services, fetch):
    answer = [*minutes("2026-03-01T10:00:00", 2), {"source": "ACE"}]
    services.faults.add(Reissue(content=json.dumps(answer).encode()))
    summary = fetch(instruments=["mag"])
    assert not summary.ok
    assert (KIND, key("ACE", "mag", "2026-03-01")) in station.datasets()


def test_an_answer_of_which_no_record_names_a_time_is_told_of(station, services, fetch):
    """The archive has called its columns otherwise."""
    answer = [{"when": "2026-03-01T10:00:00", "source": "ACE"}]
    services.faults.add(Reissue(content=json.dumps(answer).encode()))
    assert not fetch(instruments=["mag"]).ok
    assert station.messages(Happened.NOT_LISTED) == ["mag: 1 records name no time or no spacecraft"]


def test_one_instrument_that_fails_does_not_keep_the_other_back(station, services, fetch):
    """The archive forgets after a day."""
    services.noaa.records = {
        "mag": minutes("2026-03-01T10:00:00", 3),
        "wind": minutes("2026-03-01T10:00:00", 3),
    }
    services.faults.add(Status(code=500, pattern="*rtsw_mag*"))
    assert not fetch().ok
    assert set(station.datasets()) == {(KIND, key("ACE", "wind", "2026-03-01"))}
    services.faults.clear()
    assert fetch().ok
    assert (KIND, key("ACE", "mag", "2026-03-01")) in station.datasets()


def test_a_spacecraft_that_is_not_known_is_told_of(station, services, fetch, caplog):
    services.noaa.records["mag"] = minutes("2026-03-01T10:00:00", 2, "WIND")
    assert fetch(instruments=["mag"]).ok
    assert station.datasets() == {}
    assert "WIND" in caplog.text


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=500, times=2),
        Status(code=429, times=1, retry_after_s=0),
        Cut(after_bytes=20, times=1),
        Stall(after_bytes=20, times=1),
        Reissue(content=b"", times=1),
        Reissue(content=b"<!DOCTYPE html><html>busy</html>", times=1),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
def test_a_fault_that_passes_is_survived(services, fetch, station, fault):
    services.noaa.records["mag"] = minutes("2026-03-01T10:00:00", 3)
    services.faults.add(fault)
    assert fetch(instruments=["mag"]).ok
    assert (KIND, key("ACE", "mag", "2026-03-01")) in station.datasets()


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><html>busy</html>", b"", b'{"message": "no"}', b'[{"time_tag":']
)
def test_an_answer_that_makes_no_sense_leaves_what_is_there(services, fetch, station, content):
    services.noaa.records["mag"] = minutes("2026-03-01T10:00:00", 3)
    assert fetch(instruments=["mag"]).ok
    before = station.datasets()
    services.faults.add(Reissue(content=content))
    assert not fetch(instruments=["mag"]).ok
    assert station.messages(Happened.NOT_LISTED)
    assert station.datasets() == before


def test_the_address_may_stand_in_a_variable(services, network, secrets):
    secrets["SOLAR1_ACE_DATA_ACCESS_URL"] = services.urls.noaa
    source = open_noaa(NoaaConfig(instruments=("mag",)), network)
    services.noaa.records["mag"] = minutes("2026-03-01T10:00:00", 3)
    assert len(source.list("").items) == 1
    source.close()
