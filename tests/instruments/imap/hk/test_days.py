"""Day files: merged, each packet once, by true UTC, with a margin."""

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData, NoData
from gnomon.instruments.imap.hk.days import MARGIN_UNCORRELATED_S, split, write_day
from gnomon.instruments.imap.hk.held import coarse_s, hold
from gnomon.timescales.sclk import SpacecraftClock
from packets_by_hand import PW, STATUS, mets, packet, stream

DAY = date(2025, 11, 1)
PLAIN = SpacecraftClock.read(None, None)
MIDNIGHT = (DAY - date(2010, 1, 1)).days * 86_400 + 3
"""What a clock without a kernel shows then: it counts the leap seconds since 2010."""


def test_real_packets_once(real, clock, tmp_path):
    folder = real / "packets"
    pair = [
        folder / "imap_mag_l0_hsk-pw_20251017_001.pkts",
        folder / "MAG_HSK_PW_20251017_sclk.pkts",
    ]
    counts = write_day(tmp_path / "day", pair, date(2025, 10, 17), clock)
    assert (counts.n_packets, counts.n_duplicates) == (920, 1834 + 896 - 920)
    assert counts.flaw == ""
    again = write_day(
        tmp_path / "again", [*pair[::-1], tmp_path / "day"], date(2025, 10, 17), clock
    )
    assert again.n_packets == 920
    assert (tmp_path / "again").read_bytes() == (tmp_path / "day").read_bytes()


def test_a_day_is_cut_by_true_utc_with_a_margin(clock, tmp_path):
    # 2026-02-16T23:59:58.412 is what the clock shows as 508982409: by the clock alone, the 17th.
    given = b"".join(stream(mets(508_982_409 - 200, 60, every=10)))
    write_day(tmp_path / "day", [given], date(2026, 2, 17), clock)
    packets, _ = hold([tmp_path / "day"])
    write_day(tmp_path / "before", [given], date(2026, 2, 16), clock)
    before, _ = hold([tmp_path / "before"])
    # The clock shows 508982410.588 at midnight: the packets are at …209, …219 and so on.
    assert coarse_s(packets)[0] == 508_982_359
    assert coarse_s(before)[-1] == 508_982_469
    assert len(packets) + len(before) == 60 + 2 * 60 // 10


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_arrival_plays_no_part(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("days")
    packets = stream(mets(MIDNIGHT, 30, every=1), first=16_370)
    packets += [packet(MIDNIGHT + 3, 5), packet(MIDNIGHT + 3, 6)]
    shuffled = [*packets, *packets[::3]]
    random.Random(seed).shuffle(shuffled)
    halves = [b"".join(shuffled[:20]), b"".join(shuffled[20:])]
    write_day(folder / "one", [b"".join(packets)], DAY, PLAIN)
    counts = write_day(folder / "two", halves, DAY, PLAIN)
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()
    assert counts.n_duplicates == len(packets[::3])


def test_equal_times_and_other_bytes_both_stay_the_later_part_last(plain, tmp_path):
    old, new = packet(MIDNIGHT, 1, b"old12345"), packet(MIDNIGHT, 1, b"new12345")
    write_day(tmp_path / "day", [old, new + old], DAY, plain)
    assert (tmp_path / "day").read_bytes() == old + new


def test_nothing_of_a_day_is_no_data(plain, tmp_path):
    with pytest.raises(NoData):
        write_day(tmp_path / "day", [b""], DAY, plain)
    with pytest.raises(NoData):
        write_day(tmp_path / "day", [packet(0, 1)], DAY, plain)
    assert not (tmp_path / "day").exists()


def test_bytes_without_a_packet_are_bad_data(plain, tmp_path):
    with pytest.raises(BadData, match="are no packets"):
        write_day(tmp_path / "day", [b"<html>Please log in</html>"], DAY, plain)


def test_other_apids_and_other_days_are_counted(plain, tmp_path):
    parts = [*stream([MIDNIGHT, MIDNIGHT + 1]), *stream([MIDNIGHT], apid=STATUS), packet(9, 2)]
    counts = write_day(tmp_path / "day", parts, DAY, plain, apid=PW)
    assert counts.metrics() == {
        "n_packets": 2, "n_duplicates": 0, "n_outside": 1, "n_strangers": 1, "n_lost_bytes": 0,
    }  # fmt: skip


def test_without_a_clock_all_is_of_the_day(tmp_path):
    counts = write_day(tmp_path / "day", [b"".join(stream([0, 900_000_000]))], DAY, None)
    assert (counts.n_packets, counts.n_outside) == (2, 0)


@pytest.mark.parametrize("where", ["start", "middle", "end"])
@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\xff\xaa\xbb\xcc\xff", b"\xa5" * 300])
def test_garbage_costs_no_packet_and_is_told(real, clock, tmp_path, where, garbage):
    data = (real / "packets" / "MAG_HSK_PW.pkts").read_bytes()
    at = {"start": 0, "middle": 667 * 50, "end": len(data)}[where]
    damaged = data[:at] + garbage + data[at:]
    counts = write_day(tmp_path / "day", [damaged], date(2025, 5, 2), clock)
    assert counts.n_packets == 667
    assert counts.losses.n_bytes == len(garbage)
    assert f"{len(garbage)} bytes are no packets" in counts.flaw


def test_a_truncated_tail_and_a_wrong_length_are_told(real, clock, tmp_path):
    data = (real / "packets" / "MAG_HSK_PW.pkts").read_bytes()
    counts = write_day(tmp_path / "day", [data[:-20]], date(2025, 5, 2), clock)
    assert (counts.n_packets, counts.losses.n_bytes) == (667, 30)
    wrong = bytearray(data)
    wrong[50 * 100 + 5] += 9
    counts = write_day(tmp_path / "day", [bytes(wrong)], date(2025, 5, 2), clock)
    assert counts.n_packets == 667  # each is there twice
    assert counts.losses.n_bytes > 0


def test_split_by_apid_and_day(plain, tmp_path):
    edge = MIDNIGHT + 86_400
    near = [packet(edge - 1, 0), packet(edge + MARGIN_UNCORRELATED_S - 1, 1)]
    far = [packet(edge + 5_000, 2), packet(MIDNIGHT + 40_000, 3)]
    other = [packet(MIDNIGHT + 2 * 86_400 - 5, 9, apid=STATUS), packet(edge, 1, apid=1001)]
    file = tmp_path / "mixed.bin"
    file.write_bytes(b"".join([*far, *other, *near]))
    (tmp_path / "parts").mkdir()
    found = split([file], plain, tmp_path / "parts")
    assert found.unknown == {1001: 1}
    assert [(p.packet.store_name, p.day.day, p.n_inside) for p in found.parts] == [
        ("hsk-pw", 1, 2), ("hsk-pw", 2, 2), ("hsk-status", 2, 1), ("hsk-status", 3, 0),
    ]  # fmt: skip
    first, second, *_ = found.parts
    assert first.path.read_bytes() == far[1] + near[0] + near[1]
    assert second.path.read_bytes() == far[0] + near[1] + near[0]


def test_split_of_real_files(real, clock, tmp_path):
    found = split(sorted((real / "packets").iterdir()), clock, tmp_path)
    assert [(p.packet.store_name, f"{p.day}", p.n_inside) for p in found.parts] == [
        ("hsk-pw", "2025-05-02", 1334), ("hsk-pw", "2025-10-17", 2730),
        ("hsk-status", "2025-03-31", 1), ("hsk-status", "2025-05-02", 2881),
        ("hsk-sci", "2025-05-02", 566),
    ]  # fmt: skip
