"""The loop: compare what exists with what should exist, and run the difference.

A tick is one transaction: outcomes are committed, changes are read, cells are decided on, jobs
are claimed. Since every loop on a catalogue does this under the same lock, each decision is made
on the state as it is, and several loops share the work without doing any of it twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from gnomon.catalog.writing import CORRUPT, Writing
from gnomon.core.dataset import MICROSECONDS, Dataset
from gnomon.core.items import Item, Listing
from gnomon.core.jobs import SLOT, Act, Changes, Decision, Job, JobStatus, Outcome, State, Verdict
from gnomon.core.kinds import key_text
from gnomon.core.pipeline import RECEIPT
from gnomon.core.plan import Now, Planner
from gnomon.core.view import View
from gnomon.engine.aliases import follow
from gnomon.engine.commit import Commit
from gnomon.engine.dispatch import Dispatch, Landed
from gnomon.engine.events import Event, Happened, Summary
from gnomon.engine.owner import is_gone, own_name
from gnomon.engine.parts import Parts
from gnomon.engine.recheck import listing_of, lost_receipts, mended_files
from gnomon.engine.retries import Retries
from gnomon.errors import (
    Busy,
    CatalogError,
    Conflict,
    ConnectionLost,
    Corrupt,
    Full,
    GnomonError,
    PublishError,
)
from gnomon.publish.publisher import Receipt

_log = logging.getLogger(__name__)
_RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
T = TypeVar("T")


class Loop:
    """One loop over one pipeline; any number may share a catalogue.

    Attributes
    ----------
    owner : str
        The name under which it holds its jobs.
    summary : Summary
        What it did so far.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self._tuning = parts, parts.tuning
        self.owner = own_name()
        self.summary = Summary()
        self._commit = Commit(parts.store, parts.catalog.kinds)
        self._begun_us = parts.clock_us()
        self._dispatch = Dispatch(parts)
        tuning = parts.tuning
        self._retries = Retries(
            parts.clock_us(), tuning.most_tries, tuning.pause_s, tuning.longest_pause_s
        )
        self._listed: dict[str, set[tuple[str, str]] | None] = {}
        self._landed: list[Landed] = []
        self._ahead: Counter[str] = Counter()
        self._after: list[Callable[[], None]] = []
        self._planner: Planner | None = None
        self._watching = False

    # -- the two ways to run

    def run(self) -> Summary:
        """Work until nothing is left to do; groups that wait are taken as they are."""
        self._watching = False
        with self._heartbeat():
            self._open()
            while self._advance():
                pass
        return self._conclude()

    def watch(self, stop: threading.Event, every_s: float) -> Summary:
        """Work until told to stop, listing the archives every so often."""
        self._watching = self._retries.endless = True
        with self._heartbeat():
            while not stop.is_set():
                self._open()
                next_us = self._parts.clock_us() + int(every_s * MICROSECONDS)
                while not stop.is_set() and self._parts.clock_us() < next_us:
                    if not self._advance():
                        stop.wait(self._tuning.poll_s)
            while self._dispatch or self._landed:
                self._land()
                self._persist(self._write_landed)
        return self._conclude()

    def _open(self) -> None:
        self._retries.begun_us = self._parts.clock_us()
        self._persist(self._release_the_dead)
        self._list_sources()
        self._reopen_lost_publications()
        if self._planner is not None:
            failed = self._planner.with_verdict(Verdict.FAILED)
            self._planner.look_again(decision.cell.slot for decision in failed)

    def _advance(self) -> bool:
        """Land what has ended, plan, start what can start; False when nothing is left."""
        self._land()
        started = self._persist(self._tick)
        planner = self._planner
        if planner is not None:
            self._tell_ahead(planner, started)
            for job in started:
                self._dispatch.start(job, planner.view)
        if started or self._dispatch or self._landed:
            return True
        if planner is not None and planner.is_due_later():
            time.sleep(self._tuning.poll_s)
            return True
        return False

    def _tell_ahead(self, planner: Planner, started: list[Job]) -> None:
        """Tell how much lies ahead, for progress bars, where that changed."""
        ahead = planner.ready_counts - Counter(job.cell.name for job in started)
        for name in ahead.keys() | self._ahead.keys():
            if self._ahead[name] != ahead[name]:
                self._tell(Event(Happened.PLANNED, name, count=ahead[name]))
        self._ahead = ahead

    def _conclude(self) -> Summary:
        planner = self._planner
        if planner is not None:
            bad = (Verdict.FAILED, Verdict.REJECTED)
            self.summary.standing = sum(len(planner.with_verdict(verdict)) for verdict in bad)
            waiting = planner.with_verdict(Verdict.WAIT)
            self.summary.waiting = len(waiting)
            self.summary.reasons = dict(Counter(f"{d.cell.name}: {d.reason}" for d in waiting))
        return self.summary

    # -- listing

    def _list_sources(self) -> None:
        sources = self._parts.sources
        kinds = self._parts.catalog.kinds
        cursors = self._persist(lambda writing: {name: writing.cursor(name) for name in sources})
        calls = {
            name: self._parts.streams.submit(listing_of, source, cursors[name], kinds)
            for name, source in sources.items()
        }
        for name, call in calls.items():
            found = call.result()
            if isinstance(found, GnomonError):
                # Nothing can be fetched from an archive that does not even list.
                self._want(name, set())
                self._tell(Event(Happened.NOT_LISTED, name, message=str(found)))
            else:
                self._take_listing(name, found)
                self._reopen_mended_files(name)

    def _take_listing(self, name: str, found: Listing) -> None:
        now_us = self._parts.clock_us()
        new = self._persist(lambda writing: writing.record_listing(name, found, now_us))
        places = {(item.kind, key_text(item.key)) for item in found.items}
        self._want(name, None if found.unchanged else places)
        listed, count = found.items, len(found.items)
        self._tell(Event(Happened.LISTED, name, message=f"{new} new", count=count, items=listed))
        if found.flaw:
            self._tell(Event(Happened.NOT_LISTED, name, message=found.flaw))

    def _want(self, name: str, listed: set[tuple[str, str]] | None) -> None:
        """Fetch of a source what is `listed`; None: all that is known."""
        before, self._listed[name] = self._listed.get(name), listed
        if before is None or listed is None:
            self._planner = self._planner if before is listed else None
        elif self._planner is not None:
            self._planner.look_again(SLOT.join((name, *place)) for place in before ^ listed)

    def _wanted(self, source: str, item: Item) -> bool:
        """Fetch what this run listed: a run for one float leaves the others alone."""
        listed = self._listed.get(source)
        return listed is None or (item.kind, key_text(item.key)) in listed

    # -- the tick

    def _tick(self, writing: Writing) -> list[Job]:
        self._write_landed(writing)
        planner = self._current_planner(writing)
        while todo := planner.outstanding():
            for decision in todo:
                self._carry_out(writing, planner, decision)
            planner.update(self._changes(writing, planner.view.seq), self._now())
        wanted = planner.ready((Act.FETCH, Act.PUBLISH), self._dispatch.room(for_steps=False))
        wanted += planner.ready((Act.STEP,), self._dispatch.room(for_steps=True))
        # Our own lease may have ended while the database was away.
        wanted = [job for job in wanted if not self._dispatch.holds(job)]
        if not wanted:
            return []
        if again := planner.done_before(wanted):
            writing.reopen(again)
        now_us = self._parts.clock_us()
        return writing.claim(wanted, self.owner, self._lease_end(), now_us)

    def _current_planner(self, writing: Writing) -> Planner:
        if self._planner is None:
            view = View()
            view.apply(self._changes(writing, 0))
            self._planner = Planner(
                *(self._parts.pipeline, view),
                again=self._retries.again, wanted=self._wanted, begun_us=self._begun_us,
            )  # fmt: skip
            self._planner.full(self._now())
        else:
            self._planner.update(self._changes(writing, self._planner.view.seq), self._now())
        return self._planner

    def _changes(self, writing: Writing, since: int) -> Changes:
        """Return what changed; the second names of what did follow after the transaction."""
        found = writing.changes(since)
        self._after += follow(self._parts.store, self._parts.catalog.kinds, found)
        return found

    def _now(self) -> Now:
        wall_us = self._parts.clock_us()
        return Now(wall_us, wall_us if self._watching else None)

    def _lease_end(self) -> int:
        return self._parts.clock_us() + int(self._tuning.lease_s * MICROSECONDS)

    # -- landing

    def _land(self) -> None:
        self._landed += self._dispatch.landed(self._tuning.poll_s)

    def _write_landed(self, writing: Writing) -> None:
        now_us = self._parts.clock_us()
        ours = writing.owned(self.owner, [landed.job.fingerprint for landed in self._landed])
        for landed in self._landed:
            job = landed.job
            self._after.append(partial(self._dispatch.clean, landed))
            if job.fingerprint not in ours:
                _log.warning("dropped: another loop has taken %s over", job.cell.slot)
                continue
            outcome = landed.outcome
            if outcome.state is State.DONE:
                # By the worker's clock, which may be behind; what is forced would never be done.
                outcome = replace(outcome, finished_us=max(outcome.finished_us, self._begun_us))
            written = self._commit.write(writing, job, outcome, now_us)
            # The planner, which comes next in this transaction, must know of the failure.
            if written.state is State.FAILED:
                self._retries.note(written, now_us, counts=landed.counts)
            self._after.append(partial(self._announce, job, written))
        self._commit.sync()
        self._after += [self._landed.clear, self._commit.forget]

    def _announce(self, job: Job, outcome: Outcome) -> None:
        cell = job.cell
        if outcome.state is State.DONE:
            empty = cell.act is not Act.PUBLISH and not outcome.products
            what = Happened.NO_DATA if empty else Happened.DONE
        else:
            what = Happened(outcome.state.value)
            status = JobStatus(
                job.fingerprint,
                cell.slot,
                outcome.state,
                finished_us=outcome.finished_us,
                error=outcome.error,
            )
            if outcome.state is State.FAILED and self._retries.again(status) is not None:
                what = Happened.RETRY
        message, size = outcome.message or outcome.note, sum(p.size for p in outcome.products)
        self._tell(Event(what, cell.name, cell.key_text, message, size, cell.act, outcome.error))
        if outcome.flaw:
            self._tell(Event(Happened.FLAWED, cell.name, cell.key_text, outcome.flaw))

    # -- what needs no worker

    def _carry_out(self, writing: Writing, planner: Planner, decision: Decision) -> None:
        cell, job = decision.cell, decision.job
        try:
            if decision.retires:
                self._retract(writing, planner, decision)
                gone = writing.settle(cell.slot, None)
                event = Event(Happened.RETIRED, cell.name, cell.key_text, decision.reason, gone)
            else:
                assert job is not None  # noqa: S101  what is reused was a job
                self._commit.reuse(writing, job, self._judge)
                event = Event(Happened.REUSED, cell.name, cell.key_text)
        except (PublishError, Conflict, Corrupt, Full) as error:
            planner.dismiss(decision)
            event = Event(Happened.FAILED, cell.name, cell.key_text, str(error))
        self._after.append(partial(self._tell, event))

    def _retract(self, writing: Writing, planner: Planner, decision: Decision) -> None:
        """Take back what a retired cell had published, or had begun to."""
        publisher = self._parts.publishers.get(decision.cell.name)
        held = planner.view.slots.get(decision.cell.slot)
        if publisher is None or held is None:
            return
        receipts = [Receipt.read(self._parts.store.path(d)) for d in writing.made_by(held)]
        if not receipts:
            versions = writing.versions(decision.cell.kind, decision.cell.key_text)
            receipts = [Receipt.of(dataset, publisher.target(dataset)) for dataset in versions]
        for receipt in receipts:
            publisher.retract(receipt)

    def _judge(self, writing: Writing, dataset: Dataset, error: Corrupt) -> None:
        writing.judge(dataset.seq, CORRUPT, str(error), self._parts.clock_us())
        event = Event(Happened.CORRUPT, dataset.kind, dataset.key_text, str(error))
        self._after.append(partial(self._tell, event))

    def _reopen_mended_files(self, name: str) -> None:
        """Fetch again what was rejected, where the archive's file is another one now."""
        rejected = self._persist(lambda writing: writing.rejected_fetches(name))
        source, streams = self._parts.sources[name], self._parts.streams
        if mended := mended_files(source, rejected, streams):
            self._persist(lambda writing: writing.reopen(mended))

    def _reopen_lost_publications(self) -> None:
        """Publish again what somebody removed from the target."""
        publishers = self._parts.publishers
        if not publishers:
            return
        receipts = self._persist(lambda writing: writing.current(RECEIPT.name))
        if lost := lost_receipts(publishers, self._parts.store, receipts, self._tell):
            self._persist(lambda w: w.reopen([job for seq in lost for job in w.makers(seq)]))

    # -- leases

    def _release_the_dead(self, writing: Writing) -> None:
        gone = {owner for owner in writing.running().values() if is_gone(owner)}
        writing.release(gone, self._parts.clock_us())

    @contextmanager
    def _heartbeat(self) -> Iterator[None]:
        """Prolong our leases in the background for as long as this lasts."""
        stop = threading.Event()
        beat = threading.Thread(target=self._beat, args=(stop,), name="gnomon-leases", daemon=True)
        beat.start()
        try:
            yield
        except BaseException:
            self._give_back()
            raise
        finally:
            stop.set()
            beat.join()

    def _give_back(self) -> None:
        """Let other loops have our jobs, if the database can still be told."""
        try:
            with self._parts.catalog.writing() as writing:
                writing.release({self.owner}, self._parts.clock_us())
        except (CatalogError, Full) as error:
            _log.warning("jobs are left to their leases: %s", error)

    def _beat(self, stop: threading.Event) -> None:
        while not stop.wait(self._tuning.lease_s / 3):
            try:
                with self._parts.catalog.writing() as writing:
                    writing.renew(self.owner, self._lease_end())
            except (CatalogError, Full) as error:
                _log.warning("leases not prolonged: %s", error)

    # -- the catalogue, through thick and thin

    def _persist(self, action: Callable[[Writing], T]) -> T:
        """Do something in one transaction; again where the database was busy, away or full."""
        for pause_s in (*_RECONNECT_S, None):
            self._after = []
            try:
                with self._parts.catalog.writing() as writing:
                    result = action(writing)
            except (Busy, ConnectionLost, Full) as error:
                self._planner = None  # it has seen what was rolled back
                if pause_s is None:
                    raise
                self._tell(Event(Happened.RECONNECTING, "catalogue", message=str(error)))
                time.sleep(pause_s)
            else:
                break
        after, self._after = self._after, []
        for call in after:
            call()
        return result

    def _tell(self, event: Event) -> None:
        self.summary.take(event)
        self._parts.listen(event)
