"""Reads bits that are no numbers: binary values and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.model import Text
from gnomon.formats.packets.rows import Reader, Rows, objects


def bits_reader(start: int, bits: int) -> Reader:
    """Return what reads bits as bytes objects, with zeros before them where they fill no byte."""
    return lambda rows: objects(list(rows.bits(start, bits)))


def text_sizes(encoding: Text, start: int, most: int, rows: Rows) -> NDArray[np.int64]:
    """Return how many bits text takes that tells where it ends, (n,); -1 where it does not."""
    left = min(most, rows.length * 8 - start)
    buffers = rows.bits(start, max(left, 0))
    return np.array([_ends(encoding, one, left) for one in buffers], np.int64)


def _ends(encoding: Text, buffer: bytes, bits: int) -> int:
    if encoding.size_bits:
        if bits < encoding.size_bits:
            return -1
        whole = int.from_bytes(buffer) & (1 << bits) - 1
        return encoding.size_bits + (whole >> (bits - encoding.size_bits))
    text = (int.from_bytes(buffer) << -bits % 8).to_bytes(len(buffer))
    place = text.find(encoding.terminator)
    return -1 if place < 0 else (place + len(encoding.terminator)) * 8


def text_reader(
    encoding: Text, start: int, bits: int
) -> tuple[Reader, Callable[[NDArray[Any]], NDArray[Any]]]:
    """Return what reads buffers of text, and what makes text of them."""
    pad = -bits % 8

    def read(rows: Rows) -> NDArray[Any]:
        buffers = rows.bits(start, bits)
        if pad:
            # Text starts at the left: spare bits come after it.
            buffers = [
                (int.from_bytes(one) << pad).to_bytes(len(one)) if one else one for one in buffers
            ]
        return objects(list(buffers))

    return read, lambda raw: objects([_text(encoding, one) for one in raw])


def _text(encoding: Text, buffer: bytes) -> str:
    """Return the text of a buffer; what is no character is replaced."""
    body = buffer
    if encoding.size_bits:
        head = int.from_bytes(buffer) >> max(len(buffer) * 8 - encoding.size_bits, 0)
        rest = (int.from_bytes(buffer) << encoding.size_bits) & ((1 << len(buffer) * 8) - 1)
        body = rest.to_bytes(len(buffer))[: head // 8]
    elif encoding.terminator:
        body = buffer.partition(encoding.terminator)[0]
    return body.decode(encoding.charset, errors="replace")
