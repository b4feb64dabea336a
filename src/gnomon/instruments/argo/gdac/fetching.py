"""Checks what arrived from a GDAC: every file is read whole before it is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.core.dataset import Coverage, Dataset, Report
from gnomon.core.items import Item
from gnomon.errors import BadData, StaleListing
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.bgc import read_bgc
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.files.greylist import read_greylist
from gnomon.instruments.argo.files.metadata import read_float_file
from gnomon.instruments.argo.files.synthetic import read_synthetic
from gnomon.instruments.argo.kinds import (
    AGGREGATE,
    BGC_CYCLE,
    CYCLE,
    GREYLIST,
    META,
    SYNTHETIC_AGGREGATE,
    SYNTHETIC_CYCLE,
    TECHNICAL,
    TRAJECTORY,
)
from gnomon.instruments.argo.tables.columns import coverage
from gnomon.store.hashing import sha256_of

_STAMP = "%Y%m%d%H%M%S"
INDEXED = {k.name for k in (CYCLE, BGC_CYCLE, SYNTHETIC_CYCLE, META, TECHNICAL, TRAJECTORY)}
"""The kinds whose stamp is the DATE_UPDATE inside the file."""

Told = tuple[datetime, NDArray[np.float64] | None]
"""DATE_UPDATE, and the times of the profiles, in days since 1950."""


def checked(item: Item, path: Path, known: Dataset | None) -> Report:
    """Read a file that arrived, and describe it.

    Raises
    ------
    BadData
        It is damaged, of another float, or other bytes under the same date.
    StaleListing
        It is older than the index says.
    """
    if item.kind == GREYLIST.name:
        read_greylist(path, name=_name(item))
        return Report()
    date_update, juld = _READERS[item.kind](path, _name(item))
    updated = date_update.strftime(_STAMP)
    _check_update(item, path, updated, known)
    return Report(tags={"date_update": updated}, coverage=_coverage(juld))


def _name(item: Item) -> str:
    return item.ref.rpartition("/")[2]


def _coverage(juld: NDArray[np.float64] | None) -> Coverage | None:
    return None if juld is None else coverage(juld)


class _Readers(threading.local):
    """A reader for each thread and sort of file: files that are alike are read faster."""

    def __init__(self) -> None:
        self.core, self.bgc, self.synthetic = Reader(), Reader(), Reader()


_readers = _Readers()


def _core(path: Path, name: str) -> Told:
    profiles = read_profiles(path, name=name, reader=_readers.core)
    return profiles.date_update, profiles.juld


def _bgc(path: Path, name: str) -> Told:
    profiles = read_bgc(path, name=name, reader=_readers.bgc)
    return profiles.date_update, profiles.juld


def _synthetic(path: Path, name: str) -> Told:
    profiles = read_synthetic(path, name=name, reader=_readers.synthetic)
    return profiles.date_update, profiles.juld


def _float(path: Path, name: str) -> Told:
    return read_float_file(path, name=name).date_update, None


_READERS: dict[str, Callable[[Path, str], Told]] = {
    CYCLE.name: _core,
    AGGREGATE.name: _core,
    BGC_CYCLE.name: _bgc,
    SYNTHETIC_CYCLE.name: _synthetic,
    SYNTHETIC_AGGREGATE.name: _synthetic,
    META.name: _float,
    TECHNICAL.name: _float,
    TRAJECTORY.name: _float,
}


def _check_update(item: Item, path: Path, updated: str, known: Dataset | None) -> None:
    """Refuse a file that is older than the index says, or changed behind its own date."""
    if item.kind in INDEXED and updated < item.stamp:
        raise StaleListing(
            f"{item.ref}: its DATE_UPDATE is {updated}, and the index says {item.stamp}"
        )
    if known is None or known.tags.get("name") != item.tags["name"]:
        return
    if known.tags.get("date_update") == updated and sha256_of(path) != known.sha256:
        raise BadData(f"{item.ref}: its bytes changed and its DATE_UPDATE {updated} did not")
