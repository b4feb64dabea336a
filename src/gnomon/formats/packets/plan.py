"""Compiles containers into plans: what to read where, for packets that start alike.

A plan holds for packets of one first word (version, type, APID) and one length. Sizes and
criteria that depend on those alone are settled when compiling; others become forks, at which the
packets part into groups that are alike again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.packets.calibration import Calibration
from gnomon.formats.packets.columns import Column, Columns, certain, holds
from gnomon.formats.packets.model import (
    Binary,
    Container,
    Criteria,
    Definition,
    Dynamic,
    Enclosed,
    Entry,
    Fixed,
    Float,
    Integer,
    Lookup,
    Parameter,
    Size,
    Text,
    Type,
)
from gnomon.formats.packets.rows import Reader, Rows, reader
from gnomon.formats.packets.text import bits_reader, text_reader, text_sizes

Index = NDArray[np.intp]
UNKNOWN = "unknown"
"""The refusal of packets that no container is for."""
_LENGTH_FIELD = (32, 16)
_FIRST_WORD_BITS = 16


@dataclass(frozen=True, slots=True)
class Step:
    """Reads one parameter."""

    name: str
    read: Reader
    calibration: Calibration
    unit: str
    labels: Any
    decoded: Callable[[NDArray[Any]], NDArray[Any]] | None = None

    def run(self, rows: Rows, columns: Columns) -> Column:
        """Return the parameter's column."""
        raw = self.read(rows)
        values = raw if self.decoded is None else self.decoded(raw)
        if self.decoded is None or self.labels is not None:
            values = self.calibration.values(raw, columns)
        return Column(values, raw, self.unit, self.labels)


Branch = tuple[Index, "Node"]
Fork = Callable[[Columns, Rows], Iterator[Branch]]


@dataclass(frozen=True, slots=True)
class Node:
    """Steps, and what comes after them: a fork, or the end of a container.

    Attributes
    ----------
    steps : tuple of Step
    container : str
        The container that the packets were found to be.
    fork : callable, optional
        From columns and the packets to branches; absent at an end.
    refusal : str
        Why packets that end here are no good; empty where they are.
    obstacle : str
        What no plan can express; empty where there is nothing.
    left_bits : int
        Bits after the last parameter.
    """

    steps: tuple[Step, ...]
    container: str
    fork: Fork | None = None
    refusal: str = ""
    obstacle: str = ""
    left_bits: int = 0


@dataclass
class _Place:
    """How far a container is compiled."""

    container: Container
    pending: list[tuple[Entry, int]]
    offset: int = 0
    constants: dict[str, int] = field(default_factory=dict)

    def copy(self) -> _Place:
        return _Place(self.container, list(self.pending), self.offset, dict(self.constants))


def plan(definition: Definition, first_word: int, length: int) -> Node:
    """Return the plan for packets of a first word and a length in bytes."""
    key = (first_word, length)
    found = definition.plans.get(key)
    if found is None:
        root = definition.container(definition.root)
        place = _Place(root, [(entry, 0) for entry in root.entries])
        found = definition.plans[key] = _Compiler(definition, first_word, length).node(place)
    node: Node = found
    return node


class _Compiler:
    def __init__(self, definition: Definition, first_word: int, length: int) -> None:
        self._definition = definition
        self._first_word, self._length = first_word, length

    def node(self, place: _Place) -> Node:
        """Compile from a place on."""
        steps: list[Step] = []
        while True:
            end = self._entries(place, steps)
            if end is not None:
                return end
            heirs = place.container.children
            verdicts = {name: self._verdict(name, place) for name in heirs}
            if None in verdicts.values():
                possible = tuple(name for name, verdict in verdicts.items() if verdict is not False)
                return Node(tuple(steps), place.container.name, self._heirs(place, possible))
            chosen = [name for name, verdict in verdicts.items() if verdict]
            if len(chosen) != 1:
                return self._end(place, steps, chosen)
            self._enter(place, chosen[0])

    def _verdict(self, name: str, place: _Place) -> bool | None:
        return certain(self._definition.container(name).criteria, place.constants)

    def _enter(self, place: _Place, name: str) -> None:
        place.container = self._definition.container(name)
        place.pending = [(entry, 0) for entry in place.container.entries]

    def _end(self, place: _Place, steps: list[Step], chosen: list[str]) -> Node:
        container = place.container
        refusal = ""
        if chosen:
            refusal = f"could be {' or '.join(chosen)}"
        elif container.abstract:
            refusal = UNKNOWN
        left = self._length * 8 - place.offset
        return Node(tuple(steps), container.name, refusal=refusal, left_bits=left)

    def _entries(self, place: _Place, steps: list[Step]) -> Node | None:
        """Compile pending entries; return a node where they fork or end early."""
        while place.pending:
            entry, origin = place.pending.pop(0)
            if entry.obstacle:
                return Node(tuple(steps), place.container.name, obstacle=entry.obstacle)
            if entry.condition is not None:
                verdict = certain(entry.condition, place.constants)
                if verdict is None:
                    return self._conditional(place, steps, entry, origin, entry.condition)
                if not verdict:
                    continue
            start = (origin if entry.from_start else place.offset) + entry.skip_bits
            if entry.container:
                nested = self._definition.container(entry.container).entries
                place.pending[:0] = [(one, start) for one in nested]
                place.offset = start
                continue
            end = self._parameter(place, steps, entry, start)
            if end is not None:
                return end
        return None

    def _parameter(self, place: _Place, steps: list[Step], entry: Entry, start: int) -> Node | None:
        parameter = entry.parameter
        if parameter is None or parameter.type is None:
            return Node(tuple(steps), place.container.name, obstacle=entry.obstacle or "no type")
        size = _size(parameter.type)
        bits = _settled(size, place.constants)
        if bits is None:
            return Node(
                tuple(steps), place.container.name, self._sized(place, parameter, start, size)
            )
        return self._add(place, steps, parameter, start, bits)

    def _add(
        self, place: _Place, steps: list[Step], parameter: Parameter, start: int, bits: int
    ) -> Node | None:
        container = place.container.name
        if bits < 0 or start < 0:
            return Node(tuple(steps), container, refusal=f"{parameter.name} has {bits} bits")
        if start + bits > self._length * 8:
            return Node(tuple(steps), container, refusal=f"ends within {parameter.name}")
        steps.append(_step(parameter, start, bits, self._length))
        place.offset = start + bits
        constant = self._constant(parameter, start, bits)
        if constant is None:
            place.constants.pop(parameter.name, None)
        else:
            place.constants[parameter.name] = constant
        return None

    def _constant(self, parameter: Parameter, start: int, bits: int) -> int | None:
        """Return a parameter's value where the first word or the length settles it."""
        of = parameter.type
        if of is None or of != Type(Integer(bits), of.unit):
            return None
        if start + bits <= _FIRST_WORD_BITS:
            return self._first_word >> (_FIRST_WORD_BITS - start - bits) & (1 << bits) - 1
        # The length field counts the bytes after the primary header, less one.
        return self._length - 7 if (start, bits) == _LENGTH_FIELD else None

    # -- forks

    def _heirs(self, place: _Place, names: tuple[str, ...]) -> Fork:
        nodes: dict[tuple[str, ...], Node] = {}

        def fork(columns: Columns, rows: Rows) -> Iterator[Branch]:
            masks = [
                holds(self._definition.container(name).criteria, columns, rows.number)
                for name in names
            ]
            for chosen, index in _groups(np.array(masks).T):
                found = tuple(name for name, yes in zip(names, chosen, strict=True) if yes)
                if found not in nodes:
                    nodes[found] = self._heir(place.copy(), found)
                yield index, nodes[found]

        return fork

    def _heir(self, place: _Place, chosen: tuple[str, ...]) -> Node:
        if len(chosen) != 1:
            return self._end(place, [], list(chosen))
        self._enter(place, chosen[0])
        return self.node(place)

    def _conditional(
        self, place: _Place, steps: list[Step], entry: Entry, origin: int, condition: Criteria
    ) -> Node:
        nodes: dict[bool, Node] = {}
        unconditional = Entry(entry.parameter, entry.container, entry.skip_bits, entry.from_start)

        def fork(columns: Columns, rows: Rows) -> Iterator[Branch]:
            mask = holds(condition, columns, rows.number)
            for (included,), index in _groups(mask[:, None]):
                if included not in nodes:
                    branch = place.copy()
                    if included:
                        branch.pending.insert(0, (unconditional, origin))
                    nodes[included] = self.node(branch)
                yield index, nodes[included]

        return Node(tuple(steps), place.container.name, fork)

    def _sized(self, place: _Place, parameter: Parameter, start: int, size: Size) -> Fork:
        nodes: dict[int, Node] = {}

        def fork(columns: Columns, rows: Rows) -> Iterator[Branch]:
            sizes = _sizes(parameter, size, columns, rows, start)
            for bits in np.unique(sizes).tolist():
                if bits not in nodes:
                    branch, steps = place.copy(), list[Step]()
                    end = self._add(branch, steps, parameter, start, bits)
                    after = end or self.node(branch)
                    nodes[bits] = after if end else _before(steps, after)
                yield np.flatnonzero(sizes == bits), nodes[bits]

        return fork


def _before(steps: list[Step], node: Node) -> Node:
    return Node(
        (*steps, *node.steps), node.container, node.fork, node.refusal, node.obstacle,
        node.left_bits,
    )  # fmt: skip


def _groups(masks: NDArray[np.bool_]) -> Iterator[tuple[tuple[bool, ...], Index]]:
    """Yield distinct rows of masks (n, m), and which packets have them."""
    distinct, which = np.unique(masks, axis=0, return_inverse=True)
    for number, row in enumerate(distinct):
        yield tuple(bool(one) for one in row), np.flatnonzero(which.ravel() == number)


def _size(of: Type) -> Size:
    encoding = of.encoding
    return Fixed(encoding.bits) if isinstance(encoding, Integer | Float) else encoding.size


def _settled(size: Size, constants: dict[str, int]) -> int | None:
    """Return a size that constants settle; None where they do not."""
    if isinstance(size, Fixed):
        return size.bits
    if isinstance(size, Dynamic):
        value = constants.get(size.source.parameter)
        return None if value is None else size.of(value)
    if isinstance(size, Enclosed):
        return None
    for criteria, bits in size.sizes:
        verdict = certain(criteria, constants)
        if verdict is None:
            return None
        if verdict:
            return bits
    return -1


def _sizes(
    parameter: Parameter, size: Size, columns: Columns, rows: Rows, start: int
) -> NDArray[np.int64]:
    """Return the size in bits for each packet; -1 where nothing tells it."""
    if isinstance(size, Dynamic):
        source = size.source
        column = columns.get(source.parameter)
        if column is None:
            raise BadData(f"{parameter.name}: {source.parameter} does not come before it")
        values = (column.values if source.calibrated else column.raw).tolist()
        known = {value: size.of(value) for value in set(values)}
        return np.array([known[value] for value in values], np.int64)
    encoding = parameter.type and parameter.type.encoding
    if isinstance(size, Enclosed) and isinstance(encoding, Text):
        return text_sizes(encoding, start, size.most, rows)
    found = np.full(rows.number, -1, np.int64)
    if isinstance(size, Lookup):
        for criteria, bits in reversed(size.sizes):
            found[holds(criteria, columns, rows.number)] = bits
    return found


def _step(parameter: Parameter, start: int, bits: int, length: int) -> Step:
    of = parameter.type
    if of is None:
        raise TypeError(parameter.name)
    calibration = Calibration(of)
    if isinstance(of.encoding, Text):
        read, decoded = text_reader(of.encoding, start, bits)
        return Step(parameter.name, read, calibration, of.unit, of.labels, decoded)
    if isinstance(of.encoding, Binary):
        read = bits_reader(start, bits)
    else:
        read = reader(of.encoding, start, length)
    return Step(parameter.name, read, calibration, of.unit, of.labels)
