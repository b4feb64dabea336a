"""Level-1 files as a source: found below folders, read where they are, never copied.

Each file is listed twice: as what it is (its record), and as where it is (its place). A file that
moves has a new place and the same record; one that vanishes has no place any more, and nothing that
was made of it is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, SourceError, Unreachable
from gnomon.instruments.comap.kinds import LEVEL1, LEVEL1_PLACE
from gnomon.instruments.comap.level1.classify import SourceTable
from gnomon.instruments.comap.level1.finding import File, Found, found_below
from gnomon.instruments.comap.level1.identity import Mode, digest_of, size_and_time
from gnomon.instruments.comap.level1.names import Name, parsed
from gnomon.instruments.comap.level1.place import Place
from gnomon.instruments.comap.level1.record import Level1Record

_RECORDS: Final = 1
"""Raised whenever a record says more, or something else, of the same file."""
_SHOWN: Final = 3


class Level1Config(StepConfig):
    """Which files."""

    roots: tuple[Path, ...] = Field(
        min_length=1, description="folders, at any depth; of two files of one obsid the first wins"
    )
    pattern: str = Field(
        "**/*comap*.hd5", min_length=1, description="of paths below a root; ** is any folders"
    )
    sources: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="patterns of names by source group, before the usual ones"
    )
    identity: Mode = Field("sampled", description="what tells files apart: 4 MB of each, or whole")
    min_obsid: int = Field(0, ge=0, description="the first to take")
    max_obsid: int | None = Field(None, ge=0, description="the last to take")

    @model_validator(mode="after")
    def _has_a_range(self) -> Level1Config:
        if self.max_obsid is not None and self.max_obsid < self.min_obsid:
            raise ValueError("max_obsid is less than min_obsid")
        return self

    def wants(self, obsid: int) -> bool:
        """Tell whether an observation is to be taken."""
        return self.min_obsid <= obsid and (self.max_obsid is None or obsid <= self.max_obsid)


class Level1Source:
    """Lists files by name, size and time; reads of each what it is."""

    def __init__(self, config: Level1Config) -> None:
        self._config = config
        self._roots = tuple(dict.fromkeys(root.expanduser().absolute() for root in config.roots))
        self._table = SourceTable.shipped().with_sources(config.sources)
        said = f"{_RECORDS} {config.identity} {self._table}"
        self._how = hashlib.sha256(said.encode()).hexdigest()[:8]

    def list(self, cursor: str) -> Listing:  # noqa: ARG002 - all are looked at
        """List the record and the place of every file."""
        found = found_below(self._roots, self._config.pattern)
        if not found.files and len(found.silent) == len(self._roots):
            raise Unreachable("; ".join(found.silent.values()))
        chosen, left_out = _chosen(found.files, self._config)
        items = [item for name, file in chosen for item in self._items(name, file)]
        flaws = [*found.silent.values(), *left_out]
        return Listing(items, covers=lambda item: self._covers(item, found), flaw=_in_short(flaws))

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Write what a file is, or where it is; see `reading.record_of`."""
        path = Path(item.ref)
        size, mtime_ns = size_and_time(path)
        if item.kind == LEVEL1_PLACE.name:
            Place(path, size, mtime_ns).write(dest)
            return Report()
        # NumPy and h5py take long, and every command loads this module.
        from gnomon.instruments.comap.level1.reading import record_of  # noqa: PLC0415

        record, remarks = record_of(path, self._table, self._config.identity)
        if item.stamp != self._stamp(path, size, mtime_ns) or size_and_time(path) != (
            size,
            mtime_ns,
        ):
            raise BadData(f"{path} changes while it is read: it is still being copied")
        record.write(dest)
        return _report(record, path, remarks)

    def validator(self, item: Item) -> str:
        """Return size and time of the file."""
        size, mtime_ns = size_and_time(Path(item.ref))
        return f"{size}:{mtime_ns}"

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _items(self, name: Name, file: File) -> tuple[Item, Item]:
        key, path = {"obsid": name.obsid}, str(file.path)
        stamp = self._stamp(file.path, file.size, file.mtime_ns)
        return (
            Item(LEVEL1.name, key, path, stamp, tags={"path": path}),
            Item(LEVEL1_PLACE.name, key, path, path),
        )

    def _stamp(self, path: Path, size: int, mtime_ns: int) -> str:
        return f"{path}:{size}:{mtime_ns}:{self._how}"

    def _covers(self, item: Item, found: Found) -> bool:
        """Tell whether a place would have been listed if there still were a file."""
        obsid, path = int(str(item.key["obsid"])), Path(item.ref)
        roots = [root for root in self._roots if path.is_relative_to(root)]
        return (
            item.kind == LEVEL1_PLACE.name
            and self._config.wants(obsid)
            and bool(roots)
            and not any(root in found.silent for root in roots)
        )


def _chosen(
    files: Iterable[File], config: Level1Config
) -> tuple[list[tuple[Name, File]], list[str]]:
    """Return the first file of each obsid, and what was left out, and why."""
    chosen: dict[int, tuple[Name, File]] = {}
    left_out = []
    for file in files:
        try:
            name = parsed(file.path.name)
        except BadData as error:
            left_out.append(str(error))
            continue
        if not name.is_level1 or not config.wants(name.obsid):
            continue
        _, first = chosen.setdefault(name.obsid, (name, file))
        if not _are_one(first, file):
            left_out.append(f"{file.path} is another file of the obsid of {first.path}")
    return list(chosen.values()), left_out


def _are_one(first: File, other: File) -> bool:
    """Tell whether two files are the same, or copies of each other."""
    if first.node == other.node:
        return True
    if first.size != other.size:
        return False
    if first.path.name == other.path.name and first.mtime_ns == other.mtime_ns:
        return True  # as rsync copies; reading 17,000 pairs would take an hour
    try:
        return digest_of(first.path) == digest_of(other.path)
    except SourceError:
        return False


def _in_short(flaws: list[str]) -> str:
    shown = "; ".join(flaws[:_SHOWN])
    return f"{shown}; and {len(flaws) - _SHOWN} more" if len(flaws) > _SHOWN else shown


def _report(record: Level1Record, path: Path, remarks: tuple[str, ...]) -> Report:
    return Report(
        metrics={"size_gb": record.size / 1e9, "duration_s": record.duration_s},
        tags={**record.tags, "path": str(path)},
        coverage=_coverage(record),
        note="; ".join(remarks),
        flaw=record.error,
    )


def _coverage(record: Level1Record) -> Coverage | None:
    if not record.utc_start:
        return None
    start = datetime.fromisoformat(record.utc_start)
    return Coverage.between(start, start + timedelta(seconds=record.duration_s))


def open_level1(config: Level1Config, _network: Network) -> Level1Source:
    """Look at folders of this machine; nothing is connected."""
    return Level1Source(config)


SOURCE = SourceType("comap.level1", Level1Config, (LEVEL1, LEVEL1_PLACE), open_level1)
"""Level-1 files below folders."""
