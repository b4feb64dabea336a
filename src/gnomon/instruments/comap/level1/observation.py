"""An open Level-1 file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Housekeeping:
    """One housekeeping series, on its own clock.

    Attributes
    ----------
    mjd : (n,) float64
        UTC, as recorded: see `receiver.HOUSEKEEPING_CLOCK_OFFSET_S`.
    values : (n,) array
        As recorded, unscaled.
    """

    mjd: NDArray[np.float64]
    values: NDArray[Any]


class Level1:
    """The spectra, pointing and housekeeping of one observation.

    Attributes
    ----------
    path : Path
    feeds : tuple of int
        Numbers of the feeds, in the file's order.
    mjd : (time,) float64
        UTC.
    frequency_ghz : (band, channel) float64
    features : (time,) int64
        Bit mask of each sample; see `receiver`.
    """

    def __init__(self, path: Path, held: Any) -> None:
        self.path, self.held = path, held
        spectrometer = held["spectrometer"]
        self.feeds = tuple(int(feed) for feed in spectrometer["feeds"][...])
        self.mjd: NDArray[np.float64] = spectrometer["MJD"][...].astype(np.float64)
        self.frequency_ghz: NDArray[np.float64] = spectrometer["frequency"][...].astype(np.float64)
        self.features: NDArray[np.int64] = spectrometer["features"][...].astype(np.int64)
        self._tod = spectrometer["tod"]

    @property
    def n_channels(self) -> int:
        """Channels of a band."""
        return int(self._tod.shape[2])

    @property
    def n_samples(self) -> int:
        """Samples in time."""
        return len(self.mjd)

    def position_of(self, feed: int) -> int:
        """Return the place of a feed in the file."""
        return self.feeds.index(feed)

    def read_tod(self, position: int, band: int, into: NDArray[np.float32]) -> None:
        """Read the counts of one feed and band, (channel, time), into an array of that shape."""
        self._tod.read_direct(into, np.s_[position, band])

    def pointing(self, name: str, feed: int) -> NDArray[np.float64]:
        """Return ``az``, ``el``, ``ra`` or ``dec`` of a feed, (time,), degrees."""
        values: NDArray[np.float64] = self.held[f"spectrometer/pixel_pointing/pixel_{name}"][
            self.position_of(feed)
        ]
        return values

    def housekeeping(self, group: str, name: str) -> Housekeeping:
        """Return a series such as ``antenna0/vane``, ``angle`` with the times of its group."""
        held = self.held[f"hk/{group}"]
        return Housekeeping(held["utc"][...].astype(np.float64), held[name][...])

    def has(self, name: str) -> bool:
        """Tell whether the file has a dataset or group."""
        return name in self.held


@contextmanager
def opened(path: Path) -> Iterator[Level1]:
    """Open a Level-1 file."""
    import h5py  # noqa: PLC0415 - heavy, and an extra

    with h5py.File(path, "r", locking=False) as held:
        yield Level1(path, held)
