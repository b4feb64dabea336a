"""Reads science vectors (Level 1B, 1C) and calibration matrices from their CDFs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.cdf import Cdf, Variable, floats, read_cdf
from gnomon.instruments.imap.calibration.applying import NO_RANGE, RANGES
from gnomon.timescales.tt2000 import FILL, iso

MATRICES = {"mago": "URFTOORFO", "magi": "URFTOORFI"}
"""From each sensor's unit reference frame into the orthogonal one that both share."""
_X_Y_Z_RANGE = 4
_NO_FIELD = 1e15
"""nT; flight files also mark absent vectors by the ends of int64 as floats, 9.2e18."""


@dataclass(frozen=True, eq=False)
class Science:
    """The vectors of one sensor.

    Attributes
    ----------
    name : str
        Of the file.
    tt2000 : ndarray of int64, shape (n,)
        Ascending.
    vectors : ndarray of float64, shape (n, 3)
        nT, in the sensor's unit reference frame; NaN where there is none.
    ranges : ndarray of int8, shape (n,)
        0 to 3; -1 where there is no vector.
    n_untimed : int
        Records without an epoch, left out.
    attributes : mapping
        The global attributes of the file.
    """

    name: str
    tt2000: NDArray[np.int64]
    vectors: NDArray[np.float64]
    ranges: NDArray[np.int8]
    n_untimed: int = 0
    attributes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def read_science(path: Path) -> Science:
    """Read a Level 1B or Level 1C file.

    Raises
    ------
    BadData
        It lacks vectors or epochs, epochs do not ascend, or a vector has a range that is none.
    """
    cdf = read_cdf(path, ("epoch", "vectors"))
    epochs, raw = _variable(cdf, "epoch", path), _variable(cdf, "vectors", path)
    if raw.values.shape != (len(epochs.values), _X_Y_Z_RANGE):
        raise BadData(
            f"{path.name}: vectors have shape {raw.values.shape}, not x, y, z and range"
            f" of {len(epochs.values)} epochs"
        )
    tt2000 = epochs.values.astype(np.int64)
    timed = tt2000 != FILL
    values = floats(raw)
    if not timed.all():
        tt2000, values = tt2000[timed], values[timed]
    steps = np.diff(tt2000)
    if np.any(steps <= 0):
        where = iso(tt2000[int(np.argmax(steps <= 0)) + 1])
        raise BadData(f"{path.name}: epochs do not ascend at {where} UTC")
    vectors, ranges = _parted(values, path)
    return Science(
        path.name,
        tt2000,
        vectors,
        ranges,
        int(np.count_nonzero(~timed)),
        cdf.attributes,
    )


def _variable(cdf: Cdf, name: str, path: Path) -> Variable:
    if name not in cdf.variables:
        raise BadData(f"{path.name}: has no variable {name}")
    return cdf.variables[name]


def _parted(
    values: NDArray[np.float64], path: Path
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return vectors and their ranges; one without all its parts has neither."""
    with np.errstate(invalid="ignore"):
        there = np.asarray((np.abs(values) < _NO_FIELD).all(axis=1))
    ranges = np.where(there, values[:, 3], NO_RANGE)
    strange = ~np.isin(ranges, (NO_RANGE, *range(RANGES))) | (there & (ranges < 0))
    if np.any(strange):
        first = int(np.argmax(strange))
        raise BadData(f"{path.name}: record {first} has range {ranges[first]:g}, none of 0 to 3")
    vectors = np.where(there[:, np.newaxis], values[:, :3], np.nan)
    return vectors, ranges.astype(np.int8)


def read_matrices(path: Path, sensor: str) -> NDArray[np.float64]:
    """Return the matrices of a sensor, float64, shape (3, 3, 4): row, column, range.

    Raises
    ------
    BadData
        The file holds none for it, or a matrix with a gap.
    """
    name = MATRICES[sensor]
    values = floats(_variable(read_cdf(path, (name,)), name, path))
    if values.shape != (3, 3, RANGES) or not np.isfinite(values).all():
        raise BadData(f"{path.name}: {name} is no 3 x 3 matrix of each of {RANGES} ranges")
    return values


def no_rotation() -> NDArray[np.float64]:
    """Return the identity for every range, shape (3, 3, 4)."""
    return np.repeat(np.eye(3)[:, :, np.newaxis], RANGES, axis=2)
