"""I-ALiRT over real sockets, through the engine."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from gnomon.core.dataset import Input
from gnomon.core.items import Item, Listing
from gnomon.engine.events import Happened
from gnomon.errors import NoData, NotAuthorised, ServerFault
from gnomon.instruments.imap.telemetry.ialirt import HK_SOURCE, SOURCE, IalirtConfig, open_science
from gnomon.sim.faults import Cut, Latency, Reissue, Stall, Status

KIND, HK_KIND = "imap.ialirt", "imap.ialirt_hk"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def series(start, count, step_s=4, **values):
    return [
        {"time_utc": f"{start + timedelta(seconds=step_s * n):%Y-%m-%dT%H:%M:%S}"}
        | ({"mag_B_GSE": [n, 0.5, -n]} | values)
        for n in range(count)
    ]


def key(day, instrument="mag"):
    return f"instrument={instrument},day={day}"


@pytest.fixture
def poll(station, services):
    def run(source=SOURCE, make=lambda s: s, **options):
        given = {"instruments": ["mag"]} if source is SOURCE else {}
        return station.run(source, make, url=services.urls.ialirt, **given, **options)

    return run


@pytest.fixture
def seen(station):
    """Start where nothing before 1 March is of interest."""

    def mark(source=SOURCE, time="2026-02-28T23:00:00", instrument="mag"):
        with station.opened.catalog() as catalog, catalog.writing() as writing:
            cursor = json.dumps({instrument: time})
            writing.record_listing(source.name, Listing([], cursor, unchanged=True), 1)

    return mark


def times(text):
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def test_days_that_are_asked_for_are_fetched_whole(station, services, poll):
    """Days at the end of a month, and records on both sides of midnight."""
    services.ialirt.records["mag"] = series(datetime(2026, 2, 28, 23, 59, 52, tzinfo=UTC), 5)
    assert poll(start="2026-02-28", end="2026-03-01").ok
    assert times(station.text(KIND, key("2026-02-28"))) == [
        "2026-02-28T23:59:52",
        "2026-02-28T23:59:56",
    ]
    assert times(station.text(KIND, key("2026-03-01")))[0] == "2026-03-01T00:00:00"
    text = station.text(KIND, key("2026-03-01"))
    assert text.splitlines()[:2] == [
        "time_utc,mag_B_GSE_x,mag_B_GSE_y,mag_B_GSE_z",
        "2026-03-01T00:00:00,2,0.5,-2",
    ]
    alias = station.opened.store.root / "ialirt/2026/03/imap_ialirt_mag_20260301.csv"
    assert alias.read_text() == text


def test_housekeeping_comes_by_its_own_name(station, services, poll):
    """Regression: the system that we follow refuses its own documented `--instrument mag_hk`."""
    hk = {"mag_hk_status": {"mode": 2, "hk3v3": 2880}}
    services.ialirt.records["mag_hk"] = series(NOON, 3, **hk)
    assert poll(HK_SOURCE, start="2026-03-01", end="2026-03-01").ok
    text = station.text(HK_KIND, "day=2026-03-01")
    assert "2026-03-01T12:00:04,1,0.5,-1,3.3524006399999995,Safe" in text
    alias = station.opened.store.root / "ialirt_hk/2026/03/imap_ialirt_mag_hk_20260301.csv"
    assert alias.read_text() == text


def test_windows_are_as_long_as_the_service_likes_them(services, poll):
    services.ialirt.records["mag"] = series(datetime(2026, 3, 1, tzinfo=UTC), 1440, step_s=60)
    assert poll(start="2026-03-01", end="2026-03-01").ok
    asked = [dict(parse_qsl(request.query)) for request in services.requests]
    for query in asked:
        start, stop = (datetime.fromisoformat(query[f"time_utc_{end}"]) for end in ("start", "end"))
        assert timedelta() < stop - start <= timedelta(hours=4)
    assert len(asked) <= 13


def test_an_answer_that_ends_early_is_asked_to_go_on(station, services, poll):
    services.ialirt.records["mag"] = series(datetime(2026, 3, 1, tzinfo=UTC), 1440, step_s=60)
    services.ialirt.most = 100
    assert poll(start="2026-03-01", end="2026-03-01").ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 1440


def test_a_poll_begins_after_the_last_record(station, services, poll, seen):
    seen()
    station.now = NOON + timedelta(seconds=10)
    services.ialirt.records["mag"] = series(NOON, 3)
    assert poll().ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 3
    services.ialirt.records["mag"] += series(NOON + timedelta(minutes=1), 2)
    station.now = NOON + timedelta(minutes=2)
    services.requests.clear()
    assert poll().ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 5
    starts = [dict(parse_qsl(request.query))["time_utc_start"] for request in services.requests]
    assert min(starts) == "2026-03-01T12:00:08"


def test_a_poll_that_finds_nothing_new_does_nothing(station, services, poll, seen):
    seen()
    station.now = NOON + timedelta(minutes=1)
    services.ialirt.records["mag"] = series(NOON, 3)
    assert poll().jobs == 1
    before = station.datasets()
    station.now += timedelta(minutes=5)
    summary = poll()
    assert summary.ok
    assert summary.jobs == 0
    assert station.datasets() == before


def test_a_poll_goes_over_midnight(station, services, poll, seen):
    seen()
    services.ialirt.records["mag"] = series(datetime(2026, 3, 1, 23, 59, 40, tzinfo=UTC), 10)
    for now in (
        datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC),
        datetime(2026, 3, 2, 0, 5, tzinfo=UTC),
    ):
        station.now = now
        assert poll().ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 5
    assert len(times(station.text(KIND, key("2026-03-02")))) == 5


def test_after_a_pause_the_days_between_are_fetched_whole(station, services, poll, seen):
    seen(time="2026-02-25T12:00:00")
    services.ialirt.records["mag"] = series(
        datetime(2026, 2, 25, 18, tzinfo=UTC), 20, step_s=6 * 3600
    )
    station.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert poll().ok
    days = {k.partition("day=")[2] for _, k in station.datasets()}
    assert days == {f"2026-02-{day}" for day in (25, 26, 27, 28)} | {"2026-03-01"}


def test_what_a_fetch_by_days_brought_outlives_the_polls_after_it(station, services, poll, seen):
    """An older file must not count again because a poll lists its day as it did before."""
    seen(time="2026-02-25T12:00:00")
    services.ialirt.records["mag"] = series(datetime(2026, 2, 26, 12, tzinfo=UTC), 3)
    station.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert poll().ok
    services.ialirt.records["mag"] += series(datetime(2026, 2, 26, 14, tzinfo=UTC), 3)
    assert poll(start="2026-02-26", end="2026-02-26").ok
    assert len(times(station.text(KIND, key("2026-02-26")))) == 6
    assert poll().jobs == 0
    assert len(times(station.text(KIND, key("2026-02-26")))) == 6


def test_a_first_poll_begins_where_it_is_told(station, services, poll):
    services.ialirt.records["mag"] = series(datetime(2026, 2, 25, tzinfo=UTC), 12, step_s=12 * 3600)
    station.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert poll(since="2026-02-27").ok
    days = {k.partition("day=")[2] for _, k in station.datasets()}
    assert days == {"2026-02-27", "2026-02-28", "2026-03-01"}


def test_a_day_that_failed_is_fetched_by_the_next_poll(station, services, poll, seen):
    """Progress never skips a day that failed."""
    seen()
    services.ialirt.records["mag"] = series(datetime(2026, 3, 1, 23, 59, 40, tzinfo=UTC), 10)

    def failing(source):
        def fetch(item, *rest):
            if item.ref.startswith("mag 2026-03-01"):
                raise ServerFault("HTTP 500")
            return original(item, *rest)

        original, source.fetch = source.fetch, fetch
        return source

    station.now = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
    assert not poll(make=failing).ok
    assert {k for _, k in station.datasets()} == {key("2026-03-02")}
    assert poll().ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 5


def test_one_instrument_that_fails_does_not_keep_the_others_back(station, services, seen):
    seen()
    station.now = NOON + timedelta(minutes=1)
    services.ialirt.records = {"mag": series(NOON, 3), "hit": series(NOON, 3)}
    services.faults.add(Status(code=500, pattern="*instrument=hit*"))
    options = {"url": services.urls.ialirt, "instruments": ["mag", "hit"], "start": None}
    with_marks = json.dumps({"mag": "2026-03-01T00:00:00", "hit": "2026-03-01T00:00:00"})
    source = open_science(IalirtConfig(**options), station._network)
    source._now = lambda: station.now
    listing = source.list(with_marks)
    assert [item.key["instrument"] for item in listing.items] == ["mag"]
    assert "hit" in listing.flaw
    assert "500" in listing.flaw
    assert json.loads(listing.cursor) == {
        "mag": "2026-03-01T12:00:08",
        "hit": "2026-03-01T00:00:00",
    }
    source.close()


def test_a_day_without_records_is_no_failure(station, poll):
    assert poll(start="2026-03-01", end="2026-03-01").ok
    assert station.datasets() == {}
    assert len(station.messages(Happened.NO_DATA)) == 1


def test_records_twice_and_out_of_order_and_corrected(station, services, poll):
    rows = series(NOON, 4)
    services.ialirt.records["mag"] = [rows[2], *rows, rows[0] | {"mag_B_GSE": [9, 9, 9]}]
    assert poll(start="2026-03-01", end="2026-03-01").ok
    lines = station.text(KIND, key("2026-03-01")).splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["9", "1", "2", "3"]


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=500, times=2),
        Status(code=429, times=1, retry_after_s=0),
        Cut(after_bytes=20, times=1),
        Stall(after_bytes=20, times=1),
        Latency(latency_s=1.0, times=1),
        Reissue(content=b"", times=1),
        Reissue(content=b"<html>busy</html>", times=1),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
def test_a_fault_that_passes_is_survived(station, services, poll, fault):
    services.ialirt.records["mag"] = series(NOON, 3)
    services.faults.add(fault)
    assert poll(start="2026-03-01", end="2026-03-01").ok
    assert len(times(station.text(KIND, key("2026-03-01")))) == 3


@pytest.mark.parametrize(
    "content", [b"", b"<html>busy</html>", b'{"message": "Internal error"}', b'{"data": 3}', b"[{"]
)
def test_an_answer_that_makes_no_sense_leaves_what_is_there(station, services, poll, content):
    services.ialirt.records["mag"] = series(NOON, 3)
    assert poll(start="2026-03-01", end="2026-03-01").ok
    before = station.datasets()
    services.faults.add(Reissue(content=content))
    station.now += timedelta(minutes=5)
    assert not poll(start="2026-03-01", end="2026-03-01").ok
    assert station.datasets() == before


def test_an_answer_of_which_no_record_names_a_time_is_told_of(station, services, poll, seen):
    seen()
    station.now = NOON
    services.faults.add(Reissue(content=b'[{"when": "2026-03-01T11:59:00", "a": 1}]'))
    assert not poll().ok
    assert "records name no time" in station.messages(Happened.NOT_LISTED)[0]
    assert not poll(start="2026-03-01", end="2026-03-01").ok
    assert station.datasets() == {}


def test_a_record_of_a_time_to_come_does_not_end_the_polls(station, services, poll, seen):
    seen()
    station.now = NOON
    wrong = series(NOON - timedelta(minutes=1), 1) + series(NOON + timedelta(hours=6), 1)
    wrong += series(datetime(9999, 12, 31, tzinfo=UTC), 1)
    services.faults.add(Reissue(content=json.dumps(wrong).encode()))
    assert poll().ok
    services.faults.clear()
    services.ialirt.records["mag"] = series(NOON, 3)
    station.now += timedelta(minutes=1)
    assert poll().ok
    assert {k for _, k in station.datasets()} == {key("2026-03-01")}
    assert times(station.text(KIND, key("2026-03-01"))) == [
        f"2026-03-01T{clock}" for clock in ("11:59:00", "12:00:00", "12:00:04", "12:00:08")
    ]


@pytest.mark.parametrize("token", [None, "stale-since-march"])
def test_a_wrong_token_names_the_variable_and_is_not_shown(services, network, secrets, token):
    secrets.pop("IALIRT_API_KEY")
    if token:
        secrets["IALIRT_API_KEY"] = token
    source = open_science(IalirtConfig(url=services.urls.ialirt, instruments=("mag",)), network)
    with pytest.raises(NotAuthorised, match="IALIRT_API_KEY") as caught:
        source.list(json.dumps({"mag": "2026-03-01T00:00:00"}))
    assert "stale-since-march" not in str(caught.value)
    source.close()


def test_a_fetch_that_finds_nothing_keeps_what_is_known(services, network, tmp_path):
    known = tmp_path / "known.csv"
    known.write_text("time_utc,a\n2026-03-01T00:00:00,1\n")
    source = open_science(IalirtConfig(url=services.urls.ialirt), network)
    item = Item(KIND, {}, "mag 2026-03-01 new", "x")
    before = Input(known, KIND, {}, {}, 1, "")
    report = source.fetch(item, tmp_path / "out.csv", before, lambda _: None)
    assert (tmp_path / "out.csv").read_bytes() == known.read_bytes()
    assert report.metrics == {"n_rows": 1, "n_new_rows": 0}
    with pytest.raises(NoData, match="2026-03-01"):
        source.fetch(item, tmp_path / "out.csv", None, lambda _: None)
    source.close()
