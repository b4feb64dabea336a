"""IRSA's light curves of ZTF as a source: one item a question, of one release.

A cone that is larger than IRSA answers becomes tiles, and many ids become batches. The release is
looked up unless it is named; a new one asks everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from gnomon.acquire.api import LONGEST_S, Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import (
    BadData,
    NoData,
    Refused,
    ServerFault,
    SourceError,
    UnknownName,
)
from gnomon.instruments.sky.irsa import access
from gnomon.instruments.sky.irsa.releases import newest, releases
from gnomon.instruments.sky.irsa.request import Cone, CurveQuery, Format, Range
from gnomon.instruments.sky.irsa.tap import Tap
from gnomon.instruments.sky.irsa.tiling import batches, tiles
from gnomon.instruments.sky.kinds import ZTF_ANSWER

_BAD_REQUEST = 400
_SHOWN = 5
_EXTENSIONS: dict[Format, str] = {"csv": "csv", "votable": "xml", "ipac": "tbl"}
_FORMATS = {extension: name for name, extension in _EXTENSIONS.items()}


class ZtfConfig(StepConfig):
    """Which light curves."""

    url: str = Field("", description="IRSA_ZTF_URL, or IRSA's, when empty")
    tap_url: str = Field(
        "", description="of TAP, which knows the releases; IRSA_TAP_URL, or IRSA's, when empty"
    )
    cones: tuple[Cone, ...] = Field(
        (), description="each ra_deg, dec_deg, radius_deg, ICRS; large ones are taken in tiles"
    )
    ids: tuple[int, ...] = Field((), description="ZTF objects by number")
    filters: tuple[str, ...] = Field((), description="g, r, i; all when empty; of cones")
    mjd_range: Range | None = Field(None, description="of the epochs, UTC; infinite is allowed")
    mag_range: Range | None = Field(None, description="of an object's median; of cones")
    wavelength_range_m: Range | None = Field(None, description="metres; of cones")
    nobs_min: int | None = Field(None, description="epochs of an object, at least; of cones")
    bad_catflags_mask: int | None = Field(
        None, description="the archive leaves out epochs with any of these bits; all come when none"
    )
    collection: str = Field("", description="a release, ztf_dr24; the newest when empty")
    format: Format = Field("csv", description="csv, votable, ipac")
    longest_s: float = Field(LONGEST_S, gt=0, description="for one answer, when nothing comes")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for _ in self.queries():
            pass
        return self

    def queries(self) -> Iterator[CurveQuery]:
        """Yield the questions, none twice.

        Raises
        ------
        ConfigError
            One makes no sense.
        """
        seen = set()
        for query in (*self._of_cones(), *self._of_ids()):
            if query.slug not in seen:
                seen.add(query.slug)
                yield query

    def _of_cones(self) -> Iterator[CurveQuery]:
        for cone in self.cones:
            for tile in tiles(cone):
                yield CurveQuery(
                    tile,
                    (),
                    self.filters,
                    self.wavelength_range_m,
                    self.mag_range,
                    self.nobs_min,
                    self.mjd_range,
                    self.bad_catflags_mask,
                    self.collection,
                    self.format,
                    wanted=None if tile is cone else cone,
                )

    def _of_ids(self) -> Iterator[CurveQuery]:
        # Cones take what objects by ids exclude, so it is wrong only where there are no cones.
        alone = not self.cones
        for batch in batches(self.ids):
            yield CurveQuery(
                None,
                batch,
                self.filters if alone else (),
                self.wavelength_range_m if alone else None,
                self.mag_range if alone else None,
                self.nobs_min if alone else None,
                self.mjd_range,
                self.bad_catflags_mask,
                self.collection,
                self.format,
            )


class ZtfSource:
    """Lists and fetches answers."""

    def __init__(self, config: ZtfConfig, api: Api, path: str, tap: Tap) -> None:
        self._config, self._api, self._path, self._tap = config, api, path, tap
        self._ids = {query.slug: query.ids for query in config.queries() if query.ids}
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def list(self, cursor: str) -> Listing:
        """List every question, to the release that is named or to the newest."""
        queries = list(self._config.queries())
        if not queries:
            return Listing([], cursor)
        release = self._config.collection or newest(self._tap)
        return Listing([self._item(query.of_release(release)) for query in queries], cursor)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring an answer as it came, after a look at every row.

        Raises
        ------
        NoData
            The archive has no rows of what was asked for.
        Refused
            It does not answer this; a release that it has no more is named.
        ServerFault
            The answer makes no sense.
        """
        from gnomon.instruments.sky.irsa.answers import read_answer  # noqa: PLC0415 - heavy

        retrieved = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            self._api.download(self._path, item.tags["parameters"], dest, progress)
        except Refused as error:
            raise self._explained(error, item.tags["release"]) from None
        try:
            table = read_answer(dest, format_of(item.tags["format"]))
        except BadData as error:
            raise ServerFault(str(error)) from None  # made on demand: the next may be sound
        if not table.num_rows:
            raise NoData(f"{item.tags['release']} has nothing of {item.ref}")
        note = self._absent(str(item.key["query"]), set(table["oid"].unique().to_pylist()))
        return Report({"n_rows": table.num_rows}, {"retrieved": retrieved}, note=note)

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: a release never changes."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()
        self._tap.close()

    def _item(self, query: CurveQuery) -> Item:
        cone = query.wanted or query.cone
        tags = {
            "format": _EXTENSIONS[query.format],
            "cone": cone.text if cone else "",
            "url": f"{self._api.url}/{self._path}",
            "parameters": query.text,
            "release": query.collection,
        }
        ref = f"{query.selection}&FORMAT={query.format}"
        key = {"query": query.slug}
        return Item(ZTF_ANSWER.name, key, ref, query.collection, tags=tags, optional=True)

    def _absent(self, slug: str, found: set[int]) -> str:
        """Return which of the objects that were asked for by their ids are not there."""
        absent = [str(one) for one in self._ids.get(slug, ()) if one not in found]
        more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
        return f"nothing of objects {', '.join(absent[:_SHOWN])}{more}" if absent else ""

    def _explained(self, error: Refused, release: str) -> Refused:
        """Say which releases there are, where the one that was asked for is gone."""
        if error.status != _BAD_REQUEST or not self._config.collection:
            return error
        try:
            kept = releases(self._tap)
        except SourceError:
            return error
        if release in kept:
            return error
        return Refused(f"{error}; IRSA has {', '.join(kept)}", error.status)


def format_of(extension: str) -> Format:
    """Return the format of an answer by the tag ``format``, which its file's name ends in.

    Raises
    ------
    UnknownName
        Nothing ends so.
    """
    if extension not in _FORMATS:
        raise UnknownName("format", extension, _FORMATS)
    return _FORMATS[extension]


def open_ztf(config: ZtfConfig, network: Network) -> ZtfSource:
    """Connect to IRSA."""
    url = network.address(config.url, access.URL_VARIABLE, access.URL)
    root, _, path = url.rpartition("/")
    api = access.open_api(root, network, config.longest_s)
    return ZtfSource(config, api, path, access.open_tap(config.tap_url, network, config.longest_s))


SOURCE = SourceType("sky.ztf", ZtfConfig, (ZTF_ANSWER,), open_ztf)
"""Light curves of ZTF's data releases, from IRSA."""
