"""From files to files: a day of science becomes a layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, NoData
from gnomon.instruments.imap.calibration.apply_files import attitude
from gnomon.instruments.imap.calibration.applying import oriented
from gnomon.instruments.imap.calibration.gradiometry import (
    Field,
    Gradient,
    Settings,
    gradient_layer,
)
from gnomon.instruments.imap.calibration.layers import Layer
from gnomon.instruments.imap.calibration.quality import Window, windows_layer
from gnomon.instruments.imap.calibration.science_files import (
    no_rotation,
    read_matrices,
    read_science,
)
from gnomon.timescales.tt2000 import day_bounds

_DESPUN = "dsrf"


@dataclass(frozen=True)
class Pair:
    """What both sensors measured on a day, and what orients them.

    Attributes
    ----------
    outboard, inboard : Path
        Science of MAGo and of MAGi.
    matrices : Path, optional
        The rotation CDF; identity without it.
    metakernel : Path, optional
        Without it the sensors are compared in the spinning frame.
    """

    outboard: Path
    inboard: Path
    matrices: Path | None
    metakernel: Path | None


def gradiometer(pair: Pair, settings: Settings, name: str) -> tuple[Gradient, str]:
    """Return the layer of a day, and why the spacecraft's spin could not be taken out, if so.

    Raises
    ------
    BadData
        A file is damaged.
    NoData
        One of the sensors has no vector.
    """
    outboard = _field(pair.outboard, "mago", pair.matrices)
    inboard = _field(pair.inboard, "magi", pair.matrices)
    why = "" if pair.metakernel else "no metakernel covers the day"
    if pair.metakernel:
        try:
            outboard = _with_attitude(outboard, pair.metakernel)
            inboard = _with_attitude(inboard, pair.metakernel)
        except (BadData, NoData) as error:
            outboard, inboard = replace(outboard, despin=None), replace(inboard, despin=None)
            why = str(error)
    return gradient_layer(outboard, inboard, settings, name), why


def _field(path: Path, sensor: str, matrices: Path | None) -> Field:
    science = read_science(path)
    if not np.isfinite(science.vectors).any():
        raise NoData(f"{path.name}: no vector")
    turns = no_rotation() if matrices is None else read_matrices(matrices, sensor)
    return Field(science.tt2000, oriented(turns, science.vectors, science.ranges))


def _with_attitude(field: Field, metakernel: Path) -> Field:
    return replace(field, despin=attitude(_DESPUN, field.tt2000, metakernel)[0])


def quality(windows: tuple[Window, ...], day: date, name: str) -> Layer:
    """Return the change points of a UTC day.

    Raises
    ------
    NoData
        No window touches the day.
    """
    layer = windows_layer(windows, *day_bounds(day), name)
    if layer is None:
        raise NoData(f"no quality window touches {day}")
    return layer


def manual(changes: Layer, day: date) -> Layer:
    """Return what of a list of change points a UTC day needs: the last one before it, too.

    Raises
    ------
    NoData
        The first change point is after the day.
    """
    start, stop = day_bounds(day)
    kept: NDArray[np.int64] = np.flatnonzero(changes.tt2000 < stop)
    if not len(kept):
        raise NoData(f"no change point is on or before {day}")
    before = int(np.searchsorted(changes.tt2000, start, side="right")) - 1
    kept = kept[max(before, 0) :]
    times = np.maximum(changes.tt2000[kept], start)
    return Layer(
        changes.name,
        times,
        changes.offsets[kept],
        changes.timedelta_s[kept],
        changes.quality_flag[kept],
        changes.quality_bitmask[kept],
        by_vector=False,
    )
