"""`imap.quality`: windows of time that people flag become a layer of each day that they touch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.instruments.imap.kinds import L1B, L1C, QUALITY, QUALITY_DATA
from gnomon.instruments.imap.steps.apply import Sensor
from gnomon.instruments.imap.steps.science import GROUP, mode_and_day, science_of, write_changes

_TO_THE_END = re.compile(r":59\.9+Z?$")


class FlagsConfig(StepConfig):
    """What a row does to flags."""

    quality_flag: int = Field(0, ge=-1, le=1, description="1 sets the flag, -1 clears it")
    quality_bitmask: int = Field(
        0, ge=-0xFFFF, le=0xFFFF, description="N sets bits, -N clears them"
    )


class WindowConfig(FlagsConfig):
    """One window: a row of the CSV that users write."""

    start_date: str = Field(description="UTC, ISO 8601")
    end_date: str = Field(
        description="UTC, ISO 8601: the first instant after the window; second 59.9… means the"
        " end of the minute"
    )
    nan_x: bool = Field(False, description="blank the x component")
    nan_y: bool = Field(False, description="blank the y component")
    nan_z: bool = Field(False, description="blank the z component")

    @field_validator("start_date", "end_date")
    @classmethod
    def _is_instant(cls, text: str) -> str:
        instant(text)
        return text


def instant(text: str) -> datetime:
    """Read a UTC instant; text without a zone is UTC, and so is a day's midnight."""
    read = datetime.fromisoformat(text.strip())
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def end_instant(text: str) -> datetime:
    """Read the end of a window: people write 23:59:59.999 and mean all of the day."""
    read = instant(text)
    if _TO_THE_END.search(text.strip()):
        return read.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return read


class QualityConfig(StepConfig):
    """Which windows there are."""

    windows: tuple[WindowConfig, ...] = Field(
        (), description="in the order in which they act where they overlap"
    )
    sensor: Sensor = Field("mago", description="whose vectors the layer is for")


@step("imap.quality", version=1)
def quality(
    l1c: Annotated[list[Input], In(L1C, by=GROUP, at_least=0, optional=True)],
    l1b: Annotated[list[Input], In(L1B, by=GROUP, at_least=0, optional=True)],
    layer: Annotated[Path, Out(QUALITY)],
    data: Annotated[Path, Out(QUALITY_DATA)],
    config: QualityConfig,
) -> Report:
    """Make the quality layer of a day; see `calibration.quality`.

    Raises
    ------
    ConfigError
        Windows that overlap contradict each other.
    NoData
        The day has no science of the sensor, or no window touches it.
    """
    # NumPy takes long to load, and every command loads this module.
    from gnomon.instruments.imap.calibration.layer_making import quality as made  # noqa: PLC0415

    science = science_of(l1b, l1c, config.sensor)
    mode, day = mode_and_day(science)
    rows = made(tuple(_window(one) for one in config.windows), day, f"quality {mode} {day}")
    comment = f"{len(config.windows)} quality windows"
    return write_changes("quality", rows, science, (layer, data), comment)


def _window(row: WindowConfig) -> Any:
    import numpy as np  # noqa: PLC0415  as above

    from gnomon.instruments.imap.calibration.quality import Window  # noqa: PLC0415  as above
    from gnomon.timescales.tt2000 import tt2000_of_utc  # noqa: PLC0415  as above

    ends = [
        end.replace(tzinfo=None) for end in (instant(row.start_date), end_instant(row.end_date))
    ]
    start, stop = tt2000_of_utc(np.array(ends, "M8[us]"))
    blank = (row.nan_x, row.nan_y, row.nan_z)
    return Window(int(start), int(stop), row.quality_flag, row.quality_bitmask, blank)
