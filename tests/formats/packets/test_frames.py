"""Packets found in bytes: all of them, whatever the size of the parts, and what lies between."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.formats.packets import framed
from gnomon.formats.packets import frames as module
from gnomon.formats.packets.frames import Packets, gather
from xtce_documents import header


def packets_of(source, **options):
    return [
        part.packets.packet(n)
        for part in framed(source, **options)
        for n in range(len(part.packets))
    ]


def lost_of(source, **options):
    parts = list(framed(source, **options))
    return [(lost.start, lost.stop) for part in parts for lost in part.lost]


def stream(number, size=20, apids=(100, 200)):
    """Return packets with a steady part and a counter, of several APIDs in turn."""
    body = bytes(range(1, size - 3))
    return [
        header(apids[n % len(apids)], n, n.to_bytes(3) + body[: size - 3 + n % len(apids)])
        for n in range(number)
    ]


def test_the_fields_of_the_primary_header():
    (part,) = framed(header(1063, 5, b"abc", secondary=1) + header(2047, 16383, b"x"))
    packets = part.packets
    assert packets.apid.tolist() == [1063, 2047]
    assert packets.count.tolist() == [5, 16383]
    assert packets.secondary.tolist() == [1, 0]
    assert packets.flags.tolist() == [3, 3]
    assert (packets.version.tolist(), packets.type.tolist()) == ([0, 0], [0, 0])
    assert packets.length.tolist() == [9, 7]
    assert packets.packet(0) == header(1063, 5, b"abc", secondary=1)
    assert packets.take(np.array([1])).apid.tolist() == [2047]


def test_nothing_is_yielded_for_an_empty_source(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    assert list(framed(b"")) == list(framed(path)) == []


@pytest.mark.parametrize(
    "garbage", [b"\x00", b"\xff" * 3, os.urandom(0) + bytes(40), b"no packets"]
)
def test_a_source_without_a_packet_is_lost(garbage):
    (part,) = framed(garbage)
    assert len(part.packets) == 0
    assert [(lost.start, lost.stop) for lost in part.lost] == [(0, len(garbage))]


def test_a_file_and_its_bytes_give_the_same(tmp_path, monkeypatch):
    source = b"".join(stream(4000)) + b"\x55\x66"
    path = tmp_path / "packets.bin"
    path.write_bytes(source)
    told = packets_of(source, chunk_bytes=4096), lost_of(source)
    assert (packets_of(path, chunk_bytes=4096), lost_of(path)) == told
    monkeypatch.setattr(module, "_MAPPED", 1)  # a mapped file, whose pages are let go
    assert (packets_of(path, chunk_bytes=4096), lost_of(path)) == told
    assert len(told[0]) == 4000


def test_parts_are_about_as_long_as_asked():
    source = b"".join(stream(2000))
    parts = list(framed(source, chunk_bytes=5000))
    sizes = [int(part.packets.length.sum()) for part in parts]
    assert sum(sizes) == len(source)
    assert 5 < len(sizes) < 20


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 5000), st.data())
def test_the_size_of_parts_does_not_matter(number, chunk, data):
    source = b"".join(stream(number))
    at = data.draw(st.integers(0, len(source)))
    spoilt = source[:at] + data.draw(st.binary(max_size=50)) + source[at:]
    whole = packets_of(spoilt, chunk_bytes=1 << 20), lost_of(spoilt, chunk_bytes=1 << 20)
    assert (packets_of(spoilt, chunk_bytes=chunk), lost_of(spoilt, chunk_bytes=chunk)) == whole


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_every_byte_is_in_one_packet_or_one_lost_range(source):
    ranges = [
        (start, start + length)
        for part in framed(source)
        for start, length in zip(
            part.packets.start.tolist(), part.packets.length.tolist(), strict=True
        )
    ]
    covered = sorted(ranges + lost_of(source))
    assert [start for start, _ in covered] == [0, *(stop for _, stop in covered)][: len(covered)]
    assert not covered or covered[-1][1] == len(source)


def test_rows_that_adjoin_are_a_view_and_others_a_copy():
    data = np.arange(60, dtype=np.uint8)
    adjoining = gather(data, np.array([10, 20, 30]), 10)
    assert np.shares_memory(adjoining, data)
    assert adjoining.tolist() == [list(range(a, a + 10)) for a in (10, 20, 30)]
    scattered = gather(data, np.array([50, 3, 30]), 10)
    assert scattered.tolist() == [list(range(a, a + 10)) for a in (50, 3, 30)]
    assert gather(data, np.array([], np.int64), 10).shape == (0, 10)


def test_packets_may_overlap_nothing_but_their_buffer():
    data = np.frombuffer(header(1, 0, b"a") + header(2, 0, b"bc"), np.uint8)
    packets = Packets(data, np.array([7, 0]), np.array([8, 7]))
    assert packets.apid.tolist() == [2, 1]
