"""I-ALiRT's records as rows: flat, with one column a component, housekeeping in its units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.errors import ServerFault
from gnomon.instruments.imap.telemetry.day_table import Row, time_text, value_text
from gnomon.instruments.imap.telemetry.rules import Rules

TIME = "time_utc"
_AXES = (
    (re.compile(r"(^|_)(gse|gsm)($|_)", re.IGNORECASE), "xyz"),
    (re.compile(r"(^|_)rtn($|_)", re.IGNORECASE), "rtn"),
)


@dataclass
class Records:
    """Rows of one answer, in its order.

    Attributes
    ----------
    rows : list
        Time, in our spelling, and values by column.
    undated : int
        Records that name no time, which are left out.
    """

    rows: list[tuple[str, Row]] = field(default_factory=list)
    undated: int = 0


def records(payload: Any, rules: Rules | None = None) -> Records:
    """Read an answer: a list of records, or an object that holds one as ``data``.

    Parameters
    ----------
    rules : Rules, optional
        Conversions of housekeeping, which arrives as raw counts.

    Raises
    ------
    ServerFault
        The answer is neither.
    """
    listed = payload.get("data") if isinstance(payload, Mapping) else payload
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise ServerFault(f"I-ALiRT's answer holds no list of records: {payload!r:.80}")
    found = Records()
    for record in listed:
        try:
            time = time_text(record[TIME])
        except (KeyError, TypeError, ValueError, AttributeError):
            found.undated += 1
            continue
        values = dict(_flat(record))
        del values[TIME]
        if rules is not None:
            values = {name: rules.converted(name, value) for name, value in values.items()}
        found.rows.append((time, {name: value_text(value) for name, value in values.items()}))
    return found


def _flat(record: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{before}{key}".replace(".", "_").replace("mag_hk_status", "mag_hk")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}_")
        elif isinstance(value, list):
            yield from zip(_parts(name, len(value)), value, strict=True)
        else:
            yield name, value


def _parts(name: str, count: int) -> list[str]:
    """Name the parts of a list: by the axes of its frame where there are three, else from 1."""
    for frame, axes in _AXES:
        if count == len(axes) and frame.search(name):
            return [f"{name}_{axis}" for axis in axes]
    return [f"{name}_{number}" for number in range(1, count + 1)]
