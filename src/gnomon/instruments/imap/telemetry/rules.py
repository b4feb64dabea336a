"""The conversions and limits of housekeeping in I-ALiRT, from a table in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydantic import Field

from gnomon.core.pipeline import validated
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError

BUILT_IN = Path(__file__).with_name("ialirt_rules.toml")
Bounds = tuple[float | None, float | None]


class Limits(StepConfig):
    """Lowest and highest value; one that is absent does not exist, one that is 0 does."""

    danger: Bounds = (None, None)
    warning: Bounds = (None, None)
    unit: str = ""


class Flags(StepConfig):
    """Globs of columns that must not be true."""

    danger: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()

    def severity(self, column: str) -> str:
        """Return how bad a true value of a column is; empty where it is no such flag."""
        for severity, patterns in (("danger", self.danger), ("warning", self.warning)):
            if any(fnmatchcase(column, pattern) for pattern in patterns):
                return severity
        return ""


class Logical(StepConfig):
    """Other columns of true and false."""

    columns: tuple[str, ...] = ()


class Rules(StepConfig):
    """How counts become units, and what is not normal; see ``ialirt_rules.toml``."""

    polynomials: Mapping[str, tuple[float, ...]] = Field(default_factory=dict)
    labels: Mapping[str, Mapping[int, str]] = Field(default_factory=dict)
    limits: Mapping[str, Limits] = Field(default_factory=dict)
    forbidden: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    flags: Flags = Flags()
    logical: Logical = Logical()

    def converted(self, column: str, value: object) -> object:
        """Return a raw value in its unit, or by its label; what is no number stays as it is.

        An unknown number of an enumeration stays a number.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        if (terms := self.polynomials.get(column)) is not None:
            # Powers, not Horner's scheme: the last digits are those of the decoded packets.
            return float(sum(term * value**power for power, term in enumerate(terms) if term))
        if (labels := self.labels.get(column)) is not None:
            return labels.get(int(value), value) if value == value // 1 else value
        if value in (0, 1) and self.is_logical(column):
            return bool(value)
        return value

    def is_logical(self, column: str) -> bool:
        """Tell whether a column holds true and false."""
        return column in self.logical.columns or bool(self.flags.severity(column))


def read_rules(path: Path) -> Rules:
    """Read a table of rules.

    Raises
    ------
    ConfigError
        It is no TOML, or no such table; names what is wrong.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return validated(Rules, values, path.name)


@cache
def built_in() -> Rules:
    """Return the magnetometer's own rules."""
    return read_rules(BUILT_IN)
