"""What demos are made of: a fresh project, and commands that run as they are typed."""

from __future__ import annotations

import io
import json
import logging
import shlex
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from gnomon.cli.app import Screen
from gnomon.cli.main import app
from gnomon.engine.project import Project, create
from gnomon.errors import ConfigError, GnomonError

_MARK = ".gnomon-demo"


@dataclass
class Demo:
    """What the demo has done so far.

    Attributes
    ----------
    said : dict
        What each command answered, by the words that were typed.
    """

    folder: Path
    screen: Screen
    said: dict[str, Any] = field(default_factory=dict)

    def tell(self, text: str) -> None:
        """Say what comes next."""
        if not self.screen.as_json:
            self.screen.err.print(f"\n[bold]{text}[/]", soft_wrap=True)

    def run(self, words: str, *, code: int = 0) -> None:
        """Run a command in the project's folder, as it is typed there.

        Raises
        ------
        GnomonError
            It did not end with the code that it should.
        """
        if not self.screen.as_json:
            self.screen.err.print(f"  $ gnomon {words}", soft_wrap=True, markup=False)
        shown = io.StringIO()
        command = typer.main.get_command(app)
        with chdir(self.folder), redirect_stdout(shown):
            ended = command.main([*shlex.split(words), "--json"], standalone_mode=False) or 0
        answer = json.loads(shown.getvalue() or "{}")
        if ended != code:
            raise GnomonError(f"`gnomon {words}` ended with {ended}: {shown.getvalue()[:500]}")
        self.said.setdefault(words, []).append(answer)
        if not self.screen.as_json and (line := _line(answer)):
            self.screen.err.print(f"    {line}", soft_wrap=True, markup=False)


def _line(answer: Any) -> str:
    """Return the one line that sums an answer up."""
    if isinstance(answer, dict) and "done" in answer:
        done = ", ".join(f"{name} {number}" for name, number in answer["done"].items())
        size = answer.get("bytes_fetched", 0) / 1e6
        fetched = f"; {size:.1f} MB" if size else ""
        return f"{done or 'nothing to do'}{fetched}"
    if isinstance(answer, dict) and "adopted" in answer:
        return f"{len(answer['adopted'])} files adopted"
    if isinstance(answer, dict) and "anomalies" in answer:
        return "\n    ".join(
            f"{one['severity']}: {one['parameter']} {one['worst']} {one['limit']},"
            f" {one['count']} times from {one['first']}"
            for one in answer["anomalies"]
        )
    if isinstance(answer, dict) and "rows_added" in answer:
        return f"{answer['status']}: {answer['records']} records; {answer['rows_added']} new rows"
    if isinstance(answer, dict) and "pictures" in answer:
        return "\n    ".join(answer["pictures"])
    return ""


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out what is said of requests that are tried again."""
    logger = logging.getLogger("gnomon.acquire")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def fresh_project(folder: Path) -> Project:
    """Make an empty project; only a folder that an earlier demo made is cleared."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise ConfigError(f"{folder} is not empty and no earlier demo made it")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    project = Project.open(folder)
    create(project)
    return project
