"""Turning claimed jobs into orders, and orders into outcomes."""

from __future__ import annotations

from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass
from pathlib import Path

from gnomon.core.jobs import Act, Job, Outcome, State
from gnomon.core.kinds import key_text
from gnomon.core.pipeline import RECEIPT, receipt_key
from gnomon.core.view import View
from gnomon.engine.commit import inspected
from gnomon.engine.events import Event, Happened
from gnomon.engine.execute import printable, run_fetch, run_publication, run_step
from gnomon.engine.orders import FetchOrder, PublishOrder, step_order
from gnomon.engine.parts import Parts
from gnomon.errors import Corrupt, StoreError, WorkerLost
from gnomon.publish.publisher import Receipt

_STRIDE_S = 0.25
_LONGEST_STRIDE = 64


@dataclass(frozen=True, slots=True)
class Flight:
    """One try of a job: where it writes, and who runs it."""

    job: Job
    workspace: Path
    executor: Executor


@dataclass(frozen=True, slots=True)
class Landed:
    """A try that has ended.

    Attributes
    ----------
    counts : bool
        Whether a failure is the job's own: where a worker died and several were lost with it,
        nobody knows whose fault that was.
    """

    job: Job
    outcome: Outcome
    workspace: Path | None = None
    counts: bool = True


class Dispatch:
    """The jobs that are under way.

    Short jobs are claimed by the dozen, so that a tick's transaction is shared; long ones one by
    one, so that other loops find work. Jobs that were lost together run one by one until it is
    known which of them kills its worker.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self._store = parts, parts.store
        self._workers = parts.workers.executor
        self._steps = {spec.name: spec for spec in parts.pipeline.steps}
        self._flying: dict[Future[Outcome], Flight] = {}
        self._grounded: list[Landed] = []
        self._suspects: set[str] = set()
        self._mean_s = _STRIDE_S

    def __bool__(self) -> bool:
        return bool(self._flying or self._grounded)

    def holds(self, job: Job) -> bool:
        """Tell whether a job is under way here."""
        return any(f.job.fingerprint == job.fingerprint for f in self._flying.values())

    def room(self, *, for_steps: bool) -> int:
        """Return how many more jobs to claim."""
        flying = sum((f.job.cell.act is Act.STEP) == for_steps for f in self._flying.values())
        if for_steps and self._suspects:
            return max(1 - flying, 0)
        width = self._parts.workers.width if for_steps else self._parts.tuning.streams
        stride = min(int(width * _STRIDE_S / max(self._mean_s, 1e-6)), _LONGEST_STRIDE)
        return max(width + 1 if width > 1 else 1, stride) - flying

    def start(self, job: Job, view: View) -> None:
        """Hand a job to its executor."""
        cell = job.cell
        self._parts.listen(Event(Happened.STARTED, cell.name, cell.key_text, act=cell.act))
        try:
            workspace = self._store.workspace(job.fingerprint)
        except StoreError as error:
            outcome = _failed(job, error.slug, str(error), self._parts.clock_us())
            self._grounded.append(Landed(job, outcome))
            return
        executor: Executor = self._workers if cell.act is Act.STEP else self._parts.streams
        try:
            future = self._submit(executor, job, view, workspace)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
        self._flying[future] = Flight(job, workspace, executor)

    def landed(self, timeout_s: float) -> list[Landed]:
        """Return what has ended, waiting a while for the first to do so."""
        found, self._grounded = self._grounded, []
        done, _ = wait(self._flying, 0 if found else timeout_s, FIRST_COMPLETED)
        found += [self._take_down(future) for future in done]
        for landed in found:
            spent_s = max(landed.outcome.finished_us - landed.outcome.started_us, 0) / 1e6
            self._mean_s += 0.2 * (spent_s - self._mean_s)
        return found

    def clean(self, landed: Landed) -> None:
        """Remove the workspace of a try that has ended."""
        if landed.workspace is not None:
            self._store.discard(landed.workspace)

    def _take_down(self, future: Future[Outcome]) -> Landed:
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            flight = self._flying.pop(future)
            self._suspects.discard(flight.job.cell.slot)
            elsewhere = flight.job.cell.act is Act.STEP
            outcome = inspected(future.result(), every_byte=elsewhere)
            return Landed(flight.job, outcome, flight.workspace)
        if not isinstance(error, Exception):
            raise error
        if isinstance(error, BrokenExecutor):
            self._renew_workers(self._flying[future].executor)
        job, workspace = self._flying[future].job, self._flying.pop(future).workspace
        message = f"the worker of {job.cell.slot} died: {printable(str(error))}"
        outcome = _failed(job, WorkerLost.__name__, message, self._parts.clock_us())
        return Landed(job, outcome, workspace, counts=job.cell.slot not in self._suspects)

    def _renew_workers(self, broken: Executor) -> None:
        """Replace the workers, once, and suspect all who were aboard if there were several."""
        if broken is not self._workers:
            return
        aboard = {f.job.cell.slot for f in self._flying.values() if f.executor is broken}
        self._suspects = self._suspects | aboard if len(aboard) > 1 else self._suspects - aboard
        self._workers = self._parts.workers.renew()

    def _submit(self, executor: Executor, job: Job, view: View, workspace: Path) -> Future[Outcome]:
        act = job.cell.act
        if act is Act.STEP:
            spec = self._steps[job.cell.name]
            return executor.submit(run_step, step_order(job, spec, self._store.root, workspace))
        if act is Act.FETCH:
            return executor.submit(run_fetch, self._fetch_order(job, view, workspace))
        return executor.submit(run_publication, self._publish_order(job, view, workspace))

    def _fetch_order(self, job: Job, view: View, workspace: Path) -> FetchOrder:
        cell, item = job.cell, job.item
        assert item is not None  # noqa: S101  every fetch job carries its item
        kind = self._parts.catalog.kinds[item.kind]
        current = view.current(item.kind, cell.key_text)
        locked = item.version is not None  # such a body is the archive's alone
        known = None if current is None or locked else self._store.as_input(current)
        source = self._parts.sources[cell.name]

        def progress(count: int) -> None:
            event = Event(Happened.BYTES, cell.name, cell.key_text, count=count, act=cell.act)
            self._parts.listen(event)

        return FetchOrder(job.fingerprint, source, item, kind, known, progress, workspace)

    def _publish_order(self, job: Job, view: View, workspace: Path) -> PublishOrder:
        cell, store = job.cell, self._store
        key = receipt_key(cell.name, cell.kind, cell.key_text)
        receipt = view.current(RECEIPT.name, key_text(key))
        try:
            previous = Receipt.read(store.path(receipt)) if receipt else None
        except Corrupt:
            previous = None
        return PublishOrder(
            job.fingerprint,
            self._parts.publishers[cell.name],
            cell.name,
            job.inputs[0][1],
            previous,
            store.root,
            workspace,
        )


def _failed(job: Job, slug: str, message: str, at_us: int) -> Outcome:
    return Outcome(
        job.fingerprint,
        State.FAILED,
        error=slug,
        message=message,
        started_us=at_us,
        finished_us=at_us,
    )
