"""The GDAC as a source: its index says what there is, and when each file was last changed.

Single-cycle files are stamped by the index: `date_update` equals the DATE_UPDATE inside the file.
Aggregates (``<wmo>_prof.nc``) stand in no index. The aggregate of a float whose cycles the index
lists only fills in what the index lacks, so it is fetched once, and again when the float's own row
in the index of meta files changes; that of a float without listed cycles is all there is, so the
archive is asked for its size and time at every listing.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import RemoteStat, Transport
from gnomon.core.dataset import Dataset, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing, covers_nothing
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, NoData, NotFound, StaleListing
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.gdac.index import (
    META_INDEX,
    PROFILE_INDEX,
    Index,
    Selection,
    floats,
    items,
    read_meta_index,
    read_profile_index,
)
from gnomon.instruments.argo.kinds import AGGREGATE, CYCLE
from gnomon.instruments.argo.tables.columns import coverage
from gnomon.store.hashing import sha256_of

_log = logging.getLogger(__name__)
_STAMP = "%Y%m%d%H%M%S"
HTTPS_MIRROR = "https://data-argo.ifremer.fr"
FTP_MIRROR = "ftp://ftp.ifremer.fr/ifremer/argo"


class GdacConfig(StepConfig):
    """Which mirror, and which part of it."""

    mirror: str = Field(HTTPS_MIRROR, description="http(s)://, ftp://, or a path")
    fallback: str = Field("", description="taken when the mirror is unavailable")
    floats: tuple[int, ...] = Field((), description="WMO numbers; all when empty")
    dacs: tuple[str, ...] = Field((), description="data centres; all when empty")
    box: tuple[float, float, float, float] | None = Field(
        None, description="west, east, south, north [degrees]"
    )
    since: datetime | None = Field(None, description="files updated then or later")
    aggregates: bool = Field(True, description="fetch <wmo>_prof.nc too")
    most_gone: float = Field(
        0.5, ge=0, le=1, description="a listing that lost more than this share is not believed"
    )


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the last listing left: where it came from, and how much there was."""

    mirror: str = ""
    updated: str = ""
    rows: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read it back; a cursor that is absent is empty."""
        return cls(**json.loads(text)) if text else cls()

    def write(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), sort_keys=True)


class GdacSource:
    """Lists and fetches core profile files of a GDAC mirror."""

    def __init__(self, config: GdacConfig, transport: Transport, retry: Retry) -> None:
        self._config, self._transport, self._retry = config, transport, retry
        self._selection = Selection(
            frozenset(config.floats), frozenset(config.dacs), config.box, config.since
        )

    def list(self, cursor: str) -> Listing:
        """List the selected cycles, and the aggregates of their floats."""
        before = Cursor.read(cursor)
        profiles = read_profile_index(*self._index(PROFILE_INDEX))
        now = Cursor(self._config.mirror, profiles.updated.strftime(_STAMP), profiles.rows.num_rows)
        self._check_progress(before, now)
        found: Sequence[Item] = items(profiles, self._selection.mask(profiles))
        if self._config.aggregates:
            found = [*found, *self._aggregates(profiles)]
        if self._selection.floats and not found:
            wanted = ", ".join(str(wmo) for wmo in sorted(self._selection.floats))
            raise NotFound(f"{self._config.mirror} lists no float {wanted}")
        proof = before.mirror == now.mirror
        return Listing(found, now.write(), self._covers if proof else covers_nothing)

    def fetch(self, item: Item, dest: Path, known: Dataset | None, progress: Progress) -> Report:
        """Fetch one file and read it whole: what is stored can be read."""
        try:
            download(
                self._transport,
                item.ref,
                dest,
                size=item.size,
                retry=self._retry,
                progress=progress,
            )
        except NotFound:
            if item.optional:
                raise NoData(f"{item.ref} is not there") from None
            raise
        profiles = read_profiles(dest, name=Path(item.ref).name)
        updated = profiles.date_update.strftime(_STAMP)
        _check_update(item, dest, updated, known)
        return Report(tags={"date_update": updated}, coverage=coverage(profiles.juld))

    def validator(self, item: Item) -> str:
        """Return size and time of a file, as the mirror tells them."""
        return _stamp(self._stat(item.ref))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _index(self, name: str) -> tuple[bytes, str]:
        """Return an index and its name: the newer of the plain and the compressed one."""
        found = {}
        for candidate in (f"{name}.gz", name):
            try:
                found[candidate] = self._stat(candidate).mtime_us or 0
            except NotFound:
                continue
        if not found:
            raise NotFound(f"{self._config.mirror} has no {name}: is it the root of a GDAC?")
        newest = max(found, key=lambda candidate: found[candidate])
        with tempfile.TemporaryDirectory() as folder:
            dest = Path(folder) / newest
            download(self._transport, newest, dest, retry=self._retry)
            return dest.read_bytes(), newest

    def _stat(self, path: str) -> RemoteStat:
        return self._retry.call(path, lambda: self._transport.stat(path))

    def _check_progress(self, before: Cursor, now: Cursor) -> None:
        if before.mirror != now.mirror:
            return
        if now.rows < before.rows * (1 - self._config.most_gone):
            raise StaleListing(
                f"{now.mirror} lists {now.rows} files where it listed {before.rows}; nothing was "
                "changed. Set most_gone = 1 to believe it"
            )
        if now.updated < before.updated:
            _log.warning(
                "%s went back in time: its index is of %s UTC, and was of %s UTC",
                now.mirror,
                now.updated,
                before.updated,
            )

    def _aggregates(self, profiles: Index) -> Sequence[Item]:
        """List the aggregates of the selected floats."""
        chosen, stamps = floats(profiles, self._selection.mask(profiles)), {}
        meta = self._meta()
        if meta is not None:
            rows = meta.rows
            stamps = dict(zip(*(rows[c].to_pylist() for c in ("wmo", "date_update")), strict=True))
            if self._selection.box is None and self._selection.since is None:
                chosen |= floats(meta, self._selection.mask(meta))
        listed = floats(profiles)
        alone = self._stamps_of({w: _aggregate(d, w) for w, d in chosen.items() if w not in listed})
        told = {wmo: str(stamps.get(wmo, "")) for wmo in chosen if wmo in listed} | alone
        return [_aggregate_item(chosen[wmo], wmo, stamp) for wmo, stamp in told.items()]

    def _meta(self) -> Index | None:
        try:
            return read_meta_index(*self._index(META_INDEX))
        except NotFound:
            return None

    def _stamps_of(self, refs: dict[int, str]) -> dict[int, str]:
        """Ask for the stamps of aggregates; those that are not there are left out."""

        def ask(ref: str) -> str | None:
            try:
                return _stamp(self._stat(ref))
            except NotFound:
                return None

        with ThreadPoolExecutor(8) as threads:
            stamps = zip(refs, threads.map(ask, refs.values()), strict=True)
            return {wmo: stamp for wmo, stamp in stamps if stamp is not None}

    def _covers(self, item: Item) -> bool:
        """Tell whether an item known from before would have been listed if it still existed."""
        if self._selection.box is not None or self._selection.since is not None:
            return False
        if item.kind == AGGREGATE.name and not self._config.aggregates:
            return False
        dacs, wmos = self._selection.dacs, self._selection.floats
        return (not dacs or item.tags.get("dac") in dacs) and (not wmos or item.key["wmo"] in wmos)


def _stamp(found: RemoteStat) -> str:
    """Return a stamp that is the same over HTTP, over FTP and in a folder: size and second."""
    if found.mtime_us is None:
        return found.stamp
    return f"{found.size}:{found.mtime_us // 1_000_000}"


def _aggregate(dac: str, wmo: int) -> str:
    return f"dac/{dac}/{wmo}/{wmo}_prof.nc"


def _aggregate_item(dac: str, wmo: int, stamp: str) -> Item:
    tags = {"dac": dac, "name": f"{wmo}_prof.nc"}
    ref = _aggregate(dac, wmo)
    return Item(AGGREGATE.name, {"wmo": wmo}, ref, stamp, tags=tags, optional=True)


def _check_update(item: Item, dest: Path, updated: str, known: Dataset | None) -> None:
    """Refuse a file that is older than the index says, or changed behind its own date."""
    if item.kind == CYCLE.name and updated < item.stamp:
        raise StaleListing(
            f"{item.ref}: its DATE_UPDATE is {updated}, and the index says {item.stamp}"
        )
    if known is None or known.tags.get("name") != item.tags["name"]:
        return
    if known.tags.get("date_update") == updated and sha256_of(dest) != known.sha256:
        raise BadData(f"{item.ref}: its bytes changed and its DATE_UPDATE {updated} did not")


def open_gdac(config: GdacConfig, network: Network) -> GdacSource:
    """Connect to the mirror, with the fallback behind it."""
    fallback = config.fallback or (HTTPS_MIRROR if config.mirror == FTP_MIRROR else "")
    urls = [config.mirror, fallback] if fallback else [config.mirror]
    return GdacSource(config, network.connect(*urls), network.retry)


GDAC = SourceType("argo.gdac", GdacConfig, (CYCLE, AGGREGATE), open_gdac)
