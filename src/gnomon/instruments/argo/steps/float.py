"""The step that says what is known of one float, from its metadata and its profiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Coverage, Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import NoData
from gnomon.instruments.argo.files.metadata import (
    FloatMetadata,
    TechnicalData,
    read_metadata,
    read_technical,
)
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, META, PROFILES, TECHNICAL
from gnomon.instruments.argo.science.battery import estimate, is_alkaline
from gnomon.instruments.argo.science.status import float_type
from gnomon.instruments.argo.tables.floats import FloatRecord
from gnomon.instruments.argo.tables.history import History

_TEXTS = {
    "data_centre": "DATA_CENTRE",
    "project_name": "PROJECT_NAME",
    "operating_institution": "OPERATING_INSTITUTION",
    "pi_name": "PI_NAME",
    "platform_type": "PLATFORM_TYPE",
    "platform_family": "PLATFORM_FAMILY",
    "platform_maker": "PLATFORM_MAKER",
    "float_serial_no": "FLOAT_SERIAL_NO",
    "firmware_version": "FIRMWARE_VERSION",
    "wmo_inst_type": "WMO_INST_TYPE",
    "battery_type": "BATTERY_TYPE",
    "end_mission_status": "END_MISSION_STATUS",
}
_DATES = {
    "launch_date": "LAUNCH_DATE",
    "start_mission_date": "START_DATE",
    "end_mission_date": "END_MISSION_DATE",
}


@step("argo.float", version=1)
def describe(
    meta: Annotated[list[Input], In(META, by=("wmo",), at_least=0, optional=True)],
    technical: Annotated[list[Input], In(TECHNICAL, by=("wmo",), at_least=0, optional=True)],
    profiles: Annotated[list[Input], In(PROFILES, by=("wmo",), at_least=0, optional=True)],
    analysis: Annotated[list[Input], In(ANALYSIS, by=("wmo",), at_least=0, optional=True)],
    out: Annotated[Path, Out(FLOAT)],
    provenance: Provenance,
) -> Report:
    """Say what is known of one float; any of its inputs makes it a float.

    Raises
    ------
    BadData
        A file is damaged.
    NoData
        There is no file.
    """
    inputs = [*meta, *technical, *profiles, *analysis]
    if not inputs:
        raise NoData("argo.float: a float without files")
    wmo = int(str(inputs[0].key["wmo"]))
    told = _metadata(meta, wmo)
    history = History.read(
        next((p.path for p in profiles), None), next((a.path for a in analysis), None)
    )
    dac = inputs[0].tags["dac"]
    record = _record(wmo, dac, told, _technical(technical, wmo), history)
    record.write(out, provenance)
    first, last = history.first_time, history.last_time
    return Report(
        metrics={"n_profiles": history.n_profiles},
        tags={"dac": dac},
        coverage=Coverage.between(first, last) if first and last else None,
        note="; ".join(told.problems) if told else "",
    )


def _metadata(found: Sequence[Input], wmo: int) -> FloatMetadata | None:
    return read_metadata(found[0].path, name=f"{wmo}_meta.nc") if found else None


def _technical(found: Sequence[Input], wmo: int) -> TechnicalData | None:
    return read_technical(found[0].path, name=f"{wmo}_tech.nc") if found else None


def _record(
    wmo: int,
    dac: str,
    told: FloatMetadata | None,
    technical: TechnicalData | None,
    history: History,
) -> FloatRecord:
    texts = {} if told is None else told.texts
    dates = {} if told is None else told.dates
    launch = None if told is None else told.launch
    parameters = sorted({*(() if told is None else told.parameters), *history.parameters})
    launched = dates.get("LAUNCH_DATE")
    alkaline = is_alkaline(
        texts.get("BATTERY_TYPE"),
        texts.get("BATTERY_PACKS"),
        texts.get("PLATFORM_TYPE"),
        None if launched is None else launched.year,
    )
    charge = estimate(technical, history.last_cycle, alkaline=alkaline)
    return FloatRecord(
        wmo_number=wmo,
        dac=dac,
        float_type=float_type(texts.get("PLATFORM_FAMILY"), parameters, history.max_pressure),
        **{name: texts[variable] for name, variable in _TEXTS.items() if variable in texts},
        **{name: dates[variable] for name, variable in _DATES.items() if variable in dates},
        launch_latitude=None if launch is None else launch[0],
        launch_longitude=None if launch is None else launch[1],
        sensors=() if told is None else told.sensors,
        parameters=tuple(parameters),
        n_profiles=history.n_profiles,
        first_profile_time=history.first_time,
        last_profile_time=history.last_time,
        last_cycle=history.last_cycle,
        last_latitude=history.last_latitude,
        last_longitude=history.last_longitude,
        last_depth_m=history.last_depth_m,
        last_temp=history.last_temp,
        last_salinity=history.last_salinity,
        max_pressure=history.max_pressure,
        battery_percent=None if charge is None else charge.percent,
        battery_from=None if charge is None else charge.source,
    )
