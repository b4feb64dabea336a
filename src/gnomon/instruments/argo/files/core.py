"""Reads core profile files of the GDAC: one cycle of any N_PROF, or all cycles of a float.

Conventions are those of the Argo user's manual (doi 10.13155/29825), section 2.2 "Core-Argo
profile format" 3.1; version 2.2 files have the same variables under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Dataset, Reader
from gnomon.instruments.argo.files.bgc import GLOBAL_FLAG, Block, read_block
from gnomon.instruments.argo.files.heads import read_heads
from gnomon.instruments.argo.files.variables import (
    FILL,
    Rejected,
    are_one_cycle,
    array,
    check_units,
    decode_flags,
    filled,
    letters,
    variable,
)
from gnomon.instruments.argo.science.selection import LIMITS, beyond_adjustment

PARAMETERS = ("PRES", "TEMP", "PSAL")
VALUES = ("", "_ADJUSTED", "_ADJUSTED_ERROR")
FLAGS = ("_QC", "_ADJUSTED_QC")
_SCHEME = "VERTICAL_SAMPLING_SCHEME"
_PSAL = tuple("PSAL" + suffix for suffix in (*VALUES, *FLAGS))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of all profiles of a file; every array is (profile, level).

    Attributes
    ----------
    raw, adjusted, error : float32
        Measured value, adjusted value, error of the adjusted value; NaN where there is none.
        PRES in dbar, TEMP in degrees Celsius (ITS-90), PSAL on the practical salinity scale.
    raw_qc, adjusted_qc : int8
        Flags of reference table 2, 0 to 9; -1 where blank.
    """

    raw: NDArray[np.float32]
    adjusted: NDArray[np.float32]
    error: NDArray[np.float32]
    raw_qc: NDArray[np.int8]
    adjusted_qc: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of one file.

    Attributes
    ----------
    name : str
        The file's name.
    platform_number : int
        WMO number of the float.
    date_update : datetime
        When the file was last changed, UTC, to the second.
    cycle_number : (profile,) int32
    direction : (profile,) S1
        ``A`` ascending, ``D`` descending.
    n_prof : (profile,) int16
        Index along the file's N_PROF: 0 is the primary sampling. An aggregate holds primary
        profiles only, so there all are 0.
    data_mode : (profile,) S1
        ``R`` real time, ``A`` adjusted in real time, ``D`` delayed mode.
    juld : (profile,) float64
        Days since 1950-01-01 00:00 UTC; NaN where there is none.
    latitude, longitude : (profile,) float64
        Degrees north and east; NaN where there is none.
    juld_qc, position_qc : (profile,) int8
        Flags as in `Parameter`.
    values : (parameter, 3, profile, level) float32
        Parameters in the order of `PARAMETERS`, then raw, adjusted, error as in `Parameter`.
    qc : (parameter, 2, profile, level) int8
        Then the flags of raw and adjusted.
    scheme : (profile,) str
        The vertical sampling scheme, empty where there is none (format 2.2).
    others : mapping of str to Block
        Every further parameter by Argo's name: CNDC, MTIME, TEMP_STD, NB_SAMPLE_CTD and so on.
    """

    name: str
    platform_number: int
    date_update: datetime
    cycle_number: NDArray[np.int32]
    direction: NDArray[np.bytes_]
    n_prof: NDArray[np.int16]
    data_mode: NDArray[np.bytes_]
    juld: NDArray[np.float64]
    juld_qc: NDArray[np.int8]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    position_qc: NDArray[np.int8]
    values: NDArray[np.float32]
    qc: NDArray[np.int8]
    scheme: NDArray[np.str_]
    others: Mapping[str, Block]

    def parameter(self, name: str) -> Parameter:
        """Return one of `PARAMETERS`; all NaN where the file lacks it."""
        index = PARAMETERS.index(name)
        return Parameter(*self.values[index], *self.qc[index])

    @property
    def stands(self) -> NDArray[np.bool_]:
        """Which levels are data, (profile, level): those with a raw pressure.

        This is argopy's rule, and the only one that gives its count for every real file. Levels
        with a temperature but no pressure (a lost message: kordi/2901780 has 8) cannot be placed
        in the water column. A value outside of the variable's valid_min and valid_max stands:
        its flag judges it.
        """
        stands: NDArray[np.bool_] = ~np.isnan(self.values[0, 0])
        return stands


def read_profiles(path: Path, *, name: str | None = None, reader: Reader | None = None) -> Profiles:
    """Read one core profile file, whole and checked.

    Parameters
    ----------
    path : Path
        A single-cycle file or an aggregate (``_prof.nc``), of format 2.2 or 3.1.
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
        return _profiles(file)
    except Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


def _profiles(file: Dataset) -> Profiles:
    heads = read_heads(file, "Argo profile", _n_prof)
    mode = letters(file, "DATA_MODE", b"RAD")
    profiles = Profiles(
        **heads,
        data_mode=mode,
        values=_values(file),
        qc=_qc(file),
        scheme=_schemes(file),
        others=_others(file, mode),
    )
    _check_adjustments(profiles)
    return profiles


def _expected(file: Dataset, name: str) -> bool:
    """Tell whether a file must have a variable of one of `PARAMETERS`: early floats lack PSAL."""
    return not name.startswith("PSAL") or any(psal in file for psal in _PSAL)


def _n_prof(cycle: NDArray[np.int32], direction: NDArray[np.bytes_]) -> NDArray[np.int16]:
    """Return the numbers of one cycle's samplings; those of an aggregate are all primary, 0."""
    if are_one_cycle(cycle, direction):
        return np.arange(len(cycle), dtype=np.int16)
    if len(np.unique(2 * cycle + (direction == b"D"))) < len(cycle):
        raise Rejected("one cycle stands twice among several")
    return np.zeros(len(cycle), np.int16)


def _values(file: Dataset) -> NDArray[np.float32]:
    """Return raw, adjusted and error values, (parameter, 3, profile, level)."""
    names = [(parameter, parameter + suffix) for parameter in PARAMETERS for suffix in VALUES]
    shape = (file.dimensions["N_PROF"], file.dimensions["N_LEVELS"])
    values = np.full((len(names), *shape), FILL, np.float32)
    for index, (parameter, name) in enumerate(names):
        if _expected(file, name):
            found = variable(file, name, "f", "N_PROF", "N_LEVELS")
            values[index] = filled(found, name)
            check_units(parameter, name, found)
    values[values == FILL] = np.nan
    if np.isinf(values).any():
        first = np.argwhere(np.isinf(values))[0]
        raise Rejected(f"{names[first[0]][1]} is infinite at level {first[-1]}")
    return values.reshape(len(PARAMETERS), len(VALUES), *shape)


def _qc(file: Dataset) -> NDArray[np.int8]:
    """Return the flags of raw and adjusted values, (parameter, 2, profile, level)."""
    names = tuple(parameter + suffix for parameter in PARAMETERS for suffix in FLAGS)
    shape = (file.dimensions["N_PROF"], file.dimensions["N_LEVELS"])
    raw = np.full((len(names), *shape), ord(" "), np.uint8)
    for index, name in enumerate(names):
        if _expected(file, name):
            raw[index] = array(file, name, "S", "N_PROF", "N_LEVELS").view(np.uint8)
    return decode_flags(raw, names).reshape(len(PARAMETERS), len(FLAGS), *shape)


def _schemes(file: Dataset) -> NDArray[np.str_]:
    if _SCHEME not in file:
        return np.full(file.dimensions["N_PROF"], "", np.str_)
    raw = np.ascontiguousarray(array(file, _SCHEME, "S", "N_PROF", "STRING256"))
    texts = raw.view(f"S{raw.shape[1]}")[:, 0]
    return np.char.strip(np.char.decode(texts, "utf-8", "backslashreplace"))


def _others(file: Dataset, mode: NDArray[np.bytes_]) -> dict[str, Block]:
    """Read the parameters beyond `PARAMETERS`; a core file has one data mode for all."""
    named = (match[1] for match in map(GLOBAL_FLAG.fullmatch, file) if match)
    chosen = (name for name in named if name not in PARAMETERS and name in file)
    flat = (name for name in chosen if file[name].dimensions == ("N_PROF", "N_LEVELS"))
    return {name: read_block(file, name, mode) for name in flat}


def _check_adjustments(profiles: Profiles) -> None:
    for name in PARAMETERS:
        p = profiles.parameter(name)
        apart = beyond_adjustment(p.raw, p.raw_qc, p.adjusted, p.adjusted_qc, LIMITS[name])
        if apart.any():
            at = tuple(np.argwhere(apart)[0])
            raise Rejected(
                f"{name} {p.raw[at]} and {name}_ADJUSTED {p.adjusted[at]} of cycle "
                f"{profiles.cycle_number[at[0]]}, level {at[1]} are both flagged good"
            )
