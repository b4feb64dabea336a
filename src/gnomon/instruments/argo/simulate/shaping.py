"""What the simulated profile files share: variables of named dimensions, and their heads.

The order, dimensions and attributes are those of the Argo user's manual, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3_writer import Attributes, NewVariable

_FILL, _FILL_JULD = 99999, np.float64(999999.0)
WIDTHS = {"DATE_TIME": 14} | {f"STRING{width}": width for width in (256, 64, 32, 16, 8, 4, 2)}
_CHARACTERS = ("STRING", "DATE_TIME")
_TABLE = "Argo reference table {}"
_STAMP = "YYYYMMDDHHMISS"


@dataclass(frozen=True)
class Layout:
    """How a kind of file differs from the others.

    Attributes
    ----------
    data_type, version, title : str
    type_width, name_width : str
        Dimensions of the characters of DATA_TYPE and of names of parameters.
    has_samplings : bool
        Whether profiles are samplings of a cycle, with a mode and a scheme; synthetic ones are not.
    """

    data_type: str
    version: str
    title: str
    type_width: str
    name_width: str
    has_samplings: bool = True


@dataclass(frozen=True)
class Station:
    """Where, when and how a profile was made.

    Attributes
    ----------
    cycle : int
    direction, mode : str
        ``A`` or ``D``; ``R``, ``A`` or ``D``.
    juld, latitude, longitude : float
        NaN where there is none.
    scheme : str
        Vertical sampling scheme.
    """

    cycle: int
    direction: str
    mode: str
    juld: float
    latitude: float
    longitude: float
    scheme: str


@dataclass(frozen=True)
class Head:
    """What a file says of itself, beside its values.

    Attributes
    ----------
    parameters : sequence of sequence of str
        The names of each station's parameters.
    modes : sequence of str, optional
        The data modes of each station's parameters, a letter each.
    """

    layout: Layout
    wmo: int
    data_centre: str
    date_creation: datetime
    date_update: datetime
    stations: Sequence[Station]
    parameters: Sequence[Sequence[str]]
    modes: Sequence[str] | None = None

    @property
    def most(self) -> int:
        """The length of N_PARAM."""
        return max(map(len, self.parameters))

    def names(self) -> list[str]:
        """Return the cells of (N_PROF, N_PARAM)."""
        padded = ([*names, *[""] * (self.most - len(names))] for names in self.parameters)
        return [name for names in padded for name in names]

    def all_parameters(self) -> list[str]:
        """Return the parameters of all stations, each once."""
        return list(dict.fromkeys(name for names in self.parameters for name in names))


class Shaper:
    """Makes variables of named dimensions."""

    def __init__(self, sizes: Mapping[str, int | None], records: int) -> None:
        self._sizes = {name: records if size is None else size for name, size in sizes.items()}

    def text(
        self, name: str, dimensions: str, values: Sequence[str], long_name: str, rule: str = ""
    ) -> NewVariable:
        """Make a variable of texts padded with blanks; fewer values than cells repeat."""
        names = tuple(dimensions.split())
        width = self._sizes[names[-1]] if names and names[-1].startswith(_CHARACTERS) else 1
        cells = np.array([value.ljust(width) for value in values], f"S{width}").view("S1")
        data = np.resize(cells, self._shape(names))
        notes = (("conventions", rule),) if rule else ()
        return NewVariable(
            name, names, data, (("long_name", long_name), *notes, ("_FillValue", " "))
        )

    def number(
        self, name: str, dimensions: str, data: NDArray[np.generic], *attributes: tuple[str, str]
    ) -> NewVariable:
        """Make a variable of numbers; NaN becomes the fill value."""
        names = tuple(dimensions.split())
        fill = _FILL_JULD if name.startswith("JULD") else data.dtype.type(_FILL)
        if data.dtype.kind == "f":
            data = np.where(np.isnan(data), fill, data)
        data = data.reshape(self._shape(names))
        return NewVariable(name, names, data, (*attributes, ("_FillValue", fill)))

    def size(self, name: str) -> int:
        """Return the length of a dimension."""
        return self._sizes[name]

    def _shape(self, names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self._sizes[name] for name in names)


def global_attributes(title: str) -> Attributes:
    """Return the attributes of a file."""
    return (
        ("title", title),
        ("institution", "gnomon simulator"),
        ("source", "Argo float"),
        ("references", "http://www.argodatamgt.org/Documentation"),
        ("user_manual_version", "3.1"),
        ("Conventions", "Argo-3.1 CF-1.6"),
        ("featureType", "trajectoryProfile"),
    )


def stamp(date: datetime) -> str:
    """Return a date as Argo writes it: YYYYMMDDHHMISS."""
    return date.strftime("%Y%m%d%H%M%S")


def head(make: Shaper, file: Head) -> Iterator[NewVariable]:
    """Yield what the file says of itself, then of each profile, then when and where it was."""
    layout = file.layout
    yield make.text("DATA_TYPE", layout.type_width, [layout.data_type], "Data type", _table(1))
    yield make.text("FORMAT_VERSION", "STRING4", [layout.version], "File format version")
    yield make.text("HANDBOOK_VERSION", "STRING4", ["1.2"], "Data handbook version")
    yield make.text(
        "REFERENCE_DATE_TIME", "DATE_TIME", ["19500101000000"], "Date of reference", _STAMP
    )
    created, updated = [stamp(file.date_creation)], [stamp(file.date_update)]
    yield make.text("DATE_CREATION", "DATE_TIME", created, "Date of file creation", _STAMP)
    yield make.text("DATE_UPDATE", "DATE_TIME", updated, "Date of update of this file", _STAMP)
    yield from _stations(make, file)
    yield from _times_and_places(make, file)


def _table(number: object) -> str:
    return _TABLE.format(number)


def _stations(make: Shaper, file: Head) -> Iterator[NewVariable]:
    stations, wmo, one = file.stations, str(file.wmo), "N_PROF"
    number = np.array([p.cycle for p in stations], np.int32)
    where, mode = f"N_PROF N_PARAM {file.layout.name_width}", "Delayed mode or real time data"
    yield make.text("PLATFORM_NUMBER", "N_PROF STRING8", [wmo], "Float unique identifier")
    yield make.text("PROJECT_NAME", "N_PROF STRING64", ["gnomon"], "Name of the project")
    yield make.text("PI_NAME", "N_PROF STRING64", ["known ocean"], "Principal investigator")
    yield make.text("STATION_PARAMETERS", where, file.names(), "Available parameters")
    yield make.number("CYCLE_NUMBER", one, number, ("long_name", "Float cycle number"))
    yield make.text("DIRECTION", one, [p.direction for p in stations], "Direction of the profile")
    yield make.text("DATA_CENTRE", "N_PROF STRING2", [file.data_centre], "Data centre")
    if file.layout.has_samplings:
        yield make.text("DC_REFERENCE", "N_PROF STRING32", [f"sim-{wmo}"], "Station identifier")
        yield make.text("DATA_STATE_INDICATOR", "N_PROF STRING4", ["2B"], "Degree of processing")
        yield make.text("DATA_MODE", one, [p.mode for p in stations], mode)
    if file.modes is not None:
        letters = list("".join(modes.ljust(file.most) for modes in file.modes))
        yield make.text("PARAMETER_DATA_MODE", "N_PROF N_PARAM", letters, mode)
    yield make.text("PLATFORM_TYPE", "N_PROF STRING32", ["APEX"], "Type of float")
    yield make.text("FLOAT_SERIAL_NO", "N_PROF STRING32", [wmo[-4:]], "Serial number")
    yield make.text("FIRMWARE_VERSION", "N_PROF STRING32", ["1"], "Firmware version")
    yield make.text("WMO_INST_TYPE", "N_PROF STRING4", ["846"], "Coded instrument type")


def _times_and_places(make: Shaper, file: Head) -> Iterator[NewVariable]:
    stations, one, rule = file.stations, "N_PROF", _table(2)
    juld = np.array([p.juld for p in stations])
    latitude = np.array([p.latitude for p in stations])
    longitude = np.array([p.longitude for p in stations])
    days = ("units", "days since 1950-01-01 00:00:00 UTC")
    yield make.number("JULD", one, juld, ("long_name", "Julian day (UTC)"), days)
    yield make.text("JULD_QC", one, _present(juld), "Quality on date and time", rule)
    yield make.number("JULD_LOCATION", one, juld, ("long_name", "Day of the location"), days)
    yield make.number("LATITUDE", one, latitude, ("units", "degree_north"))
    yield make.number("LONGITUDE", one, longitude, ("units", "degree_east"))
    yield make.text("POSITION_QC", one, _present(latitude), "Quality on position", rule)
    yield make.text("POSITIONING_SYSTEM", "N_PROF STRING8", ["GPS"], "Positioning system")
    for name in file.all_parameters():
        if name == "PRES" and file.layout.data_type.startswith("B"):
            continue
        flag = f"Global quality flag of {name} profile"
        yield make.text(f"PROFILE_{name}_QC", one, ["A"], flag, _table("2a"))
    schemes = [p.scheme for p in stations]
    if file.layout.has_samplings:
        yield make.text("VERTICAL_SAMPLING_SCHEME", "N_PROF STRING256", schemes, "Sampling scheme")
    yield make.number("CONFIG_MISSION_NUMBER", one, np.ones(len(stations), np.int32))


def _present(values: NDArray[np.float64]) -> list[str]:
    """Return the flag of each value: 1, or 9 for a missing one."""
    return ["9" if missing else "1" for missing in np.isnan(values)]


def calibration(make: Shaper, file: Head) -> Iterator[NewVariable]:
    """Yield the section on calibrations, which says little here."""
    where = "N_PROF N_CALIB N_PARAM "
    width = where + file.layout.name_width
    yield make.text("PARAMETER", width, file.names(), "Parameters of the calibration")
    for what in ("EQUATION", "COEFFICIENT", "COMMENT"):
        name = f"SCIENTIFIC_CALIB_{what}"
        yield make.text(name, where + "STRING256", [""], f"Calibration {what.lower()}")
    date = [stamp(file.date_update)]
    yield make.text("SCIENTIFIC_CALIB_DATE", where + "DATE_TIME", date, "Date of calibration")


def flagged(make: Shaper, name: str, qc: NDArray[np.int8]) -> NewVariable:
    """Make a variable of quality flags, (N_PROF, N_LEVELS); -1 is blank."""
    letters = np.where(qc < 0, ord(" "), qc + ord("0")).astype(np.uint8).view("S1")
    attributes = (("long_name", "quality flag"), ("_FillValue", " "))
    shape = (make.size("N_PROF"), make.size("N_LEVELS"))
    return NewVariable(name, ("N_PROF", "N_LEVELS"), letters.reshape(shape), attributes)
