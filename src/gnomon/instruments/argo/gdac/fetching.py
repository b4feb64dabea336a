"""Checks what arrived from a GDAC: every file is read whole before it is kept."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.items import Item
from gnomon.errors import BadData, StaleListing
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.bgc import BgcProfiles, read_bgc
from gnomon.instruments.argo.files.core import Profiles, read_profiles
from gnomon.instruments.argo.files.greylist import read_greylist
from gnomon.instruments.argo.files.metadata import read_float_file
from gnomon.instruments.argo.files.synthetic import read_synthetic
from gnomon.instruments.argo.kinds import (
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
_WITHOUT_PROFILES = {kind.name for kind in (META, TECHNICAL, TRAJECTORY)}
_SYNTHETIC = {kind.name for kind in (SYNTHETIC_CYCLE, SYNTHETIC_AGGREGATE)}
INDEXED = {k.name for k in (CYCLE, BGC_CYCLE, SYNTHETIC_CYCLE, META, TECHNICAL, TRAJECTORY)}
"""The kinds whose stamp is the DATE_UPDATE inside the file."""


class Checker(threading.local):
    """Checks what arrived; each thread remembers what files of one sort share, for speed."""

    def __init__(self) -> None:
        self._core, self._bgc, self._synthetic = Reader(), Reader(), Reader()

    def check(self, item: Item, path: Path, known: Input | None) -> Report:
        """Read a file that arrived, and describe it.

        Raises
        ------
        BadData
            It is damaged, of another float, or other bytes under the same date.
        StaleListing
            It is older than the index says.
        """
        name = item.ref.rpartition("/")[2]
        if item.kind == GREYLIST.name:
            read_greylist(path, name=name)
            return Report()
        date_update, covered = self._read(item.kind, path, name)
        updated = date_update.strftime(_STAMP)
        _check_update(item, path, updated, known)
        return Report(tags={"date_update": updated}, coverage=covered)

    def _read(self, kind: str, path: Path, name: str) -> tuple[datetime, Coverage | None]:
        """Return DATE_UPDATE, and the time of the profiles."""
        if kind in _WITHOUT_PROFILES:
            return read_float_file(path, name=name).date_update, None
        found: Profiles | BgcProfiles
        if kind == BGC_CYCLE.name:
            found = read_bgc(path, name=name, reader=self._bgc)
        elif kind in _SYNTHETIC:
            found = read_synthetic(path, name=name, reader=self._synthetic)
        else:
            found = read_profiles(path, name=name, reader=self._core)
        return found.date_update, coverage(found.juld)


def _check_update(item: Item, path: Path, updated: str, known: Input | None) -> None:
    """Refuse a file that is older than the index says, or changed behind its own date."""
    if item.kind in INDEXED and updated < item.stamp:
        raise StaleListing(
            f"{item.ref}: its DATE_UPDATE is {updated}, and the index says {item.stamp}"
        )
    if known is None or known.tags.get("name") != item.tags["name"]:
        return
    if known.tags.get("date_update") == updated and sha256_of(path) != known.sha256:
        raise BadData(f"{item.ref}: its bytes changed and its DATE_UPDATE {updated} did not")
