"""Quality windows: spans of time that are flagged, masked or blanked.

Windows may touch, overlap and enclose each other. Where several hold, they act in the order in
which they are given, as layers do; what they amount to between two of their ends is one change
point. A window holds from its start up to, and without, its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.errors import ConfigError
from gnomon.instruments.imap.calibration.layers import Layer
from gnomon.timescales.tt2000 import iso


@dataclass(frozen=True, slots=True)
class Window:
    """One window.

    Attributes
    ----------
    start_tt2000, stop_tt2000 : int
        Nanoseconds; the stop is the first instant after it.
    quality_flag : int
        1 sets, -1 clears, 0 leaves.
    quality_bitmask : int
        N sets bits, -N clears them.
    blank : tuple of bool
        Which of x, y, z become NaN.
    """

    start_tt2000: int
    stop_tt2000: int
    quality_flag: int = 0
    quality_bitmask: int = 0
    blank: tuple[bool, bool, bool] = (False, False, False)

    def __post_init__(self) -> None:
        if self.stop_tt2000 <= self.start_tt2000:
            raise ConfigError(f"a quality window ends before it begins, {iso(self.start_tt2000)}")


def windows_layer(
    windows: Sequence[Window], start_tt2000: int, stop_tt2000: int, name: str
) -> Layer | None:
    """Return the change points of all windows inside a span of time, or None where none is in it.

    Raises
    ------
    ConfigError
        Two windows that overlap set and clear different bits, which no layer can say.
    """
    inside = [w for w in windows if w.start_tt2000 < stop_tt2000 and w.stop_tt2000 > start_tt2000]
    if not inside:
        return None
    edges = {max(w.start_tt2000, start_tt2000) for w in inside}
    edges |= {w.stop_tt2000 for w in inside if w.stop_tt2000 < stop_tt2000}
    times = sorted(edges)
    states = [_state(inside, time) for time in times]
    kept = [i for i in range(len(times)) if i == 0 or states[i] != states[i - 1]]
    blanks = np.array([states[i].blank for i in kept])
    return Layer(
        name,
        np.array([times[i] for i in kept], np.int64),
        np.where(blanks, np.nan, 0.0),
        np.zeros(len(kept)),
        np.array([states[i].quality_flag for i in kept], np.int8),
        np.array([states[i].quality_bitmask for i in kept], np.int32),
        by_vector=False,
    )


@dataclass(frozen=True, slots=True)
class _State:
    quality_flag: int
    quality_bitmask: int
    blank: tuple[bool, bool, bool]


def _state(windows: Sequence[Window], time: int) -> _State:
    """Return what all windows that hold at an instant amount to."""
    flag, sets, clears, blank = 0, 0, 0, (False, False, False)
    for window in windows:
        if not window.start_tt2000 <= time < window.stop_tt2000:
            continue
        flag = window.quality_flag or flag
        if (mask := window.quality_bitmask) >= 0:
            sets, clears = sets | mask, clears & ~mask
        else:
            sets, clears = sets & ~-mask, clears | -mask
        x, y, z = (a or b for a, b in zip(blank, window.blank, strict=True))
        blank = (x, y, z)
    if sets and clears:
        raise ConfigError(
            f"quality windows that overlap at {iso(time)} set bits {sets} and clear bits {clears};"
            " put the one or the other into a manual layer"
        )
    return _State(flag, sets or -clears, blank)
