"""Nobody changes a step's code without deciding whether its version rises."""

import importlib
import json
from pathlib import Path

from gnomon.engine.discover import discover
from gnomon.testing.lock import FILE, current, source_digest

ROOT = Path(__file__).parents[2]


def test_the_lock_is_that_of_the_sources():
    locked = json.loads((ROOT / FILE).read_text("utf-8"))
    assert current(discover()) == locked, "raise the step's version if numbers changed; `make lock`"


STEPS = """
from pathlib import Path
from typing import Annotated

from gnomon import In, Kind, Out, Report, step
from sixth import physics

RAW = Kind("sixth.raw", keys={"run": int}, path="raw/{run}_v{version:03d}")
OUT = Kind("sixth.out", keys={"run": int}, path="out/{run}_v{version:03d}")


@step("sixth.copy", version=1)
def copy(raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(OUT)]) -> Report:
    return Report()
"""


def test_the_digest_sees_the_code_that_a_step_uses_and_no_words(tmp_path, monkeypatch):
    package = tmp_path / "sixth"
    package.mkdir()
    sources = {"__init__.py": "", "steps.py": STEPS, "physics.py": "OLD = 1\n", "cli.py": ""}
    for name, text in sources.items():
        (package / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    copy = importlib.import_module("sixth.steps").copy
    before = source_digest(copy)
    (package / "cli.py").write_text("NEW = 1\n", "utf-8")
    (package / "physics.py").write_text("# a comment\nOLD = 1\n", "utf-8")
    assert source_digest(copy) == before
    (package / "physics.py").write_text("OLD = 2\n", "utf-8")
    assert source_digest(copy) != before
