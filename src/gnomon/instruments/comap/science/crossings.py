"""The samples near a source, crossing by crossing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.science.gaussian_sums import expected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

FEWEST = 5
"""Samples of a crossing that is worth having."""
_MOST_LAGS = 250
_LENGTHS = (1.0, 4.0, 16.0, 64.0, 256.0)
"""In samples: of the exponentials that noise is made of, beside what is white."""


@dataclass(frozen=True)
class Crossings:
    """Samples near a source, in order of time.

    Attributes
    ----------
    x_deg, y_deg : (n,) float64
        Where they are from the source's nominal place.
    time : (n,) float64
        In samples.
    starts : (crossings + 1,) int64
        Crossing `i` is ``starts[i]:starts[i + 1]``; none is empty.
    """

    x_deg: Floats
    y_deg: Floats
    time: Floats
    starts: Ints

    @classmethod
    def found(cls, x_deg: Floats, y_deg: Floats, near: Truths) -> Crossings:
        """Return those of a stream: each unbroken run of samples near the source is one."""
        index = np.flatnonzero(near)
        cuts = np.flatnonzero(np.diff(index) > 1) + 1
        ends = np.concatenate([[0], cuts, [len(index)]]) if len(index) else np.zeros(1)
        time = index.astype(np.float64)
        return cls(x_deg[index], y_deg[index], time, ends.astype(np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def number(self) -> Ints:
        """Which crossing each sample is of."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.starts))

    def only(self, kept: Truths) -> tuple[Crossings, Truths]:
        """Return some of the samples, and which they are: crossings with too few left are left out.

        Parameters
        ----------
        kept : (n,) bool
        """
        counts = np.bincount(self.number[kept], minlength=len(self))
        enough = counts >= FEWEST
        taken = kept & enough[self.number]
        starts = np.concatenate([[0], np.cumsum(counts[enough])]).astype(np.int64)
        return Crossings(self.x_deg[taken], self.y_deg[taken], self.time[taken], starts), taken

    @cached_property
    def noise(self) -> tuple[Floats, Floats]:
        """Sorts of noise: how each covaries, and what it gives once levels and slopes are gone.

        Both (sort, lag) float64; the second as `gaussian_sums.expected` says.
        """
        lag = np.arange(min(_MOST_LAGS, int(np.diff(self.starts).max())))
        shapes = np.array([lag == 0, *(np.exp(-lag / length) for length in _LENGTHS)], np.float64)
        return shapes, np.array([expected(self.time, self.starts, shape) for shape in shapes])
