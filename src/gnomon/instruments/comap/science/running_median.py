"""Medians in a window that slides over a stream, in time that hardly depends on the window.

All values are ranked once, by one sort. A window is then a set of ranks: one bit for each rank, and
one bit for each word of 64 that is not empty. A sample that enters or leaves sets or clears a bit,
and the median moves by at most one rank of the set, which is found by a look at a few words. Of n
samples the sort costs O(n log n), and the sliding O(n), whatever the window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

_WORD = 64
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
"""Holds each number of six bits once, so a product with 2**k tells k by its highest six."""


def _bit_places() -> Ints:
    places = np.zeros(_WORD, np.int64)
    for bit in range(_WORD):
        shifted = (int(_DE_BRUIJN) << bit) & 0xFFFF_FFFF_FFFF_FFFF
        places[shifted >> 58] = bit
    return places


_PLACES = _bit_places()
_ONE, _TOP, _SIGN = np.uint64(1), np.uint64(58), np.uint64(63)
_MOST_MOVES = 8


@dataclass(frozen=True)
class Ranking:
    """Values by rank, so that several medians of the same values share one sort.

    Attributes
    ----------
    ascending : (n,) float64
    ranks : (n,) int64
        Where each value stands in `ascending`.
    """

    ascending: Floats
    ranks: Ints

    @classmethod
    def of(cls, values: Floats) -> Ranking:
        """Rank values, (n,) float64; NaN stand at the ends."""
        n = len(values)
        ascending, ranks = np.empty(n), np.empty(n, np.int64)
        keys, bits = np.empty(n, np.uint64), n.bit_length()
        plain = np.ascontiguousarray(values, np.float64)
        _pack(plain.view(np.uint64), bits, keys)
        keys.sort()
        if not _unpack(keys, plain, bits, ascending, ranks):
            order = np.argsort(plain)
            ascending = plain[order]
            ranks[order] = np.arange(n)
        return cls(ascending, ranks)

    def running_median(self, used: Truths, length: int) -> Floats:
        """Return the median of the used samples around each sample.

        Parameters
        ----------
        used : (n,) bool
            Of finite values.
        length : int
            Samples of a window, made odd upwards so that the sample is its middle; at the ends the
            window is what there is of it.

        Returns
        -------
        (n,) float64
            Where a window holds no used sample, a line between the nearest medians; NaN if there is
            none at all.
        """
        if length < 1:
            raise ValueError(f"a window of {length} samples holds nothing")
        found = np.empty(len(self.ranks))
        _slide(self.ascending, self.ranks, used, length // 2, found)
        return interpolated(found, np.isfinite(found))


def running_median(values: Floats, used: Truths, length: int) -> Floats:
    """Return one running median: see `Ranking.running_median`."""
    return Ranking.of(values).running_median(used, length)


def interpolated(values: Floats, known: Truths) -> Floats:
    """Return values with lines between known ones, constant beyond the outermost of them.

    Parameters
    ----------
    values : (n,) float64
    known : (n,) bool

    Returns
    -------
    (n,) float64
        All NaN where nothing is known.
    """
    if known.all():
        return values
    filled = np.full(len(values), np.nan)
    (at,) = np.nonzero(known)
    if len(at):
        filled[:] = np.interp(np.arange(len(values)), at, values[at])
        filled[at] = values[at]
    return filled


@compiled
def _pack(values: Words, bits: int, keys: Words) -> None:
    """Fill numbers that sort as the values do, the lowest bits of which say which value it is.

    A value that is negative sorts by its complement, and any other by itself, above those. Numbers
    alone sort several times as fast as places by value.
    """
    sign, low = _ONE << _SIGN, (_ONE << np.uint64(bits)) - _ONE
    for i in range(len(keys)):
        key = ~values[i] if values[i] & sign else values[i] | sign
        keys[i] = (key & ~low) | np.uint64(i)


@compiled
def _unpack(keys: Words, values: Floats, bits: int, ascending: Floats, ranks: Ints) -> bool:
    """Fill what a `Ranking` has; where keys cannot tell values apart, insertion puts them right.

    Returns
    -------
    bool
        False where that would take too long: many values differ by very little.
    """
    low, n, moves = (_ONE << np.uint64(bits)) - _ONE, len(keys), 0
    order = np.empty(n, np.int64)
    for i in range(n):
        at, k = np.int64(keys[i] & low), i
        while k > 0 and ascending[k - 1] > values[at]:
            ascending[k], order[k] = ascending[k - 1], order[k - 1]
            k -= 1
        ascending[k], order[k] = values[at], at
        moves += i - k
        if moves > _MOST_MOVES * n:
            return False
    for i in range(n):
        ranks[order[i]] = i
    return True


@compiled
def _slide(ascending: Floats, ranks: Ints, used: Truths, half: int, found: Floats) -> None:
    n = len(ranks)
    words = np.zeros(n // _WORD + 1, np.uint64)
    tops = np.zeros(len(words) // _WORD + 1, np.uint64)
    # `at` is a rank of the set, or n; `below` says how many of the set, which has `held`, are less.
    at, below, held, entering = n, 0, 0, 0
    for i in range(n):
        while entering < min(n, i + half + 1):
            if used[entering]:
                _set(words, tops, ranks[entering])
                below += ranks[entering] < at
                held += 1
            entering += 1
        leaving = i - half - 1
        if leaving >= 0 and used[leaving]:
            _clear(words, tops, ranks[leaving])
            below -= ranks[leaving] < at
            held -= 1
            if ranks[leaving] == at:
                at = _after(words, tops, at, n)
        middle = (held - 1) // 2
        while below > max(middle, 0):
            at = _before(words, tops, at)
            below -= 1
        while below < middle:
            at = _after(words, tops, at, n)
            below += 1
        found[i] = ascending[at] if held else np.nan
        if held and held % 2 == 0:
            found[i] = (ascending[at] + ascending[_after(words, tops, at, n)]) / 2


@compiled
def _set(words: Words, tops: Words, rank: int) -> None:
    word = rank >> 6
    words[word] |= _ONE << np.uint64(rank & 63)
    tops[word >> 6] |= _ONE << np.uint64(word & 63)


@compiled
def _clear(words: Words, tops: Words, rank: int) -> None:
    word = rank >> 6
    words[word] &= ~(_ONE << np.uint64(rank & 63))
    if words[word] == 0:
        tops[word >> 6] &= ~(_ONE << np.uint64(word & 63))


@compiled
def _after(words: Words, tops: Words, rank: int, n: int) -> int:
    """Return the next rank of the set, or n."""
    word = rank >> 6
    rest = _higher(words[word], rank & 63)
    if rest:
        return word * 64 + _lowest(rest)
    top = word >> 6
    rest = _higher(tops[top], word & 63)
    while rest == 0:
        top += 1
        if top == len(tops):
            return n
        rest = tops[top]
    word = top * 64 + _lowest(rest)
    return word * 64 + _lowest(words[word])


@compiled
def _before(words: Words, tops: Words, rank: int) -> int:
    """Return the rank of the set before one; there is one."""
    word = rank >> 6
    rest = _lower(words[word], rank & 63)
    if rest:
        return word * 64 + _highest(rest)
    top = word >> 6
    rest = _lower(tops[top], word & 63)
    while rest == 0:
        top -= 1
        rest = tops[top]
    word = top * 64 + _highest(rest)
    return word * 64 + _highest(words[word])


@compiled
def _higher(word: np.uint64, bit: int) -> np.uint64:
    """Return a word without the bits up to one."""
    if bit == 63:  # noqa: PLR2004  a shift by 64 is not defined
        return np.uint64(0)
    return (word >> np.uint64(bit + 1)) << np.uint64(bit + 1)


@compiled
def _lower(word: np.uint64, bit: int) -> np.uint64:
    """Return a word without the bits from one on."""
    return word & ((_ONE << np.uint64(bit)) - _ONE)


@compiled
def _lowest(word: np.uint64) -> int:
    alone = word & (~word + _ONE)
    return int(_PLACES[(alone * _DE_BRUIJN) >> _TOP])


@compiled
def _highest(word: np.uint64) -> int:
    for shift in (1, 2, 4, 8, 16, 32):
        word |= word >> np.uint64(shift)
    return _lowest(word - (word >> _ONE))
