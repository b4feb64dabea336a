"""WebTCAD as a source: other instruments' telemetry items that the magnetometer's users need.

One CSV of time and value per item and UTC day. A poll reads what there is since the day before the
last sample that it has seen, and fetches the days that have other samples than then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
from gnomon.core.kinds import KeyValue
from gnomon.errors import NoData, ServerFault
from gnomon.instruments.imap.kinds import WEBTCAD
from gnomon.instruments.imap.telemetry import access
from gnomon.instruments.imap.telemetry.dates import DAY, Dates, midnight, utc_now
from gnomon.instruments.imap.telemetry.day_table import day_of, time_text
from gnomon.instruments.imap.telemetry.polling import ask_each

Series = Literal["lo", "hi45", "hi90"]
PATH = "AnalogTelemetryItem_SID1.csv"
_FORMAT = "format_time(yyyy-MM-dd'T'HH:mm:ss.SSS)"
_AT_ONCE = timedelta(days=31)
Sample = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Telemetry:
    """A telemetry item.

    Attributes
    ----------
    number : int
        Its TMID.
    packet : str
        What the store calls it.
    """

    number: int
    packet: str


SERIES = {
    "lo": Telemetry(58350, "pivot-platform-angle"),  # ILOGLOBAL.PPM_NHK_POT_PRI
    "hi45": Telemetry(58238, "esa-step"),  # H45_APP_NHK.SCI_ESA_STEP
    "hi90": Telemetry(58309, "esa-step"),
}


class WebtcadConfig(Dates):
    """Which part of the archive."""

    url: str = Field(
        "", description="WEBTCAD_DATA_ACCESS_URL, or the operations centre's, when empty"
    )
    series: tuple[Series, ...] = Field(get_args(Series), min_length=1)


class WebtcadSource:
    """Lists and fetches days of telemetry items."""

    def __init__(
        self, config: WebtcadConfig, api: Api, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._config, self._api, self._now = config, api, now

    def list(self, cursor: str) -> Listing:
        """List the days that were asked for, or those with samples that have come since."""
        now = self._now()
        if days := self._config.asked(now.date()):
            stamp = f"asked {now:%Y-%m-%dT%H:%M:%S.%f}"
            found = [_item(series, day, stamp) for series in self._config.series for day in days]
            return Listing(found, cursor)
        marks: dict[str, str] = json.loads(cursor) if cursor else {}
        looked, flaw = ask_each(
            self._config.series, lambda series: self._since(series, marks.get(series, ""), now)
        )
        items = [
            _item(series, day, stamp)
            for series, stamps in looked.items()
            for day, stamp in sorted(stamps.items())
        ]
        marks |= {series: max(stamps).isoformat() for series, stamps in looked.items() if stamps}
        return Listing(items, json.dumps(marks, sort_keys=True), unchanged=True, flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:
        """Bring the samples of a day, in the order of time, each once."""
        day: Any = item.key["day"]
        series = str(item.key["instrument"])
        answer = self._ask(series, midnight(day), midnight(day + DAY))
        progress(len(answer))
        samples = [sample for sample in _samples(answer, series) if day_of(sample[0]) == day]
        if not samples:
            if known is None:
                raise NoData(f"WebTCAD has no {item.key['packet']} of {series} on {day}")
            raise ServerFault(f"WebTCAD has lost {item.key['packet']} of {series} on {day}")
        once = sorted(dict.fromkeys(samples), key=lambda sample: sample[0])
        rows = [f"{time},{value}\n" for time, value in once]
        dest.write_text("time,value\n" + "".join(rows), encoding="utf-8")
        return Report(metrics={"n_rows": len(rows), "n_duplicates": len(samples) - len(rows)})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the listing's stamp is all there is."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def _since(self, series: str, mark: str, now: datetime) -> dict[date, str]:
        """Return the stamps of the days that have samples: the last of them, and how many."""
        first = date.fromisoformat(mark) - DAY if mark else self._config.since
        start, stop = midnight(first), midnight(now.date() + DAY)
        found: dict[date, list[str]] = {}
        while start < stop:
            end = min(start + _AT_ONCE, stop)
            for time, _ in _samples(self._ask(series, start, end), series):
                if start <= midnight(day_of(time)) < end:
                    found.setdefault(day_of(time), []).append(time)
            start = end
        return {day: f"{max(times)} {len(times)}" for day, times in found.items()}

    def _ask(self, series: str, start: datetime, stop: datetime) -> str:
        """Ask for the samples from one time to another, both in."""
        bounds = f"time%3E={start:%Y-%m-%dT%H:%M:%S}.000Z&time%3C={stop:%Y-%m-%dT%H:%M:%S}.000Z"
        query = f"TMID={SERIES[series].number}&time,value&{bounds}&{_FORMAT}"
        return self._api.text(PATH, query)


def _samples(answer: str, series: str) -> Iterator[Sample]:
    """Yield times and values; raise `ServerFault` where the answer is no such table."""
    header, *rows = answer.splitlines()
    if [name.strip() for name in header.split(",")] != ["time", "value"]:
        raise ServerFault(f"WebTCAD's answer for {series} is no table of time, value: {header!r}")
    for row in filter(None, rows):
        time, _, value = row.partition(",")
        try:
            float(value)
            canonical = time_text(time)
        except ValueError:
            raise ServerFault(f"WebTCAD's answer for {series}: {row!r} is no sample") from None
        yield f"{canonical}{_milliseconds(canonical)}", value.strip()


def _milliseconds(time: str) -> str:
    """Return what a time lacks: the archive writes milliseconds always."""
    return "" if "." in time else ".000"


def _item(series: str, day: date, stamp: str) -> Item:
    telemetry = SERIES[series]
    key: dict[str, KeyValue] = {
        "instrument": series,
        "packet": telemetry.packet,
        "day": day,
    }
    return Item(WEBTCAD.name, key, f"TMID={telemetry.number} {day}", stamp)


def open_webtcad(config: WebtcadConfig, network: Network) -> WebtcadSource:
    """Connect to the operations centre."""
    url = network.address(config.url, "WEBTCAD_DATA_ACCESS_URL", access.WEBTCAD)
    return WebtcadSource(config, access.operations(url, network))


SOURCE = SourceType("imap.webtcad", WebtcadConfig, (WEBTCAD,), open_webtcad)
"""Angle of Lo's pivot platform, energy steps of Hi45 and Hi90."""
