"""What the products say: the Level 2-pre CDF of one frame, and the CDF of a day's offsets.

Both are made to the ISTP guidelines. They carry no clock: what made them is told by the names of
their parents, and their version is put where the marks stand when they are committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.cdf import TT2000, Cdf, Variable
from gnomon.formats.cdf_istp import fill_of
from gnomon.instruments.imap.calibration.applying import NO_RANGE, Calibrated, magnitudes
from gnomon.instruments.imap.calibration.layers import Correction

FRAMES = {
    "srf": "spacecraft frame (IMAP_SPACECRAFT)",
    "dsrf": "despun spacecraft frame (IMAP_DPS)",
    "gse": "geocentric solar ecliptic",
    "gsm": "geocentric solar magnetospheric",
    "rtn": "radial, tangential, normal to the Sun",
}
"""The frames of Level 2, in words."""
_AXES = {"rtn": ("R", "T", "N")}
_RATES = {"norm": "normal", "burst": "burst"}
_EARLIEST, _LATEST = 315_576_066_184_000_000, 3_155_716_869_184_000_000
"""TT2000 of 2010-01-01 and of 2100-01-01 UTC."""
_STRONGEST_NT = 2e5
_AXIS = {"DEPEND_1": "direction", "LABL_PTR_1": "direction_label"}
_GLOBAL: Mapping[str, str] = {
    "Project": "STP>Solar Terrestrial Probes",
    "Source_name": "IMAP>Interstellar Mapping and Acceleration Probe",
    "Discipline": "Solar Physics>Heliospheric Physics",
    "Descriptor": "MAG>Magnetometer",
    "Mission_group": "IMAP",
    "PI_name": "Prof. David J. McComas",
    "PI_affiliation": "Princeton University",
    "Instrument_type": "Magnetic Fields (space)",
    "TEXT": "Magnetic field measured by the two fluxgate sensors of the magnetometer on IMAP.",
    "File_naming_convention": "source_descriptor_datatype_yyyyMMdd_vNNN.NNNN",
    "HTTP_LINK": "https://imap.princeton.edu/",
    "LINK_TITLE": "IMAP, the Interstellar Mapping and Acceleration Probe",
}
_INHERITED = ("Acknowledgement", "Rules_of_use", "TEXT", "PI_name", "PI_affiliation")
"""What the archive's own text stands for, where the science file has it."""


@dataclass(frozen=True)
class Origin:
    """What a product is of, and what it was made of.

    Attributes
    ----------
    mode : str
        ``norm`` or ``burst``.
    day : date
        UTC.
    sensor : str
        ``mago`` or ``magi``.
    parents : sequence of str
        Names of files.
    science : mapping
        The global attributes of the science file.
    """

    mode: str
    day: date
    sensor: str
    parents: Sequence[str]
    science: Mapping[str, tuple[Any, ...]]


def l2_pre(made: Calibrated, vectors: NDArray[np.float64], frame: str, origin: Origin) -> Cdf:
    """Return the Level 2-pre product of one frame.

    Parameters
    ----------
    made : Calibrated
    vectors : ndarray of float64, shape (n, 3)
        nT, in `frame`; NaN where there is none.
    frame : str
        One of `FRAMES`.
    origin : Origin
    """
    source = f"imap_mag_l2-pre_{origin.mode}-{frame}"
    rate = _RATES[origin.mode]
    attributes = _attributes(
        origin,
        f"L2-pre_{origin.mode}-{frame}>Level 2 preliminary, {rate} rate, {frame.upper()}",
        source,
        f"IMAP MAG Level 2 preliminary {rate} rate data in {frame.upper()}",
        f"{source}_{origin.day:%Y%m%d}",
        "v@@@.@@@@",
    )
    field_name = f"b_{frame}"
    axes = _AXES.get(frame, ("X", "Y", "Z"))
    labels = np.array([f"B_{axis} {frame.upper()}" for axis in axes])
    ranges = np.where(made.ranges == NO_RANGE, 255, made.ranges).astype(np.uint8)
    b = _data(f"Magnetic field vector, {FRAMES[frame]}", "nT", "F15.6")
    b |= {**_AXIS, "COORDINATE_SYSTEM": frame.upper()}
    b |= _limits(np.float64, -_STRONGEST_NT, _STRONGEST_NT)
    size = _data("Magnitude of the magnetic field", "nT", "F15.6", label="|B|")
    size |= _limits(np.float64, 0.0, _STRONGEST_NT)
    return Cdf(
        attributes,
        {
            "epoch": _epoch(made.tt2000),
            field_name: Variable(_filled(vectors), b),
            "magnitude": Variable(_filled(magnitudes(vectors)), size),
            "range": Variable(ranges, _support("Range of the sensor, 0 to 3", np.uint8, 3, "I1")),
            **_quality(made.quality_flag, made.quality_bitmask, "quality_flags"),
            **_axis(labels, "Components of the magnetic field"),
        },
    )


def offsets(tt2000: NDArray[np.int64], total: Correction, origin: Origin) -> Cdf:
    """Return the sum of a day's layers as the science data centre takes it.

    Single precision rounds an offset of 100 nT by 4 pT at most; Level 2-pre is made of the sums
    in double precision.

    Parameters
    ----------
    tt2000 : ndarray of int64, shape (n,)
        The epochs of the science file, without any shift.
    total : Correction
    origin : Origin
    """
    source = f"imap_mag_l2-{origin.mode}-offsets"
    day = f"{origin.day:%Y%m%d}"
    attributes = _attributes(
        origin,
        f"L2-{origin.mode}-offsets>Level 2 offsets, {_RATES[origin.mode]} rate",
        source,
        f"IMAP MAG Level 2 offsets, {_RATES[origin.mode]} rate",
        f"{source}_{day}_{day}",
        "v@@@",
    )
    vector = _data("Offsets to add to vectors in the orthogonal frame", "nT", "F15.6")
    vector |= _AXIS
    vector |= _limits(np.float32, -_STRONGEST_NT, _STRONGEST_NT)
    shift = _data("Seconds to add to epochs", "s", "F15.9", label="Time shift")
    shift |= _limits(np.float32, -86_400.0, 86_400.0)
    ends = (int(tt2000[0]), int(tt2000[-1])) if len(tt2000) else (_EARLIEST, _EARLIEST)
    return Cdf(
        attributes,
        {
            "epoch": _epoch(tt2000),
            "offsets": Variable(_filled(total.offsets.astype(np.float32)), vector),
            "timedeltas": Variable(_filled(total.timedelta_s.astype(np.float32)), shift),
            **_quality(total.quality_flag, total.quality_bitmask, "quality_flag"),
            "valid_start_datetime": _instant(ends[0], "First epoch of these offsets"),
            "valid_end_datetime": _instant(ends[1], "Last epoch of these offsets"),
            **_axis(np.array([f"Offset {axis}" for axis in "XYZ"]), "Components of the offsets"),
        },
    )


def _attributes(
    origin: Origin, data_type: str, source: str, said: str, stem: str, mark: str
) -> dict[str, tuple[Any, ...]]:
    inherited = {n: origin.science[n] for n in _INHERITED if any(origin.science.get(n, ()))}
    return {
        **{name: (text,) for name, text in _GLOBAL.items()},
        **inherited,
        "Data_type": (data_type,),
        "Data_version": (mark,),
        "Logical_source": (source,),
        "Logical_source_description": (said,),
        "Logical_file_id": (f"{stem}_{mark}",),
        "Start_date": (f"{origin.day:%Y%m%d}",),
        "is_mago": (str(origin.sensor == "mago"),),
        "Parents": tuple(origin.parents),
    }


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    """Return values with the fill value of ISTP for NaN."""
    return np.where(np.isnan(values), np.asarray(-1e31, values.dtype), values)


def _data(said: str, units: str, form: str, label: str = "") -> dict[str, Any]:
    made = {
        "CATDESC": said,
        "FIELDNAM": said,
        "DEPEND_0": "epoch",
        "DISPLAY_TYPE": "time_series",
        "FORMAT": form,
        "UNITS": units,
        "SCALETYP": "linear",
        "VAR_TYPE": "data",
    }
    return made | ({"LABLAXIS": label} if label else {})


def _limits(dtype: type[np.generic], least: float, greatest: float) -> dict[str, Any]:
    values = {"FILLVAL": -1e31, "VALIDMIN": least, "VALIDMAX": greatest}
    return {name: np.asarray(value, dtype)[()] for name, value in values.items()}


def _support(said: str, dtype: type[np.generic], greatest: int, form: str) -> dict[str, Any]:
    name = {np.uint8: "CDF_UINT1", np.uint16: "CDF_UINT2"}[dtype]
    return {
        "CATDESC": said,
        "FIELDNAM": said,
        "DEPEND_0": "epoch",
        "DISPLAY_TYPE": "no_plot",
        "FORMAT": form,
        "LABLAXIS": said.split(",", maxsplit=1)[0],
        "UNITS": " ",
        "VAR_TYPE": "support_data",
        "FILLVAL": fill_of(name),
        "VALIDMIN": np.asarray(0, dtype)[()],
        "VALIDMAX": np.asarray(greatest, dtype)[()],
    }


def _quality(
    flag: NDArray[np.uint8], bitmask: NDArray[np.uint16], name: str
) -> dict[str, Variable]:
    said = _support("Quality flag, 1 marks a vector that is not to be used", np.uint8, 1, "I1")
    bits = _support("Quality bitmask, one bit for each reason", np.uint16, 65_535, "I5")
    return {name: Variable(flag, said), "quality_bitmask": Variable(bitmask, bits)}


def _axis(texts: NDArray[np.str_], said: str) -> dict[str, Variable]:
    """Return the axis of the three components, and their labels."""
    width = texts.dtype.itemsize // 4
    numbers = _support(said, np.uint8, 2, "I1")
    del numbers["DEPEND_0"]
    labels = {"CATDESC": said, "FIELDNAM": said, "FORMAT": f"A{width}", "VAR_TYPE": "metadata"}
    return {
        "direction": Variable(np.arange(3, dtype=np.uint8), numbers, by_record=False),
        "direction_label": Variable(texts, labels, by_record=False),
    }


def _time_attributes(said: str) -> dict[str, Any]:
    return {
        "CATDESC": said,
        "FIELDNAM": said,
        "FILLVAL": fill_of(TT2000),
        "FORMAT": "I20",
        "LABLAXIS": "Epoch",
        "UNITS": "ns",
        "VALIDMIN": np.int64(_EARLIEST),
        "VALIDMAX": np.int64(_LATEST),
        "VAR_TYPE": "support_data",
        "SCALETYP": "linear",
        "TIME_BASE": "J2000",
        "TIME_SCALE": "Terrestrial Time",
        "REFERENCE_POSITION": "Rotating Earth Geoid",
    }


def _epoch(tt2000: NDArray[np.int64]) -> Variable:
    attributes = _time_attributes("TT2000, nanoseconds since J2000 with leap seconds")
    return Variable(tt2000, attributes | {"MONOTON": "INCREASE"}, TT2000)


def _instant(tt2000: int, said: str) -> Variable:
    return Variable(np.array(tt2000, np.int64), _time_attributes(said), TT2000, by_record=False)
