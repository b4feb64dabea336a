"""The way back after garbage: what it touches is lost, and nothing else."""

import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gnomon.formats.packets import framed
from gnomon.formats.packets.resync import is_displaced
from xtce_documents import header

APIDS = (100, 200, 300)


def telemetry(number, seed=1):
    """Return packets like housekeeping: steady bytes of many values, a time, some noise."""
    rng = random.Random(seed)
    steady = {apid: rng.randbytes(40) for apid in APIDS}
    packets = []
    for n in range(number):
        apid = APIDS[n % 3]
        noise = bytes(rng.randrange(4) for _ in range(4))
        packets.append(header(apid, n // 3, (500_000 + n).to_bytes(4) + noise + steady[apid]))
    return packets


PACKETS = telemetry(300)
SIZE = len(PACKETS[0])
CLEAN = b"".join(PACKETS)


def found(source, apids=APIDS):
    parts = list(framed(source, apids=apids))
    packets = [p.packets.packet(n) for p in parts for n in range(len(p.packets))]
    return packets, [(lost.start, lost.stop, lost.reason) for p in parts for lost in p.lost]


garbage = st.one_of(
    st.binary(min_size=1, max_size=200),
    st.integers(1, 200).map(lambda n: b"\xff" * n),
    st.integers(8, 200).map(bytes),  # of seven zeros within a header, two packets could be made
)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 299), garbage, st.booleans())
def test_garbage_between_packets_costs_none(place, inserted, is_told):
    at = place * SIZE
    packets, lost = found(CLEAN[:at] + inserted + CLEAN[at:], APIDS if is_told else ())
    # Garbage may look like a packet; the packets around it are all there.
    assert [one for one in packets if one in PACKETS] == PACKETS
    assert sum(stop - start for start, stop, _ in lost) <= len(inserted)
    if len(packets) == len(PACKETS):
        assert [(start, stop) for start, stop, _ in lost] == [(at, at + len(inserted))]


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 298), st.integers(1, SIZE - 8), garbage, st.booleans())
def test_garbage_within_a_packet_costs_that_packet(place, inside, inserted, is_told):
    assume(is_told or place >= 6)  # before, no kind was met twice: nothing tells what there is
    at = place * SIZE + inside
    spoilt = CLEAN[:at] + inserted + CLEAN[at:]
    packets, lost = found(spoilt, APIDS if is_told else ())
    others = [one for one in PACKETS if one != PACKETS[place]]
    assert [one for one in packets if one in others] == others
    start, stop = place * SIZE, (place + 1) * SIZE + len(inserted)
    assert all(start <= a and b <= stop for a, b, _ in lost)
    if len(packets) == len(others):
        assert [(a, b) for a, b, _ in lost] == [(start, stop)]


def test_most_garbage_within_packets_is_recognised():
    rng = random.Random(5)
    kept = 0
    for _ in range(200):
        at = rng.randrange(SIZE, len(CLEAN) - SIZE)
        at += not at % SIZE
        packets, _ = found(CLEAN[:at] + rng.randbytes(rng.choice([1, 2, 5, 20])) + CLEAN[at:])
        kept += len(packets) > len(PACKETS) - 1
    assert kept <= 4


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 299), st.integers(1, SIZE - 1), st.data())
def test_missing_bytes_cost_the_packets_that_they_were_in(place, size, data):
    at = data.draw(st.integers(place * SIZE, (place + 1) * SIZE - size))
    packets, lost = found(CLEAN[:at] + CLEAN[at + size :])
    others = [one for one in PACKETS if one != PACKETS[place]]
    assert [one for one in packets if one in others] == others
    assert sum(stop - start for start, stop, _ in lost) + sum(map(len, packets)) == (
        len(CLEAN) - size
    )


@pytest.mark.parametrize("length", [1, 10, SIZE - 8, SIZE - 6, 1000, 65535])
@pytest.mark.parametrize("place", [0, 1, 150, 298, 299])
def test_a_wrong_length_costs_one_packet(length, place):
    spoilt = bytearray(CLEAN)
    spoilt[place * SIZE + 4 : place * SIZE + 6] = length.to_bytes(2)
    packets, lost = found(bytes(spoilt))
    assert packets == PACKETS[:place] + PACKETS[place + 1 :]
    assert [(a, b) for a, b, _ in lost] == [(place * SIZE, (place + 1) * SIZE)]


@pytest.mark.parametrize("place", [9, 150, 298])
def test_a_length_of_two_packets_swallows_none(place):
    spoilt = bytearray(CLEAN)
    spoilt[place * SIZE + 4 : place * SIZE + 6] = (2 * SIZE - 7).to_bytes(2)
    packets, lost = found(bytes(spoilt))
    assert packets == PACKETS[:place] + PACKETS[place + 1 :]
    assert [(a, b) for a, b, _ in lost] == [(place * SIZE, (place + 1) * SIZE)]


@pytest.mark.parametrize("cut", range(1, SIZE))
def test_a_truncated_end_costs_the_last_packet(cut):
    packets, lost = found(CLEAN[:-cut])
    assert packets == PACKETS[:-1]
    assert lost == [(len(CLEAN) - SIZE, len(CLEAN) - cut, "the packet is cut short")]


@pytest.mark.parametrize(
    "first", [b"\x01\x02\x03\x04\x05", b"\0\1\2\3\4", b"\0" * 30, b"\xff" * 7, b"HEADER v1\n"]
)
@pytest.mark.parametrize("apids", [(), APIDS])
def test_garbage_at_the_start(first, apids):
    packets, lost = found(first + CLEAN, apids)
    assert packets == PACKETS
    assert [(a, b) for a, b, _ in lost] == [(0, len(first))]


@pytest.mark.parametrize("last", [b"\xff", b"\xff" * 9, b"end of file\n"])
def test_garbage_at_the_end(last):
    packets, lost = found(CLEAN + last)
    assert packets == PACKETS
    assert [(a, b) for a, b, _ in lost] == [(len(CLEAN), len(CLEAN) + len(last))]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_few_packets_with_garbage_around_each(number):
    mark = b"\xf0\xff\xfe"
    packets, lost = found(b"".join(mark + one for one in PACKETS[:number]) + mark)
    assert packets == PACKETS[:number]
    assert len(lost) == number + 1


def test_a_mark_before_each_packet_costs_none():
    packets, lost = found(b"".join(b"\xfe\xed\xc0\xde" + one for one in PACKETS))
    assert packets == PACKETS
    assert len(lost) == len(PACKETS)


def test_packets_of_an_unknown_apid_are_kept():
    stranger = header(999, 0, b"nobody told you of me")
    packets, lost = found(CLEAN + stranger + CLEAN)
    assert packets == [*PACKETS, stranger, *PACKETS]
    assert lost == []


def test_files_that_end_in_half_a_packet_and_follow_one_another():
    packets, lost = found(CLEAN[:-20] + CLEAN[:-20] + CLEAN)
    assert packets == PACKETS[:-1] * 2 + PACKETS
    assert [b - a for a, b, _ in lost] == [SIZE - 20] * 2


def test_much_garbage_takes_its_time_but_not_for_ever():
    rng = np.random.default_rng(3)
    packets, lost = found(CLEAN + rng.bytes(1 << 20) + CLEAN)
    assert [one for one in packets if one in PACKETS] == PACKETS * 2
    assert sum(b - a for a, b, _ in lost) > 1 << 19


def test_a_packet_is_displaced_where_it_is_likelier_with_bytes_taken_out():
    like = bytes(range(40))
    inserted = like[:20] + b"\xee\xee" + like[20:]
    data = np.frombuffer(like + inserted + like, np.uint8)
    assert is_displaced(data, 40, 40, 2, [0, 82])
    after = np.frombuffer(like + like + b"\xee\xee" + like, np.uint8)
    assert not is_displaced(after, 40, 40, 2, [0, 82])
