"""A Level-2 file, opened to be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, UnknownName
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import N_FEEDS, row_of
from gnomon.instruments.comap.science.flags import OUTSIDE_SCAN

Floats = NDArray[np.float64]

_MJD_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC)
_MINUTES = 1440.0


@dataclass(frozen=True)
class Observed:
    """One observation.

    Attributes
    ----------
    held : h5py.File
        Open for reading.
    name : str
        Of the file.
    chosen : tuple of int
        Numbers of the feeds to draw; empty: all that the file has.
    """

    held: Any
    name: str
    chosen: tuple[int, ...] = ()

    @cached_property
    def mjd(self) -> Floats:
        """Times of the samples, (time,) float64, UTC."""
        return np.asarray(self.array("spectrometer/MJD"), np.float64)

    @cached_property
    def minutes(self) -> Floats:
        """Times of the samples since the first, (time,) float64."""
        since: Floats = (self.mjd - self.mjd[0]) * _MINUTES
        return since

    @cached_property
    def there(self) -> tuple[int, ...]:
        """Numbers of all feeds that the file has and that see the sky."""
        feeds = sorted(int(feed) for feed in self.array("spectrometer/feeds"))
        return tuple(feed for feed in feeds if 1 <= feed <= N_FEEDS)

    @cached_property
    def feeds(self) -> tuple[int, ...]:
        """Numbers of the feeds to draw.

        Raises
        ------
        BadData
            There is none.
        UnknownName
            The file has not all that are asked for.
        """
        for feed in self.chosen:
            if feed not in self.there:
                raise UnknownName(f"feed of {self.name}", str(feed), map(str, self.there))
        if not self.there:
            raise BadData(f"{self.name}: no feed sees the sky")
        return self.chosen or self.there

    @cached_property
    def scans(self) -> NDArray[np.int64]:
        """First sample, and the one after the last, of each scan: (scan, 2) int64."""
        edges: NDArray[np.int64] = self.array(layout.SCAN_EDGES)
        return edges

    @cached_property
    def source(self) -> str:
        """What was observed; empty where the file does not say."""
        said = self._attribute("source")
        return said.split(",")[0].strip()

    @property
    def title(self) -> str:
        """Source and number."""
        obsid = self._attribute("obsid")
        return "  ·  ".join(filter(None, [self.source, f"obsid {obsid}" if obsid else self.name]))

    @property
    def subtitle(self) -> str:
        """When, and how long."""
        start = _MJD_EPOCH + timedelta(days=float(self.mjd[0]))
        said = f"{start:%Y-%m-%d %H:%M} UTC  ·  {self.minutes[-1]:.1f} min"
        return f"{said}  ·  {len(self.scans)} scans  ·  {len(self.there)} feeds"

    def has(self, name: str) -> bool:
        """Tell whether the file has a dataset."""
        return name in self.held

    def array(self, name: str, at: Any = ...) -> NDArray[Any]:
        """Return a dataset, or a part of it.

        Raises
        ------
        BadData
            The file has none of that name, or it cannot be read.
        """
        if name not in self.held:
            raise BadData(f"{self.name} has no {name}: no stage wrote it")
        try:
            values: NDArray[Any] = self.held[name][at]
        except (OSError, ValueError) as error:
            raise BadData(f"{self.name}: {name} cannot be read: {error}") from error
        return values

    def of_feed(self, name: str, feed: int) -> NDArray[Any]:
        """Return the row of a feed."""
        return self.array(name, row_of(feed))

    def position_of(self, feed: int) -> int:
        """Return the place of a feed among those of the file."""
        return [int(one) for one in self.array("spectrometer/feeds")].index(feed)

    def pointing(self, name: str, feed: int) -> Floats:
        """Return ``az``, ``el``, ``ra`` or ``dec`` of a feed, (time,) float64, degrees."""
        where = f"spectrometer/pixel_pointing/pixel_{name}"
        return self.array(where, self.position_of(feed))

    def flags_of(self, feed: int) -> NDArray[np.uint8]:
        """Return the flags of a feed, (band, half, time) uint8; outside scans where none stand."""
        if self.has(layout.FLAGGED):
            return self.of_feed(layout.FLAGGED, feed)
        flags = np.full((4, 2, len(self.mjd)), OUTSIDE_SCAN, np.uint8)
        for first, behind in self.scans:
            flags[..., first:behind] = 0
        return flags

    def _attribute(self, name: str) -> str:
        said = self.held["comap"].attrs.get(name, "") if "comap" in self.held else ""
        return said.decode() if isinstance(said, bytes) else str(said)


@contextmanager
def opened(path: Path, feeds: Sequence[int] = ()) -> Iterator[Observed]:
    """Open a Level-2 file to draw some of its feeds.

    Raises
    ------
    BadData
        It is no HDF5 file, or holds no samples of known times.
    """
    import h5py  # noqa: PLC0415 - heavy, and an extra

    try:
        held = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise BadData(f"{path.name} cannot be opened: {error}") from error
    with held:
        observed = Observed(held, path.name, tuple(feeds))
        if not (len(observed.mjd) and np.isfinite(observed.mjd[[0, -1]]).all()):
            raise BadData(f"{path.name} holds no samples of known times")
        yield observed


def mean_of(values: Floats, use: NDArray[np.bool_], axis: int | tuple[int, ...]) -> Floats:
    """Return the mean of what is to be used and known; NaN where that is nothing."""
    known = use & np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
