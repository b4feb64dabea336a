"""What is not normal in the magnetometer's housekeeping: values beyond limits, flags, modes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gnomon.errors import BadData
from gnomon.instruments.imap.telemetry.day_table import Row
from gnomon.instruments.imap.telemetry.rules import Bounds, Rules

OUT_OF_BOUNDS, FLAG, FORBIDDEN = "OutOfBounds", "Flag", "Forbidden"
DANGER, WARNING = "danger", "warning"
_ENDINGS = ("_danger", "_warn")
_TRUE = {"true", "1", "1.0"}


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What one parameter did over a time.

    Attributes
    ----------
    parameter : str
        The column.
    kind : {"OutOfBounds", "Flag", "Forbidden"}
        In which way it is not normal.
    severity : {"danger", "warning"}
        How bad.
    count : int
        Rows.
    first, last : str
        Times of the first and the last of them, UTC.
    worst : str
        The lowest value below a low limit, the highest above a high one, or the forbidden value.
    limit : str
        What it went beyond: ``>= 3.45 V``.
    """

    parameter: str
    kind: str
    severity: str
    count: int
    first: str
    last: str
    worst: str = ""
    limit: str = ""

    @property
    def sentence(self) -> str:
        """One line for people."""
        what = {
            OUT_OF_BOUNDS: f"is {self.limit}, at worst {self.worst}",
            FLAG: "is set",
            FORBIDDEN: f"is {self.worst}",
        }[self.kind]
        when = f"at {self.first}" if self.count == 1 else f"from {self.first} to {self.last}"
        rows = f"{self.count} row{'s' * (self.count != 1)}"
        return f"{self.severity}: {self.parameter} {what}: {rows} {when} UTC"

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found.

    Attributes
    ----------
    anomalies : tuple of Anomaly
        The dangers first, then by parameter.
    rows, values : int
        How many were looked at.
    """

    anomalies: tuple[Anomaly, ...]
    rows: int
    values: int


def find_anomalies(rows: Mapping[str, Row], rules: Rules) -> Findings:
    """Look at every row; a danger hides the warning of the same parameter and side.

    Parameters
    ----------
    rows : mapping of str to mapping
        Values by column, by time.

    Raises
    ------
    BadData
        No value at all was looked at, or a number is none.
    """
    times = sorted(rows)
    found: list[Anomaly] = []
    values = 0
    for column in sorted({name for row in rows.values() for name in row}):
        series = [(time, text) for time in times if (text := rows[time].get(column, ""))]
        checks = list(_checks(column, series, rules))
        values += len(series) if checks else 0
        found += [anomaly for check in checks for anomaly in check]
    if not values:
        raise BadData("nothing was checked: no row has a value of a parameter that has a rule")
    loudest = sorted(_unhidden(found), key=lambda a: (a.severity, a.parameter, a.limit))
    return Findings(tuple(loudest), len(rows), values)


Series = list[tuple[str, str]]


def _checks(column: str, series: Series, rules: Rules) -> Iterator[list[Anomaly]]:
    """Yield what each rule of a column finds."""
    if (limits := rules.limits.get(column)) is not None:
        numbers = _numbers(column, series)
        for severity, bounds in ((DANGER, limits.danger), (WARNING, limits.warning)):
            yield list(_beyond(column, numbers, severity, bounds, limits.unit))
    if severity := rules.flags.severity(column):
        set_ = [time for time, text in series if text.lower() in _TRUE]
        yield _anomalies(column, FLAG, severity, set_)
    for value in rules.forbidden.get(column, ()):
        times = [time for time, text in series if text == value]
        yield _anomalies(column, FORBIDDEN, DANGER, times, value)


def _numbers(column: str, series: Series) -> list[tuple[str, float]]:
    numbers = []
    for time, text in series:
        try:
            number = float(text)
        except ValueError:
            raise BadData(f"{column} at {time} is no number: {text!r}") from None
        if not math.isnan(number):
            numbers.append((time, number))
    return numbers


def _beyond(
    column: str, numbers: list[tuple[str, float]], severity: str, bounds: Bounds, unit: str
) -> Iterator[Anomaly]:
    low, high = bounds
    if low is not None:
        under = [(time, number) for time, number in numbers if number <= low]
        worst = min((number for _, number in under), default=low)
        limit = f"<= {low:g} {unit}".rstrip()
        yield from _anomalies(
            column, OUT_OF_BOUNDS, severity, [t for t, _ in under], f"{worst:.6g}", limit
        )
    if high is not None:
        over = [(time, number) for time, number in numbers if number >= high]
        worst = max((number for _, number in over), default=high)
        limit = f">= {high:g} {unit}".rstrip()
        yield from _anomalies(
            column, OUT_OF_BOUNDS, severity, [t for t, _ in over], f"{worst:.6g}", limit
        )


def _anomalies(
    column: str, kind: str, severity: str, times: list[str], worst: str = "", limit: str = ""
) -> list[Anomaly]:
    if not times:
        return []
    return [Anomaly(column, kind, severity, len(times), times[0], times[-1], worst, limit)]


def _unhidden(found: Iterable[Anomaly]) -> list[Anomaly]:
    found = list(found)
    dangers = {_subject(anomaly) for anomaly in found if anomaly.severity == DANGER}
    return [a for a in found if a.severity == DANGER or _subject(a) not in dangers]


def _subject(anomaly: Anomaly) -> tuple[str, str, str]:
    """Return what an anomaly is of: ``…_danger`` and ``…_warn`` are of one parameter."""
    name = anomaly.parameter
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name, anomaly.kind, anomaly.limit[:1]
