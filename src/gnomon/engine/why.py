"""Why a dataset is there, or not yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import JobRow, Link, Stored
from gnomon.core.cells import Cells
from gnomon.core.jobs import Decision, Verdict
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import Pipeline
from gnomon.core.plan import Now, Planner
from gnomon.core.view import View
from gnomon.engine.execute import now_us


@dataclass(frozen=True, slots=True)
class Reason:
    """What is known of one key of one kind.

    Attributes
    ----------
    current : Stored, optional
        The dataset that is there.
    job : JobRow, optional
        What made it, or what last tried to.
    inputs : list of Link
        What went into that job.
    verdict, words : str
        What the planner would do about it now.
    """

    kind: str
    key: str
    current: Stored | None
    job: JobRow | None
    inputs: list[Link]
    verdict: str
    words: str


def why(catalog: Catalog, pipelines: Iterable[Pipeline], kind: Kind, key_text: str) -> Reason:
    """Explain why a dataset is there, or what it waits for.

    Parameters
    ----------
    pipelines : iterable of Pipeline
        Asked in turn; the first that makes the kind answers.
    """
    versions = queries.versions(catalog, kind.name, key_text)
    current = next((stored for stored in versions if stored.current), None)
    decision = _decision(catalog, pipelines, kind, key_text)
    job = _job(catalog, current, decision)
    inputs = queries.links(catalog, job.fingerprint, "in") if job else []
    verdict = decision.verdict if decision else (Verdict.KEEP if current else Verdict.ABSENT)
    words = decision.reason if decision else _unplanned(kind, current)
    return Reason(kind.name, key_text, current, job, inputs, verdict, words)


def _unplanned(kind: Kind, current: Stored | None) -> str:
    if current is None:
        return f"no archive lists it and no step makes it from what there is ({kind.name})"
    if current.quality != "good":
        return f"it is {current.quality}"
    return "it is what it should be"


def _job(catalog: Catalog, current: Stored | None, decision: Decision | None) -> JobRow | None:
    if decision is not None:
        return queries.job_of_slot(catalog, decision.cell.slot)
    if current is None:
        return None
    holding = set(queries.slots_of(catalog, current.dataset.seq))
    made = queries.makers(catalog, current.dataset.seq)
    return next((job for job in made if job.slot in holding), next(iter(made), None))


def _decision(
    catalog: Catalog, pipelines: Iterable[Pipeline], kind: Kind, key_text: str
) -> Decision | None:
    """Return what planning says of the cell that makes a key; None where it keeps what it has."""
    key = kind.key(key_text)
    for pipeline in pipelines:
        if kind.name not in pipeline.kinds:
            continue
        view = View()
        view.apply(catalog.changes(0))
        planner = Planner(pipeline, view)
        planner.full(Now(now_us(), now_us()))
        cells = Cells(pipeline, view, lambda _rank: [])
        for decision in planner.decisions.values():
            for made, part in cells.outputs(decision.cell):
                if made == kind.name and all(key[name] == value for name, value in part.items()):
                    return decision
    return None
