"""Looking after a catalogue and its store: verify, sweep, retry, veto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import JobRow, Stored
from gnomon.core.dataset import Dataset
from gnomon.core.jobs import State
from gnomon.core.kinds import Kind
from gnomon.engine.aliases import aliases
from gnomon.engine.execute import now_us
from gnomon.engine.owner import is_gone
from gnomon.errors import Corrupt, UnknownName
from gnomon.store.store import Store

GOOD, CORRUPT, VETOED = "good", "corrupt", "vetoed"


@dataclass
class Verified:
    """What a re-hash of the store found.

    Attributes
    ----------
    checked : int
        Versions, current or not.
    size : int
        Bytes read.
    corrupt : list of (Stored, str)
        What is absent or altered, and how.
    """

    checked: int = 0
    size: int = 0
    corrupt: list[tuple[Stored, str]] = field(default_factory=list)


def verify(
    catalog: Catalog, store: Store, *, dry_run: bool = False, seen: Callable[[Stored], None]
) -> Verified:
    """Read every file of the store and compare its sha256 with the catalogue.

    What is corrupt is marked so, and mended marks are taken back, unless `dry_run`.
    """
    found = Verified()
    for stored in queries.datasets(catalog, every_version=True):
        if stored.dataset.removed_us is not None:
            continue  # somebody wanted it gone
        found.checked += 1
        found.size += stored.dataset.size
        why = _trouble(store, stored)
        if why:
            found.corrupt.append((stored, why))
        if not dry_run:
            _mark(catalog, stored, why)
        seen(stored)
    return found


def _trouble(store: Store, stored: Stored) -> str:
    try:
        store.verify(stored.dataset)
    except Corrupt as error:
        return str(error)
    return ""


def _mark(catalog: Catalog, stored: Stored, why: str) -> None:
    changed = stored.quality == (GOOD if why else CORRUPT)
    if changed:
        with catalog.writing() as writing:
            quality = CORRUPT if why else GOOD
            writing.judge(stored.dataset.seq, quality, why or "verified", now_us())


def sweep(catalog: Catalog, store: Store, *, dry_run: bool = False) -> list[Path]:
    """Remove files that no row names; return them.

    The catalogue is locked meanwhile, so that no commit is between its file and its row.
    """
    if dry_run:
        return _sweep(catalog, store, dry_run=True)
    with catalog.writing():
        return _sweep(catalog, store, dry_run=False)


def _sweep(catalog: Catalog, store: Store, *, dry_run: bool) -> list[Path]:
    busy = {job.fingerprint for job in queries.running(catalog) if not is_gone(job.owner)}
    known = queries.paths(catalog) | aliases(catalog).keys()
    return store.sweep(known, busy, dry_run=dry_run)


def retry(
    catalog: Catalog,
    kind: Kind | None = None,
    key_text: str = "",
    *,
    dry_run: bool = False,
) -> list[JobRow]:
    """Make jobs ready to run again: all that stand failed or rejected, or those of one dataset.

    This is also how a corrupt product is made anew.
    """
    if kind is None:
        chosen = queries.problems(catalog)
    else:
        chosen = _jobs_about(catalog, kind, key_text)
        if not chosen:
            raise UnknownName("dataset or job of " + kind.name, key_text, [])
    if chosen and not dry_run:
        with catalog.writing() as writing:
            writing.reopen([job.fingerprint for job in chosen])
    return chosen


def restore(
    catalog: Catalog,
    store: Store,
    concerns: Callable[[Dataset], bool] = lambda _: True,
    *,
    dry_run: bool = False,
) -> list[JobRow]:
    """Make jobs ready to run again whose current products are gone from the store.

    A function service empties its disk between two calls, and a shared catalogue knows better.

    Parameters
    ----------
    concerns : callable
        Which datasets to look at; all by default.
    """
    gone = [
        stored
        for stored in queries.datasets(catalog)
        if concerns(stored.dataset)
        and stored.dataset.removed_us is None
        and not store.path(stored.dataset).exists()
    ]
    chosen = {job.fingerprint: job for stored in gone for job in _holders(catalog, stored)}
    if chosen and not dry_run:
        with catalog.writing() as writing:
            writing.reopen(list(chosen))
    return list(chosen.values())


def _jobs_about(catalog: Catalog, kind: Kind, key_text: str) -> list[JobRow]:
    """Return the jobs that hold a key now, or that failed to make it."""
    jobs: dict[str, JobRow] = {}
    for stored in queries.versions(catalog, kind.name, key_text):
        jobs |= {job.fingerprint: job for job in _holders(catalog, stored)}
    for job in queries.problems(catalog):
        if job.key == key_text and (job.act != "fetch" or f"|{kind.name}|" in job.slot):
            jobs[job.fingerprint] = job
    return [job for job in jobs.values() if job.state != State.RUNNING]


def _holders(catalog: Catalog, stored: Stored) -> list[JobRow]:
    """Return the jobs that made a dataset and whose cells hold it now."""
    if not stored.current:
        return []
    holding = set(queries.slots_of(catalog, stored.dataset.seq))
    return [job for job in queries.makers(catalog, stored.dataset.seq) if job.slot in holding]


def veto(
    catalog: Catalog, kind: Kind, key_text: str, comment: str, *, undo: bool = False,
    dry_run: bool = False,
) -> Stored:  # fmt: skip
    """Take a dataset out of all further work, or back in; the loop does the rest."""
    found = [s for s in queries.versions(catalog, kind.name, key_text) if s.current]
    if not found:
        known = [s.dataset.key_text for s in queries.datasets(catalog, kind.name)]
        raise UnknownName(f"dataset of {kind.name}", key_text, known)
    if not dry_run:
        with catalog.writing() as writing:
            writing.judge(found[0].dataset.seq, GOOD if undo else VETOED, comment, now_us())
    return found[0]
