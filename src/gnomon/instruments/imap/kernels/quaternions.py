"""Rotations as unit quaternions: scalar first, ``R(p) R(q) = R(p q)``; float64, shape (n, 4).

Source: Markley & Crassidis, *Fundamentals of Spacecraft Attitude Determination and Control*
(2014), section 2.9; Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985 (slerp).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def of_matrices(matrices: Floats) -> Floats:
    """Return the quaternions of rotation matrices, shape (n, 3, 3) to (n, 4).

    Each is taken from the largest of the four sums, so none divides by a small number.
    """
    xx, yy, zz = (matrices[:, j, j] for j in range(3))
    symmetric = np.empty((len(matrices), 4, 4))
    diagonal = (1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz)
    for j, sums in enumerate(diagonal):
        symmetric[:, j, j] = sums
    for j, (a, b) in enumerate(((2, 1), (0, 2), (1, 0)), start=1):
        symmetric[:, 0, j] = symmetric[:, j, 0] = matrices[:, a, b] - matrices[:, b, a]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        pair = matrices[:, a, b] + matrices[:, b, a]
        symmetric[:, a + 1, b + 1] = symmetric[:, b + 1, a + 1] = pair
    best = np.argmax(np.stack(diagonal, axis=1), axis=1)
    rows: Floats = symmetric[np.arange(len(matrices)), best]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def to_matrices(quaternions: Floats) -> Floats:
    """Return the rotation matrices of quaternions, shape (n, 4) to (n, 3, 3)."""
    w, x, y, z = quaternions.T
    matrices = np.empty((len(quaternions), 3, 3))
    for j, (a, b, c) in enumerate(((x, y, z), (y, z, x), (z, x, y))):
        k = (j + 1) % 3
        matrices[:, j, j] = 1 - 2 * (b * b + c * c)
        matrices[:, j, k] = 2 * (a * b - c * w)
        matrices[:, k, j] = 2 * (a * b + c * w)
    return matrices


def product(p: Floats, q: Floats) -> Floats:
    """Return the products: turned by `q` first, then by `p`; both (n, 4), or one of them (1, 4)."""
    pw, px, py, pz = p.T
    qw, qx, qy, qz = q.T
    made = np.empty((max(len(p), len(q)), 4))
    made[:, 0] = pw * qw - px * qx - py * qy - pz * qz
    made[:, 1] = pw * qx + px * qw + py * qz - pz * qy
    made[:, 2] = pw * qy - px * qz + py * qw + pz * qx
    made[:, 3] = pw * qz + px * qy - py * qx + pz * qw
    return made


def inverse(q: Floats) -> Floats:
    """Return the inverse rotations."""
    turned_back: Floats = q * np.array([1.0, -1.0, -1.0, -1.0])
    return turned_back


def ways(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Return the shortest ways from `p` to `q`: half of each angle, (n,), and each axis, (n, 3)."""
    step = product(inverse(p), q)
    step *= np.where(step[:, :1] < 0, -1.0, 1.0)
    sine = np.linalg.norm(step[:, 1:], axis=1)
    half = np.arctan2(sine, step[:, 0])
    axes = step[:, 1:] / np.where(sine > 0, sine, 1.0)[:, np.newaxis]
    return half, axes


def along(p: Floats, half: Floats, axes: Floats, share: Floats) -> Floats:
    """Return rotations on `ways` from `p`, evenly: `share` 0 is `p`, 1 is the end."""
    angle = share * half
    part = np.empty_like(p)
    part[:, 0] = np.cos(angle)
    np.multiply(axes, np.sin(angle)[:, np.newaxis], out=part[:, 1:])
    return product(p, part)


def between(p: Floats, q: Floats, share: Floats) -> Floats:
    """Return rotations on the shortest way from `p` to `q`, evenly."""
    return along(p, *ways(p, q), share)


def angles(p: Floats, q: Floats) -> Floats:
    """Return the angles between rotations, radians, shape (n,)."""
    step = product(inverse(p), q)
    found: Floats = 2 * np.arctan2(np.linalg.norm(step[:, 1:], axis=1), np.abs(step[:, 0]))
    return found
