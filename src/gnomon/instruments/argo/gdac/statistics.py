"""The statistics of one sync, in the words of the system whose job this is.

They are counted from what the engine tells while it works, so they hold for an interrupted or a
failing sync as well.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from gnomon.core.items import Item
from gnomon.core.kinds import KeyValue
from gnomon.errors import ConfigError, NotFound


@dataclass(frozen=True, slots=True)
class SyncStatistics:
    """What one sync did.

    Attributes
    ----------
    total_floats : int
        Floats that the archive lists in the selection.
    files_downloaded : int
        Files that arrived, were found whole, and are kept.
    files_skipped : int
        Listed files that did not have to move: they are here already, or known to be absent.
    bytes_downloaded : int
        Bytes of `files_downloaded`.
    errors : int
        Listed files that are not here though the archive has them, from this sync or an earlier
        one, and archives that could not be listed.
    start_time, end_time : str
        ISO 8601, UTC.
    retries : int
        Requests and transfers that failed and were tried again.
    not_found : int
        Files that the archive answered "not found" for, this time.
    corrupt : int
        Files refused because their content makes no sense, and files of the store found altered.
    retired : int
        Files taken back because the archive no longer lists them.
    """

    total_floats: int
    files_downloaded: int
    files_skipped: int
    bytes_downloaded: int
    errors: int
    start_time: str
    end_time: str
    retries: int
    not_found: int
    corrupt: int
    retired: int

    def as_dict(self) -> dict[str, int | str]:
        """Return them by name."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Write them as JSON, whole or not at all."""
        part = path.with_name(path.name + ".part")
        try:
            part.write_text(json.dumps(self.as_dict(), indent=2) + "\n", "utf-8")
            part.replace(path)
        except OSError as error:
            raise ConfigError(f"the statistics cannot be written to {path}: {error}") from None


def _now() -> datetime:
    return datetime.now(UTC)


class Counting:
    """Counts one sync from what the engine tells, from whichever thread.

    Parameters
    ----------
    clock : callable
        The time, aware; injected by tests.
    """

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self._clock, self._start = clock, clock()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._floats: set[KeyValue] = set()

    def take(
        self, what: str, act: str = "", count: int = 0, error: str = "", items: Iterable[Item] = ()
    ) -> None:
        """Count an event in.

        Parameters
        ----------
        what, act, error : str
            As in `gnomon.engine.events.Event`.
        count : int
            Bytes, items listed, or datasets taken back.
        """
        with self._lock:
            self._counts[what] += 1
            if what == "listed":
                self._counts["items"] += count
                self._floats.update(item.key["wmo"] for item in items if "wmo" in item.key)
            elif what == "done" and act == "fetch":
                self._counts["kept bytes"] += count
            elif what == "retired":
                self._counts["taken back"] += count
            elif what == "failed" and error == NotFound.__name__:
                self._counts["missing"] += 1

    def result(self, standing: int) -> SyncStatistics:
        """Return the statistics so far.

        Parameters
        ----------
        standing : int
            Listed files that are failed or rejected now, from this sync or an earlier one.
        """
        with self._lock:
            counts = self._counts.copy()
        moved = counts["done"]
        return SyncStatistics(
            total_floats=len(self._floats),
            files_downloaded=moved,
            files_skipped=max(counts["items"] - moved - counts["no_data"] - standing, 0),
            bytes_downloaded=counts["kept bytes"],
            errors=standing + counts["not_listed"],
            start_time=self._start.isoformat(),
            end_time=self._clock().isoformat(),
            retries=counts["attempt"] + counts["retry"],
            not_found=counts["no_data"] + counts["missing"],
            corrupt=counts["rejected"] + counts["corrupt"],
            retired=counts["taken back"],
        )
