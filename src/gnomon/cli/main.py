"""The `gnomon` command.

A command's module is imported when that command is called: `gnomon --help` needs none of them.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer

from gnomon.cli.lazy import Lazy, LazyGroup, loaded
from gnomon.version import VERSION

COMMANDS = "gnomon.commands"
"""Entry points of instruments that bring commands of their own: a `typer.Typer` each."""
OWN = {
    "init": Lazy("gnomon.cli.init:init", "Start a project: settings, pipelines, catalogue."),
    "run": Lazy("gnomon.cli.run:run", "Run a pipeline until nothing is left to do."),
    "watch": Lazy("gnomon.cli.run:watch", "Run a pipeline for ever."),
    "plan": Lazy("gnomon.cli.plan:plan", "Show what a run would do and why, without doing it."),
    "status": Lazy(
        "gnomon.cli.upkeep:status", "Show what there is, what runs, and what stands failed."
    ),
    "ls": Lazy("gnomon.cli.data:ls", "List datasets; without a kind, the kinds."),
    "show": Lazy("gnomon.cli.data:show", "Show every version of a dataset, and what made it."),
    "why": Lazy("gnomon.cli.data:why", "Say why a dataset is there, or is not."),
    "lineage": Lazy("gnomon.cli.data:lineage", "Show what a dataset was made from, or what of it."),
    "load": Lazy(
        "gnomon.cli.load:app",
        "Load files into tables of PostgreSQL or SQLite.",
    ),
    "packets": Lazy("gnomon.cli.packets:app", "CCSDS packets of any mission."),
    "retry": Lazy("gnomon.cli.upkeep:retry", "Let failed or rejected jobs run again."),
    "veto": Lazy("gnomon.cli.upkeep:veto", "Take a dataset out of all further work."),
    "verify": Lazy(
        "gnomon.cli.upkeep:verify",
        "Read every file of the store and compare it.",
    ),
    "sweep": Lazy("gnomon.cli.upkeep:sweep", "Remove files of the store that nothing names."),
    "adopt": Lazy("gnomon.cli.housekeeping:adopt", "Make a dataset of a file that you bring."),
    "index": Lazy(
        "gnomon.cli.housekeeping:index", "Adopt files that were put into the store by hand."
    ),
    "cleanup": Lazy("gnomon.cli.housekeeping:cleanup", "Remove or archive old files of the store."),
    "sim": Lazy("gnomon.cli.sim:app", "Local archives with faults on demand."),
    "demo": Lazy("gnomon.cli.demo:demo", "Run an instrument's whole flow on simulated data."),
}
"""The commands of every project."""


class Commands(LazyGroup):
    """Our own commands and those of the installed instruments."""

    table = OWN

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the help."""
        return [*super().list_commands(ctx), *sorted(_instruments())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return a command, or None where there is none of that name."""
        point = _instruments().get(cmd_name) if cmd_name not in OWN else None
        if point is not None:
            return loaded(point.load, cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands into the help, none of them imported."""
        super().format_commands(ctx, formatter)
        if brought := sorted(_instruments()):
            with formatter.section("Instruments"):
                formatter.write_dl([(name, f"Commands of {name}.") for name in brought])


def _instruments() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=COMMANDS)}


app = typer.Typer(
    cls=Commands,
    help="From raw observations to published products, for small instrument teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


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
    app()
