"""NOAA's real-time solar wind as a source: one CSV per spacecraft, instrument and day.

The archive keeps a day only; what it still has of a day is laid over what is known of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import NotFound
from gnomon.instruments.imap.kinds import NOAA
from gnomon.instruments.imap.telemetry import access
from gnomon.instruments.imap.telemetry.day_table import DayTable
from gnomon.instruments.imap.telemetry.noaa_rows import TIME, Recent, recent
from gnomon.instruments.imap.telemetry.polling import ask_each

_log = logging.getLogger(__name__)
Spacecraft = Literal["ACE", "SOLAR1", "IMAP"]
Sort = Literal["mag", "wind"]
_MARKS = 100
"""Days that are kept in mind: several weeks."""


class NoaaConfig(StepConfig):
    """Which part of the archive."""

    url: str = Field("", description="SOLAR1_ACE_DATA_ACCESS_URL, or NOAA's, when empty")
    spacecraft: tuple[Spacecraft, ...] = Field(get_args(Spacecraft), min_length=1)
    instruments: tuple[Sort, ...] = Field(get_args(Sort), min_length=1)


class NoaaSource:
    """Lists and fetches what NOAA has of the last day."""

    def __init__(self, config: NoaaConfig, api: Api) -> None:
        self._config, self._api = config, api
        self._recent: dict[str, Recent] = {}

    def list(self, cursor: str) -> Listing:
        """Read the last day whole: it is small; what has no newer row since is not fetched.

        Where the archive took rows back, the stamp stays, or an older file would count again.
        """
        marks: dict[str, str] = json.loads(cursor) if cursor else {}
        items = []
        looked, flaw = ask_each(self._config.instruments, self._read)
        self._recent |= looked
        flaws = [flaw] if flaw else []
        for instrument, found in looked.items():
            if found.undated:
                lost = f"{found.undated} records name no time or no spacecraft"
                flaws.append(f"{instrument}: {lost}")
            strange = {spacecraft for spacecraft, _ in found.days} - set(get_args(Spacecraft))
            if strange:
                _log.warning("NOAA has %s of unknown spacecraft: %s", instrument, sorted(strange))
            for (spacecraft, day), rows in sorted(found.days.items()):
                if spacecraft in self._config.spacecraft:
                    items.append(_item(spacecraft, instrument, day, max(rows), marks))
        marks |= {item.ref: item.stamp for item in items}
        kept = sorted(marks.items(), key=lambda one: one[1])[-_MARKS:]
        return Listing(items, json.dumps(dict(kept), sort_keys=True), flaw="; ".join(flaws))

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Lay what was listed over what is known of the day."""
        key: Any = item.key
        found = self._recent.get(key["instrument"], Recent())
        rows = found.days.get((key["spacecraft"], key["day"]))
        if rows is None:
            raise NotFound(f"NOAA has nothing of {item.ref} any more")
        table = DayTable.read(known.path, TIME) if known else DayTable(TIME)
        before = len(table.rows)
        table.take(rows.items())
        table.write(dest)
        figures = {"n_rows": len(table.rows), "n_new_rows": len(table.rows) - before}
        return Report(metrics=figures)

    def _read(self, instrument: str) -> Recent:
        return recent(self._api.json(f"rtsw_{instrument}_1m.json"), instrument)

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the archive says nothing of a part of its file."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()


def _item(spacecraft: str, instrument: str, day: Any, last: str, marks: Mapping[str, str]) -> Item:
    key = {"spacecraft": spacecraft, "instrument": instrument, "day": day}
    ref = f"{spacecraft} {instrument} {day}"
    return Item(NOAA.name, key, ref, max(last, marks.get(ref, "")))


def open_noaa(config: NoaaConfig, network: Network) -> NoaaSource:
    """Connect to NOAA."""
    url = network.address(config.url, "SOLAR1_ACE_DATA_ACCESS_URL", access.NOAA)
    return NoaaSource(config, access.public(url, network))


SOURCE = SourceType("imap.noaa", NoaaConfig, (NOAA,), open_noaa)
"""Minute means of the solar wind, from the spacecraft at L1."""
