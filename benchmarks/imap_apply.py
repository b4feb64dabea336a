"""Applying layers to a burst day of IMAP, beside writing its CDF and beside a function per row.

A burst day has 5.5 million vectors, 64 a second; they lie in two ranges, with quality windows and a
gradiometer layer of one row per vector. Measured, each alone:

- *arithmetic*: sum of the layers, matrix of each range, offsets, time shift, cut to the UTC day,
  size. The peer is `np.apply_along_axis` with a Python function per row, as the pipeline that we
  follow does it; it runs on a part, and its time is scaled to the day.
- *frame*: attitude by SPICE kernels of the simulator (a record every five seconds), and a rotation
  of each vector, into GSE.
- *write*: one Level 2-pre CDF of all its variables by gnomon, and by cdflib at its default,
  gzip 6, which is what "the time to write its CDF" means.
- *whole*: `apply_files`, from CDF and CSV to the offsets and all five frames.

The aim is that the whole takes less than ten times cdflib's write. All of it is checked: what the
peer makes of its part must be what gnomon makes, to 1e-9 nT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Cost, Table, cost, main, peer, scratch, times
from gnomon.formats.cdf import TT2000, TYPES, Cdf, Variable, floats, read_cdf
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.calibration.apply_files import Task, apply_files, in_frame
from gnomon.instruments.imap.calibration.applying import (
    Calibrated,
    calibrated,
    magnitudes,
    oriented,
)
from gnomon.instruments.imap.calibration.layer_files import Description, read_layer, write_layer
from gnomon.instruments.imap.calibration.layers import Layer, add_up
from gnomon.instruments.imap.calibration.products import Origin, l2_pre
from gnomon.instruments.imap.calibration.quality import Window, windows_layer
from gnomon.instruments.imap.calibration.science_files import Science, read_science
from gnomon.instruments.imap.simulate.kernels import kernel_files
from gnomon.instruments.imap.simulate.mission import Mission
from gnomon.timescales.tt2000 import day_bounds

MISSION = Mission(days=1)
DAY: date = MISSION.start
_STEP_NS = 15_625_000
_HOUR_NS = 3_600_000_000_000
_ORDER = ("leapseconds", "planetary_constants", "imap_frames", "science_frames", "spacecraft_clock")


@dataclass(frozen=True)
class Day:
    """A burst day in files."""

    science: Path
    matrices: Path
    layers: tuple[Path, ...]
    metakernel: Path

    @classmethod
    def made(cls, folder: Path, n: int) -> Day:
        """Write a day of `n` vectors."""
        random = np.random.default_rng(0)
        start, stop = day_bounds(DAY)
        tt2000 = start + 359_872 + np.arange(n) * _STEP_NS * (5_529_600 // n)
        drift = np.sin(np.arange(n)[:, np.newaxis] / n * [9.0, 5.0, 3.0]) * 4
        values = np.empty((n, 4))
        values[:, :3] = drift + random.normal(scale=0.02, size=(n, 3))
        values[:, 3] = np.where(np.arange(n) < n // 3, 0, 1)
        science = folder / f"imap_mag_l1b_burst-mago_{DAY:%Y%m%d}_v001.0001.cdf"
        variables = {"epoch": Variable(tt2000, {}, TT2000), "vectors": Variable(values)}
        write_cdf(science, Cdf({}, variables))
        matrices = folder / "matrices.cdf"
        turns = np.eye(3)[:, :, np.newaxis] + random.normal(scale=0.01, size=(3, 3, 4))
        write_cdf(matrices, Cdf({}, {"URFTOORFO": Variable(turns)}))
        layers = (
            _written(folder, "gradiometer", _vector_layer(tt2000)),
            _written(folder, "quality", _windows(start, stop)),
        )
        return cls(science, matrices, layers, _kernels(folder))


def _vector_layer(tt2000: Any) -> Layer:
    n = len(tt2000)
    offsets = np.sin(np.arange(3 * n).reshape(n, 3)).round(6)
    zeros = np.zeros(n, np.int8)
    return Layer("g", tt2000, offsets, np.zeros(n), zeros, zeros.astype(np.int32), by_vector=True)


def _windows(start: int, stop: int) -> Layer:
    windows = [
        Window(start + i * _HOUR_NS, start + i * _HOUR_NS + 7 * 10**10, 1, 4) for i in range(24)
    ]
    layer = windows_layer(windows, start, stop, "q")
    assert layer is not None
    return layer


def _written(folder: Path, method: str, layer: Layer) -> Path:
    stem = f"imap_mag_{method}-burst-layer"
    end = f"{DAY:%Y%m%d}_v@@@.@@@@"
    path = folder / f"{stem}_{end}.json"
    ends = (int(layer.tt2000[0]), int(layer.tt2000[-1]))
    says = Description(method, "burst", "mago", DAY, ends)
    write_layer(path, folder / f"{stem}-data_{end}.csv", layer, says)
    return path


def _kernels(folder: Path) -> Path:
    names = []
    files = kernel_files(MISSION)
    rank = {name: number for number, name in enumerate(_ORDER)}
    for file in sorted(files, key=lambda file: rank.get(file.kernel_type, len(rank))):
        path = folder / "spice" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.body)
        names.append(f"'spice/{file.name}'")
    metakernel = folder / "spice" / "mk" / "day.tm"
    metakernel.parent.mkdir(exist_ok=True)
    body = "\n".join(names)
    metakernel.write_text(f"KPL/MK\n\\begindata\nKERNELS_TO_LOAD = ( {body} )\n\\begintext\n")
    return metakernel


# -- what is measured


def arithmetic(day: Day, science: Science, layers: Sequence[Layer]) -> Calibrated:
    """Apply the layers to a day in memory."""
    total = add_up(layers, science.tt2000)
    matrices = floats(read_cdf(day.matrices).variables["URFTOORFO"])
    turned = oriented(matrices, science.vectors, science.ranges)
    made = calibrated(science.tt2000, turned, science.ranges, total, day_bounds(DAY))
    magnitudes(made.vectors)
    return made


def row_by_row(day: Day, science: Science, layers: Sequence[Layer], n: int) -> Any:
    """Apply the layers by a function per row, for the first `n` vectors."""
    matrices = read_cdf(day.matrices).variables["URFTOORFO"].values
    offsets = add_up(layers, science.tt2000).offsets[:n]
    rows = np.column_stack([science.vectors[:n], science.ranges[:n], offsets])

    def one(row: Any) -> Any:
        return matrices[:, :, int(row[3])] @ row[:3] + row[4:7]

    return np.apply_along_axis(one, 1, rows)


def write_by_cdflib(path: Path, cdf: Cdf) -> None:
    """Write the same variables with cdflib, as it compresses by default."""
    cdflib = peer("cdflib.cdfwrite")
    assert cdflib is not None
    path.unlink(missing_ok=True)
    with cdflib.CDF(path) as file:
        for name, variable in cdf.variables.items():
            if variable.type == "CDF_CHAR":
                continue
            spec = {
                "Variable": name,
                "Data_Type": TYPES[variable.type][0],
                "Num_Elements": 1,
                "Rec_Vary": True,
                "Dim_Sizes": list(variable.values.shape[1:]),
            }
            file.write_var(spec, var_data=variable.values)


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the table."""
    n = 5_529_600 // (16 if quick else 1)
    with scratch() as folder:
        day = Day.made(folder, n)
        return [_table(day, folder, n)]


def _table(day: Day, folder: Path, n: int) -> Table:
    science = read_science(day.science)
    layers = [read_layer(path) for path in day.layers]
    made = arithmetic(day, science, layers)
    own = cost(lambda: arithmetic(day, science, layers))
    part = min(n, 200_000)
    slow = cost(lambda: row_by_row(day, science, layers, part))
    whole_slow = Cost(slow.cpu_s * n / part, slow.wall_s * n / part)
    np.testing.assert_allclose(
        made.vectors[:part], row_by_row(day, science, layers, part), atol=1e-9
    )
    vectors, gap = in_frame(made, "gse", day.metakernel)
    assert not gap
    turn = cost(lambda: in_frame(made, "rtn", day.metakernel))
    origin = Origin("burst", DAY, "mago", (), {})
    cdf = l2_pre(made, vectors, "gse", origin)
    own_write = cost(lambda: write_cdf(folder / "own.cdf", cdf))
    write = cost(lambda: write_by_cdflib(folder / "peer.cdf", cdf))
    task = Task(day.science, "burst", DAY, "mago", day.layers, day.matrices, day.metakernel)
    whole = cost(lambda: _whole(task, folder))
    table = Table(
        f"IMAP: {n:,} burst vectors",
        ("step", "CPU s", "wall s", "vectors/s", "of cdflib's write"),
        (f"arithmetic is {times(whole_slow.cpu_s, own.cpu_s)} as fast as a function per row",),
    )
    for name, took in (
        ("arithmetic", own),
        ("arithmetic, a function per row", whole_slow),
        ("one frame, GSE", turn),
        ("write one CDF, gnomon", own_write),
        ("write one CDF, cdflib", write),
        ("whole: files to offsets and 5 frames", whole),
    ):
        share = times(took.wall_s, write.wall_s)
        rate = f"{n / took.wall_s:,.0f}"
        table.add(name, f"{took.cpu_s:.2f}", f"{took.wall_s:.2f}", rate, share)
    return table


def _whole(task: Task, folder: Path) -> None:
    applied = apply_files(task, folder / "offsets.cdf", lambda frame: folder / f"{frame}.cdf")
    assert not applied.lost, applied.lost
    assert len(applied.frames) == 5


if __name__ == "__main__":
    main(__doc__, run)
