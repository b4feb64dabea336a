"""Simulated GDAC trees of any size, from a known ocean.

The sensors are wrong in a known way: pressure is off by a constant, salinity drifts with every
cycle. Delayed mode removes both exactly, so the adjusted values are the ocean's plus noise. The
same arguments give the same bytes; no clock is read.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3_writer import NewVariable, encode, write
from gnomon.instruments.argo.files.variables import EPOCH
from gnomon.instruments.argo.gdac.index import META_INDEX, PROFILE_INDEX
from gnomon.instruments.argo.simulate.corefile import (
    WIDTHS,
    CoreFile,
    CoreProfile,
    Shaper,
    encode_core,
    global_attributes,
    stamp,
)

DACS = {"aoml": "AO", "coriolis": "IF", "incois": "IN"}
_FIRST_WMO = 3_900_001
_FIRST_DAY = 21_915  # 2010-01-01, in days since 1950-01-01
_CYCLE_DAYS = 10
_DEEPEST = 2_000.0
_DRIFT_DEGREES = 0.05
_ERRORS = (2.4, 0.002, 0.01)  # what delayed mode states for dbar, degC, PSS-78


@dataclass(frozen=True)
class Ocean:
    """The truth: smooth functions of pressure, place and time.

    Attributes
    ----------
    temperature_noise, salinity_noise : float
        Standard deviation of what a sensor adds, degC and PSS-78.
    """

    temperature_noise: float = 0.002
    salinity_noise: float = 0.002

    def temperature(
        self, pres: NDArray[np.floating], latitude: float, juld: float
    ) -> NDArray[np.float64]:
        """Return degC at `pres` dbar: a warm layer that fades downwards, with seasons."""
        surface = 28.0 * math.cos(math.radians(latitude)) ** 2 - 1.0
        season = 2.0 * math.sin(2.0 * math.pi * juld / 365.25) * np.exp(-pres / 60.0)
        return np.asarray(1.5 + surface * np.exp(-pres / 500.0) + season, np.float64)

    def salinity(self, pres: NDArray[np.floating], latitude: float) -> NDArray[np.float64]:
        """Return practical salinity at `pres` dbar: salty subtropics over an even deep."""
        surface = 1.2 * math.sin(math.radians(2.0 * latitude)) ** 2
        return np.asarray(34.7 + surface * np.exp(-pres / 300.0), np.float64)


@dataclass(frozen=True)
class Record:
    """One single-cycle file; a missing time or position is NaN in the file, not here."""

    dac: str
    wmo: int
    cycle: int
    direction: str
    mode: str
    date_update: datetime
    juld: float
    latitude: float
    longitude: float
    lacks: str = ""
    """``time`` or ``position`` where the file has none."""

    @property
    def path(self) -> str:
        """Where the file lies below ``dac/``."""
        letter = "D" if self.mode == "D" else "R"
        tail = "D" if self.direction == "D" else ""
        name = f"{letter}{self.wmo}_{self.cycle:03d}{tail}.nc"
        return f"{self.dac}/{self.wmo}/profiles/{name}"


@dataclass(frozen=True)
class Gdac:
    """A simulated GDAC: where it lies, what it holds, and the ocean behind it.

    Attributes
    ----------
    folder : Path
        Holds the index files and ``dac/``.
    levels : int
        Levels of a primary profile.
    records : tuple of Record
        All single-cycle files, by float, cycle and direction (descending first, as in time).
    """

    folder: Path
    seed: int
    levels: int
    records: tuple[Record, ...]
    ocean: Ocean = Ocean()

    @property
    def floats(self) -> dict[int, str]:
        """The DAC of every float."""
        return {record.wmo: record.dac for record in self.records}

    def profiles(self, record: Record) -> list[CoreProfile]:
        """Return what the file of `record` holds: the primary profile, and maybe another."""
        return _Sampler(self, record).profiles()

    def pressure_offset(self, wmo: int) -> float:
        """Return what the raw pressure of a float is too high, dbar."""
        return 0.1 * (1 + wmo % 7)

    def salinity_drift(self, cycle: int) -> float:
        """Return what the raw salinity of a profile is too high, PSS-78."""
        return min(0.0005 * cycle, 0.3)

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return the number of profiles and of levels of every float."""
        found: dict[int, tuple[int, int]] = {}
        for record in self.records:
            profiles = self.profiles(record)
            n, levels = found.get(record.wmo, (0, 0))
            more = sum(profile.values.shape[-1] for profile in profiles)
            found[record.wmo] = (n + len(profiles), levels + more)
        return found


def simulate_gdac(
    folder: Path, *, floats: int, cycles: int, seed: int = 0, levels: int = 100
) -> Gdac:
    """Write a GDAC tree of `floats` floats with `cycles` cycles each.

    Of a float's cycles the first six tenths are delayed mode, the next two adjusted, the rest
    real time. A fifth of the cycles have a second, near-surface profile (N_PROF 2); every other
    float has a descending first profile; some lack a time or a position, some have bad levels.

    Returns
    -------
    Gdac
        What was written, for comparison and for `reissue` and `advance`.
    """
    records = [
        record
        for wmo in range(_FIRST_WMO, _FIRST_WMO + floats)
        for cycle in range(1, cycles + 1)
        for record in _records(seed, wmo, cycle, _mode(cycle, cycles))
    ]
    gdac = Gdac(folder, seed, levels, tuple(records))
    _write(gdac, gdac.records, set(gdac.floats))
    return gdac


def reissue(gdac: Gdac, cycles: Mapping[int, Collection[int]]) -> Gdac:
    """Put delayed-mode files in the place of the given cycles of each float.

    A real-time file disappears; one that is delayed mode already gets a newer date.
    """
    old = [r for r in gdac.records if r.cycle in cycles.get(r.wmo, ())]
    later = timedelta(days=400)
    new = {r: replace(r, mode="D", date_update=r.date_update + later) for r in old}
    for record in old:
        (gdac.folder / "dac" / record.path).unlink()
    changed = replace(gdac, records=tuple(new.get(r, r) for r in gdac.records))
    _write(changed, new.values(), set(cycles))
    return changed


def advance(gdac: Gdac, cycles: int = 1, floats: Collection[int] | None = None) -> Gdac:
    """Let floats (all by default) report so many cycles more, in real time."""
    taken = set(gdac.floats if floats is None else floats)
    last = {record.wmo: record.cycle for record in gdac.records}
    new = [
        record
        for wmo in sorted(taken)
        for cycle in range(last[wmo] + 1, last[wmo] + cycles + 1)
        for record in _records(gdac.seed, wmo, cycle, "R")
    ]
    order = sorted((*gdac.records, *new), key=lambda r: (r.wmo, r.cycle, r.direction == "A"))
    changed = replace(gdac, records=tuple(order))
    _write(changed, new, taken)
    return changed


def _mode(cycle: int, cycles: int) -> str:
    share = cycle / cycles
    return "D" if share <= 0.6 else "A" if share <= 0.8 else "R"  # noqa: PLR2004 - as documented


def _records(seed: int, wmo: int, cycle: int, mode: str) -> list[Record]:
    """Return the descending profile of a cycle, if it has one, and the ascending one."""
    directions = "DA" if cycle == 1 and wmo % 2 else "A"
    rng = np.random.default_rng((seed, wmo, cycle))
    lacks = rng.choice(["time", "position", ""], p=[0.02, 0.03, 0.95])
    juld = _FIRST_DAY + wmo % 97 + _CYCLE_DAYS * cycle + 0.25
    latitude = -60.0 + 120.0 * (wmo * 0.618 % 1) + _DRIFT_DEGREES * math.sin(cycle)
    longitude = (360.0 * (wmo * 0.382 % 1) + _DRIFT_DEGREES * cycle) % 360.0 - 180.0
    days = 400 if mode == "D" else 1
    return [
        Record(
            dac=list(DACS)[wmo % len(DACS)],
            wmo=wmo,
            cycle=cycle,
            direction=direction,
            mode=mode,
            date_update=EPOCH + timedelta(days=round(juld) + days, seconds=wmo % 60),
            juld=juld if direction == "A" else juld - 9.0,
            latitude=latitude,
            longitude=longitude,
            lacks=str(lacks),
        )
        for direction in directions
    ]


class _Sampler:
    """Samples the ocean as one float does in one cycle."""

    def __init__(self, gdac: Gdac, record: Record) -> None:
        self._gdac, self._record = gdac, record
        self._rng = np.random.default_rng(
            (gdac.seed, record.wmo, record.cycle, ord(record.direction))
        )

    def profiles(self) -> list[CoreProfile]:
        """Return the primary profile and, in a fifth of the cycles, a near-surface one."""
        primary = np.linspace(5.0, _DEEPEST, self._gdac.levels)
        profiles = [self._profile(primary, self._record.mode, "Primary sampling: averaged []")]
        if self._rng.random() < 0.2:  # noqa: PLR2004 - as documented
            surface = np.linspace(0.5, 4.5, 9)
            profiles.append(self._profile(surface, "R", "Near-surface sampling: discrete []"))
        return profiles

    def _profile(self, pres: NDArray[np.float64], mode: str, scheme: str) -> CoreProfile:
        record = self._record
        values, qc = self._measure(pres, mode)
        return CoreProfile(
            cycle=record.cycle,
            direction=record.direction,
            mode=mode,
            juld=math.nan if record.lacks == "time" else record.juld,
            latitude=math.nan if record.lacks == "position" else record.latitude,
            longitude=math.nan if record.lacks == "position" else record.longitude,
            scheme=scheme,
            values=values,
            qc=qc,
        )

    def _measure(
        self, pres: NDArray[np.float64], mode: str
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Return raw, adjusted and error values, (3, 3, level), and flags, (3, 2, level)."""
        gdac, record, ocean = self._gdac, self._record, self._gdac.ocean
        noise = self._rng.standard_normal((2, len(pres)))
        true = np.stack(
            [
                pres,
                ocean.temperature(pres, record.latitude, record.juld)
                + ocean.temperature_noise * noise[0],
                ocean.salinity(pres, record.latitude) + ocean.salinity_noise * noise[1],
            ]
        )
        wrong = [gdac.pressure_offset(record.wmo), 0.0, gdac.salinity_drift(record.cycle)]
        values = np.full((3, 3, len(pres)), np.nan, np.float32)
        qc = np.full((3, 2, len(pres)), -1, np.int8)
        values[:, 0], qc[:, 0] = true + np.array(wrong)[:, np.newaxis], 1
        if mode != "R":
            values[:, 1], qc[:, 1] = true, 1
            values[:, 2] = np.array(_ERRORS)[:, np.newaxis]
        if self._rng.random() < 0.1:  # noqa: PLR2004 - a tenth of the profiles has a spike
            _spoil(values, qc, int(self._rng.integers(len(pres))), adjusted=mode != "R")
        return values, qc


def _spoil(
    values: NDArray[np.float32], qc: NDArray[np.int8], level: int, *, adjusted: bool
) -> None:
    """Put a spike into temperature and salinity of one level, flagged as bad."""
    values[1, 0, level] += 5.0
    values[2, 0, level] -= 3.0
    qc[1:, 0, level] = 4
    if adjusted:
        values[1:, 1:, level], qc[1:, 1, level] = np.nan, 4


def _write(gdac: Gdac, records: Iterable[Record], floats: set[int]) -> None:
    """Write single-cycle files, then what depends on them: aggregates, meta files, indexes."""
    for record in records:
        path = gdac.folder / "dac" / record.path
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, _core([record], gdac.profiles(record)))
    for wmo, group in groupby(gdac.records, key=lambda record: record.wmo):
        if wmo in floats:
            _write_float(gdac, list(group))
    _write_indexes(gdac)


def _core(records: list[Record], profiles: list[CoreProfile], history: int = 2) -> bytes:
    first = records[0]
    return encode_core(
        CoreFile(
            wmo=first.wmo,
            data_centre=DACS[first.dac],
            date_creation=EPOCH + timedelta(days=round(first.juld) + 1),
            date_update=max(record.date_update for record in records),
            profiles=profiles,
            history=history,
        )
    )


def _write_float(gdac: Gdac, records: list[Record]) -> None:
    first = records[0]
    folder = gdac.folder / "dac" / first.dac / str(first.wmo)
    primaries = [gdac.profiles(record)[0] for record in records]
    aggregate = _core(records, primaries, history=0)
    write(folder / f"{first.wmo}_prof.nc", aggregate)
    write(folder / f"{first.wmo}_meta.nc", _meta(first))


def _meta(first: Record) -> bytes:
    """Return a small meta-data file: who and where, no configuration."""
    dimensions: dict[str, int | None] = {**WIDTHS, "N_MISSIONS": None}
    make, launched = Shaper(dimensions, records=1), stamp(EPOCH + timedelta(days=first.juld))
    rows = (
        ("DATA_TYPE", "STRING16", "Argo meta-data"),
        ("FORMAT_VERSION", "STRING4", "3.1"),
        ("HANDBOOK_VERSION", "STRING4", "1.2"),
        ("DATE_CREATION", "DATE_TIME", launched),
        ("DATE_UPDATE", "DATE_TIME", launched),
        ("PLATFORM_NUMBER", "STRING8", str(first.wmo)),
        ("PLATFORM_TYPE", "STRING32", "APEX"),
        ("DATA_CENTRE", "STRING2", DACS[first.dac]),
        ("LAUNCH_DATE", "DATE_TIME", launched),
    )
    mission = np.ones(1, np.int32)
    variables: list[NewVariable] = [
        *(make.text(name, size, [value], name.lower()) for name, size, value in rows),
        make.number("LAUNCH_LATITUDE", "", np.array(first.latitude), ("units", "degree_north")),
        make.number("LAUNCH_LONGITUDE", "", np.array(first.longitude), ("units", "degree_east")),
        make.number("CONFIG_MISSION_NUMBER", "N_MISSIONS", mission),
    ]
    return encode(dimensions, variables, global_attributes("Argo float metadata file"))


def _write_indexes(gdac: Gdac) -> None:
    updated = stamp(max(record.date_update for record in gdac.records))
    first = {record.wmo: record for record in reversed(gdac.records)}
    profiles = (_index_row(record) for record in gdac.records)
    metas = (
        f"{r.dac}/{wmo}/{wmo}_meta.nc,846,{DACS[r.dac]},{stamp(EPOCH + timedelta(days=r.juld))}\n"
        for wmo, r in sorted(first.items())
    )
    names = "file,date,latitude,longitude,ocean,profiler_type,institution,date_update\n"
    _write_index(gdac, PROFILE_INDEX, "Profile", updated, names, profiles)
    names = "file,profiler_type,institution,date_update\n"
    _write_index(gdac, META_INDEX, "Metadata", updated, names, metas)


def _index_row(record: Record) -> str:
    date = stamp(EPOCH + timedelta(days=record.juld)) if record.lacks != "time" else ""
    place = f"{record.latitude:.3f},{record.longitude:.3f},A"
    place = ",," if record.lacks == "position" else place
    tail = f"846,{DACS[record.dac]},{stamp(record.date_update)}"
    return f"{record.path},{date},{place},{tail}\n"


def _write_index(
    gdac: Gdac, name: str, title: str, updated: str, names: str, rows: Iterable[str]
) -> None:
    """Write an index in the words of the GDAC, plain and gzipped."""
    head = (
        f"# Title : {title} directory file of the Argo Global Data Assembly Center\n"
        f"# Description : The directory file describes all {title.lower()} files of the argo GDAC\n"
        "# Project : ARGO\n# Format version : 2.0\n"
        f"# Date of update : {updated}\n"
        "# FTP root number 1 : ftp://ftp.ifremer.fr/ifremer/argo/dac\n"
        "# FTP root number 2 : ftp://usgodae.org/pub/outgoing/argo/dac\n"
        "# GDAC node : SIMULATED\n"
    )
    data = "".join([head, names, *rows]).encode()
    write(gdac.folder / name, data)
    write(gdac.folder / f"{name}.gz", gzip.compress(data, mtime=0))
