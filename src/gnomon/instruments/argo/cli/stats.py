"""`gnomon argo stats`: what the floats of a project amount to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.errors import ConfigError
from gnomon.instruments.argo.cli.products import Products
from gnomon.instruments.argo.cli.sync import Floats
from gnomon.instruments.argo.exports.summary import (
    FloatSummary,
    ParameterSummary,
    summarise_float,
)
from gnomon.instruments.argo.kinds import PARAMETERS, PROFILES

_COLOURS = {"ACTIVE": "green", "INACTIVE": "yellow", "DEAD": "red", "UNKNOWN": "dim"}


def stats(floats: Floats = None, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show figures per float and parameter: least, greatest, mean, quality, modes, agreement.

    Figures are of good values: flags 1, 2, 5 and 8.
    """
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        products, now = Products(opened, catalog), datetime.now(UTC)
        wanted = floats or products.floats(PARAMETERS)
        if not wanted:
            raise ConfigError(
                "there are no argo.parameters: run `gnomon argo sync`, `gnomon argo export`"
            )
        # One float at a time: a project may hold thousands.
        found = (
            summarise_float(
                products.table(PROFILES, wmo),
                products.table(PARAMETERS, wmo),
                products.record(wmo),
                now,
            )
            for wmo in wanted
        )
        if screen.as_json:
            screen.document([_values(summary) for summary in found])
            return
        for summary in found:
            _show(screen, summary)


def _values(summary: FloatSummary) -> dict[str, Any]:
    return asdict(summary) | {"first": _iso(summary.first), "last": _iso(summary.last)}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _show(screen: Screen, summary: FloatSummary) -> None:
    colour = _COLOURS[summary.status]
    screen.out.print(
        f"[bold]{summary.wmo}[/] [{colour}]{summary.status}[/] · {summary.n_profiles} profiles in "
        f"{summary.n_cycles} cycles · {_span(summary)} · {_area(summary)}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("parameter")
    table.add_column("modes")
    for title in ("min", "max", "mean", "values", "good", "failed", "DAC bad", "both"):
        table.add_column(title, justify="right")
    for parameter in summary.parameters:
        table.add_row(*_row(parameter))
    screen.out.print(table)


def _span(summary: FloatSummary) -> str:
    if summary.first is None or summary.last is None:
        return "no times"
    return f"{summary.first:%Y-%m-%d} to {summary.last:%Y-%m-%d}"


def _area(summary: FloatSummary) -> str:
    if summary.area is None:
        return "no positions"
    west, east, south, north = summary.area
    sides = ((south, "NS"), (north, "NS"), (west, "EW"), (east, "EW"))
    low, high, left, right = (_degrees(value, names) for value, names in sides)
    return f"{low} to {high}, {left} to {right}"


def _degrees(value: float, sides: str) -> str:
    return f"{abs(value):.2f}°{sides[value < 0]}"


def _row(parameter: ParameterSummary) -> tuple[str, ...]:
    share = 100 * parameter.n_good / parameter.n_values if parameter.n_values else 0.0
    modes = " ".join(f"{mode}:{number}" for mode, number in parameter.modes.items())
    figures = (parameter.minimum, parameter.maximum, parameter.mean)
    counts = (parameter.n_test_failed, parameter.n_dac_bad, parameter.n_both_bad)
    return (
        escape(parameter.parameter),
        modes,
        *("-" if value is None else f"{value:.6g}" for value in figures),
        str(parameter.n_values),
        f"{share:.1f} %" if parameter.n_values else "-",
        *("-" if number is None else str(number) for number in counts),
    )
