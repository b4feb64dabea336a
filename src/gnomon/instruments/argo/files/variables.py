"""What the readers of profile files share: checked arrays of the variables of one file.

Conventions are those of the Argo user's manual (doi 10.13155/29825), section 2. A file is refused
by `Rejected`, to which each reader adds the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3 import AttributeValue
from gnomon.instruments.argo.science.selection import UNUSABLE_FLAGS

BLANK = -1
"""The quality flag of padding, ``' '`` in the file."""

EPOCH = datetime(1950, 1, 1, tzinfo=UTC)
EARLIEST_JULD = 14_610.0
"""1990-01-01, in days since 1950-01-01: before the first profiling floats."""

FILL = np.float32(99999.0)
_JULD_FILL = 999999.0
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MAX_CYCLE = 9999
_POLE, _HALF, _CIRCLE = 90.0, 180.0, 360.0
_INVALID = -2
_QC_CODES = np.full(256, _INVALID, np.int8)
_QC_CODES[ord(" ")] = BLANK
_QC_CODES[ord("0") : ord("9") + 1] = range(10)
_NAME = re.compile(
    r"[BS]?[RD]?(?P<wmo>\d{5,7})_(?:(?P<cycle>\d{3,4})(?P<descending>D?)(?=[._])|S?prof)"
)
_MICROMOLES = frozenset({"micromole/kg", "micromol/kg", "umol/kg", "micromolekg-1", "umolkg-1"})
_NO_UNIT = frozenset({"", "1", "dimensionless"})
_UNITS = {
    "PRES": frozenset({"decibar", "decibars", "dbar"}),
    "TEMP": frozenset({"degreecelsius", "degreescelsius", "celsius", "degc"}),
    "PSAL": _NO_UNIT | {"psu", "pss-78", "pss78"},
    "CNDC": frozenset({"mhos/m", "mho/m", "s/m", "siemens/m", "sm-1"}),
    "DOXY": _MICROMOLES,
    "NITRATE": _MICROMOLES,
    "BISULFIDE": _MICROMOLES,
    "CHLA": frozenset({"mg/m3", "mg/m^3", "mgm-3", "milligram/m3"}),
    "BBP": frozenset({"m-1", "m^-1", "1/m"}),
    "CDOM": frozenset({"ppb"}),
    "PH_IN_SITU_TOTAL": _NO_UNIT,
    "PH_IN_SITU_FREE": _NO_UNIT,
    "DOWN_IRRADIANCE": frozenset({"w/m^2/nm", "w/m2/nm", "wm-2nm-1"}),
    "UP_RADIANCE": frozenset({"w/m^2/nm/sr", "w/m2/nm/sr", "wm-2nm-1sr-1"}),
    "DOWNWELLING_PAR": frozenset(
        {"micromolequanta/m^2/sec", "micromolequanta/m2/sec", "micromolequanta/m^2/s"}
    ),
    "TURBIDITY": frozenset({"ntu"}),
}
"""Argo's units (manual, reference table 3) and their spellings, as `_plain` leaves them."""
_ORDINAL = re.compile(r"(?<=[A-Z])_?\d+$")
"""What follows the name of a second sensor (``DOXY2``) or stands for a wavelength (``BBP700``)."""


class Rejected(Exception):
    """Why a file is refused; the reader adds its name."""


class Variable(Protocol):
    """One variable of an open file."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of its dimensions, slowest first."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values in the file; ``S1`` for text."""

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """Text as str, numbers as int or float."""

    def array(self) -> NDArray[Any]:
        """Return the values."""


class File(Protocol):
    """An open file, NetCDF classic or NetCDF-4."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    @property
    def dimensions(self) -> Mapping[str, int]:
        """Lengths by name."""

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def __getitem__(self, name: str, /) -> Variable: ...


def variable(file: File, name: str, kind: str, *dimensions: str) -> Variable:
    """Return a variable that must exist with this kind of type and these dimensions."""
    if name not in file:
        raise Rejected(f"variable {name} is missing")
    found = file[name]
    if found.dimensions != dimensions:
        raise Rejected(f"{name} has dimensions {found.dimensions}, not {dimensions}")
    if found.dtype.kind not in kind:
        raise Rejected(f"{name} has type {found.dtype}")
    return found


def array(file: File, name: str, kind: str, *dimensions: str) -> NDArray[Any]:
    """Return the values of a variable that must exist with this type and these dimensions."""
    found = variable(file, name, kind, *dimensions)
    return filled(found, name) if kind == "f" else found.array()


def filled(found: Variable, name: str) -> NDArray[Any]:
    """Return the values of a variable that must have the manual's fill value."""
    fill = _JULD_FILL if name == "JULD" else FILL
    if found.attributes.get("_FillValue") != fill:
        raise Rejected(f"{name} has no _FillValue of {fill}, as the manual prescribes")
    return found.array()


def check_units(parameter: str, name: str, found: Variable) -> None:
    """Refuse a variable of a parameter whose unit is another than Argo's.

    A file without the attribute passes: its format prescribes the unit.
    """
    units = found.attributes.get("units")
    if units is not None and not _units_agree(parameter, units):
        raise Rejected(f"{name} is in {units!r}, which is not the unit of Argo")


@lru_cache(maxsize=1024)
def _units_agree(parameter: str, units: AttributeValue) -> bool:
    allowed = _UNITS.get(parameter) or _UNITS.get(_ORDINAL.sub("", parameter))
    return allowed is None or _plain(str(units)) in allowed


def _plain(units: str) -> str:
    """Return a unit in small letters without blanks and underscores, which spellings vary."""
    return re.sub(r"[\s_\0]", "", units).replace("\N{MICRO SIGN}", "u").lower()


def text(file: File, name: str, *dimensions: str) -> str:
    """Return the text of a variable of characters, without padding."""
    raw = array(file, name, "S", *dimensions).tobytes()
    return raw.decode("ascii", "backslashreplace").strip(" \0")


def letters(file: File, name: str, allowed: bytes) -> NDArray[np.bytes_]:
    """Return one letter per profile, each of `allowed`."""
    found = array(file, name, "S", "N_PROF").copy()  # a view would keep the whole file
    if strange := set(found.tobytes()) - set(allowed):
        raise Rejected(f"{name} is {bytes(strange)!r}, must be one of {allowed.decode()}")
    return found


def decode_flags(raw: NDArray[np.uint8], names: tuple[str, ...]) -> NDArray[np.int8]:
    """Return the flags that bytes stand for, int8; the first dimension counts the variables."""
    flags: NDArray[np.int8] = _QC_CODES[raw]
    if flags.min() == _INVALID:
        first = np.argwhere(flags == _INVALID)[0]
        byte = raw[tuple(first)]
        raise Rejected(f"{names[first[0]]} holds the byte 0x{byte:02X}, flags are 0 to 9")
    return flags


def flags(file: File, name: str, *dimensions: str) -> NDArray[np.int8]:
    """Return the flags of a variable, 0 to 9, -1 where blank."""
    raw = array(file, name, "S", *dimensions)
    found: NDArray[np.int8] = decode_flags(raw.view(np.uint8)[np.newaxis], (name,))[0]
    return found


def check_dimensions(file: File) -> None:
    """Refuse a file without profiles or levels."""
    for name in ("N_PROF", "N_LEVELS"):
        if not file.dimensions.get(name):
            raise Rejected(f"dimension {name} is {file.dimensions.get(name, 'missing')}")


def date_of_update(file: File) -> datetime:
    """Return when the file was last changed, UTC, to the second."""
    found = text(file, "DATE_UPDATE", "DATE_TIME")
    try:
        date = datetime.strptime(found, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Rejected(f"DATE_UPDATE {found!r} is no date") from None
    if not _EARLIEST < date < _LATEST:
        raise Rejected(f"DATE_UPDATE {found!r} is out of range")
    return date


def platform(file: File) -> int:
    """Return the float's WMO number, the same in all profiles; padded with blanks or NULs."""
    raw = array(file, "PLATFORM_NUMBER", "S", "N_PROF", "STRING8").tobytes()
    texts = {raw[at : at + 8].strip(b" \0") for at in range(0, len(raw), 8)}
    if len(texts) != 1 or not (number := texts.pop()).isdigit():
        raise Rejected(f"PLATFORM_NUMBER is {sorted(texts) or number!r}, must be one number")
    return int(number)


def cycles(file: File) -> tuple[NDArray[np.int32], NDArray[np.bytes_]]:
    """Return cycle numbers and directions, (profile,)."""
    cycle = array(file, "CYCLE_NUMBER", "i", "N_PROF").astype(np.int32)
    if cycle.min() < 0 or cycle.max() > _MAX_CYCLE:
        raise Rejected(f"CYCLE_NUMBER {cycle.min()} to {cycle.max()} is out of range")
    return cycle, letters(file, "DIRECTION", b"AD")


def are_one_cycle(cycle: NDArray[np.int32], direction: NDArray[np.bytes_]) -> bool:
    """Tell whether all profiles are samplings of one cycle in one direction."""
    return bool((cycle == cycle[0]).all() and (direction == direction[0]).all())


def check_name(
    name: str, platform: int, cycle: NDArray[np.int32], direction: NDArray[np.bytes_]
) -> None:
    """Compare the content with what the file's name says, where it is a name of the GDAC."""
    named = _NAME.match(name)
    if named is None:
        return
    if int(named["wmo"]) != platform:
        raise Rejected(f"PLATFORM_NUMBER is {platform}, the file's name says {named['wmo']}")
    if named["cycle"] is None:
        return
    if (cycle != int(named["cycle"])).any():
        raise Rejected(f"CYCLE_NUMBER is {cycle.tolist()}, the file's name says {named['cycle']}")
    if (direction != (b"D" if named["descending"] else b"A")).any():
        raise Rejected(f"DIRECTION is {direction.tobytes()!r}, the file's name differs")


def days(file: File, qc: NDArray[np.int8], date_update: datetime) -> NDArray[np.float64]:
    """Return the times; one that makes no sense is none if flagged so, and refused if not."""
    juld = array(file, "JULD", "f", "N_PROF").astype(np.float64)
    latest = (date_update - EPOCH) / timedelta(days=1) + 1.0  # clocks may differ by a zone
    juld[juld == _JULD_FILL] = np.nan
    strange = ~(np.isnan(juld) | ((juld >= EARLIEST_JULD) & (juld <= latest)))
    if strange.any():
        if not np.isin(qc[strange], UNUSABLE_FLAGS).all():
            raise Rejected(f"JULD {juld[strange][0]} is out of range and not flagged as bad")
        juld[strange] = np.nan
    return juld


def position(file: File) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude; fills and impossible values (jma: -99.999) are none."""
    latitude = array(file, "LATITUDE", "f", "N_PROF").astype(np.float64)
    longitude = array(file, "LONGITUDE", "f", "N_PROF").astype(np.float64)
    none = ~((np.abs(latitude) <= _POLE) & (longitude >= -_HALF) & (longitude <= _CIRCLE))
    latitude[none] = longitude[none] = np.nan
    longitude[longitude > _HALF] -= _CIRCLE
    return latitude, longitude
