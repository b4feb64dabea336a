"""WebTCAD over real sockets, through the engine."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gnomon.core.items import Listing
from gnomon.engine.events import Happened
from gnomon.errors import NotAuthorised
from gnomon.instruments.imap.simulate.services import Sample
from gnomon.instruments.imap.telemetry.webtcad import SOURCE, WebtcadConfig, open_webtcad
from gnomon.sim.faults import Cut, Reissue, Stall, Status

KIND, LO, HI45, HI90 = "imap.hk.webtcad", 58350, 58238, 58309


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def samples(start, count, step_s=3600):
    return [Sample(start + timedelta(seconds=step_s * n), n + 0.5) for n in range(count)]


def key(day, instrument="lo"):
    packet = "pivot-platform-angle" if instrument == "lo" else "esa-step"
    return f"instrument={instrument},packet={packet},day={day}"


@pytest.fixture
def poll(station, services):
    def run(make=lambda s: s, **options):
        given = {"series": ["lo"]} | options
        return station.run(SOURCE, make, url=services.urls.webtcad, **given)

    return run


@pytest.fixture
def seen(station):
    """Start where nothing before 25 February is of interest."""
    with station.opened.catalog() as catalog, catalog.writing() as writing:
        cursor = json.dumps({"lo": "2026-02-25", "hi45": "2026-02-25"})
        writing.record_listing(SOURCE.name, Listing([], cursor, unchanged=True), 1)


def test_a_day_as_users_know_it(station, services, poll):
    services.webtcad.items[LO] = samples(utc(2026, 2, 28), 30)
    assert poll(start="2026-02-28", end="2026-02-28").ok
    text = station.text(KIND, key("2026-02-28"))
    assert text.splitlines()[:3] == [
        "time,value",
        "2026-02-28T00:00:00.000,0.5",
        "2026-02-28T01:00:00.000,1.5",
    ]
    dataset = station.datasets()[KIND, key("2026-02-28")]
    assert dataset.path == (
        "hk/lo/l1/pivot-platform-angle/2026/02/imap_lo_l1_pivot-platform-angle_20260228_v001.csv"
    )


def test_midnight_is_of_one_day_only(station, services, poll):
    """Regression: the service counts both ends in, and two days had the sample between them."""
    services.webtcad.items[LO] = samples(utc(2026, 2, 28), 49, step_s=1800)
    assert poll(start="2026-02-28", end="2026-03-01").ok
    first, second = (station.text(KIND, key(day)) for day in ("2026-02-28", "2026-03-01"))
    assert len(first.splitlines()) == 49
    assert "2026-03-01T00:00:00.000" not in first
    assert second == "time,value\n2026-03-01T00:00:00.000,48.5\n"


@pytest.mark.parametrize(("series", "number"), [("hi45", HI45), ("hi90", HI90)])
def test_the_energy_steps(station, services, poll, series, number):
    services.webtcad.items[number] = samples(utc(2026, 2, 28), 2)
    assert poll(series=[series], start="2026-02-28", end="2026-02-28").ok
    dataset = station.datasets()[KIND, key("2026-02-28", series)]
    assert (
        dataset.path
        == f"hk/{series}/l1/esa-step/2026/02/imap_{series}_l1_esa-step_20260228_v001.csv"
    )


@pytest.mark.usefixtures("seen")
def test_a_poll_fetches_the_days_that_have_other_samples(station, services, poll):
    services.webtcad.items[LO] = samples(utc(2026, 2, 27), 30)
    station.now = utc(2026, 2, 28, 7)
    assert poll().jobs == 2
    assert poll().jobs == 0
    services.webtcad.items[LO] += samples(utc(2026, 2, 28, 6), 40)
    station.now = utc(2026, 3, 1, 23)
    assert poll().jobs == 2
    assert {d.version for d in station.datasets().values()} == {1, 2}
    assert len(station.text(KIND, key("2026-02-28")).splitlines()) == 1 + 24


@pytest.mark.usefixtures("seen")
def test_a_sample_that_comes_late_is_found(station, services, poll):
    services.webtcad.items[LO] = samples(utc(2026, 2, 27), 30)
    station.now = utc(2026, 2, 28, 7)
    assert poll().ok
    services.webtcad.items[LO].append(Sample(utc(2026, 2, 27, 12, 30), 99.0))
    assert poll().ok
    assert "2026-02-27T12:30:00.000,99.0" in station.text(KIND, key("2026-02-27"))


def test_a_day_of_which_only_the_header_comes_is_skipped(station, services, poll):
    services.webtcad.items[LO] = []
    assert poll(start="2026-02-28", end="2026-02-28").ok
    assert station.datasets() == {}
    assert len(station.messages(Happened.NO_DATA)) == 1


def test_a_day_that_is_gone_from_the_archive_stays_here(station, services, poll):
    services.webtcad.items[LO] = samples(utc(2026, 2, 28), 2)
    assert poll(start="2026-02-28", end="2026-02-28").ok
    services.webtcad.items[LO] = []
    station.now += timedelta(hours=1)
    assert not poll(start="2026-02-28", end="2026-02-28").ok
    assert (KIND, key("2026-02-28")) in station.datasets()


def test_samples_twice_and_out_of_order(station, services, poll):
    good = samples(utc(2026, 2, 28), 5)
    services.webtcad.items[LO] = [*reversed(good), *good[1:3]]
    assert poll(start="2026-02-28", end="2026-02-28").ok
    lines = station.text(KIND, key("2026-02-28")).splitlines()[1:]
    assert lines == sorted(set(lines))
    assert len(lines) == 5


@pytest.mark.usefixtures("seen")
def test_one_item_that_fails_does_not_keep_the_others_back(station, services, poll):
    services.webtcad.items = {LO: samples(utc(2026, 2, 28), 3), HI45: samples(utc(2026, 2, 28), 3)}
    services.faults.add(Status(code=500, pattern=f"*TMID={HI45}*"))
    assert not poll(series=["lo", "hi45"]).ok
    assert {d.key["instrument"] for d in station.datasets().values()} == {"lo"}
    services.faults.clear()
    assert poll(series=["lo", "hi45"]).ok
    assert {d.key["instrument"] for d in station.datasets().values()} == {"lo", "hi45"}


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=503, times=2),
        Status(code=429, times=1, retry_after_s=0),
        Cut(after_bytes=20, times=1),
        Stall(after_bytes=20, times=1),
        Reissue(content=b"", times=1),
        Reissue(content=b"<html>busy</html>", times=1),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
def test_a_fault_that_passes_is_survived(station, services, poll, fault):
    services.webtcad.items[LO] = samples(utc(2026, 2, 28), 5)
    services.faults.add(fault)
    assert poll(start="2026-02-28", end="2026-02-28").ok
    assert len(station.text(KIND, key("2026-02-28")).splitlines()) == 6


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>busy</html>",
        b"a,b\n1,2\n",
        b"time,value\nyesterday,1\n",
        b"time,value\n2026-02-28T00:00:00.000,volts\n",
        b"time,value\n2026-02-28T00:00:00.000",
    ],
)
def test_an_answer_that_makes_no_sense_leaves_what_is_there(station, services, poll, content):
    services.webtcad.items[LO] = samples(utc(2026, 2, 28), 5)
    assert poll(start="2026-02-28", end="2026-02-28").ok
    before = station.datasets()
    services.faults.add(Reissue(content=content))
    station.now += timedelta(hours=1)
    assert not poll(start="2026-02-28", end="2026-02-28").ok
    assert station.datasets() == before


def test_a_wrong_token_names_the_variable(services, network, secrets):
    secrets["IMAP_WEBPODA_TOKEN"] = "c3RhbGU6dG9rZW4="
    source = open_webtcad(WebtcadConfig(url=services.urls.webtcad), network)
    with pytest.raises(NotAuthorised, match="IMAP_WEBPODA_TOKEN"):
        source.list(json.dumps({"lo": "2026-02-25"}))
    source.close()
