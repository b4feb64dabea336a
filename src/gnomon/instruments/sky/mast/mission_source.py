"""The search of MAST's missions as a source: one table a place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveInt

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, NoData
from gnomon.instruments.sky.kinds import MISSION_RESULTS
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.mast.questions import place_name, places, slug, write_answer
from gnomon.instruments.sky.mast.search import Cone

if TYPE_CHECKING:
    import pyarrow as pa

_WIDEST_DEG = 0.5
_DATA_SETS = {"hst": "sci_data_set_name", "jwst": "fileSetName", "roman": "fileSetName"}
"""The column that names a data set."""
What = Literal["datasets", "files"]


class MissionCone(Cone):
    """A place, and at most half a degree around it."""

    radius_deg: float = Field(0.05, gt=0, le=_WIDEST_DEG)


class MissionConfig(StepConfig):
    """What of a mission."""

    url: str = Field("", description="of MAST; MAST_DATA_ACCESS_URL, or the usual one, when empty")
    mission: str = Field("hst", pattern=r"^[a-z0-9_]+$", description="hst, jwst, roman, ...")
    cones: tuple[MissionCone, ...] = ()
    names: tuple[str, ...] = Field((), description="places, looked up by MAST")
    radius_deg: float = Field(0.05, gt=0, le=_WIDEST_DEG, description="around names")
    conditions: Mapping[str, str] = Field(
        default_factory=dict, description="by the mission's columns: sci_instrume = 'STIS,ACS'"
    )
    columns: tuple[str, ...] = Field((), description="the mission's choice when empty")
    what: What = Field("datasets", description="the data sets, or their files")
    most: PositiveInt | None = Field(None, description="data sets of one place")


class MissionQuestion(StepConfig):
    """What one dataset is the answer to."""

    mission: str
    cone: Cone
    conditions: Mapping[str, str]
    columns: tuple[str, ...]
    what: What
    most: int | None

    @property
    def text(self) -> str:
        """What is asked, as JSON."""
        return json.dumps(self.model_dump(), sort_keys=True)

    @property
    def slug(self) -> str:
        """Its name."""
        where = self.cone.name or place_name(self.cone.ra, self.cone.dec_deg)
        return slug([*self.conditions.values(), where], self.text)

    def ask(self, api: Api) -> pa.Table:
        """Return the data sets, or their files."""
        from gnomon.instruments.sky.mast import missions  # noqa: PLC0415  Arrow

        found = missions.search(
            *(api, self.mission, self.cone),
            conditions=self.conditions,
            columns=self.columns,
            most=self.most,
        )
        if self.what == "datasets":
            return found
        column = _DATA_SETS.get(self.mission, "")
        if column not in found.column_names:
            raise ConfigError(f"how {self.mission} names its data sets is not known: no files")
        return missions.files(api, self.mission, sorted(set(found[column].to_pylist())))

    def count(self, api: Api) -> int:
        """Return how many data sets there are."""
        from gnomon.instruments.sky.mast import missions  # noqa: PLC0415  Arrow

        return missions.count(api, self.mission, self.cone, self.conditions)


class MissionSource:
    """Lists places, and fetches what a mission has of them."""

    def __init__(self, config: MissionConfig, api: Api, network: Network) -> None:
        self._config, self._api, self._network = config, api, network
        self._now = access.utc_now

    def list(self, cursor: str) -> Listing:  # noqa: ARG002  nobody says what is new
        """List one answer for each place; asked anew each day."""
        config = self._config
        cones, flaw = places(
            access.invoke(self._api, self._network), config.cones, config.names, config.radius_deg
        )
        return Listing([self._item(cone) for cone in cones], flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Ask, and write the answer.

        Raises
        ------
        NoData
            The mission has nothing there.
        """
        question = MissionQuestion.model_validate_json(item.ref)
        retrieved = access.retrieved_at(self._now())
        table = question.ask(self._api)
        if not len(table):
            raise NoData(f"{question.mission} has nothing for {question.text}")
        write_answer(table, dest)
        return Report(metrics={"n_rows": len(table)}, tags={"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: MAST does not say when its table changed."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def _item(self, cone: Cone) -> Item:
        config = self._config
        question = MissionQuestion(
            mission=config.mission,
            cone=Cone(**cone.model_dump()),
            conditions=config.conditions,
            columns=config.columns,
            what=config.what,
            most=config.most,
        )
        url = f"{self._api.url}/search/{config.mission}/api/v0.1/search"
        return Item(
            MISSION_RESULTS.name,
            {"mission": config.mission, "query": question.slug},
            question.model_dump_json(),
            f"{self._now():%Y-%m-%d}:{question.count(self._api)}",
            tags={"url": url, "parameters": question.text, "release": ""},
        )


def open_missions(config: MissionConfig, network: Network) -> MissionSource:
    """Connect to MAST.

    Raises
    ------
    ConfigError
        No place is named.
    """
    if not (config.cones or config.names):
        raise ConfigError("sky.missions: name a place: cones or names")
    return MissionSource(config, access.mast_api(config.url, network, access.MAST_TOKEN), network)


SOURCE = SourceType("sky.missions", MissionConfig, (MISSION_RESULTS,), open_missions)
"""Data sets of one of MAST's missions."""
