"""What an XTCE document says about packets, as plain values: types, parameters, containers.

The words are those of the standard (OMG XML Telemetric and Command Exchange 1.2, formal/18-10-04);
`xtce` reads documents, `plan` compiles containers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gnomon.errors import UnknownName

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
PRIMARY_HEADER_BITS = 48
_BEYOND = 1 << 31
"""More bits than any packet has."""
APID_BITS = (5, 11)
"""First bit and width of the APID in a packet (CCSDS 133.0-B-2, section 4.1.3)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A parameter that is looked at, as its calibrated or as its raw value."""

    parameter: str
    calibrated: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """A parameter compared with a literal, or with another parameter."""

    left: Reference
    operator: Operator
    right: str | Reference


@dataclass(frozen=True, slots=True)
class Every:
    """Holds where all of its terms hold; without terms, everywhere."""

    terms: tuple[Criteria, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """Holds where one of its terms holds."""

    terms: tuple[Criteria, ...]


Criteria = Comparison | Every | Some


@dataclass(frozen=True, slots=True)
class Fixed:
    """A size that never changes, in bits."""

    bits: int


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A size in bits that a parameter gives: ``int(slope * value + intercept)``."""

    source: Reference
    slope: float | None = None
    intercept: float = 0.0

    def of(self, value: Any) -> int:
        """Return the size for a value of the parameter; -1 where it tells none, as a NaN."""
        try:
            bits = int(value if self.slope is None else self.slope * value + self.intercept)
        except (TypeError, ValueError, OverflowError):
            return -1
        return min(bits, _BEYOND)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A size in bits that is looked up: the first whose criteria hold."""

    sizes: tuple[tuple[Criteria, int], ...]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The size of text that tells where it ends (XTCE 1.3), at most so many bits."""

    most: int


Size = Fixed | Dynamic | Lookup | Enclosed


@dataclass(frozen=True, slots=True)
class Integer:
    """An encoding of integers; the bytes of `little` ones come least significant first."""

    bits: int
    code: Literal["unsigned", "twos", "ones", "magnitude"] = "unsigned"
    little: bool = False


@dataclass(frozen=True, slots=True)
class Float:
    """An encoding of floats: IEEE 754 of 16, 32 or 64 bits, or MIL-STD-1750A of 32 bits."""

    bits: int
    code: Literal["ieee", "mil1750a"] = "ieee"
    little: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """Bits that mean nothing here."""

    size: Size


@dataclass(frozen=True, slots=True)
class Text:
    """A string in a buffer of some size; it fills it, or ends at a terminator, or tells its size.

    Attributes
    ----------
    size : Size
        Of the whole buffer.
    charset : str
        As Python calls it.
    terminator : bytes
        Empty where there is none.
    size_bits : int
        Width of the size in bits that stands before the text; 0 where there is none.
    """

    size: Size
    charset: str = "utf-8"
    terminator: bytes = b""
    size_bits: int = 0


Encoding = Integer | Float | Binary | Text


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of terms (coefficient, exponent), added from left to right."""

    terms: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Spline:
    """Points (raw, calibrated) in order of raw values, joined by steps (order 0) or lines (1)."""

    points: tuple[tuple[float, float], ...]
    order: int = 1
    extrapolate: bool = False


Calibrator = Polynomial | Spline


@dataclass(frozen=True, slots=True)
class Type:
    """A parameter type.

    Attributes
    ----------
    encoding : Encoding
    unit : str
    calibrator : Calibrator, optional
        Applies where no context does.
    contexts : tuple of (Criteria, Calibrator)
        The first whose criteria hold applies.
    labels : dict of int or bytes to str, optional
        Of an enumeration, by raw value.
    boolean : bool
        The value is whether the raw value is not zero.
    """

    encoding: Encoding
    unit: str = ""
    calibrator: Calibrator | None = None
    contexts: tuple[tuple[Criteria, Calibrator], ...] = ()
    labels: Mapping[int | float | bytes, str] | None = None
    boolean: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value; `type` is None where the type is one that no plan can express."""

    name: str
    type: Type | None
    about: str = ""
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands next in a container: a parameter, or the entries of another container.

    Attributes
    ----------
    parameter : Parameter, optional
    container : str
        Name of the other container; empty for a parameter.
    skip_bits : int
        Where the entry starts: after the previous one, or after the container's start.
    from_start : bool
    condition : Criteria, optional
        The entry is there where it holds.
    obstacle : str
        Why no plan can express the entry; empty where one can.
    """

    parameter: Parameter | None = None
    container: str = ""
    skip_bits: int = 0
    from_start: bool = False
    condition: Criteria | None = None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """A sequence container; its entries come after those of its base, where the criteria hold."""

    name: str
    entries: tuple[Entry, ...]
    base: str = ""
    criteria: Criteria = field(default_factory=Every)
    abstract: bool = False
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """The packets of one XTCE document.

    Attributes
    ----------
    path : str
        Of the document.
    containers : dict of str to Container
    root : str
        The container that every packet starts with.
    """

    path: str
    containers: Mapping[str, Container]
    root: str
    plans: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def container(self, name: str) -> Container:
        """Return a container by name."""
        if name not in self.containers:
            raise UnknownName("container", name, self.containers)
        return self.containers[name]

    def lineage(self, name: str) -> tuple[Container, ...]:
        """Return a container and those that it builds on, the root first."""
        chain = [self.container(name)]
        while chain[-1].base:
            chain.append(self.container(chain[-1].base))
        return tuple(reversed(chain))

    def apids(self) -> dict[int, str]:
        """Return the name of the container that stands for each APID."""
        found: dict[int, str] = {}
        names = self.apid_parameters()
        for container in self.containers.values():
            for comparison in comparisons(container.criteria):
                right, is_apid = comparison.right, comparison.left.parameter in names
                if is_apid and comparison.operator == "==" and isinstance(right, str):
                    apid = _APID.fullmatch(right.strip())
                    if apid:
                        found.setdefault(int(right, 16 if apid["hex"] else 10), container.name)
        return found

    def apid_parameters(self) -> set[str]:
        """Return the names of the parameters that hold the APID."""
        return {name for name, place in self._header() if place == APID_BITS}

    def header(self) -> tuple[str, ...]:
        """Return the names of the parameters of the primary header."""
        return tuple(self.header_places())

    def header_places(self) -> dict[str, tuple[int, int]]:
        """Return first bit and width of the parameters of the primary header."""
        return dict(self._header())

    def _header(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield parameters and their places (first bit, width) within the primary header."""
        start = 0
        for parameter in self._first(self.container(self.root)):
            encoding = parameter.type and parameter.type.encoding
            if not isinstance(encoding, Integer) or start + encoding.bits > PRIMARY_HEADER_BITS:
                return
            yield parameter.name, (start, encoding.bits)
            start += encoding.bits

    def _first(self, container: Container) -> Iterator[Parameter]:
        """Yield parameters of a container from its start, as far as nothing varies."""
        for entry in container.entries:
            if entry.skip_bits or entry.from_start or entry.condition or entry.obstacle:
                return
            if entry.container:
                yield from self._first(self.container(entry.container))
            elif entry.parameter:
                yield entry.parameter


def comparisons(criteria: Criteria) -> Iterator[Comparison]:
    """Yield the comparisons that must all hold."""
    if isinstance(criteria, Comparison):
        yield criteria
    elif isinstance(criteria, Every):
        for term in criteria.terms:
            yield from comparisons(term)


def parameters(criteria: Criteria) -> Iterator[str]:
    """Yield the names of all parameters that criteria look at."""
    if isinstance(criteria, Comparison):
        yield criteria.left.parameter
        if isinstance(criteria.right, Reference):
            yield criteria.right.parameter
    else:
        for term in criteria.terms:
            yield from parameters(term)


_APID = re.compile(r"(?P<hex>0[xX][0-9a-fA-F]+)|\d+")
SAFE_NAME = re.compile(r"[\w.+-]+")
"""Names of containers that may be names of files."""
