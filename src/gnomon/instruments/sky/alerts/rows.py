"""What an alert packet says of its object: measurements, and the limits of what was not seen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import Answer, TimeSystem, part_table

NAN = float("nan")
FORCED = "-forced"
"""Behind a band: forced photometry is a curve of its own, and no detection comes twice."""
Measurement = Literal["detection", "limit", "forced"]
Further = float | int | str | bool | None
_SAFE = re.compile(r"[\w.+-]*\w[\w.+-]*", re.ASCII)
WHOLE_OF_ZTF = ("candid", "pid", "field", "rcid", "programid", "nbad")
"""Fields of ZTF's candidates that become columns of whole numbers."""
_TYPES = {"is_negative": pa.bool_(), "procstatus": pa.string()}
_TYPES |= dict.fromkeys((*WHOLE_OF_ZTF, "source_id", "visit", "detector"), pa.int64())
"""Of further columns; what is not here is a number of any size."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One measurement; see `gnomon.instruments.sky.curves.schema` for what the fields mean.

    Attributes
    ----------
    time_d : float
        In the time system of the alert.
    further : mapping
        Columns of this survey.
    """

    band: str
    time_d: float
    value: float
    error: float
    unit: str
    measurement: Measurement
    quality: int = 0
    ra_deg: float = NAN
    dec_deg: float = NAN
    further: Mapping[str, Further] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes
    ----------
    survey : str
        ``ztf-alerts`` or ``lsst-alerts``.
    object : str
        The survey's name for what varied.
    number : int
        Of the alert.
    release : str
        The version of the packet's schema.
    time : TimeSystem
        Of all rows.
    rows : tuple of AlertRow
        The alert's own measurement first.
    """

    survey: str
    object: str
    number: int
    release: str
    time: TimeSystem
    rows: tuple[AlertRow, ...]

    def __post_init__(self) -> None:
        if not _SAFE.fullmatch(self.object):
            raise BadData(f"alert {self.number}: {self.object!r} is no name of an object")


def alerts_table(alerts: Sequence[Alert], answer: Answer) -> pa.Table:
    """Return the rows of alerts of one survey as a table of `PART_SCHEMA`.

    A measurement that several of the alerts repeat stands once. An alert is a release of what is
    known of its object: the version of its schema, and its time. So where forced photometry was
    measured again, a merge keeps what the newest alert says.

    Raises
    ------
    BadData
        The alerts are of different surveys, or a value does not fit its column.
    """
    first = alerts[0]
    if {(one.survey, one.time) for one in alerts} != {(first.survey, first.time)}:
        raise BadData("alerts of different surveys are no one table")
    found = [(alert, row) for alert in alerts for row in alert.rows]
    found = list({_identity(alert, row): (alert, row) for alert, row in found}.values())
    rows = [row for _, row in found]
    columns: dict[str, Any] = {
        "object": [alert.object for alert, _ in found],
        "band": [row.band for row in rows],
        "time": [row.time_d for row in rows],
        "value": [row.value for row in rows],
        "error": [row.error for row in rows],
        "unit": [row.unit for row in rows],
        "quality": [row.quality for row in rows],
        "is_limit": [row.measurement == "limit" for row in rows],
        "ra_deg": [row.ra_deg for row in rows],
        "dec_deg": [row.dec_deg for row in rows],
        "release": [f"{alert.release} {alert.rows[0].time_d:.7f}" for alert, _ in found],
        "measurement": [row.measurement for row in rows],
    }
    names = sorted({name for row in rows for name in row.further})
    columns |= {name: _column(name, [row.further.get(name) for row in rows]) for name in names}
    return part_table(
        columns, survey=first.survey, time=first.time, unit=rows[0].unit, answer=answer
    )


def _column(name: str, values: Sequence[Further]) -> pa.Array:
    kind = _TYPES.get(name, pa.float64())
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadData(f"{name} of the alerts is no {kind}: {error}") from None


def _identity(alert: Alert, row: AlertRow) -> tuple[object, ...]:
    """Return what two rows that say the same have in common; NaN is like NaN."""
    numbers = (row.time_d, row.value, row.error, row.ra_deg, row.dec_deg)
    said = tuple(None if math.isnan(number) else number for number in numbers)
    return (alert.object, row.band, row.measurement, row.quality, *said)


def number_of(record: Mapping[str, Any], *names: str, missing: float = -999.0) -> float:
    """Return the number under the first of some names; NaN where it is absent, null or `missing`.

    Parameters
    ----------
    missing : float
        Numbers down from it stand for "unknown".
    """
    for name in names:
        value = record.get(name)
        if value is not None:
            return NAN if value <= missing else float(value)
    return NAN


def needed(record: Mapping[str, Any], *names: str) -> Any:
    """Return what stands under the first of some names; `BadData` says what is missing."""
    for name in names:
        if record.get(name) is not None:
            return record[name]
    there = ", ".join(sorted(record)[:8])
    raise BadData(f"the alert has no {' or '.join(names)}; it has {there}, ...")


def time_of(record: Mapping[str, Any], *names: str) -> float:
    """Return a time, which must be finite."""
    time_d = float(needed(record, *names))
    if not math.isfinite(time_d):
        raise BadData(f"the alert's {names[0]} is {time_d}")
    return time_d
