"""`gnomon argo simulate`: write a GDAC of simulated floats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.instruments.argo.simulate.gdac import simulate_gdac


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; must be empty.")],
    floats: Annotated[int, typer.Option(min=1, help="How many floats.")] = 10,
    cycles: Annotated[int, typer.Option(min=1, help="How many cycles each.")] = 30,
    levels: Annotated[int, typer.Option(min=2, help="How many levels a profile.")] = 100,
    bgc: Annotated[
        int, typer.Option(min=0, help="How many of them measure oxygen, chlorophyll, ... too.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 0,
) -> None:
    """Write a GDAC of simulated floats, in the real layout and format."""
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty")
    if bgc > floats:
        raise typer.BadParameter(f"--bgc {bgc} is more than --floats {floats}")
    made = simulate_gdac(folder, floats=floats, cycles=cycles, seed=seed, levels=levels, bgc=bgc)
    typer.echo(f"{len(made.floats)} floats, {len(made.records)} profile files in {folder}")
