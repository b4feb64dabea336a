"""Observations of any mission of MAST as a source: one table a question."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, NoData, NotFound
from gnomon.instruments.sky.kinds import MAST_OBSERVATIONS
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.mast.names import resolve_each
from gnomon.instruments.sky.mast.search import CONE, FILTERED, Cone, Filter, Range, Search

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.mast.invoke import Mast

_NEAR_DEG = 0.02
_READABLE = 40


class ObservationsConfig(StepConfig):
    """Which observations."""

    url: str = Field("", description="of MAST; MAST_DATA_ACCESS_URL, or the usual one, when empty")
    service: str = Field(FILTERED, pattern=r"^Mast\.Caom\.(Filtered(\.Position)?|Cone)$")
    filters: Mapping[str, tuple[int | float | str | Range, ...]] = Field(
        default_factory=dict,
        description="by CAOM's names of columns: ['HST'], ['%WASP%'], [{min = 58000, max = 58100}]",
    )
    columns: tuple[str, ...] = Field((), description="all when empty")
    cones: tuple[Cone, ...] = ()
    names: tuple[str, ...] = Field((), description="places, looked up by MAST")
    radius_deg: float = Field(_NEAR_DEG, gt=0, le=30, description="around names")
    pagesize: int = Field(50_000, ge=1, le=50_000, description="rows of one page")
    most: PositiveInt | None = Field(None, description="rows of one question")

    def search(self, cone: Cone | None) -> Search:
        """Return the question about one place, or about none."""
        filters = tuple(Filter(column=name, values=v) for name, v in self.filters.items())
        return Search(filters=filters, cone=cone, columns=self.columns)


@dataclass(frozen=True)
class _Question:
    """What one dataset is the answer to."""

    service: str
    search: Search
    most: int | None

    @property
    def params(self) -> Mapping[str, object]:
        cone = self.search.cone
        if self.service == CONE and cone is not None:
            return {"ra": cone.ra, "dec": cone.dec_deg, "radius": cone.radius_deg}
        return self.search.params()

    @property
    def text(self) -> str:
        """The question as JSON."""
        params = dict(self.params) | ({} if self.most is None else {"most": self.most})
        return json.dumps({"service": self.service, "params": params}, sort_keys=True)

    @property
    def slug(self) -> str:
        """A name that people can read, and that no other question has."""
        cone = self.search.cone
        values = [str(v) for one in self.search.filters for v in one.values if isinstance(v, str)]
        place = [] if cone is None else [cone.name or f"{cone.ra:.4f}{cone.dec_deg:+.4f}"]
        words = re.sub(r"[^A-Za-z0-9.+-]+", "-", "-".join([*values, *place]))[:_READABLE].strip(
            "-."
        )
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        return f"{words.lower()}-{digest}" if words else digest

    def ask(self, mast: Mast) -> pa.Table:
        """Return the answer, in the order of the observations' numbers."""
        if self.service == CONE:
            table = mast.table(CONE, self.params, most=self.most)
        else:
            table = mast.observations(self.search, most=self.most)
        return table.sort_by("obsid") if "obsid" in table.column_names else table


class ObservationsSource:
    """Lists questions, and fetches their answers as tables."""

    def __init__(self, config: ObservationsConfig, mast: Mast) -> None:
        self._config, self._mast = config, mast
        self._now = access.utc_now
        self._asked: dict[str, _Question] = {}

    def list(self, cursor: str) -> Listing:  # noqa: ARG002  MAST does not say what is new
        """List one answer for each place, or one in all; asked anew each day."""
        config = self._config
        positions, flaw = resolve_each(self._mast, config.names)
        cones = [
            *config.cones,
            *(
                Cone(
                    name=one.name,
                    ra_deg=one.ra_deg,
                    dec_deg=one.dec_deg,
                    radius_deg=config.radius_deg,
                )
                for one in positions
            ),
        ]
        service = CONE if config.service == CONE else FILTERED
        places: list[Cone | None] = [*cones] or ([] if config.names else [None])
        questions = [_Question(service, config.search(cone), config.most) for cone in places]
        self._asked = {question.slug: question for question in questions}
        return Listing([self._item(question) for question in questions], flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Ask, and write the answer; MAST does not say how large it is, so progress is silent.

        Raises
        ------
        NoData
            Nothing is found.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  heavy

        question = self._asked.get(item.ref)
        if question is None:
            raise NotFound(f"{item.ref} was not listed")
        retrieved = access.retrieved_at(self._now())
        table = question.ask(self._mast)
        if not len(table):
            raise NoData(f"MAST has no observations for {question.text}")
        pq.write_table(table, dest, compression="zstd", use_dictionary=False)
        return Report(metrics={"n_rows": len(table)}, tags={"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._mast.close()

    def _item(self, question: _Question) -> Item:
        rows = "" if question.service == CONE else str(self._mast.count(question.search))
        tags = {"url": self._mast.url, "parameters": question.text, "release": ""}
        stamp = f"{self._now():%Y-%m-%d}:{rows}"
        return Item(
            MAST_OBSERVATIONS.name, {"query": question.slug}, question.slug, stamp, tags=tags
        )


def open_observations(config: ObservationsConfig, network: Network) -> ObservationsSource:
    """Connect to MAST.

    Raises
    ------
    ConfigError
        Everything is asked for, or a cone with filters, which that service does not take.
    """
    places = config.cones or config.names
    if not (config.filters or places):
        raise ConfigError("sky.mast: say which observations: filters, cones or names")
    if config.service == CONE and (config.filters or not places):
        raise ConfigError(f"sky.mast: {CONE} takes a place and no filters; use {FILTERED}")
    api = access.mast_api(config.url, network, access.MAST_TOKEN)
    return ObservationsSource(config, access.invoke(api, network, page_rows=config.pagesize))


SOURCE = SourceType("sky.mast", ObservationsConfig, (MAST_OBSERVATIONS,), open_observations)
"""MAST's table of observations."""
