r"""Reads SPICE text kernels: the assignments between ``\begindata`` and ``\begintext``.

Source: NAIF, *Kernel Required Reading*, section "Text kernel specifications". Values stay text, so
that a time of six decimals is read to its last one and not rounded to a double.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gnomon.errors import BadData

NS = 1_000_000_000
J2000_DAY = 730_120
"""The proleptic ordinal of 2000-01-01, as `datetime.date` counts."""

_LATEST_NS = 200 * 366 * 86_400 * NS
_TOKEN = re.compile(r"'(?:[^']|'')*'|\+=|[=()]|[^\s,=()']+")
_BETWEEN = re.compile(r"[-/:\s]+|(?<=\d)T(?=\d)")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}


@dataclass(frozen=True)
class TextKernel:
    """The variables of one text kernel.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    values : mapping of str to tuple of str
        The words assigned to each variable; a time keeps its ``@``, a string loses its quotes.
    """

    name: str
    values: Mapping[str, tuple[str, ...]]

    def words(self, variable: str) -> tuple[str, ...]:
        """Return what is assigned to a variable.

        Raises
        ------
        BadData
            Nothing is.
        """
        if variable not in self.values:
            raise BadData(f"{self.name}: the kernel does not assign {variable}")
        return self.values[variable]

    def numbers(self, variable: str) -> tuple[Decimal, ...]:
        """Return a variable's numbers, exactly as they are written."""
        return tuple(number(word, self.name) for word in self.words(variable))

    def integers(self, variable: str) -> tuple[int, ...]:
        """Return a variable's numbers, rounded to whole ones."""
        return tuple(int(value.to_integral_value()) for value in self.numbers(variable))


def read_text_kernel(path: Path) -> TextKernel:
    """Read the assignments of a text kernel.

    Raises
    ------
    BadData
        The file is no text, or an assignment is not complete.
    """
    try:
        text = path.read_text("ascii")
    except UnicodeDecodeError:
        raise BadData(f"{path.name}: no SPICE text kernel: it holds bytes beyond ASCII") from None
    values: dict[str, tuple[str, ...]] = {}
    for variable, sign, words in _assignments(_tokens(text), path.name):
        values[variable] = (*values.get(variable, ()), *words) if sign == "+=" else words
    return TextKernel(path.name, values)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        mark = line.strip()
        if mark in {"\\begindata", "\\begintext"}:
            inside = mark == "\\begindata"
        elif inside:
            found += _TOKEN.findall(line)
    return found


def _assignments(tokens: list[str], name: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    at = 0
    while at < len(tokens):
        variable, sign, opening = (*tokens[at : at + 3], "", "")[:3]
        if sign not in {"=", "+="} or not opening:
            raise BadData(f"{name}: no assignment near {variable!r}")
        words, at = [opening], at + 3
        if opening == "(":
            if ")" not in tokens[at:]:
                raise BadData(f"{name}: the list of {variable} has no end")
            end = tokens.index(")", at)
            words, at = tokens[at:end], end + 1
        yield variable.upper(), sign, tuple(_plain(word) for word in words)


def _plain(word: str) -> str:
    return word[1:-1].replace("''", "'") if word.startswith("'") else word


def number(word: str, name: str) -> Decimal:
    """Return a number as a kernel writes it, with the exponents of Fortran."""
    try:
        value = Decimal(word.upper().replace("D", "E"))
    except InvalidOperation:
        raise BadData(f"{name}: {word!r} is no number") from None
    if not value.is_finite():
        raise BadData(f"{name}: {word!r} is no number")
    return value


def instant_ns(word: str, name: str) -> int:
    """Return a time, ``@24-SEP-2025-22:31:35.831485``, as nanoseconds since 2000-01-01T12:00:00.

    The kernel's own scale is kept, which has no leap seconds. A plain number is seconds.
    """
    if not word.startswith("@"):
        return _within((number(word, name) * NS).to_integral_value(), word, name)
    parts = _BETWEEN.split(word[1:].upper().strip())
    try:
        day = _ordinal(parts[:3]) - J2000_DAY
        hours, minutes, seconds = (Decimal(part) for part in [*parts[3:], "0", "0", "0"][:3])
    except (ValueError, InvalidOperation, KeyError):
        raise BadData(f"{name}: {word!r} is no time") from None
    return _within(((day * 24 + hours - 12) * 3600 + minutes * 60 + seconds) * NS, word, name)


def _within(time_ns: Decimal, word: str, name: str) -> int:
    """Return a time that 64 bits hold, with room to turn one scale into another."""
    if not abs(time_ns) < _LATEST_NS:
        raise BadData(f"{name}: {word!r} is beyond 200 years")
    return int(time_ns)


def _ordinal(parts: list[str]) -> int:
    first, month, last = parts
    year, day = (last, first) if len(first) < len(last) else (first, last)
    number_of_month = _MONTHS[month[:3]] if month.isalpha() else int(month)
    return date(int(year), number_of_month, int(day)).toordinal()
