"""Headers of FITS: lines of 80 characters, each a keyword and its value.

FITS standard 4.0, section 4. A value is read when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gnomon.errors import BadData

BLOCK = 2880
CARD = 80
Value = str | bool | int | float | None

_END = b"END".ljust(CARD)
_INTEGER = re.compile(r"[+-]?\d+")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_NAME = 10  # a keyword of eight characters, and "= "
_CONTINUE = "CONTINUE"
_HIERARCH = "HIERARCH"


class Malformed(Exception):
    """Why a file makes no sense; whoever knows the file adds its name."""


def padded(size: int) -> int:
    """Return `size` rounded up to a multiple of the blocks that FITS consists of."""
    return -(-size // BLOCK) * BLOCK


class Header(Mapping[str, Value]):
    """The keywords of one header and their values; of a keyword that comes twice, the first.

    A value that is not given is None. Comments and history are left out.

    Parameters
    ----------
    text : str
        The lines, without the one that says END.
    where : str
        The file, for messages.
    """

    def __init__(self, text: str, where: str = "") -> None:
        self.where = where
        self._text = text
        # A keyword as it stands, with what follows it: all in one go, as there are hundreds.
        starts = range(0, len(text), CARD)
        names = [text[at : at + _NAME] for at in starts]
        self._index = dict(zip(reversed(names), reversed(starts), strict=True))
        if _HIERARCH in text:
            self._index |= _long_names(text)

    def __getitem__(self, name: str) -> Value:
        at = self._index[_key(name)]
        return self._value(name, self._text[at : at + CARD], at + CARD)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default where the keyword is absent, without raising inside."""
        return self[name] if _key(name) in self._index else default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _key(name) in self._index

    def __iter__(self) -> Iterator[str]:
        in_order = sorted((at, key) for key, at in self._index.items() if key.endswith("= "))
        return (key[:-2].rstrip() for _, key in in_order)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _value(self, name: str, line: str, next_line: int) -> Value:
        text = (line.partition("=")[2] if line.startswith(_HIERARCH) else line[_NAME:]).strip()
        if quoted := _QUOTED.match(text):
            return self._whole(quoted[1], next_line)
        plain = text.partition("/")[0].strip()
        if plain in {"", "T", "F"}:
            return plain == "T" if plain else None
        if _INTEGER.fullmatch(plain):
            return int(plain)
        if _REAL.fullmatch(plain):
            return float(plain.upper().replace("D", "E"))
        raise BadData(f"{self.where}: {name} has no value that can be read: {text!r}")

    def _whole(self, text: str, next_line: int) -> str:
        """Return a text without its padding, with the lines that continue it."""
        text = text.replace("''", "'").rstrip()
        while text.endswith("&") and self._text.startswith(_CONTINUE, next_line):
            more = _QUOTED.match(self._text[next_line + 8 : next_line + CARD].strip())
            text = text[:-1] + (more[1].replace("''", "'").rstrip() if more else "")
            next_line += CARD
        return text

    def integer(self, name: str, default: int | None = None) -> int:
        """Return a whole number.

        Raises
        ------
        BadData
            It is something else, or absent and has no default.
        """
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadData(f"{self.where}: {name} is {value!r} instead of a whole number")
        return value

    def number(self, name: str, default: float = float("nan")) -> float:
        """Return a number; the default where there is none."""
        value = self.get(name)
        return default if isinstance(value, str | None) else float(value)

    def text(self, name: str, default: str = "") -> str:
        """Return a text; the default where there is none."""
        value = self.get(name)
        return value if isinstance(value, str) else default


def _key(name: str) -> str:
    return f"{name:<8}= "


def _long_names(text: str) -> dict[str, int]:
    """Return where keywords are that ESO's convention makes longer than eight characters."""
    lines = ((at, text[at : at + CARD]) for at in range(0, len(text), CARD))
    found = ((at, line[8:].partition("=")) for at, line in lines if line.startswith(_HIERARCH))
    return {_key(name.strip()): at for at, (name, sign, _) in found if sign}


def read_header(data: bytes, at: int, where: str) -> tuple[Header, int]:
    """Return the header that begins at `at`, and where its data begin.

    Raises
    ------
    Malformed
        It has no end, or is no text.
    """
    stop = at
    while True:
        stop = data.find(_END, stop)
        if stop < 0:
            raise Malformed(f"truncated inside the header at byte {at}: it has no END")
        if (stop - at) % CARD == 0:
            break
        stop += 1
    try:
        text = data[at:stop].decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed(f"damaged header: no text at byte {at + error.start}") from None
    begin = at + padded(stop + CARD - at)
    if begin > len(data):
        raise Malformed(f"truncated inside the header at byte {at}: {len(data)} bytes are left")
    return Header(text, where), begin
