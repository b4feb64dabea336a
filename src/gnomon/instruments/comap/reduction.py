"""The two drivers: one pass over a Level-1 file, and the work on the streams that it gives.

Memory is that of one slab: the spectra of one feed and band, for all of the observation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.observation import Level1, opened
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import Level2File, changing, making
from gnomon.instruments.comap.receiver import N_BANDS, N_FEEDS, row_of
from gnomon.instruments.comap.stages.flagging import flag
from gnomon.instruments.comap.stages.registry import checked
from gnomon.instruments.comap.stages.stage import Observation, Phase, Slab, Stage, Streams


def reduce(
    level1: Path,
    record: Level1Record,
    stages: Sequence[Stage],
    out: Path,
    *,
    feeds: Sequence[int] | None = None,
) -> Observation:
    """Take a Level-1 file through stages, reading its spectra once.

    Parameters
    ----------
    level1 : Path
    record : Level1Record
    stages : sequence of Stage
        Of the phase ``level1``.
    out : Path
        The file to make.
    feeds : sequence of int, optional
        Numbers of the feeds to process; all that see the sky when absent.

    Returns
    -------
    Observation
        With metrics and remarks; its files are closed.

    Raises
    ------
    BadData
        The file cannot be used; the message says why.
    ConfigError
        A stage needs what none before it gives.
    """
    checked(stages, Phase.LEVEL1, ())
    with opened(level1) as raw, making(out) as made:
        obs = Observation(record, made, raw, _wanted(raw, feeds))
        for stage in stages:
            stage.start(obs)
        _pass(obs, raw, stages)
        for stage in stages:
            stage.finish(obs)
    return obs


def _wanted(raw: Level1, feeds: Sequence[int] | None) -> tuple[int, ...]:
    there = sorted(feed for feed in raw.feeds if 1 <= feed <= N_FEEDS)
    chosen = tuple(feed for feed in there if feeds is None or feed in feeds)
    if not chosen:
        raise BadData(f"{raw.path.name}: none of its feeds {list(raw.feeds)} is wanted")
    return chosen


def _pass(obs: Observation, raw: Level1, stages: Sequence[Stage]) -> None:
    """Read every feed and band once, into the same memory."""
    tod: NDArray[np.float32] = np.empty((raw.n_channels, raw.n_samples), np.float32)
    for feed in obs.feeds:
        position = raw.position_of(feed)
        for band in range(N_BANDS):
            raw.read_tod(position, band, tod)
            slab = Slab(feed, row_of(feed), position, band, tod, raw.frequency_ghz[band])
            for stage in stages:
                stage.slab(obs, slab)
        for stage in stages:
            stage.feed(obs, feed)
        obs.scratch.clear()


def refine(
    binned: Path,
    record: Level1Record,
    stages: Sequence[Stage],
    out: Path,
    *,
    flags: Sequence[object] = (),
) -> Observation:
    """Take the streams of a binned file through stages, feed by feed.

    Parameters
    ----------
    binned : Path
        What `reduce` made.
    stages : sequence of Stage
        Of the phase ``level2``.
    out : Path
        The file to make: all of `binned`, and what the stages add or change.
    flags : sequence
        What observers flagged.

    Raises
    ------
    BadData
        The streams cannot be used.
    ConfigError
        A stage needs what nothing before it gives.
    """
    _copy(binned, out)
    with changing(out) as made:
        _begin_flags(made)
        there = [name for name in layout.LAYOUT if name in made]
        checked(stages, Phase.LEVEL2, there)
        obs = Observation(record, made, None, _with_streams(made), flags=tuple(flags))
        for stage in stages:
            stage.start(obs)
        for feed in obs.feeds:
            _refine_feed(obs, feed, stages)
        for stage in stages:
            stage.finish(obs)
    return obs


def _copy(binned: Path, out: Path) -> None:
    """Copy a file byte for byte, into one that may be written: the store's may not."""
    with binned.open("rb") as source, out.open("wb") as target:
        while block := source.read(1 << 22):
            target.write(block)


def _begin_flags(made: Level2File) -> None:
    """Make flags for streams that have none."""
    if layout.FILTERED in made and layout.FLAGGED not in made:
        made.create(layout.FLAGGED, time=made[layout.FILTERED].shape[-1])


def _with_streams(made: Level2File) -> tuple[int, ...]:
    """Return the feeds that have a sample which is a number."""
    if layout.CENTRAL_FREQS not in made:
        raise BadData("the file has no binned streams: no stage has made them")
    feeds = [int(feed) for feed in made.array("spectrometer/feeds") if 1 <= feed <= N_FEEDS]
    return tuple(
        feed
        for feed in sorted(feeds)
        if np.isfinite(made[layout.CENTRAL_FREQS][row_of(feed)]).any()
    )


def _refine_feed(obs: Observation, feed: int, stages: Sequence[Stage]) -> None:
    row, out = row_of(feed), obs.out
    flagged = out[layout.FLAGGED][row]
    streams = Streams(feed, row, out[layout.BINNED][row], out[layout.FILTERED][row], flagged)
    before = streams.filtered.copy(), streams.flagged.copy()
    flag(obs, streams)
    for stage in stages:
        stage.streams(obs, streams)
    if not np.array_equal(streams.filtered, before[0], equal_nan=True):
        out[layout.FILTERED][row] = streams.filtered
    if not np.array_equal(streams.flagged, before[1]):
        out[layout.FLAGGED][row] = streams.flagged
    obs.scratch.clear()
