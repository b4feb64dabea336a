"""Housekeeping rows: the packets of one sort and one UTC day, decoded, one row each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import BadData, NoData
from gnomon.formats.packets import Column, Decoded, Definition, Packets, PacketTable, decode
from gnomon.formats.packets.counters import counted
from gnomon.formats.packets.model import Integer
from gnomon.instruments.imap.hk.held import Losses, coarse_s, hold, in_order, repeats
from gnomon.timescales.sclk import SpacecraftClock
from gnomon.timescales.tt2000 import Int64s, day_bounds

_FINE = ((re.compile("coarse$"), "fine"), (re.compile("sec(s?)$"), r"subsec\1"))
"""From the name of the seconds to that of their parts: ``shfine``, ``…_met_subsec``."""
_WIDEST = 32
"""Bits of a fine time; parts of a second are 2 to the power of its width."""
_ADDED = ("epoch", "time_met_iso", "epoch_iso")
"""Names of columns that no packet has."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the rows.

    Attributes
    ----------
    name : str
        As users know it: lower case, without the name of the packet.
    parameter : str
        As the definition calls it.
    column : Column
        Calibrated and raw values, shape (n,).
    is_header : bool
        Whether it is of the primary header.
    """

    name: str
    parameter: str
    column: Column
    is_header: bool


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of the packets.

    Attributes
    ----------
    n_packets : int
        Rows.
    n_duplicates : int
        Left out, since another packet has the same bytes.
    n_replaced : int
        Left out, since a later packet has the same time and counter.
    n_missing, n_gaps : int
        Packets that the counter says are not there, and in how many places.
    n_wraps : int
        How often the counter began anew.
    n_unknown : int
        Packets of other APIDs.
    n_refused : int
        Packets that do not fit the definition.
    refusal : str
        Why.
    losses : Losses
        Bytes that are no packets.
    fit : str
        How the definition fits otherwise.
    """

    n_packets: int = 0
    n_duplicates: int = 0
    n_replaced: int = 0
    n_missing: int = 0
    n_gaps: int = 0
    n_wraps: int = 0
    n_unknown: int = 0
    n_refused: int = 0
    refusal: str = ""
    losses: Losses = field(default_factory=Losses)
    fit: str = ""

    def metrics(self) -> dict[str, float]:
        """Return the counts, for a report."""
        found = {name: getattr(self, name) for name in self.__slots__ if name.startswith("n_")}
        return found | {"n_lost_bytes": self.losses.n_bytes}

    @property
    def note(self) -> str:
        """What else people should know."""
        replaced = f"{self.n_replaced} packets have the time and counter of later ones"
        return "; ".join(filter(None, [replaced if self.n_replaced else "", self.fit]))

    @property
    def flaw(self) -> str:
        """What was lost, for people; nothing where nothing was."""
        refused = f"{self.n_refused} packets do not fit the definition: {self.refusal}"
        return "; ".join(filter(None, [refused if self.n_refused else "", str(self.losses)]))


@dataclass(frozen=True)
class Rows:
    """The rows of one sort of packet, in order of time and counter.

    Attributes
    ----------
    packet : str
        Name of its container.
    tt2000 : ndarray of int64, shape (n,)
        Nanoseconds.
    met_s : ndarray of int64, shape (n,)
        Seconds of the spacecraft's clock.
    fields : tuple of Field
        Those of the definition in its order, then those of the header.
    counts : RowCounts
    """

    packet: str
    tt2000: Int64s
    met_s: Int64s
    fields: tuple[Field, ...]
    counts: RowCounts

    def __len__(self) -> int:
        return len(self.tt2000)

    def take(self, index: Int64s) -> Rows:
        """Return some of the rows, in the order of `index`."""
        fields = tuple(replace(one, column=one.column.take(index)) for one in self.fields)
        return replace(self, tt2000=self.tt2000[index], met_s=self.met_s[index], fields=fields)


def read_rows(
    parts: Iterable[Path | bytes],
    definition: Definition,
    clock: SpacecraftClock,
    apid: int,
    day: date,
) -> Rows:
    """Decode the packets of a day.

    Parameters
    ----------
    parts : iterable of Path or bytes
        Files of packets, the older first; of equal times and counters the last packet stands.
    definition : Definition
        Of the XTCE document.
    clock : SpacecraftClock
        Gives the day that a packet is of.
    apid : int
        The sort of packet.
    day : date
        UTC.

    Raises
    ------
    BadData
        There is no packet but bytes, or the definition lacks these packets, or none fits it.
    NoData
        No packet is of that day.
    """
    held, losses = hold(parts)
    is_own = held.apid == apid
    own = held.take(np.flatnonzero(is_own))
    if not len(own):
        raise _nothing(apid, day, losses)
    is_repeated = repeats(own)
    packets = own.take(np.flatnonzero(~is_repeated))
    decoded = decode(definition, packets)
    if apid not in decoded.tables:
        raise BadData(f"{Path(definition.path).name}: {_why_not(decoded, apid)}")
    table = decoded.tables[apid]
    packets = packets.take(table.index)
    counts = RowCounts(
        n_duplicates=int(np.count_nonzero(is_repeated)),
        n_unknown=int(np.count_nonzero(~is_own)),
        n_refused=sum(len(one.index) for one in decoded.refused),
        refusal=decoded.refused[0].reason if decoded.refused else "",
        losses=losses,
        fit=_fit(decoded, table),
    )
    return _of_day(_rows(table, definition, packets, clock, counts), packets, clock, day)


def _nothing(apid: int, day: date, losses: Losses) -> BadData | NoData:
    if losses.n_bytes:
        return BadData(f"no packets of APID {apid}: {losses}")
    return NoData(f"no packets of APID {apid} on {day}")


def _why_not(decoded: Decoded, apid: int) -> str:
    if decoded.refused:
        return f"no packet of APID {apid} fits: {decoded.refused[0].reason}"
    return f"knows no packets of APID {apid}"


def _fit(decoded: Decoded, table: PacketTable) -> str:
    notes = [f"{name} by space_packet_parser: {why}" for name, why in decoded.fallback.items()]
    if table.left_bits:
        notes.append(f"{table.left_bits} bits behind the last field of {table.name}")
    return "; ".join(notes)


def _rows(
    table: PacketTable,
    definition: Definition,
    packets: Packets,
    clock: SpacecraftClock,
    counts: RowCounts,
) -> Rows:
    fields = _fields(table)
    met_s = coarse_s(packets)
    tt2000 = clock.tt2000(met_s, *_fine(fields, definition))
    return Rows(table.name, tt2000, met_s, fields, counts)


def _fields(table: PacketTable) -> tuple[Field, ...]:
    """Return the fields of the definition, then those of the header, under short names."""
    own = [name for name in table.columns if name not in table.header]
    ordered = [(name, False) for name in own] + [(name, True) for name in table.header]
    shorts = [(name.partition(".")[2] or name).lower() for name, _ in ordered]
    names = [
        short if shorts.count(short) == 1 and short not in _ADDED else name.lower()
        for short, (name, _) in zip(shorts, ordered, strict=True)
    ]
    return tuple(
        Field(name, full, table.columns[full], is_header)
        for name, (full, is_header) in zip(names, ordered, strict=True)
    )


def _fine(fields: tuple[Field, ...], definition: Definition) -> tuple[Any, int]:
    """Return the parts of a second of each packet, and how many make one; 0 of 1 without."""
    coarse = fields[0].name
    names = [pattern.sub(fine, coarse) for pattern, fine in _FINE if pattern.search(coarse)]
    for one in fields:
        bits = _bits(definition, one.parameter) if one.name in names else 0
        if 0 < bits <= _WIDEST:
            return one.column.raw.astype(np.int64), 1 << bits
    return 0, 1


def _bits(definition: Definition, parameter: str) -> int:
    """Return the width of a whole number, 0 where a parameter is none."""
    for container in definition.containers.values():
        for entry in container.entries:
            if entry.parameter and entry.parameter.name == parameter and entry.parameter.type:
                encoding = entry.parameter.type.encoding
                return encoding.bits if isinstance(encoding, Integer) else 0
    return 0


def _of_day(rows: Rows, packets: Packets, clock: SpacecraftClock, day: date) -> Rows:
    """Put rows in order, let the last of equal times and counters stand, and cut the day."""
    count = packets.count.astype(np.int64)
    order = in_order(rows.tt2000, count)
    is_same = (np.diff(rows.tt2000[order]) == 0) & (np.diff(count[order]) == 0)
    order = order[np.append(~is_same, True)]
    start, stop = day_bounds(day, leap_seconds=clock.leap_seconds)
    time = rows.tt2000[order]
    is_inside = (time >= start) & (time < stop)
    inside = np.flatnonzero(is_inside)
    if not len(inside):
        raise NoData(f"no {rows.packet} on {day}")
    # The packet before the day tells what is missing before its first one.
    told = counted(count[order[max(inside[0] - 1, 0) : inside[-1] + 1]])
    counts = replace(
        rows.counts,
        n_packets=len(inside),
        n_replaced=int(np.count_nonzero(is_same)),
        n_missing=told.missing,
        n_gaps=told.gaps,
        n_wraps=told.wraps,
    )
    return replace(rows.take(order[inside]), counts=counts)
