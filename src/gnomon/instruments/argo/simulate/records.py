"""What a simulated archive lists: the cycles of its floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from gnomon.instruments.argo.files.variables import EPOCH

DACS = {"aoml": "AO", "coriolis": "IF", "incois": "IN"}
FIRST_WMO = 3_900_001
_FIRST_DAY = 21_915  # 2010-01-01, in days since 1950-01-01
_CYCLE_DAYS = 10
_DRIFT_DEGREES = 0.05


@dataclass(frozen=True)
class Record:
    """One cycle in one direction; a missing time or position is NaN in the files, not here."""

    dac: str
    wmo: int
    cycle: int
    direction: str
    mode: str
    date_update: datetime
    juld: float
    latitude: float
    longitude: float
    lacks: str = ""
    """``time`` or ``position`` where the file has none."""

    @property
    def path(self) -> str:
        """Where the core file lies below ``dac/``."""
        return self.path_of("")

    def path_of(self, kind: str) -> str:
        """Return where a file lies: core (empty), B or S. Any parameter in mode D makes it D."""
        letter = "D" if self.mode == "D" else "R"
        tail = "D" if self.direction == "D" else ""
        name = f"{kind}{letter}{self.wmo}_{self.cycle:03d}{tail}.nc"
        return f"{self.dac}/{self.wmo}/profiles/{name}"

    def updated(self, kind: str) -> datetime:
        """Return when a file was changed: the B-file follows the core file, S follows both."""
        return self.date_update + timedelta(hours=("", "B", "S").index(kind))


def mode_of(cycle: int, cycles: int) -> str:
    """Return the mode of a cycle: D for the first six tenths, A for the next two, then R."""
    share = cycle / cycles
    return "D" if share <= 0.6 else "A" if share <= 0.8 else "R"  # noqa: PLR2004 - as documented


def records_of(seed: int, wmo: int, cycle: int, mode: str) -> list[Record]:
    """Return the descending profile of a cycle, if it has one, and the ascending one."""
    directions = "DA" if cycle == 1 and wmo % 2 else "A"
    rng = np.random.default_rng((seed, wmo, cycle))
    lacks = rng.choice(["time", "position", ""], p=[0.02, 0.03, 0.95])
    juld = _FIRST_DAY + wmo % 97 + _CYCLE_DAYS * cycle + 0.25
    latitude = -60.0 + 120.0 * (wmo * 0.618 % 1) + _DRIFT_DEGREES * math.sin(cycle)
    longitude = (360.0 * (wmo * 0.382 % 1) + _DRIFT_DEGREES * cycle) % 360.0 - 180.0
    days = 400 if mode == "D" else 1
    return [
        Record(
            dac=list(DACS)[wmo % len(DACS)],
            wmo=wmo,
            cycle=cycle,
            direction=direction,
            mode=mode,
            date_update=EPOCH + timedelta(days=round(juld) + days, seconds=wmo % 60),
            juld=juld if direction == "A" else juld - 9.0,
            latitude=latitude,
            longitude=longitude,
            lacks=str(lacks),
        )
        for direction in directions
    ]
