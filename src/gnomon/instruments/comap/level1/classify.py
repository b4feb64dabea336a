"""What an observation is of, by an explicit table, and how the telescope moved."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final, Self

from gnomon.instruments.comap.level1.record import Value
from gnomon.instruments.comap.receiver import (
    FEATURE_CONSTANT_ELEVATION,
    FEATURE_SCANS,
    FEATURE_STARE,
)

OTHER: Final = "Other"
SKY_DIP: Final = "SkyDip"
_SHIPPED: Final = Path(__file__).with_name("sources.toml")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes an observation one of a group: a pattern of either kind.

    Attributes
    ----------
    group : str
    source : tuple of str
        Patterns for one word of the source's name, in lower case.
    comment : tuple of str
        Phrases of the comment, in lower case.
    """

    group: str
    source: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()

    def holds(self, source: str, comment: str) -> bool:
        """Tell whether the rule holds."""
        words, said = _words(source), f" {' '.join(_words(comment))} "
        return any(fnmatchcase(word, pattern) for word in words for pattern in self.source) or any(
            f" {' '.join(_words(phrase))} " in said for phrase in self.comment
        )


@dataclass(frozen=True, slots=True)
class SourceTable:
    """Rules in the order in which they are asked."""

    rules: tuple[Rule, ...]

    @classmethod
    def shipped(cls) -> Self:
        """Return the table that comes with gnomon."""
        return cls(_shipped())

    def with_sources(self, sources: Mapping[str, tuple[str, ...]]) -> Self:
        """Return the same with patterns by group that are asked before those of sources here."""
        own = tuple(
            Rule(group, source=tuple(pattern.lower() for pattern in patterns))
            for group, patterns in sources.items()
        )
        by_comment = tuple(rule for rule in self.rules if rule.comment)
        others = tuple(rule for rule in self.rules if not rule.comment)
        return type(self)((*by_comment, *own, *others))

    def group_of(self, source: str, comment: str = "") -> str:
        """Return the group of an observation, by its source and its comment."""
        return next((rule.group for rule in self.rules if rule.holds(source, comment)), OTHER)


@cache
def _shipped() -> tuple[Rule, ...]:
    said = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    return tuple(
        Rule(
            rule["group"],
            tuple(pattern.lower() for pattern in rule.get("source", ())),
            tuple(phrase.lower() for phrase in rule.get("comment", ())),
        )
        for rule in said["rule"]
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def source_of(attributes: Mapping[str, Value]) -> str:
    """Return the name of a source: the attribute up to its first comma.

    >>> source_of({"source": "TauA,"})
    'TauA'
    """
    return str(attributes.get("source", "")).partition(",")[0].strip()


def scan_mode_of(group: str, *, features: int, has_lissajous: bool) -> str:
    """Return how the telescope moved: ``skydip``, ``lissajous``, ``ces``, ``stare`` or nothing.

    Parameters
    ----------
    features : int
        All bits that any sample has.
    has_lissajous : bool
        Whether the tracker ever said that it scans.
    """
    if group == SKY_DIP:
        return "skydip"
    if has_lissajous:
        return "lissajous"
    if any(features >> bit & 1 for bit in (FEATURE_CONSTANT_ELEVATION, *FEATURE_SCANS)):
        return "ces"
    return "stare" if features >> FEATURE_STARE & 1 else ""
