"""`gnomon argo profile`: one profile in the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.core.dataset import Provenance
from gnomon.errors import ConfigError
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.cli.products import Products, Wmo, no_cycle
from gnomon.instruments.argo.exports.csv_rows import csv_rows
from gnomon.instruments.argo.exports.json_profiles import json_profiles
from gnomon.instruments.argo.exports.rows import Grouped, parameters_of
from gnomon.instruments.argo.kinds import ANALYSIS, PROFILES
from gnomon.instruments.argo.plots.data import place

_MODES = {"R": "real time", "A": "adjusted", "D": "delayed mode"}
_FLAG_COLOURS = {1: "green", 2: "green", 5: "green", 8: "green", 3: "yellow", 4: "red"}

Cycle = Annotated[int, typer.Argument(min=0, help="Number of the cycle.")]
Descending = Annotated[bool, typer.Option("--descending", help="The profile on the way down.")]


def profile(
    wmo: Wmo,
    cycle: Cycle,
    descending: Descending = False,
    n_prof: Annotated[
        int | None, typer.Option(min=0, help="Sampling of the cycle; 0 is the primary one.")
    ] = None,
    levels: Annotated[
        int, typer.Option(min=0, help="Rows to show, spread over the profile; 0 shows all.")
    ] = 40,
    folder: Folder = HERE,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one profile: where, when, from which file, and its values with their flags.

    As JSON or CSV all samplings of the cycle, and all levels.
    """
    if as_csv and as_json:
        raise typer.BadParameter("say --json or --csv")
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        products = Products(opened, catalog)
        grouped = Grouped.of(products.table(ANALYSIS, wmo), products.table(PROFILES, wmo))
        chosen = _chosen(grouped, wmo, cycle, descending=descending)
        if n_prof is not None:
            chosen = _sampling(chosen, n_prof)
        made = _provenance(products.path(ANALYSIS, wmo))
        if as_csv:
            # Not the console, which would break long lines.
            for text in csv_rows(chosen.levels):
                screen.out.file.write(text)
        elif screen.as_json:
            text = "".join(
                json_profiles(chosen.levels, chosen.profiles, made, platform=products.record(wmo))
            )
            screen.document(json.loads(text))
        else:
            _show(screen, chosen, made, levels)


def _chosen(grouped: Grouped, wmo: int, cycle: int, *, descending: bool) -> Grouped:
    way = "D" if descending else "A"

    def of(table: pa.Table) -> pa.Table:
        same = pc.equal(table["cycle_number"], cycle)
        return table.filter(pc.and_(same, pc.equal(table["direction"], way)))

    found = Grouped(of(grouped.levels), of(grouped.profiles))
    if not found.profiles.num_rows:
        columns = (grouped.profiles[name].to_pylist() for name in ("cycle_number", "direction"))
        raise no_cycle(wmo, cycle, descending, zip(*columns, strict=True))
    return found


def _sampling(grouped: Grouped, n_prof: int) -> Grouped:
    known = grouped.profiles["n_prof"].to_pylist()
    if n_prof not in known:
        there = ", ".join(map(str, known))
        raise ConfigError(f"the cycle has no sampling {n_prof}; it has {there}")
    tables = (grouped.levels, grouped.profiles)
    return Grouped(*(table.filter(pc.equal(table["n_prof"], n_prof)) for table in tables))


def _provenance(path: Path | None) -> Provenance:
    said: dict[str, Any] = {} if path is None else read_provenance(path)
    return Provenance(
        said.get("step", ""),
        said.get("step_version", 0),
        said.get("fingerprint", ""),
        said.get("config", ""),
        tuple(tuple(entry) for entry in said.get("inputs", ())),
    )


def _show(screen: Screen, chosen: Grouped, made: Provenance, most: int) -> None:
    rows = chosen.profiles.to_pylist()
    first = rows[0]
    _head(screen, first, rows)
    table = _sampling(chosen, first["n_prof"]).levels
    names = [n for n in parameters_of(table) if table[n].null_count < table.num_rows]
    picked = _picked(table.num_rows, most)
    screen.out.print(_levels(table.take(pa.array(picked)), names))
    if len(picked) < table.num_rows:
        words = f"{len(picked)} of {table.num_rows} levels; --levels 0 shows all"
        screen.out.print(f"[dim]{words}[/]")
    screen.out.print(
        f"[dim]made by {escape(made.step)} version {made.step_version}, {made.fingerprint[:12]}[/]",
        soft_wrap=True,
    )


def _head(screen: Screen, first: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    down = " descending" if first["direction"] == "D" else ""
    screen.out.print(
        f"[bold]float {first['platform_number']} cycle {first['cycle_number']}{down}[/]"
    )
    time = "unknown" if first["juld"] is None else f"{first['juld']:%Y-%m-%d %H:%M:%S} UTC"
    here = (np.nan if first[name] is None else first[name] for name in ("latitude", "longitude"))
    lines = [
        ("time", f"{time} (flag {_flag(first['juld_qc'])})"),
        ("position", f"{place(*here)} (flag {_flag(first['position_qc'])})"),
        ("mode", _MODES.get(first["data_mode"] or "", "unknown")),
        ("from", f"{first['source_file'] or 'no core file'}"),
        ("sha256", f"{first['sha256'] or '-'}"),
    ]
    if len(rows) > 1:
        said = ", ".join(f"{row['n_prof']}: {row['n_levels']} levels" for row in rows)
        lines.append(("samplings", f"{said} (--n-prof)"))
    for name, value in lines:
        screen.out.print(f"  {name:<10} {escape(value)}", soft_wrap=True)


def _flag(flag: int | None) -> str:
    return "blank" if flag is None else str(flag)


def _picked(rows: int, most: int) -> list[int]:
    """Return the rows to show, the first and the last among them."""
    if not most or rows <= most:
        return list(range(rows))
    spread: list[int] = np.unique(np.linspace(0, rows - 1, most).round().astype(int)).tolist()
    return spread


def _levels(table: pa.Table, names: list[str]) -> Table:
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for title in ("level", "depth m", *names):
        shown.add_column(title.upper() if title in names else title, justify="right")
    for row in table.to_pylist():
        depth = "-" if row["depth_m"] is None else f"{row['depth_m']:.1f}"
        shown.add_row(str(row["level"]), depth, *(_cell(row, name) for name in names))
    return shown


def _cell(row: dict[str, Any], name: str) -> str:
    value, flag = row[name], row[f"{name}_qc"]
    if value is None:
        return f"[dim]- {_mark(flag)}[/]"
    return f"{value:.6g} [{_FLAG_COLOURS.get(flag, 'dim')}]{_mark(flag)}[/]"


def _mark(flag: int | None) -> str:
    return "·" if flag is None else str(flag)
