"""`gnomon argo plot`: pictures of a float."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer

from gnomon.cli.app import HERE, AsJson, Folder, project
from gnomon.errors import ConfigError, UnknownName
from gnomon.formats.pictures import SUFFIXES
from gnomon.instruments.argo.cli.products import Products, Wmo, no_cycle
from gnomon.instruments.argo.cli.profile import Descending
from gnomon.instruments.argo.kinds import ANALYSIS, PROFILES
from gnomon.instruments.argo.plots.data import FloatData
from gnomon.instruments.argo.plots.style import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(StrEnum):
    """What can be drawn of a float."""

    PROFILE = "profile"
    TS = "ts"
    SECTION = "section"
    MAP = "map"
    OVERVIEW = "overview"


def plot(
    what: Annotated[Picture, typer.Argument(metavar="WHAT", help="|".join(Picture))],
    wmo: Wmo,
    cycle: Annotated[
        int | None, typer.Option(min=0, help="Of profile and ts; the latest for profile.")
    ] = None,
    descending: Descending = False,
    parameter: Annotated[str, typer.Option(help="Of section, such as temp or DOXY.")] = "temp",
    qc: Annotated[
        Literal["good", "all"] | None,
        typer.Option(help="Which values: all in profile, good in section when absent."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="FILE.png, .svg or .pdf.")
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw a float: a profile, its T/S diagram, a section, a map, or all on one page."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        target = output or Path(f"{wmo}_{what}.png")
        if target.suffix.lower() not in SUFFIXES:
            raise ConfigError(f"{target.name}: a picture is one of {', '.join(SUFFIXES)}")
        products = Products(opened, catalog)
        data = FloatData.of(
            products.table(ANALYSIS, wmo), products.table(PROFILES, wmo), products.record(wmo)
        )
        figure = _draw(data, what, cycle, parameter, qc, descending=descending)
        target.parent.mkdir(parents=True, exist_ok=True)
        save(figure, target)
        if screen.as_json:
            screen.document({"picture": str(target)})
        else:
            screen.out.print(str(target), soft_wrap=True)


def _draw(
    data: FloatData,
    what: Picture,
    cycle: int | None,
    parameter: str,
    qc: str | None,
    *,
    descending: bool,
) -> Figure:
    # Each loads Matplotlib for itself, when it is called.
    from gnomon.instruments.argo.plots.overview import plot_overview  # noqa: PLC0415
    from gnomon.instruments.argo.plots.profile import plot_profile  # noqa: PLC0415
    from gnomon.instruments.argo.plots.section import plot_section  # noqa: PLC0415
    from gnomon.instruments.argo.plots.trajectory import plot_trajectory  # noqa: PLC0415
    from gnomon.instruments.argo.plots.ts import plot_ts  # noqa: PLC0415

    match what:
        case Picture.PROFILE:
            chosen = _cycle(data, cycle, descending=descending)
            return plot_profile(data, *chosen, only_good=qc == "good")
        case Picture.TS:
            return plot_ts(data, None if cycle is None else _cycle(data, cycle)[0])
        case Picture.SECTION:
            return plot_section(data, _parameter(data, parameter), only_good=qc != "all")
        case Picture.MAP:
            return plot_trajectory(data)
        case Picture.OVERVIEW:
            return plot_overview(data)


def _cycle(data: FloatData, cycle: int | None, *, descending: bool = False) -> tuple[int, str]:
    """Return the cycle that is asked for, or the latest; refuse one that is not there."""
    numbers = data.of_profiles("cycle_number").tolist()
    ways = data.profiles["direction"].to_pylist()
    if cycle is None:
        time, known = data.time, data.of_profiles("n_levels") > 0
        dated = np.flatnonzero(known & ~np.isnat(time))
        if not len(dated):
            return int(numbers[-1]), ways[-1]
        latest = int(dated[np.argmax(time[dated])])
        return int(numbers[latest]), ways[latest]
    way = "D" if descending else "A"
    if (cycle, way) not in set(zip(numbers, ways, strict=True)):
        raise no_cycle(data.wmo, cycle, descending, zip(numbers, ways, strict=True))
    return cycle, way


def _parameter(data: FloatData, name: str) -> str:
    if name.lower() not in (known := ["pres", *data.parameters]):
        raise UnknownName(f"parameter of float {data.wmo}", name.lower(), known)
    return name.lower()
