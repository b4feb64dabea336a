"""The frame of the command line: shared options, and how errors end.

Exit codes: 0 done, 1 failures, 2 usage.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.logging import RichHandler

from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError, GnomonError
from gnomon.extras import missing_extra

FAILURES, USAGE = 1, 2
_WIDE = 10_000


Folder = Annotated[
    Path,
    typer.Option("--project", "-C", help="The project's folder.", exists=True, file_okay=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]
Executor = Annotated[
    Literal["inline", "processes", "dask"] | None,
    typer.Option(help="Where steps run; the settings say so when absent."),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes to run steps in.")]
Scheduler = Annotated[
    str, typer.Option(help="Address of a running Dask scheduler, tcp://host:8786.")
]
HERE = Path()


def how(executor: str | None, workers: int | None, scheduler: str) -> How:
    """Return the options of execution; a scheduler's address alone means Dask."""
    return How(executor or ("dask" if scheduler else ""), workers, scheduler)


@dataclass(frozen=True)
class Screen:
    """Where a command writes: documents to standard output, talk to standard error."""

    out: Console
    err: Console
    as_json: bool

    def document(self, data: Mapping[str, Any] | list[Any]) -> None:
        """Print one JSON document; what is no number is null."""
        text = json.dumps(_finite(data), indent=2, default=str, ensure_ascii=False, allow_nan=False)
        self.out.file.write(text + "\n")
        self.out.file.flush()

    @property
    def is_live(self) -> bool:
        """Whether somebody watches a terminal."""
        return self.err.is_terminal and not self.as_json


def _finite(value: Any) -> Any:
    """Return a value in which null stands for NaN and infinity, which JSON does not have."""
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def screen(*, as_json: bool = False) -> Screen:
    """Return the screen of this process."""
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    for console in (out, err):
        if not console.is_terminal:
            # Nothing is cut or folded for a reader that has no width.
            console.width = _WIDE
    return Screen(out, err, as_json)


@contextmanager
def project(folder: Path, *, as_json: bool = False) -> Iterator[tuple[Project, Screen]]:
    """Open a project, set logging up, and turn errors into exit codes."""
    view = screen(as_json=as_json)
    with ending(view):
        _set_up_logging(view)
        yield Project.open(folder), view


@contextmanager
def ending(view: Screen) -> Iterator[None]:
    """Print one of our errors as one line, and leave with its exit code."""
    try:
        yield
    except GnomonError as error:
        raise _told(view, error) from None
    except ModuleNotFoundError as error:
        if (ours := missing_extra(error)) is None:
            raise
        raise _told(view, ours) from None
    except BrokenPipeError:
        # The reader of our output left, as `head` does.
        sys.stderr.close()
        raise typer.Exit(FAILURES) from None


def _told(view: Screen, error: GnomonError) -> typer.Exit:
    if view.as_json:
        view.document({"error": error.slug, "message": str(error)})
    view.err.print(f"[red]error:[/] {_escaped(str(error))}", soft_wrap=True)
    return typer.Exit(USAGE if isinstance(error, ConfigError) else FAILURES)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _set_up_logging(view: Screen) -> None:
    handler: logging.Handler = logging.StreamHandler(view.err.file)
    if view.is_live:
        handler = RichHandler(console=view.err, show_time=False, show_path=False)
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
