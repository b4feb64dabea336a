"""TESS light curves as a source: targets to observations, observations to files."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PositiveInt

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError
from gnomon.instruments.sky.kinds import TESS_CURVE
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.mast.names import resolve_each
from gnomon.instruments.sky.mast.products import CurveFile, curves_among, products_of
from gnomon.instruments.sky.mast.search import Cone, Filter, Range, Search

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.mast.invoke import Mast

_log = logging.getLogger(__name__)

Cadence = Literal["short", "fast"]
Author = Literal["SPOC", "TESS-SPOC", "QLP"]
_EXPOSURE_S: dict[Cadence, float] = {"short": 120.0, "fast": 20.0}
_MADE_BY = {"short": "s", "fast": "a_fast"}
_COLUMNS = ("obsid", "target_name", "sequence_number", "s_ra", "s_dec")
_TIC = re.compile(r"\s*TIC\s*(\d+)\s*", re.IGNORECASE)
_NEAR_DEG = 0.004
"""A resolved name is the nearest target within 15 arcsec: most of a pixel of TESS."""
_TARGETS_AT_ONCE = 100


class TessConfig(StepConfig):
    """Whose light curves."""

    url: str = Field("", description="of MAST; MAST_DATA_ACCESS_URL, or the usual one, when empty")
    tics: tuple[PositiveInt, ...] = Field((), description="numbers of the TESS Input Catalog")
    names: tuple[str, ...] = Field((), description="looked up by MAST")
    cones: tuple[Cone, ...] = Field((), description="every target in them")
    sectors: tuple[PositiveInt, ...] = Field((), description="all when empty")
    cadences: tuple[Cadence, ...] = Field(
        ("short",), min_length=1, description="of SPOC: 120, 20 s"
    )
    authors: tuple[Author, ...] = Field(("SPOC",), min_length=1)
    most: PositiveInt | None = Field(None, description="light curves")

    @property
    def made_by(self) -> set[str]:
        """The sorts of files that are wanted."""
        spoc = {_MADE_BY[one] for one in self.cadences if "SPOC" in self.authors}
        return spoc | {author.casefold() for author in self.authors if author != "SPOC"}

    def wants(self, curve: CurveFile) -> bool:
        """Tell whether a file is one of those."""
        return curve.made_by in self.made_by and (not self.sectors or curve.sector in self.sectors)

    def filters(self) -> tuple[Filter, ...]:
        """Return what all observations have in common."""
        of_spoc = self.authors == ("SPOC",)
        collections = [
            *(["TESS"] if "SPOC" in self.authors else []),
            *([] if of_spoc else ["HLSP"]),
        ]
        found = [
            Filter(column="obs_collection", values=tuple(collections)),
            Filter(column="dataproduct_type", values=("timeseries",)),
            Filter(column="provenance_name", values=self.authors),
        ]
        if self.sectors:
            found.append(Filter(column="sequence_number", values=self.sectors))
        if of_spoc:
            exposures = (_EXPOSURE_S[one] for one in self.cadences)
            ranges = tuple(Range(min=s - 0.5, max=s + 0.5) for s in exposures)
            found.append(Filter(column="t_exptime", values=ranges))
        return tuple(found)


class TessSource:
    """Lists and fetches light curves."""

    def __init__(self, config: TessConfig, mast: Mast, api: Api) -> None:
        self._config, self._mast, self._api = config, mast, api
        self._now = access.utc_now

    def list(self, cursor: str) -> Listing:  # noqa: ARG002  sectors come out for all at once
        """List the light curves of all targets; of a target without any nothing is made up."""
        tables, flaw = self._observations()
        return Listing([self._item(curve) for curve in self._curves(tables)], flaw=flaw)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring a file, and check that it is a whole FITS file whose sums are right."""
        from gnomon.formats.fits import verify  # noqa: PLC0415  NumPy

        retrieved = access.retrieved_at(self._now())
        access.fetch_file(self._api, item.ref, dest, progress)
        verify(dest, item.tags["name"])
        return Report(tags={"retrieved": retrieved})

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the listing has all that MAST says of a file."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    # -- targets to observations

    def _observations(self) -> tuple[Sequence[pa.Table], str]:
        """Return the observations of all targets, and what could not be looked for."""
        config = self._config
        numbered = [found for name in config.names if (found := _TIC.fullmatch(name))]
        tics = dict.fromkeys([*config.tics, *(int(found[1]) for found in numbered)])
        names = [name for name in config.names if not _TIC.fullmatch(name)]
        tables = list(self._of_tics(list(tics)))
        for cone in config.cones:
            tables.append(self._mast.observations(self._search(cone)))
            if not len(tables[-1]):
                _log.warning("MAST has no light curves of TESS around %s", cone.name or cone.text)
        positions, flaw = resolve_each(self._mast, names)
        for place in positions:
            cone = Cone(ra_deg=place.ra_deg, dec_deg=place.dec_deg, radius_deg=_NEAR_DEG)
            tables.append(_nearest(self._few(self._search(cone)), cone))
            if not len(tables[-1]):
                _log.warning("MAST has no light curves of TESS of %s", place.name)
        return tables, flaw

    def _of_tics(self, tics: Sequence[int]) -> Iterator[pa.Table]:
        for first in range(0, len(tics), _TARGETS_AT_ONCE):
            batch = [str(tic) for tic in tics[first : first + _TARGETS_AT_ONCE]]
            search = self._search(None)
            targets = Filter(column="target_name", values=tuple(batch))
            asked = search.model_copy(update={"filters": (*search.filters, targets)})
            table = self._few(asked)
            seen = set(table["target_name"].to_pylist())
            for tic in batch:
                if tic not in seen:
                    _log.warning("MAST has no light curves of TESS of TIC %s", tic)
            yield table

    def _search(self, cone: Cone | None) -> Search:
        return Search(filters=self._config.filters(), cone=cone, columns=_COLUMNS)

    def _few(self, search: Search) -> pa.Table:
        """Ask what cannot be too much for one answer, without counting first."""
        return self._mast.table(search.service, search.params())

    # -- observations to files

    def _curves(self, tables: Sequence[pa.Table]) -> Sequence[CurveFile]:
        """Return the wanted files; no more observations are asked for than it takes."""
        config = self._config
        best: dict[tuple[int, int, str], CurveFile] = {}
        for products in products_of(self._mast, _in_order(tables)):
            found = sorted(curves_among(products), key=lambda curve: curve.product.name)
            best |= {curve.key: curve for curve in found if config.wants(curve)}
            if config.most is not None and len(best) >= config.most:
                break
        return [best[key] for key in sorted(best)][: config.most]

    def _item(self, curve: CurveFile) -> Item:
        product = curve.product
        return Item(
            TESS_CURVE.name,
            {"tic": curve.tic, "sector": curve.sector, "product": curve.made_by},
            product.uri,
            f"{product.version}:{product.size}",
            tags={
                "name": product.name.removesuffix(".fits"),
                "url": f"{self._api.url}/{access.DOWNLOAD}",
                "parameters": f"uri={product.uri}",
                "release": product.version,
            },
        )


def _nearest(table: pa.Table, cone: Cone) -> pa.Table:
    """Return the observations of the target that is nearest to the middle of a small cone."""
    rows = table.to_pylist()
    if not rows:
        return table

    def apart_deg(row: Mapping[str, Any]) -> float:
        east = (row["s_ra"] - cone.ra + 180) % 360 - 180
        return math.hypot(east * math.cos(math.radians(cone.dec_deg)), row["s_dec"] - cone.dec_deg)

    nearest = min(rows, key=apart_deg)["target_name"]
    return table.filter([row["target_name"] == nearest for row in rows])


def _in_order(tables: Sequence[pa.Table]) -> list[str]:
    """Return the numbers of observations, each once, by target and sector."""
    rows = [row for table in tables for row in table.select(_COLUMNS).to_pylist()]
    rows.sort(key=lambda row: (str(row["target_name"]).zfill(16), row["sequence_number"] or 0))
    return list(dict.fromkeys(str(row["obsid"]) for row in rows))


def open_tess(config: TessConfig, network: Network) -> TessSource:
    """Connect to MAST.

    Raises
    ------
    ConfigError
        No target is named: all of TESS is not what anybody wants.
    """
    if not (config.tics or config.names or config.cones):
        raise ConfigError("sky.tess: name a target: tics, names or cones")
    api = access.mast_api(config.url, network, access.TESS_TOKEN, access.MAST_TOKEN)
    return TessSource(config, access.invoke(api, network), api)


SOURCE = SourceType("sky.tess", TessConfig, (TESS_CURVE,), open_tess)
"""Light curves of TESS, from MAST."""
