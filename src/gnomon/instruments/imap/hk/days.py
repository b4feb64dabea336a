"""Day files: the packets of one sort and one UTC day, from files that overlap, each packet once.

A day file holds a little more at both ends, so that a better correlation of the clock, which moves
packets across midnight, finds them there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, NoData
from gnomon.formats.packets import Packets
from gnomon.instruments.imap.hk.held import Losses, coarse_s, frames, hold, in_order, repeats
from gnomon.instruments.imap.telemetry.packets import BY_APID, Packet
from gnomon.timescales.sclk import SpacecraftClock
from gnomon.timescales.text_kernel import NS
from gnomon.timescales.tt2000 import Int64s, day_bounds, utc_days

MARGIN_S, MARGIN_UNCORRELATED_S = 60, 600
"""At both ends of a day. A clock that is not correlated drifts by half a minute a year."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What became of the packets that a day file was made from.

    Attributes
    ----------
    n_packets : int
        Written.
    n_duplicates : int
        Left out, since another one has the same bytes.
    n_outside : int
        Left out, since they are of another day.
    n_strangers : int
        Left out, since they are of another APID.
    losses : Losses
    """

    n_packets: int
    n_duplicates: int
    n_outside: int
    n_strangers: int
    losses: Losses

    def metrics(self) -> dict[str, float]:
        """Return the counts, for a report."""
        return {
            "n_packets": self.n_packets,
            "n_duplicates": self.n_duplicates,
            "n_outside": self.n_outside,
            "n_strangers": self.n_strangers,
            "n_lost_bytes": self.losses.n_bytes,
        }

    @property
    def flaw(self) -> str:
        """What was lost, for people; nothing where nothing was."""
        return str(self.losses)


def write_day(
    dest: Path,
    parts: Iterable[Path | bytes],
    day: date,
    clock: SpacecraftClock | None,
    *,
    apid: int | None = None,
) -> DayCounts:
    """Write the packets of a UTC day, in order of time and counter.

    Parameters
    ----------
    dest : Path
        The file to make; the same packets give the same bytes, in whatever order they come.
    parts : iterable of Path or bytes
        Files of packets, the older ones first: where two packets differ and have the same time
        and counter, that of the later part stands last.
    day : date
        UTC.
    clock : SpacecraftClock, optional
        Without it, all packets are taken to be of that day, as from an archive that was asked
        for it.
    apid : int, optional
        Packets of others are left out.

    Raises
    ------
    NoData
        There is no packet of that day.
    BadData
        There are bytes, and none of them are packets.
    """
    packets, losses = hold(parts)
    if not len(packets) and losses.n_bytes:
        raise BadData(f"{day}: {losses}")
    is_own = np.full(len(packets), True) if apid is None else packets.apid == apid
    seconds = coarse_s(packets)
    is_inside = np.full(len(packets), True) if clock is None else _is_inside(seconds, day, clock)
    kept = np.flatnonzero(is_own & is_inside)
    kept = kept[in_order(seconds[kept], packets.count[kept].astype(np.int64))]
    unique = kept[~repeats(packets.take(kept))]
    if not len(unique):
        raise NoData(f"no packets of {day}")
    dest.write_bytes(_bytes(packets.take(unique)))
    return DayCounts(
        n_packets=len(unique),
        n_duplicates=len(kept) - len(unique),
        n_outside=int(np.count_nonzero(is_own & ~is_inside)),
        n_strangers=int(np.count_nonzero(~is_own)),
        losses=losses,
    )


def _is_inside(seconds: Int64s, day: date, clock: SpacecraftClock) -> NDArray[np.bool_]:
    time = clock.tt2000(seconds)
    start, stop = day_bounds(day, margin_s(clock), clock.leap_seconds)
    return np.asarray((time >= start) & (time < stop))


def margin_s(clock: SpacecraftClock) -> int:
    """Return by how much a day file exceeds its day, at both ends."""
    return MARGIN_S if clock.is_correlated else MARGIN_UNCORRELATED_S


def _bytes(packets: Packets) -> bytes:
    data = packets.data.data
    ends = zip(packets.start.tolist(), (packets.start + packets.length).tolist(), strict=True)
    return b"".join([data[start:stop] for start, stop in ends])


@dataclass(frozen=True, slots=True)
class DayPart:
    """Packets of one sort that lie in one day, or within the margin of it.

    Attributes
    ----------
    path : Path
        A file of them, in the order in which they came.
    n_inside : int
        How many lie in the day itself; 0 where only its margin was met.
    """

    packet: Packet
    day: date
    path: Path
    n_inside: int


@dataclass(frozen=True, slots=True)
class Split:
    """What files of packets hold.

    Attributes
    ----------
    parts : tuple of DayPart
        By APID, then by day.
    unknown : mapping of int to int
        How many packets there are of each APID that is not kept.
    n_timeless : int
        Packets of a time that the clock cannot show.
    losses : Losses
    """

    parts: tuple[DayPart, ...]
    unknown: dict[int, int]
    n_timeless: int
    losses: Losses


@dataclass
class _Sorting:
    """Sorts packets into a file for each APID and day."""

    folder: Path
    clock: SpacecraftClock
    inside: Counter[tuple[int, date]] = field(default_factory=Counter)
    unknown: Counter[int] = field(default_factory=Counter)
    n_timeless: int = 0

    def take(self, packets: Packets) -> None:
        apid = packets.apid.astype(np.int64)
        is_known = np.isin(apid, list(BY_APID))
        self.unknown.update(apid[~is_known].tolist())
        time = self.clock.tt2000(coarse_s(packets))
        days = utc_days(time, self.clock.leap_seconds)
        self.n_timeless += int(np.count_nonzero(is_known & np.isnat(days)))
        kept = np.flatnonzero(is_known & ~np.isnat(days))
        self._append(packets, kept, apid, days, counts=1)
        for sign in (-1, 1):
            shift = sign * margin_s(self.clock) * NS
            near = utc_days(time[kept] + shift, self.clock.leap_seconds)
            other = near != days[kept]
            neighbours = days.copy()
            neighbours[kept] = near
            self._append(packets, kept[other], apid, neighbours, counts=0)

    def _append(
        self,
        packets: Packets,
        index: Int64s,
        apid: Int64s,
        days: NDArray[np.datetime64],
        *,
        counts: int,
    ) -> None:
        key = apid[index] << 32 | days[index].astype(np.int64)
        for value in np.unique(key).tolist():
            rows = index[key == value]
            cell = value >> 32, days[rows[0]].item()
            self.inside[cell] += counts * len(rows)
            with self.path(*cell).open("ab") as file:
                file.write(_bytes(packets.take(rows)))

    def path(self, apid: int, day: date) -> Path:
        return self.folder / f"{apid}_{day:%Y%m%d}.pkts"


def split(files: Iterable[Path], clock: SpacecraftClock, folder: Path) -> Split:
    """Sort the packets of files by APID and UTC day, each day with its margin.

    Memory stays that of a few chunks, whatever the size of the files.

    Parameters
    ----------
    files : iterable of Path
        Any APIDs and days, in any order.
    clock : SpacecraftClock
    folder : Path
        An empty one, for the parts.
    """
    sorting, losses = _Sorting(folder, clock), Losses()
    for file in files:
        for packets, lost in frames(file):
            sorting.take(packets)
            losses += lost
    parts = [
        DayPart(BY_APID[apid], day, sorting.path(apid, day), number)
        for (apid, day), number in sorted(sorting.inside.items())
    ]
    return Split(tuple(parts), dict(sorting.unknown), sorting.n_timeless, losses)
