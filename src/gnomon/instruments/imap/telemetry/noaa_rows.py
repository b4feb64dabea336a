"""NOAA's real-time solar wind: the last day of all spacecraft, as rows by spacecraft and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gnomon.errors import ServerFault
from gnomon.instruments.imap.telemetry.day_table import Row, day_of, time_text, value_text

TIME = "time_tag"
COLUMNS = {
    "mag": {name: name for name in ("bx_gsm", "by_gsm", "bz_gsm", "phi_gsm", "theta_gsm")},
    "wind": {f"proton_{name}": name for name in ("density", "speed", "temperature")},
}
"""Our columns by the archive's, for each instrument: nT and degrees, GSM; cm^-3, km/s, K."""


@dataclass
class Recent:
    """What the archive tells of one instrument now.

    Attributes
    ----------
    days : dict
        Times and rows, by spacecraft and UTC day.
    undated : int
        Records that name no time or no spacecraft, which are left out.
    """

    days: dict[tuple[str, date], dict[str, Row]] = field(default_factory=dict)
    undated: int = 0


def recent(payload: Any, instrument: str) -> Recent:
    """Sort the records of an answer; of two of one spacecraft and time, the last one counts.

    Raises
    ------
    ServerFault
        The answer is no list of records.
    """
    if not isinstance(payload, list) or not all(isinstance(one, Mapping) for one in payload):
        raise ServerFault(f"NOAA's {instrument} answer is no list of records: {payload!r:.80}")
    return _sorted(payload, COLUMNS[instrument])


def _sorted(records: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Recent:
    found = Recent()
    for record in records:
        try:
            time = time_text(record[TIME])
            spacecraft = str(record["source"])
        except (KeyError, TypeError, ValueError, AttributeError):
            found.undated += 1
            continue
        row = {ours: value_text(record.get(theirs)) for theirs, ours in columns.items()}
        found.days.setdefault((spacecraft, day_of(time)), {})[time] = row
    return found
