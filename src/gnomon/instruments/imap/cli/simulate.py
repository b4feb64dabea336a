"""`gnomon imap simulate`: archives of a simulated spacecraft, as a folder and on loopback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import ending, screen
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
    serve: Annotated[
        bool, typer.Option("--serve", help="Answer as the archives do, until interrupted.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, help="To serve on; 0 takes a free one.")] = 0,
    env: Annotated[
        Path | None,
        typer.Option(help="Write addresses and tokens of what is served here, as a project's .env"),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME:PATTERN:option=value, such as 429:*/query:times=2."),
    ] = None,
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
        lines = "\n".join(f"{name}={value}" for name, value in services.environment().items())
        if env is not None:
            env.parent.mkdir(parents=True, exist_ok=True)
            part = env.with_name(f"{env.name}.part")
            part.write_text(f"{lines}\n", "utf-8")
            part.replace(env)
        typer.echo(f"serving {services.urls.root}", err=True)
        typer.echo(lines)
        wait()
