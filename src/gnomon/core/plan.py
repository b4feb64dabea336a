"""The planner: what to run, reuse, retire and wait for, and why.

`plan` is pure: (view, pipeline, now) in, decisions out. `Planner` is the same function kept
incremental: fed with changes, it looks again only at the cells that those changes can touch.

Three rules make the order of arrival irrelevant. A cell is identified by the bytes of its inputs,
never by when they came. A cell waits while a job that feeds it is planned or running, so nobody
acts on an intermediate state. And a cell whose inputs are gone retires what it made.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from gnomon.core.cells import Cells, joins_on
from gnomon.core.fingerprint import of_fetch, of_publication, of_step
from gnomon.core.gather import gather
from gnomon.core.items import Item
from gnomon.core.jobs import Act, Cell, Changes, Decision, Job, JobStatus, State, Verdict
from gnomon.core.pipeline import Pipeline, PublisherSpec, SourceSpec, StepSpec
from gnomon.core.view import Names, Projection, View, project

Again = Callable[[JobStatus], tuple[int, bool] | None]
"""When a failed job is tried again, microseconds since 1970 UTC, and whether those that read what
it makes should wait for that; None: not in this run."""
Wanted = Callable[[str, Item], bool]
"""Whether this run is to fetch an item of a source."""


@dataclass(frozen=True, slots=True)
class Now:
    """The two clocks of planning.

    Attributes
    ----------
    wall_us : int
        Microseconds since 1970-01-01 UTC: leases and retries.
    horizon_us : int, optional
        What groups settle against; None is the clock at infinity, which makes a batch.
    """

    wall_us: int
    horizon_us: int | None = None


def at_once(_: JobStatus) -> tuple[int, bool] | None:
    """Try failed jobs again without a delay."""
    return 0, True


def everything(_source: str, _item: Item) -> bool:
    """Want every item."""
    return True


class Planner:
    """Decisions on every cell of one pipeline, kept true under changes.

    Attributes
    ----------
    view : View
        What exists.
    decisions : dict of str to Decision
        By slot; cells that are kept or absent are left out.
    ready_counts : Counter
        How many jobs stand ready, by name of source, step or publisher.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        view: View,
        *,
        again: Again = at_once,
        wanted: Wanted = everything,
        begun_us: int = 0,
    ) -> None:
        self.view = view
        self._selects = pipeline.selects
        self._force_us = begun_us if pipeline.run.force else 0
        self.decisions: dict[str, Decision] = {}
        self._again, self._wanted, self._wants = again, wanted, pipeline.wants
        self._cells = Cells(pipeline, view, self._waiting)
        self._blocked: Counter[tuple[str, Names, Projection | None]] = Counter()
        self.ready_counts: Counter[str] = Counter()
        self._ready: dict[int, dict[str, Decision]] = {}
        self._outstanding: dict[str, Decision] = {}
        self._alarms: list[tuple[int, str]] = []
        self._dirty: dict[str, Cell] = {}
        self._queue: list[tuple[int, str]] = []

    # -- what the loop asks

    def full(self, now: Now) -> None:
        """Look at every cell: what could exist, and what does."""
        for cell in self._cells.all():
            self._mark(cell)
        for slot in self.view.slots:
            if slot not in self._dirty:
                self._mark(self._cells.of_slot(slot))
        self._settle(now)

    def update(self, changes: Changes, now: Now) -> None:
        """Take changes in and look again at what they touch, and at what has come due."""
        self.view.apply(changes)
        for dataset, _ in changes.datasets:
            self._mark(*self._cells.reading(dataset.kind, dataset.key, dataset))
        for slot in {*(s for s, _ in changes.slots), *(job.slot for job in changes.jobs)}:
            self._mark(self._cells.of_slot(slot))
        for source, item, _ in changes.items:
            self._mark(self._cells.of_item(source, item))
        while self._alarms and self._alarms[0][0] <= now.wall_us:
            decision = self.decisions.get(heapq.heappop(self._alarms)[1])
            self._mark(decision.cell if decision else None)
        self._settle(now)

    def look_again(self, slots: Iterable[str]) -> None:
        """Let the next update decide anew on cells whose circumstances changed outside the view."""
        for slot in slots:
            self._mark(self._cells.of_slot(slot))

    def ready(self, acts: Iterable[Act], most: int) -> list[Job]:
        """Return jobs to claim, those nearest to the sources first."""
        wanted = set(acts)
        found = (
            decision.job
            for rank in sorted(self._ready)
            for decision in self._ready[rank].values()
            if decision.cell.act in wanted and decision.job is not None
        )
        return list(islice(found, max(most, 0)))

    def done_before(self, jobs: Iterable[Job]) -> list[str]:
        """Return the fingerprints of steps among these that were done, and are asked for again."""
        return [
            job.fingerprint
            for job in jobs
            if self._is_forced(job.cell, self.view.jobs.get(job.fingerprint))
        ]

    def with_verdict(self, verdict: Verdict) -> list[Decision]:
        """Return the decisions of one verdict."""
        if verdict is Verdict.RUN:
            return [decision for level in self._ready.values() for decision in level.values()]
        return [decision for decision in self.decisions.values() if decision.verdict is verdict]

    def outstanding(self) -> list[Decision]:
        """Return the decisions that the loop itself must carry out: reuse, and retire."""
        return list(self._outstanding.values())

    def dismiss(self, decision: Decision) -> None:
        """Leave a decision that could not be carried out to the next run."""
        self._outstanding.pop(decision.cell.slot, None)

    def is_due_later(self) -> bool:
        """Tell whether a cell that others wait for is only a matter of time."""
        return any(d.blocks and d.until_us is not None for d in self.decisions.values())

    # -- deciding

    def _mark(self, *cells: Cell | None) -> None:
        for cell in cells:
            if cell is not None and cell.slot not in self._dirty:
                self._dirty[cell.slot] = cell
                heapq.heappush(self._queue, (cell.rank, cell.slot))

    def _settle(self, now: Now) -> None:
        """Decide on the marked cells in the order of the data; each may mark those behind it."""
        while self._queue:
            _, slot = heapq.heappop(self._queue)
            self._replace(slot, self._decide(self._dirty.pop(slot), now))

    def _replace(self, slot: str, decision: Decision) -> None:
        old = self.decisions.pop(slot, None)
        rank = decision.cell.rank
        if self._ready.get(rank, {}).pop(slot, None) is not None:
            self.ready_counts[decision.cell.name] -= 1
        self._outstanding.pop(slot, None)
        if decision.verdict not in {Verdict.KEEP, Verdict.ABSENT} or decision.retires:
            self.decisions[slot] = decision
        if decision.verdict is Verdict.RUN:
            self._ready.setdefault(rank, {})[slot] = decision
            self.ready_counts[decision.cell.name] += 1
        if decision.verdict is Verdict.REUSE or decision.retires:
            self._outstanding[slot] = decision
        if decision.until_us is not None:
            heapq.heappush(self._alarms, (decision.until_us, slot))
        was, now_blocks = old is not None and old.blocks, decision.blocks
        if was != now_blocks:
            self._block(decision.cell, +1 if now_blocks else -1)

    def _decide(self, cell: Cell, now: Now) -> Decision:
        spec = self._cells.specs[cell.rank]
        if not self._wants(cell.key):
            return Decision(cell, Verdict.ABSENT, "not asked for")
        if not self._cells.is_addressed(cell):
            return self._nothing(cell, "its key is no longer one of the kind")
        if isinstance(spec, SourceSpec):
            return self._decide_fetch(cell, spec, now)
        if isinstance(spec, StepSpec):
            return self._decide_step(cell, spec, now)
        return self._decide_publication(cell, spec, now)

    def _decide_fetch(self, cell: Cell, spec: SourceSpec, now: Now) -> Decision:
        item = self.view.items.get(spec.name, {}).get((cell.kind, cell.key_text))
        if item is None:
            return self._nothing(cell, "the archive no longer lists it")
        if not self._wanted(spec.name, item):
            return Decision(cell, Verdict.ABSENT, "not asked for")
        fingerprint = of_fetch(spec.name, item, cell.key_text)
        return self._weigh(cell, Job(fingerprint, cell, 1, "", item=item), now)

    def _decide_step(self, cell: Cell, spec: StepSpec, now: Now) -> Decision:
        if feeder := self._feeder(spec, cell):
            return Decision(cell, Verdict.WAIT, f"{feeder} is still being made", blocks=True)
        found = gather(self.view, spec.step, cell.key, now.horizon_us)
        if found.empty:
            return self._nothing(cell, "its inputs are gone")
        if found.lacks:
            held = cell.slot in self.view.slots
            return Decision(cell, Verdict.WAIT, found.lacks, retires=held, blocks=held)
        if not self._selects(d for role, d in found.bound if role not in spec.step.grouped):
            return Decision(cell, Verdict.ABSENT, "not asked for")
        if found.settles_us is not None:
            return Decision(cell, Verdict.WAIT, found.settles, until_us=found.settles_us)
        fingerprint = of_step(spec.recipe, cell.key_text, found.bound)
        bound = tuple(found.bound)
        job = Job(fingerprint, cell, spec.step.version, spec.config_text, bound)
        return self._weigh(cell, job, now)

    def _decide_publication(self, cell: Cell, spec: PublisherSpec, now: Now) -> Decision:
        names = tuple(cell.key)
        if self._is_blocked(cell.kind, names, project(cell.key, names)):
            return Decision(cell, Verdict.WAIT, f"{cell.kind} is still being made", blocks=True)
        dataset = self.view.current(cell.kind, cell.key_text)
        if dataset is None:
            return self._nothing(cell, "what was published is gone")
        fingerprint = of_publication(spec.recipe, dataset)
        job = Job(fingerprint, cell, 1, spec.config_text, (("dataset", dataset),))
        return self._weigh(cell, job, now)

    def _nothing(self, cell: Cell, reason: str) -> Decision:
        if cell.slot in self.view.slots:
            return Decision(cell, Verdict.RETIRE, reason, retires=True, blocks=True)
        return Decision(cell, Verdict.ABSENT, reason)

    def _weigh(self, cell: Cell, job: Job, now: Now) -> Decision:
        """Compare the job that the cell wants with what the catalogue says of it."""
        status = self.view.jobs.get(job.fingerprint)
        held = self.view.slots.get(cell.slot)
        done = status is not None and status.state is State.DONE
        forced = self._is_forced(cell, status)
        if done and held == job.fingerprint and not forced:
            return Decision(cell, Verdict.KEEP)
        if (until := self._busy_until(job, now)) is not None:
            reason = "an older job of this cell still runs"
            return Decision(cell, Verdict.WAIT, reason, until_us=until, blocks=True)
        if done and cell.act is not Act.PUBLISH and not forced:
            return Decision(cell, Verdict.REUSE, "made before", job, blocks=True)
        if status is None or done or status.state is State.READY:
            # A target holds what was published last, so going back there is work.
            reason = "its inputs, options or version changed" if held else "new"
            reason = "asked for again" if forced else reason
            return Decision(cell, Verdict.RUN, reason, job, blocks=True)
        return self._weigh_unfinished(cell, job, status, now)

    def _is_forced(self, cell: Cell, status: JobStatus | None) -> bool:
        """Tell whether a step is to be done again that was done before this run began."""
        if status is None or status.state is not State.DONE:
            return False
        return cell.act is Act.STEP and status.finished_us < self._force_us

    def _busy_until(self, job: Job, now: Now) -> int | None:
        """Return how long another job of the same cell holds its lease; None: there is none."""
        running = self.view.running(job.cell.slot)
        leases = [other.lease_us for other in running if other.fingerprint != job.fingerprint]
        return max((lease for lease in leases if lease > now.wall_us), default=None)

    def _weigh_unfinished(self, cell: Cell, job: Job, status: JobStatus, now: Now) -> Decision:
        if status.state is State.RUNNING:
            return self._weigh_running(cell, job, status, now)
        if status.state is State.REJECTED:
            # A bad re-issue leaves the last good file standing; a product of inputs that make
            # no sense does not outlive them.
            gone = cell.slot in self.view.slots and cell.act is Act.STEP
            return Decision(cell, Verdict.REJECTED, "rejected", retires=gone, blocks=gone)
        return self._weigh_failed(cell, job, status, now)

    def _weigh_running(self, cell: Cell, job: Job, status: JobStatus, now: Now) -> Decision:
        if status.lease_us > now.wall_us:
            until = status.lease_us
            return Decision(cell, Verdict.WAIT, "running", until_us=until, blocks=True)
        return Decision(cell, Verdict.RUN, "its loop is gone", job, blocks=True)

    def _weigh_failed(self, cell: Cell, job: Job, status: JobStatus, now: Now) -> Decision:
        again = self._again(status)
        if again is None:
            return Decision(cell, Verdict.FAILED, "failed; the next run tries again")
        again_us, blocks = again
        if again_us <= now.wall_us:
            return Decision(cell, Verdict.RUN, "tried again", job, blocks=True)
        return Decision(cell, Verdict.WAIT, "to be tried again", until_us=again_us, blocks=blocks)

    # -- who waits for whom

    def _feeder(self, spec: StepSpec, cell: Cell) -> str:
        if not self._blocked:
            return ""
        for mark in spec.step.inputs.values():
            names = joins_on(mark, spec.step.cell_keys)
            if self._is_blocked(mark.kind.name, names, project(cell.key, names)):
                return mark.kind.name
        return ""

    def _is_blocked(self, kind: str, names: Names, values: Projection) -> bool:
        return self._blocked[kind, names, values] > 0 or self._blocked[kind, names, None] > 0

    def _block(self, cell: Cell, change: int) -> None:
        """Count a cell in or out of those that its readers wait for, and wake the readers."""
        for kind, key in self._cells.outputs(cell):
            turned = False
            for names in {reader.names for reader in self._cells.readers.get(kind, ())}:
                known = all(name in key for name in names)
                place = kind, names, project(key, names) if known else None
                self._blocked[place] += change
                # Only the first to block, and the last to let go, make a difference.
                turned = turned or self._blocked[place] == max(change, 0)
                if not self._blocked[place]:
                    del self._blocked[place]
            if turned:
                self._mark(*self._cells.reading(kind, key, None))

    def _waiting(self, rank: int) -> list[Cell]:
        return [d.cell for d in self.decisions.values() if d.cell.rank == rank and d.blocks]


def plan(view: View, pipeline: Pipeline, now: Now) -> list[Decision]:
    """Decide on every cell of a pipeline; the order is that of the data.

    Cells that hold what they should are left out.
    """
    planner = Planner(pipeline, view)
    planner.full(now)
    return sorted(planner.decisions.values(), key=lambda d: (d.cell.rank, d.cell.slot))
