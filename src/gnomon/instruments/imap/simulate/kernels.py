"""The simulated SPICE kernels: clock, leap seconds, frames, orbits, attitude, pointing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import MissingExtra
from gnomon.instruments.imap.simulate import motion
from gnomon.instruments.imap.simulate.clock import Clock
from gnomon.instruments.imap.simulate.holdings import KernelFile, TableFile
from gnomon.instruments.imap.simulate.kernel_texts import (
    FRAMES,
    LEAP_SECONDS,
    SCIENCE_FRAMES,
    SIZES,
)
from gnomon.instruments.imap.simulate.mission import NS, Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times
from gnomon.timescales.tt2000 import utc_of_tt2000

SPACECRAFT, SUN, EARTH = -43, 10, 399
BODY_FRAME, POINTING_FRAME = -43_000, -43_901
_STEP_S = 5
"""Between two attitudes: 120 degrees of an even turn, which SPICE interpolates exactly."""
_EPHEMERIS_STEP_S, _DEGREE = 21_600, 7
_ALWAYS = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))
_TICK_NS = 20_000
_MARGIN_NS = 60 * NS


@dataclass(frozen=True)
class _Named:
    """A kernel's name and what the archive says of it, before its bytes."""

    name: str
    kernel_type: str
    root: str
    version: int


def kernel_files(mission: Mission) -> list[KernelFile]:
    """Return all kernels of a mission; each day's attitude is ingested on the morning after."""
    clock = Clock.of(mission)
    made = list(_texts(mission, clock))
    with tempfile.TemporaryDirectory(prefix="gnomon-") as folder:
        made += _ephemerides(mission, Path(folder))
        made += _attitudes(mission, clock, Path(folder))
    return made


def _texts(mission: Mission, clock: Clock) -> Iterator[KernelFile]:
    early = _morning(mission, -1)
    numbered = (
        (_Named("lsk/naif0012.tls", "leapseconds", "naif.tls", 12), LEAP_SECONDS),
        (_Named("pck/pck00011.tpc", "planetary_constants", "pck.tpc", 11), SIZES),
        (_Named("fk/imap_130.tf", "imap_frames", "imap_.tf", 130), FRAMES),
        (
            _Named("fk/imap_science_120.tf", "science_frames", "imap_science_.tf", 120),
            SCIENCE_FRAMES,
        ),
    )
    for named, text in numbered:
        yield _file(named, text.encode(), early, [_ALWAYS])
    last_day = motion.midnight(mission.dates[-1])
    for number, until in ((1, last_day), (2, None)):
        named = _Named(
            f"sclk/imap_sclk_{number:04d}.tsc", "spacecraft_clock", "imap_sclk_.tsc", number
        )
        when = _morning(mission, -1 if number == 1 else mission.days - 1)
        yield _file(named, clock.kernel(until).encode(), when, [_ALWAYS])


def _file(
    named: _Named, body: bytes, ingested: datetime, intervals: list[tuple[datetime, datetime]]
) -> KernelFile:
    return KernelFile(
        named.name,
        body,
        ingested,
        named.kernel_type,
        tuple(intervals),
        named.root,
        named.version,
        sclk_kernel="imap_sclk_0001.tsc",
        lsk_kernel="naif0012.tls",
    )


def _morning(mission: Mission, number: int) -> datetime:
    """Return when the archive takes what belongs to a day: at 08:05:12 of the next one."""
    return _utc(mission.start, number + 1) + timedelta(hours=8, minutes=5, seconds=12)


def _utc(first: date, number: int) -> datetime:
    return datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=number)


# -- orbits


def _ephemerides(mission: Mission, folder: Path) -> Iterator[KernelFile]:
    start, stop = mission.span
    margin = 2 * 86_400 * NS
    span = float(start - margin) / NS, float(stop + margin) / NS
    days = _utc(mission.start, -2), _utc(mission.start, mission.days + 2)
    dated = f"{days[0]:%Y%m%d}_{days[1]:%Y%m%d}"
    for named, body, radius in (
        (_Named("spk/de440.bsp", "planetary_ephemeris", "de440.bsp", 1), EARTH, 1.0),
        (
            _Named(f"spk/imap_recon_{dated}_v01.bsp", "ephemeris_reconstructed",
                   f"imap_recon_{dated}_v.bsp", 1),
            SPACECRAFT,
            motion.DISTANCE_OF_EARTH,
        ),
    ):  # fmt: skip
        content = _orbit(folder / Path(named.name).name, body, radius * motion.AU_KM, span)
        yield _file(named, content, _morning(mission, -1), [days])


def _orbit(path: Path, body: int, radius_km: float, span: tuple[float, float]) -> bytes:
    count = int((span[1] - span[0]) // _EPHEMERIS_STEP_S) + 2
    epochs = span[0] + _EPHEMERIS_STEP_S * np.arange(count, dtype=np.float64)
    states = radius_km * np.hstack([motion.outward(epochs), motion.velocity(epochs)])
    spice = _spice()
    handle = spice.spkopn(str(path), path.name, 0)
    spice.spkw09(handle, body, SUN, "J2000", span[0], span[1], f"{body} about the Sun", _DEGREE,
                 count, states, epochs)  # fmt: skip
    spice.spkcls(handle)
    return path.read_bytes()


# -- attitude


def _attitudes(mission: Mission, clock: Clock, folder: Path) -> Iterator[KernelFile]:
    for number, day in enumerate(mission.dates):
        tt2000, starts = _sampled(mission, day)
        after = date.fromordinal(day.toordinal() + 1)
        dated = f"imap_{day:%Y_%j}_{after:%Y_%j}_"
        named = _Named(f"ck/{dated}001.ah.bc", "attitude_history", f"{dated}.ah.bc", 1)
        turned = motion.srf(tt2000, mission.start, mission.days)
        path = folder / Path(named.name).name
        body = _turns(path, BODY_FRAME, clock, tt2000, turned, starts)
        yield _file(named, body, _morning(mission, number), _intervals(tt2000, starts))
    yield _pointings(mission, clock, folder)


def _sampled(mission: Mission, day: date) -> tuple[Times, list[int]]:
    """Return the epochs of a day's attitudes, and where in them an interval starts."""
    first, last = _ends(mission, day)
    tt2000 = np.append(np.arange(first, last, _STEP_S * NS), last)
    gap = mission.attitude_gap
    if gap is None or not first <= gap[0] < last:
        return tt2000, [0]
    kept = tt2000[(tt2000 <= gap[0]) | (tt2000 >= gap[1])]
    return kept, [0, int(np.searchsorted(kept, gap[1]))]


def _ends(mission: Mission, day: date) -> tuple[int, int]:
    """Return the first and the last instant of a day's attitude.

    Files of science reach a little beyond their day, and so do the attitudes of a mission.
    """
    first, last = motion.midnight(day), motion.midnight(_next(day)) - _TICK_NS
    before = _MARGIN_NS if day == mission.dates[0] else 0
    after = _MARGIN_NS if day == mission.dates[-1] else 0
    return first - before, last + after


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _intervals(tt2000: Times, starts: list[int]) -> list[tuple[datetime, datetime]]:
    stops = [*(start - 1 for start in starts[1:]), len(tt2000) - 1]
    return [
        (_datetime(int(tt2000[a])), _datetime(int(tt2000[b])))
        for a, b in zip(starts, stops, strict=True)
    ]


def _datetime(tt2000: int) -> datetime:
    microseconds = int(utc_of_tt2000(tt2000).astype("M8[us]").astype(np.int64))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _pointings(mission: Mission, clock: Clock, folder: Path) -> KernelFile:
    tt2000 = np.array([_ends(mission, day) for day in mission.dates]).ravel()
    dated = f"imap_dps_{mission.dates[0]:%Y_%j}_{_next(mission.dates[-1]):%Y_%j}_"
    named = _Named(f"ck/{dated}001.ah.bc", "pointing_attitude", f"{dated}.ah.bc", 1)
    turned = motion.dsrf(tt2000, mission.start, mission.days)
    starts = list(range(0, len(tt2000), 2))
    path = folder / Path(named.name).name
    body = _turns(path, POINTING_FRAME, clock, tt2000, turned, starts)
    return _file(named, body, _morning(mission, mission.days - 1), _intervals(tt2000, starts))


def _turns(
    path: Path, frame: int, clock: Clock, tt2000: Times, turned: Floats, starts: list[int]
) -> bytes:
    """Write a C-kernel of one segment of type 3: linear between attitudes, not over a gap."""
    spice = _spice()
    ticks = clock.ticks(tt2000).astype(np.float64)
    quaternions = np.array([spice.m2q(matrix) for matrix in turned])
    handle = spice.ckopn(str(path), path.name, 0)
    rates = np.zeros((len(ticks), 3))
    spice.ckw03(handle, ticks[0], ticks[-1], frame, "J2000", False, "simulated attitude",
                len(ticks), ticks, quaternions, rates, len(starts), ticks[starts])  # fmt: skip
    spice.ckcls(handle)
    return path.read_bytes()


def _spice() -> Any:
    try:
        import spiceypy  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise MissingExtra("spiceypy", "imap") from error
    return spiceypy


# -- tables


def spin_files(mission: Mission) -> list[TableFile]:
    """Return a spin table a day: spin number, start, period, phase, validity."""
    return _tables(mission, "spin", "imap_{start:%Y_%j}_{stop:%Y_%j}_01.spin", _spin_table)


def small_forces_files(mission: Mission) -> list[TableFile]:
    """Return a history of small forces a day; nothing burns, so each is a header."""
    name = "imap_{start:%Y_%j}_{stop:%Y_%j}_hist_01.sff"
    return _tables(mission, "activities", name, lambda _: "START_UTC, STOP_UTC, DELTA_V_X\n")


def _tables(
    mission: Mission, folder: str, name: str, text: Callable[[date], str]
) -> list[TableFile]:
    found = []
    for number, day in enumerate(mission.dates):
        start, stop = _utc(day, 0), _utc(day, 1)
        path = f"imap/spice/{folder}/{name.format(start=start, stop=stop)}"
        body = text(day).encode()
        found.append(TableFile(path, body, _morning(mission, number), start, stop))
    return found


def _spin_table(day: date) -> str:
    first = motion.midnight(day)
    period = int(motion.SPIN_PERIOD_S)
    lines = ["spin_number,spin_start_tt2000_ns,spin_period_sec,spin_phase_valid"]
    lines += [f"{n},{first + n * period * NS},{period},1" for n in range(86_400 // period)]
    return "\n".join(lines) + "\n"
