"""What the team of the simulated spacecraft knows: layers of offsets, windows of bad quality."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from gnomon.instruments.imap.simulate.mission import INNER, NS, OUTER, RATIO, Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times

FACTOR = -RATIO / (1 - RATIO)
"""What the difference of the sensors, MAGi - MAGo, is multiplied by to correct MAGo."""
METHOD = "known-offsets"
"""Of the layers: none that gnomon makes by itself, so they are put into the store by hand."""
_HEADER = "time,offset_x,offset_y,offset_z,timedelta,quality_flag,quality_bitmask"
_HOUR_NS = 3600 * NS


SETTINGS = f"""\
kappa: {FACTOR}
sc_interference_threshold: 20.0
interpolation: cubic
"""
"""How the gradiometer is to be set for these sensors."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of bad data, hours from the first midnight.

    Attributes
    ----------
    bitmask : int
        What to set.
    blank : bool
        The vectors are to become NaN.
    """

    start_h: float
    stop_h: float
    bitmask: int
    blank: bool = False


WINDOWS = (
    Window(2.0, 6.0, 4),
    Window(4.0, 10.0, 8),
    Window(10.0, 11.0, 16),
    Window(13.0, 13.1, 4, blank=True),
)
"""The first two overlap, the third begins where the second ends."""


def quality_windows(mission: Mission) -> str:
    """Return the windows as the table that the quality method reads."""
    lines = ["start_date,end_date,quality_flag,quality_bitmask,nan_x,nan_y,nan_z"]
    midnight = np.datetime64(mission.start.isoformat(), "ms")
    for window in WINDOWS:
        ends = [midnight + np.timedelta64(round(h * 3.6e6), "ms") for h in _ends(window)]
        blank = ",".join([str(window.blank)] * 3)
        lines.append(f"{ends[0]},{ends[1]},1,{window.bitmask},{blank}")
    return "\n".join(lines) + "\n"


def _ends(window: Window) -> tuple[float, float]:
    return window.start_h, window.stop_h


def quality(mission: Mission, tt2000: Times) -> tuple[Times, Times]:
    """Return the bits that the windows set, (n,), and where vectors are blanked, (n,) bool."""
    since = tt2000 - mission.span[0]
    bits, blank = np.zeros(len(tt2000), np.int64), np.zeros(len(tt2000), bool)
    for window in WINDOWS:
        inside = (since >= window.start_h * _HOUR_NS) & (since < window.stop_h * _HOUR_NS)
        bits |= np.where(inside, window.bitmask, 0)
        blank |= inside & window.blank
    return bits, blank


def offset_to_add(mission: Mission) -> Floats:
    """Return what is to be added to MAGo, in MAG_BASE, beside the gradiometer's layer, nT, (3,).

    The sensors' offsets are in their difference too, so the gradiometer adds `FACTOR` of it.
    """
    offsets = mission.offsets_nt
    return np.asarray(-offsets[OUTER] - FACTOR * (offsets[INNER] - offsets[OUTER]))


def offset_layers(mission: Mission) -> Iterator[tuple[str, bytes]]:
    """Return the layers of offsets as files of the store, by path: CSV and JSON of each day."""
    for number, day in enumerate(mission.dates):
        for mode in ("norm", "burst")[: 2 if number == 0 else 1]:
            yield from _layer(mission, day, mode)


def _layer(mission: Mission, day: date, mode: str) -> Iterator[tuple[str, bytes]]:
    folder = f"calibration/layers/{day:%Y/%m}"
    stem = f"imap_mag_{METHOD}-{mode}-layer"
    end = f"{day:%Y%m%d}_v001.0001"
    offsets = ",".join(map(str, offset_to_add(mission).tolist()))
    text = f"{_HEADER}\n{day}T00:00:00.000000000,{offsets},0.0,0,0\n"
    data_name = f"{stem}-data_{end}.csv"
    yield f"{folder}/{data_name}", text.encode()
    level = "l1c" if mode == "norm" else "l1b"
    about = {
        "id": "",
        "mission": "IMAP",
        "validity": {"start": f"{day}T00:00:00.000", "end": f"{day}T23:59:59.999"},
        "sensor": "MAGo",
        "version": 1,
        "version_major": 1,
        "metadata": {
            "data_filename": data_name,
            "data_hash": hashlib.md5(text.encode()).hexdigest(),  # noqa: S324 - the format's own
            "dependencies": [],
            "science": [f"imap_mag_{level}_{mode}-mago_{end}.cdf"],
            "content_date": f"{day}T00:00:00",
            "creation_timestamp": f"{day}T12:00:00",
            "comment": "Offsets of the simulated sensors",
        },
        "method": METHOD,
        "value_type": "boundary_changes",
    }
    yield f"{folder}/{stem}_{end}.json", json.dumps(about, indent=4).encode()
