"""Text and bits, from bytes that are no text too."""

import numpy as np
import pytest

from gnomon.formats.packets.model import Enclosed, Fixed, Text
from gnomon.formats.packets.rows import Rows
from gnomon.formats.packets.text import bits_reader, text_reader, text_sizes


def rows(*packets):
    return Rows(np.frombuffer(b"".join(packets), np.uint8).reshape(len(packets), -1))


def read(encoding, packet, start=0, bits=None):
    reader, decoded = text_reader(encoding, start, len(packet) * 8 if bits is None else bits)
    return decoded(reader(rows(packet))).tolist()


@pytest.mark.parametrize(
    ("encoding", "packet", "text"),
    [
        (Text(Fixed(32)), b"abcd", "abcd"),
        (Text(Fixed(32)), "ä".encode() + b"\xff?", "ä\ufffd?"),
        (Text(Fixed(32), "UTF-16LE"), b"a\0b\0", "ab"),
        (Text(Fixed(32), terminator=b"c"), b"abcd", "ab"),
        (Text(Fixed(32), terminator=b"x"), b"abcd", "abcd"),
        (Text(Fixed(32), size_bits=8), b"\x10abc", "ab"),
        (Text(Fixed(32), size_bits=16), b"\0\x08ab", "a"),
        (Text(Fixed(32), size_bits=8), b"\xffabc", "abc\0"),
        (Text(Fixed(0)), b"", ""),
    ],
)
def test_text(encoding, packet, text):
    assert read(encoding, packet) == [text]


def test_text_that_fills_no_byte_starts_at_the_left():
    assert read(Text(Fixed(12), "latin-1"), b"\x06\x1f", 4, 12) == ["a\xf0"]


def test_bits():
    assert bits_reader(4, 8)(rows(b"\x12\x34", b"\xab\xcd")).tolist() == [b"\x23", b"\xbc"]


def test_sizes_that_text_tells():
    ends, told = Text(Enclosed(64), terminator=b"\0"), Text(Enclosed(64), size_bits=8)
    packets = rows(b"?ab\0xy", b"?\x10abcd", b"?xyzzy")
    assert text_sizes(ends, 8, 64, packets).tolist() == [24, -1, -1]
    assert text_sizes(told, 8, 64, packets).tolist() == [8 + 0x61, 24, 8 + ord("x")]
    assert text_sizes(told, 48, 64, packets).tolist() == [-1, -1, -1]
    assert text_sizes(ends, 8, 16, rows(b"?abc\0")).tolist() == [-1]
