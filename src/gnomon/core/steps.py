"""Steps: functions from files to files, whose signature is their contract.

>>> @step("demo.double", version=1)
... def double(raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(TWICE)]) -> Report:
...     out.write_text(raw.read_text() * 2)
...     return Report()

A parameter is an input (`In`), an output (`Out`), the configuration (a `StepConfig`) or the
`Provenance` to embed. An input annotated ``Path`` or `Input` takes one dataset, ``list[…]`` a
group; an output annotated `Sink` is a fan-out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict

from gnomon.core.dataset import Coverage, Input, Provenance, Report
from gnomon.core.kinds import KeyValue, Kind, Tags
from gnomon.errors import ConfigError


class StepConfig(BaseModel):
    """The options of a step or a source: frozen, typed, and no key beside the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoConfig(StepConfig):
    """A step without options."""


@dataclass(frozen=True)
class In:
    """How a step finds an input.

    Parameters
    ----------
    kind : Kind
        What it reads.
    by : tuple of str, optional
        Group: all datasets that share these keys, as a list; ``()`` takes all in one group.
    count : int, optional
        The group is full at this many; until then it waits to settle.
    at_least : int
        Fewer than this never runs.
    settle_s : float
        A group without its full count waits this long after its newest arrival.
    nearest, covers : bool
        Instead of shared keys, the one nearest in time to the first input, or the one whose
        coverage holds the first input's; of several the last to begin.
    within_s : float, optional
        The farthest that `nearest` may lie.
    where : mapping of str to str
        Tags that a dataset must carry.
    optional : bool
        The step runs without it too.
    """

    kind: Kind
    by: tuple[str, ...] | None = None
    count: int | None = None
    at_least: int = 1
    settle_s: float = 0.0
    nearest: bool = False
    covers: bool = False
    within_s: float | None = None
    where: Tags = field(default_factory=dict)
    optional: bool = False

    def __post_init__(self) -> None:
        if stray := set(self.by or ()) - set(self.kind.keys):
            raise ConfigError(f"{self.kind.name} has no keys {sorted(stray)} to group by")
        if self.nearest and self.covers:
            raise ConfigError("an input is the nearest in time or the covering one, not both")

    @property
    def timed(self) -> bool:
        """Whether time, not keys, finds it."""
        return self.nearest or self.covers


@dataclass(frozen=True)
class Out:
    """What a step writes."""

    kind: Kind


class Sink(Protocol):
    """A fan-out: hands out a path per key."""

    def new(
        self, *, tags: Tags | None = None, coverage: Coverage | None = None, **key: KeyValue
    ) -> Path:
        """Return the path to write the dataset of `key` to."""


@dataclass(frozen=True)
class Step:
    """A declared step; calling it calls the plain function."""

    name: str
    version: int
    function: Callable[..., Report]
    inputs: Mapping[str, In]
    grouped: frozenset[str]
    wants_input: frozenset[str]
    outputs: Mapping[str, Out]
    fan_out: frozenset[str]
    config_role: str | None
    config: type[StepConfig]
    provenance_role: str | None

    def __call__(self, *args: Any, **kwargs: Any) -> Report:
        """Call the plain function, as tests and notebooks do."""
        return self.function(*args, **kwargs)

    @property
    def ref(self) -> str:
        """Where a worker finds it: ``module:name``; functions do not travel, names do."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    @cached_property
    def cell_keys(self) -> tuple[str, ...]:
        """The keys that name one cell: those of the group, or of the first input's kind."""
        first = next(iter(self.inputs.values()))
        return tuple(first.kind.keys) if first.by is None else first.by


def step(name: str, *, version: int) -> Callable[[Callable[..., Report]], Step]:
    """Declare a function as a step; raise its `version` whenever its numbers change."""

    def declare(function: Callable[..., Report]) -> Step:
        return _Signature(name, function).read(version)

    return declare


class _Signature:
    """Reads a function's annotations into a `Step`."""

    def __init__(self, name: str, function: Callable[..., Report]) -> None:
        self.name, self.function = name, function
        self.inputs: dict[str, In] = {}
        self.outputs: dict[str, Out] = {}
        self.grouped: set[str] = set()
        self.wants_input: set[str] = set()
        self.fan_out: set[str] = set()
        self.config_role: str | None = None
        self.config: type[StepConfig] = NoConfig
        self.provenance_role: str | None = None

    def read(self, version: int) -> Step:
        """Return the step that the annotations declare."""
        hints = get_type_hints(self.function, include_extras=True)
        if hints.pop("return", None) is not Report:
            raise ConfigError(f"step {self.name} must be annotated to return a Report")
        for role, hint in hints.items():
            self._take(role, hint)
        self._check()
        return Step(
            self.name,
            version,
            self.function,
            self.inputs,
            frozenset(self.grouped),
            frozenset(self.wants_input),
            self.outputs,
            frozenset(self.fan_out),
            self.config_role,
            self.config,
            self.provenance_role,
        )

    def _take(self, role: str, hint: Any) -> None:
        if get_origin(hint) is Annotated:
            self._take_declared(role, *get_args(hint)[:2])
        elif isinstance(hint, type) and issubclass(hint, StepConfig):
            self.config_role, self.config = role, hint
        elif hint is Provenance:
            self.provenance_role = role
        else:
            raise ConfigError(f"step {self.name}: parameter {role!r} declares no role")

    def _take_declared(self, role: str, hint: Any, mark: object) -> None:
        if isinstance(mark, Out):
            self.outputs[role] = mark
            if hint is Sink:
                self.fan_out.add(role)
        elif isinstance(mark, In):
            self.inputs[role] = mark
            self._take_input(role, hint, mark)
        else:
            raise ConfigError(f"step {self.name}: {role!r} is neither In nor Out")

    def _take_input(self, role: str, hint: Any, mark: In) -> None:
        if get_origin(hint) is list:
            self.grouped.add(role)
            (hint,) = get_args(hint)
        plain = [part for part in get_args(hint) or (hint,) if part is not NoneType]
        if plain == [Input]:
            self.wants_input.add(role)
        elif plain != [Path]:
            raise ConfigError(f"step {self.name}: {role!r} must be a Path or an Input")
        if (role in self.grouped) != (mark.by is not None):
            raise ConfigError(f"step {self.name}: {role!r} is a list if, and only if, it has `by`")

    def _check(self) -> None:
        if not self.inputs or not self.outputs:
            raise ConfigError(f"step {self.name} needs an input and an output")
        first = next(iter(self.inputs.values()))
        if first.timed:
            raise ConfigError(f"step {self.name}: the first input drives and cannot be timed")
        cell = set(first.kind.keys if first.by is None else first.by)
        for role, mark in self.inputs.items():
            if mark.by is not None and set(mark.by) != cell:
                raise ConfigError(f"step {self.name}: {role!r} must group by {sorted(cell)}")
            if mark.by is None and not mark.timed and not set(mark.kind.keys) <= cell:
                raise ConfigError(
                    f"step {self.name}: {role!r} is not one to one with {sorted(cell)}"
                )
        for role, out in self.outputs.items():
            if role not in self.fan_out and not set(out.kind.keys) <= cell:
                raise ConfigError(
                    f"step {self.name}: output {role!r} has keys beyond {sorted(cell)}"
                )
