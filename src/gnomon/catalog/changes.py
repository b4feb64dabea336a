"""Reading what changed since a sequence number."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from gnomon.catalog import tables
from gnomon.catalog.rows import dataset_of, item_of, status_of
from gnomon.core.jobs import Changes
from gnomon.core.kinds import Kind

VETOED = "vetoed"
_STATUS = [
    tables.job.c[name]
    for name in ("fingerprint", "slot", "state", "lease_us", "owner", "finished_us", "error")
]


def since(connection: Connection, seq: int, upto: int, kinds: Mapping[str, Kind]) -> Changes:
    """Return all changes after `seq`; of 0, what is current instead of the whole history.

    `upto` is the counter as the caller's transaction knows it.
    """
    dataset, job, slot, remote = tables.dataset, tables.job, tables.slot, tables.remote
    fresh = seq == 0
    found = Changes(upto)
    datasets = sa.select(dataset).where(dataset.c.changed > seq)
    if fresh:
        datasets = datasets.where(dataset.c.current).order_by(dataset.c.seq)
    for row in connection.execute(datasets).mappings().all():
        if kind := kinds.get(row["kind"]):
            good = row["current"] and row["quality"] != VETOED
            found.datasets.append((dataset_of(row, kind), good))
    statuses = sa.select(*_STATUS).where(job.c.changed > seq)
    found.jobs.extend(status_of(row) for row in connection.execute(statuses).mappings().all())
    slots = sa.select(slot.c.slot, slot.c.job).where(slot.c.changed > seq)
    if fresh:
        slots = slots.where(slot.c.job.is_not(None))
    found.slots.extend((row.slot, row.job) for row in connection.execute(slots).all())
    items = sa.select(remote).where(remote.c.changed > seq)
    if fresh:
        items = items.where(remote.c.listed)
    for row in connection.execute(items).mappings().all():
        if kind := kinds.get(row["kind"]):
            found.items.append((row["source"], item_of(row, kind), row["listed"]))
    return found
