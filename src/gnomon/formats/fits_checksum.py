"""The ones-complement checksum of FITS.

FITS standard 4.0, appendix J: the bytes of an HDU, as big-endian 32-bit words, add up in
ones-complement arithmetic to all ones when its CHECKSUM is right. DATASUM is the sum of the data
alone, in decimal digits.
"""

from __future__ import annotations

import numpy as np

ALL_ONES = 0xFFFFFFFF
_WORD = 4
_SPREAD = 4  # each byte of a checksum becomes four characters
_ZERO = ord("0")
_PUNCTUATION = frozenset(b":;<=>?@[\\]^_`")


def ones_sum(data: bytes | memoryview) -> int:
    """Return the ones-complement sum of bytes, as big-endian 32-bit words; zeros fill the last."""
    view = memoryview(data)
    whole = len(view) // _WORD * _WORD
    total = int(np.frombuffer(view[:whole], ">u4").sum(dtype=np.uint64))
    return _folded(total + int.from_bytes(bytes(view[whole:]).ljust(_WORD, b"\0"), "big"))


def added(first: int, second: int) -> int:
    """Return the ones-complement sum of two 32-bit words."""
    return _folded(first + second)


def encoded(total: int) -> str:
    """Return the 16 letters and digits of CHECKSUM that bring a sum to all ones.

    Parameters
    ----------
    total : int
        Of the HDU while its CHECKSUM is sixteen zeros.
    """
    rest = ALL_ONES - total
    columns = [_letters(rest >> shift & 0xFF) for shift in (24, 16, 8, 0)]
    text = "".join(chr(columns[n % _WORD][n // _WORD]) for n in range(_SPREAD * _WORD))
    # The value of a card starts at its twelfth byte, one before a word ends.
    return text[-1] + text[:-1]


def _folded(total: int) -> int:
    while total > ALL_ONES:
        total = (total & ALL_ONES) + (total >> 32)
    return total


def _letters(byte: int) -> list[int]:
    """Return four characters, none of them punctuation, that add up to a byte and four zeros."""
    quarter, rest = divmod(byte, _SPREAD)
    letters = [_ZERO + quarter + rest, *[_ZERO + quarter] * 3]
    while _PUNCTUATION & set(letters):
        for n in (0, 2):
            if _PUNCTUATION & set(letters[n : n + 2]):
                letters[n] += 1
                letters[n + 1] -= 1
    return letters
