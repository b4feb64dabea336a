"""Finds CCSDS space packets in bytes (CCSDS 133.0-B-2, section 4.1), as columns.

A packet is a primary header of six bytes and as many bytes of data as its length field says,
plus one. Packets follow one another without a mark between them, so garbage or a wrong length
throws a reader off: `resync` finds the next packet, and what lies between is reported.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.chain import HEADER, Bytes
from gnomon.formats.packets.resync import HELD, Follower, Gap

CHUNK = 2 << 20
_MAPPED = 64 << 20
"""Smaller files are read at once: a file that shrinks while it is mapped ends the process."""


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
        return self._bits(0, 13, 7)

    @property
    def type(self) -> NDArray[np.uint16]:
        """0 for telemetry, 1 for telecommands, (n,)."""
        return self._bits(0, 12, 1)

    @property
    def secondary(self) -> NDArray[np.uint16]:
        """Whether there is a secondary header, (n,), 0 or 1."""
        return self._bits(0, 11, 1)

    @property
    def apid(self) -> NDArray[np.uint16]:
        """Application process identifier, (n,), of 11 bits."""
        return self._bits(0, 0, 0x7FF)

    @property
    def flags(self) -> NDArray[np.uint16]:
        """Sequence flags, (n,); 3 is a packet of its own."""
        return self._bits(1, 14, 3)

    @property
    def count(self) -> NDArray[np.uint16]:
        """Sequence count per APID, (n,), of 14 bits."""
        return self._bits(1, 0, 0x3FFF)

    def _bits(self, word: int, shift: int, mask: int) -> NDArray[np.uint16]:
        return (self.words[:, word] >> np.uint16(shift)) & np.uint16(mask)

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
        Their buffer is the whole source.
    lost : tuple of Lost
    """

    packets: Packets
    lost: tuple[Lost, ...] = ()


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


def framed(
    source: Path | bytes, chunk_bytes: int = CHUNK, apids: Collection[int] = ()
) -> Iterator[Framed]:
    """Yield the packets of a file or of bytes, part by part.

    Parameters
    ----------
    source : Path or bytes
    chunk_bytes : int
        About how many bytes a part covers; what is found does not depend on it.
    apids : collection of int
        APIDs that are known to occur, as those of a definition: they help to find packets
        after garbage. Packets of other APIDs are yielded as well.

    Yields
    ------
    Framed
        In the order of the source; each byte is in one packet or one lost range. Nothing is
        yielded for an empty source.
    """
    opened = _Opened(source)
    chain = Follower(opened.data, apids)
    lost: list[Lost] = []
    at, done = 0, 0
    while at < chain.size:
        stop = min(at + chunk_bytes, chain.size)
        at = chain.follow(at, stop)
        if at < stop:
            at, gap = chain.recover(at)
            _report(lost, gap)
        if chunk_bytes <= at - done < chain.size - done and len(chain.starts) > HELD:
            packets, done = Packets(chain.data, *chain.release(HELD)), chain.starts[0]
            # What adjoins packets that are open to doubt may still grow.
            yield Framed(packets, tuple(one for one in lost if one.stop < done))
            lost = [one for one in lost if one.stop >= done]
            opened.release(done)
    if chain.starts or lost:
        yield Framed(Packets(chain.data, *chain.release(0)), tuple(lost))


def _report(lost: list[Lost], gap: Gap) -> None:
    """Add a gap to what was lost; one that adjoins the last is the same."""
    start = gap.start
    if lost and lost[-1].stop == start:
        start = lost.pop().start
    if gap.stop > start:
        lost.append(Lost(start, gap.stop, gap.reason))


class _Opened:
    """The bytes of a source; a large file is mapped and leaves memory as it is passed."""

    def __init__(self, source: Path | bytes) -> None:
        self._map: mmap.mmap | None = None
        self._released = 0
        if isinstance(source, bytes):
            self.data = np.frombuffer(source, np.uint8)
        elif source.stat().st_size < _MAPPED:
            self.data = np.frombuffer(source.read_bytes(), np.uint8)
        else:
            with source.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.data = np.frombuffer(self._map, np.uint8)

    def release(self, stop: int) -> None:
        """Let the pages before a place go; they are read again where they are needed."""
        end = stop // mmap.PAGESIZE * mmap.PAGESIZE
        if self._map is not None and end > self._released and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED, self._released, end - self._released)
            self._released = end
