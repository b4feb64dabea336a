"""Gradiometry: the spacecraft's own field, from what two magnetometers on one boom disagree on.

The inboard sensor (MAGi) sees more of the spacecraft than the outboard one (MAGo). Their
difference, times a factor, is what to add to MAGo. The algorithm is the open one of the mission's
Level 1D: MAGi at the epochs of MAGo by interpolation in the despun frame (DSRF), difference MAGi -
MAGo, quality from its size, then B = MAGo + factor (MAGi - MAGo).

Of a dipole on the spacecraft, seen a times as strong by MAGi, the difference is (a - 1) times what
MAGo sees of it, so the factor that removes it is -1/(a - 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.imap.calibration.applying import back_rotated, magnitudes, rotated
from gnomon.instruments.imap.calibration.interpolation import (
    cic_filtered,
    distance_to_samples,
    interpolated,
    step_ns,
)
from gnomon.instruments.imap.calibration.layers import Layer

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

INTERFERENCE_BIT = 2
"""Of the quality bitmask: the sensors differ by more than the threshold, or cannot be compared."""


@dataclass(frozen=True, eq=False)
class Field:
    """What one sensor measured.

    Attributes
    ----------
    tt2000 : ndarray of int64, shape (n,)
        Ascending.
    vectors : ndarray of float64, shape (n, 3)
        nT, in the orthogonal frame that both sensors share.
    despin : ndarray of float64, shape (n, 3, 3), optional
        Rotations from that frame into the despun one; NaN where the attitude is unknown.
    """

    tt2000: Int64s
    vectors: Floats
    despin: Floats | None = None


@dataclass(frozen=True)
class Settings:
    """How to compare the sensors.

    Attributes
    ----------
    factor : tuple of tuple of float
        3 x 3, in the frame of the comparison.
    threshold_nt : float
        Vectors where the sensors differ by more are flagged.
    method : str
        ``linear``, ``quadratic`` or ``cubic``.
    cic : bool
        Filter MAGi first where it is sampled faster than MAGo.
    max_gap_ns : int
        A vector of MAGo farther than this from any of MAGi is not corrected, but flagged.
    """

    factor: tuple[tuple[float, ...], ...]
    threshold_nt: float
    method: str = "linear"
    cic: bool = False
    max_gap_ns: int = 4_000_000_000


@dataclass(frozen=True, eq=False)
class Gradient:
    """What the comparison gave.

    Attributes
    ----------
    layer : Layer
    n_flagged : int
        Vectors where the sensors differ by more than the threshold.
    n_alone : int
        Vectors of MAGo that could not be compared: offset 0, flagged.
    spinning : ndarray of bool, shape (n,)
        Vectors compared in the spinning frame, since the attitude is not known.
    median_nt, largest_nt : float
        Of the size of the difference; NaN where nothing was compared.
    """

    layer: Layer
    n_flagged: int
    n_alone: int
    spinning: NDArray[np.bool_]
    median_nt: float = np.nan
    largest_nt: float = np.nan

    @property
    def n_spinning(self) -> int:
        """How many were compared in the spinning frame."""
        return int(np.count_nonzero(self.spinning))

    def n_spinning_between(self, start_tt2000: int, stop_tt2000: int) -> int:
        """Return how many of them lie between two instants, the second one not in."""
        times = self.layer.tt2000
        inside = (times >= start_tt2000) & (times < stop_tt2000)
        return int(np.count_nonzero(self.spinning & inside))


def gradient_layer(outboard: Field, inboard: Field, settings: Settings, name: str) -> Gradient:
    """Return the layer of what to add to the outboard sensor.

    Parameters
    ----------
    outboard, inboard : Field
        With `despin` both or neither.
    settings : Settings
    name : str
        Of the layer, for messages.
    """
    spinning = _offsets(_bare(outboard), _bare(inboard), settings)
    offsets, size = spinning
    is_spinning = np.isfinite(size)
    if outboard.despin is not None and inboard.despin is not None:
        despun_offsets, despun_size = _offsets(outboard, inboard, settings)
        known = np.isfinite(despun_size)
        offsets = np.where(known[:, np.newaxis], despun_offsets, offsets)
        is_spinning &= ~known
        size = np.where(known, despun_size, size)
    alone = ~np.isfinite(size) & np.isfinite(outboard.vectors).all(axis=1)
    with np.errstate(invalid="ignore"):
        flagged = (size > settings.threshold_nt) | alone
    n = len(outboard.tt2000)
    layer = Layer(
        name,
        outboard.tt2000,
        np.where(np.isfinite(offsets), offsets, 0.0),
        np.zeros(n),
        flagged.astype(np.int8),
        np.where(flagged, INTERFERENCE_BIT, 0).astype(np.int32),
        by_vector=True,
    )
    n_alone = int(np.count_nonzero(alone))
    n_flagged = int(np.count_nonzero(flagged)) - n_alone
    compared = size[np.isfinite(size)]
    if not len(compared):
        return Gradient(layer, n_flagged, n_alone, is_spinning)
    median, largest = float(np.median(compared)), float(compared.max())
    return Gradient(layer, n_flagged, n_alone, is_spinning, median, largest)


def _bare(field: Field) -> Field:
    return Field(field.tt2000, field.vectors)


def _offsets(outboard: Field, inboard: Field, settings: Settings) -> tuple[Floats, Floats]:
    """Return what to add, in the sensors' frame, and the size of the difference; NaN if unknown."""
    difference = _inboard_at(outboard, inboard, settings) - _despun(outboard)
    # Sums written out: BLAS rounds them differently on each machine.
    factor = np.array(settings.factor)
    offsets = sum(difference[:, j, np.newaxis] * factor[:, j] for j in range(3))
    if outboard.despin is not None:
        offsets = back_rotated(outboard.despin, np.asarray(offsets))
    return np.asarray(offsets), magnitudes(difference)


def _inboard_at(outboard: Field, inboard: Field, settings: Settings) -> Floats:
    """Return MAGi at the epochs of MAGo, NaN where it has no vector near."""
    values = _despun(inboard)
    valid = np.isfinite(values).all(axis=1)
    times, values = inboard.tt2000[valid], values[valid]
    slow, fast = step_ns(outboard.tt2000), step_ns(times)
    if settings.cic and fast:
        values = cic_filtered(times, values, round(slow / fast))
    made = interpolated(times, values, outboard.tt2000, settings.method)
    made[distance_to_samples(times, outboard.tt2000) > settings.max_gap_ns] = np.nan
    return made


def _despun(field: Field) -> Floats:
    return field.vectors if field.despin is None else rotated(field.despin, field.vectors)
