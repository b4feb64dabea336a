"""An open Level-1 file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats import hdf5
from gnomon.formats.hdf5 import Hdf5, Retry, Value

_TOD = "spectrometer/tod"
_TOD_RANK = 4


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

    Every method raises `BadData`, with the name of the file, where it lacks something or its bytes
    are damaged.

    Attributes
    ----------
    path : Path
    file : Hdf5
        For what is not offered here.
    feeds : tuple of int
        Numbers of the feeds, in the file's order.
    mjd : (time,) float64
        UTC.
    frequency_ghz : (band, channel) float64
    features : (time,) int64
        Bit mask of each sample; see `receiver`.
    """

    def __init__(self, path: Path, file: Hdf5) -> None:
        self.path, self.file = path, file
        self.feeds = tuple(int(feed) for feed in self._numbers("feeds", np.int64).flat)
        self.mjd: NDArray[np.float64] = self._numbers("MJD", np.float64)
        self.frequency_ghz: NDArray[np.float64] = self._numbers("frequency", np.float64)
        self.features: NDArray[np.int64] = self._numbers("features", np.int64)
        self.shape = file.shape(_TOD)
        if len(self.shape) != _TOD_RANK:
            raise BadData(f"{path.name}: {_TOD} has {len(self.shape)} axes, not {_TOD_RANK}")

    def _numbers(self, name: str, dtype: Any) -> NDArray[Any]:
        values = self.file.read(f"spectrometer/{name}")
        if values.dtype.kind not in "iufb" or not values.ndim:
            raise BadData(f"{self.path.name}: spectrometer/{name} is no array of numbers")
        if values.dtype.kind == "f" and dtype is np.int64 and not np.isfinite(values).all():
            raise BadData(f"{self.path.name}: spectrometer/{name} has values that are no numbers")
        return values.astype(dtype)

    @property
    def held(self) -> Any:
        """The file as h5py sees it; its errors are not ours, so prefer `read` and `has`."""
        return self.file.held

    @property
    def n_channels(self) -> int:
        """Channels of a band."""
        return self.shape[2]

    @property
    def n_samples(self) -> int:
        """Samples in time."""
        return len(self.mjd)

    def position_of(self, feed: int) -> int:
        """Return the place of a feed in the file."""
        return self.feeds.index(feed)

    def read_tod(self, position: int, band: int, into: NDArray[np.float32]) -> None:
        """Read the counts of one feed and band, (channel, time), into an array of that shape."""
        self.file.read_into(_TOD, into, np.s_[position, band])

    def read(self, name: str, where: Any = ...) -> NDArray[Any]:
        """Return a dataset by its path in the file, or the part that an index picks."""
        return self.file.read(name, where)

    def attributes(self, name: str = "comap") -> dict[str, Value]:
        """Return the attributes of a group or dataset: text, integers, floats."""
        return self.file.attributes(name)

    def pointing(self, name: str, feed: int) -> NDArray[np.float64]:
        """Return ``az``, ``el``, ``ra`` or ``dec`` of a feed, (time,), degrees."""
        values = self.file.read(f"spectrometer/pixel_pointing/pixel_{name}", self.position_of(feed))
        return values.astype(np.float64)

    def housekeeping(self, group: str, name: str) -> Housekeeping:
        """Return a series such as ``antenna0/vane``, ``angle`` with the times of its group."""
        mjd = self.file.read(f"hk/{group}/utc").astype(np.float64)
        values = self.file.read(f"hk/{group}/{name}")
        if len(values) != len(mjd):
            raise BadData(
                f"{self.path.name}: hk/{group}/{name} has {len(values)} values at {len(mjd)} times"
            )
        return Housekeeping(mjd, values)

    def has(self, name: str) -> bool:
        """Tell whether the file has a dataset or group."""
        return name in self.file


@contextmanager
def opened(path: Path, retry: Retry | None = None) -> Iterator[Level1]:
    """Open a Level-1 file; see `gnomon.formats.hdf5.opened`."""
    with hdf5.opened(path, retry) as file:
        yield Level1(path, file)
