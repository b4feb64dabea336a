"""`gnomon imap simulate`: archives of a simulated spacecraft, as a folder and on loopback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import ending, screen
from gnomon.cli.serving import Env, FaultTexts, Port, Serve, lines_of, write_whole
from gnomon.sim.archive import until_interrupted
from gnomon.sim.faults import Fault, parse_fault

_START = datetime(2026, 3, 1, tzinfo=UTC)


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the archives are, or go.")],
    days: Annotated[int, typer.Option(min=1, help="How many UTC days.")] = 2,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first UTC day.")
    ] = _START,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 0,
    gap: Annotated[
        bool, typer.Option("--gap", help="Leave ten minutes of attitude out on the second day.")
    ] = False,
    serve: Serve = False,
    port: Port = 0,
    env: Env = None,
    fault: FaultTexts = None,
) -> None:
    """Write the archives of a simulated spacecraft, whose field is known, and serve them.

    With --serve, a folder that already holds archives is served as it is.
    """
    view = screen()
    with ending(view):
        # NumPy and SPICE take long to load.
        from gnomon.instruments.imap.simulate.archive import (  # noqa: PLC0415
            mission_of,
            simulate_archive,
        )
        from gnomon.instruments.imap.simulate.mission import Mission  # noqa: PLC0415

        faults = [parse_fault(text) for text in fault or []]
        if serve and folder.is_dir() and any(folder.iterdir()):
            mission = mission_of(folder)
        else:
            mission = Mission(start.date(), days, seed, gap)
            simulate_archive(folder, mission)
        told = f"{mission.days} days from {mission.start}, seed {mission.seed}"
        typer.echo(f"archives of {told} in {folder}", err=True)
        if serve:
            _serve(folder, port, faults, env)


def _serve(folder: Path, port: int, faults: list[Fault], env: Path | None) -> None:
    from gnomon.instruments.imap.simulate.archive import fill  # noqa: PLC0415 - as above
    from gnomon.instruments.imap.simulate.services import Services  # noqa: PLC0415 - as above

    services = Services(port=port, faults=faults)
    fill(services, folder)
    with until_interrupted() as wait, services:
        lines = lines_of(services.environment())
        if env is not None:
            write_whole(env, lines)
        typer.echo(f"serving {services.url}", err=True)
        typer.echo(lines, nl=False)
        wait()
