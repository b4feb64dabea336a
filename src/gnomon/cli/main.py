"""The `gnomon` command.

A command's module is imported when that command is called: `gnomon --help` needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gnomon.version import VERSION

COMMANDS = "gnomon.commands"
"""Entry points of instruments that bring commands of their own: a `typer.Typer` each."""
OWN = {
    "init": (
        "init:init",
        "Write `gnomon.toml` and the pipelines, and make the catalogue; what exists is kept.",
    ),
    "run": ("run:run", "Run a pipeline until nothing is left to do."),
    "watch": (
        "run:watch",
        "Run a pipeline for ever: list its archives every so often, work on what comes.",
    ),
    "plan": ("plan:plan", "Show what a run would do and why, without doing it."),
    "status": (
        "upkeep:status",
        "Show what there is, what runs, and what stands failed or rejected.",
    ),
    "ls": ("data:ls", "List datasets; without a kind, the kinds."),
    "show": (
        "data:show",
        "Show every version of a dataset, what made the current one, and what was said of it.",
    ),
    "why": ("data:why", "Say why a dataset is there, or why it is not there yet."),
    "lineage": ("data:lineage", "Show what a dataset was made from, or what was made of it."),
    "load": ("load:app", "Load CSV, CDF and Parquet files into tables of PostgreSQL or SQLite."),
    "packets": ("packets:app", "CCSDS packets of any mission."),
    "retry": (
        "upkeep:retry",
        "Let jobs run again: all that stand failed or rejected, or those of one dataset.",
    ),
    "veto": (
        "upkeep:veto",
        "Take a dataset out of all further work; the next run remakes what was made of it.",
    ),
    "verify": ("upkeep:verify", "Read every file of the store and compare it with the catalogue."),
    "sweep": ("upkeep:sweep", "Remove files of the store that no row of the catalogue names."),
    "adopt": (
        "housekeeping:adopt",
        "Make a dataset of a file that you bring; the file itself stays where it is.",
    ),
    "index": (
        "housekeeping:index",
        "Adopt the files that were put into the store by hand, by what their names say.",
    ),
    "cleanup": (
        "housekeeping:cleanup",
        "Remove or archive files of the store by pattern and age; the catalogue keeps their rows.",
    ),
    "sim": ("sim:app", "Local archives with faults on demand."),
    "demo": (
        "demo:demo",
        "Run an instrument's whole flow: serve, sync, process, export, re-issue, run again.",
    ),
}
"""Where each command is, below `gnomon.cli`, and one line of help."""


class Commands(TyperGroup):
    """Our own commands and those of the installed instruments, each loaded when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names, in the order of the help."""
        return [*OWN, *sorted(_instruments())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return a command, or None where there is none of that name."""
        if cmd_name in OWN:
            module, _, name = OWN[cmd_name][0].partition(":")
            return _command(getattr(import_module(f"gnomon.cli.{module}"), name), cmd_name)
        point = _instruments().get(cmd_name)
        return None if point is None else _command(point.load(), cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the commands into the help, none of them imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in OWN.items()])
        if brought := sorted(_instruments()):
            with formatter.section("Instruments"):
                formatter.write_dl([(name, f"Commands of {name}.") for name in brought])


def _instruments() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=COMMANDS)}


def _command(found: Any, name: str) -> Any:
    """Return what was imported, an app or a function, as a command."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
        alone.callback()(_nothing)
    return typer.main.get_group(alone).commands[name]


def _nothing() -> None:
    """Keep a lone command below its group."""


app = typer.Typer(
    cls=Commands,
    help="From raw observations to published products, for small instrument teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # what draws boxes takes longer to import than all else together
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
