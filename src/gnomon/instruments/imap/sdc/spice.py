"""SPICE kernels as a source, with what the archive tells of each: type, root, version, coverage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import KeyValue, Tags
from gnomon.errors import ServerFault
from gnomon.instruments.imap.kernels.coverage import Interval, intervals_text, read_intervals
from gnomon.instruments.imap.kernels.names import read_name
from gnomon.instruments.imap.kinds import KERNEL, KERNEL_FOLDERS, LSK, SCLK
from gnomon.instruments.imap.sdc import access
from gnomon.instruments.imap.sdc.access import Record, Sdc
from gnomon.instruments.imap.telemetry.dates import Dates, utc_now

TABLE = "spice-query"
_ARCHIVE = "imap/spice"


class SpiceConfig(Dates):
    """Which kernels; the dates are those of ingestion."""

    url: str = Field("", description="the science data centre's when empty")
    file_name: str = Field("", description="one file")
    start_time: float | None = Field(None, description="of coverage, TDB seconds since J2000")
    end_time: float | None = Field(None, description="of coverage, TDB seconds since J2000")
    kernel_type: str = Field("", description="such as attitude_history; all when empty")
    latest: bool = Field(default=False, description="the highest version of each root only")
    advance: bool = Field(
        default=False, description="later polls begin after what a fetch by dates has seen"
    )

    @property
    def narrows(self) -> bool:
        """Whether less than everything of some dates is asked for."""
        span = (self.start_time, self.end_time) != (None, None)
        return bool(self.file_name or self.kernel_type or self.latest or span)


@dataclass(frozen=True)
class Found:
    """One kernel of the archive."""

    path: str
    type: str
    root: str
    version: int
    intervals: tuple[Interval, ...]
    ingested: str


class SpiceSource:
    """Lists and fetches kernels."""

    def __init__(self, config: SpiceConfig, sdc: Sdc, now: Callable[[], datetime]) -> None:
        self._config, self._sdc, self._now = config, sdc, now

    def list(self, cursor: str) -> Listing:
        """List the kernels that were asked for, or those that have come since the last poll."""
        kept: dict[str, Any] = json.loads(cursor or "{}")
        days = self._config.asked(self._now().date())
        polls = not days and not self._config.narrows
        records = self._sdc.records(TABLE, self._query(kept.get("mark", "")))
        found, strange = access.read_each(records, _read)
        items: dict[tuple[str, str], Item] = {}
        for one in sorted(found, key=lambda one: (one.version, one.ingested)):
            item = _item(one)
            if item is None:
                continue
            # Of clocks and leap seconds there is one at a time: the highest that was ever seen.
            if (item.version or 0) >= kept.get(item.kind, 0):
                items[item.kind, str(item.key)] = item
        if polls or self._config.advance:
            kept["mark"] = max([kept.get("mark", ""), *(one.ingested for one in found)])
        numbered = [item for item in items.values() if item.version]
        kept |= {item.kind: item.version for item in numbered}
        text = json.dumps(kept, sort_keys=True)
        return Listing(list(items.values()), text, unchanged=polls, flaw="; ".join(strange))

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring a kernel."""
        self._sdc.download(item.ref, dest, progress)
        return Report(coverage=_coverage(item.tags))

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the date of ingestion in the listing is all there is."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._sdc.close()

    def _query(self, mark: str) -> dict[str, str]:
        config = self._config
        asked: dict[str, str] = {}
        days = config.asked(self._now().date())
        if days or not config.narrows:
            asked = access.ingested_between(days, mark)
        named = {
            "file_name": config.file_name,
            "start_time": "" if config.start_time is None else f"{config.start_time:.15g}",
            "end_time": "" if config.end_time is None else f"{config.end_time:.15g}",
            "type": config.kernel_type,
            "latest": "True" if config.latest else "",
        }
        return asked | {name: value for name, value in named.items() if value}


def _read(record: Record) -> Found:
    path = access.field(record, "file_name", TABLE)
    name = PurePosixPath(path).name
    ingested = access.instant(access.field(record, "ingestion_date", name), name)
    said = read_name(name)
    kernel_type = str(record.get("kernel_type") or (said.type if said else ""))
    root = str(record.get("file_root") or (said.root if said else name))
    version = record.get("version")
    if not isinstance(version, int | str) or not str(version).isdecimal():
        version = said.version if said else 0
    intervals = read_intervals(record.get("file_intervals_datetime"), name)
    if PurePosixPath(path).is_absolute() or ".." in path or len(PurePosixPath(path).parts) > 2:  # noqa: PLR2004
        raise ServerFault(f"{TABLE}: {path!r} is no name of a kernel")
    return Found(path, kernel_type, root, int(version), intervals, f"{ingested:%Y-%m-%dT%H:%M:%S}")


def _item(found: Found) -> Item | None:
    """Return the item of a kernel; spin tables and small forces have sources of their own."""
    name = PurePosixPath(found.path).name
    ref = found.path if found.path.startswith(_ARCHIVE) else f"{_ARCHIVE}/{found.path}"
    for kind in (SCLK, LSK):
        parsed = kind.parse(f"{PurePosixPath(kind.path).parent}/{name}")
        if parsed is not None:
            return Item(kind.name, {}, ref, found.ingested, version=parsed.version)
    if ".spin" in name or ".sff" in name:
        return None
    said = read_name(name)
    folder = PurePosixPath(found.path).parent.name
    if folder not in KERNEL_FOLDERS:
        folder = said.folder if said else ""
    key: dict[str, KeyValue] = {"folder": folder, "name": name}
    return Item(KERNEL.name, key, ref, found.ingested, tags=_tags(found))


def _tags(found: Found) -> Tags:
    return {
        "type": found.type,
        "root": found.root,
        "number": str(found.version),
        "intervals_utc": intervals_text(found.intervals),
        "ingested": found.ingested,
    }


def _coverage(tags: Mapping[str, str]) -> Coverage | None:
    intervals = read_intervals(json.loads(tags.get("intervals_utc") or "[]"), "tags")
    if not intervals:
        return None
    return Coverage.between(min(one.start for one in intervals), max(one.stop for one in intervals))


def open_spice(config: SpiceConfig, network: Network) -> SpiceSource:
    """Connect to the science data centre."""
    return SpiceSource(config, access.open_sdc(config.url, network), utc_now)


SOURCE = SourceType("imap.spice", SpiceConfig, (SCLK, LSK, KERNEL), open_spice)
"""SPICE kernels."""
