"""Whether a Level-1 file makes sense: what stops it, and what people should only know."""

from __future__ import annotations

from collections.abc import Iterator
from os import SEEK_END
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.names import parsed
from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.receiver import GROUND_FEED, N_BANDS, N_FEEDS, SAMPLE_RATE_HZ

POINTING: Final = tuple(
    f"spectrometer/pixel_pointing/pixel_{axis}" for axis in ("az", "el", "ra", "dec")
)
HOUSEKEEPING: Final = (
    "hk/antenna0/vane",
    "hk/antenna0/deTracker",
    "hk/array/frame",
    "hk/array/weather",
)
"""Groups that stages may want; without one of them some files can still be used."""

_DAY_S: Final = 86400.0
_STEP_TOLERANCE: Final = 0.01
_GAP_STEPS: Final = 1.5
_NAME_TOLERANCE_S: Final = 600.0
_UNIX_EPOCH_MJD: Final = 40587.0
_TAIL_BYTES: Final = 64 * 1024
_TAIL_SAMPLES: Final = 64
_SANE_MJD: Final = (50_000.0, 90_000.0)


def checked(level1: Level1, name: str) -> tuple[str, ...]:
    """Refuse a file that makes no sense.

    Parameters
    ----------
    level1 : Level1
    name : str
        The file's name, which holds its obsid.

    Returns
    -------
    tuple of str
        What people should know: feeds that are absent, gaps in time, groups that the file lacks.

    Raises
    ------
    BadData
        The reason, with the file's name.
    """
    for wrong in _wrong(level1, name):
        raise BadData(f"{level1.path.name}: {wrong}")
    return tuple(_remarks(level1, name))


def _wrong(level1: Level1, name: str) -> Iterator[str]:
    """Yield what is wrong; the first reason is enough, and later ones may rely on it."""
    yield from _wrong_name(level1, name)
    yield from _wrong_feeds(level1.feeds)
    yield from _wrong_lengths(level1)
    yield from _wrong_values(level1)
    yield from _wrong_times(level1.mjd)
    if _ends_in_zeros(level1):
        yield "its end is all zeros: it is still being copied, or the copy broke off"


def _wrong_name(level1: Level1, name: str) -> Iterator[str]:
    obsid = parsed(name).obsid
    said = level1.attributes("comap").get("obsid", obsid)
    try:
        known = int(said)
    except (ValueError, OverflowError):
        yield f"its attribute obsid is no number: {said!r}"
    else:
        if known != obsid:
            yield f"its name says obsid {obsid}, its attribute {known}"


def _wrong_feeds(feeds: tuple[int, ...]) -> Iterator[str]:
    if not feeds:
        yield "it has no feeds"
    if stray := sorted({feed for feed in feeds if not 1 <= feed <= GROUND_FEED}):
        yield f"feed {stray[0]} is none of 1 to {GROUND_FEED}"
    if doubled := sorted({feed for feed in feeds if feeds.count(feed) > 1}):
        yield f"feed {doubled[0]} is there {feeds.count(doubled[0])} times"


def _wrong_lengths(level1: Level1) -> Iterator[str]:
    n_feeds, n_bands, n_channels, n_samples = level1.shape
    if not n_samples or not n_channels:
        yield "it has no samples"
    if n_bands != N_BANDS:
        yield f"spectrometer/tod has {n_bands} bands, not {N_BANDS}"
    expected = {
        "spectrometer/feeds": (n_feeds,),
        "spectrometer/bands": (n_bands,),
        "spectrometer/frequency": (n_bands, n_channels),
        "spectrometer/MJD": (n_samples,),
        "spectrometer/features": (n_samples,),
        **dict.fromkeys(POINTING, (n_feeds, n_samples)),
    }
    for name, shape in expected.items():
        if (found := level1.file.shape(name)) != shape:
            yield f"{name} has the shape {found}, but spectrometer/tod wants {shape}"


def _wrong_values(level1: Level1) -> Iterator[str]:
    for name in ("spectrometer/tod", *POINTING):
        dtype = level1.file.dtype(name)
        if dtype.kind != "f":
            yield f"{name} holds {dtype}, not floating-point numbers"
    if not (np.isfinite(level1.frequency_ghz).all() and (level1.frequency_ghz > 0).all()):
        yield "spectrometer/frequency has values that are no frequencies"


def _wrong_times(mjd: NDArray[np.float64]) -> Iterator[str]:
    if not np.isfinite(mjd).all():
        yield f"spectrometer/MJD is no number at {int((~np.isfinite(mjd)).sum())} samples"
    if not _SANE_MJD[0] < mjd[0] < _SANE_MJD[1]:
        yield f"spectrometer/MJD begins at {mjd[0]}, which is no time of the Pathfinder"
    steps_s = np.diff(mjd) * _DAY_S
    if (steps_s <= 0).any():
        first = int(np.argmax(steps_s <= 0))
        yield f"time goes backwards after sample {first}, by {-steps_s[first]:.3f} s"
    if not steps_s.size:
        return
    rate_hz = 1 / float(np.median(steps_s))
    if abs(rate_hz / SAMPLE_RATE_HZ - 1) > _STEP_TOLERANCE:
        yield f"it has {rate_hz:.2f} samples a second, not {SAMPLE_RATE_HZ:g}"


def _slower(level1: Level1) -> int:
    """Return how many feeds and bands a piece of the spectra holds, where that is more than one.

    They are read one feed and band at a time, each time with all pieces that hold some of it.
    """
    chunks = level1.file.chunks("spectrometer/tod")
    together = chunks[0] * chunks[1]
    return together if chunks != level1.shape and together > 1 else 0


def _ends_in_zeros(level1: Level1) -> bool:
    """Tell whether the end of the file was set aside, and never written.

    Some copies give a file its full size at once. Housekeeping may be zeros for good reasons, and
    a dead feed too, so both the last bytes and the last spectra must be.
    """
    with level1.path.open("rb") as file:
        file.seek(-min(_TAIL_BYTES, file.seek(0, SEEK_END)), SEEK_END)
        if any(file.read()):
            return False
    channels = level1.n_channels * np.array((1, 3, 5, 7)) // 8
    middle = level1.n_samples // 2
    where = (-1, -1, sorted(set(channels.tolist())), np.s_[middle : middle + _TAIL_SAMPLES])
    return not level1.read("spectrometer/tod", where).any()


def _remarks(level1: Level1, name: str) -> Iterator[str]:
    if absent := sorted(set(range(1, N_FEEDS + 1)) - set(level1.feeds)):
        yield f"without feeds {', '.join(map(str, absent))}"
    if "obsid" not in level1.attributes("comap"):
        yield "comap has no attribute obsid: that of the name holds"
    for group in HOUSEKEEPING:
        if not level1.has(group):
            yield f"without {group}"
    if slower := _slower(level1):
        yield f"spectrometer/tod is stored so that it is read {slower} times over"
    steps_s = np.diff(level1.mjd) * _DAY_S
    gaps_s = steps_s[steps_s > _GAP_STEPS / SAMPLE_RATE_HZ]
    if gaps_s.size:
        yield f"gaps in time: {gaps_s.size}, of {float(gaps_s.sum()):.2f} s in all"
    start_mjd = parsed(name).start.timestamp() / _DAY_S + _UNIX_EPOCH_MJD
    apart_s = abs(float(level1.mjd[0]) - start_mjd) * _DAY_S
    if apart_s > _NAME_TOLERANCE_S:
        yield f"it begins {apart_s / 60:.0f} min from the time in its name"
