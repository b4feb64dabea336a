"""`imap.manual`: change points that people write become a layer of each day."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.instruments.imap.kinds import L1B, L1C, MANUAL, MANUAL_DATA
from gnomon.instruments.imap.steps.apply import Sensor
from gnomon.instruments.imap.steps.quality import FlagsConfig, instant
from gnomon.instruments.imap.steps.science import GROUP, mode_and_day, science_of, write_changes


class ChangeConfig(FlagsConfig):
    """One change point: what holds from a time on; a row of a layer's CSV."""

    time: str = Field(description="UTC, ISO 8601")
    offset_x: float = Field(0.0, description="nT; nan blanks the component")
    offset_y: float = Field(0.0, description="nT")
    offset_z: float = Field(0.0, description="nT")
    timedelta: float = Field(0.0, description="added to epochs, seconds")

    @field_validator("time")
    @classmethod
    def _is_instant(cls, text: str) -> str:
        instant(text)
        return text

    @field_validator("timedelta")
    @classmethod
    def _is_number(cls, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError("is no number of seconds")
        return value


class ManualConfig(StepConfig):
    """Which change points there are."""

    changes: tuple[ChangeConfig, ...] = Field((), description="each holds until the next one")
    sensor: Sensor = Field("mago", description="whose vectors the layer is for")


@step("imap.manual", version=1)
def manual(
    l1c: Annotated[list[Input], In(L1C, by=GROUP, at_least=0, optional=True)],
    l1b: Annotated[list[Input], In(L1B, by=GROUP, at_least=0, optional=True)],
    layer: Annotated[Path, Out(MANUAL)],
    data: Annotated[Path, Out(MANUAL_DATA)],
    config: ManualConfig,
) -> Report:
    """Make the manual layer of a day.

    Raises
    ------
    NoData
        The day has no science of the sensor, or all change points are after it.
    """
    # NumPy takes long to load, and every command loads this module.
    from gnomon.instruments.imap.calibration.layer_making import manual as made  # noqa: PLC0415

    science = science_of(l1b, l1c, config.sensor)
    _, day = mode_and_day(science)
    rows = made(_changes(config.changes), day)
    comment = f"{len(config.changes)} change points"
    return write_changes("manual", rows, science, (layer, data), comment)


def _changes(changes: tuple[ChangeConfig, ...]) -> Any:
    import numpy as np  # noqa: PLC0415  as above

    from gnomon.instruments.imap.calibration.layers import Layer  # noqa: PLC0415  as above
    from gnomon.timescales.tt2000 import tt2000_of_utc  # noqa: PLC0415  as above

    rows = sorted(changes, key=lambda row: instant(row.time))
    times = [instant(row.time).replace(tzinfo=None) for row in rows]
    offsets = [(row.offset_x, row.offset_y, row.offset_z) for row in rows]
    return Layer(
        "manual layer",
        tt2000_of_utc(np.array(times, "M8[us]")),
        np.array(offsets, np.float64).reshape(-1, 3),
        np.array([row.timedelta for row in rows], np.float64),
        np.array([row.quality_flag for row in rows], np.int8),
        np.array([row.quality_bitmask for row in rows], np.int32),
        by_vector=False,
    )
