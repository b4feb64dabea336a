"""Turning claimed jobs into orders, and orders into outcomes."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path

from gnomon.core.jobs import Act, Job, Outcome, State
from gnomon.core.kinds import key_text
from gnomon.core.pipeline import RECEIPT, receipt_key
from gnomon.core.view import View
from gnomon.engine.commit import inspected
from gnomon.engine.events import Event, Happened
from gnomon.engine.execute import run_fetch, run_publication, run_step
from gnomon.engine.orders import FetchOrder, PublishOrder, step_order
from gnomon.engine.parts import Parts
from gnomon.errors import Corrupt, StoreError, WorkerLost
from gnomon.publish.publisher import Receipt

_STRIDE_S = 0.25
_LONGEST_STRIDE = 64


class Dispatch:
    """The jobs that are under way.

    Short jobs are claimed by the dozen, so that a tick's transaction is shared; long ones one by
    one, so that other loops find work.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._workers = parts.workers.executor
        self._steps = {spec.name: spec for spec in parts.pipeline.steps}
        self._flying: dict[Future[Outcome], Job] = {}
        self._lost: list[tuple[Job, Outcome]] = []
        self._workspaces: dict[str, Path] = {}
        self._mean_s = _STRIDE_S

    def __bool__(self) -> bool:
        return bool(self._flying or self._lost)

    @property
    def jobs(self) -> list[Job]:
        """The jobs under way."""
        return list(self._flying.values())

    def room(self, *, for_steps: bool) -> int:
        """Return how many more jobs to claim."""
        flying = sum((job.cell.act is Act.STEP) == for_steps for job in self._flying.values())
        width = self._parts.workers.width if for_steps else self._parts.tuning.streams
        stride = min(int(_STRIDE_S / max(self._mean_s, 1e-6)), _LONGEST_STRIDE)
        return max(width + 1 if width > 1 else 1, stride) - flying

    def start(self, job: Job, view: View) -> None:
        """Hand a job to its executor."""
        cell = job.cell
        self._parts.listen(Event(Happened.STARTED, cell.name, cell.key_text, act=cell.act))
        try:
            future = self._submit(job, view)
        except BrokenExecutor as error:
            self._lost.append((job, _lost(job, error)))
            self._renew_workers()
        except StoreError as error:
            self._lost.append((job, _not_started(job, error)))
        else:
            self._flying[future] = job

    def landed(self, timeout_s: float) -> list[tuple[Job, Outcome]]:
        """Return what has ended, waiting a while for the first to do so."""
        found, self._lost = self._lost, []
        done, _ = wait(self._flying, 0 if found else timeout_s, FIRST_COMPLETED)
        broken = False
        for future in done:
            job = self._flying.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            broken = broken or isinstance(error, BrokenExecutor)
            found.append((job, inspected(future.result()) if error is None else _lost(job, error)))
        if broken:
            self._renew_workers()
        for _, outcome in found:
            spent_s = max(outcome.finished_us - outcome.started_us, 0) / 1e6
            self._mean_s += 0.2 * (spent_s - self._mean_s)
        return found

    def clean(self, job: Job) -> None:
        """Remove the workspace of a job that has ended."""
        if workspace := self._workspaces.pop(job.fingerprint, None):
            self._parts.store.discard(workspace)

    def _renew_workers(self) -> None:
        self._workers = self._parts.workers.renew()

    def _submit(self, job: Job, view: View) -> Future[Outcome]:
        store, act = self._parts.store, job.cell.act
        workspace = store.workspace(job.fingerprint)
        streams: Executor = self._parts.streams
        if act is Act.STEP:
            spec = self._steps[job.cell.name]
            return self._workers.submit(run_step, step_order(job, spec, store.root, workspace))
        if act is Act.FETCH:
            return streams.submit(run_fetch, self._fetch_order(job, view, workspace))
        return streams.submit(run_publication, self._publish_order(job, view, workspace))

    def _fetch_order(self, job: Job, view: View, workspace: Path) -> FetchOrder:
        cell, item = job.cell, job.item
        assert item is not None  # noqa: S101  every fetch job carries its item
        kind = self._parts.catalog.kinds[item.kind]
        known = view.current(item.kind, cell.key_text)
        source = self._parts.sources[cell.name]

        def progress(count: int) -> None:
            event = Event(Happened.BYTES, cell.name, cell.key_text, count=count, act=cell.act)
            self._parts.listen(event)

        return FetchOrder(job.fingerprint, source, item, kind, known, progress, workspace)

    def _publish_order(self, job: Job, view: View, workspace: Path) -> PublishOrder:
        cell, store = job.cell, self._parts.store
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


def _lost(job: Job, error: BaseException) -> Outcome:
    message = f"the worker of {job.cell.slot} died: {error}"
    slug = WorkerLost.__name__
    return Outcome(job.fingerprint, State.FAILED, error=slug, message=message)


def _not_started(job: Job, error: StoreError) -> Outcome:
    return Outcome(job.fingerprint, State.FAILED, error=error.slug, message=str(error))
