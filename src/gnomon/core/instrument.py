"""The bundle that a plug-in exports through the entry point group ``gnomon.instruments``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.core.kinds import Kind
from gnomon.core.steps import Step, StepConfig


@dataclass(frozen=True)
class SourceType:
    """A source that a pipeline can name: its options, and how to open it.

    `open` takes the validated options and a `gnomon.acquire.connect.Network`, and returns a
    `gnomon.acquire.source.Source`.
    """

    name: str
    config: type[StepConfig]
    kinds: tuple[Kind, ...]
    open: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class PublisherType:
    """A publisher that a pipeline can name.

    `open` takes the validated options and the project's folder, and returns a
    `gnomon.publish.publisher.Publisher`.
    """

    name: str
    config: type[StepConfig]
    open: Callable[[Any, Path], Any]


@dataclass(frozen=True)
class Dialect:
    """Pipelines as another system writes them.

    Attributes
    ----------
    table : str
        The table of a TOML file that tells that it is one.
    translate : callable
        Takes what the file says and where it is; returns the same as a pipeline of ours says it.
    """

    table: str
    translate: Callable[[Mapping[str, Any], Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Instrument:
    """Everything that gnomon must know of one instrument."""

    name: str
    kinds: tuple[Kind, ...] = ()
    sources: tuple[SourceType, ...] = ()
    steps: tuple[Step, ...] = ()
    publishers: tuple[PublisherType, ...] = ()
    pipelines: Mapping[str, Path] = field(default_factory=dict)
    """Ready-made pipeline files that `gnomon init` copies."""
    dialects: tuple[Dialect, ...] = ()
