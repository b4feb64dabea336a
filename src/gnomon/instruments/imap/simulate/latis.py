"""The two LaTiS services of the operations centre: packets (WebPODA) and telemetry (WebTCAD)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import unquote

from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, as_text

GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
GPS_AHEAD_OF_UTC = timedelta(seconds=18)
"""Since 2017-01-01; GPS counts no leap seconds."""
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z?")
_BOUND = re.compile(r"(\w+)(>=|<=|>|<)(.*)")
_CALL = re.compile(r"(\w+)\((.*)\)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
_BINARY, _CSV = "application/octet-stream", "text/csv"


class Refused(Exception):
    """A request makes no sense; the message is the answer's body."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def refuse_wrong_token(request: Request, token: str) -> None:
    """Want ``Authorization: Basic <token>``."""
    if request.headers.get("authorization") != f"Basic {token}":
        raise Refused("401 Unauthorized\n", 401)


# -- constraints


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison of a time with an instant."""

    name: str
    compare: Callable[[datetime, datetime], bool]
    instant: datetime


@dataclass(frozen=True, slots=True)
class Constraint:
    """A query: comparisons, functions by name with their text, assignments, and bare names."""

    bounds: tuple[Bound, ...]
    calls: dict[str, str]
    assigned: dict[str, str]
    names: tuple[str, ...]


def constraint(query: str) -> Constraint:
    """Read a raw query, of parts with an ampersand between them; raise `Refused`."""
    bounds: list[Bound] = []
    calls: dict[str, str] = {}
    assigned: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for part in filter(None, map(unquote, query.split("&"))):
        if call := _CALL.fullmatch(part):
            calls[call[1]] = call[2]
        elif bound := _BOUND.fullmatch(part):
            bounds.append(Bound(bound[1], _COMPARE[bound[2]], instant(bound[3])))
        elif "=" in part:
            name, _, value = part.partition("=")
            assigned[name] = value
        else:
            names += tuple(part.split(","))
    return Constraint(tuple(bounds), calls, assigned, names)


def instant(text: str) -> datetime:
    """Read a UTC time to the second or finer; raise `Refused`."""
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Refused(f"400 Bad Request: {text!r} is no time such as 2026-01-01T00:00:00\n")


_JAVA = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "DDD": "%j",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "{milliseconds:03d}",
}
_JAVA_TOKENS = re.compile(r"'([^']*)'|([A-Za-z]+)|([^A-Za-z']+)")


def java_format(pattern: str) -> Callable[[datetime], str]:
    """Return what writes times as a pattern of Java's says; raise `Refused`."""
    parts = []
    for quoted, letters, other in _JAVA_TOKENS.findall(pattern):
        if letters and letters not in _JAVA:
            raise Refused(f"400 Bad Request: unknown time format {pattern!r}\n")
        parts.append(_JAVA[letters] if letters else (quoted or other).replace("%", "%%"))
    template = "".join(parts)
    return lambda time: time.strftime(template).format(milliseconds=time.microsecond // 1000)


def gps_microseconds(time: datetime) -> str:
    """Write a time as WebPODA does where no format is asked for."""
    return str((time - GPS_EPOCH + GPS_AHEAD_OF_UTC) // timedelta(microseconds=1))


# -- WebPODA


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as the operations centre keeps it.

    Attributes
    ----------
    time : datetime
        Of the spacecraft's event, aware UTC.
    ert : datetime
        When it was received on Earth, aware UTC.
    body : bytes
        The CCSDS packet, headers included.
    """

    time: datetime
    ert: datetime
    body: bytes


_PODA_PATH = re.compile(r"/webpoda/dap2/packets/SID[12]/(\w+)\.(bin|csv)")
_PODA_CSV: dict[str, Callable[[Packet], datetime | int]] = {
    "time": lambda packet: packet.time,
    "ert": lambda packet: packet.ert,
    "length": lambda packet: len(packet.body),
}


@dataclass
class WebPoda:
    """Packets by name, selected by the time of their event or of their arrival.

    Attributes
    ----------
    token : str
        Base 64 of user and password.
    packets : dict of str to list of Packet
        Of every packet name that the service knows; an answer keeps their order.
    """

    token: str
    packets: dict[str, list[Packet]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        """Answer ``GET <name>.bin`` and ``GET <name>.csv``."""
        try:
            refuse_wrong_token(request, self.token)
            return self._answer(request)
        except Refused as refused:
            return as_text(str(refused), refused.status)

    def _answer(self, request: Request) -> Answer:
        path = _PODA_PATH.fullmatch(request.path)
        if path is None or path[1] not in self.packets:
            raise Refused(f"404 Not Found: {request.path}\n", 404)
        asked = constraint(request.query)
        if stray := {*asked.assigned, *asked.names, *asked.calls} - _PODA_CALLS:
            raise Refused(f"400 Bad Request: {sorted(stray)}\n")
        chosen = _within(self.packets[path[1]], asked.bounds)
        if path[2] == "csv":
            return Answer(_poda_csv(chosen, asked).encode(), content_type=_CSV)
        if asked.calls != {"project": "packet"}:
            raise Refused("400 Bad Request: a binary answer is project(packet)\n")
        return Answer(b"".join(packet.body for packet in chosen), content_type=_BINARY)


_PODA_CALLS = {"project", "formatTime", "count"}


def _within(packets: Iterable[Packet], bounds: Sequence[Bound]) -> list[Packet]:
    if stray := {bound.name for bound in bounds} - {"time", "ert"}:
        raise Refused(f"400 Bad Request: {sorted(stray)} cannot be compared\n")
    return [
        packet
        for packet in packets
        if all(bound.compare(getattr(packet, bound.name), bound.instant) for bound in bounds)
    ]


def _poda_csv(packets: list[Packet], asked: Constraint) -> str:
    if "count" in asked.calls:
        return f"count\n{len(packets)}\n"
    names = asked.calls.get("project", "time,ert,length").split(",")
    if stray := set(names) - set(_PODA_CSV):
        raise Refused(f"400 Bad Request: no column {sorted(stray)}\n")
    pattern = asked.calls.get("formatTime")
    if pattern is not None and not (pattern[:1] == pattern[-1:] == '"'):
        raise Refused("400 Bad Request: formatTime takes a text in double quotes\n")
    write = gps_microseconds if pattern is None else java_format(pattern[1:-1])
    rows = [
        ",".join(
            write(value) if isinstance(value, datetime) else str(value)
            for value in (_PODA_CSV[name](packet) for name in names)
        )
        for packet in packets
    ]
    return "\n".join([",".join(names), *rows]) + "\n"


# -- WebTCAD


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of an analogue telemetry item; `ert` is `time` where it is not given."""

    time: datetime
    value: float
    ert: datetime | None = None


_TCAD_PATH = re.compile(r"/webtcad/latis/dap/AnalogTelemetryItem(_ERT)?_SID1\.csv")


@dataclass
class WebTcad:
    """Analogue telemetry items by their number.

    Attributes
    ----------
    token : str
        The same as WebPODA's.
    items : dict of int to list of Sample
        By TMID.
    """

    token: str
    items: dict[int, list[Sample]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        """Answer ``GET AnalogTelemetryItem[_ERT]_SID1.csv``; no samples leave the header."""
        try:
            refuse_wrong_token(request, self.token)
            return Answer(self._csv(request).encode(), content_type=_CSV)
        except Refused as refused:
            return as_text(str(refused), refused.status)

    def _csv(self, request: Request) -> str:
        path = _TCAD_PATH.fullmatch(request.path)
        if path is None:
            raise Refused(f"404 Not Found: {request.path}\n", 404)
        asked = constraint(request.query)
        number = asked.assigned.get("TMID", "")
        if not number.isdecimal() or int(number) not in self.items:
            raise Refused(f"400 Bad Request: no telemetry item {number!r}\n")
        strays = {*asked.assigned} - {"TMID"}, {*asked.calls} - {"format_time"}
        if any(strays) or set(asked.names) != {"time", "value"}:
            raise Refused("400 Bad Request: TMID, time,value, bounds of time and format_time\n")
        if any(bound.name != "time" for bound in asked.bounds):
            raise Refused("400 Bad Request: only time can be compared\n")
        pattern = asked.calls.get("format_time", "yyyy-MM-dd'T'HH:mm:ss.SSS")
        return _tcad_csv(self.items[int(number)], asked, java_format(pattern), by_ert=bool(path[1]))


def _tcad_csv(
    samples: Iterable[Sample],
    asked: Constraint,
    write: Callable[[datetime], str],
    *,
    by_ert: bool,
) -> str:
    rows = []
    for sample in samples:
        time = (sample.ert or sample.time) if by_ert else sample.time
        if all(bound.compare(time, bound.instant) for bound in asked.bounds):
            values = {"time": write(time), "value": str(sample.value)}
            rows.append(",".join(values[name] for name in asked.names))
    return "\n".join([",".join(asked.names), *rows]) + "\n"
