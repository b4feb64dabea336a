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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from urllib.parse import quote, unquote

from gnomon.core.templates import KeyValue, Template
from gnomon.errors import ConfigError

__all__ = ["Key", "KeyValue", "Kind", "Legacy", "ParsedPath", "Tags", "key_text"]

Key = Mapping[str, KeyValue]
Tags = Mapping[str, str]

VERSION, MAJOR, MINOR = "version", "major", "minor"
MINORS = 10_000
"""A version of two parts, ``v001.0004``, is the number major * 10,000 + minor."""
MARK, MARK_IN_TWO_PARTS = b"v@@@", b"v@@@.@@@@"
MAJOR_MARK, MINOR_MARK = b'"@major@"', b'"@minor@"'
"""What stands for the version in a file of an `inscribed` kind until its version is known."""
_WORK = "work"  # the store's own folder, which `sweep` empties


@dataclass(frozen=True, slots=True)
class ParsedPath:
    """What a path says about the dataset that it holds.

    Attributes
    ----------
    is_alias : bool
        It is the second name of whichever version is current, and `version` says nothing.
    """

    key: Key
    tags: Tags
    version: int
    is_alias: bool = False


@dataclass(frozen=True)
class Legacy:
    """An older way to write the same name: it is read, and never written.

    Attributes
    ----------
    path : str
        Its template.
    given : mapping
        The values of what it does not name: keys, or ``major`` of a version of two parts.
    """

    path: str
    given: Mapping[str, KeyValue] = field(default_factory=dict)


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
        Template below the store's root; names every key and ``version``, or ``major`` and
        ``minor``. One that names no version is of a kind whose datasets never change.
    tags : tuple of str
        Names of the text that describes a dataset; a template may use them too.
    choices : mapping of str to tuple of str
        The only values that a key may have, so that names without a mark between two keys parse.
    alias : str
        Template without a version: a name under which the current version stands, too.
    legacy : tuple of Legacy
        Older names, for files that were put into the store by hand.
    span : tuple of str
        The keys, dates, that give the first day and the last day that a dataset covers; the first
        alone is open-ended.
    beside : str
        The name of a kind that the same step makes with the same keys: both share one version,
        and what stands beside is kept as it was where the other one did not change.
    inscribed : bool
        Its files name their own version: where `MARK`, or `MARK_IN_TWO_PARTS`, stands in one (in
        JSON also `MAJOR_MARK` and `MINOR_MARK`), the commit writes the version that it chose.
    updated : tuple of str
        Tags that take their newest value when the same bytes come again: they say where a thing
        is, not what it is.
    """

    name: str
    keys: Mapping[str, type]
    path: str
    tags: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alias: str = ""
    legacy: tuple[Legacy, ...] = ()
    span: tuple[str, ...] = ()
    beside: str = ""
    inscribed: bool = False
    updated: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        allowed = {*self.keys, *self.tags, VERSION, MAJOR, MINOR}
        for text in (self.path, self.alias, *(legacy.path for legacy in self.legacy)):
            if stray := set(self._read(text).fields) - allowed:
                raise ConfigError(f"kind {self.name}: path names unknown fields {sorted(stray)}")
            first, *others = text.split("/")
            if text and (first in {"", _WORK} or ".." in (first, *others)):
                raise ConfigError(f"kind {self.name}: path {text!r} is not one below the store")
        fields = self._template.fields
        if absent := set(self.keys) - set(fields):
            raise ConfigError(f"kind {self.name}: path lacks {sorted(absent)}")
        if (MAJOR in fields) != (MINOR in fields) or (MAJOR in fields and VERSION in fields):
            raise ConfigError(f"kind {self.name}: a path names version, or both major and minor")

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def _template(self) -> Template:
        return self._read(self.path)

    def _read(self, text: str) -> Template:
        types = {**self.keys, VERSION: int, MAJOR: int, MINOR: int}
        return Template(text, types, self.choices)

    # -- versions

    @cached_property
    def in_two_parts(self) -> bool:
        """Whether a version is a major and a minor number."""
        return MAJOR in self._template.fields

    @cached_property
    def is_fixed(self) -> bool:
        """Whether a dataset has one version for ever."""
        return not {VERSION, MAJOR} & set(self._template.fields)

    def version_after(self, newest: int | None) -> int:
        """Return the version of new bytes; no number is ever used again."""
        if self.is_fixed and newest is not None:
            raise ConfigError(f"kind {self.name}: a dataset of it never changes")
        if self.in_two_parts and newest is not None and (newest + 1) % MINORS == 0:
            raise ConfigError(f"kind {self.name}: the minor versions are used up; raise the major")
        return max((newest or 0) + 1, MINORS + 1 if self.in_two_parts else 1)

    def version_text(self, version: int) -> str:
        """Return how people write a version: ``v003``, or ``v001.0004``."""
        if self.in_two_parts:
            return f"v{version // MINORS:03d}.{version % MINORS:04d}"
        return f"v{version:03d}"

    def version_of(self, text: str) -> int:
        """Return the version that people write as ``3`` or ``v003``, ``1.4`` or ``v001.0004``."""
        major, dot, minor = text.removeprefix("v").partition(".")
        if (
            not major.isdecimal()
            or bool(dot) != self.in_two_parts
            or (dot and not minor.isdecimal())
        ):
            wanted = "v001.0004" if self.in_two_parts else "v003"
            raise ConfigError(f"kind {self.name}: {text!r} is no version; write one like {wanted}")
        return int(major) * MINORS + int(minor) if dot else int(major)

    # -- keys

    def check(self, key: Mapping[str, KeyValue]) -> dict[str, KeyValue]:
        """Return `key` in this kind's order, or say what is wrong with it."""
        if set(key) != set(self.keys):
            raise ConfigError(f"kind {self.name} wants keys {list(self.keys)}, got {list(key)}")
        for name, wanted in self.keys.items():
            if type(key[name]) is not wanted:
                raise ConfigError(f"kind {self.name}: {name}={key[name]!r} is no {wanted.__name__}")
            if self.choices and key[name] not in self.choices.get(name, (key[name],)):
                known = ", ".join(self.choices[name])
                raise ConfigError(f"kind {self.name}: {name}={key[name]!r} is none of {known}")
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

    # -- paths

    def format(self, key: Key, version: int, tags: Tags | None = None) -> str:
        """Return the path of one version of one key, relative to the store's root."""
        return self._format(self._template, key, version, tags)

    def alias_of(self, key: Key, tags: Tags | None = None) -> str:
        """Return the name, relative to the store's root, that the current version has as well."""
        return self._format(self._alias, key, 0, tags)

    @cached_property
    def _alias(self) -> Template:
        return self._read(self.alias)

    def _format(self, template: Template, key: Key, version: int, tags: Tags | None) -> str:
        parts = {VERSION: version, MAJOR: version // MINORS, MINOR: version % MINORS}
        values = {**(tags or {}), **key, **parts}
        for name in template.fields:
            value = values.get(name)
            if value is None:
                raise ConfigError(f"kind {self.name}: no value for {name!r} in its path")
            if isinstance(value, str) and (
                value in {"", ".", ".."} or "/" in value or "\0" in value
            ):
                raise ConfigError(f"kind {self.name}: {name}={value!r} cannot be part of a path")
        return template.format(values)

    def parse(self, path: str) -> ParsedPath | None:
        """Return what `path` says, or None where it is no path of this kind."""
        values = self._template.parse(path)
        return None if values is None else self._parsed(values)

    def parse_any(self, path: str) -> ParsedPath | None:
        """Return what `path` says, older names and aliases included."""
        if (parsed := self.parse(path)) is not None:
            return parsed
        for template, given in self._older:
            if (values := template.parse(path)) is not None:
                return self._parsed({**given, **values})
        if self.alias and (values := self._alias.parse(path)) is not None:
            return replace(self._parsed(values), is_alias=True)
        return None

    @cached_property
    def _older(self) -> tuple[tuple[Template, Mapping[str, KeyValue]], ...]:
        return tuple((self._read(legacy.path), legacy.given) for legacy in self.legacy)

    def _parsed(self, values: Mapping[str, KeyValue]) -> ParsedPath:
        key = {name: values[name] for name in self.keys}
        tags = {name: str(values[name]) for name in self.tags if name in values}
        version = values.get(VERSION, 1)
        if MINOR in values:
            version = int(str(values[MAJOR])) * MINORS + int(str(values[MINOR]))
        return ParsedPath(key, tags, int(str(version)))


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
