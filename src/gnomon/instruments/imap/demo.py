"""The IMAP demo: archives of a simulated spacecraft, every command on them, and what comes back.

Each line that it shows is a command that a user types; the numbers below it are the command's own.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from gnomon.catalog.queries import datasets
from gnomon.cli.app import Screen
from gnomon.cli.demo import fresh_project
from gnomon.cli.main import app
from gnomon.engine.project import Project
from gnomon.errors import GnomonError
from gnomon.instruments.imap.kinds import FRAMES, HK_TABLE, L2_PRE
from gnomon.instruments.imap.simulate import archive, closure, housekeeping
from gnomon.instruments.imap.simulate.closure import Closed
from gnomon.instruments.imap.simulate.mission import Mission
from gnomon.instruments.imap.simulate.services import Services
from gnomon.sim.faults import Cut, Fault, Status

_FAILED = 500
_ARCHIVES, _DATABASE, _PICTURES = "archives", "imap.db", "pictures"


@dataclass
class Demo:
    """What the demo has done so far.

    Attributes
    ----------
    said : dict
        What each command answered, by the words that were typed.
    """

    folder: Path
    mission: Mission
    screen: Screen
    said: dict[str, Any] = field(default_factory=dict)

    def tell(self, text: str) -> None:
        """Say what comes next."""
        if not self.screen.as_json:
            self.screen.err.print(f"\n[bold]{text}[/]", soft_wrap=True)

    def run(self, words: str) -> None:
        """Run a command in the project's folder, as it is typed there.

        Raises
        ------
        GnomonError
            It did not end well.
        """
        if not self.screen.as_json:
            self.screen.err.print(f"  $ gnomon {words}", soft_wrap=True, markup=False)
        shown = io.StringIO()
        command = typer.main.get_command(app)
        with chdir(self.folder), redirect_stdout(shown):
            code = command.main([*words.split(), "--json"], standalone_mode=False)
        answer = json.loads(shown.getvalue() or "{}")
        if code:
            raise GnomonError(f"`gnomon {words}` ended with {code}: {shown.getvalue()[:500]}")
        self.said.setdefault(words, []).append(answer)
        if not self.screen.as_json and (line := _line(answer)):
            self.screen.err.print(f"    {line}", soft_wrap=True, markup=False)


def _line(answer: Any) -> str:
    """Return the one line that sums an answer up."""
    if isinstance(answer, dict) and "done" in answer:
        done = ", ".join(f"{name} {number}" for name, number in answer["done"].items())
        size = answer.get("bytes_fetched", 0) / 1e6
        fetched = f"; {size:.1f} MB" if size else ""
        return f"{done or 'nothing to do'}{fetched}"
    if isinstance(answer, dict) and "adopted" in answer:
        return f"{len(answer['adopted'])} files adopted"
    if isinstance(answer, dict) and "anomalies" in answer:
        return "\n    ".join(
            f"{one['severity']}: {one['parameter']} {one['worst']} {one['limit']},"
            f" {one['count']} times from {one['first']}"
            for one in answer["anomalies"]
        )
    if isinstance(answer, dict) and "pictures" in answer:
        return "\n    ".join(answer["pictures"])
    return ""


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on a simulated spacecraft or on archives simulated before."""
    project = fresh_project(folder)
    mission = archive.mission_of(source) if source else Mission()
    shown = Demo(folder, mission, screen)
    shown.tell(f"archives of a simulated spacecraft: {mission.days} days from {mission.start}")
    if source is None:
        archive.simulate_archive(folder / _ARCHIVES, mission)
    # Archives are not perfect: these requests fail at first, and nobody should notice.
    faults: tuple[Fault, ...] = (
        Status(pattern="*/MAG_HSK_PW.bin", code=503, times=1),
        Cut(pattern="*norm-mago_*.cdf", after_bytes=100_000, times=1),
    )
    services = Services(faults=faults)
    archive.fill(services, source or folder / _ARCHIVES)
    with services, _quiet():
        _prepare(shown, source or folder / _ARCHIVES, services)
        _first(shown)
        _again(shown, services)
    if find_spec("matplotlib"):
        _draw(shown)
    _show(shown, services, closed(project, mission))


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what is said of requests that are tried again."""
    logger = logging.getLogger("gnomon.acquire")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _prepare(shown: Demo, archives: Path, services: Services) -> None:
    """Put addresses, tokens, the team's own files and its settings into the project."""
    folder = shown.folder
    lines = [f"{name}={value}\n" for name, value in services.environment().items()]
    (folder / ".env").write_text("".join(lines), "utf-8")
    local = archives / archive.LOCAL
    beside = shutil.ignore_patterns(archive.QUALITY, archive.GRADIOMETER)
    shutil.copytree(local, folder / "store", dirs_exist_ok=True, ignore=beside)
    for name in (archive.QUALITY, archive.GRADIOMETER):
        shutil.copy(local / name, folder)


def _first(shown: Demo) -> None:
    first, last = shown.mission.dates[0], shown.mission.dates[-1]
    days = f"--start-date {first} --end-date {last}"
    span = f"--date {first} --end-date {last}"
    shown.tell("the team's own files: packet definition, sensor alignment, offsets")
    shown.run("index")
    shown.tell("fetch and decode: kernels, packets, telemetry, science, space weather")
    shown.run("run imap-kernels")
    shown.run("run imap-hk")
    shown.run(f"imap fetch lo-pivot-platform {days}")
    shown.run(f"imap fetch science --level l1c --modes norm {days}")
    shown.run(f"imap fetch science --level l1b --modes burst {days}")
    shown.run(f"imap fetch ialirt --start-date {last} --end-date {last}")
    shown.run(f"imap fetch ialirt-hk --start-date {last} --end-date {last}")
    shown.run("imap fetch noaa")
    shown.tell("calibrate and apply")
    for mode, when in (("norm", span), ("burst", f"--date {first}")):
        end = f"--mode {mode} {when}"
        shown.run(
            f"imap calibrate --method gradiometer {end} --configuration {archive.GRADIOMETER}"
        )
        shown.run(f"imap calibrate --method quality {end} --configuration {archive.QUALITY}")
    shown.run(f"imap apply {days}")
    shown.run(f"imap apply --mode burst --date {first}")
    shown.tell("hand on: science data centre, database")
    shown.run("run imap-publish")
    shown.run(f"imap load --to sqlite:///{_DATABASE}")


def _again(shown: Demo, services: Services) -> None:
    first, last = shown.mission.dates[0], shown.mission.dates[-1]
    shown.tell("poll again: nothing is new")
    shown.run("run imap-hk")
    shown.run("run imap-publish")
    shown.tell("lost packets are sent again, and a day of science is re-issued")
    archive.advance(services, shown.mission)
    shown.run("run imap-hk")
    shown.run(f"imap fetch science --level l1c --modes norm --start-date {first} --end-date {last}")
    shown.run(
        f"imap calibrate --method gradiometer --date {first} --configuration {archive.GRADIOMETER}"
    )
    shown.run(f"imap apply --date {first}")
    shown.run("run imap-publish")
    shown.run(f"imap load --to sqlite:///{_DATABASE}")
    shown.tell("look: housekeeping of the last day is not as it should be")
    shown.run(f"imap check ialirt --start-date {last} --end-date {last} --no-error-on-anomaly")


def _draw(shown: Demo) -> None:
    last = shown.mission.dates[-1]
    day = f"--start-date {last} --end-date {last}"
    for what in (f"science --frame gse {day}", f"hk hsk-pw {day}", f"ialirt {day}"):
        shown.run(f"imap plot {what} --output {_PICTURES}")


def closed(project: Project, mission: Mission) -> list[Closed]:
    """Compare what the project has with the truth: the first day in every frame, and packets."""
    day = mission.start
    store = project.store.root
    with project.catalog() as catalog:
        made = {
            str(found.dataset.key["frame"]): store / found.dataset.path
            for found in datasets(catalog, L2_PRE.name, {"mode": "norm", "day": day.isoformat()})
        }
        (table,) = (
            store / found.dataset.path
            for found in datasets(
                catalog, HK_TABLE.name, {"packet": "hsk-pw", "day": day.isoformat()}
            )
        )
    in_time, late = (
        next(one for one in said if one.layout is housekeeping.POWER)
        for said in (housekeeping.told(mission), housekeeping.told_late(mission))
    )
    power = housekeeping.joined(in_time, late)
    return [
        *(closure.field_closed(mission, frame, made[frame]) for frame in FRAMES),
        closure.time_closed(power, table),
        closure.values_closed(power, table),
    ]


def _show(shown: Demo, services: Services, recovered: list[Closed]) -> None:
    if shown.screen.as_json:
        rows = [asdict(row) for row in recovered]
        uploads = sorted(services.sdc.uploads)
        shown.screen.document({"commands": shown.said, "closure": rows, "uploads": uploads})
        return
    table = Table(title="recovered, against the truth of the simulation", title_justify="left")
    table.add_column("what")
    for column in ("values", "rms error", "largest", "unit"):
        table.add_column(column, justify="right")
    for row in recovered:
        table.add_row(row.what, str(row.count), f"{row.rms:.4f}", f"{row.most:.4f}", row.unit)
    shown.screen.out.print()
    shown.screen.out.print(table)
    failed = sum(request.code >= _FAILED for request in services.requests)
    told = f"{len(services.requests)} requests, {failed} of them refused and tried again"
    told += f"; {len(services.sdc.uploads)} files uploaded"
    shown.screen.out.print(f"{told}; the project is in {shown.folder}", soft_wrap=True)
    shown.screen.out.print("`gnomon imap --help` says what else there is")
