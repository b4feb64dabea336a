"""Large questions in pieces that IRSA answers: cones in tiles, ids in batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gnomon.errors import ConfigError
from gnomon.instruments.sky.irsa.request import LARGEST_RADIUS_DEG, MOST_IDS, Cone

MOST_DEG = 5.0
"""About 1,100 tiles. IRSA asks those who want more to take its bulk files."""


def tiles(cone: Cone) -> tuple[Cone, ...]:
    """Return cones that IRSA answers and that together cover one.

    Centres are a hexagonal grid in the plane of the azimuthal equidistant projection about the
    cone's own centre. On the sphere no two points are farther apart than in that plane, so circles
    that cover the disc there cover the cone.

    Raises
    ------
    ConfigError
        It is larger than `MOST_DEG`.
    """
    if cone.radius_deg <= LARGEST_RADIUS_DEG:
        return (cone,)
    if cone.radius_deg > MOST_DEG:
        raise ConfigError(
            f"radius {cone.radius_deg} degrees is more than {MOST_DEG}: for so many light curves"
            " IRSA asks to take its bulk files, https://irsa.ipac.caltech.edu/data/ZTF/lc"
        )
    places = sorted(_grid(cone.radius_deg), key=lambda at: (math.hypot(*at), at))
    return tuple(_tile(cone, x, y) for x, y in places)


def batches(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield ids, each once and in order, in pieces that fit into an address."""
    once = sorted(set(ids))
    for first in range(0, len(once), MOST_IDS):
        yield tuple(once[first : first + MOST_IDS])


def _grid(radius_deg: float) -> Iterator[tuple[float, float]]:
    """Yield the centres, in degrees of the plane, whose circles reach into the disc."""
    step = LARGEST_RADIUS_DEG * math.sqrt(3) * (1 - 1e-6)  # rounding leaves no gap
    rows = math.ceil((radius_deg + LARGEST_RADIUS_DEG) / (step * math.sqrt(3) / 2))
    for row in range(-rows, rows + 1):
        y = row * step * math.sqrt(3) / 2
        columns = math.ceil((radius_deg + LARGEST_RADIUS_DEG) / step) + 1
        for column in range(-columns, columns + 1):
            x = (column + (row % 2) / 2) * step
            if math.hypot(x, y) < radius_deg + LARGEST_RADIUS_DEG:
                yield x, y


def _tile(cone: Cone, x_deg: float, y_deg: float) -> Cone:
    """Return the tile at a place of the plane: east and north of the cone's centre."""
    distance, angle = math.radians(math.hypot(x_deg, y_deg)), math.atan2(x_deg, y_deg)
    ra, dec = math.radians(cone.ra_deg), math.radians(cone.dec_deg)
    # Unit vectors toward the centre, east and north of it: exact at the poles, too.
    ahead, east, north = (
        math.cos(distance),
        math.sin(distance) * math.sin(angle),
        math.sin(distance) * math.cos(angle),
    )
    inward = ahead * math.cos(dec) - north * math.sin(dec)
    x = inward * math.cos(ra) - east * math.sin(ra)
    y = inward * math.sin(ra) + east * math.cos(ra)
    z = ahead * math.sin(dec) + north * math.cos(dec)
    return Cone(
        ra_deg=round(math.degrees(math.atan2(y, x)) % 360, 8) % 360,
        dec_deg=round(math.degrees(math.atan2(z, math.hypot(x, y))), 8),
        radius_deg=LARGEST_RADIUS_DEG,
        name=cone.name,
    )
