"""Space weather in near real time: I-ALiRT and NOAA."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from gnomon.instruments.imap.simulate.latis import Refused
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, as_json, as_text

INSTRUMENTS = ("mag", "hit", "swe", "swapi", "mag_hk")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_PATHS = ("/ialirt/space-weather", "/ialirt/api-key/space-weather")


@dataclass
class Ialirt:
    """Records of the instruments by time.

    Attributes
    ----------
    key : str
        Wanted as ``x-api-key``.
    records : dict of str to list of dict
        By instrument; each has ``time_utc``, ``2026-03-01T00:00:03``.
    most : int, optional
        An answer holds no more records than this, the earliest; None: no end.
    bare : bool
        Answer with the list alone.
    """

    key: str
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    most: int | None = None
    bare: bool = False

    def __call__(self, request: Request) -> Answer:
        """Answer ``GET space-weather`` between two times, both in."""
        try:
            return as_json(self._answer(request))
        except Refused as refused:
            return as_json({"message": str(refused)}, refused.status)

    def _answer(self, request: Request) -> Any:
        if request.path not in _PATHS:
            raise Refused("Missing Authentication Token", 403)
        if request.headers.get("x-api-key") != self.key:
            raise Refused("Forbidden", 403)
        asked = dict(parse_qsl(request.query))
        if set(asked) != {"instrument", "time_utc_start", "time_utc_end"}:
            raise Refused("instrument, time_utc_start and time_utc_end are wanted")
        if asked["instrument"] not in INSTRUMENTS:
            raise Refused(f"unknown instrument {asked['instrument']}")
        first, last = _time(asked["time_utc_start"]), _time(asked["time_utc_end"])
        if last < first:
            raise Refused("time_utc_end is before time_utc_start")
        known = self.records.get(asked["instrument"], [])
        chosen = sorted(
            (record for record in known if first <= _time(record["time_utc"]) <= last),
            key=lambda record: str(record["time_utc"]),
        )[: self.most]
        if self.bare:
            return chosen
        return {"meta": {"instrument": asked["instrument"], "count": len(chosen)}, "data": chosen}


def _time(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Refused(f"{text!r} is no time such as 2026-03-01T00:00:00")


_FILES = {
    "/noaa/json/rtsw/rtsw_mag_1m.json": "mag",
    "/noaa/json/rtsw/rtsw_wind_1m.json": "wind",
}
DAY = timedelta(days=1)


@dataclass
class Noaa:
    """Minute means of the last 24 hours, newest first.

    Attributes
    ----------
    records : dict of str to list of dict
        Of ``mag`` and ``wind``; each has ``time_tag`` and ``source``.
    """

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        """Answer with the file; it is public."""
        instrument = _FILES.get(request.path)
        if instrument is None:
            return as_text("<html><body>404 Not Found</body></html>\n", 404, "text/html")
        known = sorted(
            self.records.get(instrument, []), key=lambda r: str(r["time_tag"]), reverse=True
        )
        if not known:
            return as_json([])
        since = datetime.fromisoformat(known[0]["time_tag"]) - DAY
        return as_json([r for r in known if datetime.fromisoformat(r["time_tag"]) > since])
