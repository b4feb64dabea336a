"""ZTF's tables of objects as a source, from IRSA by TAP: one item a cone, of one release."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from gnomon.acquire.api import LONGEST_S
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import (
    BadData,
    ConfigError,
    NoData,
    ServerFault,
    Truncated,
    UnknownName,
)
from gnomon.instruments.sky.irsa import access
from gnomon.instruments.sky.irsa.releases import newest, table_of
from gnomon.instruments.sky.irsa.request import (
    BANDS,
    Cone,
    Range,
    bands_of,
    checked_collection,
    number,
)
from gnomon.instruments.sky.irsa.tap import Tap, text
from gnomon.instruments.sky.kinds import ZTF_OBJECTS

_AT_ONCE = 20_000
"""Rows that are asked for in one go; more are a job of the service's."""


@dataclass(frozen=True)
class ObjectQuery:
    """One question: a cone, and which of its objects.

    Attributes
    ----------
    columns : tuple of str
        All when empty.
    most : int, optional
        Rows, by their number.
    """

    cone: Cone
    bands: tuple[str, ...] = ()
    nobs_min: int | None = None
    mag_range: Range | None = None
    columns: tuple[str, ...] = ()
    most: int | None = None

    def __post_init__(self) -> None:
        for name in self.columns:
            if not (name.isidentifier() and name.isascii()):
                raise ConfigError(f"{name!r} is no name of a column")

    @property
    def where(self) -> str:
        """The conditions."""
        ra, dec, radius = self.cone.text.split()
        parts = [f"CONTAINS(POINT('ICRS',ra,dec),CIRCLE('ICRS',{ra},{dec},{radius}))=1"]
        if self.bands:
            numbers = ",".join(str(BANDS.index(band) + 1) for band in self.bands)
            parts.append(f"fid IN ({numbers})")
        if self.nobs_min is not None:
            parts.append(f"nobs >= {self.nobs_min}")
        for bound, sign in zip(self.mag_range or (), (">=", "<="), strict=False):
            if math.isfinite(bound):
                parts.append(f"medianmag {sign} {number(bound)}")
        return " AND ".join(parts)

    def adql(self, release: str) -> str:
        """Return the question to one release."""
        top = "" if self.most is None else f"TOP {self.most} "
        names = ",".join(self.columns) or "*"
        return (
            f"SELECT {top}{names} FROM {table_of(release)}"  # noqa: S608  all parts are checked
            f" WHERE {self.where} ORDER BY oid"
        )

    def count(self, release: str) -> str:
        """Return the question how many there are."""
        table = table_of(release)
        return f"SELECT COUNT(*) AS n FROM {table} WHERE {self.where}"  # noqa: S608  as above

    @property
    def slug(self) -> str:
        """A name fit for a path; the release is no part of it."""
        digest = sha256(self.adql("").encode()).hexdigest()[:8]
        return "-".join(filter(None, [self.cone.slug, "".join(self.bands), digest]))


class ObjectsConfig(StepConfig):
    """Which objects."""

    url: str = Field("", description="of TAP; IRSA_TAP_URL, or IRSA's, when empty")
    cones: tuple[Cone, ...] = Field((), description="each ra_deg, dec_deg, radius_deg, ICRS")
    filters: tuple[str, ...] = Field((), description="g, r, i; all when empty")
    nobs_min: int | None = Field(None, ge=0, description="epochs of an object, at least")
    mag_range: Range | None = Field(None, description="of an object's median")
    columns: tuple[str, ...] = Field((), description="all when empty")
    most: int | None = Field(None, ge=1, description="objects of a cone, by their number")
    collection: str = Field("", description="a release, ztf_dr24; the newest when empty")
    longest_s: float = Field(LONGEST_S, gt=0, description="for one answer, when nothing comes")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for _ in self.queries():
            pass
        if self.collection:
            checked_collection(self.collection)
        if self.mag_range is not None and not self.mag_range[0] <= self.mag_range[1]:
            raise ConfigError(f"mag_range {self.mag_range} holds nothing")
        return self

    def queries(self) -> Iterator[ObjectQuery]:
        """Yield the questions."""
        for cone in self.cones:
            yield ObjectQuery(
                cone,
                bands_of(self.filters),
                self.nobs_min,
                self.mag_range,
                self.columns,
                self.most,
            )


class ObjectsSource:
    """Lists and fetches tables of objects."""

    def __init__(self, config: ObjectsConfig, tap: Tap) -> None:
        self._config, self._tap = config, tap
        self._queries = {query.slug: query for query in config.queries()}
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def list(self, cursor: str) -> Listing:
        """List every question, to the release that is named or to the newest."""
        if not self._queries:
            return Listing([], cursor)
        release = self._config.collection or newest(self._tap)
        return Listing([self._item(*one, release) for one in self._queries.items()], cursor)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring the rows of a cone, with the types that the service says its columns have.

        Raises
        ------
        NoData
            The release has no such objects.
        ServerFault
            The answer makes no sense.
        Truncated
            Fewer rows came than the service counts.
        """
        from gnomon.instruments.sky.irsa.object_tables import write_objects  # noqa: PLC0415 - heavy

        query, release = self._queries[str(item.key["query"])], item.tags["release"]
        retrieved = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        types = self._types(release)
        if stray := [name for name in query.columns if name not in types]:
            raise UnknownName(f"column of {table_of(release)}", stray[0], types)
        there = self._count(query, release)
        if not there:
            raise NoData(f"{release} has no objects: {query.where}")
        wanted = there if query.most is None else min(there, query.most)
        ask = self._tap.sync if wanted <= _AT_ONCE else self._tap.job
        body = ask(item.tags["parameters"])
        progress(len(body))
        try:
            n_rows = write_objects(dest, body, types, {**item.tags, "retrieved": retrieved})
        except BadData as error:
            raise ServerFault(str(error)) from None  # made on demand: the next may be sound
        if n_rows != wanted:
            raise Truncated(f"{release}: {n_rows} of {wanted} objects came: {query.where}")
        return Report({"n_rows": n_rows, "n_objects_there": there}, {"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: a release never changes."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._tap.close()

    def _item(self, slug: str, query: ObjectQuery, release: str) -> Item:
        tags = {"url": self._tap.url, "parameters": query.adql(release), "release": release}
        key = {"query": slug}
        return Item(ZTF_OBJECTS.name, key, query.where, release, tags=tags, optional=True)

    def _types(self, release: str) -> dict[str, str]:
        """Return the names and types of a table's columns, in its order."""
        table = text(table_of(release))
        columns = "SELECT column_name,datatype FROM TAP_SCHEMA.columns"
        rows = self._tap.rows(f"{columns} WHERE table_name={table}")
        try:
            found = {row["column_name"].strip(): row["datatype"].strip() for row in rows}
        except KeyError:
            found = {}
        if not found:
            raise ServerFault(f"{self._tap.url}: TAP_SCHEMA.columns knows no {table}")
        return found

    def _count(self, query: ObjectQuery, release: str) -> int:
        rows: list[dict[str, Any]] = list(self._tap.rows(query.count(release)))
        try:
            (value,) = rows[0].values()
            return int(value)
        except (IndexError, ValueError, TypeError):
            raise ServerFault(f"{self._tap.url}: {rows[:1]} is no count") from None


def open_objects(config: ObjectsConfig, network: Network) -> ObjectsSource:
    """Connect to IRSA."""
    return ObjectsSource(config, access.open_tap(config.url, network, config.longest_s))


SOURCE = SourceType("sky.ztf.objects", ObjectsConfig, (ZTF_OBJECTS,), open_objects)
"""Tables of ZTF's objects, from IRSA by TAP."""
