"""What demos are made of: a fresh project, and commands that run as they are typed."""

from __future__ import annotations

import io
import json
import logging
import shlex
import shutil
from collections import Counter
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
_LEAST_MB = 0.05


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
        line = _states(answer) if isinstance(answer, list) else _line(answer)
        if line and not self.screen.as_json:
            self.screen.err.print(f"    {line}", soft_wrap=True, markup=False)


def _states(answer: list[Any]) -> str:
    """Return how many of what is listed are in which state."""
    counts = Counter(one.get("status") for one in answer if isinstance(one, dict))
    return ", ".join(f"{number} {status}" for status, number in counts.items() if status)


def _line(answer: dict[str, Any]) -> str:
    """Return the one line that sums an answer up."""
    if "done" in answer:
        done = ", ".join(f"{name} {number}" for name, number in answer["done"].items())
        size = answer.get("bytes_fetched", 0) / 1e6
        fetched = f"; {size:.1f} MB" if size >= _LEAST_MB else ""
        return f"{done or 'nothing to do'}{fetched}"
    if "adopted" in answer:
        return f"{len(answer['adopted'])} files adopted"
    if "anomalies" in answer:
        return "\n    ".join(
            f"{one['severity']}: {one['parameter']} {one['worst']} {one['limit']},"
            f" {one['count']} times from {one['first']}"
            for one in answer["anomalies"]
        )
    if "rows_added" in answer:
        return f"{answer['status']}: {answer['records']} records; {answer['rows_added']} new rows"
    if "pictures" in answer:
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
