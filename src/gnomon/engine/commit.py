"""Committing outcomes: the only place where bytes enter the store and rows the catalogue.

The order is what makes a crash harmless: the file is complete, synced and hashed before the
catalogue's lock is taken; it is renamed into place while the lock is held; its row, the lineage
and the cell's pointer become visible together, at the end. A crash in between leaves a file
without a row, which the next attempt overwrites or `sweep` removes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from gnomon.catalog.writing import Writing
from gnomon.core.dataset import Dataset
from gnomon.core.jobs import Act, Job, Outcome, Product, State
from gnomon.core.kinds import Kind, Tags, key_text
from gnomon.engine.inscription import inscribed, leading_first
from gnomon.errors import CatalogError, ConfigError, Conflict, Corrupt, StoreError
from gnomon.store.hashing import sha256_of
from gnomon.store.store import Store
from gnomon.version import VERSION

_log = logging.getLogger(__name__)
REPLACED = "replaced"
"""The folder of the store for bodies that an archive replaced at the same version."""


def inspected(outcome: Outcome, *, every_byte: bool = True) -> Outcome:
    """Return an outcome whose files are what its worker says, or one that failed.

    Reads every byte, so it belongs before the lock; what this process has just summed up itself
    needs no second reading.
    """
    for product in outcome.products:
        path = Path(product.path)
        if not path.exists() or (every_byte and sha256_of(path) != product.sha256):
            return _failed(outcome, Corrupt(f"{product.role!r} changed after its worker was done"))
    return outcome


class Commit:
    """Writes outcomes, one at a time, inside the loop's transaction.

    The caller makes sure that the jobs are still its own.
    """

    def __init__(self, store: Store, kinds: Mapping[str, Kind]) -> None:
        self._store, self._kinds = store, kinds
        self._placed: dict[str, Path] = {}
        self._folders: set[Path] = set()
        self._lead: dict[tuple[str, str], int] = {}
        self._inscribed: dict[str, tuple[int, Product]] = {}

    def write(self, writing: Writing, job: Job, outcome: Outcome, now_us: int) -> Outcome:
        """Write one outcome; return it as it was written."""
        if outcome.state is State.DONE:
            try:
                self._attempt(writing, job, outcome, now_us)
            except (StoreError, ConfigError) as error:
                outcome = _failed(outcome, error)
        writing.link(job.fingerprint, "in", ((role, d.seq) for role, d in job.inputs))
        writing.finish(outcome, VERSION)
        return outcome

    def reuse(
        self, writing: Writing, job: Job, judge: Callable[[Writing, Dataset, Corrupt], None]
    ) -> None:
        """Let a cell hold what a job made before; `judge` is told of what is not as it was."""
        for dataset in writing.made_by(job.fingerprint):
            try:
                self._store.check(dataset)
            except Corrupt as error:
                judge(writing, dataset, error)
            if job.item is not None:
                self._retag(writing, dataset, job.item.tags)
        writing.settle(job.cell.slot, job.fingerprint)

    def sync(self) -> None:
        """Bring the new names to the disk, each folder once, before the transaction ends."""
        self._store.sync_folders(self._folders)
        self._folders.clear()

    def forget(self) -> None:
        """Take what was placed for lasting: its transaction went through."""
        self._placed.clear()
        self._inscribed.clear()

    def _attempt(self, writing: Writing, job: Job, outcome: Outcome, now_us: int) -> None:
        products = outcome.products
        if len(products) == 1 and not writing.versions(products[0].kind, key_text(products[0].key)):
            # All that can fail happens before the first row is written: nothing is to be undone.
            self._take(writing, job, outcome, now_us, is_first=True)
        else:
            with writing.attempt():
                self._take(writing, job, outcome, now_us)

    def _take(
        self, writing: Writing, job: Job, outcome: Outcome, now_us: int, *, is_first: bool = False
    ) -> None:
        # What a fetch makes has the key of its cell: where that is new, nobody has made any yet.
        nothing = is_first and job.cell.act is Act.FETCH
        before = set() if nothing else set(writing.outputs(job.fingerprint))
        fresh: set[int] = set()
        self._lead.clear()
        made = [
            (p.role, self._place(writing, p, before, fresh, now_us, is_first=is_first))
            for p in leading_first(outcome.products, self._kinds)
        ]
        if len({seq for _, seq in made}) < len(made):
            raise Conflict(f"{job.cell.slot} made one dataset twice")
        held = before if nothing else None
        slot, mine = job.cell.slot, job.fingerprint
        writing.settle(slot, mine, made, before=before, held=held, fresh=fresh)

    def _place(
        self,
        writing: Writing,
        product: Product,
        before: Collection[int],
        fresh: set[int],
        now_us: int,
        *,
        is_first: bool,
    ) -> int:
        """Give a product its version and its place; the same bytes are the same version.

        What is the first of its key is added to `fresh`.
        """
        kind, key = self._kinds[product.kind], key_text(product.key)
        versions = [] if is_first else writing.versions(product.kind, key)
        version = product.version if not kind.beside else self._lead.get((kind.beside, key))
        content = product.content or product.sha256
        same = next((d for d in versions if d.content == content), None)
        at = next((d for d in versions if d.version == version), None)
        if kind.beside and at is not None:
            same = at  # what it stands beside is what it was
        if same is not None and (not kind.beside or same.version == version):
            self._restore(writing, same, product, again=same.seq in before)
            self._retag(writing, same, product.tags)
            self._lead[product.kind, key] = same.version
            return same.seq
        if at is not None or (kind.is_fixed and versions):
            self._make_room(writing, kind, at or versions[0], product)
        if version is None:
            # What was set aside has a number below 0, which no version follows.
            newest = max((d.version for d in versions if d.version > 0), default=None)
            version = kind.version_after(None if kind.is_fixed else newest)
        product = self._with_version(product, kind, version)
        path = product.place or kind.format(product.key, version, product.tags)
        if writing.is_taken(path):
            raise Conflict(f"{product.kind} {key} would overwrite {path}, which has another key")
        mtime_ns = self._move(product, path)
        seq = writing.add(product, version, path, mtime_ns, now_us, first=not versions)
        if not versions:
            fresh.add(seq)
        self._lead[product.kind, key] = version
        return seq

    def _retag(self, writing: Writing, same: Dataset, tags: Tags) -> None:
        """Note where a thing is now, which its bytes do not say."""
        new = {name: tags[name] for name in self._kinds[same.kind].updated if name in tags}
        if new.items() - same.tags.items():
            writing.retag(same.seq, {**same.tags, **new})

    def _make_room(self, writing: Writing, kind: Kind, at: Dataset, product: Product) -> None:
        """Set aside the body of a version whose archive sends another, if that is wanted."""
        if not product.replace:
            version = kind.version_text(at.version)
            raise Conflict(
                f"{at.path} is stored already and {version} of it is now another body "
                f"(sha256 {product.sha256[:12]}, not {at.sha256[:12]}); nothing was overwritten"
            )
        aside = f"{REPLACED}/{at.path}.{at.sha256[:12]}"
        # A second name, not another one: at no instant is the first without a file.
        self._store.keep_also(at.path, aside)
        self._folders.add((self._store.root / aside).parent)
        writing.set_aside(at.seq, aside)

    def _with_version(self, product: Product, kind: Kind, version: int) -> Product:
        """Write its version into a product, unless a transaction that was lost has done so."""
        done, made = self._inscribed.get(product.path, (version, None))
        if done != version:
            raise Conflict(f"{product.kind}: another version came in between; made anew next time")
        if made is None:
            made = inscribed(product, kind, version)
            self._inscribed[product.path] = (version, made)
        return made

    def _move(self, product: Product, path: str) -> int:
        """Bring a product to its path, from where a transaction that was lost has left it."""
        finished = self._placed.get(product.path, Path(product.path))
        mtime_ns = self._store.place(finished, path).mtime_ns
        self._placed[product.path] = target = self._store.root / path
        self._folders.add(target.parent)
        return mtime_ns

    def _restore(
        self, writing: Writing, dataset: Dataset, product: Product, *, again: bool
    ) -> None:
        """Mend a file of the store that was lost or altered, and say so.

        A job that ran `again` was asked to: then every byte is compared.
        """
        try:
            (self._store.verify if again else self._store.check)(dataset)
        except Corrupt as error:
            kind = self._kinds[product.kind]
            product = self._with_version(product, kind, dataset.version)
            if product.sha256 != dataset.sha256:
                raise
            _log.warning("made anew: %s", error)
            writing.restored(dataset.seq, self._move(product, dataset.path))


def _failed(outcome: Outcome, error: StoreError | ConfigError | CatalogError) -> Outcome:
    return replace(
        outcome,
        state=State.FAILED,
        products=(),
        metrics={},
        error=error.slug,
        message=str(error),
    )
