"""I-ALiRT as a source: one CSV per instrument and day, which grows as records come in.

A poll looks for records after the last one that it has seen, up to now, in windows as long as the
service likes them. What is fetched of a day begins at the last record that is known of it; two
records of one time are one, and the later answer counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.errors import NoData, ServerFault
from gnomon.instruments.imap.kinds import IALIRT, IALIRT_HK
from gnomon.instruments.imap.telemetry import access
from gnomon.instruments.imap.telemetry.dates import (
    DAY,
    Dates,
    days_from,
    midnight,
    utc_now,
)
from gnomon.instruments.imap.telemetry.day_table import DayTable, day_of, instant_of, time_text
from gnomon.instruments.imap.telemetry.ialirt_rows import TIME, Records, records
from gnomon.instruments.imap.telemetry.polling import ask_each
from gnomon.instruments.imap.telemetry.rules import Rules, built_in

Science = Literal["mag", "hit", "swe", "swapi"]
HK = "mag_hk"
Found = tuple[str, date, str, str]
"""An instrument, a day, how much of it to fetch, and a stamp."""
_CADENCE = timedelta(seconds=4)
_WHOLE, _NEW = "whole", "new"


class IalirtConfig(Dates):
    """Which part of the archive."""

    url: str = Field("", description="IALIRT_DATA_ACCESS_URL, or the usual one, when empty")
    instruments: tuple[Science, ...] = Field(get_args(Science), min_length=1)
    window_h: float = Field(4.0, gt=0, description="the time that one request is for")


class IalirtHkConfig(Dates):
    """Which part of the archive."""

    url: str = Field("", description="IALIRT_DATA_ACCESS_URL, or the usual one, when empty")
    window_h: float = Field(1.5, gt=0, description="the time that one request is for")


@dataclass(frozen=True, slots=True)
class Part:
    """What a source is for.

    Attributes
    ----------
    kind : Kind
        What it makes.
    instruments : tuple of str
        As the service calls them.
    window : timedelta
        The time that one request is for.
    rules : Rules, optional
        How counts become units.
    """

    kind: Kind
    instruments: tuple[str, ...]
    window: timedelta
    rules: Rules | None = None

    def key(self, instrument: str, day: date) -> dict[str, Any]:
        """Return the key of a day; housekeeping is the magnetometer's only."""
        key = {"instrument": instrument, "day": day}
        return {name: key[name] for name in self.kind.keys}


class IalirtSource:
    """Lists and fetches days of I-ALiRT."""

    def __init__(
        self, part: Part, dates: Dates, api: Api, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._part, self._dates, self._api, self._now = part, dates, api, now

    def list(self, cursor: str) -> Listing:
        """List the days that were asked for, or those with records after the last one seen."""
        now = self._now()
        if days := self._dates.asked(now.date()):
            stamp = f"asked {now:%Y-%m-%dT%H:%M:%S.%f}"
            found = [(i, day, _WHOLE, stamp) for i in self._part.instruments for day in days]
            return Listing([self._item(*one) for one in found], cursor)
        marks: dict[str, str] = json.loads(cursor) if cursor else {}
        looked, flaw = ask_each(
            self._part.instruments, lambda name: self._since(name, marks.get(name, ""), now)
        )
        items = [self._item(*one) for found, _, _ in looked.values() for one in found]
        marks |= {instrument: mark for instrument, (_, mark, _) in looked.items()}
        lost = [
            f"{i}: {undated} records name no time" for i, (*_, undated) in looked.items() if undated
        ]
        flaw = "; ".join(filter(None, [flaw, *lost]))
        return Listing(items, json.dumps(marks, sort_keys=True), unchanged=True, flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Lay the records of a day over what is known of it."""
        instrument, day_text, extent = item.ref.split()
        day = date.fromisoformat(day_text)
        table = DayTable.read(known.path, TIME) if known else DayTable(TIME)
        before = len(table.rows)
        start = midnight(day)
        if extent == _NEW and table.last:
            start = max(start, instant_of(table.last))
        undated = 0
        for answer in self._answers(instrument, start, min(midnight(day + DAY), self._now())):
            table.take((time, row) for time, row in answer.rows if day_of(time) == day)
            undated += answer.undated
        if not table.rows and undated:
            raise ServerFault(f"I-ALiRT's {undated} records of {instrument} on {day} name no time")
        if not table.rows and known is None:
            raise NoData(f"I-ALiRT has no records of {instrument} on {day}")
        table.write(dest)
        figures = {"n_rows": len(table.rows), "n_new_rows": len(table.rows) - before}
        return Report(metrics=figures, flaw=f"{undated} records name no time" if undated else "")

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: a record is never changed."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def _item(self, instrument: str, day: date, extent: str, stamp: str) -> Item:
        key = self._part.key(instrument, day)
        return Item(self._part.kind.name, key, f"{instrument} {day} {extent}", stamp)

    def _since(self, instrument: str, mark: str, now: datetime) -> tuple[Sequence[Found], str, int]:
        """Return days of one instrument to fetch, the time of the last record, and the undated.

        Days before yesterday are not looked into: they are fetched whole, and done with.
        """
        begin = instant_of(mark) if mark else midnight(self._dates.since)
        edge = max(begin, midnight(now.date() - DAY))
        found = [
            (instrument, day, _WHOLE, f"after {mark or begin.date()}")
            for day in days_from(begin.date(), edge.date() - DAY)
        ]
        last: dict[date, str] = {}
        undated = 0
        for answer in self._answers(instrument, edge, now):
            undated += answer.undated
            for time, _ in answer.rows:
                last[day_of(time)] = max(time, last.get(day_of(time), ""))
        found += [(instrument, day, _NEW, last[day]) for day in sorted(last) if last[day] > mark]
        seen = [mark, *last.values()]
        if begin < edge:
            seen.append(time_text(edge.isoformat()))
        return found, max(seen), undated

    def _answers(self, instrument: str, start: datetime, stop: datetime) -> Iterator[Records]:
        """Ask for one window after the other; an answer that ends early is asked to go on.

        A record of another time than asked for is left out: one of a time to come, which is wrong,
        would be the last for ever.
        """
        while stop - start >= _CADENCE:
            end = min(start + self._part.window, stop)
            first, last_asked = (f"{time:%Y-%m-%dT%H:%M:%S}" for time in (start, end))
            query = {
                "instrument": instrument,
                "time_utc_start": first,
                "time_utc_end": last_asked,
            }
            answer = records(self._api.json("space-weather", query), self._part.rules)
            answer.rows = [one for one in answer.rows if first <= one[0] <= last_asked]
            yield answer
            last = instant_of(max((time for time, _ in answer.rows), default="0001-01-01"))
            went_on = last.replace(microsecond=0) > start and end - last >= _CADENCE
            start = last if went_on else end


def open_science(config: IalirtConfig, network: Network) -> IalirtSource:
    """Connect, for the instruments' science."""
    part = Part(IALIRT, config.instruments, timedelta(hours=config.window_h))
    return IalirtSource(part, config, _api(config.url, network))


def open_housekeeping(config: IalirtHkConfig, network: Network) -> IalirtSource:
    """Connect, for the magnetometer's housekeeping."""
    part = Part(IALIRT_HK, (HK,), timedelta(hours=config.window_h), built_in())
    return IalirtSource(part, config, _api(config.url, network))


def _api(url: str, network: Network) -> Api:
    found = network.address(url, "IALIRT_DATA_ACCESS_URL", access.IALIRT)
    return access.ialirt(found, network)


SOURCE = SourceType("imap.ialirt", IalirtConfig, (IALIRT,), open_science)
"""Science of MAG, HIT, SWE and SWAPI in near real time."""
HK_SOURCE = SourceType("imap.ialirt_hk", IalirtHkConfig, (IALIRT_HK,), open_housekeeping)
"""Housekeeping of MAG in near real time."""
