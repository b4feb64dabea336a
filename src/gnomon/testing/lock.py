"""The lock of step sources: nobody changes a step without deciding whether its version rises.

`steps.lock` holds, per step, its version and a digest of the sources that its numbers come from:
all modules of its instrument, but for its faces and its simulator. A test compares it with the
tree; after a change, raise the version if numbers changed, and run `make lock`.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from gnomon.core.pipeline import Registry
from gnomon.core.steps import Step
from gnomon.engine.discover import discover

FILE = "steps.lock"
_NOT_NUMBERS = {"cli.py", "demo.py", "simulate.py", "sources.py", "plots.py", "publish.py"}


def current(registry: Registry) -> dict[str, dict[str, object]]:
    """Return what the lock of these instruments' steps should say."""
    return {
        name: {"version": step.version, "source": source_digest(step)}
        for name, step in sorted(registry.steps.items())
    }


def source_digest(step: Step) -> str:
    """Return a digest of a step's code: names and syntax count, comments and layout do not."""
    module = sys.modules[step.function.__module__]
    folder = Path(str(module.__file__)).parent
    return _digest(path for path in folder.glob("*.py") if path.name not in _NOT_NUMBERS)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            _drop_docstring(node)
        digest.update(f"{path.name}\n{ast.unparse(tree)}\n".encode())
    return digest.hexdigest()


def _drop_docstring(node: ast.AST) -> None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def main() -> None:
    """Write the lock of the installed instruments into the current folder."""
    text = json.dumps(current(discover()), indent=2, sort_keys=True)
    Path(FILE).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
