"""The statements of every commit, built once: building one costs more than running it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from gnomon.catalog.tables import dataset, job, lineage, slot
from gnomon.core.jobs import Act, State

CHUNK = 500
"""Values per IN list; SQLite allows 32,766 parameters, older builds 999."""

OWNED = sa.select(job.c.fingerprint).where(
    job.c.fingerprint.in_(bindparam("wanted", expanding=True)),
    job.c.state == State.RUNNING,
    job.c.owner == bindparam("who"),
)
FINISH = sa.update(job).where(job.c.fingerprint == bindparam("wanted"))
CLAIM = (
    sa.update(job)
    .where(
        job.c.fingerprint.in_(bindparam("wanted", expanding=True)),
        sa.or_(
            job.c.state.in_([State.READY, State.FAILED]),
            sa.and_(job.c.state == State.RUNNING, job.c.lease_us <= bindparam("now_us")),
            sa.and_(job.c.state == State.DONE, job.c.act == Act.PUBLISH),
        ),
    )
    .values(
        state=State.RUNNING,
        owner=bindparam("who"),
        lease_us=bindparam("until_us"),
        started_us=bindparam("now_us"),
        attempts=job.c.attempts + 1,
        changed=bindparam("change"),
    )
    .returning(job.c.fingerprint)
)
VERSIONS = (
    sa.select(dataset)
    .where(dataset.c.kind == bindparam("of_kind"), dataset.c.key == bindparam("of_key"))
    .order_by(dataset.c.version)
)
ADD = sa.insert(dataset).returning(dataset.c.seq)
PATH_TAKEN = sa.select(dataset.c.seq).where(dataset.c.path == bindparam("wanted"))
OUTPUTS = sa.select(lineage.c.dataset).where(
    lineage.c.job == bindparam("wanted"), lineage.c.way == "out"
)
HOLDER = sa.select(slot.c.job).where(slot.c.slot == bindparam("wanted"))
SET_CURRENT = (
    sa.update(dataset)
    .where(
        dataset.c.seq.in_(bindparam("seqs", expanding=True)),
        dataset.c.current != bindparam("wanted"),
    )
    .values(current=bindparam("wanted"), changed=bindparam("change"))
)
_new = dataset.alias("new")
SUPERSEDE = (
    sa.update(dataset)
    .where(
        dataset.c.current,
        dataset.c.seq.not_in(bindparam("seqs", expanding=True)),
        sa.exists().where(
            _new.c.seq.in_(bindparam("seqs", expanding=True)),
            _new.c.kind == dataset.c.kind,
            _new.c.key == dataset.c.key,
        ),
    )
    .values(current=False, changed=bindparam("change"))
)
"""What stands current under the keys of other datasets stands so no longer."""
_one, _other = dataset.alias("one"), dataset.alias("other")
FOREIGN = (
    sa.select(slot.c.slot, _one.c.kind, _one.c.key)
    .join(_other, sa.and_(_other.c.kind == _one.c.kind, _other.c.key == _one.c.key))
    .join(lineage, lineage.c.dataset == _other.c.seq)
    .join(job, job.c.fingerprint == lineage.c.job)
    .join(slot, sa.and_(slot.c.slot == job.c.slot, slot.c.job == job.c.fingerprint))
    .where(
        _one.c.seq.in_(bindparam("seqs", expanding=True)),
        _other.c.current,
        lineage.c.way == "out",
        slot.c.slot != bindparam("mine"),
        job.c.act != Act.ADOPT,
    )
)


@cache
def insert_new(dialect: str, table: sa.Table) -> Any:
    """Return the statement that inserts rows whose key is new, and leaves the others."""
    keys = [column.name for column in table.primary_key]
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=keys)


@cache
def upsert(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> Any:
    """Return the statement that inserts rows, and overwrites where the key is known."""
    insert, keys = _insert(dialect, table), [column.name for column in table.primary_key]
    others = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=others)


def _insert(dialect: str, table: sa.Table) -> Any:
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut values into lists that a statement takes."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
