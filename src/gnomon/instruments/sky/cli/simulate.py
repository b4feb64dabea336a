"""`gnomon sky simulate`: archives of a simulated sky, on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import ending, screen
from gnomon.sim.archive import until_interrupted
from gnomon.sim.faults import parse_fault


def simulate(
    stars: Annotated[int, typer.Option(min=1, help="How many; every sort occurs from 5 on.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed makes the same sky.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option(help="Write the stars, and how they vary, as CSV: a list of targets."),
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Answer as the archives do, until interrupted.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, help="To serve on; 0 takes a free one.")] = 0,
    env: Annotated[
        Path | None,
        typer.Option(help="Write the addresses of what is served here, as a project's .env"),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME:PATTERN:option=value, such as 429:*/invoke:times=2."),
    ] = None,
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
            _write(truth, truth_csv(sky))
        if not serve:
            return
        services = Services(sky, port=port, faults=[parse_fault(text) for text in fault or []])
        with until_interrupted() as wait, services:
            lines = "".join(f"{name}={value}\n" for name, value in services.environment().items())
            if env is not None:
                _write(env, lines)
            typer.echo(f"serving {services.url}")
            typer.echo(lines, nl=False)
            wait()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
