"""Follows packets from header to header through a buffer, and doubts those that look wrong.

A run of packets that start alike is taken at once; others one by one. What a packet is like (its
first word, which is version, type and APID, and its length) is remembered: a packet of a kind
never seen before is looked into, because a damaged header may have swallowed good packets.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
HEADER = 6
"""Bytes of a primary header."""
SHORTEST = HEADER + 1
_WORDS = 1 << 16
_APIDS = 1 << 11
_TRUSTED = 3
"""A first word that occurred so often is none of garbage."""
_FIRST_RUN, _LONGEST_RUN, _WORTHWHILE, _PAUSE = 16, 1 << 16, 8, 64
_VERSION_SHIFT = 5


class Chain:
    """Packets found so far, and what is known of them.

    Parameters
    ----------
    data : (size,) u1
    apids : collection of int
        APIDs that are known to occur.

    Attributes
    ----------
    starts, lengths : array of i8
        Of the packets that were taken and not released, in order.
    expected : (65536,) bool
        First words of the APIDs that were named.
    """

    def __init__(self, data: Bytes, apids: Collection[int] = ()) -> None:
        self.data, self.size = data, len(data)
        self._view = memoryview(data.data)
        self.starts, self.lengths = array("q"), array("q")
        self._counts: dict[int, int] = {}
        self._shapes: dict[int, set[int]] = {}
        self.expected = np.zeros(_WORDS, bool)
        # Of version 0, telemetry, with and without a secondary header.
        for apid in apids:
            self.expected[[apid % _APIDS, apid % _APIDS | _APIDS]] = True

    # -- headers

    def word(self, at: int) -> int:
        """Return the first word of the header at a place."""
        return self._view[at] << 8 | self._view[at + 1]

    def length(self, at: int) -> int:
        """Return the length that the header at a place gives, or 0 where there can be none.

        A header is of version 0 and not all zeros, which is fill. The packet may reach beyond
        the end of the buffer.
        """
        view = self._view
        if at + HEADER > self.size or view[at] >> _VERSION_SHIFT:
            return 0
        length = SHORTEST + (view[at + 4] << 8 | view[at + 5])
        return 0 if length == SHORTEST and not any(view[at : at + 4]) else length

    def known(self) -> NDArray[np.bool_]:
        """Return which first words are to be expected, (65536,)."""
        table = self.expected.copy()
        table[[word for word, count in self._counts.items() if count >= _TRUSTED]] = True
        return table

    def seen(self) -> NDArray[np.bool_]:
        """Return which first words occurred, (65536,)."""
        table = np.zeros(_WORDS, bool)
        table[[word for word, count in self._counts.items() if count]] = True
        return table

    def is_trusted(self, word: int) -> bool:
        """Return whether a first word is to be expected."""
        return self.is_common(word) or self.is_expected(word)

    def is_common(self, word: int) -> bool:
        """Return whether a first word occurred often."""
        return self._counts.get(word, 0) >= _TRUSTED

    def is_expected(self, word: int) -> bool:
        """Return whether a first word is of an APID that was named."""
        return bool(self.expected[word])

    def is_seen(self, word: int, length: int) -> bool:
        """Return whether there was such a packet."""
        return length in self._shapes.get(word, ())

    def usual_length(self, word: int) -> int:
        """Return the one length that packets of a first word have; 0 where it varies."""
        lengths = self._shapes.get(word, set())
        return next(iter(lengths)) if len(lengths) == 1 else 0

    def varies(self, word: int) -> bool:
        """Return whether packets of a first word are known to have several lengths."""
        return self.is_common(word) and not self.usual_length(word)

    def ahead(self, at: int, most: int) -> Iterator[tuple[int, int, int]]:
        """Yield start, first word and length of packets from a place on, without taking them."""
        for _ in range(most):
            length = self.length(at)
            if not length or at + length > self.size:
                return
            yield at, self.word(at), length
            at += length

    # -- packets

    def follow(self, at: int, stop: int) -> int:
        """Take packets from a place on; return where the next one would start.

        That is beyond `stop`, or where there is no packet, or a doubtful one.
        """
        last, pause = -1, 0
        while at < stop:
            length = self.length(at)
            if not length or at + length > self.size:
                return at
            word = self.word(at)
            shape = word << 20 | length
            if shape == last and pause <= 0:
                taken = self._run(at, length, stop)
                pause = 0 if taken >= _WORTHWHILE else _PAUSE
                at += taken * length
                continue
            pause -= 1
            if self.is_doubtful(at, word, length):
                return at
            self._take(at, length, word)
            last, at = shape, at + length
        return at

    def is_doubtful(self, _at: int, _word: int, _length: int) -> bool:
        """Return whether a packet that could be taken is rather garbage; `resync` knows."""
        return False

    def _take(self, at: int, length: int, word: int) -> None:
        self.starts.append(at)
        self.lengths.append(length)
        self._counts[word] = self._counts.get(word, 0) + 1
        self._shapes.setdefault(word, set()).add(length)

    def _run(self, at: int, length: int, stop: int) -> int:
        """Take the packets from a place on that start alike; return how many (at least one)."""
        limit = min((self.size - at) // length, -(-(stop - at) // length))
        total, block = 0, _FIRST_RUN
        while total < limit:
            rows = min(block, limit - total)
            first = at + total * length
            heads = self.data[first : first + rows * length].reshape(rows, length)[:, :HEADER]
            alike = heads[:, 0] == heads[0, 0]
            for byte in (1, 4, 5):
                alike &= heads[:, byte] == self.data[at + byte]
            found = rows if alike.all() else int(alike.argmin())
            total += found
            if found < rows:
                break
            block = min(block * 4, _LONGEST_RUN)
        starts = np.arange(at, at + total * length, length, dtype=np.int64)
        self.starts.frombytes(starts.tobytes())
        self.lengths.frombytes(np.full(total, length, np.int64).tobytes())
        self._counts[self.word(at)] += total
        return total

    def forget(self, number: int) -> None:
        """Give the last packets up: they were none."""
        for start in self.starts[len(self.starts) - number :]:
            self._counts[self.word(start)] -= 1
        del self.starts[len(self.starts) - number :]
        del self.lengths[len(self.lengths) - number :]

    def release(self, kept: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return start and length of all packets but the last `kept`, and drop them here."""
        number = max(len(self.starts) - kept, 0)
        starts = np.array(self.starts[:number], np.int64)
        lengths = np.array(self.lengths[:number], np.int64)
        del self.starts[:number]
        del self.lengths[:number]
        return starts, lengths
