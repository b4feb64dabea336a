"""What the name of a file says: values for columns, the version, and what the file is called.

A template is a name with fields in brackets, ``hsk-pw_[date]_v[version].csv``; a regular expression
has named groups. A version that a template spells out (``_v001``) stands for any version: the
tool that wrote such templates took a file's name as it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

from gnomon.errors import ConfigError

VERSION = "version"
_MARK = "version_of_the_file"
_FIELD = re.compile(r"\[(\w+)\]")
_SPELLED_OUT = re.compile(r"(?<=[_\-.])v\d+(?:\.\d+)?(?![A-Za-z0-9])")
_DATE = r"\d{{4}}(?P<{0}_>[-_]?)\d{{2}}(?P={0}_)\d{{2}}"
_IN_NAME = re.compile(r"(?<![A-Za-z0-9])v(\d+(?:\.\d+)?)(?![A-Za-z0-9])")
_DAY_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d{2})([-_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)"
)

Version = tuple[int, int]
"""(major, minor); a version of one part, ``v003``, is (3, 0)."""


def parse_version(text: str) -> Version:
    """Return what ``v001.0004``, ``003`` or ``1.4`` says, its parts as numbers."""
    major, _, minor = text.lower().removeprefix("v").partition(".")
    if not major.isdecimal() or (minor and not minor.isdecimal()):
        raise ConfigError(f"{text!r} is no version such as v003 or v001.0004")
    return int(major), int(minor or 0)


@dataclass(frozen=True)
class Named:
    """What a file's name says.

    Attributes
    ----------
    values : mapping of str to str
        By the name of the field.
    version : tuple of int, optional
        (major, minor), where it has one.
    """

    values: Mapping[str, str]
    version: Version | None = None


@dataclass(frozen=True)
class Pattern:
    """A template or a regular expression of file names.

    Attributes
    ----------
    text : str
    is_template : bool
        Whether `text` is a template.
    dates : collection of str
        Fields that are dates, which match nothing else.
    """

    text: str
    is_template: bool = True
    dates: Collection[str] = field(default_factory=frozenset)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        text = self._from_template() if self.is_template else self.text
        try:
            return re.compile(text)
        except re.error as error:
            raise ConfigError(f"{self.text!r} is no regular expression: {error}") from None

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of the fields."""
        named = {name for name in self._compiled.groupindex if not name.endswith("_")}
        return frozenset(named - {_MARK})

    def read(self, name: str) -> Named | None:
        """Return what a name says; None where it is none of these.

        A regular expression may find its groups anywhere in the name, as it always could.
        """
        look = self._compiled.fullmatch if self.is_template else self._compiled.search
        match = look(name)
        if match is None:
            return None
        values = {name: match[name] for name in self.fields if match[name] is not None}
        told = values.get(VERSION) or match.groupdict().get(_MARK)
        if told and re.fullmatch(r"v?\d+(\.\d+)?", told, re.IGNORECASE):
            return Named(values, parse_version(told))
        return Named(values, version_in(name))

    def _from_template(self) -> str:
        parts: list[str] = []
        seen: set[str] = set()
        for index, piece in enumerate(_FIELD.split(self.text)):
            if index % 2 == 0:
                parts.append(self._literal(piece, any_version=_MARK not in "".join(parts)))
            elif piece in seen:
                parts.append(f"(?P={piece})")
            else:
                seen.add(piece)
                parts.append(f"(?P<{piece}>{self._field(piece)})")
        return "".join(parts)

    def _literal(self, text: str, *, any_version: bool) -> str:
        found = _SPELLED_OUT.search(text) if any_version else None
        if found is None or f"[{VERSION}]" in self.text:
            return re.escape(text)
        before, after = re.escape(text[: found.start()]), re.escape(text[found.end() :])
        return rf"{before}v(?P<{_MARK}>\d+(?:\.\d+)?){after}"

    def _field(self, name: str) -> str:
        if name in self.dates:
            return _DATE.format(name)
        return r"v?\d+(?:\.\d+)?" if name == VERSION else r".+?"


def version_in(name: str) -> Version | None:
    """Return the version that stands in a name as ``_v003`` or ``_v001.0004``; None without."""
    found = _version_match(name)
    return parse_version(found[1]) if found else None


def _version_match(name: str) -> re.Match[str] | None:
    *_, last = [None, *_IN_NAME.finditer(_stem(name))]
    return last


def without_version(name: str) -> str:
    """Return a name without its version: ``x_v003.csv`` is ``x.csv``."""
    found = _version_match(name)
    if found is None:
        return name
    start = found.start() - (found.start() > 0)
    return name[:start] + name[found.end() :]


def title_of(name: str) -> str:
    """Return what the files of one sort are called, without day and version, fit for a table.

    >>> title_of("imap_mag_l1_hsk-pw_20251102_v001.csv")
    'imap_mag_l1_hsk_pw'
    """
    stem = _DAY_IN_NAME.sub("", _stem(without_version(name)))
    return identifier(stem)


def template_of(name: str) -> str:
    """Return the template of a name: its day and its version are fields.

    >>> template_of("imap_mag_l1_hsk-pw_20251102_v001.csv")
    'imap_mag_l1_hsk-pw_[date]_v[version].csv'
    """
    found = _version_match(name)
    if found is not None:
        name = f"{name[: found.start()]}v[{VERSION}]{name[found.end() :]}"
    return _DAY_IN_NAME.sub("[date]", name, count=1)


def identifier(text: str) -> str:
    """Return a text as a name that SQL takes without quotes."""
    plain = re.sub(r"\W+", "_", text.lower(), flags=re.ASCII)
    plain = re.sub(r"_+", "_", plain).strip("_")
    return f"t_{plain}" if plain[:1].isdigit() else plain or "t"


def _stem(name: str) -> str:
    # `v001.0004` alone has a point that begins no suffix.
    pure = PurePath(name)
    return pure.stem if pure.suffix and not pure.suffix[1:].isdecimal() else pure.name
