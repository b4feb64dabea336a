"""`gnomon sky period`: periods of light curves, from any file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from gnomon.cli.app import AsJson, Screen, ending, screen
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
    Oversampling,
    Terms,
    by_object,
    draw_pages,
    search_of,
)
from gnomon.instruments.sky.cli.tabling import check_suffix, provenance_of, write
from gnomon.instruments.sky.steps.periods import periods as periods_step

if TYPE_CHECKING:
    from gnomon.instruments.sky.science.periods.period import Period

Output = Annotated[Path, typer.Option("--output", "-o", help="FILE.csv or FILE.parquet.")]
Plot = Annotated[
    Path | None, typer.Option(help="A folder for pictures: a page an object.", file_okay=False)
]


def period(
    files: Files,
    method: Method = "auto",
    terms: Terms = 2,
    min_period: MinPeriod = 0.2,
    max_period: MaxPeriod = 0.0,
    fap: Fap = 0.01,
    duration: Durations = None,
    oversampling: Oversampling = 10.0,
    error_floor: ErrorFloor = 0.02,
    output: Output = Path("periods.csv"),
    plot: Plot = None,
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
    """Search light curves for periods: a row for each object and band, with or without a period.

    Days throughout. What is not significant has no period, and the row says why.
    """
    view = screen(as_json=as_json)
    with ending(view):
        check_suffix(output)
        # NumPy and Arrow take long to load.
        from gnomon.instruments.sky.curves.reading import Columns, read_all  # noqa: PLC0415
        from gnomon.instruments.sky.science.periods.search import find_periods  # noqa: PLC0415
        from gnomon.instruments.sky.science.periods.table import (  # noqa: PLC0415
            flat_table,
            period_table,
        )

        columns = Columns(time, value, error, band, object_, quality, unit=unit)
        use: Literal["value", "flat"] = "flat" if flat else "value"
        curves = read_all(files, columns, use=use, bad_bits=bad_bits)
        search = search_of(
            curves.bands, method, terms, min_period, max_period, fap,
            error_floor, duration, oversampling,
        )  # fmt: skip
        found = find_periods(curves, search)
        options = {**asdict(search), **asdict(columns), "use": use, "bad_bits": bad_bits}
        provenance = provenance_of("sky.periods", periods_step.version, options, files)
        made = flat_table if output.suffix.lower() == ".csv" else period_table
        write(output, made(found), provenance)
        pictures = draw_pages(by_object(curves), search, plot) if plot else []
        _say(view, found, [output, *pictures])


def _say(view: Screen, found: Sequence[Period], paths: Sequence[Path]) -> None:
    if view.as_json:
        view.document(
            {
                "curves": len(found),
                "significant": sum(one.significant for one in found),
                "periods": [asdict(one) for one in found],
                "files": [str(path) for path in paths],
            }
        )
        return
    for one in found:
        view.out.print(escape(_sentence(one)), soft_wrap=True)
    view.out.print(escape(", ".join(map(str, paths))), soft_wrap=True)


def _sentence(one: Period) -> str:
    name = f"{one.object} {one.band}".strip()
    if not one.significant:
        return f"{name}: no significant period: {one.reason}"
    extra = f", {one.note}" if one.note else ""
    return (
        f"{name}: {one.period_d:.7g} +- {one.period_error_d:.1g} d, "
        f"log10 of the false-alarm probability {one.log10_fap:.1f}{extra}"
    )
