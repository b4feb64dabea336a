"""Level-1 files of COMAP for the benchmarks: as large as wanted, with the bytes of one feed."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from gnomon.instruments.comap.simulate.level1 import write_level1
from gnomon.instruments.comap.simulate.truth import Truth


def simulated(folder: Path, minutes: float, feeds: int) -> Path:
    """Write a Level-1 file whose feeds all show the spectra of one."""
    scans = max(2, round(minutes / 5))
    truth = Truth(feeds=(1,)).but(scans=scans, scan_s=minutes * 60 / scans - 26)
    spectra = folder / "one" / f"{truth.stem}.hd5"
    spectra.parent.mkdir(parents=True)
    write_level1(spectra, truth)
    path = folder / f"{truth.stem}.hd5"
    with h5py.File(spectra, "r") as one, h5py.File(path, "w") as many:
        for name, group in one.items():
            one.copy(group, many, name)
        _widen(many, spectra, feeds)
    return path


def _widen(many: h5py.File, spectra: Path, feeds: int) -> None:
    """Replace all that has a feed's axis by the same for more feeds."""
    held = many["spectrometer"]
    shape = held["tod"].shape
    del held["tod"]
    layout = h5py.VirtualLayout((feeds, *shape[1:]), "f4")
    source = h5py.VirtualSource(spectra, "spectrometer/tod", shape)
    for feed in range(feeds):
        layout[feed] = source[0]
    held.create_virtual_dataset("tod", layout)
    for name in ("band_average", "feeds"):
        values = np.repeat(held[name][...], feeds, axis=0)
        del held[name]
        held[name] = np.arange(1, feeds + 1) if name == "feeds" else values
    for name in list(held["pixel_pointing"]):
        values = held["pixel_pointing"][name][...]
        if values.shape[:1] == (1,):
            del held["pixel_pointing"][name]
            held["pixel_pointing"][name] = np.repeat(values, feeds, axis=0)
