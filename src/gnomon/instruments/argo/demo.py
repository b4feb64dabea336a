"""The Argo demo: a mirror on loopback, a sync, the tables, a re-issue, a database, and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pa_dataset
from rich.table import Table

from gnomon.cli.app import Screen
from gnomon.cli.demonstration import fresh_project
from gnomon.cli.progress import summary_json
from gnomon.cli.run import work
from gnomon.engine.events import Summary
from gnomon.engine.project import How, Project
from gnomon.errors import GnomonError, MissingExtra
from gnomon.instruments.argo.cli.export import export_pipeline
from gnomon.instruments.argo.cli.load import load_pipeline
from gnomon.instruments.argo.cli.products import Products
from gnomon.instruments.argo.cli.sync import sync_pipeline
from gnomon.instruments.argo.kinds import ANALYSIS, PROFILES
from gnomon.instruments.argo.plots.data import FloatData
from gnomon.instruments.argo.plots.overview import plot_overview
from gnomon.instruments.argo.plots.profile import plot_profile
from gnomon.instruments.argo.plots.style import save
from gnomon.instruments.argo.plots.trajectory import plot_trajectory
from gnomon.instruments.argo.simulate.gdac import Gdac, advance, reissue, simulate_gdac
from gnomon.sim.archive import Archive
from gnomon.sim.faults import Cut, Fault, Status

_FLOATS, _BGC_FLOATS, _CYCLES = 8, 2, 40
_DATABASE, _PICTURES = "argo.db", "pictures"


@dataclass(frozen=True)
class Stage:
    """One step of the demo and what it did."""

    title: str
    sync: Summary
    export: Summary
    steps_run: int


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on simulated floats or on the files in `source`."""
    project = fresh_project(folder)
    gdac = None if source else _simulate(folder / "gdac", screen)
    served = source or folder / "gdac"
    # Archives are not perfect: the first requests of some files fail, and nobody should notice.
    faults: tuple[Fault, ...] = (
        Status(pattern="*_001.nc", code=503, times=2),
        Cut(pattern="*_002.nc", after_bytes=5_000, times=2),
    )
    with Archive(served, faults=faults) as archive:
        stages = [
            _stage("first sync", project, archive.http_url, screen),
            _stage("sync again", project, archive.http_url, screen),
        ]
        if gdac is not None:
            wmos = sorted(gdac.floats)
            late = advance(gdac, cycles=1, floats=wmos[:2])
            reissue(late, {wmos[2]: [3, 4, 5]})
            title = "2 new cycles, 3 re-issued"
            stages.append(_stage(title, project, archive.ftp_url, screen))
    loaded = _load(project, folder / _DATABASE, screen)
    pictures = _draw(project, folder / _PICTURES, screen)
    _show(folder, stages, pictures, screen)
    if not loaded.ok or not all(stage.sync.ok and stage.export.ok for stage in stages):
        raise GnomonError("the demo ran into failures; `gnomon status` shows them")


def _simulate(folder: Path, screen: Screen) -> Gdac:
    told = f"{_FLOATS} floats, {_BGC_FLOATS} of them biogeochemical"
    _say(screen, f"simulating a GDAC of {told}, in {folder}")
    return simulate_gdac(folder, floats=_FLOATS, cycles=_CYCLES, seed=1, levels=80, bgc=_BGC_FLOATS)


def _stage(title: str, project: Project, mirror: str, screen: Screen) -> Stage:
    _say(screen, f"\n[bold]{title}[/], from {mirror}")
    everything = {"mirror": mirror, "data": ("all",)}
    sync = work(project, screen, sync_pipeline(project, everything), How())
    pipeline = export_pipeline(project, None)
    export = work(project, screen, pipeline, How())
    steps = {spec.name for spec in pipeline.steps}
    made = sum(number for name, number in export.done.items() if name in steps)
    return Stage(title, sync, export, made)


def _load(project: Project, path: Path, screen: Screen) -> Summary:
    _say(screen, f"\n[bold]load[/], into {path}")
    return work(project, screen, load_pipeline(project, f"sqlite:///{path.resolve()}"), How())


def _draw(project: Project, folder: Path, screen: Screen) -> list[Path]:
    """Draw the float of which most is known; without Matplotlib there are no pictures."""
    with project.catalog() as catalog:
        products = Products(project, catalog)
        tables = {wmo: products.table(ANALYSIS, wmo) for wmo in products.floats(ANALYSIS)}
        if not tables:
            return []
        wmo = max(tables, key=lambda wmo: tables[wmo].num_columns)
        record = products.record(wmo)
        data = FloatData.of(tables[wmo], products.table(PROFILES, wmo), record)
    numbers, ways = (data.profiles[name].to_pylist() for name in ("cycle_number", "direction"))
    try:
        figures = {
            "overview": plot_overview(data),
            "map": plot_trajectory(data),
            "profile": plot_profile(data, *max(zip(numbers, ways, strict=True))),
        }
    except MissingExtra as error:
        _say(screen, f"no pictures: {error}")
        return []
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{wmo}_{name}.png" for name in figures]
    for figure, path in zip(figures.values(), paths, strict=True):
        save(figure, path)
    return paths


def _say(screen: Screen, text: str) -> None:
    if not screen.as_json:
        screen.err.print(text)


def _show(folder: Path, stages: list[Stage], pictures: list[Path], screen: Screen) -> None:
    if screen.as_json:
        rows = {s.title: {"sync": summary_json(s.sync), "export": summary_json(s.export)}
                for s in stages}  # fmt: skip
        drawn = [str(path) for path in pictures]
        screen.document({"stages": rows, "floats": _floats(folder), "pictures": drawn})
        return
    ran = Table(title="what ran", title_justify="left")
    ran.add_column("stage", no_wrap=True)
    for column in ("files fetched", "MB", "retired", "steps run", "published"):
        ran.add_column(column, justify="right")
    for stage in stages:
        ran.add_row(
            stage.title,
            str(sum(stage.sync.done.values())),
            f"{stage.sync.bytes_fetched / 1e6:.1f}",
            str(stage.sync.retired),
            str(stage.steps_run),
            str(sum(stage.export.done.values()) - stage.steps_run),
        )
    screen.out.print()
    screen.out.print(ran)
    screen.out.print(_float_table(folder))
    for path in pictures:
        screen.out.print(f"picture: {path}", soft_wrap=True)
    where = f"the tables are in {folder / 'out'}, and in the SQLite database {folder / _DATABASE}"
    screen.out.print(f"{where}; `gnomon argo --help` says what else there is", soft_wrap=True)


def _float_table(folder: Path) -> Table:
    table = Table("float", title="what there is", title_justify="left")
    for column in ("profiles", "levels", "from", "to", "mean TEMP [°C]"):
        table.add_column(column, justify="right")
    for row in _floats(folder):
        table.add_row(*(str(value) for value in row.values()))
    return table


def _floats(folder: Path) -> list[dict[str, object]]:
    """Read the exported tables back, as a user would."""
    out = folder / "out"
    profiles = pa_dataset.dataset(out / "profiles").to_table(["platform_number", "juld"])
    columns = ["platform_number", "temp", "temp_qc"]
    levels = pa_dataset.dataset(out / "levels").to_table(columns)
    good = levels.filter(pc.equal(levels["temp_qc"], 1))
    times = _by_float(profiles, [("juld", "min"), ("juld", "max"), ([], "count_all")])
    sizes = _by_float(levels, [([], "count_all")])
    means = _by_float(good, [("temp", "mean")])
    return [
        {
            "float": wmo,
            "profiles": row["count_all"],
            "levels": sizes[wmo]["count_all"],
            "from": f"{row['juld_min']:%Y-%m-%d}",
            "to": f"{row['juld_max']:%Y-%m-%d}",
            "mean_temp": round(float(means[wmo]["temp_mean"]), 3) if wmo in means else None,
        }
        for wmo, row in sorted(times.items())
    ]


def _by_float(table: pa.Table, wanted: list[tuple[Any, str]]) -> dict[int, dict[str, Any]]:
    rows = table.group_by("platform_number").aggregate(wanted).to_pylist()
    return {row["platform_number"]: row for row in rows}
