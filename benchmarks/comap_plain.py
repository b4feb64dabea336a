"""The reduction of COMAP's Level 1 written plainly: a fit a channel and a fit a sample, in NumPy.

It follows the published algorithm of the seed system step by step, with its three readings of the
spectra, and shares no code with gnomon's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.comap_files import simulated
from benchmarks.report import Table, cost, scratch, times
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.reduction import reduce
from gnomon.instruments.comap.stages.defaults import LEVEL1_STAGES

Floats = NDArray[np.floating[Any]]
_CHANNELS, _CUT = 1024, 50


def noise(tod: Floats) -> Floats:
    """Return the noise of each channel, from neighbouring samples."""
    half = tod.shape[1] // 2
    steps = np.array([np.std(row[1::2][:half] - row[0::2][:half]) for row in tod])
    return cast("Floats", steps / np.sqrt(2))


def atmosphere(tod: Floats, gain: Floats, el_deg: Floats) -> Floats:
    """Return offset and opacity of each channel, (channel, 2)."""
    design = np.stack([np.ones_like(el_deg), 1 / np.sin(np.radians(el_deg))], axis=1)
    return np.array([np.linalg.lstsq(design, row / g, rcond=None)[0]
                     for row, g in zip(tod, gain, strict=True)])  # fmt: skip


def filtered(kelvin: Floats, tsys: Floats) -> Floats:
    """Take the gain of each sample away that a fit of three templates finds, (channel, time)."""
    level = np.median(kelvin, axis=1)
    relative = kelvin / level[:, None] - 1
    slope = np.linspace(-1, 1, len(kelvin))
    templates = np.stack([np.ones_like(tsys), 1 / tsys, slope / tsys], axis=1)
    for column in (1, 2):
        templates[:, column] -= templates[:, column].mean()
    used = np.ones(len(kelvin), bool)
    used[:_CUT] = used[-_CUT:] = False
    normal = np.linalg.inv(templates[used].T @ templates[used])
    gain = np.empty(kelvin.shape[1])
    for sample in range(kelvin.shape[1]):
        gain[sample] = (normal @ (templates[used].T @ relative[used, sample]))[0]
    return kelvin - gain * level[:, None]


def binned(kelvin: Floats, rms_k: Floats) -> Floats:
    """Average channels into two halves by their noise, (2, time)."""
    weights = 1 / rms_k**2
    weights[:_CUT] = weights[-_CUT:] = 0
    halves = np.arange(len(kelvin)) * 2 // len(kelvin)
    return np.stack([np.average(kelvin[halves == half], axis=0, weights=weights[halves == half])
                     for half in (0, 1)])  # fmt: skip


def chain(path: Path) -> None:
    """Reduce the first feed of a file."""
    with h5py.File(path, "r") as held:
        tod, el_deg = held["spectrometer/tod"], held["spectrometer/pixel_pointing/pixel_el"][0]
        for band in range(4):
            gain = tod[0, band].astype("f8").mean(axis=1) / 45
            rms_k = noise(tod[0, band]) / gain
            fitted = atmosphere(tod[0, band], gain, el_deg)
            kelvin = tod[0, band] / gain[:, None]
            kelvin -= fitted[:, 1][:, None] / np.sin(np.radians(el_deg))
            kelvin = filtered(kelvin, fitted.sum(axis=1))
            binned(kelvin, rms_k)


def compared(minutes: float) -> Table:
    """Measure one feed of a file, both ways, in one process."""
    with scratch() as folder:
        path = simulated(folder, minutes, 1)
        record = Level1Record(45285, path.stem, 0, "", source="TauA", source_group="Calibrator")

        def ours() -> None:
            reduce(path, record, LEVEL1_STAGES, folder / "binned.hd5")

        ours()  # compiles
        own, plain = cost(ours), cost(lambda: chain(path))
        table = Table(
            f"COMAP: one feed, {minutes:.0f} minutes, in this process",
            ("", "CPU s", "ratio"),
            ("plain: noise, atmosphere, gain filter and binning alone; no vane, no checks",),
        )
        table.add("gnomon, one pass with all stages", f"{own.cpu_s:.2f}", "1.0x")
        table.add(
            "plain NumPy, three readings", f"{plain.cpu_s:.2f}", times(plain.cpu_s, own.cpu_s)
        )
        return table
