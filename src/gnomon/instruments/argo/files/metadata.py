"""Reads the files that describe a float as a whole: metadata, technical data, trajectories.

Conventions are those of the Argo user's manual (doi 10.13155/29825), sections 2.3 (trajectory),
2.4 (metadata) and 2.5 (technical information); versions 2 and 3 are read alike. Trajectories are
kept as they are, so only what identifies them is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Dataset, Variable, read

_NAME = re.compile(r"(?P<wmo>\d{5,7})_(?P<what>meta|tech|B?[RD]traj)\.nc", re.ASCII)
_DATA_TYPES = {
    "meta": ("Argo meta-data",),
    "tech": ("Argo technical data",),
    "traj": ("Argo trajectory", "B-Argo trajectory"),
}
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FILL = 99999.0
_NOTHING = {"", "n/a"}


@dataclass(frozen=True, slots=True)
class FloatFile:
    """What identifies a file of a float.

    Attributes
    ----------
    name : str
    what : str
        ``meta``, ``tech`` or ``traj``.
    platform_number : int
        WMO number of the float.
    date_update : datetime
        When the file was last changed, UTC, to the second.
    """

    name: str
    what: str
    platform_number: int
    date_update: datetime


@dataclass(frozen=True, slots=True)
class FloatMetadata:
    """What a metadata file says; None where it is silent.

    Attributes
    ----------
    texts : mapping of str to str
        Single texts by their variable's name, without blank ones and ``n/a``.
    dates : mapping of str to datetime
        Dates by their variable's name, UTC.
    launch : tuple of float, optional
        Latitude and longitude, degrees north and east.
    sensors, parameters : tuple of str
        Sorted, each once.
    problems : tuple of str
        What stands in the file and makes no sense, and so is left out.
    """

    file: FloatFile
    texts: dict[str, str]
    dates: dict[str, datetime]
    launch: tuple[float, float] | None
    sensors: tuple[str, ...]
    parameters: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TechnicalData:
    """The technical parameters of a float, as the file lists them.

    Attributes
    ----------
    cycles : (entry,) int32
    names, values : tuple of str
        Of the same length.
    """

    file: FloatFile
    cycles: NDArray[np.int32]
    names: tuple[str, ...]
    values: tuple[str, ...]


class _Rejected(Exception):
    """Why a file is refused; the readers add its name."""


def read_float_file(path: Path, *, name: str | None = None) -> FloatFile:
    """Check a metadata, technical or trajectory file, and return what identifies it.

    Parameters
    ----------
    path : Path
    name : str, optional
        Its name on the GDAC, where `path` has another; the content must agree with it.

    Raises
    ------
    BadData
        The file is damaged, of another type, or of another float than its name says.
    """
    file = read(path, name)
    try:
        return _identify(file)
    except _Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


def read_metadata(path: Path, *, name: str | None = None) -> FloatMetadata:
    """Read a metadata file; see `read_float_file`."""
    file = read(path, name)
    try:
        return _metadata(file)
    except _Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


def read_technical(path: Path, *, name: str | None = None) -> TechnicalData:
    """Read a file of technical data; see `read_float_file`."""
    file = read(path, name)
    try:
        return _technical(file)
    except _Rejected as reason:
        raise BadData(f"{file.name}: {reason}") from None


def _identify(file: Dataset) -> FloatFile:
    told = _single(file, "DATA_TYPE")
    what = next((key for key, types in _DATA_TYPES.items() if told in types), None)
    if what is None:
        raise _Rejected(f"DATA_TYPE is {told!r}, of no file of a float")
    number = _single(file, "PLATFORM_NUMBER")
    if not (number.isascii() and number.isdigit()):
        raise _Rejected(f"PLATFORM_NUMBER is {number!r}, must be a number")
    named = _NAME.fullmatch(file.name)
    if named is not None:
        if int(named["wmo"]) != int(number):
            raise _Rejected(f"PLATFORM_NUMBER is {number}, the file's name says {named['wmo']}")
        if not named["what"].endswith(what):
            raise _Rejected(f"DATA_TYPE is {told!r}, the file's name differs")
    updated = _date(_single(file, "DATE_UPDATE"))
    if updated is None:
        raise _Rejected(f"DATE_UPDATE {_single(file, 'DATE_UPDATE')!r} is no date")
    return FloatFile(file.name, what, int(number), updated)


def _metadata(file: Dataset) -> FloatMetadata:
    identity = _expect(file, "meta")
    texts, dates, problems = {}, {}, []
    for name, variable in file.items():
        if variable.dtype.kind != "S" or len(variable.dimensions) > 1:
            continue
        text = _texts(variable)[0]
        if text.lower() in _NOTHING:
            continue
        if variable.dimensions != ("DATE_TIME",):
            texts[name] = text
        elif (date := _date(text)) is not None:
            dates[name] = date
        else:
            problems.append(f"{name} {text!r} is no date")
    launch, strange = _launch(file)
    return FloatMetadata(
        file=identity,
        texts=texts,
        dates=dates,
        launch=launch,
        sensors=_listed(file, "SENSOR"),
        parameters=_listed(file, "PARAMETER"),
        problems=(*problems, *strange),
    )


def _technical(file: Dataset) -> TechnicalData:
    identity = _expect(file, "tech")
    names, values = (f"TECHNICAL_PARAMETER_{suffix}" for suffix in ("NAME", "VALUE"))
    for name in (names, values, "CYCLE_NUMBER"):
        if name not in file:
            raise _Rejected(f"variable {name} is missing")
    cycles = file["CYCLE_NUMBER"]
    if cycles.dtype.kind != "i" or len(cycles.shape) != 1:
        raise _Rejected(f"CYCLE_NUMBER has type {cycles.dtype} and {cycles.dimensions}")
    technical = TechnicalData(
        identity, cycles.array().astype(np.int32), _texts(file[names]), _texts(file[values])
    )
    if not len(technical.names) == len(technical.values) == len(technical.cycles):
        raise _Rejected("its names, values and cycles are of different number")
    return technical


def _expect(file: Dataset, what: str) -> FloatFile:
    identity = _identify(file)
    if identity.what != what:
        raise _Rejected(f"is a file of {identity.what}, expected {what}")
    return identity


def _texts(variable: Variable) -> tuple[str, ...]:
    """Return texts along the last dimension: UTF-8, or else Latin-1, as some centres write."""
    raw = np.ascontiguousarray(variable.array())
    width = variable.shape[-1] if variable.shape else 1
    found = raw.tobytes()
    pieces = (found[at : at + width] for at in range(0, len(found), width))
    return tuple(_decode(piece.strip(b" \0")) for piece in pieces)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _single(file: Dataset, name: str) -> str:
    if name not in file:
        raise _Rejected(f"variable {name} is missing")
    variable = file[name]
    if variable.dtype.kind != "S" or not variable.shape:
        raise _Rejected(f"{name} is no text")
    texts = set(_texts(variable))
    if len(texts) != 1:
        raise _Rejected(f"{name} is {sorted(texts)}, must be one text")
    return texts.pop()


def _listed(file: Dataset, name: str) -> tuple[str, ...]:
    if name not in file or file[name].dtype.kind != "S" or 0 in file[name].shape:
        return ()
    return tuple(sorted({text for text in _texts(file[name]) if text.lower() not in _NOTHING}))


def _date(text: str) -> datetime | None:
    """Return a date of 14 digits; None where it is none, or far from all floats."""
    try:
        date = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return date if _EARLIEST <= date < _LATEST else None


def _launch(file: Dataset) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Return where the float was launched, and what is wrong with that."""
    names = ("LAUNCH_LATITUDE", "LAUNCH_LONGITUDE")
    if any(name not in file or file[name].dtype.kind != "f" or file[name].shape for name in names):
        return None, ()
    latitude, longitude = (float(file[name].array()) for name in names)
    if _FILL in {latitude, longitude}:
        return None, ()
    if not (abs(latitude) <= 90.0 and -180.0 <= longitude <= 360.0):  # noqa: PLR2004  degrees
        return None, (f"launched at latitude {latitude}, longitude {longitude}",)
    return (latitude, longitude - 360.0 if longitude > 180.0 else longitude), ()  # noqa: PLR2004
