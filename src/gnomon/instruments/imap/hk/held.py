"""Packets of several files, held in memory as one sequence, and their times on the clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets import Packets, framed
from gnomon.formats.packets.counters import RANGE
from gnomon.formats.packets.frames import gather
from gnomon.instruments.imap.telemetry.packets import BY_APID
from gnomon.timescales.tt2000 import Int64s

_HEADER, _SECONDS = 6, 4
"""Bytes of the primary header, and of the seconds behind it: so IMAP's secondary header begins."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Bytes that belong to no packet.

    Attributes
    ----------
    n_bytes : int
    places : tuple of str
        Where they are, and why.
    """

    n_bytes: int = 0
    places: tuple[str, ...] = ()

    def __add__(self, other: Losses) -> Losses:
        return Losses(self.n_bytes + other.n_bytes, self.places + other.places)

    def __str__(self) -> str:
        """Say it to people; nothing where nothing was lost."""
        if not self.n_bytes:
            return ""
        more = f", and {len(self.places) - 1} more" if len(self.places) > 1 else ""
        return f"{self.n_bytes} bytes are no packets: {self.places[0]}{more}"


def frames(part: Path | bytes) -> Iterator[tuple[Packets, Losses]]:
    """Yield the packets of a file, or of bytes, and what was lost, chunk by chunk.

    A packet that ends before its time would is lost, too.
    """
    name = part.name if isinstance(part, Path) else "the bytes"
    for found in framed(part, apids=BY_APID):
        packets = found.packets
        is_short = packets.length < _HEADER + _SECONDS
        lost = [(one.start, one.stop, one.reason) for one in found.lost]
        for number in np.flatnonzero(is_short).tolist():
            start, length = int(packets.start[number]), int(packets.length[number])
            lost.append((start, start + length, "a packet too short to hold its time"))
        places = tuple(f"{name}: {start} to {stop}: {why}" for start, stop, why in sorted(lost))
        kept = packets.take(np.flatnonzero(~is_short)) if is_short.any() else packets
        yield kept, Losses(sum(stop - start for start, stop, _ in lost), places)


def hold(parts: Iterable[Path | bytes]) -> tuple[Packets, Losses]:
    """Return the packets of all parts, in their order, and what was lost.

    Parameters
    ----------
    parts : iterable of Path or bytes
        Concatenated CCSDS packets; a day or so of one sort.
    """
    losses, held = Losses(), Packets(np.empty(0, np.uint8), *np.empty((2, 0), np.int64))
    for part in parts:
        found = []
        for packets, lost in frames(part):
            found.append(packets)  # all of them lie in one buffer, which is the part
            losses += lost
        if found:
            starts = np.concatenate([packets.start for packets in found])
            lengths = np.concatenate([packets.length for packets in found])
            held = _joined(held, Packets(found[0].data, starts, lengths))
    return held, losses


def _joined(first: Packets, second: Packets) -> Packets:
    if not len(first):
        return second
    return Packets(
        np.concatenate([first.data, second.data]),
        np.concatenate([first.start, second.start + len(first.data)]),
        np.concatenate([first.length, second.length]),
    )


def coarse_s(packets: Packets) -> Int64s:
    """Return the seconds of the clock in each packet, int64, shape (n,)."""
    seconds = gather(packets.data, packets.start + _HEADER, _SECONDS)
    return seconds.view(">u4")[:, 0].astype(np.int64)


def in_order(time: Int64s, count: Int64s) -> Int64s:
    """Return the order of packets of one APID: by time, then by counter, then as they came.

    Where the counter begins anew at one time, what is behind the turn comes later.

    Parameters
    ----------
    time : ndarray of int64, shape (n,)
        Any scale.
    count : ndarray of int, shape (n,)
        Of 14 bits.
    """
    if not len(time):
        return np.empty(0, np.int64)
    counts = np.asarray(count, np.int64)
    _, group = np.unique(time, return_inverse=True)
    low = np.full(group.max() + 1, RANGE)
    high = np.zeros(group.max() + 1, np.int64)
    np.minimum.at(low, group, counts)
    np.maximum.at(high, group, counts)
    turns = (high - low > RANGE // 2)[group] & (counts < RANGE // 2)
    return np.lexsort((counts + turns * RANGE, time)).astype(np.int64)


def repeats(packets: Packets) -> NDArray[np.bool_]:
    """Return which packets have the bytes of an earlier one, bool, shape (n,)."""
    is_first = np.zeros(len(packets), bool)
    for length in np.unique(packets.length).tolist():
        alike = np.flatnonzero(packets.length == length)
        rows = np.ascontiguousarray(gather(packets.data, packets.start[alike], length))
        _, first = np.unique(rows.view(f"V{length}")[:, 0], return_index=True)
        is_first[alike[first]] = True
    return ~is_first
