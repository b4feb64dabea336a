"""`gnomon imap fetch spice|spin-tables|small-forces` against a centre on loopback."""

import json

import pytest

from gnomon.instruments.imap.sdc.spice import SpiceConfig

AH = "ck/imap_2025_302_2025_303_001.ah.bc"
SPAN = ("2025-10-29T19:07:07", "2025-10-30T19:07:00")


def attitude(centre, name=AH, version=1, **more):
    centre.kernel(name, "attitude_history", "imap_2025_302_2025_303_.ah.bc", version, SPAN, **more)


def clock(centre, number, **more):
    centre.kernel(f"sclk/imap_sclk_{number:04d}.tsc", "spacecraft_clock", "imap_sclk_.tsc", number,
                  **more)  # fmt: skip


def test_kernels_keep_their_folders_and_names_and_what_is_said_of_them(centre):
    attitude(centre)
    clock(centre, 136)
    centre.kernel("lsk/naif0012.tls", "leapseconds", "naif.tls", 12)
    centre.kernel("fk/imap_130.tf", "imap_frames", "imap_.tf", 130)
    centre.fetch("spice")
    assert sorted(centre.stored()) == [
        "spice/ck/imap_2025_302_2025_303_001.ah.bc",
        "spice/fk/imap_130.tf",
        "spice/lsk/naif0012.tls",
        "spice/sclk/imap_sclk_0136.tsc",
    ]
    query, *downloads = centre.asked()
    assert query == "/sdc/spice-query?start_ingest_date=20100101"
    assert "/sdc/api-key/download/imap/spice/ck/imap_2025_302_2025_303_001.ah.bc?" in downloads
    found = {e["key"]: e for e in centre.run("ls", "imap.kernel", "--json").data}
    tags = found["folder=ck,name=imap_2025_302_2025_303_001.ah.bc"]["tags"]
    assert tags["type"] == "attitude_history"
    assert tags["root"] == "imap_2025_302_2025_303_.ah.bc"
    assert tags["number"] == "1"
    assert tags["ingested"] == "2025-11-01T08:05:12"
    assert json.loads(tags["intervals_utc"]) == [
        ["2025-10-29T19:07:07.000Z", "2025-10-30T19:07:00.000Z"]
    ]


def test_a_poll_resumes_from_its_mark(centre):
    attitude(centre)
    centre.fetch("spice")
    attitude(centre, "ck/imap_2025_302_2025_303_002.ah.bc", 2, ingested="2025-11-01T01:00:00")
    centre.asked()
    centre.fetch("spice")
    query, download = centre.asked()
    assert query == "/sdc/spice-query?start_ingest_date=20251101"
    assert "_002.ah.bc" in download
    centre.fetch("spice")
    assert len(centre.asked()) == 1


def test_the_newest_clock_is_the_current_one(centre):
    clock(centre, 136, ingested="2025-11-01T00:00:00")
    centre.fetch("spice")
    clock(centre, 135, ingested="2025-11-02T00:00:00")  # an old one, late
    centre.fetch("spice")
    paths = [e["path"] for e in centre.run("ls", "imap.sclk", "--json").data]
    assert paths == ["spice/sclk/imap_sclk_0136.tsc"]
    clock(centre, 137, ingested="2025-11-03T00:00:00")
    clock(centre, 138, ingested="2025-11-03T00:00:00")
    centre.fetch("spice")
    paths = [e["path"] for e in centre.run("ls", "imap.sclk", "--json").data]
    assert paths == ["spice/sclk/imap_sclk_0138.tsc"]


def test_the_options_become_the_query(centre):
    centre.fetch("spice", "--ingest-start-day", "2025-11-01", "--ingest-end-date", "2025-11-03",
                 "--kernel-type", "attitude_history", "--latest")  # fmt: skip
    centre.fetch("spice", "--file-name", "imap_130.tf", "--use-database")
    centre.fetch("spice", "--start-time", "815000000", "--end-time", "815100000.5")
    assert centre.asked() == [
        (
            "/sdc/spice-query?start_ingest_date=20251101&end_ingest_date=20251104"
            "&type=attitude_history&latest=True"
        ),
        "/sdc/spice-query?file_name=imap_130.tf",
        "/sdc/spice-query?start_time=815000000&end_time=815100000.5",
    ]


def test_what_is_asked_for_in_part_does_not_move_the_mark(centre):
    attitude(centre)
    centre.fetch("spice", "--kernel-type", "attitude_history")
    assert len(centre.stored()) == 1
    clock(centre, 136, ingested="2025-10-01T00:00:00")
    centre.fetch("spice")
    assert len(centre.stored()) == 2


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>", b"PK\x03\x04", b"\\begintext\n"])
def test_what_is_no_kernel_is_refused(centre, body):
    attitude(centre, body=body)
    said = centre.fetch("spice", code=1)
    assert "web page" in said.err or "no binary kernel" in said.err
    assert centre.stored() == {}


def test_spin_tables_and_small_forces(centre):
    spin, forces = "imap_2025_302_2025_303_01.spin", "imap_2025_302_2025_303_hist_01.sff"
    day = ("2025-10-29T00:00:00", "2025-10-30T00:00:00")
    centre.table(centre.sdc.spin, spin, "2025-11-01T08:00:00", *day)
    centre.table(centre.sdc.small_forces, forces, "2025-11-02T08:00:00", *day)
    centre.fetch("spin-tables", "--start-date", "2025-11-01", "--end-date", "2025-11-01")
    centre.fetch("small-forces", "--use-database")
    centre.fetch("small-forces")
    assert sorted(centre.stored()) == [f"spice/activities/{forces}", f"spice/spin/{spin}"]
    assert [query for query in centre.asked() if "table" in query] == [
        "/sdc/spin-table?start_ingest_date=20251101&end_ingest_date=20251102",
        "/sdc/small-forces-table?start_ingest_date=20100101",
        "/sdc/small-forces-table?start_ingest_date=20251102",
    ]
    (entry,) = centre.run("ls", "imap.spin", "--json").data
    assert entry["key"] == f"name={spin}"


def test_a_part_is_what_the_options_narrow():
    assert not SpiceConfig().narrows
    assert not SpiceConfig(start="2025-11-01").narrows
    assert SpiceConfig(latest=True).narrows
    assert SpiceConfig(start_time=0.0).narrows
