"""Decodes packets into tables, one per APID.

Values are those that `space_packet_parser` 6.2 gives, bit for bit, but for what it gives up on: a
raw value without a label gets its number as text, a spline is NaN outside of its points, and a
packet that is too short is refused without an error. A spline whose order the document leaves
open has order 1, as the standard says.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets import fallback
from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.frames import Packets, gather
from gnomon.formats.packets.merge import merged
from gnomon.formats.packets.model import Definition
from gnomon.formats.packets.plan import UNKNOWN, Node, plan
from gnomon.formats.packets.rows import Rows

Index = NDArray[np.intp]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PacketTable:
    """The decoded packets of one APID.

    Attributes
    ----------
    apid : int
    name : str
        Of their container; of the one that they share where there are several.
    index : (n,) i8
        Which packets they are, ascending.
    columns : dict of str to Column
        In the order of the packets: those of the primary header first.
    header : tuple of str
        Names of the columns that hold the primary header.
    left_bits : int
        The most bits that any packet has after its last parameter.
    """

    apid: int
    name: str
    index: Index
    columns: dict[str, Column]
    header: tuple[str, ...] = ()
    left_bits: int = 0

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, slots=True)
class Refused:
    """Packets that are in the definition, and do not fit it."""

    apid: int
    container: str
    index: Index
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of packets: every one is in a table, unknown, or refused.

    Attributes
    ----------
    tables : dict of int to PacketTable
        By APID.
    unknown : dict of int to int
        How many packets there are of APIDs that the definition lacks.
    refused : tuple of Refused
        Packets that are too short, or could be of several containers.
    fallback : dict of str to str
        Containers that `space_packet_parser` decoded, and why.
    """

    tables: dict[int, PacketTable]
    unknown: dict[int, int] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    fallback: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Packets of one APID and container that have the same columns."""

    apid: int
    container: str
    index: Index
    columns: dict[str, Column]
    left_bits: int


def decode(definition: Definition, packets: Packets) -> Decoded:
    """Decode packets.

    Parameters
    ----------
    definition : Definition
        Of `xtce.read_definition`.
    packets : Packets
        Of `frames.framed`; any APIDs in any order.

    Returns
    -------
    Decoded
        Each packet is accounted for once.
    """
    parts: list[Part] = []
    unknown: dict[int, int] = {}
    refused: list[Refused] = []
    parsed: dict[str, str] = {}
    for apid, index, node, columns in _walk(definition, packets):
        if node.refusal == UNKNOWN:
            unknown[apid] = unknown.get(apid, 0) + len(index)
        elif node.refusal:
            refused.append(Refused(apid, node.container, index, node.refusal))
        elif node.obstacle:
            found = _parsed(
                definition, packets, Refused(apid, node.container, index, node.obstacle)
            )
            if isinstance(found, Part):
                parts.append(found)
                parsed[node.container] = node.obstacle
            else:
                refused.append(found)
        else:
            parts.append(Part(apid, node.container, index, columns, node.left_bits))
    return Decoded(_tables(definition, parts), unknown, tuple(refused), parsed)


def _parsed(definition: Definition, packets: Packets, of: Refused) -> Part | Refused:
    """Let another library decode packets; refuse them where it cannot either."""
    _log.warning("%s: %s: space_packet_parser is asked", of.container, of.reason)
    try:
        columns = fallback.parse(definition.path, packets.take(of.index))
    except (NotImplementedError, ValueError, KeyError) as error:
        reason = f"{of.reason}; space_packet_parser: {error}"
        return Refused(of.apid, of.container, of.index, reason)
    return Part(of.apid, of.container, of.index, columns, 0)


def _walk(
    definition: Definition, packets: Packets
) -> Iterator[tuple[int, Index, Node, dict[str, Column]]]:
    """Yield ends of plans: APID, packets, where they ended, columns so far."""
    for index in _alike(packets):
        word, length = int(packets.words[index[0], 0]), int(packets.length[index[0]])
        rows = Rows(gather(packets.data, packets.start[index], length))
        for found, node, columns in _run(plan(definition, word, length), rows, {}):
            yield word & 0x7FF, index if found is None else index[found], node, columns


def _alike(packets: Packets) -> Iterator[Index]:
    """Yield groups of packets that have the same first word and length."""
    if not len(packets):
        return
    key = packets.words[:, 0].astype(np.int64) << 20 | packets.length
    if key[0] == key[-1] and np.all(key == key[0]):
        yield np.arange(len(packets))
        return
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    yield from np.split(order, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)


def _run(
    node: Node, rows: Rows, columns: dict[str, Column]
) -> Iterator[tuple[Index | None, Node, dict[str, Column]]]:
    """Yield ends that are reached from a node: which rows, the end, and their columns."""
    for step in node.steps:
        columns[step.name] = step.run(rows, columns)
    if node.fork is None:
        yield None, node, columns
        return
    for index, branch in node.fork(columns, rows):
        taken = {name: column.take(index) for name, column in columns.items()}
        for inner, end, found in _run(branch, rows.take(index), taken):
            yield index if inner is None else index[inner], end, found


def _tables(definition: Definition, parts: list[Part]) -> dict[int, PacketTable]:
    by_apid: dict[int, list[Part]] = {}
    for part in parts:
        by_apid.setdefault(part.apid, []).append(part)
    return {apid: _table(definition, apid, found) for apid, found in sorted(by_apid.items())}


def _table(definition: Definition, apid: int, parts: list[Part]) -> PacketTable:
    index, columns = merged([(part.index, part.columns) for part in parts])
    header = tuple(name for name in definition.header() if name in columns)
    left = max(part.left_bits for part in parts)
    return PacketTable(apid, _shared(definition, parts), index, columns, header, left)


def _shared(definition: Definition, parts: list[Part]) -> str:
    """Return the name of the container that parts share."""
    names = {part.container for part in parts}
    if len(names) == 1:
        return names.pop()
    lineages = [[one.name for one in definition.lineage(name)] for name in sorted(names)]
    shared = [level[0] for level in zip(*lineages, strict=False) if len(set(level)) == 1]
    return shared[-1] if len(shared) > 1 else min(names)
