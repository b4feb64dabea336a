"""The simulated science files: level 1C and 1B of both sensors, and their orientation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from gnomon.formats.cdf import TT2000, Cdf, Variable
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.simulate.holdings import ScienceFile
from gnomon.instruments.imap.simulate.mission import INNER, NS, OUTER, SENSORS, Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times, midnight

VECTOR_FILL = 9.223372036854776e18
"""What the science data centre writes where there is no vector."""
NORMAL_STEP_NS = NS // 2
BURST_STEP_NS = NS // 64
BURST_S = 300
BURST_FROM_S = 45_000
PHASE_NS = {OUTER: 137_359_872, INNER: 210_100_031}
"""Of the first vector after midnight: no whole microseconds, and another for each sensor."""
_MARGIN_S = 30
_FILLED = slice(10_000, 10_020)


def normal_epochs(sensor: str, day: date) -> Times:
    """Return the epochs of a day's file of level 1C, TT2000: 2 Hz, and half a minute too much."""
    first = midnight(day) - _MARGIN_S * NS + PHASE_NS[sensor]
    return first + NORMAL_STEP_NS * np.arange(2 * (86_400 + 2 * _MARGIN_S), dtype=np.int64)


def burst_epochs(sensor: str, day: date) -> Times:
    """Return the epochs of a day's file of level 1B: five minutes at 64 Hz."""
    first = midnight(day) + BURST_FROM_S * NS + PHASE_NS[sensor] // 32
    return first + BURST_STEP_NS * np.arange(64 * BURST_S, dtype=np.int64)


def science_files(mission: Mission) -> Iterator[ScienceFile]:
    """Return every day's level 1C of normal mode; of the first day level 1B of burst mode, too."""
    for number in range(mission.days):
        for sensor in SENSORS:
            yield science_file(mission, sensor, "l1c", "norm", number)
            if number == 0:
                yield science_file(mission, sensor, "l1b", "burst", number)


def science_file(
    mission: Mission, sensor: str, level: str, mode: str, number: int, minor: int = 1
) -> ScienceFile:
    """Return one file.

    Parameters
    ----------
    number : int
        Of the day, from 0.
    minor : int
        Of its version; each has noise of its own.
    """
    day = mission.dates[number]
    epochs = normal_epochs(sensor, day) if mode == "norm" else burst_epochs(sensor, day)
    stream = 10 * number + minor + (1000 if mode == "burst" else 0)
    vectors, ranges = mission.raw(sensor, epochs, stream)
    if mode == "norm" and sensor == OUTER:
        vectors[_FILLED] = VECTOR_FILL
    stem = f"imap_mag_{level}_{mode}-{sensor}_{day:%Y%m%d}_v001.{minor:04d}"
    body = _bytes(_measured(stem, epochs, vectors, ranges))
    morning = datetime(day.year, day.month, day.day, 9, 30, minor, tzinfo=UTC)
    path = f"imap/mag/{level}/{day:%Y/%m}/{stem}.cdf"
    return ScienceFile(path, body, morning + timedelta(days=minor))


def filled(sensor: str, day: date) -> Times:
    """Return the epochs at which a day's file of level 1C holds no vector."""
    return normal_epochs(sensor, day)[_FILLED] if sensor == OUTER else np.empty(0, np.int64)


def _measured(stem: str, epochs: Times, vectors: Floats, ranges: Times) -> Cdf:
    values = np.column_stack([vectors, ranges.astype(np.float64)])
    compression = np.tile(np.array([1, 18], np.int8), (len(epochs), 1))
    support = {"VAR_TYPE": "support_data"}
    variables = {
        "vectors": Variable(
            values,
            {
                "CATDESC": "Magnetic field and range in the sensor's frame",
                "DEPEND_0": "epoch",
                "DEPEND_1": "direction",
                "LABL_PTR_1": "direction_label",
                "FIELDNAM": "Magnetic field",
                "FILLVAL": np.float64(VECTOR_FILL),
                "UNITS": "nT",
                "VAR_TYPE": "data",
                "DISPLAY_TYPE": "time_series",
            },
        ),
        "compression_flags": Variable(
            compression,
            {"DEPEND_0": "epoch", "DEPEND_1": "compression", "FILLVAL": np.int8(-128), **support},
        ),
        "epoch": Variable(
            epochs,
            {
                "CATDESC": "Time",
                "FIELDNAM": "epoch",
                "FILLVAL": np.int64(np.iinfo(np.int64).min),
                "UNITS": "ns",
                "TIME_BASE": "J2000",
                "TIME_SCALE": "Terrestrial Time",
                **support,
            },
            TT2000,
        ),
        "direction": _axis(4),
        "compression": _axis(2),
        "direction_label": _labels(["x", "y", "z", "range"]),
        "compression_label": _labels(["is_compressed", "width"]),
    }
    return Cdf(_about(stem), variables)


def _axis(count: int) -> Variable:
    values = np.arange(count, dtype=np.int64)
    about = {"VAR_TYPE": "support_data", "FILLVAL": np.int64(np.iinfo(np.int64).min)}
    return Variable(values, about, by_record=False)


def _labels(texts: list[str]) -> Variable:
    return Variable(np.array(texts), {"VAR_TYPE": "metadata"}, by_record=False)


def _about(stem: str) -> dict[str, tuple[str, ...]]:
    _, _, level, descriptor, _, version = stem.split("_")
    return {
        "Project": ("STP>Solar Terrestrial Probes",),
        "Source_name": ("IMAP>Interstellar Mapping and Acceleration Probe",),
        "Discipline": ("Solar Physics>Heliospheric Physics",),
        "Descriptor": ("MAG>Magnetometer",),
        "Data_level": (level.upper(),),
        "Data_type": (f"{level.upper()}_{descriptor}>Simulated",),
        "Data_version": (version,),
        "Logical_file_id": (stem,),
        "Logical_source": (f"imap_mag_{level}_{descriptor}",),
        "Logical_source_description": (f"Simulated IMAP MAG {level.upper()} data",),
        "TEXT": ("Simulated.",),
        "is_mago": (str("mago" in descriptor),),
        "is_active": ("True",),
        "Parents": ("",),
    }


def calibration_file(mission: Mission) -> tuple[str, bytes]:
    """Return the name and the bytes of the file that orients both sensors, by range."""
    ranges = np.arange(4, dtype=np.int8)
    support = {"VAR_TYPE": "support_data"}
    matrices = {
        name: Variable(mission.gains[sensor], {"VAR_TYPE": "support_data"}, by_record=False)
        for name, sensor in (("URFTOORFO", OUTER), ("URFTOORFI", INNER))
    }
    start = mission.start
    about = {
        **_about(f"imap_mag_l2_calibration_{start:%Y%m%d}_v001"),
        "Logical_source": ("imap_mag_l2-calibration",),
    }
    cdf = Cdf(about, {"range": Variable(ranges, support, by_record=False), **matrices})
    return f"imap_mag_l2-calibration_{start:%Y%m%d}_v001.cdf", _bytes(cdf)


def _bytes(cdf: Cdf) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gnomon-") as folder:
        path = Path(folder) / "made.cdf"
        write_cdf(path, cdf)
        return path.read_bytes()
