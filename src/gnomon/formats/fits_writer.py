"""Writes FITS: headers, images and binary tables, with the CHECKSUM of each HDU."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.fits_checksum import encoded, ones_sum
from gnomon.formats.fits_header import CARD, Value, padded

_FREE = "0" * 16
_CODES = {"f8": "D", "f4": "E", "i8": "K", "i4": "J", "i2": "I", "u1": "B", "b1": "L"}


@dataclass(frozen=True, slots=True)
class Card:
    """One line of a header; a value of None is left empty."""

    name: str
    value: Value
    comment: str = ""

    def line(self) -> bytes:
        """Return its 80 bytes; a comment that is too long is cut."""
        text = f"{self.name:<8}= {_written(self.value)}"
        if self.comment:
            text = f"{text} / {self.comment}"
        return text.ljust(CARD)[:CARD].encode("ascii")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a binary table.

    Attributes
    ----------
    values : array, shape (n,) or (n, rows, columns)
        Numbers, or text of one length (``S38``).
    """

    name: str
    values: NDArray[np.generic]
    unit: str = ""
    comment: str = ""

    @property
    def packed(self) -> np.dtype[np.generic]:
        """Its type within a row of the file."""
        return np.dtype((self.values.dtype.newbyteorder(">"), self.values.shape[1:]))

    def cards(self, number: int) -> list[Card]:
        """Return what a header says of the column of a number, from 1."""
        kind, shape = self.values.dtype, self.values.shape[1:]
        count = int(np.prod(shape)) if shape else 1
        code = f"{kind.itemsize}A" if kind.kind == "S" else _CODES[kind.str[1:]]
        form = f"{count}{code}" if shape else code
        cards = [
            Card(f"TTYPE{number}", self.name, self.comment),
            Card(f"TFORM{number}", form),
        ]
        if self.unit:
            cards.append(Card(f"TUNIT{number}", self.unit))
        if shape:
            cards.append(Card(f"TDIM{number}", f"({', '.join(map(str, reversed(shape)))})"))
        return cards


def primary(cards: Iterable[Card] = (), *, checksum: bool = True) -> bytes:
    """Return a primary HDU without data."""
    first = (Card("SIMPLE", True), Card("BITPIX", 8), Card("NAXIS", 0), Card("EXTEND", True))
    return _hdu([*first, *cards], b"", checksum=checksum)


def table(columns: Sequence[Column], cards: Iterable[Card] = (), *, checksum: bool = True) -> bytes:
    """Return an HDU with a binary table; the columns have equally many rows."""
    rows = np.empty(len(columns[0].values), [(one.name, one.packed) for one in columns])
    for one in columns:
        rows[one.name] = one.values
    first = [
        *(Card("XTENSION", "BINTABLE"), Card("BITPIX", 8), Card("NAXIS", 2)),
        *(Card("NAXIS1", rows.itemsize), Card("NAXIS2", len(rows))),
        *(Card("PCOUNT", 0), Card("GCOUNT", 1), Card("TFIELDS", len(columns))),
    ]
    first += [card for n, one in enumerate(columns) for card in one.cards(n + 1)]
    return _hdu([*first, *cards], rows.tobytes(), checksum=checksum)


def image(
    values: NDArray[np.generic], cards: Iterable[Card] = (), *, checksum: bool = True
) -> bytes:
    """Return an extension with an image, shape (rows, columns)."""
    bits = values.dtype.itemsize * 8 * (-1 if values.dtype.kind == "f" else 1)
    sides = [Card(f"NAXIS{n + 1}", side) for n, side in enumerate(reversed(values.shape))]
    first = [
        *(Card("XTENSION", "IMAGE"), Card("BITPIX", bits), Card("NAXIS", values.ndim)),
        *(*sides, Card("PCOUNT", 0), Card("GCOUNT", 1)),
    ]
    data = values.astype(values.dtype.newbyteorder(">")).tobytes()
    return _hdu([*first, *cards], data, checksum=checksum)


def _hdu(cards: list[Card], data: bytes, *, checksum: bool) -> bytes:
    lines = [card.line() for card in cards]
    whole = _blocks(lines, data)
    if not checksum:
        return whole
    total = ones_sum(_blocks([*lines, Card("CHECKSUM", _FREE).line()], data))
    return _blocks([*lines, Card("CHECKSUM", encoded(total)).line()], data)


def _blocks(lines: list[bytes], data: bytes) -> bytes:
    header = b"".join(lines) + b"END".ljust(CARD)
    return _filled(header, b" ") + _filled(data, b"\0")


def _filled(data: bytes, fill: bytes) -> bytes:
    return data.ljust(padded(len(data)), fill)


def _written(value: Value) -> str:
    """Return a value as FITS standard 4.0, section 4.2, has it in its fixed format."""
    if value is None:
        return " " * 20
    if isinstance(value, bool):
        return f"{'T' if value else 'F':>20}"
    if isinstance(value, int):
        return f"{value:>20}"
    if isinstance(value, float):
        return f"{value!r:>20}".upper()
    quoted = value.replace("'", "''")
    return f"'{quoted:<8}'".ljust(20)
