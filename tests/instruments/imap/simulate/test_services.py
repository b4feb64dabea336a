"""The services as any HTTP client sees them: what the real ones answer, and what they refuse."""

import json
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from gnomon.instruments.imap.simulate.services import (
    KernelFile,
    Packet,
    Sample,
    ScienceFile,
    Services,
    TableFile,
)
from gnomon.sim import Status


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


PODA = "/webpoda/dap2/packets/SID2/MAG_HSK_PW"
DAY = "time%3E=2025-05-02T00:00:00&time%3C2025-05-03T00:00:00"
TCAD = "/webtcad/latis/dap/AnalogTelemetryItem_SID1.csv?TMID=58350&time,value"
TCAD_DAY = "&time%3E=2026-02-11T00:00:00.000Z&time%3C=2026-02-12T00:00:00.000Z"
MAGO = "imap/mag/l1c/2025/10/imap_mag_l1c_norm-mago_20251017_v001.000{}.cdf"


@pytest.fixture
def services():
    running = Services()
    running.webpoda.packets["MAG_HSK_PW"] = [
        Packet(utc(2025, 5, 2, 0, 0, 0), utc(2025, 5, 2, 7), b"one"),
        Packet(utc(2025, 5, 2, 12, 0, 1, 250_000), utc(2025, 5, 3, 7), b"three"),
        Packet(utc(2025, 5, 3), utc(2025, 5, 3, 7), b"seven"),
    ]
    running.webpoda.packets["MAG_HSK_SCI"] = []
    running.webtcad.items[58350] = [
        Sample(utc(2026, 2, 11), 1.5),
        Sample(utc(2026, 2, 12), 2.5, utc(2026, 2, 13)),
    ]
    running.sdc.science = [
        ScienceFile(MAGO.format(1), b"first", utc(2025, 10, 18, 1, 2, 3)),
        ScienceFile(MAGO.format(2), b"second", utc(2025, 10, 19, 1, 2, 3)),
        ScienceFile(MAGO.format(1).replace("mago", "magi"), b"inner", utc(2025, 10, 18)),
    ]
    running.sdc.kernels = [
        KernelFile(
            f"ck/imap_2025_302_2025_303_00{version}.ah.bc",
            b"DAF",
            utc(2025, 11, version, 8, 5, 12),
            "attitude_history",
            ((utc(2025, 10, 29, 19, 7, 7), utc(2025, 10, 30, 19)),),
            "imap_2025_302_2025_303_.ah.bc",
            version,
        )
        for version in (1, 2)
    ]
    spin = "imap/spice/spin/imap_2026_060_2026_061_01.spin"
    covered = utc(2026, 3, 1), utc(2026, 3, 2)
    running.sdc.spin = [TableFile(spin, b"spin", utc(2026, 3, 2, 9, 35, 25), *covered)]
    running.ialirt.records["mag"] = [
        {"time_utc": f"2026-03-01T00:00:0{second}", "mag_B_GSE": [1.0, 2.0, 3.0]}
        for second in (4, 0, 8)
    ]
    running.noaa.records["mag"] = [
        {"time_tag": "2026-07-22T08:00:00", "source": "ACE"},
        {"time_tag": "2026-07-23T08:00:00", "source": "ACE"},
        {"time_tag": "2026-07-23T08:01:00", "source": "SOLAR1"},
    ]
    with running:
        yield running


@pytest.fixture
def ask(services):
    def asked(path, *, auth="right", method="GET", body=None, headers=None):
        connection = HTTPConnection(urlsplit(services.urls.root).netloc, timeout=5)
        sent = dict(headers or {})
        if auth != "none":
            tokens = services.tokens
            basic = tokens.webpoda if auth == "right" else "wrong"
            key = tokens.ialirt if path.startswith("/ialirt") else tokens.sdc
            if path.startswith("/web"):
                sent["Authorization"] = f"Basic {basic}"
            elif not path.startswith(("/sdc-storage", "/noaa")):
                sent["x-api-key"] = key if auth == "right" else "wrong"
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    return asked


@pytest.fixture
def found(ask):
    return lambda path: json.loads(ask(path)[1])


# -- WebPODA


def test_packets_of_a_day_are_concatenated(ask):
    assert ask(f"{PODA}.bin?{DAY}&project(packet)") == (200, b"onethree")


def test_packets_are_chosen_by_their_arrival_too(ask):
    query = "ert%3E=2025-05-03T00:00:00&ert%3C2025-05-04T00:00:00&project(packet)"
    assert ask(f"{PODA}.bin?{query}") == (200, b"threeseven")


def test_no_packets_are_an_empty_body(ask):
    other = PODA.replace("PW", "SCI")
    assert ask(f"{other}.bin?{DAY}&project(packet)") == (200, b"")


def test_arrivals_come_as_csv(ask):
    form = "&project(ert)&formatTime(%22yyyy-MM-dd'T'HH:mm:ss%22)"
    assert ask(f"{PODA}.csv?{DAY}{form}")[1] == b"ert\n2025-05-02T07:00:00\n2025-05-03T07:00:00\n"


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("&project(time,length)&formatTime(%22yyyy-DDD'T'HH:mm:ss.SSS%22)",
         ["time,length", "2025-122T00:00:00.000,3", "2025-122T12:00:01.250,5"]),
        ("&&project(time)", ["time", "1430179218000000", "1430222419250000"]),
        ("&count()", ["count", "2"]),
    ],
)  # fmt: skip
def test_other_columns_and_formats(ask, form, lines):
    assert ask(f"{PODA}.csv?{DAY}{form}")[1].decode().splitlines() == lines


@pytest.mark.parametrize("auth", ["wrong", "none"])
def test_packets_want_the_token(ask, auth):
    assert ask(f"{PODA}.bin?{DAY}&project(packet)", auth=auth)[0] == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PODA}.bin?{DAY}", 400),
        (f"{PODA}.bin?time%3E=2025-05-02&project(packet)", 400),
        (f"{PODA}.bin?time%3E=2025-13-02T00:00:00&project(packet)", 400),
        (f"{PODA}.bin?epoch%3E=2025-05-02T00:00:00&project(packet)", 400),
        (f"{PODA}.bin?{DAY}&project(packet)&first=1", 400),
        (f"{PODA}.csv?{DAY}&project(colour)", 400),
        (f"{PODA}.csv?{DAY}&project(time)&formatTime(yyyy)", 400),
        (f"{PODA}.csv?{DAY}&project(time)&formatTime(%22EEE%22)", 400),
        (f"/webpoda/dap2/packets/SID2/MAG_HSK_PV.bin?{DAY}&project(packet)", 404),
        (f"{PODA}.txt?{DAY}", 404),
    ],
)
def test_what_webpoda_refuses(ask, path, status):
    assert ask(path)[0] == status


# -- WebTCAD


def test_both_ends_of_a_telemetry_query_are_in(ask):
    form = "&format_time(yyyy-MM-dd'T'HH:mm:ss.SSS)"
    assert ask(TCAD + TCAD_DAY + form)[1].decode().splitlines() == [
        "time,value",
        "2026-02-11T00:00:00.000,1.5",
        "2026-02-12T00:00:00.000,2.5",
    ]


def test_telemetry_is_chosen_by_its_arrival_too(ask):
    by_ert = (TCAD + TCAD_DAY).replace("Item_", "Item_ERT_")
    assert len(ask(by_ert)[1].splitlines()) == 2


def test_no_telemetry_leaves_the_header(ask):
    assert ask(TCAD + "&time%3E=2027-01-01T00:00:00.000Z") == (200, b"time,value\n")


@pytest.mark.parametrize(
    "path",
    [
        TCAD.replace("58350", "1"),
        TCAD.replace(",value", ""),
        TCAD + "&time%3E=2026-02-11",
        TCAD + "&value%3E2026-02-11T00:00:00.000Z",
        TCAD + "&format=csv",
    ],
)
def test_what_webtcad_refuses(ask, path):
    assert ask(path)[0] == 400


def test_telemetry_wants_the_token(ask):
    assert ask(TCAD, auth="wrong")[0] == 401


# -- SDC

QUERY = "/sdc/api-key/query?table=science&instrument=mag&data_level=l1c&descriptor=norm-mago"


def test_a_query_tells_of_files(found):
    assert found(QUERY)[0] == {
        "file_path": MAGO.format(1),
        "instrument": "mag",
        "data_level": "l1c",
        "descriptor": "norm-mago",
        "start_date": "20251017",
        "repointing": None,
        "version": "v001.0001",
        "extension": "cdf",
        "ingestion_date": "20251018 01:02:03",
    }


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("", 2),
        ("&latest=true", 1),
        ("&version=latest", 1),
        ("&version=v001.0001", 1),
        ("&start_date=20251017&end_date=20251017&extension=cdf", 2),
        ("&start_date=20251018", 0),
        ("&ingestion_start_date=20251019", 1),
        ("&ingestion_end_date=20251018", 1),
    ],
)
def test_a_query_narrows(found, more, count):
    assert len(found(QUERY + more)) == count


@pytest.mark.parametrize(
    "more",
    ["&start_date=2025-10-17", "&end_date=20251317", "&colour=red", "&version=1", "&table=spam"],
)
def test_what_a_query_refuses(ask, more):
    assert ask(QUERY + more)[0] == 400


def test_files_are_downloaded(ask):
    assert ask(f"/sdc/api-key/download/{MAGO.format(2)}") == (200, b"second")
    assert ask("/sdc/api-key/download/imap/spice/ck/imap_2025_302_2025_303_001.ah.bc")[1] == b"DAF"
    assert ask(f"/sdc/api-key/download/{MAGO.format(3)}")[0] == 404


def test_downloads_may_lead_elsewhere(ask, services):
    services.sdc.redirects = True
    assert ask(f"/sdc/api-key/download/{MAGO.format(2)}")[0] == 302
    assert ask(f"/sdc-storage/{MAGO.format(2)}") == (200, b"second")
    stray = {"x-api-key": services.tokens.sdc}
    assert ask(f"/sdc-storage/{MAGO.format(2)}", headers=stray)[0] == 400


@pytest.mark.parametrize("auth", ["wrong", "none"])
@pytest.mark.parametrize("path", [QUERY, f"/sdc/api-key/download/{MAGO.format(1)}"])
def test_the_archive_wants_the_key(ask, path, auth):
    assert ask(path, auth=auth)[0] == 403


def test_a_path_without_the_key_is_none(ask):
    assert ask(QUERY.replace("/api-key", ""))[0] == 403


NAME = "imap_mag_l2-pre_norm-dsrf_20251017_v001.0001.cdf"


def test_an_upload_is_granted_then_put(ask, found, services):
    url = found(f"/sdc/api-key/upload/{NAME}").removeprefix(services.urls.root)
    assert ask(url, method="PUT", body=b"cdf", headers={"Content-Type": ""}) == (200, b"")
    assert services.sdc.uploads == {NAME: b"cdf"}
    assert ask(f"/sdc/api-key/upload/{NAME}")[0] == 409


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        (lambda url: url, {"Content-Type": "application/octet-stream"}, 403),
        (lambda url: url[:-1], {"Content-Type": ""}, 403),
        (lambda url: url.replace("dsrf", "gse"), {"Content-Type": ""}, 403),
        (lambda url: url, {"Content-Type": "", "x-api-key": "k"}, 400),
    ],
)
def test_what_the_storage_refuses(ask, found, services, change, headers, status):
    url = found(f"/sdc/api-key/upload/{NAME}").removeprefix(services.urls.root)
    assert ask(change(url), method="PUT", body=b"cdf", headers=headers)[0] == status
    assert services.sdc.uploads == {}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("imap_mag_l2-norm-offsets_20250421_20250421_v001.cdf", 200),
        ("imap_mag_l2_norm-dsrf_20251017_v001.cdf", 400),
        ("report.pdf", 400),
        ("", 400),
    ],
)
def test_names_are_looked_at(ask, name, status):
    assert ask(f"/sdc/api-key/upload/{name}")[0] == status


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("latest=True", 1),
        ("type=attitude_history", 2),
        ("type=leapseconds", 0),
        ("start_ingest_date=20251102", 1),
        ("end_ingest_date=20251102", 1),
        ("file_name=imap_2025_302_2025_303_002.ah.bc", 1),
        ("start_time=815000000", 2),
        ("end_time=0", 0),
    ],
)
def test_kernels_are_listed_with_or_without_the_key(ask, query, count):
    for auth in ("right", "none"):
        status, content = ask(f"/sdc/spice-query?{query}", auth=auth)
        assert (status, len(json.loads(content))) == (200, count)


def test_what_is_told_of_a_kernel(found):
    kernel = found("/sdc/spice-query?latest=True")[0]
    assert kernel["file_name"] == "ck/imap_2025_302_2025_303_002.ah.bc"
    assert kernel["min_date_datetime"] == "2025-10-29, 19:07:07"
    assert kernel["ingestion_date"] == "2025-11-02, 08:05:12"
    # TDB - UTC is 69.184 s; 2000-01-01T12:00 TDB is the origin.
    assert kernel["min_date_j2000"] == pytest.approx(815036896.184)


@pytest.mark.parametrize(
    "path",
    [
        "/sdc/spice-query?size=500",
        "/sdc/spice-query?start_ingest_date=2025-11-02",
        "/sdc/spice-query?start_time=today",
        "/sdc/spin-table?type=spin",
    ],
)
def test_what_the_tables_of_kernels_refuse(ask, path):
    assert ask(path)[0] == 400


def test_a_wrong_key_is_refused_where_none_is_needed(ask):
    assert ask("/sdc/spin-table", auth="wrong")[0] == 403


def test_spin_tables_are_listed(found):
    assert found("/sdc/spin-table?start_ingest_date=20260302") == [
        {
            "file_path": "imap/spice/spin/imap_2026_060_2026_061_01.spin",
            "start_date": "2026-03-01, 00:00:00",
            "end_date": "2026-03-02, 00:00:00",
            "version": "01",
            "ingestion_date": "2026-03-02, 09:35:25",
        }
    ]
    assert found("/sdc/small-forces-table") == []


# -- I-ALiRT and NOAA

WEATHER = "/ialirt/space-weather?instrument=mag&time_utc_start="
WINDOW = "2026-03-01T00%3A00%3A00&time_utc_end=2026-03-01T00%3A00%3A04"


def test_records_of_a_window_come_in_order(found, services):
    answer = found(WEATHER + WINDOW)
    assert [record["time_utc"][-1] for record in answer["data"]] == ["0", "4"]
    services.ialirt.most = 1
    assert len(found(WEATHER + WINDOW)["data"]) == 1
    services.ialirt.bare = True
    assert isinstance(found(WEATHER.replace("/space", "/api-key/space") + WINDOW), list)


@pytest.mark.parametrize(
    "change",
    [
        ("instrument=mag", "instrument=lo"),
        ("instrument=mag&", ""),
        ("T00%3A00%3A04", ""),
        ("end=2026", "end=2025"),
        ("instrument=mag", "instrument=mag&colour=red"),
    ],
)
def test_what_ialirt_refuses(ask, change):
    assert ask((WEATHER + WINDOW).replace(*change))[0] == 400


@pytest.mark.parametrize("auth", ["wrong", "none"])
def test_ialirt_wants_the_key(ask, auth):
    assert ask(WEATHER + WINDOW, auth=auth)[0] == 403


def test_noaa_shows_the_last_day_newest_first(found, ask):
    times = [record["time_tag"] for record in found("/noaa/json/rtsw/rtsw_mag_1m.json")]
    assert times == ["2026-07-23T08:01:00", "2026-07-23T08:00:00"]
    assert found("/noaa/json/rtsw/rtsw_wind_1m.json") == []
    assert ask("/noaa/json/rtsw/rtsw_flux_1m.json")[0] == 404


# -- all of them


def test_requests_are_recorded_and_faults_strike(ask, services):
    services.faults.add(Status(code=503, pattern="*/MAG_HSK_PW.bin", times=1))
    assert ask(f"{PODA}.bin?{DAY}&project(packet)")[0] == 503
    assert ask(f"{PODA}.bin?{DAY}&project(packet)")[0] == 200
    assert [request.code for request in services.requests] == [503, 200]
    assert services.requests[0].query == f"{DAY}&project(packet)"


def test_the_addresses_are_bases(services):
    urls = services.urls
    assert urls.webpoda == f"{urls.root}/webpoda/dap2/packets/SID2/"
    assert urls.sdc == f"{urls.root}/sdc"
