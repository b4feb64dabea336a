"""The current products of a project, as the commands that show them read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.core.kinds import Kind
from gnomon.engine.project import Project
from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, PROFILES

Wmo = Annotated[int, typer.Argument(metavar="WMO", help="Number of the float.")]


@dataclass(frozen=True)
class Products:
    """What the catalogue of a project has now."""

    project: Project
    catalog: Catalog

    def floats(self, kind: Kind) -> list[int]:
        """Return the floats that have a product."""
        found = queries.datasets(self.catalog, kind.name)
        return sorted(int(str(stored.dataset.key["wmo"])) for stored in found)

    def path(self, kind: Kind, wmo: int) -> Path | None:
        """Return where a product of a float is, or None where there is none.

        Raises
        ------
        Corrupt
            The store does not hold what the catalogue says.
        """
        for stored in queries.versions(self.catalog, kind.name, kind.text({"wmo": wmo})):
            if stored.current:
                self.project.store.check(stored.dataset)
                return self.project.store.path(stored.dataset)
        return None

    def table(self, kind: Kind, wmo: int) -> pa.Table:
        """Return a product of a float.

        Raises
        ------
        UnknownName
            No such float; the message names the nearest.
        ConfigError
            The float is there, but not this product of it.
        """
        if (path := self.path(kind, wmo)) is not None:
            return pq.read_table(path)
        known = self.floats(PROFILES)
        if wmo in known:
            raise ConfigError(f"float {wmo} has no {kind.name}: {_remedy(kind)}")
        if not known:
            raise ConfigError("there are no floats: run `gnomon argo sync`, `gnomon argo export`")
        raise UnknownName("float", str(wmo), map(str, known))

    def record(self, wmo: int) -> dict[str, Any] | None:
        """Return what is known of a float as a whole, or None."""
        path = self.path(FLOAT, wmo)
        return None if path is None else dict(json.loads(path.read_text("utf-8")))


def _remedy(kind: Kind) -> str:
    if kind == ANALYSIS:
        return "`gnomon argo export --format json` makes it, or a step argo.analysis"
    return "`gnomon status` says what failed, `gnomon argo export` makes it"


def no_cycle(wmo: int, cycle: int, down: bool, known: Iterable[tuple[int, str]]) -> ConfigError:
    """Return the error for a cycle that a float has not; it names the nearest two."""
    direction = "D" if down else "A"
    there = sorted({number for number, way in known if way == direction})
    which = f"{'descending ' if down else ''}cycle {cycle}"
    if not there:
        return ConfigError(f"float {wmo} has no {'descending' if down else 'ascending'} profile")
    below = [number for number in there if number < cycle][-1:]
    above = [number for number in there if number > cycle][:1]
    near = " and ".join(map(str, below + above))
    verb = "is" if len(below + above) == 1 else "are"
    return ConfigError(
        f"float {wmo} has no {which}; the nearest {verb} {near}, all are {there[0]} to {there[-1]}"
    )
