"""Numbers of any width, place and encoding, against Python's own integers."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.formats.packets.model import Float, Integer, Text
from gnomon.formats.packets.rows import Rows, reader, unsigned_dtype


def rows(*packets):
    return Rows(np.frombuffer(b"".join(packets), np.uint8).reshape(len(packets), -1))


def expected(packet, encoding, start):
    """Return what the bits of a packet mean, by Python."""
    bits, left = encoding.bits, len(packet) * 8 - start - encoding.bits
    value = int.from_bytes(packet) >> left & (1 << bits) - 1
    if encoding.little:
        value = int.from_bytes(value.to_bytes(-(-bits // 8)), "little")
    top = 1 << (bits - 1)
    if encoding.code == "twos":
        return value - (1 << bits) if value & top else value
    if encoding.code == "ones":
        return value - (1 << bits) + 1 if value & top else value
    if encoding.code == "magnitude":
        return top - value if value & top else value
    return value


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.binary(min_size=24, max_size=24), min_size=1, max_size=5),
    st.integers(0, 100),
    st.integers(1, 90),
    st.sampled_from(["unsigned", "twos", "ones", "magnitude"]),
    st.booleans(),
)
def test_integers_of_any_width_and_place(packets, start, bits, code, little):
    encoding = Integer(bits, code, little and bits % 8 == 0)
    values = reader(encoding, start, 24)(rows(*packets))
    assert values.tolist() == [expected(packet, encoding, start) for packet in packets]
    if bits <= 64:
        assert values.dtype.itemsize == unsigned_dtype(bits).itemsize
        assert values.dtype.kind == ("u" if code == "unsigned" else "i")


@pytest.mark.parametrize("length", [7, 8, 9])
def test_wide_numbers_at_the_end_of_short_packets(length):
    packet = bytes(range(0x81, 0x81 + length))
    for bits in range(1, length * 8 + 1):
        encoding = Integer(bits)
        start = length * 8 - bits
        assert reader(encoding, start, length)(rows(packet)).tolist() == [
            expected(packet, encoding, start)
        ]


def test_little_integers_that_fill_no_byte_are_reversed_as_they_are_padded():
    # 12 bits 0xABC stand as 0x0ABC, so their bytes in reverse are 0xBC0A.
    assert reader(Integer(12, little=True), 0, 7)(rows(b"\xab\xc0\0\0\0\0\0")).tolist() == [0xBC0A]


@pytest.mark.parametrize(("bits", "letter"), [(16, "e"), (32, "f"), (64, "d")])
@pytest.mark.parametrize("little", [False, True])
@pytest.mark.parametrize("start", [0, 3, 8])
def test_floats_of_ieee_754(bits, letter, little, start):
    numbers = [0.0, -0.0, 1.5, -2.75, float("inf"), float("nan"), 6.103515625e-05]
    packets = []
    for number in numbers:
        raw = struct.pack(("<" if little else ">") + letter, number)
        whole = int.from_bytes(raw) << (80 - bits - start)
        packets.append(whole.to_bytes(10))
    values = reader(Float(bits, little=little), start, 10)(rows(*packets))
    assert [repr(value) for value in values.tolist()] == [repr(number) for number in numbers]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (0x00000000, 0.0),
        (0x40000001, 1.0),
        (0x80000000, -1.0),
        (0xA0000080, -0.75 * 2.0**-128),
        (0x7FFFFF7F, 0.9999998807907104 * 2.0**127),
        (0xC0000002, -2.0),
    ],
)
def test_floats_of_mil_std_1750a(word, value):
    values = reader(Float(32, "mil1750a"), 0, 7)(rows(word.to_bytes(4) + b"\0\0\0"))
    assert values.tolist() == [value]


def test_bits_of_any_number_come_as_bytes():
    packet = rows(b"\x12\x34\x56", b"\xff\xff\xff")
    assert packet.bits(8, 16) == [b"\x34\x56", b"\xff\xff"]
    assert packet.bits(4, 12) == [b"\x02\x34", b"\x0f\xff"]
    assert packet.bits(24, 0) == [b"", b""]


def test_no_rows_have_no_numbers():
    none = Rows(np.empty((0, 9), np.uint8))
    assert reader(Integer(32), 0, 9)(none).tolist() == []
    assert reader(Integer(3), 5, 9)(none).tolist() == []


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="no number"):
        reader(Text(None), 0, 8)
