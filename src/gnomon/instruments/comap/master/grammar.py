"""The seed system's way to name a module with its options, in one string.

``modules.ProcessLevel2.FindScans.FindScans.FindScans(overwrite=True, feeds=[1, 2])`` is read as
Python reads a call: values are literals, strings may hold any character, lists nest, and spaces do
not matter. Words without quotes stand in lists only, where they are texts.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.errors import ConfigError

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Call:
    """One module of a chain.

    Attributes
    ----------
    path : tuple of str
        Packages, module and class: also where its table stands in the file.
    options : mapping
        By name, in the order written.
    """

    path: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The class."""
        return self.path[-1]

    @property
    def dotted(self) -> str:
        """The path as it is written."""
        return ".".join(self.path)


def parsed(text: str) -> Call:
    """Read one string of a `pipeline`.

    Raises
    ------
    ConfigError
        It is no call of a named class with named literals; the message says where.
    """
    try:
        said = ast.parse(text.strip(), mode="eval").body
    except _UNREADABLE as error:
        raise _wrong(text, str(error)) from error
    if not isinstance(said, ast.Call):
        return Call(_path(said, text))
    if said.args:
        raise _wrong(text, "options have names: Class(name=value)")
    options: dict[str, Any] = {}
    for keyword in said.keywords:
        if keyword.arg is None or keyword.arg in options:
            raise _wrong(text, f"the option {keyword.arg or '**'} stands twice or has no name")
        options[keyword.arg] = _value(keyword.value, text)
    return Call(_path(said.func, text), options)


def _path(said: ast.expr, text: str) -> tuple[str, ...]:
    names: list[str] = []
    while isinstance(said, ast.Attribute):
        names.append(said.attr)
        said = said.value
    if not isinstance(said, ast.Name):
        raise _wrong(text, "it must begin with package.module.Class")
    return (said.id, *reversed(names))


def _value(said: ast.expr, text: str) -> Any:
    if isinstance(said, ast.List | ast.Tuple):
        return [one.id if isinstance(one, ast.Name) else _value(one, text) for one in said.elts]
    try:
        return ast.literal_eval(said)
    except _UNREADABLE as error:
        written = ast.get_source_segment(text.strip(), said) or "a value"
        raise _wrong(text, f"{written} is no literal; text needs quotes") from error


def _wrong(text: str, why: str) -> ConfigError:
    return ConfigError(f"pipeline: {text!r}: {why}")
