"""Writes core profile files as the GDAC has them: every variable of format 3.1.

The order, dimensions and attributes are those of the Argo user's manual, section 2.2 "Core-Argo
profile format".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3_writer import Attributes, NewVariable, encode
from gnomon.instruments.argo.files.core import FLAGS, PARAMETERS, VALUES
from gnomon.instruments.argo.files.variables import BLANK

_FILL, _FILL_JULD = 99999, np.float64(999999.0)
WIDTHS = {"DATE_TIME": 14} | {f"STRING{width}": width for width in (256, 64, 32, 16, 8, 4, 2)}
_TABLE = "Argo reference table {}"
_STAMP = "YYYYMMDDHHMISS"
_UNITS = {"PRES": "decibar", "TEMP": "degree_Celsius", "PSAL": "psu"}
_HISTORY_TEXTS = (
    ("INSTITUTION", "STRING4", "GN"),
    ("STEP", "STRING4", "ARGQ"),
    ("SOFTWARE", "STRING4", "SIM"),
    ("SOFTWARE_RELEASE", "STRING4", "1"),
    ("REFERENCE", "STRING64", ""),
    ("DATE", "DATE_TIME", "20000101000000"),
    ("ACTION", "STRING4", "QCP$"),
    ("PARAMETER", "STRING16", ""),
)


@dataclass(frozen=True)
class CoreProfile:
    """One profile to write; shapes and units as in `gnomon.instruments.argo.files.core.Profiles`.

    Attributes
    ----------
    cycle : int
    direction, mode : str
        ``A`` or ``D``; ``R``, ``A`` or ``D``.
    juld, latitude, longitude : float
        NaN where there is none.
    scheme : str
        Vertical sampling scheme.
    values : (3 parameters, 3, level) float32
    qc : (3 parameters, 2, level) int8
    """

    cycle: int
    direction: str
    mode: str
    juld: float
    latitude: float
    longitude: float
    scheme: str
    values: NDArray[np.float32]
    qc: NDArray[np.int8]


@dataclass(frozen=True)
class CoreFile:
    """What a file says of itself, beside its profiles."""

    wmo: int
    data_centre: str
    date_creation: datetime
    date_update: datetime
    profiles: Sequence[CoreProfile]
    history: int
    """Number of history records; an aggregate has none."""


class Shaper:
    """Makes variables of named dimensions."""

    def __init__(self, sizes: Mapping[str, int | None], records: int) -> None:
        self._sizes = {name: records if size is None else size for name, size in sizes.items()}

    def text(
        self, name: str, dimensions: str, values: Sequence[str], long_name: str, rule: str = ""
    ) -> NewVariable:
        """Make a variable of texts padded with blanks; fewer values than cells repeat."""
        names = tuple(dimensions.split())
        width = WIDTHS.get(names[-1], 1) if names else 1
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


def encode_core(file: CoreFile) -> bytes:
    """Return the bytes of a single-cycle file or an aggregate."""
    dimensions: dict[str, int | None] = {
        **WIDTHS,
        "N_PROF": len(file.profiles),
        "N_PARAM": len(PARAMETERS),
        "N_LEVELS": max(p.values.shape[-1] for p in file.profiles),
        "N_CALIB": 1,
        "N_HISTORY": None,
    }
    make = Shaper(dimensions, file.history)
    variables = [*_head(make, file), *_stations(make, file), *_times_and_places(make, file)]
    variables += [*_levels(make, file), *_calibration(make, file), *_history(make)]
    return encode(dimensions, variables, global_attributes("Argo float vertical profile"))


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


def _head(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    yield make.text("DATA_TYPE", "STRING16", ["Argo profile"], "Data type", _TABLE.format(1))
    yield make.text("FORMAT_VERSION", "STRING4", ["3.1"], "File format version")
    yield make.text("HANDBOOK_VERSION", "STRING4", ["1.2"], "Data handbook version")
    yield make.text(
        "REFERENCE_DATE_TIME", "DATE_TIME", ["19500101000000"], "Date of reference", _STAMP
    )
    created, updated = [stamp(file.date_creation)], [stamp(file.date_update)]
    yield make.text("DATE_CREATION", "DATE_TIME", created, "Date of file creation", _STAMP)
    yield make.text("DATE_UPDATE", "DATE_TIME", updated, "Date of update of this file", _STAMP)


def _stations(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    profiles, wmo = file.profiles, str(file.wmo)
    number = np.array([p.cycle for p in profiles], np.int32)
    one = "N_PROF"
    yield make.text("PLATFORM_NUMBER", "N_PROF STRING8", [wmo], "Float unique identifier")
    yield make.text("PROJECT_NAME", "N_PROF STRING64", ["gnomon"], "Name of the project")
    yield make.text("PI_NAME", "N_PROF STRING64", ["known ocean"], "Principal investigator")
    yield make.text(
        "STATION_PARAMETERS", "N_PROF N_PARAM STRING16", PARAMETERS, "Available parameters"
    )
    yield make.number("CYCLE_NUMBER", one, number, ("long_name", "Float cycle number"))
    yield make.text("DIRECTION", one, [p.direction for p in profiles], "Direction of the profile")
    yield make.text("DATA_CENTRE", "N_PROF STRING2", [file.data_centre], "Data centre")
    yield make.text("DC_REFERENCE", "N_PROF STRING32", [f"sim-{wmo}"], "Station identifier")
    yield make.text("DATA_STATE_INDICATOR", "N_PROF STRING4", ["2B"], "Degree of processing")
    yield make.text("DATA_MODE", one, [p.mode for p in profiles], "Delayed mode or real time data")
    yield make.text("PLATFORM_TYPE", "N_PROF STRING32", ["APEX"], "Type of float")
    yield make.text("FLOAT_SERIAL_NO", "N_PROF STRING32", [wmo[-4:]], "Serial number")
    yield make.text("FIRMWARE_VERSION", "N_PROF STRING32", ["1"], "Firmware version")
    yield make.text("WMO_INST_TYPE", "N_PROF STRING4", ["846"], "Coded instrument type")


def _times_and_places(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    profiles, one, rule = file.profiles, "N_PROF", _TABLE.format(2)
    juld = np.array([p.juld for p in profiles])
    latitude = np.array([p.latitude for p in profiles])
    longitude = np.array([p.longitude for p in profiles])
    days = ("units", "days since 1950-01-01 00:00:00 UTC")
    yield make.number("JULD", one, juld, ("long_name", "Julian day (UTC)"), days)
    yield make.text("JULD_QC", one, _present(juld), "Quality on date and time", rule)
    yield make.number("JULD_LOCATION", one, juld, ("long_name", "Day of the location"), days)
    yield make.number("LATITUDE", one, latitude, ("units", "degree_north"))
    yield make.number("LONGITUDE", one, longitude, ("units", "degree_east"))
    yield make.text("POSITION_QC", one, _present(latitude), "Quality on position", rule)
    yield make.text("POSITIONING_SYSTEM", "N_PROF STRING8", ["GPS"], "Positioning system")
    for name in PARAMETERS:
        flag = f"Global quality flag of {name} profile"
        yield make.text(f"PROFILE_{name}_QC", one, ["A"], flag, _TABLE.format("2a"))
    schemes = [p.scheme for p in profiles]
    yield make.text("VERTICAL_SAMPLING_SCHEME", "N_PROF STRING256", schemes, "Sampling scheme")
    yield make.number("CONFIG_MISSION_NUMBER", one, np.ones(len(profiles), np.int32))


def _present(values: NDArray[np.float64]) -> list[str]:
    """Return the flag of each value: 1, or 9 for a missing one."""
    return ["9" if missing else "1" for missing in np.isnan(values)]


def _levels(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    """Yield value, flag, adjusted value, its flag and its error of each parameter."""
    long = max(p.values.shape[-1] for p in file.profiles)
    shape = (len(PARAMETERS), len(file.profiles), long)
    values = np.full((len(VALUES), *shape), np.nan, np.float32)
    flags = np.full((len(FLAGS), *shape), BLANK, np.int8)
    for index, profile in enumerate(file.profiles):
        values[:, :, index, : profile.values.shape[-1]] = profile.values.swapaxes(0, 1)
        flags[:, :, index, : profile.qc.shape[-1]] = profile.qc.swapaxes(0, 1)
    letters = np.where(flags == BLANK, ord(" "), flags + ord("0")).astype(np.uint8).view("S1")
    for index, name in enumerate(PARAMETERS):
        for suffix, value, letter in zip(
            VALUES, values[:, index], [*letters[:, index], None], strict=True
        ):
            unit = ("units", _UNITS[name])
            yield make.number(name + suffix, "N_PROF N_LEVELS", value, unit)
            if letter is not None:
                attributes = (("long_name", "quality flag"), ("_FillValue", " "))
                yield NewVariable(f"{name}{suffix}_QC", ("N_PROF", "N_LEVELS"), letter, attributes)


def _calibration(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    where = "N_PROF N_CALIB N_PARAM "
    yield make.text("PARAMETER", where + "STRING16", PARAMETERS, "Parameters of the calibration")
    for what in ("EQUATION", "COEFFICIENT", "COMMENT"):
        name = f"SCIENTIFIC_CALIB_{what}"
        yield make.text(name, where + "STRING256", [""], f"Calibration {what.lower()}")
    date = [stamp(file.date_update)]
    yield make.text("SCIENTIFIC_CALIB_DATE", where + "DATE_TIME", date, "Date of calibration")


def _history(make: Shaper) -> Iterator[NewVariable]:
    where = "N_HISTORY N_PROF "
    for name, width, value in _HISTORY_TEXTS:
        yield make.text(f"HISTORY_{name}", where + width, [value], name.lower())
    for name in ("START_PRES", "STOP_PRES", "PREVIOUS_VALUE"):
        size = make.size("N_HISTORY") * make.size("N_PROF")
        yield make.number(f"HISTORY_{name}", where, np.full(size, np.nan, np.float32))
    yield make.text("HISTORY_QCTEST", where + "STRING16", [""], "tests performed, tests failed")
