"""One write transaction: what may happen to the catalogue while its lock is held."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gnomon.catalog import changes, statements, tables
from gnomon.catalog.rows import dataset_of, item_of, job_row, packed, remote_row
from gnomon.catalog.statements import chunks
from gnomon.catalog.transaction import Transaction
from gnomon.core.dataset import Dataset
from gnomon.core.items import Item, Listing
from gnomon.core.jobs import SLOT, Act, Changes, Job, Outcome, Product, State
from gnomon.core.kinds import Tags, key_text
from gnomon.errors import Conflict

CORRUPT = "corrupt"
"""The quality of a dataset whose file is not what it was."""
ADOPTED = "adopted"
"""The name of the cells of files that people brought."""


class Writing(Transaction):
    """The methods that write; every one takes effect together with the others, or not at all."""

    def changes(self, since: int) -> Changes:
        """Return what happened after a sequence number, this transaction included."""
        self.flush()
        return changes.since(self._connection, since, self.seq, self._kinds)

    # -- what archives have

    def cursor(self, source: str) -> str:
        """Return the cursor that the last listing of a source left, or nothing."""
        query = sa.select(tables.source.c.cursor).where(tables.source.c.name == source)
        return self._connection.execute(query).scalar_one_or_none() or ""

    def record_listing(self, source: str, listing: Listing, now_us: int) -> int:
        """Take a listing in; return how many items it lists anew, changed or no longer."""
        seq = self._next()
        known = self._known_items(source)
        rows = []
        for item in listing.items:
            row = remote_row(source, item)
            if known.pop((row["kind"], row["key"]), None) != (row | {"listed": True}):
                rows.append(row | {"listed": True, "changed": seq})
        if not listing.unchanged:
            rows += [row | {"changed": seq} for row in self._gone(known, listing)]
        self._upsert(tables.remote, rows)
        now = {"name": source, "cursor": listing.cursor, "listed_us": now_us}
        self._upsert(tables.source, [now])
        return len(rows)

    def _known_items(self, source: str) -> dict[tuple[str, str], dict[str, Any]]:
        columns = [column for column in tables.remote.c if column.name != "changed"]
        query = sa.select(*columns).where(tables.remote.c.source == source)
        rows = self._connection.execute(query).mappings()
        return {(row["kind"], row["key"]): dict(row) for row in rows}

    def _gone(
        self, known: Mapping[tuple[str, str], dict[str, Any]], listing: Listing
    ) -> list[dict[str, Any]]:
        return [
            row | {"listed": False}
            for row in known.values()
            if row["listed"]
            and row["kind"] in self._kinds
            and listing.covers(item_of(row, self._kinds[row["kind"]]))
        ]

    # -- jobs

    def claim(self, jobs: Sequence[Job], owner: str, lease_us: int, now_us: int) -> list[Job]:
        """Take jobs for one owner until its lease ends; return those that were to be had."""
        self.flush()
        seq = self._next()
        rows = [job_row(job) | {"state": State.READY, "changed": seq} for job in jobs]
        self._insert_new(tables.job, rows)
        values = {"who": owner, "until_us": lease_us, "now_us": now_us, "change": seq}
        taken: set[str] = set()
        for chunk in chunks([job.fingerprint for job in jobs]):
            found = self._connection.execute(statements.CLAIM, values | {"wanted": chunk})
            taken.update(found.scalars())
        won = [job for job in jobs if job.fingerprint in taken]
        self._unsettle([job for job in won if job.cell.act is Act.PUBLISH])
        return won

    def _unsettle(self, publications: Sequence[Job]) -> None:
        """Take what these replace at the target for not done: from now on it may be gone.

        A cell that held nothing holds its publication from now on, for the target may.
        """
        job, slot = tables.job, tables.slot
        begun = [
            {"slot": p.cell.slot, "job": p.fingerprint, "changed": self.seq}
            for p in publications
            if self._holder(p.cell.slot) is None
        ]
        self._upsert(slot, begun)
        for chunk in chunks([publication.cell.slot for publication in publications]):
            held = sa.select(slot.c.job).where(slot.c.slot.in_(chunk))
            replaced = sa.and_(job.c.fingerprint.in_(held), job.c.state == State.DONE)
            values = {"state": State.READY, "changed": self.seq}
            self._connection.execute(sa.update(job).where(replaced).values(values))

    def renew(self, owner: str, lease_us: int) -> None:
        """Prolong the leases of all jobs that an owner runs."""
        job = tables.job
        mine = sa.update(job).where(job.c.owner == owner, job.c.state == State.RUNNING)
        self._connection.execute(mine.values(lease_us=lease_us, changed=self._next()))

    def running(self) -> dict[str, str]:
        """Return the owner of every running job, by fingerprint."""
        self.flush()
        job = tables.job
        query = sa.select(job.c.fingerprint, job.c.owner).where(job.c.state == State.RUNNING)
        return {row.fingerprint: row.owner for row in self._connection.execute(query)}

    def release(self, owners: Collection[str], now_us: int) -> None:
        """Make ready again what these owners run, and all whose lease has ended."""
        self.flush()
        job = tables.job
        over = sa.or_(job.c.owner.in_(list(owners)), job.c.lease_us <= now_us)
        mine = sa.update(job).where(job.c.state == State.RUNNING, over)
        self._connection.execute(mine.values(state=State.READY, lease_us=0, changed=self._next()))

    def reopen(self, fingerprints: Sequence[str]) -> None:
        """Make finished jobs ready again, but for adoptions, which nobody can repeat."""
        self.flush()
        job, seq = tables.job, self._next()
        for chunk in chunks(fingerprints):
            mine = sa.update(job).where(job.c.fingerprint.in_(chunk), job.c.act != Act.ADOPT)
            idle = mine.where(job.c.state != State.RUNNING)
            self._connection.execute(idle.values(state=State.READY, changed=seq))

    def rejected_fetches(self, source: str) -> list[tuple[str, str, Item]]:
        """Return the rejected fetches of what a source lists: job, note and item."""
        j, r = tables.job, tables.remote
        slot = r.c.source + SLOT + r.c.kind + SLOT + r.c.key
        query = (
            sa.select(j.c.fingerprint, j.c.note, r)
            .join(r, j.c.slot == slot)
            .where(j.c.state == State.REJECTED, j.c.name == source, r.c.listed)
        )
        rows = self._connection.execute(query).mappings()
        return [
            (row["fingerprint"], row["note"], item_of(row, self._kinds[row["kind"]]))
            for row in rows
            if row["kind"] in self._kinds
        ]

    def owned(self, owner: str, fingerprints: Sequence[str]) -> set[str]:
        """Return which of these jobs still run for an owner."""
        self.flush()
        found: set[str] = set()
        for chunk in chunks(fingerprints):
            wanted = {"wanted": chunk, "who": owner}
            found.update(self._connection.execute(statements.OWNED, wanted).scalars())
        return found

    def finish(self, outcome: Outcome, code: str) -> None:
        """Write how a job ended."""
        values = {
            "wanted": outcome.fingerprint,
            "state": outcome.state,
            "lease_us": 0,
            "error": outcome.error,
            "message": outcome.message,
            "trace": outcome.trace,
            "note": "; ".join(filter(None, (outcome.note, outcome.flaw))),
            "code": code,
            "started_us": outcome.started_us,
            "finished_us": outcome.finished_us,
            "changed": self._next(),
        }
        self._later(statements.FINISH, values, about=outcome.fingerprint)
        rows = [
            {"job": outcome.fingerprint, "name": name, "value": value}
            for name, value in outcome.metrics.items()
            if not math.isnan(value)  # a figure that does not exist is no row
        ]
        columns = ("job", "name", "value")
        metrics = statements.upsert(self._dialect, tables.metric, columns)
        self._later(metrics, *rows, about=outcome.fingerprint)

    # -- datasets and slots

    def current(self, kind: str) -> list[Dataset]:
        """Return the current datasets of a kind."""
        dataset = tables.dataset
        query = sa.select(dataset).where(dataset.c.kind == kind, dataset.c.current)
        rows = self._connection.execute(query.order_by(dataset.c.seq)).mappings()
        return [dataset_of(row, self._kinds[kind]) for row in rows]

    def versions(self, kind: str, key: str) -> list[Dataset]:
        """Return every version of one key, oldest first."""
        wanted = {"of_kind": kind, "of_key": key}
        rows = self._connection.execute(statements.VERSIONS, wanted).mappings()
        return [dataset_of(row, self._kinds[kind]) for row in rows]

    def add(
        self, product: Product, version: int, path: str, mtime_ns: int, now_us: int, *, first: bool
    ) -> int:
        """Insert a dataset and return its number; the first of its key is current at once."""
        coverage = product.coverage
        row = {
            "kind": product.kind,
            "key": key_text(product.key),
            "version": version,
            "path": path,
            "sha256": product.sha256,
            "size": product.size,
            "mtime_ns": mtime_ns,
            "tags": packed(product.tags),
            "start_us": coverage.start_us if coverage else None,
            "stop_us": coverage.stop_us if coverage else None,
            "content": product.content if product.content != product.sha256 else None,
            "current": first,
            "arrived_us": now_us,
            "changed": self._next(),
        }
        return int(self._connection.execute(statements.ADD, row).scalar_one())

    def restored(self, seq: int, mtime_ns: int) -> None:
        """Note that a lost or altered file stands again as its row says."""
        dataset = tables.dataset
        quality = sa.case((dataset.c.quality == CORRUPT, "good"), else_=dataset.c.quality)
        values = {"mtime_ns": mtime_ns, "quality": quality, "removed_us": None}
        values["changed"] = self._next()
        self._connection.execute(sa.update(dataset).where(dataset.c.seq == seq).values(values))

    def retag(self, seq: int, tags: Tags) -> None:
        """Write the tags of a dataset anew."""
        values = {"tags": packed(tags), "changed": self._next()}
        mine = sa.update(tables.dataset).where(tables.dataset.c.seq == seq)
        self._connection.execute(mine.values(values))

    def set_aside(self, seq: int, path: str) -> None:
        """Note that another body takes a dataset's place, and where its own is from now on."""
        dataset = tables.dataset
        values = {"version": -seq, "path": path, "current": False, "changed": self._next()}
        self._connection.execute(sa.update(dataset).where(dataset.c.seq == seq).values(values))

    def removed(self, seq: int, now_us: int) -> None:
        """Note that a dataset's file was removed to save space."""
        values = {"removed_us": now_us, "changed": self._next()}
        mine = sa.update(tables.dataset).where(tables.dataset.c.seq == seq)
        self._connection.execute(mine.values(values))

    def is_taken(self, path: str) -> bool:
        """Tell whether a row names this path of the store."""
        found = self._connection.execute(statements.PATH_TAKEN, {"wanted": path})
        return found.first() is not None

    def link(self, job: str, way: str, pairs: Iterable[tuple[str, int]]) -> None:
        """Write the lineage of a job: (role, dataset) in or out."""
        rows = [{"job": job, "way": way, "role": role, "dataset": seq} for role, seq in pairs]
        self._later(statements.insert_new(self._dialect, tables.lineage), *rows, about=job)

    def outputs(self, job: str) -> list[int]:
        """Return the numbers of the datasets that a job made."""
        self._flush_for(job)
        return list(self._connection.execute(statements.OUTPUTS, {"wanted": job}).scalars())

    def made_by(self, job: str) -> list[Dataset]:
        """Return the datasets that a job made."""
        dataset = tables.dataset
        query = sa.select(dataset).where(dataset.c.seq.in_(self.outputs(job)))
        rows = self._connection.execute(query.order_by(dataset.c.seq)).mappings()
        return [dataset_of(row, self._kinds[row["kind"]]) for row in rows]

    def makers(self, seq: int) -> list[str]:
        """Return the jobs that made a dataset."""
        self.flush()
        lineage = tables.lineage
        query = sa.select(lineage.c.job).where(lineage.c.dataset == seq, lineage.c.way == "out")
        return list(self._connection.execute(query).scalars())

    def settle(
        self,
        slot: str,
        job: str | None,
        made: Collection[tuple[str, int]] | None = None,
        *,
        before: Collection[int] | None = None,
        held: Collection[int] | None = None,
        fresh: Collection[int] = (),
    ) -> int:
        """Let a cell hold what `job` (None: nothing) made; return how many it holds no longer.

        Parameters
        ----------
        made : collection of (role, dataset), optional
            What the job has made just now; without it, what it made when it ran before.
        before : collection of int, optional
            The datasets that it made then, if known; with `made` they become history.
        held : collection of int, optional
            The datasets that the cell holds, if known.
        fresh : collection of int
            Datasets whose keys nobody had: no other cell can hold them.

        Raises
        ------
        Conflict
            Another cell holds one of these keys.
        """
        before = self._outputs_of(job) if before is None else before
        if held is None:
            holder = self._holder(slot)
            held = before if holder == job else self._outputs_of(holder)
        old = set(held)
        new = set(before) if made is None else {seq for _, seq in made}
        if job is not None and made is not None:
            self._relink(job, made, before)
        self._take_over(slot, new - old - set(fresh))
        self._set_current(old - new, current=False)
        self._set_current(new - set(fresh), current=True)
        row = {"slot": slot, "job": job, "changed": self._next()}
        self._later(statements.upsert(self._dialect, tables.slot, tuple(row)), row, about=slot)
        return len(old - new)

    def _outputs_of(self, job: str | None) -> list[int]:
        return self.outputs(job) if job else []

    def _relink(self, job: str, made: Collection[tuple[str, int]], before: Collection[int]) -> None:
        if set(before) - {seq for _, seq in made}:
            lineage = tables.lineage
            mine = sa.and_(lineage.c.job == job, lineage.c.way == "out")
            rows = self._connection.execute(sa.select(lineage).where(mine)).mappings().all()
            self._insert_new(lineage, [{**row, "way": "was"} for row in rows])
            self._connection.execute(sa.delete(lineage).where(mine))
        self.link(job, "out", made)

    def _holder(self, slot: str) -> str | None:
        self._flush_for(slot)
        return self._connection.execute(statements.HOLDER, {"wanted": slot}).scalar_one_or_none()

    def _take_over(self, slot: str, seqs: set[int]) -> None:
        """Take keys from those who adopted them, and refuse those that another cell holds.

        Two jobs that make one key would flip for ever; a person who adopts a file does so once,
        and later work takes its place.
        """
        if not seqs:
            return
        self.flush()
        change = self._next()
        for chunk in chunks(sorted(seqs)):
            wanted = {"seqs": chunk, "mine": slot}
            by_hand = slot.startswith(ADOPTED)
            if not by_hand and (
                taken := self._connection.execute(statements.FOREIGN, wanted).first()
            ):
                raise Conflict(f"{taken.kind} {taken.key} is already made by {taken.slot}")
            self._connection.execute(statements.SUPERSEDE, {"seqs": chunk, "change": change})

    def adopt(self, job: Job, code: str, now_us: int) -> None:
        """Take a file in that a person brought: the job that says so is done at once."""
        done = {"state": State.DONE, "code": code, "started_us": now_us, "finished_us": now_us}
        row = job_row(job) | done | {"changed": self._next()}
        self._upsert(tables.job, [row])

    def _set_current(self, seqs: set[int], *, current: bool) -> None:
        change = self._next()
        for chunk in chunks(sorted(seqs)):
            values = {"seqs": chunk, "wanted": current, "change": change}
            self._connection.execute(statements.SET_CURRENT, values)

    def judge(self, seq: int, quality: str, comment: str, now_us: int) -> None:
        """Set a dataset's quality and keep the reason."""
        judged = sa.update(tables.dataset).where(tables.dataset.c.seq == seq)
        self._connection.execute(judged.values(quality=quality, changed=self._next()))
        row = {"dataset": seq, "status": quality, "comment": comment, "at_us": now_us}
        self._connection.execute(sa.insert(tables.flag).values(row))
