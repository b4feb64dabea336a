"""The simulated housekeeping: layouts, true values, and packets as the operations centre has them.

Packets are made at whole seconds of the spacecraft's clock. They reach the ground by contact, some
of them twice, and some never: numbers that are missing or double are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.imap.simulate.clock import Clock
from gnomon.instruments.imap.simulate.latis import Packet
from gnomon.instruments.imap.simulate.mission import NS, Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times
from gnomon.instruments.imap.simulate.packing import Field, Layout, definition, packed
from gnomon.timescales.tt2000 import utc_of_tt2000

_ON_OFF = {0: "Inactive", 1: "Active"}
_SATURATED = {0: "NotSaturated", 1: "Saturated"}
_RANGES = {number: f"RANGE{number}" for number in range(4)}
_MODES = {1: "Standby", 2: "Safe", 3: "Config", 4: "Debug", 5: "Normal", 6: "Burst"}
_NORMAL, _BURST = 5, 6
_COUNTS_PER_NT = {0: 0.65, 1: 2.6, 2: 10.4, 3: 65.0}
_FIELD_SCALE = {number: (0.0, 1 / counts) for number, counts in _COUNTS_PER_NT.items()}

_START = (
    Field("SHCOARSE", 32),
    Field("PUS_SPARE1", 1),
    Field("PUS_VERSION", 3),
    Field("PUS_SPARE2", 4),
    Field("PUS_STYPE", 8),
    Field("PUS_SSUBTYPE", 8),
    Field("HK_STRUCID", 8),
)
POWER = Layout(
    "MAG_HSK_PW",
    1063,
    (
        *_START,
        Field("P1V5V", 12, polynomial=(0.0, 0.0005), unit="V"),
        Field("P1V8V", 12, polynomial=(0.0, 0.0006), unit="V"),
        Field("P3V3V", 12, polynomial=(0.0, 0.001), unit="V"),
        Field("P2V5V", 12, polynomial=(0.0, 0.0008), unit="V"),
        Field("P8V", 12, polynomial=(0.0, 0.0026), unit="V"),
        Field("N8V", 12, polynomial=(0.0, -0.0026), unit="V"),
        Field("ICU_TEMP", 12, polynomial=(-273.15, 0.12), unit="degC"),
        Field("P3V3I", 12, polynomial=(-13.5, 0.08), unit="mA"),
        Field("FOB_TEMP", 12, polynomial=(-390.0, 0.29, -8.8e-05, 1.4e-08), unit="degC"),
        Field("FIB_TEMP", 12, polynomial=(-442.0, 0.36, -1.2e-04, 1.9e-08), unit="degC"),
        Field("MAGOSATFLAGX", 1, labels=_SATURATED),
        Field("MAGISATFLAGX", 1, labels=_SATURATED),
        Field("MAGORANGE", 2, labels=_RANGES),
        Field("MAGIRANGE", 2, labels=_RANGES),
        Field("SPARE1", 2),
        Field("MAGITFMISSCNT", 16),
    ),
)
STATUS = Layout(
    "MAG_HSK_STATUS",
    1064,
    (
        *_START,
        Field("MAGMODE", 5, labels=_MODES),
        Field("PRISENSOR", 1, labels={0: "OBSensor", 1: "IBSensor"}),
        Field("FOBSTAT", 1, labels=_ON_OFF),
        Field("FIBSTAT", 1, labels=_ON_OFF),
        Field("CPUIDLE", 8, unit="%"),
        Field("FILL", 8),
    ),
)
SCIENCE = Layout(
    "MAG_HSK_SCI",
    1082,
    (
        *_START,
        Field("FOB_RNG", 2, labels=_RANGES),
        Field("SPARE", 6),
        *(
            Field(f"FOB_{axis}VEC", 16, signed=True, by="FOB_RNG", polynomials=_FIELD_SCALE,
                  unit="nT")
            for axis in "XYZ"
        ),
        Field("FOB_NOISE", 32, is_float=True, unit="nT"),
        Field("FOB_FINETM", 24),
    ),
)  # fmt: skip
TRANSFER = Layout("MAG_PROG_MTRAN", 1024, (*_START, Field("SEGMENT", 16)), trailing="DATA")
LAYOUTS = (POWER, STATUS, SCIENCE, TRANSFER)
_EVERY_S = {"MAG_HSK_PW": 60, "MAG_HSK_STATUS": 120, "MAG_HSK_SCI": 120}
_TRANSFERRED, _AT_ONE_READING = 20, 5
_SERVICE = {"PUS_VERSION": 1, "PUS_STYPE": 3, "PUS_SSUBTYPE": 25}
_LOST_EVERY, _TWICE_EVERY = 211, 97
_FIRST_COUNTER = 16_000
"""The 14-bit counter wraps at 16,384."""
_CONTACT_S = 8 * 3600
_DELAY = timedelta(hours=1)


def xtce() -> bytes:
    """Return the definition of all simulated packets."""
    return definition(LAYOUTS, "MAG")


@dataclass(frozen=True)
class Told:
    """What one sort of packets says, and when: the truth, one row a packet that arrives.

    Attributes
    ----------
    layout : Layout
    coarse_s : ndarray of int64, shape (n,)
        Of the spacecraft's clock.
    tt2000 : ndarray of int64, shape (n,)
    counters : ndarray of int64, shape (n,)
        Not wrapped; those of packets that were lost are missing.
    raw : mapping of str to ndarray, shape (n,)
        Raw values of the fields that vary.
    truth : mapping of str to ndarray, shape (n,)
        True values, before they were cut to whole counts, of fields with a polynomial.
    tails : tuple of bytes
    n_others : int
        Packets that were made and are not among these.
    """

    layout: Layout
    coarse_s: Times
    tt2000: Times
    counters: Times
    raw: dict[str, NDArray[Any]]
    truth: dict[str, Floats]
    tails: tuple[bytes, ...] = ()
    n_others: int = 0


def told(mission: Mission) -> list[Told]:
    """Return what all packets of a mission say that arrive in time."""
    clock = Clock.of(mission)
    made = [_regular(mission, clock, layout, late=False) for layout in _REGULAR]
    return [*made, _transfers(mission, clock)]


def told_late(mission: Mission) -> list[Told]:
    """Return what the packets say that were lost, and are sent again after the mission's end."""
    clock = Clock.of(mission)
    return [_regular(mission, clock, layout, late=True) for layout in _REGULAR]


def joined(one: Told, other: Told) -> Told:
    """Return what two lots of packets of one sort say, in the order of the clock."""
    order = np.argsort(np.concatenate([one.coarse_s, other.coarse_s]), kind="stable")

    def both(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([first, second])[order]

    return Told(
        one.layout,
        both(one.coarse_s, other.coarse_s),
        both(one.tt2000, other.tt2000),
        both(one.counters, other.counters),
        {name: both(values, other.raw[name]) for name, values in one.raw.items()},
        {name: both(values, other.truth[name]) for name, values in one.truth.items()},
    )


_REGULAR = (POWER, STATUS, SCIENCE)


def _regular(mission: Mission, clock: Clock, layout: Layout, *, late: bool) -> Told:
    start, stop = mission.span
    readings = np.arange(
        clock.reading_after(start), clock.reading_after(stop), _EVERY_S[layout.name]
    )
    counters = np.arange(len(readings)) + _FIRST_COUNTER
    chosen = (counters % _LOST_EVERY == 0) == late
    readings, counters = readings[chosen], counters[chosen]
    tt2000 = clock.tt2000(readings)
    raw: dict[str, NDArray[Any]] = {
        name: np.full(len(readings), value) for name, value in _SERVICE.items()
    }
    truth: dict[str, Floats] = {}
    hours = (tt2000 - start) / (3600 * NS)
    if layout is POWER:
        _power(mission, hours, tt2000, raw, truth)
    elif layout is STATUS:
        _status(hours, raw)
    else:
        _science(mission, tt2000, raw, truth)
    raw["SHCOARSE"] = readings
    return Told(layout, readings, tt2000, counters, raw, truth, n_others=int(np.sum(~chosen)))


_COUNTS = {
    "P1V5V": 3_040,
    "P1V8V": 3_050,
    "P3V3V": 3_350,
    "P2V5V": 3_180,
    "P8V": 3_740,
    "N8V": 3_735,
    "ICU_TEMP": 2_440,
    "P3V3I": 1_630,
    "FOB_TEMP": 2_600,
    "FIB_TEMP": 2_600,
}


def _power(
    mission: Mission,
    hours: Floats,
    tt2000: Times,
    raw: dict[str, NDArray[Any]],
    truth: dict[str, Floats],
) -> None:
    for number, (name, middle) in enumerate(_COUNTS.items()):
        counts = middle + 40 * np.sin(2 * np.pi * hours / (3 + number) + number)
        field = next(one for one in POWER.fields if one.name == name)
        truth[name] = np.asarray(np.polynomial.polynomial.polyval(counts, field.polynomial))
        raw[name] = np.rint(counts).astype(np.int64)
    raw["MAGORANGE"] = raw["MAGIRANGE"] = mission.ranges(tt2000)
    raw["MAGITFMISSCNT"] = (hours // 6).astype(np.int64)


def _status(hours: Floats, raw: dict[str, NDArray[Any]]) -> None:
    raw["MAGMODE"] = np.where((hours >= 12.5) & (hours < 12.6), _BURST, _NORMAL)  # noqa: PLR2004
    raw["FOBSTAT"] = raw["FIBSTAT"] = np.ones(len(hours), np.int64)
    raw["CPUIDLE"] = np.rint(70 + 20 * np.sin(hours)).astype(np.int64)


def _science(
    mission: Mission, tt2000: Times, raw: dict[str, NDArray[Any]], truth: dict[str, Floats]
) -> None:
    field, ranges = mission.field("dsrf", tt2000), mission.ranges(tt2000)
    scale = np.array([_COUNTS_PER_NT[number] for number in range(4)])[ranges]
    for column, axis in enumerate("XYZ"):
        truth[f"FOB_{axis}VEC"] = field[:, column]
        raw[f"FOB_{axis}VEC"] = np.rint(field[:, column] * scale).astype(np.int64)
    raw["FOB_RNG"] = ranges
    raw["FOB_NOISE"] = (0.01 + 0.001 * np.arange(len(tt2000)) % 7).astype(np.float32)
    raw["FOB_FINETM"] = np.arange(len(tt2000)) * 31


def _transfers(mission: Mission, clock: Clock) -> Told:
    """Return packets of one burst: several at each reading of the clock, and of many lengths."""
    first = clock.reading_after(mission.span[0] + 3600 * NS)
    number = np.arange(_TRANSFERRED)
    readings = first + number // _AT_ONE_READING
    random = mission.random(6)
    tails = tuple(random.bytes(int(size)) for size in random.integers(4, 40, _TRANSFERRED))
    raw: dict[str, NDArray[Any]] = {
        name: np.full(_TRANSFERRED, value) for name, value in _SERVICE.items()
    }
    raw |= {"SHCOARSE": readings, "SEGMENT": number}
    return Told(TRANSFER, readings, clock.tt2000(readings), number, raw, {}, tails)


def tolerance(layout: Layout, name: str) -> Floats | float:
    """Return by how much a value may differ from the truth: half a count."""
    field = next(one for one in layout.fields if one.name == name)
    if field.polynomials:
        return max(abs(coefficients[1]) for coefficients in field.polynomials.values()) / 2
    counts = np.array([0.0, 4095.0])
    slope = np.polynomial.polynomial.polyder(np.array(field.polynomial))
    return float(np.max(np.abs(np.polynomial.polynomial.polyval(counts, slope)))) / 2


def poda_packets(said: Told, ert: datetime | None = None) -> list[Packet]:
    """Return what the operations centre has: in the order of arrival, some packets twice.

    Parameters
    ----------
    ert : datetime, optional
        When all of them are received, once each; by default in three contacts a day.
    """
    bodies = packed(said.layout, said.raw, said.counters, said.tails)
    found = []
    for body, tt2000, counter in zip(bodies, said.tt2000, said.counters, strict=True):
        time = _datetime(int(tt2000))
        received = ert or _contact(time)
        found.append(Packet(time, received, body))
        if ert is None and counter % _TWICE_EVERY == 0:
            found.append(Packet(time, received + timedelta(seconds=_CONTACT_S), body))
    return sorted(found, key=lambda packet: packet.ert)


def _contact(time: datetime) -> datetime:
    """Return when a packet of a time is received: an hour after the end of its third of a day."""
    midnight = datetime(time.year, time.month, time.day, tzinfo=UTC)
    thirds = int((time - midnight).total_seconds()) // _CONTACT_S + 1
    return midnight + thirds * timedelta(seconds=_CONTACT_S) + _DELAY


def _datetime(tt2000: int) -> datetime:
    microseconds = int(utc_of_tt2000(tt2000).astype("M8[us]").astype(np.int64))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
