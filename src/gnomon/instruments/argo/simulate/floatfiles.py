"""Writes what describes a float as a whole: metadata, technical data and trajectory.

The variables are those of the Argo user's manual, sections 2.3 to 2.5, in format 3.1; not all of
them: calibrations of sensors, and most of a trajectory's, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3_writer import NewVariable, encode
from gnomon.instruments.argo.files.variables import EPOCH
from gnomon.instruments.argo.simulate.records import DACS, Record
from gnomon.instruments.argo.simulate.sensors import UNITS
from gnomon.instruments.argo.simulate.shaping import WIDTHS, Shaper, global_attributes, stamp

_CTD = (("CTD_PRES", "PRES"), ("CTD_TEMP", "TEMP"), ("CTD_CNDC", "PSAL"))
_BGC = (
    ("OPTODE_DOXY", "TEMP_DOXY"),
    ("OPTODE_DOXY", "DOXY"),
    ("SPECTROPHOTOMETER_NITRATE", "NITRATE"),
    ("TRANSISTOR_PH", "PH_IN_SITU_TOTAL"),
    ("FLUOROMETER_CHLA", "FLUORESCENCE_CHLA"),
    ("FLUOROMETER_CHLA", "CHLA"),
    ("BACKSCATTERINGMETER_BBP700", "BBP700"),
)
_CONFIGURATION = (
    ("CONFIG_ParkPressure_dbar", 1000.0),
    ("CONFIG_ProfilePressure_dbar", 2000.0),
    ("CONFIG_CycleTime_hours", 240.0),
)
_SURFACED = 703
"""Measurement code of a fix by satellite at the surface (reference table 15)."""
_FULL_BATTERY, _VOLTS_PER_CYCLE = 15.0, 0.01


def encode_meta(first: Record, *, bgc: bool) -> bytes:
    """Return the bytes of a metadata file: who, where, with which sensors."""
    sensors = (*_CTD, *_BGC) if bgc else _CTD
    names = list(dict.fromkeys(sensor for sensor, _ in sensors))
    dimensions: dict[str, int | None] = {
        "DATE_TIME": 14,
        "STRING4096": 4096,
        "STRING1024": 1024,
        "STRING128": 128,
        **WIDTHS,
        "N_PARAM": len(sensors),
        "N_SENSOR": len(names),
        "N_CONFIG_PARAM": len(_CONFIGURATION),
        "N_LAUNCH_CONFIG_PARAM": 1,
        "N_POSITIONING_SYSTEM": 1,
        "N_TRANS_SYSTEM": 1,
        "N_MISSIONS": None,
    }
    make = Shaper(dimensions, records=1)
    variables = [
        *_rows(make, _identity(first, bgc=bgc)),
        *_launch(make, first),
        *_configuration(make),
        *_sensors(make, sensors, names),
    ]
    return encode(dimensions, variables, global_attributes("Argo float metadata file"))


_Rows = Sequence[tuple[str, str, str]]


def _rows(make: Shaper, rows: _Rows) -> Iterator[NewVariable]:
    for name, dimensions, value in rows:
        yield make.text(name, dimensions, [value], name.lower().replace("_", " "))


def _identity(first: Record, *, bgc: bool) -> _Rows:
    launched, wmo = stamp(EPOCH + timedelta(days=first.juld)), str(first.wmo)
    return (
        ("DATA_TYPE", "STRING16", "Argo meta-data"),
        ("FORMAT_VERSION", "STRING4", "3.1"),
        ("HANDBOOK_VERSION", "STRING4", "1.2"),
        ("DATE_CREATION", "DATE_TIME", launched),
        ("DATE_UPDATE", "DATE_TIME", launched),
        ("PLATFORM_NUMBER", "STRING8", wmo),
        ("PTT", "STRING256", f"sim{wmo}"),
        ("TRANS_SYSTEM", "N_TRANS_SYSTEM STRING16", "IRIDIUM"),
        ("TRANS_SYSTEM_ID", "N_TRANS_SYSTEM STRING32", "n/a"),
        ("TRANS_FREQUENCY", "N_TRANS_SYSTEM STRING16", "n/a"),
        ("POSITIONING_SYSTEM", "N_POSITIONING_SYSTEM STRING8", "GPS"),
        ("PLATFORM_FAMILY", "STRING256", "FLOAT"),
        ("PLATFORM_TYPE", "STRING32", "PROVOR_III" if bgc else "APEX"),
        ("PLATFORM_MAKER", "STRING256", "NKE" if bgc else "TWR"),
        ("FIRMWARE_VERSION", "STRING32", "1"),
        ("MANUAL_VERSION", "STRING16", "n/a"),
        ("FLOAT_SERIAL_NO", "STRING32", wmo[-4:]),
        ("STANDARD_FORMAT_ID", "STRING16", "n/a"),
        ("DAC_FORMAT_ID", "STRING16", "1"),
        ("WMO_INST_TYPE", "STRING4", "846"),
        ("PROJECT_NAME", "STRING64", "gnomon"),
        ("DATA_CENTRE", "STRING2", DACS[first.dac]),
        ("PI_NAME", "STRING64", "known ocean"),
        ("ANOMALY", "STRING256", ""),
        ("BATTERY_TYPE", "STRING64", "Lithium"),
        ("BATTERY_PACKS", "STRING64", "4DD LI"),
        ("CONTROLLER_BOARD_TYPE_PRIMARY", "STRING32", "SIM1"),
        ("CONTROLLER_BOARD_TYPE_SECONDARY", "STRING32", ""),
        ("CONTROLLER_BOARD_SERIAL_NO_PRIMARY", "STRING32", wmo),
        ("CONTROLLER_BOARD_SERIAL_NO_SECONDARY", "STRING32", ""),
        ("SPECIAL_FEATURES", "STRING1024", ""),
        ("FLOAT_OWNER", "STRING64", "gnomon"),
        ("OPERATING_INSTITUTION", "STRING64", "gnomon simulator"),
        ("CUSTOMISATION", "STRING1024", ""),
    )


def _launch(make: Shaper, first: Record) -> Iterator[NewVariable]:
    launched = stamp(EPOCH + timedelta(days=first.juld))
    yield make.text("LAUNCH_DATE", "DATE_TIME", [launched], "date of the deployment")
    latitude, longitude = np.array(first.latitude), np.array(first.longitude)
    yield make.number("LAUNCH_LATITUDE", "", latitude, ("units", "degree_north"))
    yield make.number("LAUNCH_LONGITUDE", "", longitude, ("units", "degree_east"))
    rows = (
        ("LAUNCH_QC", "", "1"),
        ("START_DATE", "DATE_TIME", launched),
        ("START_DATE_QC", "", "1"),
        ("STARTUP_DATE", "DATE_TIME", ""),
        ("STARTUP_DATE_QC", "", " "),
        ("DEPLOYMENT_PLATFORM", "STRING32", "R/V Gnomon"),
        ("DEPLOYMENT_CRUISE_ID", "STRING32", "SIM-1"),
        ("DEPLOYMENT_REFERENCE_STATION_ID", "STRING256", ""),
        ("END_MISSION_DATE", "DATE_TIME", ""),
        ("END_MISSION_STATUS", "", " "),
    )
    yield from _rows(make, rows)


def _configuration(make: Shaper) -> Iterator[NewVariable]:
    names = [name for name, _ in _CONFIGURATION]
    values = np.array([value for _, value in _CONFIGURATION])
    launch = "N_LAUNCH_CONFIG_PARAM"
    yield make.text("LAUNCH_CONFIG_PARAMETER_NAME", f"{launch} STRING128", names, "name")
    yield make.number("LAUNCH_CONFIG_PARAMETER_VALUE", launch, values[:1])
    yield make.text("CONFIG_PARAMETER_NAME", "N_CONFIG_PARAM STRING128", names, "name")
    yield make.number("CONFIG_PARAMETER_VALUE", "N_MISSIONS N_CONFIG_PARAM", values)
    yield make.number("CONFIG_MISSION_NUMBER", "N_MISSIONS", np.ones(1, np.int32))
    yield make.text("CONFIG_MISSION_COMMENT", "N_MISSIONS STRING256", [""], "comment")


def _sensors(
    make: Shaper, sensors: Sequence[tuple[str, str]], names: Sequence[str]
) -> Iterator[NewVariable]:
    parameters = [parameter for _, parameter in sensors]
    units = [UNITS[parameter][1] for parameter in parameters]
    yield make.text("SENSOR", "N_SENSOR STRING32", names, "sensors of the float")
    yield make.text("SENSOR_MAKER", "N_SENSOR STRING256", ["GNOMON"], "their makers")
    yield make.text("SENSOR_MODEL", "N_SENSOR STRING256", ["SIMULATED"], "their models")
    yield make.text("SENSOR_SERIAL_NO", "N_SENSOR STRING16", ["1"], "their serial numbers")
    yield make.text("PARAMETER", "N_PARAM STRING64", parameters, "parameters")
    of = [sensor for sensor, _ in sensors]
    yield make.text("PARAMETER_SENSOR", "N_PARAM STRING128", of, "their sensors")
    yield make.text("PARAMETER_UNITS", "N_PARAM STRING32", units, "their units")
    yield make.text("PARAMETER_ACCURACY", "N_PARAM STRING32", [""], "their accuracy")
    yield make.text("PARAMETER_RESOLUTION", "N_PARAM STRING32", [""], "their resolution")


def encode_technical(records: Sequence[Record]) -> bytes:
    """Return the bytes of a technical file: battery, surface pressure and vacuum of each cycle."""
    cycles = sorted({record.cycle for record in records})
    rows = [
        (name, text, cycle)
        for cycle in cycles
        for name, text in (
            ("VOLTAGE_BatteryParkNoLoad_volts", f"{battery(cycle):.2f}"),
            ("PRES_SurfaceOffsetNotTruncated_dbar", f"{0.1 * (1 + records[0].wmo % 7):.1f}"),
            ("PRESSURE_InternalVacuum_inHg", "725"),
        )
    ]
    dimensions: dict[str, int | None] = {"STRING128": 128, **WIDTHS, "N_TECH_PARAM": len(rows)}
    make = Shaper(dimensions, records=0)
    names, texts, numbers = zip(*rows, strict=True)
    variables = [
        *_rows(make, _described(records, "Argo technical data", "STRING32")),
        make.text("TECHNICAL_PARAMETER_NAME", "N_TECH_PARAM STRING128", names, "name"),
        make.text("TECHNICAL_PARAMETER_VALUE", "N_TECH_PARAM STRING128", texts, "value"),
        make.number("CYCLE_NUMBER", "N_TECH_PARAM", np.array(numbers, np.int32)),
    ]
    return encode(dimensions, variables, global_attributes("Argo float technical data file"))


def battery(cycle: int) -> float:
    """Return the volts of a float's battery in a cycle."""
    return _FULL_BATTERY - _VOLTS_PER_CYCLE * cycle


def _described(records: Sequence[Record], data_type: str, width: str) -> _Rows:
    created = EPOCH + timedelta(days=round(records[0].juld) + 1)
    return (
        ("DATA_TYPE", width, data_type),
        ("FORMAT_VERSION", "STRING4", "3.1"),
        ("HANDBOOK_VERSION", "STRING4", "1.2"),
        ("DATE_CREATION", "DATE_TIME", stamp(created)),
        ("DATE_UPDATE", "DATE_TIME", stamp(max(record.date_update for record in records))),
        ("PLATFORM_NUMBER", "STRING8", str(records[0].wmo)),
        ("DATA_CENTRE", "STRING2", DACS[records[0].dac]),
    )


def encode_trajectory(records: Sequence[Record]) -> bytes:
    """Return the bytes of a trajectory file: one fix at the surface for each ascent."""
    ascents = [record for record in records if record.direction == "A"]
    dimensions: dict[str, int | None] = {
        **WIDTHS,
        "N_PARAM": 1,
        "N_CYCLE": len(ascents),
        "N_MEASUREMENT": len(ascents),
    }
    make = Shaper(dimensions, records=0)
    days = ("units", "days since 1950-01-01 00:00:00 UTC")
    where, cycle = "N_MEASUREMENT", np.array([r.cycle for r in ascents], np.int32)
    juld = _known(ascents, "juld", "time")
    variables = [
        *_rows(make, _described(records, "Argo trajectory", "STRING16")),
        make.text("REFERENCE_DATE_TIME", "DATE_TIME", ["19500101000000"], "date of reference"),
        make.text("POSITIONING_SYSTEM", "STRING8", ["GPS"], "positioning system"),
        make.text("TRAJECTORY_PARAMETERS", "N_PARAM STRING16", ["PRES"], "parameters"),
        make.number("JULD", where, juld, days),
        make.text("JULD_QC", where, _flags(juld), "quality of the time"),
        make.number("LATITUDE", where, _known(ascents, "latitude", "position")),
        make.number("LONGITUDE", where, _known(ascents, "longitude", "position")),
        make.text("POSITION_ACCURACY", where, ["G"], "accuracy of the position"),
        make.text("POSITION_QC", where, _flags(_known(ascents, "latitude", "position")), "quality"),
        make.number("CYCLE_NUMBER", where, cycle),
        make.number("MEASUREMENT_CODE", where, np.full(len(cycle), _SURFACED, np.int32)),
        make.number("JULD_ASCENT_END", "N_CYCLE", juld, days),
        make.number("CYCLE_NUMBER_INDEX", "N_CYCLE", cycle),
        make.text("DATA_MODE", "N_CYCLE", ["R"], "data mode"),
    ]
    return encode(dimensions, variables, global_attributes("Argo trajectory file"))


def _known(records: Sequence[Record], name: str, what: str) -> NDArray[np.float64]:
    return np.array([np.nan if r.lacks == what else getattr(r, name) for r in records])


def _flags(values: NDArray[np.float64]) -> list[str]:
    return ["9" if missing else "1" for missing in np.isnan(values)]
