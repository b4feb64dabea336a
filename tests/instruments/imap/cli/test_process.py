"""`gnomon imap process`: the users' command, on their own files and on damaged ones."""

import shutil
from datetime import date

import pytest

from packets_by_hand import STATUS, packet
from terminal import gnomon, snapshot, start

PIPELINE = 'name = "imap-hk"\n[[step]]\nuse = "imap.decode"\n'
PAIR = "imap_mag_l0_hsk-pw_20251017_001.pkts", "MAG_HSK_PW_20251017_sclk.pkts"
NO_KERNEL = "times are mission elapsed time and leap seconds"


@pytest.fixture
def local(real, tmp_path):
    """Process into a folder, without a project; return what was said."""
    spice = real / "spice"
    tools = (
        *("--xtce", real / "definitions" / "mag_17.9.xml"),
        *("--sclk", spice / "imap_sclk_0136.tsc", "--lsk", spice / "naif0012.tls"),
    )

    def call(*files, code=0, given=tools):
        words = ("--output", tmp_path / "out", *given, "--json")
        return gnomon("imap", "process", *files, *words, folder=tmp_path, code=code)

    return call


@pytest.fixture(scope="module")
def furnished(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("furnished")
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "imap-hk.toml").write_text(PIPELINE)
    spice = real / "spice"
    xtce = real / "definitions" / "mag_17.9.xml"
    for words in (
        (xtce, "--kind", "imap.xtce", "instrument=mag"),
        (spice / "imap_sclk_0136.tsc", "--kind", "imap.sclk", "--version", "136"),
        (spice / "naif0012.tls", "--kind", "imap.lsk", "--version", "12"),
    ):
        gnomon("adopt", *words, folder=folder)
    return folder


@pytest.fixture
def home(furnished, tmp_path):
    """A project with the definition and the kernels in its store."""
    return shutil.copytree(furnished, tmp_path / "home")


def lines(path):
    return path.read_text().splitlines()


@pytest.mark.parametrize(("name", "number"), [("PW", 668), ("STATUS", 763), ("SCI", 165)])
def test_local_only(real, local, tmp_path, name, number):
    said = local(real / "packets" / f"MAG_HSK_{name}.pkts").data
    stem = f"imap_mag_l1_hsk-{name.lower()}_20250502_v001"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{stem}.csv",
        f"{stem}.parquet",
    ]
    assert len(lines(tmp_path / "out" / f"{stem}.csv")) == number
    assert said["ok"]
    assert said["days"][0]["number"] == number - 1
    assert not (tmp_path / "gnomon.db").exists()


def test_all_files_at_once_by_apid_and_day(real, local, tmp_path):
    said = local(*sorted((real / "packets").iterdir())).data
    assert [(day["packet"], day["day"], day["number"]) for day in said["days"]] == [
        ("hsk-pw", "2025-05-02", 667), ("hsk-pw", "2025-10-17", 920),
        ("hsk-status", "2025-03-31", 1), ("hsk-status", "2025-05-02", 762),
        ("hsk-sci", "2025-05-02", 164),
    ]  # fmt: skip
    assert len(list((tmp_path / "out").glob("*.csv"))) == 5


@pytest.mark.parametrize("at", [0, 33_350, 66_700])
@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\x00\x01\x02\x03\x04"])
def test_stray_bytes_cost_no_row_and_the_exit_code_tells(real, local, tmp_path, at, garbage):
    data = (real / "packets" / "MAG_HSK_PW.pkts").read_bytes()
    (tmp_path / "stray.pkts").write_bytes(data[:at] + garbage + data[at:])
    said = local(tmp_path / "stray.pkts", code=1).data
    assert said["days"][0]["number"] == 667
    assert not said["ok"]
    assert said["flaws"] == [
        f"{len(garbage)} bytes are no packets: stray.pkts: {at} to {at + len(garbage)}: no packet"
    ]


def test_truncated_wrong_length_and_empty(real, local, tmp_path):
    data = bytearray((real / "packets" / "MAG_HSK_PW.pkts").read_bytes())
    (tmp_path / "short.pkts").write_bytes(data[:-20])
    assert local(tmp_path / "short.pkts", code=1).data["days"][0]["number"] == 667
    data[50 * 7 + 5] ^= 0x10
    (tmp_path / "wrong.pkts").write_bytes(data)
    assert local(tmp_path / "wrong.pkts", code=1).data["days"][0]["number"] == 667
    said = local(real / "packets" / "EMPTY_HK.pkts").data
    assert (said["days"], said["ok"]) == ([], True)


def test_unknown_apids_are_told_and_cost_nothing(local, tmp_path):
    path = tmp_path / "mixed.bin"
    met = 483_848_304
    strangers = [packet(met, n, bytes(16), 1001) for n in range(3)]
    path.write_bytes(b"".join([*strangers, packet(met, 0, bytes(8), STATUS)]))
    said = local(path).data
    assert said["notes"] == ["3 packets of APID 1001, which is not kept"]
    assert [day["packet"] for day in said["days"]] == ["hsk-status"]


def test_a_packet_that_the_definition_lacks_is_told(local, tmp_path):
    path = tmp_path / "spacecraft.bin"
    path.write_bytes(packet(483_848_304, 0, bytes(16), 645))
    said = local(path, code=2)
    assert "gnomon adopt FILE --kind imap.xtce instrument=sc" in said.data["message"]


def test_without_kernels_the_clock_is_flagged(real, local, tmp_path):
    xtce = ("--xtce", real / "definitions" / "mag_17.9.xml")
    said = local(real / "packets" / "MAG_HSK_PW_20251017_sclk.pkts", given=xtce).data
    assert said["ok"]
    assert said["notes"][0].startswith(NO_KERNEL)
    (path,) = (tmp_path / "out").glob("*.csv")
    assert lines(path)[1].endswith(",2025-10-17T01:31:15,2025-10-17T01:31:12.000000000")


def test_the_zone_of_the_machine_plays_no_part(real, tmp_path):
    texts = []
    for zone in ("UTC", "Europe/London"):
        words = ("--output", tmp_path / zone, "--xtce", real / "definitions" / "mag_17.9.xml")
        source = real / "packets" / "MAG_HSK_PW.pkts"
        process = start("imap", "process", source, *words, folder=tmp_path, TZ=zone)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        (path,) = (tmp_path / zone).glob("*.csv")
        texts.append(path.read_text())
    assert texts[0] == texts[1]


def test_files_of_one_day_that_come_apart_are_merged_in_the_store(real, home):
    for number, name in enumerate(PAIR):
        said = gnomon("imap", "process", real / "packets" / name, "--json", folder=home).data
        assert said["ok"]
        assert said["run"]["done"] == {"imap.decode": 1}
        assert said["days"][0]["number"] == (896, 920)[number]
        assert said["days"][0]["path"].endswith(f"imap_mag_l0_hsk-pw_20251017_00{number + 1}.pkts")
    folder = home / "store" / "hk" / "mag" / "l1" / "hsk-pw" / "2025" / "10"
    assert len(lines(folder / "imap_mag_l1_hsk-pw_20251017_v001.csv")) == 897
    assert len(lines(folder / "imap_mag_l1_hsk-pw_20251017_v002.csv")) == 921
    before = snapshot(home / "store")
    # By the name of a file in the store, and for the second time: nothing new.
    said = gnomon("imap", "process", PAIR[0], "--json", folder=home).data
    assert said["run"]["jobs"] == 0
    assert snapshot(home / "store") == before


def test_a_loss_in_the_store_ends_with_1_and_keeps_what_is_there(real, home, tmp_path):
    data = (real / "packets" / "MAG_HSK_STATUS.pkts").read_bytes()
    stray = tmp_path / "stray.pkts"
    stray.write_bytes(b"\xff\xff\xff" + data)
    said = gnomon("imap", "process", stray, folder=home, code=1)
    assert "3 bytes are no packets: stray.pkts: 0 to 3" in said.err
    (path,) = (home / "store" / "hk").rglob("*hsk-status*.csv")
    assert len(lines(path)) == 763


def test_what_a_known_day_loses_when_packets_are_added_is_told(real, home, tmp_path):
    known, more = tmp_path / "known.pkts", tmp_path / "more.pkts"
    data = (real / "packets" / "MAG_HSK_STATUS.pkts").read_bytes()
    known.write_bytes(b"\xff\xff\xff" + data)
    key = ("instrument=mag", "packet=hsk-status", "day=2025-05-02")
    gnomon("adopt", known, "--kind", "imap.hk.l0", *key, folder=home)
    more.write_bytes(data)
    said = gnomon("imap", "process", more, "--json", folder=home, code=1).data
    (flaw,) = said["flaws"]
    assert flaw.startswith("hsk-status 2025-05-02: 3 bytes are no packets: ")
    assert said["days"][0]["number"] == 762


def test_days_across_midnight_are_by_true_utc(home, tmp_path):
    path = tmp_path / "night.pkts"
    path.write_bytes(b"".join(packet(508_982_409 + n, n, bytes(8), STATUS) for n in range(4)))
    said = gnomon("imap", "process", path, "--json", folder=home).data
    assert [(day["day"], day["number"]) for day in said["days"]] == [
        ("2026-02-16", 4),
        ("2026-02-17", 4),
    ]
    rows = [lines(found) for found in sorted((home / "store" / "hk").rglob("*.csv"))]
    assert [len(found) - 1 for found in rows] == [2, 2]
    assert rows[0][1].endswith("2026-02-17T00:00:09,2026-02-16T23:59:58.411509894")


def test_dry_run_changes_nothing(real, home, tmp_path):
    before = snapshot(home)
    source = real / "packets" / PAIR[0]
    said = gnomon("imap", "process", source, "--dry-run", "--json", folder=home).data
    assert said["days"] == [
        {"packet": "hsk-pw", "day": f"{date(2025, 10, 17)}", "number": 896, "path": ""}
    ]
    gnomon("imap", "process", source, "--dry-run", "--output", tmp_path / "out", folder=home)
    assert snapshot(home) == before


def test_without_a_definition_nothing_is_changed(real, tmp_path):
    said = gnomon("imap", "process", real / "packets" / PAIR[0], folder=tmp_path, code=2)
    assert "gnomon adopt FILE --kind imap.xtce instrument=mag" in said.err
    assert not list((tmp_path / "store").rglob("*.pkts"))


def test_what_cannot_be(real, home):
    assert "in the store none" in gnomon("imap", "process", "no.pkts", folder=home, code=2).err
    source = real / "packets" / PAIR[0]
    words = ("--save-mode", "LocalAndDatabase", "--output", "out")
    assert "LocalOnly" in gnomon("imap", "process", source, *words, folder=home, code=2).err
