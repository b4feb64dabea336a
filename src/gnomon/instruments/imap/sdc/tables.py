"""Spin tables and files of small forces as sources; both are listed by the day of ingestion."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.instruments.imap.kinds import SMALL_FORCES, SPIN
from gnomon.instruments.imap.sdc import access
from gnomon.instruments.imap.sdc.access import Record, Sdc
from gnomon.instruments.imap.telemetry.dates import Dates, utc_now


class TableConfig(Dates):
    """Which files; the dates are those of ingestion."""

    url: str = Field("", description="the science data centre's when empty")
    advance: bool = Field(
        default=False, description="later polls begin after what a fetch by dates has seen"
    )


class TableSource:
    """Lists and fetches the files of one table.

    Parameters
    ----------
    kind : Kind
        Whose key is the file's name.
    table : str
        How the archive calls it.
    """

    def __init__(
        self, kind: Kind, table: str, config: TableConfig, sdc: Sdc, now: Callable[[], datetime]
    ) -> None:
        self._kind, self._table = kind, table
        self._config, self._sdc, self._now = config, sdc, now
        self._covered: dict[str, Coverage] = {}

    def list(self, cursor: str) -> Listing:
        """List the files that were asked for, or those that have come since the last poll."""
        mark = json.loads(cursor or "{}").get("mark", "")
        days = self._config.asked(self._now().date())
        asked = access.ingested_between(days, mark)
        found, strange = access.read_each(self._sdc.records(self._table, asked), self._item)
        items = {str(item.key["name"]): item for item in sorted(found, key=lambda i: i.stamp)}
        if not days or self._config.advance:
            mark = max([mark, *(item.stamp for item in found)])
        text = json.dumps({"mark": mark} if mark else {})
        return Listing(list(items.values()), text, unchanged=not days, flaw="; ".join(strange))

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring a file."""
        self._sdc.download(item.ref, dest, progress)
        return Report(coverage=self._covered.get(item.ref))

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the date of ingestion in the listing is all there is."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._sdc.close()

    def _item(self, record: Record) -> Item:
        path = access.field(record, "file_path", self._table)
        name = PurePosixPath(path).name
        ingested = access.instant(access.field(record, "ingestion_date", name), name)
        first, last = (
            access.instant(access.field(record, end, name), name)
            for end in ("start_date", "end_date")
        )
        self._covered[path] = Coverage.between(first, max(first, last))
        return Item(self._kind.name, {"name": name}, path, f"{ingested:%Y-%m-%dT%H:%M:%S}")


def _open(kind: Kind, table: str, config: TableConfig, network: Network) -> TableSource:
    return TableSource(kind, table, config, access.open_sdc(config.url, network), utc_now)


SPIN_SOURCE = SourceType("imap.spin", TableConfig, (SPIN,), partial(_open, SPIN, "spin-table"))
"""Spin tables."""
SMALL_FORCES_SOURCE = SourceType(
    "imap.small_forces",
    TableConfig,
    (SMALL_FORCES,),
    partial(_open, SMALL_FORCES, "small-forces-table"),
)
"""Files of small forces: thruster firings."""
