"""Alert packets as a source: a folder into which a stream or an archive's tar file was unpacked.

The folder may be emptied: what was taken stays. A file that cannot be read is rejected until it
changes, and keeps no other back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import Entry, RemoteStat, Transport
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, SourceError
from gnomon.instruments.sky.kinds import ALERT

SUFFIX = ".avro"
_SHOWN = 3
UNREADABLE = "unreadable"
"""The survey of a file that does not tell it."""


class AlertsConfig(StepConfig):
    """Which alerts."""

    folder: str = Field(min_length=1, description="where .avro files are, at any depth")
    most: int | None = Field(None, ge=1, description="files to take at most, by name")


class AlertsSource:
    """Lists and fetches files of alerts."""

    def __init__(self, config: AlertsConfig, transport: Transport, retry: Retry) -> None:
        self._config, self._transport, self._retry = config, transport, retry
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def list(self, cursor: str) -> Listing:  # noqa: ARG002 - all are looked at
        """List every file, by the name that it has without its folder."""
        there: dict[str, tuple[str, Entry]] = {}
        doubles = []
        for path, entry in sorted(self._walk("")):
            name = PurePosixPath(path).stem
            if name in there:
                doubles.append(f"{path} is called like {there[name][0]}")
            else:
                there[name] = path, entry
        wanted = islice(there.items(), self._config.most)
        items = [self._item(name, path, entry) for name, (path, entry) in wanted]
        flaw = f"left out: {'; '.join(doubles[:_SHOWN])}" if doubles else ""
        return Listing(items, covers=lambda item: item.key["survey"] == UNREADABLE, flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Copy one file and read it whole: what is stored can be read."""
        # Loaded late: NumPy and Avro take long, and every command loads this module.
        from gnomon.instruments.sky.alerts.packets import read_alerts  # noqa: PLC0415

        download(
            self._transport, item.ref, dest, retry=self._retry, progress=progress, lasting=False
        )
        alerts = read_alerts(dest, item.ref)
        if {alert.survey for alert in alerts} != {item.key["survey"]}:
            raise BadData(f"{item.ref}: its schema does not name the survey of its alerts")
        return Report(
            metrics={
                "n_alerts": len(alerts),
                "n_rows": sum(len(alert.rows) for alert in alerts),
            },
            tags={
                "url": self._transport.url,
                "parameters": item.ref,
                "release": alerts[0].release,
                "retrieved": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )

    def validator(self, item: Item) -> str:
        """Return size and time of the file."""
        return self._retry.call(item.ref, lambda: self._transport.stat(item.ref)).stamp

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _walk(self, folder: str) -> Iterator[tuple[str, Entry]]:
        for entry in self._retry.call(folder, lambda: self._transport.list(folder)):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_folder:
                yield from self._walk(path)
            elif entry.name.endswith(SUFFIX):
                yield path, entry

    def _item(self, name: str, path: str, entry: Entry) -> Item:
        key = {"survey": self._survey(path) or UNREADABLE, "alert": name}
        stamp = RemoteStat(entry.size, entry.mtime_us).stamp
        return Item(ALERT.name, key, path, stamp, entry.size)

    def _survey(self, path: str) -> str:
        from gnomon.instruments.sky.alerts.packets import survey_of  # noqa: PLC0415  as above

        try:
            with self._transport.read(path) as body:
                return survey_of(next(iter(body), b""))
        except SourceError:
            return ""


def open_alerts(config: AlertsConfig, network: Network) -> AlertsSource:
    """Open the folder."""
    return AlertsSource(config, network.connect(config.folder), network.retry)


SOURCE = SourceType("sky.alerts", AlertsConfig, (ALERT,), open_alerts)
"""Alert packets of ZTF and LSST in a folder."""
