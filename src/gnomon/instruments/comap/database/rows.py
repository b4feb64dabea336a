"""What datasets say in rows: plain values, as they go into tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gnomon.errors import Corrupt
from gnomon.instruments.comap.database.schema import (
    DATA,
    FIGURES,
    MEASURED,
    N_SCANS,
    PATHS,
    Type,
)
from gnomon.instruments.comap.database.settling import Say
from gnomon.instruments.comap.kinds import LEVEL1, LEVEL1_PLACE, LEVEL2
from gnomon.instruments.comap.level1.record import Level1Record, Value

Sql = str | int | float | None
_LARGEST: Final = 2**63
_UTC = "%Y-%m-%d-%H:%M:%S"

OWNED: Final[Mapping[str, tuple[str, ...]]] = {
    LEVEL1.name: tuple(name for name in DATA.names if name not in ("obsid", *PATHS)),
    LEVEL1_PLACE.name: ("level1_path",),
    LEVEL2.name: ("level2_path",),
}
"""The columns of ``comap_data`` that a kind fills; no other does."""
SUMMARISED: Final = (*FIGURES, N_SCANS)
"""Columns of ``observation_summary`` that a Level-2 file fills."""


@dataclass(frozen=True)
class Rows:
    """What one dataset says of an observation.

    Attributes
    ----------
    data : mapping
        Columns of ``comap_data``.
    summary : mapping
        Columns of ``observation_summary``.
    measured : sequence of tuples
        Columns `MEASURED` of ``quality_flags``, for all of `settling.EVERYWHERE` in its order.
    fluxes : sequence of tuples
        Rows of ``calibration_flux`` without the obsid.
    say : Say
        What the state and the flags follow from, together with what others say.
    """

    data: Mapping[str, Sql] = field(default_factory=dict)
    summary: Mapping[str, Sql] = field(default_factory=dict)
    measured: Sequence[tuple[Sql, ...]] = ()
    fluxes: Sequence[tuple[Sql, ...]] = ()
    say: Say = field(default_factory=Say)


def nothing(kind: str) -> Rows:
    """Return the rows of a dataset that is gone: NULL wherever its kind would say something."""
    data = dict.fromkeys(OWNED.get(kind, ()))
    if kind != LEVEL2.name:
        return Rows(data)
    return Rows(data, dict.fromkeys(SUMMARISED))


def plain(value: Any) -> Sql:
    """Return a value as both databases take it: what is no number, or no text of SQL, is not."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value) if -_LARGEST <= value < _LARGEST else None
    return None if value is None else str(value).replace("\0", "")


def data_of(record: Level1Record) -> dict[str, Sql]:
    """Return what a Level-1 file says of itself: the columns of ``comap_data`` but the paths."""
    own: dict[str, Value | None] = {
        "source": record.source or None,
        "source_group": record.source_group,
        "utc_start": record.attributes.get("utc_start") or _utc(record.utc_start),
    }
    kinds = {column.name: column.type for column in DATA.columns}
    return {
        name: _typed(kinds[name], own.get(name, record.attributes.get(name)))
        for name in OWNED[LEVEL1.name]
    }


def _utc(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).strftime(_UTC)
    except ValueError:
        return None


def _typed(kind: Type, value: Value | None) -> Sql:
    """Return an attribute in the type of its column; None where it cannot be."""
    if value is None or kind is Type.TEXT:
        return plain(value)
    try:
        number = float(value)
        if kind is Type.FLOAT or not math.isfinite(number):
            return plain(number)
        # A text of digits, or an integer, is exact; 4096.0 is an integer too.
        return plain(int(value)) if not isinstance(value, float) else plain(int(number))
    except ValueError:
        return plain(int(number)) if _is_whole(value) else None


def _is_whole(value: Value) -> bool:
    try:
        return float(value).is_integer()
    except ValueError:
        return False


def place_in(path: Path) -> str:
    """Return where a Level-1 file is, of the file that says so."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["path"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Corrupt(f"{path} names no place of a Level-1 file: {error}") from error


def measured_rows(columns: Mapping[str, Sequence[Any]]) -> list[tuple[Sql, ...]]:
    """Return columns of statistics as rows of ``quality_flags``; -1 counted nothing."""
    lists = [
        [None if value == -1 else plain(value) for value in columns[name]]
        if name.startswith("n_")
        else [plain(value) for value in columns[name]]
        for name in MEASURED
    ]
    return list(zip(*lists, strict=True))
