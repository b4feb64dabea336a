"""Read-only questions that people and pages ask of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gnomon.catalog import tables
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.rows import dataset_of
from gnomon.core.dataset import Dataset
from gnomon.core.jobs import Act, State

_BAD = (State.FAILED, State.REJECTED)


@dataclass(frozen=True, slots=True)
class KindCount:
    """How much there is of one kind; `size` in bytes, of current versions."""

    kind: str
    current: int
    versions: int
    size: int


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job, for people."""

    fingerprint: str
    act: str
    name: str
    key: str
    slot: str
    version: int
    config: str
    item: str
    state: str
    attempts: int
    owner: str
    error: str
    message: str
    trace: str
    note: str
    code: str
    started_us: int
    finished_us: int


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a dataset, with what changes about it."""

    dataset: Dataset
    current: bool
    quality: str


@dataclass(frozen=True, slots=True)
class Link:
    """One step of lineage: a job, and a dataset that went in or came out."""

    job: str
    way: str
    role: str
    stored: Stored


@dataclass(frozen=True, slots=True)
class Flag:
    """A judgement of somebody."""

    status: str
    comment: str
    at_us: int


def kind_counts(catalog: Catalog) -> list[KindCount]:
    """Count datasets by kind."""
    d = tables.dataset
    current = sa.func.sum(sa.case((d.c.current, 1), else_=0))
    size = sa.func.sum(sa.case((d.c.current, d.c.size), else_=0))
    query = sa.select(d.c.kind, current, sa.func.count(), size).group_by(d.c.kind)
    with catalog.reading() as connection:
        rows = connection.execute(query.order_by(d.c.kind))
        return [KindCount(kind, int(n), int(all_), int(size)) for kind, n, all_, size in rows]


def job_counts(catalog: Catalog) -> dict[str, dict[str, int]]:
    """Count jobs by name and state."""
    j = tables.job
    query = sa.select(j.c.name, j.c.state, sa.func.count()).group_by(j.c.name, j.c.state)
    counts: dict[str, dict[str, int]] = {}
    with catalog.reading() as connection:
        for name, state, number in connection.execute(query.order_by(j.c.name, j.c.state)):
            counts.setdefault(name, {})[state] = number
    return counts


def problems(catalog: Catalog) -> list[JobRow]:
    """Return what stands failed or rejected: until it is mended, replaced, or no longer listed.

    A job on inputs that were taken back since is nobody's trouble any more.
    """
    j, s, r = tables.job, tables.slot, tables.remote
    lineage, dataset = tables.lineage, tables.dataset
    later = j.alias()
    newer = sa.exists().where(later.c.slot == j.c.slot, later.c.changed > j.c.changed)
    replaced = sa.exists().where(
        s.c.slot == j.c.slot,
        s.c.job.is_not(None),
        s.c.job != j.c.fingerprint,
        s.c.changed > j.c.changed,
    )
    taken_back = sa.exists().where(
        lineage.c.job == j.c.fingerprint,
        lineage.c.way == "in",
        lineage.c.dataset == dataset.c.seq,
        ~dataset.c.current,
    )
    bad = sa.select(*_columns()).where(j.c.state.in_(_BAD), ~newer, ~replaced, ~taken_back)
    listed = (
        sa.select(j.c.fingerprint, r.c.ref, r.c.stamp)
        .join(r, sa.and_(r.c.source == j.c.name, r.c.key == j.c.key))
        .where(j.c.act == Act.FETCH, j.c.state.in_(_BAD), r.c.listed)
        .where(j.c.slot == r.c.source + "|" + r.c.kind + "|" + r.c.key)
    )
    with catalog.reading() as connection:
        rows = connection.execute(bad.order_by(j.c.name, j.c.key)).mappings()
        jobs = [JobRow(**row) for row in rows]
        now = {row.fingerprint: (row.ref, row.stamp) for row in connection.execute(listed)}
    return [job for job in jobs if job.act != Act.FETCH or now.get(job.fingerprint) == _item(job)]


def _item(job: JobRow) -> tuple[str, str]:
    """Return what a job was to fetch: where, and of which stamp."""
    item = json.loads(job.item)
    return item["ref"], item["stamp"]


def cursors(catalog: Catalog) -> dict[str, tuple[str, int]]:
    """Return the cursor of every source, and when it was listed (microseconds, 1970 UTC)."""
    with catalog.reading() as connection:
        rows = connection.execute(sa.select(tables.source))
        return {row.name: (row.cursor, row.listed_us) for row in rows}


def datasets(
    catalog: Catalog,
    kind: str | None = None,
    where: Mapping[str, str] | None = None,
    *,
    every_version: bool = False,
) -> list[Stored]:
    """Return datasets, by kind, key and version.

    Parameters
    ----------
    where : mapping of str to str
        Keys, tags or the quality that must have these texts.
    every_version : bool
        Those that are no longer current too.
    """
    d = tables.dataset
    query = sa.select(d).order_by(d.c.kind, d.c.key, d.c.version)
    if kind is not None:
        query = query.where(d.c.kind == kind)
    if not every_version:
        query = query.where(d.c.current)
    with catalog.reading() as connection:
        rows = connection.execute(query).mappings()
        found = [_stored(row, catalog) for row in rows if row["kind"] in catalog.kinds]
    return [stored for stored in found if _matches(stored, where or {})]


def _matches(stored: Stored, where: Mapping[str, str]) -> bool:
    known = {name: str(value) for name, value in stored.dataset.key.items()}
    known |= dict(stored.dataset.tags) | {"quality": stored.quality}
    return all(known.get(name) == text for name, text in where.items())


def versions(catalog: Catalog, kind: str, key: str) -> list[Stored]:
    """Return every version of one key, oldest first."""
    d = tables.dataset
    query = sa.select(d).where(d.c.kind == kind, d.c.key == key).order_by(d.c.version)
    with catalog.reading() as connection:
        return [_stored(row, catalog) for row in connection.execute(query).mappings()]


def job_of_slot(catalog: Catalog, slot: str) -> JobRow | None:
    """Return the latest job of a cell."""
    j = tables.job
    query = sa.select(*_columns()).where(j.c.slot == slot).order_by(j.c.changed.desc()).limit(1)
    with catalog.reading() as connection:
        row = connection.execute(query).mappings().first()
        return JobRow(**row) if row else None


def slots_of(catalog: Catalog, seq: int) -> list[str]:
    """Return the cells that hold a dataset now."""
    s, link = tables.slot, tables.lineage
    query = (
        sa.select(s.c.slot)
        .join(link, link.c.job == s.c.job)
        .where(link.c.dataset == seq, link.c.way == "out")
    )
    with catalog.reading() as connection:
        return list(connection.execute(query).scalars())


def makers(catalog: Catalog, seq: int) -> list[JobRow]:
    """Return the jobs that made a dataset, the latest first."""
    return _jobs_by(catalog, seq, "out")


def users(catalog: Catalog, seq: int) -> list[JobRow]:
    """Return the jobs that read a dataset, the latest first."""
    return _jobs_by(catalog, seq, "in")


def _jobs_by(catalog: Catalog, seq: int, way: str) -> list[JobRow]:
    j, link = tables.job, tables.lineage
    query = (
        sa.select(*_columns())
        .join(link, link.c.job == j.c.fingerprint)
        .where(link.c.dataset == seq, link.c.way == way)
        .order_by(j.c.finished_us.desc())
    )
    with catalog.reading() as connection:
        return [JobRow(**row) for row in connection.execute(query).mappings()]


def links(catalog: Catalog, job: str, way: str) -> list[Link]:
    """Return what went into a job ("in"), or came out of it ("out")."""
    d, link = tables.dataset, tables.lineage
    query = (
        sa.select(d, link.c.role)
        .join(link, link.c.dataset == d.c.seq)
        .where(link.c.job == job, link.c.way == way)
        .order_by(link.c.role, d.c.kind, d.c.key)
    )
    with catalog.reading() as connection:
        rows = connection.execute(query).mappings()
        return [Link(job, way, row["role"], _stored(row, catalog)) for row in rows]


def metrics(catalog: Catalog, job: str) -> dict[str, float]:
    """Return what a job measured."""
    m = tables.metric
    query = sa.select(m.c.name, m.c.value).where(m.c.job == job).order_by(m.c.name)
    with catalog.reading() as connection:
        return {row.name: row.value for row in connection.execute(query)}


def flags(catalog: Catalog, seq: int) -> list[Flag]:
    """Return what was said of a dataset, oldest first."""
    f = tables.flag
    query = sa.select(f.c.status, f.c.comment, f.c.at_us).where(f.c.dataset == seq).order_by(f.c.id)
    with catalog.reading() as connection:
        return [Flag(*row) for row in connection.execute(query)]


def item(catalog: Catalog, source: str, kind: str, key: str) -> tuple[str, str, bool] | None:
    """Return ref, stamp and whether it is listed, of what an archive has under a key."""
    r = tables.remote
    query = sa.select(r.c.ref, r.c.stamp, r.c.listed).where(
        r.c.source == source, r.c.kind == kind, r.c.key == key
    )
    with catalog.reading() as connection:
        row = connection.execute(query).first()
        return (row.ref, row.stamp, row.listed) if row else None


def paths(catalog: Catalog) -> set[str]:
    """Return the path of every version, relative to the store's root."""
    with catalog.reading() as connection:
        return set(connection.execute(sa.select(tables.dataset.c.path)).scalars())


def running(catalog: Catalog) -> list[JobRow]:
    """Return the jobs that run now."""
    j = tables.job
    query = sa.select(*_columns()).where(j.c.state == State.RUNNING).order_by(j.c.started_us)
    with catalog.reading() as connection:
        return [JobRow(**row) for row in connection.execute(query).mappings()]


def _columns() -> Sequence[sa.Column[Any]]:
    return [tables.job.c[name] for name in JobRow.__slots__]


def _stored(row: sa.RowMapping, catalog: Catalog) -> Stored:
    dataset = dataset_of(row, catalog.kinds[row["kind"]])
    return Stored(dataset, bool(row["current"]), row["quality"])
