"""Reads core profile files of the GDAC: one cycle of any N_PROF, or all cycles of a float.

Conventions are those of the Argo user's manual (doi 10.13155/29825), section 2.2 "Core-Argo
profile format" 3.1; version 2.2 files have the same variables under the same names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Dataset, Reader
from gnomon.instruments.argo.science.selection import LIMITS, beyond_adjustment

PARAMETERS = ("PRES", "TEMP", "PSAL")
VALUES = ("", "_ADJUSTED", "_ADJUSTED_ERROR")
FLAGS = ("_QC", "_ADJUSTED_QC")
BLANK = -1
"""The quality flag of padding, ``' '`` in the file."""

EPOCH = datetime(1950, 1, 1, tzinfo=UTC)
EARLIEST_JULD = 14_610.0
"""1990-01-01, in days since 1950-01-01: before the first profiling floats."""

_FILL = np.float32(99999.0)
_JULD_FILL = 999999.0
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_PSAL = tuple("PSAL" + suffix for suffix in (*VALUES, *FLAGS))
_BAD_DATE_FLAGS = (3, 4, 9)
_MAX_CYCLE = 9999
_POLE, _HALF, _CIRCLE = 90.0, 180.0, 360.0
_INVALID = -2
_QC_CODES = np.full(256, _INVALID, np.int8)
_QC_CODES[ord(" ")] = BLANK
_QC_CODES[ord("0") : ord("9") + 1] = range(10)
_NAME = re.compile(r"[RD]?(?P<wmo>\d{5,7})_(?:(?P<cycle>\d{3,4})(?P<descending>D?)(?=[._])|prof)")


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
    except _Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


class _Rejected(Exception):
    """Why a file is refused; `read_profiles` adds its name."""


def _profiles(file: Dataset) -> Profiles:
    if (found := _text(file, "DATA_TYPE", "STRING16")) != "Argo profile":
        raise _Rejected(f"DATA_TYPE is {found!r}, a core file has 'Argo profile'")
    _check_dimensions(file)
    platform, date_update = _platform(file), _date_update(file)
    cycle, direction = _cycles(file)
    _check_name(file.name, platform, cycle, direction)
    juld_qc = _flags(file, ("JULD_QC",), "N_PROF")[0]
    latitude, longitude = _position(file)
    values, qc = _values(file), _flags(file, _names(FLAGS), "N_PROF", "N_LEVELS", optional=True)
    profiles = Profiles(
        name=file.name,
        platform_number=platform,
        date_update=date_update,
        cycle_number=cycle,
        direction=direction,
        n_prof=_n_prof(cycle, direction),
        data_mode=_letters(file, "DATA_MODE", b"RAD"),
        juld=_juld(file, juld_qc, date_update),
        juld_qc=juld_qc,
        latitude=latitude,
        longitude=longitude,
        position_qc=_flags(file, ("POSITION_QC",), "N_PROF")[0],
        values=values,
        qc=qc.reshape(len(PARAMETERS), len(FLAGS), *values.shape[2:]),
    )
    _check_adjustments(profiles)
    return profiles


def _names(suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """Name the variables of all parameters, parameter by parameter."""
    return tuple(parameter + suffix for parameter in PARAMETERS for suffix in suffixes)


def _array(file: Dataset, name: str, kind: str, *dimensions: str) -> NDArray[Any]:
    """Return the values of a variable that must exist with this type and these dimensions."""
    if name not in file:
        raise _Rejected(f"variable {name} is missing")
    variable = file[name]
    if variable.dimensions != dimensions:
        raise _Rejected(f"{name} has dimensions {variable.dimensions}, not {dimensions}")
    if variable.dtype.kind != kind:
        raise _Rejected(f"{name} has type {variable.dtype}")
    fill = _JULD_FILL if name == "JULD" else _FILL
    if kind == "f" and variable.attributes.get("_FillValue") != fill:
        raise _Rejected(f"{name} has no _FillValue of {fill}, as the manual prescribes")
    return variable.array()


def _text(file: Dataset, name: str, *dimensions: str) -> str:
    raw = _array(file, name, "S", *dimensions).tobytes()
    return raw.decode("ascii", "backslashreplace").strip(" \0")


def _letters(file: Dataset, name: str, allowed: bytes) -> NDArray[np.bytes_]:
    """Return one letter per profile, each of `allowed`."""
    letters = _array(file, name, "S", "N_PROF").copy()  # a view would keep the whole file
    if strange := set(letters.tobytes()) - set(allowed):
        raise _Rejected(f"{name} is {bytes(strange)!r}, must be one of {allowed.decode()}")
    return letters


def _flags(
    file: Dataset, names: tuple[str, ...], *dimensions: str, optional: bool = False
) -> NDArray[np.int8]:
    """Return the flags of several variables of one shape, (variable, ...) int8."""
    shape = [file.dimensions[name] for name in dimensions]
    raw = np.full((len(names), *shape), ord(" "), np.uint8)
    for index, name in enumerate(names):
        if not optional or _expected(file, name):
            raw[index] = _array(file, name, "S", *dimensions).view(np.uint8)
    flags = _QC_CODES[raw]
    if flags.min() == _INVALID:
        first = np.argwhere(flags == _INVALID)[0]
        byte = raw[tuple(first)]
        raise _Rejected(f"{names[first[0]]} holds the byte 0x{byte:02X}, flags are 0 to 9")
    return flags


def _expected(file: Dataset, name: str) -> bool:
    """Tell whether a file must have a variable of one of `PARAMETERS`: early floats lack PSAL."""
    return not name.startswith("PSAL") or any(psal in file for psal in _PSAL)


def _check_dimensions(file: Dataset) -> None:
    for name in ("N_PROF", "N_LEVELS"):
        if not file.dimensions.get(name):
            raise _Rejected(f"dimension {name} is {file.dimensions.get(name, 'missing')}")


def _date_update(file: Dataset) -> datetime:
    text = _text(file, "DATE_UPDATE", "DATE_TIME")
    try:
        date = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise _Rejected(f"DATE_UPDATE {text!r} is no date") from None
    if not _EARLIEST < date < _LATEST:
        raise _Rejected(f"DATE_UPDATE {text!r} is out of range")
    return date


def _platform(file: Dataset) -> int:
    """Return the float's WMO number, the same in all profiles; padded with blanks or NULs."""
    raw = _array(file, "PLATFORM_NUMBER", "S", "N_PROF", "STRING8").tobytes()
    texts = {raw[at : at + 8].strip(b" \0") for at in range(0, len(raw), 8)}
    if len(texts) != 1 or not (text := texts.pop()).isdigit():
        raise _Rejected(f"PLATFORM_NUMBER is {sorted(texts) or text!r}, must be one number")
    return int(text)


def _cycles(file: Dataset) -> tuple[NDArray[np.int32], NDArray[np.bytes_]]:
    cycle = _array(file, "CYCLE_NUMBER", "i", "N_PROF").astype(np.int32)
    if cycle.min() < 0 or cycle.max() > _MAX_CYCLE:
        raise _Rejected(f"CYCLE_NUMBER {cycle.min()} to {cycle.max()} is out of range")
    return cycle, _letters(file, "DIRECTION", b"AD")


def _n_prof(cycle: NDArray[np.int32], direction: NDArray[np.bytes_]) -> NDArray[np.int16]:
    """Return the numbers of one cycle's samplings; those of an aggregate are all primary, 0."""
    descends = direction == b"D"
    if (cycle == cycle[0]).all() and (descends == descends[0]).all():
        return np.arange(len(cycle), dtype=np.int16)
    if len(np.unique(2 * cycle + descends)) < len(cycle):
        raise _Rejected("one cycle stands twice among several")
    return np.zeros(len(cycle), np.int16)


def _check_name(
    name: str, platform: int, cycle: NDArray[np.int32], direction: NDArray[np.bytes_]
) -> None:
    """Compare the content with what the file's name says, where it is a name of the GDAC."""
    named = _NAME.match(name)
    if named is None:
        return
    if int(named["wmo"]) != platform:
        raise _Rejected(f"PLATFORM_NUMBER is {platform}, the file's name says {named['wmo']}")
    if named["cycle"] is None:
        return
    if (cycle != int(named["cycle"])).any():
        raise _Rejected(f"CYCLE_NUMBER is {cycle.tolist()}, the file's name says {named['cycle']}")
    if (direction != (b"D" if named["descending"] else b"A")).any():
        raise _Rejected(f"DIRECTION is {direction.tobytes()!r}, the file's name differs")


def _juld(file: Dataset, qc: NDArray[np.int8], date_update: datetime) -> NDArray[np.float64]:
    """Return the times; one that makes no sense is none if flagged so, and refused if not."""
    juld = _array(file, "JULD", "f", "N_PROF").astype(np.float64)
    latest = (date_update - EPOCH) / timedelta(days=1) + 1.0  # clocks may differ by a zone
    juld[juld == _JULD_FILL] = np.nan
    strange = ~(np.isnan(juld) | ((juld >= EARLIEST_JULD) & (juld <= latest)))
    if strange.any():
        if not np.isin(qc[strange], _BAD_DATE_FLAGS).all():
            raise _Rejected(f"JULD {juld[strange][0]} is out of range and not flagged as bad")
        juld[strange] = np.nan
    return juld


def _position(file: Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude; fills and impossible values (jma: -99.999) are none."""
    latitude = _array(file, "LATITUDE", "f", "N_PROF").astype(np.float64)
    longitude = _array(file, "LONGITUDE", "f", "N_PROF").astype(np.float64)
    none = ~((np.abs(latitude) <= _POLE) & (longitude >= -_HALF) & (longitude <= _CIRCLE))
    latitude[none] = longitude[none] = np.nan
    longitude[longitude > _HALF] -= _CIRCLE
    return latitude, longitude


def _values(file: Dataset) -> NDArray[np.float32]:
    names = _names(VALUES)
    shape = (file.dimensions["N_PROF"], file.dimensions["N_LEVELS"])
    values = np.full((len(names), *shape), _FILL, np.float32)
    for index, name in enumerate(names):
        if _expected(file, name):
            values[index] = _array(file, name, "f", "N_PROF", "N_LEVELS")
    values[values == _FILL] = np.nan
    if np.isinf(values).any():
        first = np.argwhere(np.isinf(values))[0]
        raise _Rejected(f"{names[first[0]]} is infinite at level {first[-1]}")
    return values.reshape(len(PARAMETERS), len(VALUES), *shape)


def _check_adjustments(profiles: Profiles) -> None:
    for name in PARAMETERS:
        p = profiles.parameter(name)
        apart = beyond_adjustment(p.raw, p.raw_qc, p.adjusted, p.adjusted_qc, LIMITS[name])
        if apart.any():
            at = tuple(np.argwhere(apart)[0])
            raise _Rejected(
                f"{name} {p.raw[at]} and {name}_ADJUSTED {p.adjusted[at]} of cycle "
                f"{profiles.cycle_number[at[0]]}, level {at[1]} are both flagged good"
            )
