"""Where the feeds look: a hexagon of 19 horns, 65 mm apart."""

from __future__ import annotations

import math

from gnomon.instruments.comap.receiver import GROUND_FEED, N_FEEDS, PLATE_SCALE_ARCMIN_PER_MM

SPACING_MM = 65.0
_CORNERS = 6


def offsets_deg(feed: int) -> tuple[float, float]:
    """Return where a feed looks: azimuth times cos(el) and elevation, from the middle.

    Feed 1 is the middle, 2 to 7 are the ring around it and 8 to 19 the outer one.
    """
    if feed in (1, GROUND_FEED):
        return 0.0, 0.0
    if not 1 < feed <= N_FEEDS:
        raise ValueError(f"there is no feed {feed}")
    ring = 1 if feed <= 1 + _CORNERS else 2
    place = feed - (2 if ring == 1 else 2 + _CORNERS)
    corner, step = divmod(place, ring)
    first, second = _corner(corner), _corner(corner + 1)
    along = step / ring
    scale = ring * SPACING_MM * PLATE_SCALE_ARCMIN_PER_MM / 60
    x, y = ((1 - along) * one + along * other for one, other in zip(first, second, strict=True))
    return scale * x, scale * y


def _corner(number: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / _CORNERS
    return math.cos(angle), math.sin(angle)
