"""The command line in this process, for tests: what it printed, and how it ended."""

import json
import logging
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from gnomon.cli.main import app

GNOMON = Path(sys.executable).with_name("gnomon")


@dataclass(frozen=True)
class Said:
    """What a command said: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def data(self):
        """Standard output as the one JSON document that it is."""
        return json.loads(self.out)


def gnomon(*words, folder=None, code=0):
    """Run a command in `folder` and check its exit code."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with chdir(folder or Path.cwd()):
        result = CliRunner().invoke(app, [str(word) for word in words])
    root.handlers[:], root.level = before
    unexpected = result.exception
    if unexpected is not None and not isinstance(unexpected, SystemExit):
        raise unexpected
    said = Said(result.exit_code, result.stdout, result.stderr)
    assert said.code == code, (words, said)
    return said


def start(*words, folder, **more):
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [GNOMON, *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **more},
    )


def snapshot(folder):
    """Return every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }
