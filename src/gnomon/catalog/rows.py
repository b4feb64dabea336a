"""Rows to values and back: the one place that knows both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from gnomon.core.dataset import Coverage, Dataset
from gnomon.core.items import Item
from gnomon.core.jobs import Job, JobStatus, State
from gnomon.core.kinds import Kind, Tags, key_text

_NOTHING = "{}"
_PACK = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
Row = Mapping[str, Any] | RowMapping


def packed(tags: Tags) -> str:
    """Return tags as the text of a column."""
    return _PACK(dict(tags))


def unpacked(text: str) -> dict[str, str]:
    """Return the tags of a column."""
    return {} if text == _NOTHING else dict(json.loads(text))


def dataset_of(row: Row, kind: Kind) -> Dataset:
    """Return a row of `dataset` as a value."""
    start, stop = row["start_us"], row["stop_us"]
    return Dataset(
        row["seq"],
        row["kind"],
        kind.key(row["key"]),
        row["key"],
        row["version"],
        row["path"],
        row["sha256"],
        row["size"],
        row["mtime_ns"],
        unpacked(row["tags"]),
        None if start is None else Coverage(start, stop),
        row["arrived_us"],
        row["content"] or row["sha256"],
        row["removed_us"],
    )


def status_of(row: Row) -> JobStatus:
    """Return a row of `job` as planning needs it."""
    return JobStatus(
        row["fingerprint"],
        row["slot"],
        State(row["state"]),
        row["lease_us"],
        row["owner"],
        row["finished_us"],
        row["error"],
    )


def item_of(row: Row, kind: Kind) -> Item:
    """Return a row of `remote` as a value."""
    return Item(
        row["kind"],
        kind.key(row["key"]),
        row["ref"],
        row["stamp"],
        row["size"],
        unpacked(row["tags"]),
        row["optional"],
        row["version"],
        row["path"],
        row["replaces"],
    )


def remote_row(source: str, item: Item) -> dict[str, Any]:
    """Return an item as a row of `remote`, but for what numbers and lists it."""
    return {
        "source": source,
        "kind": item.kind,
        "key": key_text(item.key),
        "ref": item.ref,
        "stamp": item.stamp,
        "size": item.size,
        "tags": packed(item.tags),
        "optional": item.optional,
        "version": item.version,
        "path": item.path,
        "replaces": item.replace,
    }


def job_row(job: Job) -> dict[str, Any]:
    """Return a job as a row of `job`, but for how it fares."""
    cell, item = job.cell, job.item
    return {
        "fingerprint": job.fingerprint,
        "slot": cell.slot,
        "act": cell.act,
        "name": cell.name,
        "key": cell.key_text,
        "version": job.version,
        "config": job.config,
        "item": json.dumps({"ref": item.ref, "stamp": item.stamp}) if item else "",
    }
