"""The IMAP demo: archives of a simulated spacecraft, every command on them, and what comes back.

Each line that it shows is a command that a user types; the numbers below it are the command's own.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

from rich.table import Table

from gnomon.catalog.queries import datasets
from gnomon.cli.app import Screen
from gnomon.cli.demonstration import Demo, fresh_project, quiet
from gnomon.engine.project import Project
from gnomon.instruments.imap.kinds import FRAMES, HK_TABLE, L2_PRE
from gnomon.instruments.imap.simulate import archive, closure, housekeeping
from gnomon.instruments.imap.simulate.closure import Closed
from gnomon.instruments.imap.simulate.mission import Mission
from gnomon.instruments.imap.simulate.services import Services
from gnomon.sim.faults import Cut, Fault, Status

_FAILED = 500
_ARCHIVES, _DATABASE, _PICTURES = "archives", "imap.db", "pictures"


@dataclass
class ImapDemo(Demo):
    """What the demo has done so far, of one mission."""

    mission: Mission = field(default_factory=Mission)


def demo(folder: Path, source: Path | None, screen: Screen) -> None:
    """Show the whole flow, on a simulated spacecraft or on archives simulated before."""
    project = fresh_project(folder)
    mission = archive.mission_of(source) if source else Mission()
    shown = ImapDemo(folder, screen, mission=mission)
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
    with services, quiet():
        _prepare(shown, source or folder / _ARCHIVES, services)
        _first(shown)
        _again(shown, services)
    if find_spec("matplotlib"):
        _draw(shown)
    _show(shown, services, closed(project, mission))


def _prepare(shown: ImapDemo, archives: Path, services: Services) -> None:
    """Put addresses, tokens, the team's own files and its settings into the project."""
    folder = shown.folder
    lines = [f"{name}={value}\n" for name, value in services.environment().items()]
    (folder / ".env").write_text("".join(lines), "utf-8")
    local = archives / archive.LOCAL
    beside = shutil.ignore_patterns(archive.QUALITY, archive.GRADIOMETER)
    shutil.copytree(local, folder / "store", dirs_exist_ok=True, ignore=beside)
    for name in (archive.QUALITY, archive.GRADIOMETER):
        shutil.copy(local / name, folder)


def _first(shown: ImapDemo) -> None:
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


def _again(shown: ImapDemo, services: Services) -> None:
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


def _draw(shown: ImapDemo) -> None:
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


def _show(shown: ImapDemo, services: Services, recovered: list[Closed]) -> None:
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
