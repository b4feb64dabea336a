"""The demo of COMAP: observations of a known truth, the pipeline on them, what comes back.

Each line that it shows is a command that a user types; the numbers below it are the command's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import isnan, nan
from pathlib import Path

from rich.table import Table

from gnomon.catalog.queries import datasets
from gnomon.cli.app import Screen
from gnomon.cli.demonstration import Demo, fresh_project
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.comap.kinds import LEVEL2
from gnomon.instruments.comap.simulate.archive import Planned, plan
from gnomon.instruments.comap.simulate.truth import Truth

_LEVEL1 = "level1"
_FIRST, _FIELD = 45285, 45287
_CHANNELS, _SCANS, _SCAN_S = 32, 2, 180.0
_SOURCES = ("TauA", "field01", "TauA")
_FAULT = "no-vane"


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on simulated observations.

    Raises
    ------
    ConfigError
        Real files are given: they need a pipeline of their own.
    """
    if source is not None:
        raise ConfigError("the demo of COMAP makes its own files: leave --from out")
    project = fresh_project(folder)
    planned = _planned()
    shown = Demo(folder, screen)
    _first(shown)
    _again(shown)
    _look(shown)
    _show(shown, recovered(project, planned))


def _planned() -> list[Planned]:
    """Return what the command below simulates."""
    base = Truth(feeds=(1, 2, 20), n_channels=_CHANNELS).but(
        scans=_SCANS, scan_s=_SCAN_S, mode="lissajous"
    )
    return plan(_SOURCES, base=base, first_obsid=_FIRST, faults=(_FAULT,))


def _first(shown: Demo) -> None:
    shown.tell("three observations of three feeds, seven minutes each; one lacks its vane")
    sources = " ".join(f"--source {name}" for name in _SOURCES)
    minutes = _SCANS * _SCAN_S / 60
    shown.run(
        f"comap simulate {_LEVEL1} --observations {len(_SOURCES)} {sources} --fault {_FAULT}"
        f" --feeds 1,2,20 --channels {_CHANNELS} --minutes {minutes:.6f}"
    )
    shown.tell("Level 1 to Level 2; what cannot be used is told, and the rest goes on")
    shown.run("run comap-level2 --dry-run")
    shown.run("run comap-level2", code=1)


def _again(shown: Demo) -> None:
    shown.tell("once more: nothing is new")
    shown.run("run comap-level2")
    shown.tell("a feed is flagged: only Level 2 of that observation is made anew, from its streams")
    shown.run(f"comap flag {_FIELD} --feeds 1 --comment 'ice on the window'")
    shown.run("run comap-level2")
    shown.tell("the files move to another disk: SQL follows, nothing is made anew")
    (shown.folder / _LEVEL1 / "2024-12").rename(shown.folder / _LEVEL1 / "archive-2024-12")
    shown.run("run comap-level2")


def _look(shown: Demo) -> None:
    shown.tell("what there is")
    shown.run("comap overview")
    if find_spec("matplotlib"):
        shown.run(f"comap plot {_FIRST} --what all --output pictures")


@dataclass(frozen=True)
class Recovered:
    """What became of one figure of the truth.

    Attributes
    ----------
    obsid : int
    feed : int
    what : str
        With its unit.
    true, found : float
        NaN where there is none.
    error : float
        What the fit says of itself, one standard deviation; NaN where it says nothing.
    """

    obsid: int
    feed: int
    what: str
    true: float
    found: float
    error: float = nan


def recovered(project: Project, planned: Sequence[Planned]) -> list[Recovered]:
    """Compare the Level-2 files that the project has with the truth of the simulation."""
    import numpy as np  # noqa: PLC0415 - heavy

    from gnomon.instruments.comap.level2 import layout  # noqa: PLC0415
    from gnomon.instruments.comap.level2.file import reading  # noqa: PLC0415
    from gnomon.instruments.comap.receiver import row_of  # noqa: PLC0415
    from gnomon.instruments.comap.simulate.expected import expected  # noqa: PLC0415

    truths = {one.truth.obsid: one.truth for one in planned}
    with project.catalog() as catalog:
        paths = [project.store.path(one.dataset) for one in datasets(catalog, LEVEL2.name)]
    found = []
    for path in sorted(paths):
        with reading(path) as file:
            obsid = int(file.held["comap"].attrs["obsid"])
            truth, told = truths[obsid], expected(truths[obsid])
            tsys = file.array(layout.VANE_TSYS)
            for position, feed in enumerate(truth.feeds[:2]):
                row = row_of(feed)
                true = float(np.nanmedian(told.tsys_k[:, row]))
                here = float(np.nanmedian(tsys[:, position]))
                found.append(Recovered(obsid, feed, "Tsys, K", true, here))
                if layout.CALIBRATOR in file:
                    fit = file.held[layout.CALIBRATOR]
                    here = float(np.nanmean(fit["amplitudes"][row]))
                    true = float(np.nanmean(told.amplitude_k[row]))
                    error = float(np.nanmean(fit["amplitudes_errors"][row]))
                    found.append(Recovered(obsid, feed, "source, K", true, here, error))
    return sorted(found, key=lambda row: row.obsid)


def _show(shown: Demo, found: Sequence[Recovered]) -> None:
    if shown.screen.as_json:
        rows = [asdict(row) for row in found]
        shown.screen.document({"commands": shown.said, "recovered": rows})
        return
    table = Table(title="what was put in, and what came back", title_justify="left")
    for column in ("obsid", "feed", "what"):
        table.add_column(column)
    for column in ("true", "found", "error", "off by"):
        table.add_column(column, justify="right")
    for row in found:
        off = "" if isnan(row.found) else f"{row.found / row.true - 1:+.1%}"
        name = str(row.obsid), str(row.feed), row.what
        error = "" if isnan(row.error) else f"{row.error:.3f}"
        table.add_row(*name, f"{row.true:.3f}", f"{row.found:.3f}", error, off)
    shown.screen.out.print()
    shown.screen.out.print(table)
    shown.screen.out.print(f"the project is in {shown.folder}", soft_wrap=True)
    shown.screen.out.print("`gnomon comap --help` says what else there is")
