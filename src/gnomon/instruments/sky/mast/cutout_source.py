"""Cutouts of TESS as a source: a place or a moving body, in each sector that sees it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field, PositiveInt

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError
from gnomon.instruments.sky.kinds import TESS_CUTOUT
from gnomon.instruments.sky.mast import access, tesscut
from gnomon.instruments.sky.mast.names import resolve_each
from gnomon.instruments.sky.mast.questions import place_name, readable_name
from gnomon.instruments.sky.mast.search import Place
from gnomon.instruments.sky.mast.tesscut import Mover, Sector, Target

_log = logging.getLogger(__name__)


class CutoutConfig(StepConfig):
    """Of what, and how large."""

    url: str = Field("", description="of MAST; MAST_DATA_ACCESS_URL, or the usual one, when empty")
    cones: tuple[Place, ...] = Field((), description="places, in the middle of their cutouts")
    names: tuple[str, ...] = Field((), description="places, looked up by MAST")
    movers: tuple[Mover, ...] = Field((), description="bodies of the solar system")
    size: int = Field(5, ge=1, le=300, description="pixels of a side, 21 arcsec each")
    rows: int | None = Field(None, ge=1, le=300, description="as `size` when absent")
    sectors: tuple[PositiveInt, ...] = Field((), description="all when empty")
    most: PositiveInt | None = Field(None, description="cutouts")

    @property
    def sides(self) -> tuple[int, int]:
        """Columns and rows, pixels."""
        return self.size, self.rows or self.size


class Cutout(StepConfig):
    """One cutout: what it is of, where it is seen, and its columns and rows in pixels."""

    target: Target
    sector: str
    number: int
    sides: tuple[int, int]

    @property
    def size(self) -> str:
        """``5x5``: columns, rows."""
        return f"{self.sides[0]}x{self.sides[1]}"

    @property
    def place(self) -> str:
        """What the key calls the target."""
        if isinstance(self.target, Mover):
            return readable_name(self.target.name)
        return place_name(self.target.ra, self.target.dec_deg)

    @property
    def name(self) -> str:
        """The name of its file, without the ending, much as TESSCut names it."""
        return f"{self.sector}_{self.place}_{self.size}_astrocut"


class CutoutSource:
    """Lists and fetches cutouts."""

    def __init__(self, config: CutoutConfig, api: Api, names: Api, network: Network) -> None:
        self._config, self._api, self._names, self._network = config, api, names, network
        self._now = access.utc_now

    def list(self, cursor: str) -> Listing:  # noqa: ARG002  sectors come out for all at once
        """List a cutout for each target and sector."""
        config = self._config
        mast = access.invoke(self._names, self._network)
        positions, flaw = resolve_each(mast, config.names)
        found = (Place(name=p.name, ra_deg=p.ra_deg, dec_deg=p.dec_deg) for p in positions)
        targets: list[Target] = [*config.cones, *found, *config.movers]
        items: dict[str, Item] = {}
        for cutout in self._cutouts(targets):
            item = self._item(cutout)
            items.setdefault(TESS_CUTOUT.text(item.key), item)
            if config.most is not None and len(items) >= config.most:
                break
        return Listing(list(items.values()), flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring a cutout, and check that it is a whole FITS file.

        Raises
        ------
        NoData
            TESSCut has none, though it lists the sector.
        """
        from gnomon.formats.fits import verify  # noqa: PLC0415  NumPy

        cutout = Cutout.model_validate_json(item.ref)
        retrieved = access.retrieved_at(self._now())
        sector = Sector(cutout.sector, cutout.number)
        tesscut.cut(self._api, cutout.target, sector, cutout.sides, dest, progress)
        verify(dest, cutout.name)
        return Report(tags={"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: cutouts are made when they are asked for."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()
        self._names.close()

    def _cutouts(self, targets: Sequence[Target]) -> Iterator[Cutout]:
        for target in targets:
            seen = tesscut.sectors(self._api, target)
            wanted = [s for s in seen if s.number in (self._config.sectors or (s.number,))]
            if not wanted:
                _log.warning("TESS has not seen %s in the sectors asked for", _words(target))
            numbers = [sector.number for sector in wanted]
            if len(set(numbers)) < len(numbers):
                _log.warning("%s lies on several CCDs: the first is taken", _words(target))
            for sector in wanted:
                yield Cutout(
                    target=target,
                    sector=sector.name,
                    number=sector.number,
                    sides=self._config.sides,
                )

    def _item(self, cutout: Cutout) -> Item:
        tags = {
            "name": cutout.name,
            "url": f"{self._api.url}/astrocut",
            "parameters": cutout.model_dump_json(),
            "release": "",
        }
        return Item(
            TESS_CUTOUT.name,
            {"place": cutout.place, "sector": cutout.number, "size": cutout.size},
            cutout.model_dump_json(),
            cutout.sector,
            tags=tags,
        )


def _words(target: Target) -> str:
    return target.name or (
        "" if isinstance(target, Mover) else place_name(target.ra, target.dec_deg)
    )


def open_cutouts(config: CutoutConfig, network: Network) -> CutoutSource:
    """Connect to TESSCut.

    Raises
    ------
    ConfigError
        No target is named.
    """
    if not (config.cones or config.names or config.movers):
        raise ConfigError("sky.tesscut: name a target: cones, names or movers")
    api = access.tesscut_api(config.url, network)
    names = access.mast_api(config.url, network, access.TESS_TOKEN, access.MAST_TOKEN)
    return CutoutSource(config, api, names, network)


SOURCE = SourceType("sky.tesscut", CutoutConfig, (TESS_CUTOUT,), open_cutouts)
"""Pixels of TESS around places, from TESSCut."""
