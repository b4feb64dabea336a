"""Rotations from the magnetometer's frame, IMAP_MAG_BASE, into those of Level 2, by SPICE.

    srf   IMAP_SPACECRAFT    fixed to the spacecraft
    dsrf  IMAP_DPS           despun, of a pointing
    gse   IMAP_GSE           geocentric solar ecliptic
    gsm   IMAP_GSM           geocentric solar magnetospheric
    rtn   IMAP_RTN           radial, tangential, normal

Each is the mounting, then the spacecraft's attitude to J2000, then J2000 to the frame. The latter
two are sampled by the hour and kept, so SPICE is asked once for what several frames, or the parts
of one day, share.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, ConfigError
from gnomon.instruments.imap.kernels import quaternions
from gnomon.instruments.imap.kernels.pool import borrowed, kernels_of, reason
from gnomon.instruments.imap.kernels.quaternions import Floats
from gnomon.instruments.imap.kernels.sampling import Samples, sampled
from gnomon.timescales.sclk import tdb_minus_tt_ns

Int64s = NDArray[np.int64]

TARGETS = {
    "srf": "IMAP_SPACECRAFT",
    "dsrf": "IMAP_DPS",
    "gse": "IMAP_GSE",
    "gsm": "IMAP_GSM",
    "rtn": "IMAP_RTN",
}
_MOUNT, _BODY, _INERTIAL = "IMAP_MAG_BASE", "IMAP_SPACECRAFT", "J2000"
_HOUR_S = 3600
_SPIN_STEP_S, _SLOW_STEP_S = 1.0, 60.0
_CHUNK = 1 << 18
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Gap:
    """Epochs without attitude: the first and the last of them, TT2000, and why."""

    start: int
    stop: int
    reason: str


@dataclass(frozen=True, eq=False)
class Attitude:
    """Rotations, and where there are none.

    Attributes
    ----------
    matrices : ndarray of float64, shape (n, 3, 3)
        A vector in IMAP_MAG_BASE times its matrix is the vector in the frame; NaN in gaps.
    gaps : tuple of Gap
        Runs of epochs without a matrix, in the order of the epochs.
    """

    matrices: Floats
    gaps: tuple[Gap, ...]


def attitude(frame: str, tt2000: Int64s, metakernel: Path, root: Path) -> Attitude:
    """Return the rotations from the magnetometer's frame into another one.

    Parameters
    ----------
    frame : str
        One of `TARGETS`.
    tt2000 : ndarray of int64, shape (n,)
        Nanoseconds; in any order.
    metakernel : Path
        What to load; names in it are relative to `root`.
    root : Path
        The store's folder.

    Raises
    ------
    BadData
        A kernel is missing or damaged, or none defines the frame.
    ConfigError
        There is no such frame.
    """
    if frame not in TARGETS:
        raise ConfigError(f"unknown frame {frame!r}; known: {', '.join(TARGETS)}")
    et = (tt2000 + tdb_minus_tt_ns(tt2000)) / 1e9
    matrices = np.empty((len(et), 3, 3))
    legs = _Legs(metakernel, root)
    mount = legs.mount()
    why = ""
    for start in range(0, len(et), _CHUNK):
        part = slice(start, start + _CHUNK)
        turned, told = _turned(frame, et[part], mount, legs)
        matrices[part] = quaternions.to_matrices(turned)
        why = why or told
    return Attitude(matrices, _gaps(tt2000, np.isnan(matrices[:, 0, 0]), why))


def _turned(frame: str, et: Floats, mount: Floats, legs: _Legs) -> tuple[Floats, str]:
    if frame == "srf":
        return np.broadcast_to(mount, (len(et), 4)), ""
    body, no_body = legs.at(_BODY, _INERTIAL, et, _SPIN_STEP_S)
    outer, no_outer = legs.at(_INERTIAL, TARGETS[frame], et, _SLOW_STEP_S)
    return quaternions.product(outer, quaternions.product(body, mount)), no_body or no_outer


def _gaps(tt2000: Int64s, blank: NDArray[np.bool_], why: str) -> tuple[Gap, ...]:
    edges = np.diff(np.concatenate([[False], blank, [False]]).astype(np.int8))
    runs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    told = why or "no attitude kernel covers it"
    return tuple(Gap(int(tt2000[a]), int(tt2000[b]), told) for a, b in runs)


# -- what was sampled

_Key = tuple[Any, ...]
_kept: OrderedDict[_Key, Any] = OrderedDict()
_keeping = Lock()


class _Legs:
    """The rotations of one metakernel, by the hour."""

    def __init__(self, metakernel: Path, root: Path) -> None:
        stat = metakernel.stat()
        self._metakernel, self._root = metakernel, root
        self._id = (str(metakernel), str(root), stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def mount(self) -> Floats:
        """Return the mounting, from the magnetometer to the spacecraft, shape (1, 4)."""

        def ask(spice: Any) -> Floats:
            matrix = spice.pxform(_MOUNT, _BODY, 0.0)
            return quaternions.of_matrices(np.asarray(matrix)[np.newaxis])

        found: Floats = self._asked({(*self._id, "mount"): ask})[0]
        return found

    def at(self, source: str, target: str, et: Floats, step_s: float) -> tuple[Floats, str]:
        """Return a rotation at some times, shape (n, 4), and why it is not known everywhere."""
        hours = np.floor_divide(et, _HOUR_S).astype(np.int64)
        parts = _parts(hours)
        wanted = {
            (*self._id, source, target, hour): _sampler(source, target, hour, step_s)
            for hour in parts
        }
        found = np.empty((len(et), 4))
        why = ""
        for part, samples in zip(parts.values(), self._asked(wanted), strict=True):
            found[part] = samples.at(et[part])
            why = why or samples.reason
        return found, why

    def _asked(self, wanted: dict[_Key, Callable[[Any], Any]]) -> list[Any]:
        """Return what is kept, and ask SPICE for the rest, with the kernels loaded once."""
        with _keeping:
            found = {key: _kept[key] for key in wanted if key in _kept}
        missing = [key for key in wanted if key not in found]
        if missing:
            with borrowed(kernels_of(self._metakernel, self._root)) as spice:
                try:
                    found |= {key: wanted[key](spice) for key in missing}
                except spice.SpiceyError as error:
                    raise BadData(f"{self._metakernel.name}: {reason(error)}") from None
        with _keeping:
            for key in wanted:
                _kept[key] = found[key]
                _kept.move_to_end(key)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        return [found[key] for key in wanted]


def _parts(hours: Int64s) -> dict[int, Any]:
    """Return which rows are of which hour: slices where they ascend, else masks."""
    if np.all(hours[1:] >= hours[:-1]):
        heads = np.flatnonzero(np.diff(hours, prepend=hours[:1] - 1)).tolist()
        ends = zip(heads, [*heads[1:], len(hours)], strict=True)
        return {int(hours[start]): slice(start, stop) for start, stop in ends}
    return {hour: hours == hour for hour in np.unique(hours).tolist()}


def _sampler(source: str, target: str, hour: int, step_s: float) -> Callable[[Any], Samples]:
    # A little more than the hour, so that its ends are inside.
    span = hour * _HOUR_S - 0.001, (hour + 1) * _HOUR_S + 0.001

    def ask(spice: Any) -> Samples:
        return sampled(spice, source, target, span, step_s)

    return ask
