"""Observations of any mission of MAST as a source: one table a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, NoData
from gnomon.instruments.sky.kinds import MAST_OBSERVATIONS
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.mast.questions import place_name, places, slug, write_answer
from gnomon.instruments.sky.mast.search import CONE, FILTERED, Cone, Filter, Range, Search

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.mast.invoke import Mast


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
    radius_deg: float = Field(0.02, gt=0, le=30, description="around names")
    pagesize: int = Field(50_000, ge=1, le=50_000, description="rows of one page")
    most: PositiveInt | None = Field(None, description="rows of one question")

    def question(self, cone: Cone | None) -> Question:
        """Return the question about one place, or about none."""
        filters = tuple(Filter(column=name, values=v) for name, v in self.filters.items())
        search = Search(filters=filters, cone=cone, columns=self.columns)
        service = CONE if self.service == CONE else FILTERED
        return Question(service=service, search=search, most=self.most)


class Question(StepConfig):
    """What one dataset is the answer to."""

    service: str
    search: Search
    most: int | None

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of the service."""
        cone = self.search.cone
        if self.service == CONE and cone is not None:
            return {"ra": cone.ra, "dec": cone.dec_deg, "radius": cone.radius_deg}
        return self.search.params()

    @property
    def text(self) -> str:
        """What is asked, as JSON."""
        params = dict(self.params) | ({} if self.most is None else {"most": self.most})
        return json.dumps({"service": self.service, "params": params}, sort_keys=True)

    @property
    def slug(self) -> str:
        """Its name."""
        cone = self.search.cone
        values = [str(v) for one in self.search.filters for v in one.values if isinstance(v, str)]
        where = [] if cone is None else [cone.name or place_name(cone.ra, cone.dec_deg)]
        return slug([*values, *where], self.text)

    def ask(self, mast: Mast) -> pa.Table:
        """Return the answer, in the order of the observations' numbers."""
        if self.service == CONE:
            table = mast.table(CONE, self.params, most=self.most)
        else:
            table = mast.observations(self.search, most=self.most)
        return table.sort_by("obsid") if "obsid" in table.column_names else table

    def count(self, mast: Mast) -> str:
        """Return how many rows the answer has, where the service tells that."""
        return "" if self.service == CONE else str(mast.count(self.search))


class ObservationsSource:
    """Lists questions, and fetches their answers as tables."""

    def __init__(self, config: ObservationsConfig, mast: Mast) -> None:
        self._config, self._mast = config, mast
        self._now = access.utc_now

    def list(self, cursor: str) -> Listing:  # noqa: ARG002  MAST does not say what is new
        """List one answer for each place, or one in all; asked anew each day."""
        config = self._config
        cones, flaw = places(self._mast, config.cones, config.names, config.radius_deg)
        everywhere = not (config.cones or config.names)
        questions = [config.question(cone) for cone in ([None] if everywhere else cones)]
        return Listing([self._item(question) for question in questions], flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Ask, and write the answer; MAST does not say how large it is, so progress is silent.

        Raises
        ------
        NoData
            Nothing is found.
        """
        question = Question.model_validate_json(item.ref)
        retrieved = access.retrieved_at(self._now())
        table = question.ask(self._mast)
        if not len(table):
            raise NoData(f"MAST has no observations for {question.text}")
        write_answer(table, dest)
        return Report(metrics={"n_rows": len(table)}, tags={"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: MAST does not say when its table changed."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._mast.close()

    def _item(self, question: Question) -> Item:
        return Item(
            MAST_OBSERVATIONS.name,
            {"query": question.slug},
            question.model_dump_json(),
            f"{self._now():%Y-%m-%d}:{question.count(self._mast)}",
            tags={"url": self._mast.url, "parameters": question.text, "release": ""},
        )


def open_observations(config: ObservationsConfig, network: Network) -> ObservationsSource:
    """Connect to MAST.

    Raises
    ------
    ConfigError
        Everything is asked for, a filter makes no sense, or there are filters and the service takes
        none.
    """
    somewhere = config.cones or config.names
    if not (config.filters or somewhere):
        raise ConfigError("sky.mast: say which observations: filters, cones or names")
    if config.service == CONE and (config.filters or not somewhere):
        raise ConfigError(f"sky.mast: {CONE} takes a place and no filters; use {FILTERED}")
    config.question(None)
    api = access.mast_api(config.url, network, access.MAST_TOKEN)
    return ObservationsSource(config, access.invoke(api, network, page_rows=config.pagesize))


SOURCE = SourceType("sky.mast", ObservationsConfig, (MAST_OBSERVATIONS,), open_observations)
"""MAST's table of observations."""
