"""The lock of step sources: nobody changes a step without deciding whether its version rises.

`steps.lock` holds, per step, its version and a digest of the sources that its numbers come from:
the step's own module and those of its instrument that it imports, directly or not. A test compares
it with the tree; after a change, raise the version if numbers changed, and run `make lock`.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

from gnomon.core.pipeline import Registry
from gnomon.core.steps import Step
from gnomon.engine.discover import discover

FILE = "steps.lock"
_OURS = "gnomon.instruments."


def current(registry: Registry) -> dict[str, dict[str, object]]:
    """Return what the lock of these instruments' steps should say."""
    sources = _Sources()
    return {
        name: {"version": step.version, "source": sources.digest(step)}
        for name, step in sorted(registry.steps.items())
    }


def source_digest(step: Step) -> str:
    """Return a digest of a step's code: names and syntax count, comments and layout do not."""
    return _Sources().digest(step)


class _Sources:
    """Modules, each read once, though many steps use it."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, tuple[str, ...]]] = {}

    def digest(self, step: Step) -> str:
        """Return the digest of a step's module and those of its instrument that it imports."""
        name = step.function.__module__
        digest = hashlib.sha256()
        for module in sorted(self._closure(name, _package(name))):
            digest.update(f"{module}\n{self._of(module)[0]}\n".encode())
        return digest.hexdigest()

    def _closure(self, name: str, package: str) -> set[str]:
        """Return a module and all modules of `package` that it imports, directly or not."""
        found: set[str] = set()
        left = [name]
        while left:
            module = left.pop()
            if module not in found:
                found.add(module)
                inside = (other for other in self._of(module)[1] if _inside(other, package))
                left += [other for other in inside if other not in found and _is_module(other)]
        return found

    def _of(self, module: str) -> tuple[str, tuple[str, ...]]:
        """Return a module's code without docstrings, and the names that it imports."""
        if module not in self._read:
            tree = ast.parse(_source(module))
            imported = tuple(dict.fromkeys(_imported(tree)))
            for node in ast.walk(tree):
                _drop_docstring(node)
            self._read[module] = ast.unparse(tree), imported
        return self._read[module]


def _package(name: str) -> str:
    """Return the instrument's package: one of ours, or the top of another's."""
    depth = len(_OURS.split(".")) if name.startswith(_OURS) else 1
    return ".".join(name.split(".")[:depth])


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a name that a module defines
        return False


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return Path(str(spec and spec.origin)).read_text("utf-8")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


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
