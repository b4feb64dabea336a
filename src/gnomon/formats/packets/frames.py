"""Finds CCSDS space packets in bytes (CCSDS 133.0-B-2, section 4.1), as columns.

A packet is a primary header of six bytes and as many bytes of data as its length field says,
plus one. Packets follow one another without a mark between them, so garbage or a wrong length
throws a reader off: `resync` finds the next packet, and what lies between is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
HEADER = 6
"""Bytes of a primary header."""
SHORTEST = HEADER + 1
LONGEST = HEADER + 65_536
CHUNK = 8 << 20


@dataclass(frozen=True)
class Packets:
    """Packets within a buffer, in its order.

    Attributes
    ----------
    data : (size,) u1
        The buffer.
    start : (n,) i8
        First byte of each packet in it.
    length : (n,) i8
        Bytes of each packet, its primary header included.
    """

    data: Bytes
    start: NDArray[np.int64]
    length: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def words(self) -> NDArray[np.uint16]:
        """The three words of the primary headers, (n, 3)."""
        return gather(self.data, self.start, HEADER).view(">u2").astype(np.uint16)

    @property
    def version(self) -> NDArray[np.uint16]:
        """Packet version number, (n,)."""
        return self.words[:, 0] >> 13

    @property
    def type(self) -> NDArray[np.uint16]:
        """0 for telemetry, 1 for telecommands, (n,)."""
        return self.words[:, 0] >> 12 & 1

    @property
    def secondary(self) -> NDArray[np.uint16]:
        """Whether there is a secondary header, (n,), 0 or 1."""
        return self.words[:, 0] >> 11 & 1

    @property
    def apid(self) -> NDArray[np.uint16]:
        """Application process identifier, (n,), of 11 bits."""
        return self.words[:, 0] & 0x7FF

    @property
    def flags(self) -> NDArray[np.uint16]:
        """Sequence flags, (n,); 3 is a packet of its own."""
        return self.words[:, 1] >> 14

    @property
    def count(self) -> NDArray[np.uint16]:
        """Sequence count per APID, (n,), of 14 bits."""
        return self.words[:, 1] & 0x3FFF

    def take(self, index: NDArray[Any]) -> Packets:
        """Return some of the packets, of the same buffer."""
        return Packets(self.data, self.start[index], self.length[index])

    def packet(self, number: int) -> bytes:
        """Return the bytes of one packet."""
        start = int(self.start[number])
        return self.data[start : start + int(self.length[number])].tobytes()


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes of the source that are part of no packet, from `start` up to `stop`."""

    start: int
    stop: int
    reason: str


@dataclass(frozen=True, slots=True)
class Framed:
    """A part of a source.

    Attributes
    ----------
    packets : Packets
    lost : tuple of Lost
        Ranges are those of the whole source.
    offset : int
        Where the buffer of the packets starts in the source.
    """

    packets: Packets
    lost: tuple[Lost, ...] = ()
    offset: int = 0


def gather(data: Bytes, start: NDArray[np.int64], length: int) -> Bytes:
    """Return bytes from each of some places on, (n, length); a view where they adjoin."""
    number = len(start)
    if not number or not length:
        return np.empty((number, length), np.uint8)
    first, last = int(start[0]), int(start[-1])
    if last - first == (number - 1) * length and (number == 1 or np.all(np.diff(start) == length)):
        return data[first : first + number * length].reshape(number, length)
    places = np.ndarray((len(data) - length + 1,), f"V{length}", data, strides=(1,))
    return places[start].view(np.uint8).reshape(number, length)


def framed(source: Path | bytes, chunk_bytes: int = CHUNK) -> Iterator[Framed]:
    """Yield the packets of a file or of bytes, part by part.

    Parameters
    ----------
    source : Path or bytes
    chunk_bytes : int
        About how many bytes a part covers; what is found does not depend on it.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    buffer = np.frombuffer(data, np.uint8)
    starts, lengths, lost = [], [], []
    at, size = 0, len(buffer)
    while at + SHORTEST <= size:
        length = SHORTEST + (data[at + 4] << 8 | data[at + 5])
        if at + length > size or data[at] >> 5:
            break
        starts.append(at)
        lengths.append(length)
        at += length
    if at < size:
        lost.append(Lost(at, size, "truncated"))
    packets = Packets(buffer, np.array(starts, np.int64), np.array(lengths, np.int64))
    if size:
        yield Framed(packets, tuple(lost))
