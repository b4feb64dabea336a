"""Gaps, repeats and wraps of the sequence counts that packets carry per APID.

A count has 14 bits (CCSDS 133.0-B-2, section 4.1.3.4.3) and wraps from 16383 to 0. Each packet is
compared with the one of its APID before it, in the order given: a step of one is the next packet,
of zero a repeat, a step ahead of less than half of the range a gap, and any other a step back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.frames import Packets

RANGE = 1 << 14
_HALF = RANGE // 2


@dataclass(frozen=True, slots=True)
class Counts:
    """What the sequence counts of one APID tell.

    Attributes
    ----------
    packets : int
    gaps, missing : int
        Steps ahead of more than one, and how many packets they passed over.
    repeats : int
        Packets whose count is that of the one before: duplicates, if their bytes are alike.
    backward : int
        Packets that come after later ones: out of order, sent again, or a counter that restarted.
    wraps : int
        Steps over the end of the range.
    first, last : int
        Counts of the first and the last packet.
    """

    packets: int
    gaps: int = 0
    missing: int = 0
    repeats: int = 0
    backward: int = 0
    wraps: int = 0
    first: int = 0
    last: int = 0

    def then(self, later: Counts) -> Counts:
        """Return the counts of this part and the one that comes after it."""
        joint = counted(np.array([self.last, later.first], np.int64))
        return Counts(
            self.packets + later.packets,
            self.gaps + joint.gaps + later.gaps,
            self.missing + joint.missing + later.missing,
            self.repeats + joint.repeats + later.repeats,
            self.backward + joint.backward + later.backward,
            self.wraps + joint.wraps + later.wraps,
            self.first,
            later.last,
        )


def counted(count: NDArray[np.integer]) -> Counts:
    """Return what the sequence counts of one APID tell.

    Parameters
    ----------
    count : (n,) int
        In order; n is at least 1.
    """
    values = count.astype(np.int64)
    difference = np.diff(values)
    step = difference % RANGE
    ahead = (step > 1) & (step < _HALF)
    return Counts(
        len(values),
        int(ahead.sum()),
        int((step[ahead] - 1).sum()),
        int((step == 0).sum()),
        int((step >= _HALF).sum()),
        int(((difference < 0) & (step > 0) & (step < _HALF)).sum()),
        int(values[0]),
        int(values[-1]),
    )


def counters(packets: Packets, before: Mapping[int, Counts]) -> dict[int, Counts]:
    """Return what the sequence counts tell, by APID, of packets and of those before them."""
    found = dict(before)
    for apid in np.unique(packets.apid).tolist():
        counts = counted(packets.count[packets.apid == apid])
        found[apid] = found[apid].then(counts) if apid in found else counts
    return dict(sorted(found.items()))
