"""Products of a simulated mission, compared with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from gnomon.errors import BadData
from gnomon.formats.cdf import read_cdf
from gnomon.instruments.imap.simulate import housekeeping
from gnomon.instruments.imap.simulate.housekeeping import Told
from gnomon.instruments.imap.simulate.mission import Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times

_NONE = 1e30
"""Beyond this a value is no value: fill values are -1e31."""
NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class Closed:
    """How far some values are from the truth.

    Attributes
    ----------
    what : str
    count : int
        Values that were compared.
    rms, most : float
        In `unit`.
    """

    what: str
    count: int
    rms: float
    most: float
    unit: str


def _closed(what: str, errors: Floats, unit: str) -> Closed:
    if not errors.size:
        raise BadData(f"{what}: nothing to compare")
    rms = float(np.sqrt(np.mean(np.square(errors))))
    return Closed(what, len(errors), rms, float(np.max(np.abs(errors))), unit)


def field_errors(mission: Mission, frame: str, path: Path) -> tuple[Times, Floats]:
    """Return the epochs of a Level 2-pre file that hold vectors, and their errors, nT, (n, 3)."""
    variables = read_cdf(path).variables
    epochs = variables["epoch"].values
    vectors = variables[f"b_{frame}"].values.astype(np.float64)
    there = np.all(np.abs(vectors) < _NONE, axis=1)
    return epochs[there], vectors[there] - mission.field(frame, epochs[there])


def field_closed(mission: Mission, frame: str, path: Path) -> Closed:
    """Compare the field of a Level 2-pre file."""
    return _closed(f"field, {frame.upper()}", field_errors(mission, frame, path)[1], "nT")


def _rows(said: Told, path: Path) -> tuple[Any, Times]:
    """Return the table of a day, and which packets of the mission are its rows."""
    table = pq.read_table(path)
    at = np.searchsorted(said.coarse_s, table["shcoarse"].to_numpy())
    return table, np.minimum(at, len(said.coarse_s) - 1)


def time_closed(said: Told, path: Path) -> Closed:
    """Compare the UTC of a day's packets, told by their layout's name."""
    table, at = _rows(said, path)
    errors = (table["epoch"].to_numpy() - said.tt2000[at]) / NS_PER_US
    return _closed(f"UTC of {said.layout.name}", errors, "us")


def values_closed(said: Told, path: Path) -> Closed:
    """Compare the calibrated values of a day's packets; rounding to counts makes 1 at most."""
    table, at = _rows(said, path)
    errors = [
        (table[name.lower()].to_numpy() - truth[at]) / housekeeping.tolerance(said.layout, name)
        for name, truth in said.truth.items()
    ]
    return _closed(f"values of {said.layout.name}", np.concatenate(errors), "half counts")
