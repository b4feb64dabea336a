"""`gnomon sky plot`: pictures of light curves, whole and folded, and of periodograms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from gnomon.cli.app import AsJson, Screen, ending, screen
from gnomon.errors import BadData, UnknownName
from gnomon.instruments.sky.cli.columns import (
    BadBits,
    Band,
    Error,
    Files,
    Flat,
    Object,
    Quality,
    Time,
    Unit,
    Value,
)
from gnomon.instruments.sky.cli.searching import (
    Durations,
    ErrorFloor,
    Fap,
    MaxPeriod,
    Method,
    MinPeriod,
    Terms,
    by_object,
    draw_pages,
    picture_paths,
    search_of,
)

if TYPE_CHECKING:
    from gnomon.instruments.sky.curves.batches import Curve

What = Annotated[
    Literal["page", "curve", "periodogram", "folded"],
    typer.Option(help="All on one page, or one of them."),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="Objects to draw; repeatable. Default: all.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="A folder for the pictures.", file_okay=False)
]


def plot(
    files: Files,
    what: What = "page",
    only: Only = None,
    method: Method = "auto",
    terms: Terms = 2,
    min_period: MinPeriod = 0.2,
    max_period: MaxPeriod = 0.0,
    fap: Fap = 0.01,
    duration: Durations = None,
    error_floor: ErrorFloor = 0.02,
    output: Output = Path("plots"),
    flat: Flat = False,
    time: Time = "",
    value: Value = "",
    error: Error = "",
    band: Band = "",
    object_: Object = "",
    quality: Quality = "",
    unit: Unit = "",
    bad_bits: BadBits = None,
    as_json: AsJson = False,
) -> None:
    """Draw each object's light curve, periodogram and folded curve into a PNG.

    Folded by the period of the band that is least likely to be noise.
    """
    view = screen(as_json=as_json)
    with ending(view):
        # NumPy and Arrow take long to load.
        from gnomon.instruments.sky.curves.reading import Columns, read_all  # noqa: PLC0415

        columns = Columns(time, value, error, band, object_, quality, unit=unit)
        use: Literal["value", "flat"] = "flat" if flat else "value"
        curves = read_all(files, columns, use=use, bad_bits=bad_bits)
        chosen = _chosen(by_object(curves), only)
        if what == "curve":
            paths = _draw_curves(chosen, output)
        else:
            bands = [curve.band for some in chosen.values() for curve in some]
            search = search_of(
                bands, method, terms, min_period, max_period, fap, error_floor, duration,
            )  # fmt: skip
            paths = draw_pages(chosen, search, output, what)
        _say(view, paths)


def _chosen(curves: dict[str, list[Curve]], only: list[str] | None) -> dict[str, list[Curve]]:
    if not curves:
        raise BadData("there is nothing to draw: no point can be used")
    for name in only or ():
        if name not in curves:
            raise UnknownName("object", name, curves)
    return {name: curves[name] for name in only or curves}


def _draw_curves(curves: dict[str, list[Curve]], folder: Path) -> list[Path]:
    from gnomon.instruments.sky.plots.pages import draw_curve  # noqa: PLC0415 - heavy
    from gnomon.instruments.sky.plots.style import save  # noqa: PLC0415  as above

    paths = picture_paths(list(curves), folder, "curve")
    for name, path in paths.items():
        save(draw_curve(curves[name]), path)
    return list(paths.values())


def _say(view: Screen, paths: list[Path]) -> None:
    if view.as_json:
        view.document({"files": [str(path) for path in paths]})
        return
    for path in paths:
        view.out.print(escape(str(path)), soft_wrap=True)
