"""Path templates: one text that both formats a path and parses it.

>>> template = Template("{day:%Y/%m}/o{orbit:05d}.dat", {"day": date, "orbit": int})
>>> template.format({"day": date(2026, 1, 2), "orbit": 7})
'2026/01/o00007.dat'
>>> template.parse("2026/01/o00007.dat") is None   # the day of the month is not in it
True
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from string import Formatter

KeyValue = str | int | date
_DATE_CODES = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%j": r"\d{3}", "%y": r"\d{2}"}


@dataclass(frozen=True)
class Template:
    """A text with fields in braces, as `str.format` takes it.

    Attributes
    ----------
    text : str
        The template; a field may stand in it more than once.
    types : mapping of str to type
        str, int or date, by the name of the field; str where it says nothing.
    choices : mapping of str to tuple of str
        The only values that a field may have.
    """

    text: str
    types: Mapping[str, type] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.text) if name)

    def format(self, values: Mapping[str, KeyValue]) -> str:
        """Return the text with `values` in it."""
        return self.text.format(**values)

    def parse(self, text: str) -> dict[str, KeyValue] | None:
        """Return the values that `text` was formatted from, or None where it was not."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        try:
            values = self._collect(match)
        except ValueError:
            return None
        return values if self.format(values) == text else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = []
        for index, (literal, name, spec, _) in enumerate(Formatter().parse(self.text)):
            parts.append(re.escape(literal))
            if name:
                parts.append(f"(?P<f{index}>{self._field_pattern(name, spec or '')})")
        return re.compile("".join(parts))

    def _field_pattern(self, name: str, spec: str) -> str:
        kind = self.types.get(name, str)
        if kind is int:
            return r"-?\d+"
        if kind is date:
            codes = re.split(r"(%.)", spec or "%Y-%m-%d")
            return "".join(_DATE_CODES.get(code, re.escape(code)) for code in codes)
        if name in self.choices:
            return "|".join(map(re.escape, self.choices[name]))
        return r"[^/]+?"

    def _collect(self, match: re.Match[str]) -> dict[str, KeyValue]:
        dates: dict[str, list[tuple[str, str]]] = {}
        values: dict[str, KeyValue] = {}
        for index, (_, name, spec, _) in enumerate(Formatter().parse(self.text)):
            if not name:
                continue
            text, kind = match[f"f{index}"], self.types.get(name, str)
            if kind is date:
                dates.setdefault(name, []).append((text, spec or "%Y-%m-%d"))
            else:
                values[name] = int(text) if kind is int else text
        for name, pieces in dates.items():
            text, spec = (" ".join(part) for part in zip(*_fullest(pieces), strict=True))
            values[name] = date(*time.strptime(text, spec)[:3])
        return values


def _fullest(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drop the pieces whose codes others already give: strptime takes each code once."""
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    for text, spec in sorted(pieces, key=lambda piece: -piece[1].count("%")):
        codes = set(re.findall(r"%.", spec))
        if not codes & seen:
            kept.append((text, spec))
            seen |= codes
    return kept
