"""Pipelines: which sources, steps and publishers work together, and with which options.

A pipeline is a TOML file::

    name = "argo"

    [[source]]
    use = "argo.gdac"
    mirror = "https://data-argo.ifremer.fr"

    [[step]]
    use = "argo.tables"

    [[publish]]
    use = "folder"
    kinds = ["argo.levels", "argo.profiles"]
    output = "out"

    [select]                    # steps only for these: keys and tags of their inputs
    wmo = ["69*"]

    [run]
    workers = 2
"""

from __future__ import annotations

import graphlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from gnomon.core.dataset import Dataset
from gnomon.core.fingerprint import canonical, digest
from gnomon.core.instrument import Instrument, PublisherType, SourceType
from gnomon.core.kinds import Key, KeyValue, Kind
from gnomon.core.steps import Step, StepConfig
from gnomon.errors import ConfigError, Conflict, CycleInPipeline, UnknownName

Named = TypeVar("Named", Kind, Step, SourceType, PublisherType)

RECEIPT = Kind(
    "receipt",
    keys={"publisher": str, "kind": str, "of": str},
    path="receipts/{publisher}/{kind}/{of}_v{version:03d}.json",
)


def receipt_key(publisher: str, kind: str, key_text: str) -> dict[str, KeyValue]:
    """Return the key of the receipt for one dataset; a kind without keys has but one."""
    return {"publisher": publisher, "kind": kind, "of": key_text or "only"}


class Registry:
    """Everything that the installed instruments offer, by name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.instruments = tuple(instruments)
        self.kinds = _by_name("kind", (RECEIPT, *(k for i in self.instruments for k in i.kinds)))
        self.steps = _by_name("step", (s for i in self.instruments for s in i.steps))
        self.sources = _by_name("source", (s for i in self.instruments for s in i.sources))
        self.publishers = _by_name("publisher", (p for i in self.instruments for p in i.publishers))

    def kind(self, name: str) -> Kind:
        """Return the kind of that name."""
        return _look_up("kind", name, self.kinds)


def _by_name(what: str, things: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for thing in things:
        if thing.name in found and found[thing.name] != thing:
            raise Conflict(f"two {what}s are called {thing.name!r}")
        found[thing.name] = thing
    return found


def _look_up(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if name not in known:
        raise UnknownName(what, name, known)
    return known[name]


@dataclass(frozen=True)
class SourceSpec:
    """One `[[source]]`: the name under which the catalogue knows it, and its options."""

    name: str
    type: SourceType
    config: StepConfig


@dataclass(frozen=True)
class StepSpec:
    """One `[[step]]` with its options."""

    step: Step
    config: StepConfig

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name

    @cached_property
    def config_text(self) -> str:
        """The options, spelled canonically."""
        return canonical(self.config)

    @cached_property
    def recipe(self) -> str:
        """Digest of all that a fingerprint takes from here."""
        return digest(self.name, str(self.step.version), self.config_text)


@dataclass(frozen=True)
class PublisherSpec:
    """One `[[publish]]`: a target and the kinds that go there."""

    label: str
    type: PublisherType
    config: StepConfig
    kinds: tuple[Kind, ...]

    @cached_property
    def config_text(self) -> str:
        """The options, spelled canonically."""
        return canonical(self.config)

    @cached_property
    def recipe(self) -> str:
        """Digest of the target."""
        return digest(self.label, self.config_text)

    @cached_property
    def name(self) -> str:
        """The label and the target, so that each target has its own cells."""
        return f"{self.label}-{self.recipe[:8]}"


class RunConfig(StepConfig):
    """How a pipeline wants to be run, where nobody says otherwise."""

    executor: Literal["", "inline", "processes", "dask"] = Field(
        "", description="where steps run; the project's settings say so when absent"
    )
    workers: int | None = Field(None, ge=1, description="processes to run steps in")
    force: bool = Field(False, description="run steps though nothing has changed")


@dataclass(frozen=True)
class Pipeline:
    """A checked pipeline; its steps stand in the order of the data.

    Attributes
    ----------
    only : mapping of str to frozenset
        The values of a key that this run is for, by the key's name; cells of others are left as
        they are.
    select : mapping of str to tuple of str
        Patterns (``*``, ``?``, ``[…]``), by the name of a key or a tag: a step is left as it is
        where an input that has one matches none. Groups are taken whole.
    run : RunConfig
    """

    name: str
    sources: tuple[SourceSpec, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    publishers: tuple[PublisherSpec, ...] = ()
    only: Mapping[str, frozenset[KeyValue]] = field(default_factory=dict)
    select: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        _refuse_conflicts(self)
        object.__setattr__(self, "steps", _in_order(self.steps))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Every kind that it touches, by name."""
        kinds = [kind for spec in self.sources for kind in spec.type.kinds]
        for spec in self.steps:
            kinds += [i.kind for i in spec.step.inputs.values()]
            kinds += [o.kind for o in spec.step.outputs.values()]
        kinds += [kind for publisher in self.publishers for kind in publisher.kinds]
        return {kind.name: kind for kind in (*kinds, RECEIPT)}

    def wants(self, key: Key) -> bool:
        """Tell whether a run is for a cell of this key."""
        return all(key[name] in values for name, values in self.only.items() if name in key)

    def selects(self, inputs: Iterable[Dataset]) -> bool:
        """Tell whether a run is for a cell with these inputs."""
        return all(_matches(dataset, self.select) for dataset in inputs) if self.select else True

    @classmethod
    def from_toml(cls, text: str, registry: Registry) -> Pipeline:
        """Read a pipeline; unknown names and options are errors that name the nearest."""
        return cls.from_data(read_toml(text), registry)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], registry: Registry) -> Pipeline:
        """Read a pipeline from what its TOML says."""
        known = {"name", "source", "step", "publish", "select", "run"}
        for stray in set(data) - known:
            raise UnknownName("pipeline table", stray, known)
        return cls(
            str(data.get("name", "pipeline")),
            tuple(_source(table, registry) for table in _tables(data, "source")),
            tuple(_step(table, registry) for table in _tables(data, "step")),
            tuple(_publisher(table, registry) for table in _tables(data, "publish")),
            select=_select(data.get("select", {}), registry),
            run=validated(RunConfig, _table(data, "run"), "run"),
        )


def read_toml(text: str) -> dict[str, Any]:
    """Return what a pipeline's TOML says.

    Raises
    ------
    ConfigError
        It is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the pipeline is no TOML: {error}") from error


def _matches(dataset: Dataset, select: Mapping[str, tuple[str, ...]]) -> bool:
    said = {**dataset.tags, **dataset.key}
    return all(
        any(fnmatchcase(str(said[name]), pattern) for pattern in patterns)
        for name, patterns in select.items()
        if name in said
    )


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(table := data.get(name, {}), dict):
        raise ConfigError(f"{name!r} must be a table: write [{name}]")
    return dict(table)


def _select(table: Any, registry: Registry) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or not all(isinstance(said, list) for said in table.values()):
        raise ConfigError('select is a table of lists: write [select] and source = ["TauA"]')
    known = {name for kind in registry.kinds.values() for name in (*kind.keys, *kind.tags)}
    for stray in set(table) - known:
        raise UnknownName("key or tag in [select]", stray, known)
    return {name: tuple(map(str, patterns)) for name, patterns in table.items()}


def _tables(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = data.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{name!r} must be a list of tables: write [[{name}]]")
    return [dict(table) for table in tables]


def _use(table: dict[str, Any], what: str) -> str:
    if not isinstance(name := table.pop("use", None), str):
        raise ConfigError(f'every [[{what}]] needs use = "…"')
    return name


def _source(table: dict[str, Any], registry: Registry) -> SourceSpec:
    found = _look_up("source", _use(table, "source"), registry.sources)
    name = str(table.pop("name", found.name))
    return SourceSpec(name, found, validated(found.config, table, f"source {name}"))


def _step(table: dict[str, Any], registry: Registry) -> StepSpec:
    found = _look_up("step", _use(table, "step"), registry.steps)
    return StepSpec(found, validated(found.config, table, f"step {found.name}"))


def _publisher(table: dict[str, Any], registry: Registry) -> PublisherSpec:
    found = _look_up("publisher", _use(table, "publish"), registry.publishers)
    label = str(table.pop("name", found.name))
    names = table.pop("kinds", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"publisher {label}: kinds must be a list of names")
    kinds = tuple(registry.kind(name) for name in names)
    config = validated(found.config, table, f"publisher {label}")
    return PublisherSpec(label, found, config, kinds)


Config = TypeVar("Config", bound=StepConfig)


def validated(model: type[Config], values: Mapping[str, Any], where: str) -> Config:
    """Return `values` as `model`, or say which option is wrong and what is near it."""
    for stray in set(values) - set(model.model_fields):
        raise UnknownName(f"option of {where}", stray, model.model_fields)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        option = ".".join(str(part) for part in first["loc"]) or "options"
        raise ConfigError(f"{where}: {option}: {first['msg']}") from None


def _refuse_conflicts(pipeline: Pipeline) -> None:
    makers: dict[str, str] = {}
    made = [(spec.name, kind) for spec in pipeline.sources for kind in spec.type.kinds]
    made += [(s.name, out.kind) for s in pipeline.steps for out in s.step.outputs.values()]
    for name, kind in made:
        other = makers.setdefault(kind.name, name)
        if other != name:
            raise Conflict(f"both {other!r} and {name!r} make {kind.name!r}")
    names = [s.name for s in pipeline.sources] + [s.name for s in pipeline.steps]
    names += [publisher.name for publisher in pipeline.publishers]
    for name in names:
        if names.count(name) > 1:
            raise Conflict(f"{name!r} stands twice in the pipeline")


def _in_order(steps: tuple[StepSpec, ...]) -> tuple[StepSpec, ...]:
    """Sort the steps so that every kind is made before it is read."""
    maker = {out.kind.name: spec.name for spec in steps for out in spec.step.outputs.values()}
    graph = {
        spec.name: {maker[i.kind.name] for i in spec.step.inputs.values() if i.kind.name in maker}
        for spec in steps
    }
    try:
        order = list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        raise CycleInPipeline(f"the steps feed each other: {' -> '.join(error.args[1])}") from error
    return tuple(sorted(steps, key=lambda spec: order.index(spec.name)))
