"""The Argo demo: a mirror on loopback, a sync, the tables, a re-issue, and a sync again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pa_dataset
from rich.table import Table

from gnomon.cli.app import Screen
from gnomon.cli.progress import summary_json
from gnomon.cli.run import work
from gnomon.engine.events import Summary
from gnomon.engine.project import How, Project, create
from gnomon.errors import ConfigError, GnomonError
from gnomon.instruments.argo.cli.export import export_pipeline
from gnomon.instruments.argo.cli.sync import sync_pipeline
from gnomon.instruments.argo.simulate.gdac import Gdac, advance, reissue, simulate_gdac
from gnomon.sim.archive import Archive
from gnomon.sim.faults import Cut, Fault, Status

_FLOATS, _CYCLES = 8, 40
_MARK = ".gnomon-demo"


@dataclass(frozen=True)
class Stage:
    """One step of the demo and what it did."""

    title: str
    sync: Summary
    export: Summary


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on simulated floats or on the files in `source`."""
    project = _start(folder)
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
    _show(folder, stages, screen)
    if not all(stage.sync.ok and stage.export.ok for stage in stages):
        raise GnomonError("the demo ran into failures; `gnomon status` shows them")


def _start(folder: Path) -> Project:
    """Make an empty project; only a folder that an earlier demo made is cleared."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise ConfigError(f"{folder} is not empty and no earlier demo made it")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    project = Project.open(folder)
    create(project)
    return project


def _simulate(folder: Path, screen: Screen) -> Gdac:
    _say(screen, f"simulating a GDAC of {_FLOATS} floats in {folder}")
    return simulate_gdac(folder, floats=_FLOATS, cycles=_CYCLES, seed=1, levels=80)


def _stage(title: str, project: Project, mirror: str, screen: Screen) -> Stage:
    _say(screen, f"\n[bold]{title}[/], from {mirror}")
    sync = work(project, screen, sync_pipeline(project, {"mirror": mirror}), How())
    export = work(project, screen, export_pipeline(project, None), How())
    return Stage(title, sync, export)


def _say(screen: Screen, text: str) -> None:
    if not screen.as_json:
        screen.err.print(text)


def _show(folder: Path, stages: list[Stage], screen: Screen) -> None:
    if screen.as_json:
        rows = {s.title: {"sync": summary_json(s.sync), "export": summary_json(s.export)}
                for s in stages}  # fmt: skip
        screen.document({"stages": rows, "floats": _floats(folder)})
        return
    ran = Table(title="what ran", title_justify="left")
    ran.add_column("stage", no_wrap=True)
    for column in ("files fetched", "MB", "retired", "tables made", "published"):
        ran.add_column(column, justify="right")
    for stage in stages:
        done = stage.export.done
        tables = done.get("argo.tables", 0)
        ran.add_row(
            stage.title,
            str(sum(stage.sync.done.values())),
            f"{stage.sync.bytes_fetched / 1e6:.1f}",
            str(stage.sync.retired),
            str(tables),
            str(sum(done.values()) - tables),
        )
    screen.out.print()
    screen.out.print(ran)
    screen.out.print(_float_table(folder))
    screen.out.print(f"the tables are in {folder / 'out'}; `gnomon -h` says what else there is")


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
