"""Where land is, for maps.

``land.npz`` is the land of Natural Earth 4.1 at 1:50,000,000 (naturalearthdata.com, in the public
domain), rounded to 0.01 degree: `starts` (ring + 1,) and `steps` (2, point), the differences of
longitude and latitude in hundredths of a degree, as int16 that wrap around. Rings are whole: where
one crosses 180 degrees it goes on beyond, and the ring of Antarctica is closed over the pole.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.plots.style import COAST, LAND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FILE = Path(__file__).with_name("land.npz")
_TURN = 360.0


@cache
def rings() -> tuple[NDArray[np.float64], ...]:
    """Return closed lines around land (or around a sea within), each (point, 2) in degrees."""
    with np.load(_FILE) as file:
        starts, steps = file["starts"], file["steps"]
    points = np.cumsum(steps, axis=1, dtype=np.int16).T / 100
    return tuple(np.split(points, starts[1:-1]))


def draw_land(axes: Axes, *, linewidth: float = 0.5, least: float = 0.0) -> None:
    """Fill land within the limits of axes in degrees, however far these go beyond 180.

    Parameters
    ----------
    least : float
        Leave out what is smaller both ways, in degrees.
    """
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path as Outline  # noqa: PLC0415

    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    pieces = []
    for turn in (-_TURN, 0.0, _TURN):
        for ring in rings():
            (least_x, least_y), (most_x, most_y) = ring.min(axis=0), ring.max(axis=0)
            if most_x - least_x < least and most_y - least_y < least:
                continue
            inside = least_x + turn < east and most_x + turn > west
            if inside and least_y < north and most_y > south:
                pieces.append(Outline(np.add(ring, (turn, 0.0)), closed=True))
    if pieces:
        whole = Outline.make_compound_path(*pieces)
        # Not `add_patch`, which would take seconds to find the limits that we do not want anyway.
        axes.add_artist(PathPatch(whole, facecolor=LAND, edgecolor=COAST, linewidth=linewidth))
