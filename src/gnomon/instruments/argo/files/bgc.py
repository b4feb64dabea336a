"""Reads B-files of the GDAC: the biogeochemical parameters of one cycle, any N_PROF.

Conventions are those of the Argo user's manual (doi 10.13155/29825), section 2.3 "B-Argo profile
format" 3.1. What B-files and synthetic files share is here; `files.synthetic` reads the latter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.heads import Numbering, read_heads, width
from gnomon.instruments.argo.files.variables import (
    BLANK,
    FILL,
    File,
    Rejected,
    are_one_cycle,
    array,
    check_units,
    flags,
    variable,
)

NO_MODE = b" "
"""The data mode of a parameter that a profile does not have."""

_FILLS = (99999.0, 999999.0, 9.969209968386869e36)
"""Of doubles: those of values, of times, and the default of the NetCDF library (RAW_*)."""
_PARAMETER = re.compile(rb"[A-Z][A-Z0-9_]*")
GLOBAL_FLAG = re.compile(r"PROFILE_(\w+)_QC")
"""The variable that every parameter of a file has, beside its own."""
_SHAPE = ("N_PROF", "N_LEVELS")
_SINGLE = 4


@dataclass(frozen=True, slots=True)
class Block:
    """One parameter of all profiles of a file; every array but `mode` is (profile, level).

    Attributes
    ----------
    raw : float32 or float64
        Measured values as in the file, in `units`; NaN where there is none.
    raw_qc : int8
        Flags of reference table 2, 0 to 9; -1 where blank, and where the file has no flags.
    adjusted, error : as raw, or None where the file has no such variable
    adjusted_qc : int8, or None
    dpres : float32 or None
        In synthetic profiles, the displacement from the pressure of the measurement, dbar.
    mode : (profile,) S1
        ``R``, ``A`` or ``D``, from PARAMETER_DATA_MODE; `NO_MODE` where it says nothing.
    units, long_name : str
        As in the file.
    """

    raw: NDArray[np.floating]
    raw_qc: NDArray[np.int8]
    adjusted: NDArray[np.floating] | None
    adjusted_qc: NDArray[np.int8] | None
    error: NDArray[np.floating] | None
    dpres: NDArray[np.floating] | None
    mode: NDArray[np.bytes_]
    units: str
    long_name: str


@dataclass(frozen=True, slots=True)
class BgcProfiles:
    """The profiles of one B-file, or of one synthetic file.

    Attributes
    ----------
    name, platform_number, date_update, cycle_number, direction, n_prof, juld, juld_qc, latitude,
    longitude, position_qc
        As in `gnomon.instruments.argo.files.core.Profiles`.
    parameters : mapping of str to Block
        By Argo's name, PRES among them; in the order of the file.
    skipped : tuple of str
        Parameters with a third dimension (spectra), which are not read.
    """

    name: str
    platform_number: int
    date_update: datetime
    cycle_number: NDArray[np.int32]
    direction: NDArray[np.bytes_]
    n_prof: NDArray[np.int16]
    juld: NDArray[np.float64]
    juld_qc: NDArray[np.int8]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    position_qc: NDArray[np.int8]
    parameters: Mapping[str, Block]
    skipped: tuple[str, ...]

    @property
    def stands(self) -> NDArray[np.bool_]:
        """Which levels are data, (profile, level): those with a raw pressure, as in core files."""
        stands: NDArray[np.bool_] = ~np.isnan(self.parameters["PRES"].raw)
        return stands


def read_bgc(path: Path, *, name: str | None = None, reader: Reader | None = None) -> BgcProfiles:
    """Read one B-file, whole and checked.

    Parameters
    ----------
    path : Path
        The biogeochemical file of one cycle, format 3.1 (NetCDF classic).
    name : str, optional
        Its name on the GDAC, where `path` has another; the content must agree with it.
    reader : Reader, optional
        Shared between files that are alike, for speed.

    Raises
    ------
    BadData
        The file is damaged or contradicts itself; the message names it and the reason.
    """
    file = (reader or Reader()).read(path, name)
    try:
        return read_blocks(file, "B-Argo profile", _samplings, _any_flags)
    except Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


def read_blocks(
    file: File, data_type: str, number: Numbering, complete: Callable[[File, str], None]
) -> BgcProfiles:
    """Return the profiles of an open file of a type; `complete` refuses half a parameter."""
    heads = read_heads(file, data_type, number)
    modes, skipped = _modes(file)
    for name in modes:
        complete(file, name)
    return BgcProfiles(
        **heads,
        parameters={name: read_block(file, name, mode) for name, mode in modes.items()},
        skipped=skipped,
    )


def _samplings(cycle: NDArray[np.int32], direction: NDArray[np.bytes_]) -> NDArray[np.int16]:
    if not are_one_cycle(cycle, direction):
        raise Rejected("holds several cycles, a B-file has one")
    return np.arange(len(cycle), dtype=np.int16)


def _any_flags(file: File, name: str) -> None:
    """Accept a parameter without flags: B-files have none of pressure, and old ones lack more."""


def _modes(file: File) -> tuple[dict[str, NDArray[np.bytes_]], tuple[str, ...]]:
    """Return the parameters of a file with their modes by profile, and those that are skipped."""
    station = variable(
        file,
        "STATION_PARAMETERS",
        "S",
        "N_PROF",
        "N_PARAM",
        width(file, "STATION_PARAMETERS", "STRING64"),
    )
    raw = station.array()
    names = np.char.strip(np.ascontiguousarray(raw).view(f"S{raw.shape[-1]}")[..., 0], b" \0")
    letters = array(file, "PARAMETER_DATA_MODE", "S", "N_PROF", "N_PARAM")
    if strange := set(np.unique(letters).tolist()) - {b"R", b"A", b"D", NO_MODE, b""}:
        raise Rejected(f"PARAMETER_DATA_MODE holds {sorted(strange)}, must be of RAD")
    modes, skipped = {}, []
    for name in _parameters(file, names):
        if name not in file:
            raise Rejected(f"STATION_PARAMETERS names {name}, of which there is no variable")
        if len(file[name].dimensions) > len(_SHAPE):
            skipped.append(name)
        else:
            modes[name] = _mode(names == name.encode(), letters, name)
    if "PRES" not in modes:
        raise Rejected("STATION_PARAMETERS does not name PRES")
    return modes, tuple(skipped)


def _parameters(file: File, names: NDArray[np.bytes_]) -> Iterator[str]:
    """Name the parameters of a file once each: those of its profiles, then any others."""
    stated = list(dict.fromkeys(name for name in names.ravel().tolist() if name))
    for name in stated:
        if not _PARAMETER.fullmatch(name):
            raise Rejected(f"STATION_PARAMETERS holds {name!r}, which is no name of a parameter")
        yield name.decode()
    for other in map(GLOBAL_FLAG.fullmatch, file):
        if other and other[1].encode() not in stated and other[1] in file:
            yield other[1]


def _mode(where: NDArray[np.bool_], letters: NDArray[np.bytes_], name: str) -> NDArray[np.bytes_]:
    """Return the data mode of one parameter, (profile,), from where its name stands."""
    if where.sum(axis=1).max() > 1:
        raise Rejected(f"STATION_PARAMETERS names {name} twice in one profile")
    mode = np.full(len(where), NO_MODE, "S1")
    profile, column = np.nonzero(where)
    mode[profile] = letters[profile, column]
    mode[mode == b""] = NO_MODE
    return mode


def read_block(file: File, name: str, mode: NDArray[np.bytes_]) -> Block:
    """Read one parameter of an open file, with its data mode in each profile."""
    raw, notes = _values(file, name, name), file[name].attributes
    adjusted = _optional(file, name, "_ADJUSTED")
    unknown = (mode == NO_MODE) & ~np.isnan(raw).all(axis=1)
    if adjusted is not None and unknown.any():
        raise Rejected(f"PARAMETER_DATA_MODE says nothing of {name}, which has values")
    return Block(
        raw=raw,
        raw_qc=_flags(file, f"{name}_QC"),
        adjusted=adjusted,
        adjusted_qc=None if adjusted is None else _flags(file, f"{name}_ADJUSTED_QC"),
        error=_optional(file, name, "_ADJUSTED_ERROR"),
        dpres=_values(file, "PRES", f"{name}_dPRES") if f"{name}_dPRES" in file else None,
        mode=mode,
        units=str(notes.get("units", "")),
        long_name=str(notes.get("long_name", "")),
    )


def _optional(file: File, parameter: str, suffix: str) -> NDArray[np.floating] | None:
    name = parameter + suffix
    return _values(file, parameter, name) if name in file else None


def _values(file: File, parameter: str, name: str) -> NDArray[np.floating]:
    """Return values with NaN for fill, float32, or float64 where the file has more digits."""
    found = variable(file, name, "fi", *_SHAPE)
    check_units(parameter, name, found)
    fill, dtype = found.attributes.get("_FillValue"), found.dtype
    if dtype.kind == "f" and fill not in (_FILLS[:1] if dtype.itemsize == _SINGLE else _FILLS):
        raise Rejected(f"{name} has no _FillValue of {FILL}, as the manual prescribes")
    held = found.array()
    exact = _SINGLE if dtype.kind == "f" else _SINGLE // 2  # bytes of what float32 holds exactly
    values: NDArray[np.floating] = held.astype(
        np.float32 if dtype.itemsize <= exact else np.float64
    )
    values[held == fill] = np.nan
    if np.isinf(values).any():
        raise Rejected(f"{name} is infinite at level {np.argwhere(np.isinf(values))[0, -1]}")
    return values


def _flags(file: File, name: str) -> NDArray[np.int8]:
    if name in file:
        return flags(file, name, *_SHAPE)
    return np.full([file.dimensions[n] for n in _SHAPE], BLANK, np.int8)
