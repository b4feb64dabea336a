"""Tiles cover their cone, everywhere on the sky."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.sky.irsa.request import LARGEST_RADIUS_DEG, MOST_IDS, Cone
from gnomon.instruments.sky.irsa.tiling import batches, tiles
from gnomon.instruments.sky.simulate.stars import separation_deg


def random_places(cone, count, seed):
    """Return places spread over a cone, its edge included."""
    chance = np.random.default_rng(seed)
    z = np.cos(np.radians(cone.radius_deg)) + chance.uniform(0, 1, count) * (
        1 - np.cos(np.radians(cone.radius_deg))
    )
    z[: count // 4] = np.cos(np.radians(cone.radius_deg))
    angle = chance.uniform(0, 2 * np.pi, count)
    side = np.sqrt(1 - z**2)
    ra, dec = np.radians([cone.ra_deg, cone.dec_deg])
    toward = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    east = np.array([-np.sin(ra), np.cos(ra), 0])
    north = np.cross(toward, east)
    xyz = (
        z[:, None] * toward
        + (side * np.sin(angle))[:, None] * east
        + (side * np.cos(angle))[:, None] * north
    )
    return np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0])) % 360, np.degrees(
        np.arcsin(np.clip(xyz[:, 2], -1, 1))
    )


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 360),
    st.sampled_from([-90.0, 90.0, 0.0, 89.9, -89.5]) | st.floats(-90, 90),
    st.floats(0.17, 2.0),
)
def test_tiles_leave_no_gap(ra, dec, radius):
    cone = Cone(ra_deg=ra, dec_deg=dec, radius_deg=radius)
    found = tiles(cone)
    ras, decs = random_places(cone, 400, 1)
    nearest = np.min(
        [separation_deg(tile.ra_deg, tile.dec_deg, ras, decs) for tile in found], axis=0
    )
    assert nearest.max() <= LARGEST_RADIUS_DEG
    assert all(tile.radius_deg <= LARGEST_RADIUS_DEG for tile in found)


def test_tiles_are_not_many_more_than_needed():
    cone = Cone(ra_deg=10, dec_deg=20, radius_deg=1)
    least = (cone.radius_deg / LARGEST_RADIUS_DEG) ** 2
    assert least < len(tiles(cone)) < 2 * least


def test_a_small_cone_stays_as_it_is():
    cone = Cone(ra_deg=10, dec_deg=20, radius_deg=LARGEST_RADIUS_DEG)
    assert tiles(cone) == (cone,)


def test_no_tile_is_there_twice():
    found = tiles(Cone(ra_deg=0, dec_deg=90, radius_deg=1))
    assert len({tile.text for tile in found}) == len(found)


def test_a_very_large_cone_is_refused():
    with pytest.raises(ConfigError, match="bulk"):
        tiles(Cone(ra_deg=10, dec_deg=20, radius_deg=5.1))


@given(st.lists(st.integers(1, 2000), max_size=1000))
def test_ids_come_once_and_in_batches(ids):
    found = list(batches(ids))
    assert [one for batch in found for one in batch] == sorted(set(ids))
    assert all(0 < len(batch) <= MOST_IDS for batch in found)
