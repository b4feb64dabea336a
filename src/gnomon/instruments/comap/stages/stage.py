"""What a stage is.

A stage is one class: a model of its options that also does the work. Stages of the phase
``level1`` see the spectra, feed by feed and band by band, in one pass over the file; stages of the
phase ``level2`` see the binned streams of one feed at a time. What a stage leaves for later ones
stands in the file that is being made, under a name of `level2.layout`:

>>> class TwiceTheGain(Stage):
...     use: Literal["twice_the_gain"] = "twice_the_gain"
...     version: ClassVar[int] = 1
...     phase: ClassVar[Phase] = Phase.LEVEL1
...     needs: ClassVar[tuple[str, ...]] = (layout.VANE_GAIN,)
...     def finish(self, obs: Observation) -> None:
...         obs.out[layout.VANE_GAIN][...] *= 2

In a pipeline it is one entry: ``{ use = "my_package.my_module.TwiceTheGain" }``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gnomon.core.steps import StepConfig
from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2.file import Level2File


class Phase(StrEnum):
    """What a stage reads."""

    LEVEL1 = "level1"
    LEVEL2 = "level2"


@dataclass
class Observation:
    """One observation on its way through the stages.

    Attributes
    ----------
    record : Level1Record
        Obsid, source, source group, attributes.
    out : Level2File
        What is being made; stages read there what earlier ones wrote.
    level1 : Level1, optional
        The open Level-1 file; none in the phase ``level2``.
    feeds : tuple of int
        Numbers of the feeds that are processed, 1 to 19, ascending.
    scratch : dict
        What hooks leave within a feed, for others of their stage or for later stages, which must do
        without it; emptied after each feed.
    metrics : dict of str to float
        Figures of the observation for the catalogue; names carry their units.
    remarks : list of str
        What people should know: feeds that were left out, fits that failed.
    flags : tuple of Flag
        What observers flagged (phase ``level2``).
    """

    record: Level1Record
    out: Level2File
    level1: Level1 | None
    feeds: tuple[int, ...]
    scratch: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    flags: tuple[Any, ...] = ()

    @property
    def raw(self) -> Level1:
        """The open Level-1 file."""
        assert self.level1 is not None  # noqa: S101  the phase says so
        return self.level1


@dataclass
class Slab:
    """The spectra of one feed and band, in memory; stages may change them in place.

    Attributes
    ----------
    feed, row, position, band : int
        Number, row in arrays of 19, place in the file's feeds, and band (see `receiver`).
    tod : (channel, time) float32
        Counts, until a stage has calibrated them in place; kelvin then.
    frequency_ghz : (channel,) float64
    """

    feed: int
    row: int
    position: int
    band: int
    tod: NDArray[np.float32]
    frequency_ghz: NDArray[np.float64]


@dataclass
class Streams:
    """The binned streams of one feed, in memory; what stages change is written back.

    Attributes
    ----------
    feed, row : int
    raw, filtered : (band, half, time) float64
        Kelvin; ``level2/binned_data`` and ``level2/binned_filtered_data``.
    flagged : (band, half, time) uint8
        Bits of `science.flags`.
    """

    feed: int
    row: int
    raw: NDArray[np.float64]
    filtered: NDArray[np.float64]
    flagged: NDArray[np.uint8]


class Stage(StepConfig):
    """One stage with its options.

    Attributes
    ----------
    version : int
        Raised whenever its numbers change; part of what identifies a product.
    phase : Phase
    needs, gives : tuple of str
        Datasets of the layout that earlier stages must have written, and that this one writes.
    """

    version: ClassVar[int] = 1
    phase: ClassVar[Phase] = Phase.LEVEL1
    needs: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[tuple[str, ...]] = ()

    def start(self, obs: Observation) -> None:
        """Do what needs no spectra: create datasets, find scans."""

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Work on one feed and band; bands of a feed come in order, feeds too."""

    def feed(self, obs: Observation, feed: int) -> None:
        """Work on a feed, once all of its bands have been seen (phase ``level1``)."""

    def streams(self, obs: Observation, streams: Streams) -> None:
        """Work on the streams of one feed (phase ``level2``)."""

    def finish(self, obs: Observation) -> None:
        """Do what needs all feeds: summaries."""
