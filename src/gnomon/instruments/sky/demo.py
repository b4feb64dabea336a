"""The demo of the sky surveys: archives of a simulated sky, every command on them, what comes back.

Each line that it shows is a command that a user types; the numbers below it are the command's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import isnan
from pathlib import Path
from typing import Any

from rich.table import Table

from gnomon.catalog.queries import datasets
from gnomon.cli.app import Screen
from gnomon.cli.demonstration import Demo, fresh_project, quiet
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.sky.kinds import PERIODS
from gnomon.instruments.sky.simulate.irsa import Irsa
from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.instruments.sky.simulate.services import Services, truth_csv
from gnomon.instruments.sky.simulate.stars import Sky, Star, make_sky
from gnomon.sim.faults import Cut, Fault, Status

_FAILED = 500
_NIGHTS = 120
_OLDER = "ztf_dr23"


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on a simulated sky.

    Raises
    ------
    ConfigError
        Real files are given: archives of the sky are asked, not copied.
    """
    if source is not None:
        raise ConfigError("the demo of the sky makes its own archives: leave --from out")
    project = fresh_project(folder)
    sky = make_sky()
    # Archives are not perfect: these requests fail at first, and nobody should notice.
    faults: tuple[Fault, ...] = (
        Status(pattern="*/nph_light_curves", code=503, times=1),
        Cut(pattern="/mast-storage/*", after_bytes=100_000, times=1),
    )
    services = Services(
        sky,
        irsa=Irsa(sky, nights=_NIGHTS),
        mast=Mast(sky, TessFiles(sectors=(1,))),
        faults=faults,
    )
    shown = Demo(folder, screen)
    shown.tell(f"archives of a simulated sky: {len(sky.stars)} stars, two fields of ZTF, TESS")
    with services, quiet():
        _prepare(shown, services)
        _first(shown, sky)
        _again(shown, sky)
    _look(shown, services)
    _show(shown, services, recovered(project, services))


def _prepare(shown: Demo, services: Services) -> None:
    """Put addresses and the list of targets into the project."""
    lines = [f"{name}={value}\n" for name, value in services.environment().items()]
    (shown.folder / ".env").write_text("".join(lines), "utf-8")
    bright = [star for star in services.sky.stars if star.variability in ("transit", "eclipsing")]
    chosen = Sky(tuple(bright), services.sky.ra_deg, services.sky.dec_deg, services.sky.radius_deg)
    (shown.folder / "targets.csv").write_text(truth_csv(chosen), "utf-8")


def _cone(sky: Sky) -> str:
    return f"--irsa-ra {sky.ra_deg} --irsa-dec {sky.dec_deg} --irsa-radius {sky.radius_deg}"


def _first(shown: Demo, sky: Sky) -> None:
    shown.tell("a cone of ZTF, to a release that is named; a list of targets of TESS; observations")
    shown.run(f"sky ingest --source ztf {_cone(sky)} --collection {_OLDER} --dry-run")
    shown.run(f"sky ingest --source ztf {_cone(sky)} --collection {_OLDER}")
    shown.run("sky targets targets.csv --source tess")
    shown.run(f"sky ingest --source mast --name {sky.stars[1].name}")
    shown.tell("clean, features, periods")
    shown.run("run sky-science")


def _again(shown: Demo, sky: Sky) -> None:
    shown.tell("once more: nothing is new")
    shown.run(f"sky ingest --source ztf {_cone(sky)} --collection {_OLDER}")
    shown.run("sky targets targets.csv --source tess")
    shown.run("run sky-science")
    shown.tell("there is a newer release of ZTF, with more nights")
    shown.run(f"sky ingest --source ztf {_cone(sky)} --limit 0 --no-records")
    shown.run("run sky-science")


def _look(shown: Demo, services: Services) -> None:
    shown.tell("files of anybody's: features and periods of any CSV or Parquet")
    shown.run("sky features data/raw/ztf --output features.csv")
    shown.run("sky period data/raw/tess/lightcurves.parquet --method bls --output periods.csv")
    if find_spec("matplotlib"):
        pulsating, with_planet = services.sky.stars[:2]
        one = services.irsa.truth(pulsating).objects[0].oid
        shown.run(f"sky plot data/raw/ztf/lightcurves.parquet --only {one} --output pictures")
        curves = "data/raw/tess/lightcurves.parquet"
        shown.run(f"sky plot {curves} --only 'TIC {with_planet.tic}' --output pictures")


@dataclass(frozen=True)
class Recovered:
    """What became of the period of one star with one method.

    Attributes
    ----------
    n_curves, n_periods : int
        In how many light curves it was searched for, and in how many there is one.
    true_d, found_d : float
        Days; NaN where there is none. What is found is that of the most significant curve.
    error : float
        Relative.
    """

    star: str
    variability: str
    method: str
    n_curves: int
    n_periods: int
    true_d: float
    found_d: float
    error: float


def recovered(project: Project, services: Services) -> list[Recovered]:
    """Compare the periods that the project has with those of the stars."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    with project.catalog() as catalog:
        paths = [project.store.path(one.dataset) for one in datasets(catalog, PERIODS.name)]
    by_star: dict[tuple[str, str], list[dict[str, Any]]] = {}
    stars = _stars(services)
    for path in paths:
        for row in pq.read_table(path, partitioning=None).to_pylist():
            place = stars[row["object"]].name, str(row["method"])
            by_star.setdefault(place, []).append(row)
    return [_recovered(stars[rows[0]["object"]], rows) for _, rows in sorted(by_star.items())]


def _stars(services: Services) -> dict[str, Star]:
    """Return the stars by all names that the archives have for them."""
    by_tess = {f"TIC {star.tic}": star for star in services.sky.stars}
    by_ztf = {
        str(one.oid): star
        for star in services.sky.stars
        for one in services.irsa.truth(star).objects
    }
    return by_tess | by_ztf


def _recovered(star: Star, rows: Sequence[Mapping[str, Any]]) -> Recovered:
    best = min(rows, key=lambda row: float(row["log10_fap"]))
    found_d = float(best["period_d"])
    return Recovered(
        star.name,
        star.variability,
        str(best["method"]),
        len(rows),
        sum(bool(row["significant"]) for row in rows),
        star.period_d,
        found_d,
        abs(found_d / star.period_d - 1),
    )


def _show(shown: Demo, services: Services, found: Sequence[Recovered]) -> None:
    if shown.screen.as_json:
        rows = [asdict(row) for row in found]
        shown.screen.document({"commands": shown.said, "recovered": rows})
        return
    table = Table(title="periods, against the truth of the simulation", title_justify="left")
    for column in ("star", "is", "method"):
        table.add_column(column)
    for column in ("curves", "periods", "true, d", "found, d", "off by"):
        table.add_column(column, justify="right")
    for row in found:
        off = "" if isnan(row.error) else f"{row.error:.0e}"
        days = (_days(row.true_d), _days(row.found_d))
        counts = (str(row.n_curves), str(row.n_periods))
        table.add_row(row.star, row.variability, row.method, *counts, *days, off)
    shown.screen.out.print()
    shown.screen.out.print(table)
    failed = sum(request.code >= _FAILED for request in services.requests)
    told = f"{len(services.requests)} requests, {failed} of them refused and tried again"
    shown.screen.out.print(f"{told}; the project is in {shown.folder}", soft_wrap=True)
    shown.screen.out.print("`gnomon sky --help` says what else there is")


def _days(period_d: float) -> str:
    return "none" if isnan(period_d) else f"{period_d:.5f}"
