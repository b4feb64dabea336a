"""From a Level-1 file to its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from gnomon.errors import BadData
from gnomon.formats import hdf5
from gnomon.formats.hdf5 import Hdf5, Retry
from gnomon.instruments.comap.level1.checks import checked
from gnomon.instruments.comap.level1.classify import SourceTable, scan_mode_of, source_of
from gnomon.instruments.comap.level1.identity import Mode, digest_of, size_and_time
from gnomon.instruments.comap.level1.names import parsed
from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.level1.record import Level1Record, Value
from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ

Read = tuple[Level1Record, tuple[str, ...]]
"""A record, and remarks on its file."""

_MJD_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC)
_DAY_S: Final = 86400.0
_TRACKER: Final = "hk/antenna0/deTracker"
_SCANNING: Final = 1


def record_of(
    path: Path, table: SourceTable, mode: Mode = "sampled", retry: Retry | None = None
) -> Read:
    """Read what a Level-1 file is.

    A file that cannot be read, or makes no sense, has a record with the reason, and with what
    could be read of it.

    Raises
    ------
    SourceError
        The file is gone, may not be read, or its disk fails.
    BadData
        Its name is none of COMAP's.
    """
    name = parsed(path.name)
    bare = Level1Record(name.obsid, name.stem, size_and_time(path)[0], digest_of(path, mode))
    try:
        with hdf5.opened(path, retry) as file:
            return _read(bare, file, table)
    except BadData as error:
        return replace(bare, error=str(error)), ()


def _read(bare: Level1Record, file: Hdf5, table: SourceTable) -> Read:
    record = _named(bare, file.attributes("comap"), table)
    try:
        level1 = Level1(file.path, file)
        remarks = checked(level1, file.path.name)
        return _measured(record, level1), remarks
    except BadData as error:
        return replace(record, error=str(error)), ()


def _named(bare: Level1Record, attributes: Mapping[str, Value], table: SourceTable) -> Level1Record:
    source = source_of(attributes)
    group = table.group_of(source, str(attributes.get("comment", "")))
    return replace(bare, source=source, source_group=group, attributes=attributes)


def _measured(record: Level1Record, level1: Level1) -> Level1Record:
    first, last = level1.mjd[0], level1.mjd[-1]
    mode = scan_mode_of(
        record.source_group,
        features=int(np.bitwise_or.reduce(level1.features)),
        has_lissajous=_has_lissajous(level1),
    )
    return replace(
        record,
        scan_mode=mode,
        utc_start=utc_text(float(first)),
        duration_s=round(float(last - first) * _DAY_S + 1 / SAMPLE_RATE_HZ, 3),
        feeds=level1.feeds,
    )


def _has_lissajous(level1: Level1) -> bool:
    if not level1.has(f"{_TRACKER}/lissajous_status"):
        return False
    return bool((level1.read(f"{_TRACKER}/lissajous_status") == _SCANNING).any())


def utc_text(mjd: float) -> str:
    """Return a time as ISO 8601, to the millisecond.

    >>> utc_text(60645.5)
    '2024-12-01T12:00:00.000Z'
    """
    instant = _MJD_EPOCH + timedelta(milliseconds=round(mjd * _DAY_S * 1000))
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
