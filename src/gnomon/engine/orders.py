"""Orders: what a worker needs to run one job, in values that travel between machines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gnomon.acquire.source import Progress, Source
from gnomon.core.dataset import Dataset, Input, Provenance
from gnomon.core.fingerprint import Bound
from gnomon.core.items import Item
from gnomon.core.jobs import Job
from gnomon.core.kinds import Key, Kind
from gnomon.core.pipeline import StepSpec
from gnomon.publish.publisher import Publisher, Receipt


@dataclass(frozen=True, slots=True)
class Declared:
    """One output of a step: its key, or None where the step itself hands keys out."""

    role: str
    kind: Kind
    key: Key | None


@dataclass(frozen=True, slots=True)
class StepOrder:
    """Run a step; picklable, since functions do not travel and names do."""

    fingerprint: str
    ref: str
    config: str
    bound: tuple[Bound, ...]
    declared: tuple[Declared, ...]
    provenance: Provenance
    root: Path
    workspace: Path


@dataclass(frozen=True, slots=True)
class FetchOrder:
    """Fetch an item; stays in the loop's own process, where the connections are."""

    fingerprint: str
    source: Source
    item: Item
    kind: Kind
    known: Input | None
    progress: Progress
    workspace: Path


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Publish a dataset; `previous` is what its cell published before."""

    fingerprint: str
    publisher: Publisher
    name: str
    dataset: Dataset
    previous: Receipt | None
    root: Path
    workspace: Path


def step_order(job: Job, spec: StepSpec, root: Path, workspace: Path) -> StepOrder:
    """Write the order of one step job."""
    step, cell = spec.step, job.cell
    declared = tuple(
        Declared(role, out.kind, None if role in step.fan_out else cell_key(out.kind, cell.key))
        for role, out in step.outputs.items()
    )
    inputs = tuple(sorted((role, d.kind, d.key_text, d.sha256) for role, d in job.inputs))
    provenance = Provenance(step.name, step.version, job.fingerprint, job.config, inputs)
    return StepOrder(
        job.fingerprint, step.ref, job.config, job.inputs, declared, provenance, root, workspace
    )


def cell_key(kind: Kind, key: Key) -> Key:
    """Return the part of a cell's key that names a dataset of a kind."""
    return {name: key[name] for name in kind.keys}
