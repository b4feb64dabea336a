"""WebPODA as a source: the packets of one sort and one UTC day, from the operations centre.

A poll asks of each sort for packets that were received since the last one that it has seen (by
Earth received time, ERT), and so learns of the days to fetch: late packets of an old day are new.
A day is fetched whole, with a margin, and laid over what is known of it; it is fetched again when a
packet of a later ERT is there.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import KeyValue
from gnomon.errors import NoData, ServerFault
from gnomon.instruments.imap.kinds import HK_L0
from gnomon.instruments.imap.telemetry import access
from gnomon.instruments.imap.telemetry.dates import DAY, Dates, midnight, utc_now
from gnomon.instruments.imap.telemetry.packets import ALL, BY_NAME, packets_of
from gnomon.instruments.imap.telemetry.polling import ask_each

MARGIN = timedelta(seconds=60)
"""At both ends of a day; `days_near` knows it, too."""
_TIMES = "project(time,ert)&formatTime(%22yyyy-MM-dd'T'HH:mm:ss%22)"


class WebpodaConfig(Dates):
    """Which part of the archive."""

    url: str = Field(
        "", description="WEBPODA_DATA_ACCESS_URL, or the operations centre's, when empty"
    )
    system: Literal["SID1", "SID2"] = Field("SID2", description="SID1: flight; SID2: before it")
    packets: tuple[str, ...] = Field((ALL,), description="names, APIDs, or all")
    by_ert: bool = Field(default=False, description="the days are those of reception")
    advance: bool = Field(
        default=False, description="later polls begin after what a fetch by days has seen"
    )


@dataclass
class Arrivals:
    """What is known of packets by their times.

    Attributes
    ----------
    now : str
        Later times of reception are wrong.
    own : dict of str to str
        The latest ERT of the packets of a day, by that day (ISO 8601).
    near : dict of str to str
        The same, with those in the margins of the day.
    last : str
        The latest ERT of all.
    """

    now: str
    own: dict[str, str] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)
    last: str = ""

    @classmethod
    def read(cls, lines: Iterable[str], what: str, now: datetime) -> Arrivals:
        """Read a CSV of ``time`` and ``ert``; raise `ServerFault` where it is another one."""
        found = cls(f"{now:%Y-%m-%dT%H:%M:%S}")
        rows = iter(lines)
        header = next(rows, "time,ert").strip().split(",")
        if sorted(header) != ["ert", "time"]:
            raise ServerFault(f"{what}: the table has columns {header}, and wants time, ert")
        time_at, ert_at = header.index("time"), header.index("ert")
        for row in rows:
            values = row.strip().split(",")
            if values == [""]:
                continue
            if len(values) != len(header) or not all(map(_is_time, values)):
                raise ServerFault(f"{what}: {row.strip()!r} is no pair of times")
            found.take(values[time_at], values[ert_at])
        return found

    def take(self, time: str, ert: str) -> None:
        """Take one packet in; of one that is yet to come it is not known when it came."""
        if ert > self.now:
            ert = time if time <= self.now else ""
        day = time[:10]
        self.own[day] = max(ert, self.own.get(day, ""))
        self.last = max(ert, self.last)
        for near in days_near(time):
            self.near[near] = max(ert, self.near.get(near, ""))


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= len("2026-01-01T00:00:00") and text[10] == "T"


def days_near(time: str) -> Iterator[str]:
    """Yield the days whose file holds a packet of a time: its own, and across a near midnight."""
    yield time[:10]
    clock = time[11:16]
    if clock == "00:00":
        yield (date.fromisoformat(time[:10]) - DAY).isoformat()
    elif clock == "23:59":
        yield (date.fromisoformat(time[:10]) + DAY).isoformat()


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the next poll of one sort begins.

    Attributes
    ----------
    ert : str
        The latest that was seen.
    day : str
        The latest day with packets.
    """

    ert: str
    day: str = ""

    def after(self, found: Arrivals) -> Mark:
        """Return the mark once `found` was seen; times to come, which are wrong, do not move it."""
        days = [day for day in found.own if day <= found.now]
        return Mark(max(self.ert, found.last), max([self.day, *days]))


class WebpodaSource:
    """Lists and fetches days of packets."""

    def __init__(
        self, config: WebpodaConfig, api: Api, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._config, self._api, self._now = config, api, now
        self._packets = [packet.name for packet in packets_of(config.packets)]

    def list(self, cursor: str) -> Listing:
        """List the days that were asked for, or those with packets that have come since."""
        marks = {name: Mark(*mark) for name, mark in json.loads(cursor or "{}").items()}
        days = self._config.asked(self._now().date())
        if not days:
            found, flaw = ask_each(self._packets, lambda name: self._new(name, marks))
        elif self._config.by_ert:
            found, flaw = ask_each(self._packets, lambda name: self._received(name, days))
        else:
            found, flaw = ask_each(self._packets, lambda name: self._of(name, days))
        if not days or self._config.advance:
            marks |= {n: self._mark(n, marks).after(one) for n, (one, _) in found.items()}
        items = [
            _item(name, day, arrivals.near[day])
            for name, (arrivals, wanted) in found.items()
            for day in sorted(wanted)
        ]
        kept = json.dumps({n: (mark.ert, mark.day) for n, mark in sorted(marks.items())})
        return Listing(items, kept, unchanged=not days, flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:
        """Bring the packets of a day, and lay them over what is known of it."""
        # NumPy is not loaded by every command.
        from gnomon.instruments.imap.hk.days import write_day  # noqa: PLC0415

        day: Any = item.key["day"]
        path, _, query = item.ref.partition("?")
        name = path.removesuffix(".bin")
        fresh = dest.with_suffix(".fresh")
        found = self._api.download(path, query, fresh, progress, empty=True)
        if not found.size and known is None:
            raise NoData(f"WebPODA has no packets of {name} on {day}")
        parts = [known.path, fresh] if known else [fresh]
        # Which of them are of the day is the decoder's affair, who knows the clock.
        counts = write_day(dest, parts, day, None, apid=BY_NAME[name].apid)
        fresh.unlink()
        return Report(metrics=counts.metrics(), flaw=counts.flaw)

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the listing's stamp is all there is."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    # -- what has come

    def _new(self, name: str, marks: Mapping[str, Mark]) -> tuple[Arrivals, set[str]]:
        """Return what was received since a mark, and the days that it touches.

        A packet in the margin of a day that has none of its own is no reason to make that day.
        """
        mark = self._mark(name, marks)
        found = self._times(name, f"ert%3E={mark.ert}")
        return found, {day for day in found.near if day in found.own or day == mark.day}

    def _mark(self, name: str, marks: Mapping[str, Mark]) -> Mark:
        return marks.get(name) or Mark(f"{self._config.since}T00:00:00")

    def _received(self, name: str, days: Iterable[date]) -> tuple[Arrivals, set[str]]:
        """Return the arrivals on the days that packets, received on some days, are of."""
        received = self._times(name, _between("ert", *_ends(days)))
        if not received.own:
            return received, set()
        touched = [date.fromisoformat(day) for day in received.own]
        found = self._times(name, _between("time", *_ends(touched, MARGIN)))
        return found, set(received.own) & set(found.own)

    def _of(self, name: str, days: Iterable[date]) -> tuple[Arrivals, set[str]]:
        """Return the arrivals of some days."""
        found = self._times(name, _between("time", *_ends(days, MARGIN)))
        return found, set(found.own) & {day.isoformat() for day in days}

    def _times(self, name: str, constraint: str) -> Arrivals:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "times.csv"
            query = f"{constraint}&{_TIMES}"
            self._api.download(f"{name}.csv", query, table, empty=True)
            with table.open(encoding="utf-8", errors="replace") as lines:
                return Arrivals.read(lines, f"{self._api.url}/{name}.csv", self._now())


def _ends(days: Iterable[date], margin: timedelta = timedelta()) -> tuple[datetime, datetime]:
    known = list(days)
    return midnight(min(known)) - margin, midnight(max(known)) + DAY + margin


def _between(name: str, start: datetime, stop: datetime) -> str:
    return f"{name}%3E={start:%Y-%m-%dT%H:%M:%S}&{name}%3C{stop:%Y-%m-%dT%H:%M:%S}"


def _item(name: str, day_text: str, stamp: str) -> Item:
    packet, day = BY_NAME[name], date.fromisoformat(day_text)
    key: dict[str, KeyValue] = {
        "instrument": packet.instrument,
        "packet": packet.store_name,
        "day": day,
    }
    query = f"{_between('time', *_ends([day], MARGIN))}&project(packet)"
    return Item(HK_L0.name, key, f"{name}.bin?{query}", stamp)


def open_webpoda(config: WebpodaConfig, network: Network) -> WebpodaSource:
    """Connect to the operations centre."""
    url = network.address(config.url, "WEBPODA_DATA_ACCESS_URL", access.WEBPODA)
    if "packets/SID" not in url:
        url = f"{url}/packets/{config.system}"
    return WebpodaSource(config, access.operations(url, network))


SOURCE = SourceType("imap.webpoda", WebpodaConfig, (HK_L0,), open_webpoda)
"""Packets of housekeeping, of the magnetometer and the spacecraft."""
