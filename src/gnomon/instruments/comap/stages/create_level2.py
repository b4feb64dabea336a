"""The stage that begins a Level-2 file with what it keeps of Level 1."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from gnomon.formats.hdf5 import Value
from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.stages.stage import Observation, Stage

_POINTING = "spectrometer/pixel_pointing/pixel_"
_VANE = "hk/antenna0/vane/"
_WEATHER = "hk/array/weather/"

DATASETS: tuple[tuple[str, float], ...] = (
    ("spectrometer/MJD", 1.0),
    ("spectrometer/bands", 1.0),
    ("spectrometer/frequency", 1.0),
    ("spectrometer/feeds", 1.0),
    *((_POINTING + name, 1.0) for name in ("az", "el", "ra", "dec", "xoffset", "yoffset")),
    *((_VANE + name, 0.01) for name in ("Tvane", "angle", "Tambient", "Tshroud")),
    (_VANE + "utc", 1.0),
    ("hk/array/frame/features", 1.0),
    ("hk/array/frame/utc", 1.0),
    *(
        (_WEATHER + name, 0.01)
        for name in ("airTemperature", "pressure", "dewPointTemp", "windSpeed", "windDirection")
    ),
    (_WEATHER + "utc", 1.0),
)
"""What is copied, and times what: housekeeping counts in hundredths."""


class CreateLevel2(Stage):
    """Copy times, pointing, frequencies, housekeeping and what the observatory says."""

    use: Literal["create_level2"] = "create_level2"

    level1_datasets: tuple[tuple[str, float], ...] = Field(
        DATASETS, description="datasets of Level 1 to copy, each with a factor"
    )
    level1_attributes: tuple[str, ...] = Field(
        ("comap",), description="groups of Level 1 whose attributes are copied"
    )

    def start(self, obs: Observation) -> None:
        """Copy."""
        level1 = obs.raw
        absent = [name for name, _ in self.level1_datasets if not level1.has(name)]
        for name, factor in self.level1_datasets:
            if name not in absent:
                _copy(level1, obs, name, factor)
        for group in self.level1_attributes:
            if level1.has(group):
                obs.out.held.require_group(group).attrs.update(_attributes(level1, group))
            else:
                absent.append(group)
        if absent:
            obs.remarks.append(f"not in the Level-1 file: {', '.join(absent)}")


def _copy(level1: Level1, obs: Observation, name: str, factor: float) -> None:
    """Copy a dataset; what is scaled becomes float64, whatever it was."""
    values = level1.read(name)
    if factor != 1:
        values = values.astype(np.float64) * factor
    obs.out.copied(name, values, _attributes(level1, name))


def _attributes(level1: Level1, name: str) -> dict[str, Value]:
    """Return the attributes of a group or dataset, in one order, so that bytes are the same."""
    return dict(sorted(level1.attributes(name).items()))
