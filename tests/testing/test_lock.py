"""Nobody changes a step's code without deciding whether its version rises."""

import json
import shutil
import sys
from importlib import util
from pathlib import Path

from gnomon.engine.discover import discover
from gnomon.testing.lock import FILE, current, source_digest

ROOT = Path(__file__).parents[2]


def test_the_lock_is_that_of_the_sources():
    locked = json.loads((ROOT / FILE).read_text("utf-8"))
    assert current(discover()) == locked, "raise the step's version if numbers changed; `make lock`"


def test_the_digest_sees_code_and_not_words(tmp_path):
    steps = discover().steps
    source = Path(sys.modules[steps["argo.tables"].function.__module__].__file__).parent
    copy = tmp_path / "argo"
    shutil.copytree(source, copy)
    spec = util.spec_from_file_location("copied_steps", copy / "steps.py")
    module = sys.modules["copied_steps"] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = source_digest(module.tables)
    physics = copy / "physics.py"
    physics.write_text("# a comment\n" + physics.read_text("utf-8"), "utf-8")
    assert source_digest(module.tables) == before
    physics.write_text(physics.read_text("utf-8") + "\nNEW = 1\n", "utf-8")
    assert source_digest(module.tables) != before
    del sys.modules["copied_steps"]
