"""Types of columns: as job files spell them, as values need them, and which holds both of two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gnomon.errors import ConfigError


class Name(StrEnum):
    """The types that a job file can name."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    BIGINT = "bigint"
    NUMERIC = "numeric"
    FLOAT = "float"
    DATE = "date"
    DATETIME = "datetime"
    VARCHAR = "varchar"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Type:
    """A type of a column.

    Attributes
    ----------
    length : int
        The most characters of a ``varchar``; 0 for every other type.
    """

    name: Name
    length: int = 0

    def __str__(self) -> str:
        return f"{self.name}({self.length})" if self.length else str(self.name)


BOOLEAN, INTEGER, BIGINT, NUMERIC, FLOAT = (
    Type(name) for name in (Name.BOOLEAN, Name.INTEGER, Name.BIGINT, Name.NUMERIC, Name.FLOAT)
)
DATE, DATETIME, TEXT = Type(Name.DATE), Type(Name.DATETIME), Type(Name.TEXT)
WHOLE = (INTEGER, BIGINT, NUMERIC)
"""Whole numbers, each holding those before it."""
_SPELLINGS = {
    "bool": BOOLEAN,
    "int": INTEGER,
    "int2": INTEGER,
    "int4": INTEGER,
    "smallint": INTEGER,
    "int8": BIGINT,
    "double": FLOAT,
    "double precision": FLOAT,
    "real": FLOAT,
    "decimal": NUMERIC,
    "timestamp": DATETIME,
    "timestamp without time zone": DATETIME,
    "string": TEXT,
    **{str(name): Type(name) for name in Name if name is not Name.VARCHAR},
    "varchar": TEXT,
    "character varying": TEXT,
}
_VARCHAR = re.compile(r"(?:varchar|character varying)\s*\(\s*(\d+)\s*\)")


def parse_type(text: str) -> Type:
    """Return the type that a text spells, in any case: ``varchar(12)``, ``DOUBLE PRECISION``.

    Raises
    ------
    ConfigError
        It spells none that we know.
    """
    found = known_type(text)
    if found is None:
        raise ConfigError(f"{text!r} is no type; write one of {', '.join(Name)} or varchar(N)")
    return found


def known_type(text: str) -> Type | None:
    """Return the type that a text spells, None where it is none that values are fitted to."""
    plain = " ".join(text.lower().split())
    if match := _VARCHAR.fullmatch(plain):
        return Type(Name.VARCHAR, int(match[1])) if int(match[1]) else None
    return _SPELLINGS.get(plain)


def wider(one: Type, other: Type) -> Type:
    """Return the narrowest type that holds the values of both."""
    if one == other:
        return one
    names = {one.name, other.name}
    if names == {Name.VARCHAR}:
        return Type(Name.VARCHAR, max(one.length, other.length))
    if one in WHOLE and other in WHOLE:
        return max(one, other, key=WHOLE.index)
    if Name.FLOAT in names and names & {whole.name for whole in WHOLE}:
        return FLOAT
    if names == {Name.DATE, Name.DATETIME}:
        return DATETIME
    return TEXT
