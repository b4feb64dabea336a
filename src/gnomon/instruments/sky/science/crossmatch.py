"""Finds objects in catalogues by position.

Places are unit vectors in a k-d tree, so neither the poles nor right ascension 0 are special. The
angle between two places is 2 asin(chord / 2), which is exact where they are close; the angle where
they are almost opposite, pi - 2 asin(chord' / 2) with the chord to the opposite place, likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import ConfigError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ARCSEC_RAD = np.pi / 180 / 3600
_HALF_TURN_ARCSEC = 180 * 3600.0
_SLACK = 1e-12
"""The tree finds a little more than is wanted; the angle itself decides."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Objects and the entries near them, by object, the nearest entry first.

    Attributes
    ----------
    object, entry : ndarray of int64, shape (m,)
        Numbers of rows, from 0.
    separation_arcsec : ndarray of float64, shape (m,)
    """

    object: Ints
    entry: Ints
    separation_arcsec: Floats

    def __len__(self) -> int:
        return len(self.object)


def unit_vectors(ra_deg: Floats, dec_deg: Floats) -> Floats:
    """Return places as unit vectors, shape (n, 3); right ascensions of any turn."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    flat = np.cos(dec)
    return np.column_stack([flat * np.cos(ra), flat * np.sin(ra), np.sin(dec)])


def separations_arcsec(one: Floats, other: Floats) -> Floats:
    """Return the angles between unit vectors, row by row: shape (n,) for two of shape (n, 3)."""
    near = 2 * np.arcsin(np.clip(np.linalg.norm(one - other, axis=1) / 2, 0, 1))
    far = np.pi - 2 * np.arcsin(np.clip(np.linalg.norm(one + other, axis=1) / 2, 0, 1))
    return np.asarray(np.where(near < np.pi / 2, near, far) / ARCSEC_RAD)


def match(
    places: tuple[Floats, Floats],
    entries: tuple[Floats, Floats],
    radius_arcsec: float,
    *,
    nearest: bool = False,
) -> Pairs:
    """Return the entries within a radius of each place.

    Parameters
    ----------
    places, entries : pair of ndarray of float64, shapes (n,) and (m,)
        Right ascension and declination, degrees. What is not finite matches nothing.
    radius_arcsec : float
        Above 0; the radius itself is in.
    nearest : bool
        Only the nearest entry of each place, of several the first.

    Raises
    ------
    ConfigError
        The radius makes no sense.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - takes long to load

    if not 0 < radius_arcsec <= _HALF_TURN_ARCSEC:
        raise ConfigError(f"a radius of {radius_arcsec} arcsec is none: above 0, up to 648000")
    at, among = _finite(*places), _finite(*entries)
    if not (len(at) and len(among)):
        none = np.empty(0, np.int64)
        return Pairs(none, none, np.empty(0))
    here, there = (
        unit_vectors(ra[rows], dec[rows]) for (ra, dec), rows in ((places, at), (entries, among))
    )
    chord = 2 * np.sin(radius_arcsec * ARCSEC_RAD / 2) * (1 + _SLACK) + _SLACK
    found = cKDTree(here).query_ball_tree(cKDTree(there), chord)
    counts = np.array([len(one) for one in found], np.int64)
    left = np.repeat(np.arange(len(here)), counts)
    right = np.array([n for one in found for n in one], np.int64)
    angle = separations_arcsec(here[left], there[right])
    order = np.lexsort((right, angle, left))
    order = order[angle[order] <= radius_arcsec]
    if nearest:
        order = order[np.diff(left[order], prepend=-1) != 0]
    return Pairs(at[left[order]], among[right[order]], angle[order])


def _finite(ra_deg: Floats, dec_deg: Floats) -> Ints:
    return np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))


def mean_places(ra_deg: Floats, dec_deg: Floats, which: Ints, n: int) -> tuple[Floats, Floats]:
    """Return the middle of the places of each of n objects, as right ascension 0..360 and dec.

    Parameters
    ----------
    ra_deg, dec_deg : ndarray of float64, shape (m,)
        Rows without a place do not count; an object without any has NaN.
    which : ndarray of int64, shape (m,)
        The object of each row.
    """
    rows = _finite(ra_deg, dec_deg)
    vectors = unit_vectors(ra_deg[rows], dec_deg[rows])
    x, y, z = (np.bincount(which[rows], vectors[:, axis], n) for axis in range(3))
    there = np.bincount(which[rows], minlength=n) > 0
    ra = np.mod(np.degrees(np.arctan2(y, x)), 360.0)
    dec = np.degrees(np.arctan2(z, np.hypot(x, y)))
    return np.where(there, ra, np.nan), np.where(there, dec, np.nan)
