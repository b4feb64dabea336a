"""Rows against an independent decoder's values, SPICE's times, and the users' own files."""

import csv
import gzip
import io
import time
from datetime import date

import numpy as np
import pytest
import spiceypy

from gnomon.errors import BadData, NoData
from gnomon.formats.packets import read_definition
from gnomon.formats.packets.encode import encode
from gnomon.instruments.imap.hk.held import hold
from gnomon.instruments.imap.hk.rows import read_rows
from gnomon.instruments.imap.hk.writing import write_csv
from packets_by_hand import MTRAN, PW, SPACECRAFT, STATUS, packet, stream, xtce

DAY = date(2025, 5, 2)
APIDS = {"PW": PW, "STATUS": STATUS, "SCI": 1082}
CORRECTED = {"epoch", "epoch_iso"}
"""Of the users' files: without leap seconds, and always empty."""
MIDNIGHT = (DAY - date(2010, 1, 1)).days * 86_400 + 3
"""What the clock shows then: it counts the leap seconds since 2010."""


@pytest.fixture
def read(definition, clock):
    def call(parts, apid=PW, day=DAY, definition=definition, clock=clock):
        return read_rows(parts, definition, clock, apid, day)

    return call


@pytest.fixture
def written(read, clock, tmp_path):
    """Rows as the lines of their CSV."""

    def call(*args, **more):
        write_csv(tmp_path / "rows.csv", read(*args, **more), more.get("clock", clock))
        return list(csv.reader(io.StringIO((tmp_path / "rows.csv").read_text())))

    return call


@pytest.mark.parametrize("name", APIDS)
def test_the_users_files_but_for_the_times_that_are_corrected(real, written, name):
    lines = written([real / "packets" / f"MAG_HSK_{name}.pkts"], APIDS[name])
    text = (real / "truth" / f"MAG_HSK_{name}.csv").read_text()
    *truth, (number,) = csv.reader(io.StringIO(text))
    assert lines[0] == truth[0]
    assert len(lines) == int(number)
    for found, expected in ((lines[1], truth[1]), (lines[-1], truth[2])):
        pairs = zip(lines[0], found, expected, strict=True)
        assert {column for column, ours, theirs in pairs if ours != theirs} == CORRECTED


@pytest.mark.parametrize("name", APIDS)
def test_every_value_is_that_of_an_independent_decoder(real, written, name):
    header, *lines = written([real / "packets" / f"MAG_HSK_{name}.pkts"], APIDS[name])
    with gzip.open(real / "truth" / f"MAG_HSK_{name}.packets.csv.gz", "rt") as file:
        names, *packets = csv.reader(file)
    short = [column.rpartition(".")[2].lower() for column in names]
    order = [short.index(column) for column in header[1:-2]]
    rows = {tuple(one[n] for n in order): None for one in packets}  # duplicates are dropped
    time_at, count_at = header.index("shcoarse") - 1, header.index("src_seq_ctr") - 1
    expected = sorted(rows, key=lambda row: (int(row[time_at]), int(row[count_at])))
    assert [tuple(line[1:-2]) for line in lines] == expected


def test_the_pair_of_files_of_20251017_has_920_rows(real, read):
    folder = real / "packets"
    pair = [
        folder / "imap_mag_l0_hsk-pw_20251017_001.pkts",
        folder / "MAG_HSK_PW_20251017_sclk.pkts",
    ]
    rows = read(pair, day=date(2025, 10, 17))
    assert len(rows) == 920
    assert rows.counts.n_duplicates == 1834 + 896 - 920


def test_times_are_those_of_spice(real, read):
    rows = read([real / "packets" / "MAG_HSK_PW_20251017_sclk.pkts"], day=date(2025, 10, 17))
    kernels = [real / "spice" / "imap_sclk_0136.tsc", real / "spice" / "naif0012.tls"]
    with spiceypy.KernelPool([str(path) for path in kernels]):
        ets = [spiceypy.scs2e(-43, f"{met}:00000") for met in rows.met_s[::50].tolist()]
        theirs = np.array([spiceypy.unitim(et, "ET", "TDT") for et in ets])
    assert np.abs(rows.tt2000[::50] - np.rint(theirs * 1e9)).max() < 1_000


def test_a_packet_is_of_the_day_that_it_has_by_true_utc(read):
    # By the clock alone the 17th; the users' system put it there, 10.6 s late.
    late = packet(508_982_409, 0, bytes(40))
    rows = read([late], day=date(2026, 2, 16))
    assert len(rows) == 1
    with pytest.raises(NoData):
        read([late], day=date(2026, 2, 17))


@pytest.mark.parametrize("zone", ["Europe/London", "America/Denver"])
def test_the_zone_of_the_machine_plays_no_part(real, written, monkeypatch, zone):
    before = written([real / "packets" / "MAG_HSK_STATUS.pkts"], STATUS)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert written([real / "packets" / "MAG_HSK_STATUS.pkts"], STATUS) == before
    finally:
        monkeypatch.undo()
        time.tzset()


def test_equal_times_and_other_counters_all_stay(read):
    mets = [MIDNIGHT + second for second in (0, 0, 0, 1, 1, 2)]
    packets = stream(mets, apid=MTRAN, body=bytes(8))
    rows = read(packets, MTRAN)
    assert len(rows) == len(packets)


def test_all_20_mode_transitions_of_20250927_stay(real, definition, written):
    text = (real / "hk" / "imap_mag_l1_prog-mtran_20250927_v002.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (len(rows), len({row["shcoarse"] for row in rows})) == (20, 16)
    packets = encode(
        definition,
        "MAG_PROG_MTRAN",
        {
            entry.parameter.name: [int(_raw(entry.parameter, row)) for row in rows]
            for entry in definition.container("MAG_PROG_MTRAN").entries
        }
        | {"SEC_HDR_FLG": 1},
        [int(row["src_seq_ctr"]) for row in rows],
    )
    header, *lines = written([packets, packets], MTRAN, date(2025, 9, 27))
    found = [dict(zip(header, line, strict=True)) for line in lines]
    assert header == list(rows[0])
    for ours, theirs in zip(found, rows, strict=True):
        assert {name for name in header if ours[name] != theirs[name]} == CORRECTED


def _raw(parameter, row):
    """Return the raw value behind a value of the users' file."""
    value = row[parameter.name.partition(".")[2].lower()]
    labels = parameter.type.labels or {}
    return next((raw for raw, label in labels.items() if label == value), value)


def test_of_equal_times_and_counters_the_last_stands(read):
    old, new = (packet(MIDNIGHT, 1, bytes([n] * 8), MTRAN) for n in (1, 2))
    rows = read([old, new, packet(MIDNIGHT + 1, 2, apid=MTRAN), old], MTRAN)
    assert len(rows) == 2
    assert rows.counts.n_replaced == 1
    assert rows.counts.note == "1 packets have the time and counter of later ones"
    assert rows.counts.n_duplicates == 1
    field = next(one for one in rows.fields if one.name == "pus_stype")
    assert field.column.values.tolist() == [2, 0]


def test_gaps_count_for_the_day_of_the_packet_behind_them(read):
    first = stream([MIDNIGHT - 5], first=16_380, apid=MTRAN)
    later = stream([MIDNIGHT + 10, MIDNIGHT + 11, MIDNIGHT + 20], first=3, apid=MTRAN)
    last = stream([MIDNIGHT + 30], first=9, apid=MTRAN)
    counts = read([*first, *later, *last], MTRAN).counts
    assert (counts.n_packets, counts.n_missing, counts.n_gaps) == (4, 6 + 3, 2)
    assert counts.metrics()["n_wraps"] == 1


@pytest.mark.parametrize(
    ("coarse", "fine", "bits", "value", "ns"),
    [
        ("HK_LOW_TPSH_MET_SEC", "HK_LOW_TPSH_MET_SUBSEC", 8, 64, 250_000_000),
        ("SHCOARSE", "SHFINE", 16, 32_768, 500_000_000),
        ("MET_SECS", "MET_SUBSECS", 32, 1 << 31, 500_000_000),
        ("SHCOARSE", "FINENESS", 16, 32_768, 0),
    ],
)
def test_parts_of_a_second_are_used(tmp_path, plain, coarse, fine, bits, value, ns):
    path = tmp_path / "sc.xml"
    path.write_text(xtce("SCID_X285", SPACECRAFT, [(coarse, 32), (fine, bits), ("X", 8)]))
    body = value.to_bytes(bits // 8, "big") + b"\x07"
    whole = bytes(bits // 8) + b"\x01"
    parts = [packet(MIDNIGHT, 0, body, SPACECRAFT), packet(MIDNIGHT, 1, whole, SPACECRAFT)]
    rows = read_rows(parts, read_definition(path), plain, SPACECRAFT, DAY)
    assert [one.name for one in rows.fields][:3] == [coarse.lower(), fine.lower(), "x"]
    assert np.ptp(rows.tt2000) == ns
    x = rows.fields[2].column.values.tolist()
    assert x == ([1, 7] if ns else [7, 1])  # in order of time


def test_parts_of_a_second_tell_packets_apart(tmp_path, plain):
    path = tmp_path / "sc.xml"
    path.write_text(xtce("SCID_X285", SPACECRAFT, [("MET_SEC", 32), ("MET_SUBSEC", 8)]))
    parts = [packet(MIDNIGHT, 5, bytes([n]), SPACECRAFT) for n in (9, 3, 9)]
    rows = read_rows(parts, read_definition(path), plain, SPACECRAFT, DAY)
    assert len(rows) == 2
    assert (rows.counts.n_duplicates, rows.counts.n_replaced) == (1, 0)


def test_a_field_that_is_called_like_one_of_the_header_keeps_both(tmp_path, plain):
    path = tmp_path / "mag.xml"
    path.write_text(xtce("MAG_HSK_PW", PW, [("SHCOARSE", 32), ("TYPE", 8), ("EPOCH", 8)]))
    rows = read_rows([packet(MIDNIGHT, 1, b"\x05\x06")], read_definition(path), plain, PW, DAY)
    names = [one.name for one in rows.fields]
    assert names[:3] == ["shcoarse", "mag_hsk_pw.type", "mag_hsk_pw.epoch"]
    assert len(set(names)) == len(names)


def test_unknown_apids_are_counted_or_told(read, definition):
    mixed = [packet(MIDNIGHT, 0, apid=MTRAN), packet(MIDNIGHT, 0, apid=2000)]
    assert read(mixed, MTRAN).counts.n_unknown == 1
    with pytest.raises(BadData, match=r"mag_17\.9\.xml: knows no packets of APID 593"):
        read([packet(MIDNIGHT, 0, apid=593)], 593)
    assert definition.apids()[PW] == "MAG_HSK_PW"


def test_packets_that_do_not_fit_are_told(read):
    good = stream([MIDNIGHT, MIDNIGHT + 1], apid=PW, body=bytes(40))
    counts = read([*good, packet(MIDNIGHT + 2, 2, bytes(3))]).counts
    assert (counts.n_packets, counts.n_refused) == (2, 1)
    assert counts.flaw.startswith("1 packets do not fit the definition: ")
    with pytest.raises(BadData, match="no packet of APID 1063 fits"):
        read([packet(MIDNIGHT, 2, bytes(3))])


def test_nothing(read, real):
    with pytest.raises(NoData):
        read([real / "packets" / "EMPTY_HK.pkts"])
    with pytest.raises(NoData):
        read([real / "packets" / "groupby_day_as_tuple.bin"], STATUS)
    assert (
        len(read([real / "packets" / "groupby_day_as_tuple.bin"], STATUS, date(2025, 3, 31))) == 1
    )
    with pytest.raises(BadData, match="are no packets"):
        read([b"<!doctype html>" * 9])


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\x00\x01\x02\x03\x04"])
def test_after_stray_bytes_no_packet_is_lost_and_the_loss_is_told(real, read, garbage):
    data = (real / "packets" / "MAG_HSK_PW.pkts").read_bytes()
    for at in (0, 50 * 333, len(data)):
        counts = read([data[:at] + garbage + data[at:]]).counts
        assert counts.n_packets == 667
        assert counts.metrics()["n_lost_bytes"] == len(garbage)
        assert counts.flaw


def test_several_days_out_of_order_and_twice(real, read):
    parts = [
        one.read_bytes()
        for one in [*(real / "packets").glob("*PW*"), *(real / "packets").glob("*pw*")]
    ]
    packets, _ = hold(parts[::-1] + parts)
    assert len(packets) == 2 * (1334 + 1834 + 896)
    assert len(read(parts[::-1] + parts)) == 667
    assert len(read(parts + parts[::-1], day=date(2025, 10, 17))) == 920
