"""WebPODA over real sockets, through the engine."""

import json
import struct
from datetime import UTC, date, datetime, timedelta

import pytest

from gnomon.engine.events import Happened
from gnomon.errors import ConfigError, NotAuthorised, ServerFault
from gnomon.instruments.imap.simulate.services import Packet
from gnomon.instruments.imap.telemetry.packets import BY_NAME, PACKETS
from gnomon.instruments.imap.telemetry.webpoda import (
    SOURCE,
    Arrivals,
    WebpodaConfig,
    days_near,
    open_webpoda,
)
from gnomon.sim.faults import Cut, Latency, Reissue, Stall, Status

KIND, PW, STATUS = "imap.hk.l0", "MAG_HSK_PW", "MAG_HSK_STATUS"
MET_ZERO = datetime(2010, 1, 1, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def body(name, time, count=0):
    """Return a packet without anything but its time."""
    met = int((time - MET_ZERO).total_seconds())
    content = struct.pack(">I", met)
    header = struct.pack(">HHH", 0x0800 | BY_NAME[name].apid, 0xC000 | count, len(content) - 1)
    return header + content


def packets(name, start, number, step_s=3600, ert=None, first=0):
    times = [start + timedelta(seconds=step_s * n) for n in range(number)]
    received = ert or start + timedelta(days=1)
    return [Packet(t, received, body(name, t, first + n)) for n, t in enumerate(times)]


@pytest.fixture
def poll(station, services):
    def run(make=lambda s: s, **options):
        given = {"packets": [PW]} | options
        return station.run(SOURCE, make, url=services.urls.webpoda, **given)

    return run


def met_times(station, day, name=PW):
    dataset = next(d for (_, k), d in station.datasets().items() if d.key["day"] == day
                   and d.key["packet"] == BY_NAME[name].store_name)  # fmt: skip
    data = station.opened.store.path(dataset).read_bytes()
    assert len(data) % 10 == 0
    mets = [struct.unpack_from(">I", data, at + 6)[0] for at in range(0, len(data), 10)]
    return [MET_ZERO + timedelta(seconds=met) for met in mets]


def days(station, name=PW):
    found = [d.key for d in station.datasets().values()]
    return sorted(str(k["day"]) for k in found if k["packet"] == BY_NAME[name].store_name)


def test_days_that_are_asked_for_come_with_a_margin(station, services, poll):
    start = utc(2026, 1, 31, 23, 58, 30)
    services.webpoda.packets[PW] = packets(PW, start, 7, step_s=30, ert=utc(2026, 2, 1, 7))
    assert poll(start="2026-01-31", end="2026-01-31").ok
    assert days(station) == ["2026-01-31"]
    assert met_times(station, date(2026, 1, 31)) == [
        start + timedelta(seconds=30 * n) for n in range(5)
    ]
    dataset = next(iter(station.datasets().values()))
    assert dataset.path == "hk/mag/l0/hsk-pw/2026/01/imap_mag_l0_hsk-pw_20260131_001.pkts"


def test_a_poll_learns_of_the_days_by_what_was_received(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1), 48, ert=utc(2026, 3, 2, 7))
    assert poll().ok
    assert days(station) == ["2026-03-01", "2026-03-02"]
    again = poll()
    assert again.ok
    assert again.jobs == 0
    late = packets(PW, utc(2026, 2, 27, 12, 30), 2, ert=utc(2026, 3, 3, 7))
    services.webpoda.packets[PW] += late
    services.requests.clear()
    assert poll().ok
    assert days(station) == ["2026-02-27", "2026-03-01", "2026-03-02"]
    assert [r.query[:26] for r in services.requests if r.path.endswith(".csv")] == [
        "ert%3E=2026-03-02T07:00:00"
    ]


def test_new_packets_of_a_day_are_laid_over_those_that_are_known(station, services, poll):
    first = packets(PW, utc(2026, 3, 1), 3, ert=utc(2026, 3, 1, 12))
    more = packets(PW, utc(2026, 3, 1, 0, 30), 3, ert=utc(2026, 3, 1, 18), first=100)
    services.webpoda.packets[PW] = list(first)
    assert poll().ok
    services.webpoda.packets[PW] = [
        *more,
        first[1],
    ]  # two of the old ones are gone from the archive
    assert poll().ok
    assert met_times(station, date(2026, 3, 1)) == sorted(p.time for p in [*first, *more])
    (dataset,) = station.datasets().values()
    assert dataset.version == 2


def test_packets_out_of_order_and_twice_make_the_same_file(station, services, poll):
    good = packets(PW, utc(2026, 3, 1), 5)
    services.webpoda.packets[PW] = [*reversed(good), *good[1:3]]
    assert poll(start="2026-03-01", end="2026-03-01").ok
    assert met_times(station, date(2026, 3, 1)) == [p.time for p in good]


def test_the_days_may_be_those_of_reception(station, services, poll):
    services.webpoda.packets[PW] = [
        *packets(PW, utc(2026, 2, 20), 3, ert=utc(2026, 3, 1, 7)),
        *packets(PW, utc(2026, 2, 20, 6), 3, ert=utc(2026, 3, 2, 7), first=50),
        *packets(PW, utc(2026, 2, 25), 3, ert=utc(2026, 3, 2, 7)),
    ]
    assert poll(start="2026-03-01", end="2026-03-01", by_ert=True).ok
    assert days(station) == ["2026-02-20"]
    assert len(met_times(station, date(2026, 2, 20))) == 6  # a day is whole, whenever it came


def test_a_fetch_by_days_moves_no_mark_unless_it_is_to(station, services, poll, network):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1), 48, ert=utc(2026, 3, 3, 7))
    assert poll(start="2026-03-02", end="2026-03-02").ok
    assert poll().ok
    assert days(station) == ["2026-03-01", "2026-03-02"]
    config = WebpodaConfig(
        url=services.urls.webpoda, packets=(PW,), start=date(2026, 3, 2), advance=True
    )
    source = open_webpoda(config, network)
    source._now = lambda: utc(2026, 3, 3, 12)
    assert json.loads(source.list("").cursor) == {PW: ["2026-03-03T07:00:00", "2026-03-02"]}
    source.close()


def test_a_margin_alone_makes_no_day(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 0, 0, 10), 2)
    assert poll().ok
    assert days(station) == ["2026-03-01"]


def test_a_margin_is_added_to_the_day_before(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 23), 1, ert=utc(2026, 3, 1, 23, 30))
    assert poll().ok
    services.webpoda.packets[PW] += packets(
        PW, utc(2026, 3, 2, 0, 0, 30), 1, ert=utc(2026, 3, 2, 1)
    )
    assert poll().ok
    assert days(station) == ["2026-03-01", "2026-03-02"]
    assert len(met_times(station, date(2026, 3, 1))) == 2


def test_a_time_to_come_does_not_end_the_polls(station, services, poll):
    wrong = packets(PW, utc(2026, 3, 1, 5), 1, ert=utc(2099, 1, 1))
    ahead = packets(PW, utc(2098, 1, 1), 1, ert=utc(2026, 3, 1, 7))
    good = packets(PW, utc(2026, 3, 1, 23), 1, ert=utc(2026, 3, 1, 23, 30))
    services.webpoda.packets[PW] = wrong + ahead + good
    assert poll().ok
    more = packets(PW, utc(2026, 3, 2, 0, 0, 30), 1, ert=utc(2026, 3, 2, 1))
    services.webpoda.packets[PW] += more
    assert poll().ok
    assert days(station) == ["2026-03-01", "2026-03-02", "2098-01-01"]
    assert len(met_times(station, date(2026, 3, 1))) == 3
    assert poll().jobs == 0


def test_all_fifty_are_listed_at_once(station, services, poll):
    for packet in PACKETS:
        services.webpoda.packets[packet.name] = packets(packet.name, utc(2026, 3, 1, 6), 1)
    services.faults.add(Latency(latency_s=0.05, pattern="*.csv"))
    assert poll(packets=["all"]).ok
    assert len(station.datasets()) == 50


def test_several_packets_by_any_of_their_names(station, services, poll):
    for name in (PW, STATUS):
        services.webpoda.packets[name] = packets(name, utc(2026, 3, 1, 6), 2)
    assert poll(packets=["SID3_PW", "1064"]).ok
    assert days(station) == days(station, STATUS) == ["2026-03-01"]


def test_one_sort_that_fails_does_not_keep_the_others_back(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 6), 2)
    services.webpoda.packets[STATUS] = packets(STATUS, utc(2026, 3, 1, 6), 2)
    services.faults.add(Status(code=500, pattern=f"*{STATUS}.csv*"))
    assert not poll(packets=[PW, STATUS]).ok
    assert days(station) == ["2026-03-01"]
    (message,) = station.messages(Happened.NOT_LISTED)
    assert STATUS in message
    services.faults.clear()
    assert poll(packets=[PW, STATUS]).ok
    assert days(station, STATUS) == ["2026-03-01"]


def test_a_day_that_failed_is_fetched_by_the_next_poll(station, services, poll):
    """Progress never skips a day that failed: its mark has moved, yet it is still wanted."""
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1), 48, ert=utc(2026, 3, 2, 7))
    services.faults.add(Status(code=500, pattern="*.bin?time>=2026-02-28*"))
    assert not poll().ok
    assert days(station) == ["2026-03-02"]
    services.faults.clear()
    services.webpoda.packets[PW] += packets(PW, utc(2026, 3, 3), 1, ert=utc(2026, 3, 4, 7))
    assert poll().ok
    assert days(station) == ["2026-03-01", "2026-03-02", "2026-03-03"]


def test_nothing_in_the_archive_is_no_failure(station, services, poll):
    services.webpoda.packets[PW] = []
    assert poll().ok
    assert poll(start="2026-03-01", end="2026-03-02").ok
    assert station.datasets() == {}


def test_an_empty_body_is_no_data(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 6), 2)
    services.faults.add(Reissue(content=b"", pattern="*.bin*"))
    assert poll().ok
    assert station.datasets() == {}
    assert len(station.messages(Happened.NO_DATA)) == 1


def test_an_empty_body_leaves_what_is_known(station, services, poll):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 6), 2, ert=utc(2026, 3, 1, 7))
    assert poll().ok
    before = {place: d.sha256 for place, d in station.datasets().items()}
    services.webpoda.packets[PW] += packets(PW, utc(2026, 3, 1, 9), 2, ert=utc(2026, 3, 1, 10))
    services.faults.add(Reissue(content=b"", pattern="*.bin*"))
    assert poll().ok
    assert {place: d.sha256 for place, d in station.datasets().items()} == before


def test_garbage_between_packets_is_told_of_and_the_packets_are_kept(station, services, poll):
    good = packets(PW, utc(2026, 3, 1), 40, step_s=600)
    spoilt = [*good[:20], Packet(good[20].time, good[20].ert, b"\xff\xfe\xfd"), *good[20:]]
    services.webpoda.packets[PW] = spoilt
    summary = poll(start="2026-03-01", end="2026-03-01")
    assert not summary.ok
    assert met_times(station, date(2026, 3, 1)) == [p.time for p in good]


@pytest.mark.parametrize("pattern", ["*.csv*", "*.bin*"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": Status, "code": 500, "times": 2},
        {"kind": Status, "code": 429, "times": 1, "retry_after_s": 0},
        {"kind": Cut, "after_bytes": 8, "times": 1},
        {"kind": Stall, "after_bytes": 8, "times": 1},
        {"kind": Reissue, "content": b"<html>busy</html>", "times": 1},
    ],
    ids=lambda fault: fault["kind"].__name__ + str(fault.get("code", "")),
)
def test_a_fault_that_passes_is_survived(station, services, poll, fault, pattern):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1), 20)
    options = {name: value for name, value in fault.items() if name != "kind"}
    services.faults.add(fault["kind"](pattern=pattern, **options))
    assert poll().ok
    assert len(met_times(station, date(2026, 3, 1))) == 20


@pytest.mark.parametrize(
    "content",
    [
        b"<html>busy</html>",
        b"nothing,here\n1,2\n",
        b"time,ert\n5\n",
        b"time,ert\n2026-13-45T23:59:59,2026-03-01T07:00:00\n",
    ],
)
def test_a_listing_that_makes_no_sense_leaves_what_is_there(station, services, poll, content):
    services.webpoda.packets[PW] = packets(PW, utc(2026, 3, 1, 6), 2)
    assert poll().ok
    before = station.datasets()
    services.faults.add(Reissue(content=content, pattern="*.csv*"))
    assert not poll().ok
    assert station.datasets() == before


@pytest.mark.parametrize("token", [None, "c3RhbGU6dG9rZW4="])
def test_a_wrong_token_names_the_variable_and_is_not_shown(services, network, secrets, token):
    secrets.pop("IMAP_WEBPODA_TOKEN")
    if token:
        secrets["IMAP_WEBPODA_TOKEN"] = token
    services.webpoda.packets[PW] = []
    source = open_webpoda(WebpodaConfig(url=services.urls.webpoda, packets=(PW,)), network)
    with pytest.raises(NotAuthorised, match="IMAP_WEBPODA_TOKEN") as caught:
        source.list("")
    assert token is None or token not in str(caught.value)
    source.close()


def test_the_system_is_added_to_an_address_that_lacks_it(services, network):
    services.webpoda.packets[PW] = []
    for url in (f"{services.urls.root}/webpoda/dap2", services.urls.webpoda):
        source = open_webpoda(WebpodaConfig(url=url, packets=(PW,), system="SID1"), network)
        source.list("")
        source.close()
    asked = [request.path for request in services.requests]
    assert [path.split("/")[4] for path in asked] == ["SID1", "SID2"]


def test_days_in_the_wrong_order_are_refused():
    with pytest.raises(ConfigError, match="2026-03-01"):
        WebpodaConfig(start=date(2026, 3, 2), end=date(2026, 3, 1))


@pytest.mark.parametrize("dates", [{"start": date(2026, 3, 5)}, {"end": date(2020, 1, 1)}])
def test_days_of_which_none_is_there_are_no_poll(dates):
    with pytest.raises(ConfigError, match="is before the first"):
        WebpodaConfig(**dates).asked(date(2026, 3, 3))


def test_a_packet_near_midnight_is_of_two_files():
    assert list(days_near("2026-03-01T12:00:00")) == ["2026-03-01"]
    assert list(days_near("2026-03-01T00:00:59")) == ["2026-03-01", "2026-02-28"]
    assert list(days_near("2026-02-28T23:59:00")) == ["2026-02-28", "2026-03-01"]
    assert list(days_near("2026-12-31T23:59:59")) == ["2026-12-31", "2027-01-01"]


def test_the_columns_of_a_listing_may_come_in_any_order():
    lines = ["ert,time\n", "2026-03-02T07:00:00,2026-03-01T12:00:00\n", "\n"]
    found = Arrivals.read(lines, "x.csv", utc(2026, 3, 3))
    assert found.own == {"2026-03-01": "2026-03-02T07:00:00"}
    with pytest.raises(ServerFault, match=r"x\.csv"):
        Arrivals.read(["time,ert\n", "2026-03-01,2026-03-02\n"], "x.csv", utc(2026, 3, 3))
