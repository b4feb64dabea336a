"""Jobs and cells.

A *cell* is a place for a result: one step and one key. Its text, the *slot*, never changes; the
*job* that fills it does, whenever its fingerprint does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gnomon.core.dataset import Coverage, Dataset
from gnomon.core.fingerprint import Bound
from gnomon.core.items import Item
from gnomon.core.kinds import Key, Tags


class State(StrEnum):
    """What the catalogue says of a job; waiting is not stored, it is computed."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"


class Act(StrEnum):
    """What a job does."""

    FETCH = "fetch"
    STEP = "step"
    PUBLISH = "publish"
    ADOPT = "adopt"
    """Not planned: a person brought the file."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The catalogue's row of one job, as far as planning needs it."""

    fingerprint: str
    slot: str
    state: State
    lease_us: int = 0
    owner: str = ""
    finished_us: int = 0
    error: str = ""


SLOT = "|"


@dataclass(frozen=True, slots=True)
class Cell:
    """A place for a result.

    Attributes
    ----------
    rank : int
        Sources come first, then the steps in the order of the data, then publishers.
    name : str
        Of the source, step or publisher in the pipeline.
    kind : str
        What is fetched or published; empty for a step, which makes what it declares.
    slot : str
        The text that the catalogue knows it by.
    """

    rank: int
    act: Act
    name: str
    kind: str
    key: Key
    key_text: str
    slot: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slot", SLOT.join((self.name, self.kind, self.key_text)))


Output = tuple[str, Key]
"""(kind, key) of what a job makes; the key of a fan-out is only partly known."""


@dataclass(frozen=True, slots=True)
class Job:
    """One cell on one set of inputs: what the loop claims and an executor runs."""

    fingerprint: str
    cell: Cell
    version: int
    config: str
    inputs: tuple[Bound, ...] = ()
    item: Item | None = None


class Verdict(StrEnum):
    """What planning decided about a cell."""

    RUN = "run"
    """Nobody has made this yet."""
    REUSE = "reuse"
    """It was made before; those outputs become current again."""
    KEEP = "keep"
    """It is there."""
    WAIT = "wait"
    """Something is missing, or settling, or in progress."""
    RETIRE = "retire"
    """Its inputs are gone, and so must its outputs go."""
    FAILED = "failed"
    """It failed for good; the next run tries again."""
    REJECTED = "rejected"
    """Its inputs make no sense; it waits for them to change."""
    ABSENT = "absent"
    """There is nothing to make, and nothing is there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on one cell, with its reason."""

    cell: Cell
    verdict: Verdict
    reason: str = ""
    job: Job | None = None
    retires: bool = False
    """Whether what the cell holds now must go."""
    until_us: int | None = None
    """When to look again, microseconds since 1970-01-01 UTC; None: when something changes."""
    blocks: bool = False
    """Whether what reads this cell should wait for it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in the catalogue since a sequence number."""

    seq: int
    datasets: list[tuple[Dataset, bool]] = field(default_factory=list)
    """Each with whether it is current and good."""
    jobs: list[JobStatus] = field(default_factory=list)
    slots: list[tuple[str, str | None]] = field(default_factory=list)
    items: list[tuple[str, Item, bool]] = field(default_factory=list)
    """(source, item, whether the archive still lists it)."""


@dataclass(frozen=True, slots=True)
class Product:
    """One finished file, still in its job's workspace.

    Attributes
    ----------
    path : str
        Absolute.
    size : int
        Bytes.
    version, place, replace
        The `version`, `path` and `replace` of the item that it is.
    content : str
        The sha256 of the bytes as their maker left them, before the commit wrote the version in.
    """

    role: str
    kind: str
    key: Key
    path: str
    sha256: str
    size: int
    tags: Tags = field(default_factory=dict)
    coverage: Coverage | None = None
    version: int | None = None
    place: str = ""
    replace: bool = False
    content: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: what a worker hands back to the loop.

    Attributes
    ----------
    state : State
        `DONE`, `FAILED` or `REJECTED`.
    products : tuple of Product
        What it made; none is fine where the archive had nothing.
    flaw : str
        What was lost, though it is done.
    error, message, trace : str
        The error's slug, its words, and where it was raised.
    after_s : float, optional
        How long the archive asked us to wait.
    started_us, finished_us : int
        Microseconds since 1970-01-01 UTC, by the worker's clock.
    """

    fingerprint: str
    state: State
    products: tuple[Product, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    flaw: str = ""
    error: str = ""
    message: str = ""
    trace: str = ""
    after_s: float | None = None
    started_us: int = 0
    finished_us: int = 0
