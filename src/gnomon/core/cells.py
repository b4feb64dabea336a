"""Which cells a pipeline has, and which of them a change can touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gnomon.core.dataset import MICROSECONDS, Coverage, Dataset
from gnomon.core.items import Item
from gnomon.core.jobs import SLOT, Act, Cell, Output
from gnomon.core.kinds import Key, Kind, key_text
from gnomon.core.pipeline import Pipeline, PublisherSpec, SourceSpec, StepSpec
from gnomon.core.steps import In
from gnomon.core.view import Names, Projection, View, project
from gnomon.errors import ConfigError

Spec = SourceSpec | StepSpec | PublisherSpec


@dataclass(frozen=True, slots=True)
class Reader:
    """One input of one step, or one kind of one publisher.

    Attributes
    ----------
    names : tuple of str
        The keys on which it joins what it reads; none where time finds the input.
    mark : In, optional
        The step's declaration; publishers have none.
    """

    rank: int
    kind: str
    names: Names
    mark: In | None


class Cells:
    """The cells of one pipeline over one view.

    Parameters
    ----------
    waiting : callable
        Returns the cells of a rank that wait; asked where a change has no exact address.
    """

    def __init__(
        self, pipeline: Pipeline, view: View, waiting: Callable[[int], Iterable[Cell]]
    ) -> None:
        self.view, self._waiting = view, waiting
        self.kinds = pipeline.kinds
        self.specs: tuple[Spec, ...] = (*pipeline.sources, *pipeline.steps, *pipeline.publishers)
        self._ranks = {spec.name: rank for rank, spec in enumerate(self.specs)}
        self._key_kinds = {
            rank: _key_kind(spec) for rank, spec in enumerate(self.specs) if _is_step(spec)
        }
        self.readers: dict[str, list[Reader]] = {}
        for rank, spec in enumerate(self.specs):
            for reader in _readers_of(rank, spec):
                self.readers.setdefault(reader.kind, []).append(reader)

    def all(self) -> Iterator[Cell]:
        """Yield every cell that something calls for."""
        for rank, spec in enumerate(self.specs):
            if isinstance(spec, SourceSpec):
                for item in self.view.items.get(spec.name, {}).values():
                    yield _fetch_cell(rank, spec.name, item)
            elif isinstance(spec, StepSpec):
                yield from self._of_step(rank, spec)
            else:
                for kind in spec.kinds:
                    for dataset in self.view.datasets.get(kind.name, {}).values():
                        yield _publish_cell(rank, spec.name, kind.name, dataset.key)

    def of_slot(self, slot: str) -> Cell | None:
        """Return the cell of a slot, or None where this pipeline has no say in it.

        A slot whose key is no longer one of the kind has a cell with an empty key.
        """
        name, kind, text = slot.split(SLOT, 2)
        if (rank := self._ranks.get(name)) is None:
            return None
        spec = self.specs[rank]
        if isinstance(spec, StepSpec):
            return Cell(rank, Act.STEP, name, "", _read_key(self._key_kinds[rank], text), text)
        kinds = spec.type.kinds if isinstance(spec, SourceSpec) else spec.kinds
        if (typed := next((k for k in kinds if k.name == kind), None)) is None:
            return None
        act = Act.FETCH if isinstance(spec, SourceSpec) else Act.PUBLISH
        return Cell(rank, act, name, kind, _read_key(typed, text), text)

    def is_addressed(self, cell: Cell) -> bool:
        """Tell whether a cell has the keys that its step, or its kind, has now."""
        spec = self.specs[cell.rank]
        if isinstance(spec, StepSpec):
            return tuple(cell.key) == spec.step.cell_keys
        return set(cell.key) == set(self.kinds[cell.kind].keys)

    def of_item(self, source: str, item: Item) -> Cell | None:
        """Return the cell that fetches an item."""
        rank = self._ranks.get(source)
        return None if rank is None else _fetch_cell(rank, source, item)

    def outputs(self, cell: Cell) -> list[Output]:
        """Return what a cell makes: kinds, and as much of the keys as is known before it ran."""
        spec = self.specs[cell.rank]
        if isinstance(spec, SourceSpec):
            return [(cell.kind, cell.key)]
        if isinstance(spec, PublisherSpec):
            return []
        kinds = [out.kind for out in spec.step.outputs.values()]
        return [(k.name, {n: cell.key[n] for n in k.keys if n in cell.key}) for k in kinds]

    def reading(self, kind: str, key: Key, dataset: Dataset | None) -> Iterator[Cell]:
        """Yield the cells that read a key of a kind, of which a part may be unknown."""
        for reader in self.readers.get(kind, ()):
            spec = self.specs[reader.rank]
            if not all(name in key for name in reader.names):
                yield from self._waiting(reader.rank)
            elif not isinstance(spec, StepSpec):
                yield _publish_cell(reader.rank, spec.name, kind, key)
            elif reader.mark is not None and reader.mark.timed:
                yield from self._near(reader.rank, spec, reader.mark, dataset)
            else:
                yield from self._joined(reader, spec, key)

    def _joined(self, reader: Reader, spec: StepSpec, key: Key) -> Iterable[Cell]:
        values, names = project(key, reader.names), spec.step.cell_keys
        if reader.names == names:
            return (_step_cell(reader.rank, spec, values),)
        found = {
            project(driver.key, names): None
            for mark in drivers(spec)
            for driver in self.view.group(mark.kind.name, reader.names, values)
        }
        return [_step_cell(reader.rank, spec, value) for value in found]

    def _near(self, rank: int, spec: StepSpec, mark: In, dataset: Dataset | None) -> Iterable[Cell]:
        """Return the cells whose own time lets them see a change of a timed input."""
        if dataset is None:
            return self._waiting(rank)
        span, unlimited = dataset.coverage, mark.nearest and mark.within_s is None
        first = next(iter(spec.step.inputs.values()))
        # A group covers more time than each of its members.
        if span is None or unlimited or drivers(spec) != [first] or first.by is not None:
            return self._of_step(rank, spec)
        reach = int((mark.within_s or 0) * MICROSECONDS)
        seen = Coverage(span.start_us - reach, span.stop_us + reach)
        names = spec.step.cell_keys
        found = {
            project(driver.key, names): None
            for _, _, driver in self.view.timeline(first.kind.name)
            if driver.coverage is not None and _overlap(driver.coverage, seen)
        }
        return [_step_cell(rank, spec, values) for values in found]

    def _of_step(self, rank: int, spec: StepSpec) -> list[Cell]:
        names = spec.step.cell_keys
        found = {
            values: None
            for mark in drivers(spec)
            for values in self.view.groups(mark.kind.name, names)
        }
        return [_step_cell(rank, spec, values) for values in found]


def drivers(spec: StepSpec) -> list[In]:
    """Return the inputs whose datasets call for a cell: all groups, or else the first input."""
    grouped = [mark for mark in spec.step.inputs.values() if mark.by is not None]
    return grouped or [next(iter(spec.step.inputs.values()))]


def joins_on(mark: In, cell_keys: Names) -> Names:
    """Return the keys on which an input joins its cell."""
    return () if mark.timed else tuple(name for name in cell_keys if name in mark.kind.keys)


def _readers_of(rank: int, spec: Spec) -> list[Reader]:
    if isinstance(spec, StepSpec):
        marks = spec.step.inputs.values()
        names = spec.step.cell_keys
        return [Reader(rank, mark.kind.name, joins_on(mark, names), mark) for mark in marks]
    if isinstance(spec, PublisherSpec):
        return [Reader(rank, kind.name, tuple(kind.keys), None) for kind in spec.kinds]
    return []


def _is_step(spec: Spec) -> bool:
    return isinstance(spec, StepSpec)


def _key_kind(spec: Spec) -> Kind:
    """Return a kind that has the keys of a step's cells, to read slots back with."""
    assert isinstance(spec, StepSpec)  # noqa: S101  the caller filters
    typed, names = drivers(spec)[0].kind, spec.step.cell_keys
    path = "".join(f"{{{name}}}" for name in (*names, "version"))
    return Kind(spec.name, {name: typed.keys[name] for name in names}, path)


def _read_key(kind: Kind, text: str) -> Key:
    try:
        return kind.key(text)
    except ConfigError:
        return {}


def _overlap(one: Coverage, other: Coverage) -> bool:
    return one.start_us <= other.stop_us and other.start_us <= one.stop_us


def _fetch_cell(rank: int, source: str, item: Item) -> Cell:
    return Cell(rank, Act.FETCH, source, item.kind, item.key, key_text(item.key))


def _step_cell(rank: int, spec: StepSpec, values: Projection) -> Cell:
    key = dict(zip(spec.step.cell_keys, values, strict=True))
    return Cell(rank, Act.STEP, spec.name, "", key, key_text(key))


def _publish_cell(rank: int, name: str, kind: str, key: Key) -> Cell:
    return Cell(rank, Act.PUBLISH, name, kind, key, key_text(key))
