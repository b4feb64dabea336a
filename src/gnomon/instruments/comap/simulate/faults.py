"""What goes wrong with Level-1 files: each fault changes a file in place and returns its path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnomon.errors import UnknownName
from gnomon.instruments.comap.receiver import FEATURE_VANE

Fault = Callable[[Path], Path]
_VANE = 1 << FEATURE_VANE
_OUT_OF_BEAM = 20_500
_EMPTY_FROM = 0.6


@contextmanager
def _changing(path: Path) -> Iterator[Any]:
    import h5py  # noqa: PLC0415 - an extra

    with h5py.File(path, "r+") as held:
        yield held


def _replaced(held: Any, name: str, values: np.ndarray[Any, Any]) -> None:
    del held[name]
    held.create_dataset(name, data=values, track_times=False)


def truncated(path: Path) -> Path:
    """Cut the file's end off: HDF5 refuses it."""
    os.truncate(path, path.stat().st_size * 2 // 3)
    return path


def half_copied(path: Path) -> Path:
    """Leave the file at its full size, with zeros where the copy has not come yet."""
    size = path.stat().st_size
    there = int(size * _EMPTY_FROM)
    os.truncate(path, there)
    os.truncate(path, size)
    return path


def not_hdf5(path: Path) -> Path:
    """Replace the file by a page of text, as a failed download leaves it."""
    path.write_text("<html><body>404 Not Found</body></html>\n", encoding="utf-8")
    return path


def empty(path: Path) -> Path:
    """Leave nothing in the file."""
    os.truncate(path, 0)
    return path


def without(*names: str) -> Fault:
    """Return a fault that takes groups or datasets away."""

    def fault(path: Path) -> Path:
        with _changing(path) as held:
            for name in names:
                del held[name]
        return path

    return fault


def mismatched_lengths(path: Path) -> Path:
    """Leave out the last hundred times."""
    with _changing(path) as held:
        _replaced(held, "spectrometer/MJD", held["spectrometer/MJD"][:-100])
    return path


def wrong_obsid(path: Path) -> Path:
    """Say another obsid inside than in the name."""
    with _changing(path) as held:
        held["comap"].attrs["obsid"] = held["comap"].attrs["obsid"] + 1
    return path


def no_vane(path: Path) -> Path:
    """Leave the vane out of the beam at both ends."""
    return _vane_taken_away(path, 0.0, 1.0)


def vane_at_start_only(path: Path) -> Path:
    """Leave the vane out of the beam at the end."""
    return _vane_taken_away(path, 0.5, 1.0)


def vane_at_end_only(path: Path) -> Path:
    """Leave the vane out of the beam at the start."""
    return _vane_taken_away(path, 0.0, 0.5)


def _vane_taken_away(path: Path, first: float, last: float) -> Path:
    """Deny the vane in a part of the observation: its bit and its angle."""
    with _changing(path) as held:
        for name in ("spectrometer/features", "hk/array/frame/features"):
            bits = held[name][...]
            part = slice(int(first * len(bits)), int(last * len(bits)))
            bits[part] &= ~_VANE
            held[name][...] = bits
        angle = held["hk/antenna0/vane/angle"]
        angle[int(first * len(angle)) : int(last * len(angle))] = _OUT_OF_BEAM
    return path


def no_scans(path: Path) -> Path:
    """Say that the telescope never scanned."""
    with _changing(path) as held:
        for name in ("spectrometer/features", "hk/array/frame/features"):
            held[name][...] = held[name][...] & _VANE
        held["hk/antenna0/deTracker/lissajous_status"][...] = 0
    return path


def missing_feeds(path: Path) -> Path:
    """Take the first feed out of the file."""
    per_feed = ["tod", "band_average", "feeds"]
    per_feed += [f"pixel_pointing/pixel_{name}" for name in ("az", "el", "ra", "dec")]
    per_feed += [f"pixel_pointing/pixel_{name}offset" for name in "xy"]
    with _changing(path) as held:
        for name in per_feed:
            full = f"spectrometer/{name}"
            _replaced(held, full, held[full][1:])
    return path


def doubled_feed(path: Path) -> Path:
    """Give the second feed the number of the first."""
    with _changing(path) as held:
        held["spectrometer/feeds"][1] = held["spectrometer/feeds"][0]
    return path


def nan_feed(path: Path) -> Path:
    """Make all of the first feed's spectra NaN."""
    with _changing(path) as held:
        held["spectrometer/tod"][0] = np.nan
        held["spectrometer/band_average"][0] = np.nan
    return path


def all_nan(path: Path) -> Path:
    """Make all spectra NaN."""
    with _changing(path) as held:
        for position in range(len(held["spectrometer/feeds"])):
            held["spectrometer/tod"][position] = np.nan
            held["spectrometer/band_average"][position] = np.nan
    return path


def time_backwards(path: Path) -> Path:
    """Set the clock back by a second in the middle."""
    with _changing(path) as held:
        mjd = held["spectrometer/MJD"][...]
        mjd[len(mjd) // 2 :] -= 1 / 86400
        held["spectrometer/MJD"][...] = mjd
    return path


FAULTS: Final[Mapping[str, Fault]] = {
    "truncated": truncated,
    "half-copied": half_copied,
    "not-hdf5": not_hdf5,
    "empty": empty,
    "no-spectrometer": without("spectrometer"),
    "no-housekeeping": without("hk"),
    "no-attributes": without("comap"),
    "no-pointing": without("spectrometer/pixel_pointing"),
    "mismatched-lengths": mismatched_lengths,
    "wrong-obsid": wrong_obsid,
    "no-vane": no_vane,
    "vane-at-start-only": vane_at_start_only,
    "vane-at-end-only": vane_at_end_only,
    "no-scans": no_scans,
    "missing-feeds": missing_feeds,
    "doubled-feed": doubled_feed,
    "nan-feed": nan_feed,
    "all-nan": all_nan,
    "time-backwards": time_backwards,
}
"""By the names that the command line has for them."""


def damaged(source: Path, folder: Path, fault: str) -> Path:
    """Return a copy of a file in a folder, under its own name, that has a fault.

    Raises
    ------
    UnknownName
        There is no such fault.
    """
    if fault not in FAULTS:
        raise UnknownName("fault", fault, FAULTS)
    folder.mkdir(parents=True, exist_ok=True)
    return FAULTS[fault](Path(shutil.copyfile(source, folder / source.name)))
