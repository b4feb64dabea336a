"""Groups of commands that are imported when they are called: help and errors need none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

USAGE = 2


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command is, and what the help says of it.

    Attributes
    ----------
    where : str
        ``package.module:name`` of a function or of a `typer.Typer`.
    help : str
        One line: the first of what the command says of itself.
    hidden : bool
        An older spelling, which works and is not told of.
    """

    where: str
    help: str = ""
    hidden: bool = False


class LazyGroup(TyperGroup):
    """A group that knows its commands by name only."""

    table: ClassVar[Mapping[str, Lazy]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # What draws boxes takes longer to import than all else that a list of commands needs.
        self.rich_markup_mode = None

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names, in the order of the help."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return a command, or None where there is none of that name."""
        known = self.table.get(cmd_name)
        if known is None:
            return None
        module, _, name = known.where.partition(":")
        return loaded(lambda: getattr(import_module(module), name), cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the commands into the help, none of them imported."""
        rows = [(name, known.help) for name, known in self.table.items() if not known.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def lazy_app(table: Mapping[str, Lazy], *, text: str) -> typer.Typer:
    """Return an app of such commands; `text` is its help."""
    group = type("Group", (LazyGroup,), {"table": table})
    app = typer.Typer(cls=group, help=text, no_args_is_help=True)
    app.callback()(_nothing)
    return app


def loaded(find: Callable[[], Any], name: str) -> Any:
    """Import a command; leave with the extra to install where a library is absent."""
    try:
        return as_command(find(), name)
    except ModuleNotFoundError as error:
        from gnomon.extras import missing_extra  # noqa: PLC0415  hardly ever

        if (ours := missing_extra(error)) is None:
            raise
        typer.echo(f"error: {ours}", err=True)
        raise typer.Exit(USAGE) from None


def as_command(found: Any, name: str) -> Any:
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
