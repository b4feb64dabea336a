"""`gnomon sky simulate`: archives of a simulated sky, on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import ending, screen
from gnomon.cli.serving import Env, FaultTexts, Port, Serve, lines_of, write_whole
from gnomon.sim.archive import until_interrupted
from gnomon.sim.faults import parse_fault


def simulate(
    stars: Annotated[int, typer.Option(min=1, help="How many; every sort occurs from 5 on.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed makes the same sky.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option(help="Write the stars, and how they vary, as CSV: a list of targets."),
    ] = None,
    serve: Serve = False,
    port: Port = 0,
    env: Env = None,
    fault: FaultTexts = None,
) -> None:
    """Serve IRSA, MAST and TESSCut over a sky of variable stars whose truth is known."""
    view = screen()
    with ending(view):
        # NumPy takes long to load.
        from gnomon.instruments.sky.simulate.services import Services, truth_csv  # noqa: PLC0415
        from gnomon.instruments.sky.simulate.stars import make_sky  # noqa: PLC0415

        sky = make_sky(stars, seed=seed)
        place = f"{sky.ra_deg} {sky.dec_deg}, radius {sky.radius_deg} degrees"
        typer.echo(f"{stars} stars around {place}, seed {seed}", err=True)
        if truth is not None:
            write_whole(truth, truth_csv(sky))
        if not serve:
            return
        services = Services(sky, port=port, faults=[parse_fault(text) for text in fault or []])
        with until_interrupted() as wait, services:
            lines = lines_of(services.environment())
            if env is not None:
                write_whole(env, lines)
            typer.echo(f"serving {services.url}")
            typer.echo(lines, nl=False)
            wait()
