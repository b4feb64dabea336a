"""The `gnomon` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gnomon.cli import data, demo, init, plan, run, sim, upkeep
from gnomon.cli.app import add_instruments
from gnomon.version import VERSION

app = typer.Typer(
    help="From raw observations to published products, for small instrument teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    init.init,
    run.run,
    run.watch,
    plan.plan,
    upkeep.status,
    data.ls,
    data.show,
    data.why,
    data.lineage,
    upkeep.retry,
    upkeep.veto,
    upkeep.verify,
    upkeep.sweep,
    demo.demo,
):
    app.command()(command)
app.add_typer(sim.app, name="sim")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gnomon {VERSION}")
        raise typer.Exit


@app.callback()
def gnomon(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version),
    ] = False,
) -> None:
    """From raw observations to published products, for small instrument teams."""


def main() -> None:
    """Run the command line."""
    add_instruments(app, sys.argv[1:])
    app()
