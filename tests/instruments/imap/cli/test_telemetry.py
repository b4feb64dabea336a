"""The commands that fetch telemetry, check it and draw it, as users type them."""

import json
import struct
from datetime import UTC, datetime, timedelta

import pytest

from gnomon.instruments.imap.simulate.services import Packet, Sample, Services
from gnomon.instruments.imap.telemetry.packets import BY_NAME, PACKETS
from terminal import gnomon, snapshot

PIPELINES = {
    "imap-hk": ("imap.webpoda", "webpoda"),
    "imap-webtcad": ("imap.webtcad", "webtcad"),
    "imap-noaa": ("imap.noaa", "noaa"),
}
DAYS = ("--start-date", "2026-03-01", "--end-date", "2026-03-01")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PW, STATUS = "MAG_HSK_PW", "MAG_HSK_STATUS"


@pytest.fixture
def services():
    with Services() as running:
        yield running


@pytest.fixture
def folder(tmp_path, services, monkeypatch):
    for name in ("IMAP_WEBPODA_TOKEN", "IALIRT_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pipelines").mkdir()
    for name, (use, service) in PIPELINES.items():
        url = getattr(services.urls, service)
        text = f'name = "{name}"\n[[source]]\nuse = "{use}"\nurl = "{url}"\n'
        (tmp_path / "pipelines" / f"{name}.toml").write_text(text)
    url = services.urls.ialirt
    (tmp_path / "pipelines" / "imap-ialirt.toml").write_text(
        f'name = "imap-ialirt"\n[[source]]\nuse = "imap.ialirt"\nurl = "{url}"\n'
        f'[[source]]\nuse = "imap.ialirt_hk"\nurl = "{url}"\n[[step]]\nuse = "imap.quicklook"\n'
    )
    (tmp_path / "gnomon.toml").write_text("[loop]\nmost_tries = 1\n[network]\ntries = 1\n")
    tokens = services.tokens
    (tmp_path / ".env").write_text(
        f"IMAP_WEBPODA_TOKEN={tokens.webpoda}\nIALIRT_API_KEY={tokens.ialirt}\n"
    )
    return tmp_path


@pytest.fixture
def imap(folder):
    def run(*words, code=0):
        return gnomon("imap", *words, "-C", folder, code=code)

    return run


def files(folder):
    store = folder / "store"
    found = (p for p in store.rglob("*") if p.is_file() and "versions" not in p.parts)
    return {path.relative_to(store).as_posix() for path in found}


def packet(name, time, ert=NOON):
    met = int((time - datetime(2010, 1, 1, tzinfo=UTC)).total_seconds())
    header = struct.pack(">HHH", 0x0800 | BY_NAME[name].apid, 0xC000, 3)
    return Packet(time, ert, header + struct.pack(">I", met))


def record(minute, **values):
    return {"time_utc": f"{NOON + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S}"} | values


# -- fetch binary


@pytest.mark.parametrize(
    "words", [("--packet", "SID3_PW"), ("--packet", "MAG_HSK_PW"), ("--apid", "1063")]
)
def test_fetch_binary_of_a_packet_and_days(folder, services, imap, words):
    services.webpoda.packets[PW] = [packet(PW, NOON)]
    imap("fetch", "binary", *DAYS, *words, "--fetch-mode", "DownloadOnly")
    assert files(folder) == {"hk/mag/l0/hsk-pw/2026/03/imap_mag_l0_hsk-pw_20260301_001.pkts"}


def test_fetch_binary_of_several_packets(folder, services, imap):
    for name in (PW, STATUS):
        services.webpoda.packets[name] = [packet(name, NOON)]
    imap("fetch", "binary", *DAYS, "--packet", "SID3_PW", "--packet", "hsk-status")
    assert len(files(folder)) == 2


def test_fetch_binary_of_all_packets(folder, services, imap):
    for one in PACKETS:
        services.webpoda.packets[one.name] = [packet(one.name, NOON)]
    imap("fetch", "binary", *DAYS, "--packet", "all")
    assert len(files(folder)) == 50


def test_fetch_binary_by_the_day_of_reception(folder, services, imap):
    services.webpoda.packets[PW] = [packet(PW, NOON - timedelta(days=9))]
    imap("fetch", "binary", *DAYS, "--ert", "--apid", "1063")
    assert files(folder) == {"hk/mag/l0/hsk-pw/2026/02/imap_mag_l0_hsk-pw_20260220_001.pkts"}


def test_fetch_binary_without_dates_polls(folder, services, imap):
    services.webpoda.packets[PW] = [packet(PW, NOON)]
    imap("fetch", "binary", "--apid", "1063")
    assert len(files(folder)) == 1
    assert imap("fetch", "binary", "--apid", "1063", "--json").data["jobs"] == 0
    services.webpoda.packets[PW].append(packet(PW, NOON + timedelta(days=1), NOON))
    imap("fetch", "binary", "--apid", "1063")
    assert len(files(folder)) == 2


def test_a_dry_run_changes_nothing(folder, services, imap):
    services.webpoda.packets[PW] = [packet(PW, NOON)]
    before = snapshot(folder)
    assert "imap.hk.l0" in imap("fetch", "binary", *DAYS, "--apid", "1063", "--dry-run").out
    assert snapshot(folder) == before


def test_an_unknown_packet_is_a_wrong_use(imap):
    assert "did you mean" in imap("fetch", "binary", *DAYS, "--packet", "SID3_PV", code=2).err


def test_days_in_the_wrong_order_are_a_wrong_use(imap):
    words = ("--start-date", "2026-03-02", "--end-date", "2026-03-01", "--apid", "1063")
    assert "2026-03-01" in imap("fetch", "binary", *words, code=2).err


@pytest.mark.parametrize("json_", [(), ("--json",)])
def test_an_expired_token_names_its_variable_and_is_not_shown(folder, services, imap, json_):
    services.webpoda.packets[PW] = [packet(PW, NOON)]
    (folder / ".env").write_text("IMAP_WEBPODA_TOKEN=c3RhbGU6dG9rZW4=\n")
    said = imap("fetch", "binary", *DAYS, "--apid", "1063", *json_, code=1)
    assert "IMAP_WEBPODA_TOKEN" in said.out + said.err
    assert "c3RhbGU6dG9rZW4" not in said.out + said.err
    assert not files(folder)


def test_a_packet_that_cannot_be_listed_is_a_failure_and_the_others_come(folder, services, imap):
    services.webpoda.packets[PW] = [packet(PW, NOON)]  # of the status nothing is known
    said = imap("fetch", "binary", *DAYS, "--apid", "1063", "--apid", "1064", code=1)
    assert STATUS in said.out + said.err
    assert len(files(folder)) == 1


# -- I-ALiRT, NOAA, WebTCAD


def test_fetch_ialirt(folder, services, imap):
    services.ialirt.records["mag"] = [record(0, mag_B_GSE=[1, 2, 3])]
    imap("fetch", "ialirt", *DAYS)
    assert files(folder) == {"ialirt/2026/03/imap_ialirt_mag_20260301.csv"}


@pytest.mark.parametrize(
    "words",
    [("ialirt", "--instrument", "mag_hk"), ("ialirt-hk",), ("ialirt-hk", "--instrument", "mag_hk")],
)
def test_fetch_ialirt_housekeeping(folder, services, imap, words):
    """Regression: the documented `fetch ialirt --instrument mag_hk` was refused."""
    services.ialirt.records["mag_hk"] = [record(0, mag_hk_status={"mode": 5})]
    imap("fetch", *words, *DAYS)
    assert files(folder) == {"ialirt_hk/2026/03/imap_ialirt_mag_hk_20260301.csv"}


def test_fetch_ialirt_of_several_instruments(folder, services, imap):
    services.ialirt.records = {"mag_hk": [record(0)], "hit": [record(0)], "mag": [record(0)]}
    named = ("--instrument", "hit", "--instrument", "mag_hk")
    imap("fetch", "ialirt", *DAYS, *named)
    assert files(folder) == {
        "ialirt/2026/03/imap_ialirt_hit_20260301.csv",
        "ialirt_hk/2026/03/imap_ialirt_mag_hk_20260301.csv",
    }


def test_an_unknown_instrument_is_a_wrong_use(imap):
    assert "imap.ialirt" in imap("fetch", "ialirt", *DAYS, "--instrument", "lo", code=2).err
    imap("fetch", "ialirt-hk", *DAYS, "--instrument", "mag", code=2)


def test_fetch_noaa_ends_well(folder, services, imap):
    """Regression: it failed always, after it had written the file."""
    one = {"time_tag": "2026-03-01T12:00:00", "source": "SOLAR1", "bx_gsm": 1.5}
    services.noaa.records = {"mag": [one, one | {"source": "ACE"}], "wind": [one]}
    imap("fetch", "noaa", "--spacecraft", "SOLAR1", "--instrument", "mag")
    assert files(folder) == {"noaa/2026/03/SOLAR1_mag_noaa_20260301.csv"}
    imap("fetch", "noaa")
    assert len(files(folder)) == 3


@pytest.mark.parametrize("prefix", ["", "imap-"])
@pytest.mark.parametrize(
    ("name", "number", "folder_"),
    [
        ("lo-pivot-platform", 58350, "lo"),
        ("hi45-step", 58238, "hi45"),
        ("hi90-step", 58309, "hi90"),
    ],
)
def test_fetch_telemetry_items(folder, services, imap, name, number, folder_, prefix):
    services.webtcad.items[number] = [Sample(NOON, 1.5)]
    imap("fetch", prefix + name, *DAYS, *(("--use-database",) if prefix else ()))
    (made,) = files(folder)
    assert made.startswith(f"hk/{folder_}/l1/")


# -- check


def checked(folder, imap, *rows, words=DAYS, code=0):
    folder.joinpath("hk.csv").write_text(
        "\n".join(["time_utc,mag_hk_hk3v3,mag_hk_mode", *rows]) + "\n"
    )
    return imap("check", "ialirt", "--files", folder / "hk.csv", *words[4:], code=code)


def test_check_of_what_is_normal(folder, imap):
    said = checked(folder, imap, "2026-03-01T00:00:00,3.3,Normal")
    assert said.out == "no anomalies in 1 rows, 2 values\n"


def test_an_anomaly_ends_with_a_failure_unless_told_otherwise(folder, imap):
    """Regression: it could not be told otherwise."""
    row = "2026-03-01T00:00:00,2.5,Safe"
    said = checked(folder, imap, row, code=1)
    assert "danger: mag_hk_hk3v3 is <= 3 V, at worst 2.5" in said.out
    assert "danger: mag_hk_mode is Safe" in said.out
    checked(folder, imap, row, words=(*DAYS, "--no-error-on-anomaly"))
    found = checked(folder, imap, row, words=(*DAYS, "--json", "--error-on-anomaly"), code=1).data
    assert [a["kind"] for a in found["anomalies"]] == ["OutOfBounds", "Forbidden"]


def test_check_of_the_store_by_day_and_by_name(services, imap):
    hk = {"mag_hk_status": {"mode": 5, "hk3v3": 2000}}
    services.ialirt.records["mag_hk"] = [record(0, **hk)]
    imap("fetch", "ialirt-hk", *DAYS)
    assert "mag_hk_hk3v3" in imap("check", "ialirt", *DAYS, code=1).out
    name = "imap_ialirt_mag_hk_20260301.csv"
    assert "mag_hk_hk3v3" in imap("check", "ialirt", "--files", name, code=1).out
    assert "unknown file" in imap("check", "ialirt", "--files", "nothing.csv", code=2).err
    assert "2026-04-01" in imap("check", "ialirt", "--start-date", "2026-04-01", code=1).err


def test_a_check_of_nothing_is_a_failure(folder, imap):
    assert "nothing was checked" in checked(folder, imap, code=1).err


def test_other_limits(folder, imap):
    (folder / "rules.toml").write_text("[limits.mag_hk_hk3v3]\nwarning = [0, 3.2]\n")
    words = (*DAYS, "--rules", folder / "rules.toml")
    said = checked(folder, imap, "2026-03-01T00:00:00,3.3,Safe", words=words, code=1)
    assert said.out.startswith("warning: mag_hk_hk3v3 is >= 3.2")


# -- plot


@pytest.fixture
def filled(services, imap):
    services.ialirt.records["mag"] = [record(n, mag_B_GSE=[n, 2, 3]) for n in range(5)]
    services.ialirt.records["mag_hk"] = [
        record(n, mag_hk_status={"mode": 5, "hk3v3": 2880}) for n in range(5)
    ]
    imap("fetch", "ialirt", *DAYS, "--instrument", "mag", "--instrument", "mag_hk")


@pytest.mark.usefixtures("filled")
def test_plot_ialirt_into_a_folder(folder, imap):
    words = ("plot", "ialirt", *DAYS, "-o", folder / "out", "--json")
    planned = imap(*words, "--dry-run").data
    assert not (folder / "out").exists()
    said = imap(*words)
    assert said.data == planned
    (picture,) = said.data["pictures"]
    assert picture.endswith("imap_quicklook_ialirt_20260301.png")
    assert (folder / "out" / "imap_quicklook_ialirt_20260301.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.usefixtures("filled")
def test_plot_ialirt_of_files_and_of_several_days(folder, imap):
    name = "imap_ialirt_mag_20260301.csv"
    imap("plot", "ialirt", "--files", name, "-o", folder / "one.png")
    span = ("--start-date", "2026-02-28", "--end-date", "2026-03-02")
    imap("plot", "ialirt", *span, "--combined", "-o", folder / "all.png")
    assert (folder / "one.png").exists()
    assert (folder / "all.png").exists()


@pytest.mark.usefixtures("filled")
def test_quicklooks_of_the_store(folder, imap):
    stored = ("--save-mode", "LocalAndDatabase")
    before = snapshot(folder)
    imap("plot", "ialirt", *DAYS, *stored, "--dry-run")
    assert snapshot(folder) == before
    imap("plot", "ialirt", *DAYS, *stored)
    assert {"quicklook/ialirt/2026/03/imap_quicklook_ialirt_20260301.png",
            "quicklook/ialirt/latest.png"} <= files(folder)  # fmt: skip
    imap("plot", "ialirt", *DAYS, *stored, "--combined", code=2)


def test_a_plot_of_nothing_is_a_failure(imap):
    assert "I-ALiRT has nothing" in imap("plot", "ialirt", *DAYS, code=1).err
    assert "imap.l2_pre" in imap("plot", "science", code=1).err
    assert "imap.hk.table" in imap("plot", "hk", "SID3_PW", code=1).err
    assert "level" in imap("plot", "science", "--level", "l9", code=2).err


def test_plot_science_of_files(folder, imap, real):
    names = ("hundred-vectors_20250421_v001", "four-vectors-four-ranges_20251017_v000")
    paths = [real / "science" / f"imap_mag_l1c_norm-mago-{name}.cdf" for name in names]
    words = [word for path in paths for word in ("--files", path)]
    made = imap("plot", "science", *words, "-o", folder / "out", "--json").data["pictures"]
    assert len(made) == 2
    said = imap("plot", "science", *words, "-o", folder / "x.png", code=2)
    assert "--combined" in said.err


def test_the_output_is_json_where_asked_for(imap, services):
    services.webpoda.packets[PW] = []
    json.dumps(imap("fetch", "binary", *DAYS, "--apid", "1063", "--json").data)
