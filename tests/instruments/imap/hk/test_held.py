"""Order, gaps and repeats of packets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.imap.hk.held import (
    Losses,
    coarse_s,
    hold,
    in_order,
    repeats,
)
from packets_by_hand import packet, stream


def test_parts_are_one_sequence(tmp_path):
    path = tmp_path / "a.pkts"
    path.write_bytes(b"".join(stream([5, 6])))
    packets, losses = hold([path, b"", b"".join(stream([7]))])
    assert coarse_s(packets).tolist() == [5, 6, 7]
    assert losses == Losses()
    assert [packets.packet(n) for n in range(3)] == [*stream([5, 6]), *stream([7])]


def test_nothing_is_no_packet():
    packets, losses = hold([b""])
    assert len(packets) == len(coarse_s(packets)) == len(repeats(packets)) == 0
    assert str(losses) == ""


def test_a_packet_without_a_time_is_lost():
    short = b"\x0c\x27\xc0\x00\x00\x01ab"
    packets, losses = hold([b"".join([*stream([1, 2, 3]), short, *stream([4, 5, 6], 3)])])
    assert coarse_s(packets).tolist() == [1, 2, 3, 4, 5, 6]
    assert losses.n_bytes == 8
    assert "the bytes: 54 to 62: a packet too short to hold its time" in str(losses)


def test_losses_are_told_in_short():
    losses = Losses(3, ("a: 0 to 3: no packet",)) + Losses(4, ("b: 1 to 5: no packet",))
    assert str(losses) == "7 bytes are no packets: a: 0 to 3: no packet, and 1 more"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=40))
def test_order_is_by_time_then_counter_then_arrival(pairs):
    time = np.array([t for t, _ in pairs], np.int64)
    count = np.array([c for _, c in pairs], np.int64)
    expected = sorted(range(len(pairs)), key=lambda n: (pairs[n], n))
    assert in_order(time, count).tolist() == expected


def test_a_counter_that_turns_within_a_second():
    count = np.array([1, 16_383, 0, 16_382])
    assert in_order(np.zeros(4, np.int64), count).tolist() == [3, 1, 2, 0]


def test_repeats_are_told_by_their_bytes():
    one, other = packet(1, 1), packet(1, 1, b"x" * 8)
    longer = packet(1, 1, b"x" * 9)
    packets, _ = hold([one + other + longer + one + longer + other])
    assert repeats(packets).tolist() == [False, False, False, True, True, True]
