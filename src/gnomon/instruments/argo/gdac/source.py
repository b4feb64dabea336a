"""The GDAC as a source: its index says what there is, and when each file was last changed.

Files that stand in an index are stamped by it: `date_update` equals the DATE_UPDATE inside the
file. Aggregates (``<wmo>_prof.nc``, ``<wmo>_Sprof.nc``) stand in none. The aggregate of a float
whose cycles the index lists only fills in what the index lacks, so it is fetched once, and again
when the float's own row in the index of meta files changes; that of a float without listed cycles
is all there is, so the archive is asked for its size and time at every listing. The greylist is
asked for, too.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.acquire.connect import Network
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import RemoteStat, Transport
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing, covers_nothing
from gnomon.errors import NoData, NotFound, StaleListing
from gnomon.instruments.argo.gdac.config import FTP_MIRROR, HTTPS_MIRROR, GdacConfig
from gnomon.instruments.argo.gdac.index import Index, read_index
from gnomon.instruments.argo.gdac.listing import Lister, stamp
from gnomon.instruments.argo.kinds import (
    AGGREGATE,
    BGC_CYCLE,
    CYCLE,
    GREYLIST,
    META,
    SYNTHETIC_AGGREGATE,
    SYNTHETIC_CYCLE,
    TECHNICAL,
    TRAJECTORY,
)

if TYPE_CHECKING:
    from gnomon.instruments.argo.gdac.fetching import Checker

_log = logging.getLogger(__name__)
_STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the last listings left: where they came from, and how much there was.

    Attributes
    ----------
    updated, rows : mapping
        Date of update and number of rows, by the index's name.
    """

    mirror: str = ""
    updated: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read it back; a cursor that is absent is empty."""
        return cls(**json.loads(text)) if text else cls()

    def write(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), sort_keys=True)


class GdacSource:
    """Lists and fetches files of a GDAC mirror."""

    def __init__(self, config: GdacConfig, transport: Transport, retry: Retry) -> None:
        self._config, self._transport, self._retry = config, transport, retry

    def list(self, cursor: str) -> Listing:
        """List the selected files."""
        before = Cursor.read(cursor)
        lister = Lister(self._config, self._index, self._stat, before.rows)
        found = lister.items()
        now = _after(before, self._config.mirror, lister.indexes)
        self._check_progress(before, now)
        proof = before.mirror == now.mirror
        return Listing(found, now.write(), lister.covers if proof else covers_nothing)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:
        """Fetch one file and read it whole: what is stored can be read."""
        try:
            download(
                self._transport,
                item.ref,
                dest,
                size=item.size,
                retry=self._retry,
                progress=progress,
                lasting=False,  # whoever keeps it sees to that
            )
        except NotFound:
            if item.optional:
                raise NoData(f"{item.ref} is not there") from None
            raise
        return self._checker.check(item, dest, known)

    @cached_property
    def _checker(self) -> Checker:
        # Loaded late: what reads the files needs more than what lists them.
        from gnomon.instruments.argo.gdac.fetching import Checker  # noqa: PLC0415

        return Checker()

    def validator(self, item: Item) -> str:
        """Return size and time of a file, as the mirror tells them."""
        return stamp(self._stat(item.ref))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _index(self, name: str) -> Index:
        """Return an index: the newer of the plain and the compressed one."""
        found = {}
        for candidate in (f"{name}.gz", name):
            try:
                found[candidate] = self._stat(candidate).mtime_us or 0
            except NotFound:
                continue
        if not found:
            raise NotFound(f"{self._config.mirror} has no {name}")
        newest = max(found, key=lambda candidate: found[candidate])
        with tempfile.TemporaryDirectory() as folder:
            dest = Path(folder) / newest
            download(self._transport, newest, dest, retry=self._retry, lasting=False)
            return read_index(dest.read_bytes(), name, newest)

    def _stat(self, path: str) -> RemoteStat:
        return self._retry.call(path, lambda: self._transport.stat(path))

    def _check_progress(self, before: Cursor, now: Cursor) -> None:
        """Refuse an index that lost much of what the same mirror had, and tell of an older one."""
        if before.mirror != now.mirror:
            return
        for name, rows in before.rows.items():
            if now.rows[name] < rows * (1 - self._config.most_gone):
                raise StaleListing(
                    f"{now.mirror} lists {now.rows[name]} files in {name} where it listed {rows}; "
                    "nothing was changed. Set most_gone = 1 to believe it"
                )
            if now.updated[name] < before.updated[name]:
                _log.warning(
                    "%s went back in time: its %s is of %s UTC, and was of %s UTC",
                    *(now.mirror, name, now.updated[name], before.updated[name]),
                )


def _after(before: Cursor, mirror: str, indexes: Mapping[str, Index]) -> Cursor:
    """Return the cursor after a listing; what was not read stays as it was."""
    kept = before if before.mirror == mirror else Cursor()
    updated = {name: index.updated.strftime(_STAMP) for name, index in indexes.items()}
    rows = {name: index.rows.num_rows for name, index in indexes.items()}
    return Cursor(mirror, {**kept.updated, **updated}, {**kept.rows, **rows})


def open_gdac(config: GdacConfig, network: Network) -> GdacSource:
    """Connect to the mirror, with the fallback behind it."""
    fallback = config.fallback or (HTTPS_MIRROR if config.mirror == FTP_MIRROR else "")
    urls = [config.mirror, fallback] if fallback else [config.mirror]
    return GdacSource(config, network.connect(*urls), network.retry)


KINDS = (
    *(CYCLE, AGGREGATE, BGC_CYCLE, SYNTHETIC_CYCLE, SYNTHETIC_AGGREGATE),
    *(META, TECHNICAL, TRAJECTORY, GREYLIST),
)
GDAC = SourceType("argo.gdac", GdacConfig, KINDS, open_gdac)
"""The archive: its index files, and what is new in it."""
