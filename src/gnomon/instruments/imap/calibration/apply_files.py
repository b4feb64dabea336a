"""From files to files: one day of science and its layers become offsets and Level 2-pre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, NoData
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.calibration import products
from gnomon.instruments.imap.calibration.applying import (
    Calibrated,
    calibrated,
    oriented,
    rotated,
)
from gnomon.instruments.imap.calibration.layer_files import read_layer
from gnomon.instruments.imap.calibration.layers import TOLERANCE_NS, Correction, add_up
from gnomon.instruments.imap.calibration.products import Origin
from gnomon.instruments.imap.calibration.science_files import (
    Science,
    no_rotation,
    read_matrices,
    read_science,
)
from gnomon.instruments.imap.kinds import METAKERNEL
from gnomon.timescales.tt2000 import day_bounds, iso

Floats = NDArray[np.float64]

_CHUNK = 1 << 18
"""Vectors whose rotations are in memory at once: 19 MB."""


@dataclass(frozen=True)
class Task:
    """What to apply to what.

    Attributes
    ----------
    science : Path
        Level 1C of normal mode, Level 1B of burst mode.
    layers : tuple of Path
        JSON files, in the order in which they act.
    matrices : Path, optional
        The rotation CDF; identity without it.
    metakernel : Path, optional
        Without it no frame can be made.
    """

    science: Path
    mode: str
    day: date
    sensor: str = "mago"
    layers: tuple[Path, ...] = ()
    matrices: Path | None = None
    metakernel: Path | None = None
    frames: tuple[str, ...] = tuple(products.FRAMES)
    tolerance_ns: int = TOLERANCE_NS


@dataclass(frozen=True)
class Applied:
    """What was made, and what was not.

    Attributes
    ----------
    frames : tuple of str
        Those that were written.
    lost : tuple of str
        One sentence for each thing that is missing from what was asked for.
    metrics : dict
        Names carry units.
    """

    frames: tuple[str, ...]
    lost: tuple[str, ...]
    metrics: dict[str, float]


def apply_files(task: Task, offsets: Path, path_of: Callable[[str], Path]) -> Applied:
    """Write the day's offsets, and one Level 2-pre file for each frame that can be made.

    Parameters
    ----------
    task : Task
    offsets : Path
        To write the offsets CDF to.
    path_of : callable
        Gives the path to write a frame to; called only for frames that are written.

    Raises
    ------
    BadData
        A file is damaged, or a layer is not of these vectors.
    NoData
        The file holds no vector.
    """
    science = read_science(task.science)
    if not len(science.tt2000):
        raise NoData(f"{science.name}: no vector")
    total = add_up([read_layer(p) for p in task.layers], science.tt2000, task.tolerance_ns)
    origin = _origin(task, science)
    write_cdf(offsets, products.offsets(science.tt2000, total, origin))
    made = _calibrated(task, science, total)
    lost = []
    if science.n_untimed or made.n_untimed:
        lost.append(f"{science.n_untimed + made.n_untimed} vectors without a time were left out")
    if not len(made.tt2000):
        lost.append(f"no frame was written: no vector is of {task.day}")
    frames = []
    metrics = _metrics(science, made, task)
    for frame in task.frames if len(made.tt2000) else ():
        try:
            vectors, told = in_frame(made, frame, task.metakernel)
        except (BadData, NoData) as error:
            lost.append(f"{frame} was not written: {error}")
            continue
        blank = int(np.count_nonzero(_is_blank(vectors) & ~_is_blank(made.vectors)))
        if blank:
            lost.append(f"{frame}: {blank} of {len(vectors)} vectors have no attitude, {told}")
        write_cdf(path_of(frame), products.l2_pre(made, vectors, frame, origin))
        frames.append(frame)
        metrics[f"n_without_attitude_{frame}"] = blank
    return Applied(tuple(frames), tuple(lost), metrics)


def _origin(task: Task, science: Science) -> Origin:
    files = [task.science, *task.layers, task.matrices, task.metakernel]
    parents = tuple(path.name for path in files if path is not None)
    return Origin(task.mode, task.day, task.sensor, parents, science.attributes)


def _calibrated(task: Task, science: Science, total: Correction) -> Calibrated:
    matrices = no_rotation() if task.matrices is None else read_matrices(task.matrices, task.sensor)
    turned = oriented(matrices, science.vectors, science.ranges)
    return calibrated(science.tt2000, turned, science.ranges, total, day_bounds(task.day))


def _metrics(science: Science, made: Calibrated, task: Task) -> dict[str, float]:
    return {
        "n_vectors": len(made.tt2000),
        "n_outside_day": made.n_outside,
        "n_untimed": science.n_untimed + made.n_untimed,
        "n_blank": int(np.count_nonzero(_is_blank(made.vectors))),
        "n_flagged": int(np.count_nonzero(made.quality_flag)),
        "n_layers": len(task.layers),
        "n_rotation_files": int(task.matrices is not None),
    }


def _is_blank(vectors: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isnan(vectors).any(axis=1))


def in_frame(made: Calibrated, frame: str, metakernel: Path | None) -> tuple[Floats, str]:
    """Return the vectors of a day in a frame, nT, shape (n, 3), and where the first gap is.

    Vectors without attitude are NaN.

    Raises
    ------
    BadData
        A kernel is missing or damaged.
    NoData
        There is no metakernel, or it knows the frame at none of these times.
    """
    if metakernel is None:
        raise NoData("no metakernel covers the day")
    n = len(made.tt2000)
    turned, told = np.empty((n, 3)), ""
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        matrices, gap = attitude(frame, made.tt2000[part], metakernel)
        turned[part] = rotated(matrices, made.vectors[part])
        told = told or gap
    if bool(_is_blank(turned).all()) and not bool(_is_blank(made.vectors).all()):
        raise NoData(f"no attitude on that day, {told}")
    return turned, told


def attitude(frame: str, tt2000: NDArray[np.int64], metakernel: Path) -> tuple[Floats, str]:
    """Return rotations from the sensors' frame, shape (n, 3, 3), and where the first gap is."""
    # SPICE is optional, and offsets need none.
    from gnomon.instruments.imap.kernels import frames  # noqa: PLC0415

    found = frames.attitude(frame, tt2000, metakernel, _root_of(metakernel))
    if not found.gaps:
        return found.matrices, ""
    gap = found.gaps[0]
    more = f" and {len(found.gaps) - 1} more gaps" if len(found.gaps) > 1 else ""
    return found.matrices, f"from {iso(gap.start)} to {iso(gap.stop)} UTC ({gap.reason}){more}"


def _root_of(metakernel: Path) -> Path:
    """Return what names in a metakernel are relative to: its store, or where the user stands."""
    folders = Path(METAKERNEL.path).parts[:-1]
    if metakernel.parts[-len(folders) - 1 : -1] != folders:
        return Path.cwd()
    return metakernel.parents[len(folders)]
