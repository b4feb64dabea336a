"""Kinds of datasets: the keys that identify one, the tags that describe it, and its path.

A path template both formats and parses, so the name of a file is written down once:

>>> hk = Kind("hk", keys={"packet": str, "day": date},
...           path="hk/{packet}/{day:%Y/%m}/imap_{packet}_{day:%Y%m%d}_v{version:03d}.csv")
>>> hk.format({"packet": "mag", "day": date(2026, 1, 2)}, version=3)
'hk/mag/2026/01/imap_mag_20260102_v003.csv'
>>> hk.parse('hk/mag/2026/01/imap_mag_20260102_v003.csv').key
{'packet': 'mag', 'day': datetime.date(2026, 1, 2)}
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from string import Formatter
from urllib.parse import quote, unquote

from gnomon.errors import ConfigError

KeyValue = str | int | date
Key = Mapping[str, KeyValue]
Tags = Mapping[str, str]

VERSION = "version"
_WORK = "work"  # the store's own folder, which `sweep` empties
_DATE_CODES = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%j": r"\d{3}", "%y": r"\d{2}"}


@dataclass(frozen=True, slots=True)
class ParsedPath:
    """What a path says about the dataset that it holds."""

    key: Key
    tags: Tags
    version: int


@dataclass(frozen=True)
class Kind:
    """A class of datasets.

    Attributes
    ----------
    name : str
        Unique in a pipeline, dotted: ``instrument.what``.
    keys : mapping of str to type
        The values that identify one dataset, in order; each a str, an int or a date.
    path : str
        Template below the store's root; names every key and ``version``.
    tags : tuple of str
        Names of the text that describes a dataset; a template may use them too.
    """

    name: str
    keys: Mapping[str, type]
    path: str
    tags: tuple[str, ...] = ()
    _fields: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        fields = tuple(name for _, name, _, _ in Formatter().parse(self.path) if name)
        object.__setattr__(self, "_fields", fields)
        allowed = {*self.keys, *self.tags, VERSION}
        if stray := set(fields) - allowed:
            raise ConfigError(f"kind {self.name}: path names unknown fields {sorted(stray)}")
        if absent := ({*self.keys, VERSION}) - set(fields):
            raise ConfigError(f"kind {self.name}: path lacks {sorted(absent)}")
        first, *others = self.path.split("/")
        if first in {"", _WORK} or ".." in (first, *others):
            raise ConfigError(f"kind {self.name}: path {self.path!r} is not one below the store")

    def __hash__(self) -> int:
        return hash(self.name)

    def check(self, key: Mapping[str, KeyValue]) -> dict[str, KeyValue]:
        """Return `key` in this kind's order, or say what is wrong with it."""
        if set(key) != set(self.keys):
            raise ConfigError(f"kind {self.name} wants keys {list(self.keys)}, got {list(key)}")
        for name, wanted in self.keys.items():
            if type(key[name]) is not wanted:
                raise ConfigError(f"kind {self.name}: {name}={key[name]!r} is no {wanted.__name__}")
        return {name: key[name] for name in self.keys}

    def text(self, key: Key) -> str:
        """Return the canonical text of `key`: what the catalogue stores and users type."""
        return key_text({name: key[name] for name in self.keys})

    def key(self, text: str) -> dict[str, KeyValue]:
        """Return the key that `text` spells; the inverse of `text`."""
        parts = [part.partition("=") for part in text.split(",")] if text else []
        pairs = {name: value for name, _, value in parts}
        if pairs.keys() != self.keys.keys():
            raise ConfigError(f"kind {self.name} wants {','.join(f'{k}=…' for k in self.keys)}")
        try:
            return {name: _value(pairs[name], kind) for name, kind in self.keys.items()}
        except ValueError as error:
            raise ConfigError(f"kind {self.name}: {text!r} is no key: {error}") from None

    def format(self, key: Key, version: int, tags: Tags | None = None) -> str:
        """Return the path of one version of one key, relative to the store's root."""
        values = {**(tags or {}), **key, VERSION: version}
        for name in self._fields:
            value = values.get(name)
            if value is None:
                raise ConfigError(f"kind {self.name}: no value for {name!r} in its path")
            if isinstance(value, str) and (
                value in {"", ".", ".."} or "/" in value or "\0" in value
            ):
                raise ConfigError(f"kind {self.name}: {name}={value!r} cannot be part of a path")
        return self.path.format(**values)

    def parse(self, path: str) -> ParsedPath | None:
        """Return what `path` says, or None where it is no path of this kind."""
        match = self._pattern.fullmatch(path)
        if match is None:
            return None
        try:
            values = self._collect(match)
        except ValueError:
            return None
        key = {name: values[name] for name in self.keys}
        tags = {name: str(values[name]) for name in self.tags if name in values}
        parsed = ParsedPath(key, tags, int(str(values[VERSION])))
        return parsed if self.format(key, parsed.version, tags) == path else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = []
        for index, (literal, name, spec, _) in enumerate(Formatter().parse(self.path)):
            parts.append(re.escape(literal))
            if name:
                parts.append(f"(?P<f{index}>{self._field_pattern(name, spec or '')})")
        return re.compile("".join(parts))

    def _field_pattern(self, name: str, spec: str) -> str:
        kind = self._type(name)
        if kind is int:
            return r"-?\d+"
        if kind is date:
            codes = re.split(r"(%.)", spec or "%Y-%m-%d")
            return "".join(_DATE_CODES.get(code, re.escape(code)) for code in codes)
        return r"[^/]+?"

    def _type(self, name: str) -> type:
        return int if name == VERSION else self.keys.get(name, str)

    def _collect(self, match: re.Match[str]) -> dict[str, KeyValue]:
        dates: dict[str, list[tuple[str, str]]] = {}
        values: dict[str, KeyValue] = {}
        for index, (_, name, spec, _) in enumerate(Formatter().parse(self.path)):
            if not name:
                continue
            text, kind = match[f"f{index}"], self._type(name)
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


def _value(text: str, kind: type) -> KeyValue:
    if kind is int:
        return int(text)
    if kind is date:
        return date.fromisoformat(text)
    return unquote(text) if "%" in text else text


def key_text(key: Key) -> str:
    """Return ``name=value,name=value`` with what would be ambiguous escaped."""
    return ",".join([f"{name}={_escape(value)}" for name, value in key.items()])


def _escape(value: KeyValue) -> str:
    if isinstance(value, str):
        plain = value.isascii() and value.isalnum()  # most are, and a listing has millions
        return value if plain else quote(value, safe=" :+@!*()'")
    return value.isoformat() if isinstance(value, date) else str(value)
