"""Simulated GDAC trees of any size, from a known ocean.

The sensors are wrong in a known way: pressure is off by a constant, salinity drifts with every
cycle, oxygen lacks a gain, chlorophyll has a dark signal, nitrate and pH an offset. Delayed mode
removes all of it exactly, so the adjusted values are the ocean's plus noise. The same arguments
give the same bytes; no clock is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from gnomon.formats.netcdf3_writer import write
from gnomon.instruments.argo.files.variables import EPOCH
from gnomon.instruments.argo.simulate import sampling, sensors
from gnomon.instruments.argo.simulate.bgcfile import (
    BgcFile,
    encode_bgc,
    encode_sprof,
    encode_synthetic,
    station_modes,
    station_parameters,
)
from gnomon.instruments.argo.simulate.corefile import CoreFile, CoreProfile, encode_core
from gnomon.instruments.argo.simulate.floatfiles import (
    battery,
    encode_meta,
    encode_technical,
    encode_trajectory,
)
from gnomon.instruments.argo.simulate.indexes import (
    write_bgc_indexes,
    write_core_indexes,
    write_float_indexes,
    write_greylist,
)
from gnomon.instruments.argo.simulate.ocean import Ocean
from gnomon.instruments.argo.simulate.records import DACS, FIRST_WMO, Record, mode_of, records_of
from gnomon.instruments.argo.simulate.sampling import BgcProfile, Sampler


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
        All cycles, by float, cycle and direction (descending first, as in time).
    bgc : int
        How many floats, the first ones, have biogeochemical sensors.
    """

    folder: Path
    seed: int
    levels: int
    records: tuple[Record, ...]
    ocean: Ocean = field(default_factory=Ocean)
    bgc: int = 0

    @property
    def floats(self) -> dict[int, str]:
        """The DAC of every float."""
        return {record.wmo: record.dac for record in self.records}

    def has_bgc(self, wmo: int) -> bool:
        """Tell whether a float has biogeochemical sensors."""
        return wmo < FIRST_WMO + self.bgc

    def profiles(self, record: Record) -> list[CoreProfile]:
        """Return what the core file of `record` holds: the primary profile, and maybe others."""
        return self._sampler(record).profiles(bgc=self.has_bgc(record.wmo))

    def bgc_profiles(self, record: Record) -> list[BgcProfile]:
        """Return what the B-file of `record` holds, of a float that has one."""
        return self._sampler(record).bgc_profiles()

    def synthetic_profile(self, record: Record) -> BgcProfile:
        """Return what the S-file of `record` holds, of a float that has one."""
        return self._sampler(record).synthetic()

    def _sampler(self, record: Record) -> Sampler:
        return Sampler(self.seed, self.levels, self.ocean, record)

    def pressure_offset(self, wmo: int) -> float:
        """Return what the raw pressure of a float is too high, dbar."""
        return sampling.pressure_offset(wmo)

    def salinity_drift(self, cycle: int) -> float:
        """Return what the raw salinity of a profile is too high, PSS-78."""
        return sampling.salinity_drift(cycle)

    def oxygen_gain(self, wmo: int) -> float:
        """Return by what the raw oxygen of a float must be multiplied."""
        return sensors.oxygen_gain(wmo)

    def chlorophyll_dark(self, wmo: int) -> float:
        """Return what the raw chlorophyll of a float is too high, mg/m3."""
        return sensors.chlorophyll_dark(wmo)

    def battery(self, cycle: int) -> float:
        """Return the volts of a battery in a cycle, as technical files have them."""
        return battery(cycle)

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return the number of profiles and of levels of every float, in its core files."""
        found: dict[int, tuple[int, int]] = {}
        for record in self.records:
            profiles = self.profiles(record)
            n, levels = found.get(record.wmo, (0, 0))
            more = sum(profile.values.shape[-1] for profile in profiles)
            found[record.wmo] = (n + len(profiles), levels + more)
        return found


def simulate_gdac(
    folder: Path, *, floats: int, cycles: int, seed: int = 0, levels: int = 100, bgc: int = 0
) -> Gdac:
    """Write a GDAC tree of `floats` floats with `cycles` cycles each.

    Of a float's cycles the first six tenths are delayed mode, the next two adjusted, the rest
    real time. A fifth of the cycles have a second, near-surface profile (N_PROF 2); every other
    float has a descending first profile; some lack a time or a position, some have bad levels.

    The first `bgc` floats measure oxygen, nitrate, pH, chlorophyll and backscatter too, the last
    two with a sampling of their own, each in its own data mode. With any such float the archive
    also has B and S files and ``_Sprof.nc`` of them, technical and trajectory files of all
    floats, a greylist, and the indexes of these; without, it has core and metadata files only.

    Returns
    -------
    Gdac
        What was written, for comparison and for `reissue` and `advance`.
    """
    records = [
        record
        for wmo in range(FIRST_WMO, FIRST_WMO + floats)
        for cycle in range(1, cycles + 1)
        for record in records_of(seed, wmo, cycle, mode_of(cycle, cycles))
    ]
    gdac = Gdac(folder, seed, levels, tuple(records), bgc=bgc)
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
        for kind in ("", "B", "S") if gdac.has_bgc(record.wmo) else ("",):
            (gdac.folder / "dac" / record.path_of(kind)).unlink()
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
        for record in records_of(gdac.seed, wmo, cycle, "R")
    ]
    order = sorted((*gdac.records, *new), key=lambda r: (r.wmo, r.cycle, r.direction == "A"))
    changed = replace(gdac, records=tuple(order))
    _write(changed, new, taken)
    return changed


def _write(gdac: Gdac, records: Iterable[Record], floats: set[int]) -> None:
    """Write single-cycle files, then what depends on them: files of floats, indexes."""
    for record in records:
        path = gdac.folder / "dac" / record.path
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, _core([record], gdac.profiles(record)))
        if gdac.has_bgc(record.wmo):
            _write_bgc(gdac, record)
    groups = [list(group) for _, group in groupby(gdac.records, key=lambda record: record.wmo)]
    for group in groups:
        if group[0].wmo in floats:
            _write_float(gdac, group)
    write_core_indexes(gdac.folder, gdac.records)
    if gdac.bgc:
        with_bgc = [record for record in gdac.records if gdac.has_bgc(record.wmo)]
        write_bgc_indexes(gdac.folder, with_bgc, lambda record, kind: _listed(gdac, record, kind))
        write_float_indexes(gdac.folder, groups)
        write_greylist(gdac.folder, groups)


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


def _write_bgc(gdac: Gdac, record: Record) -> None:
    folder = gdac.folder / "dac"
    b_file = _bgc([record], "B", gdac.bgc_profiles(record))
    write(folder / record.path_of("B"), encode_bgc(b_file))
    s_file = _bgc([record], "S", [gdac.synthetic_profile(record)])
    write(folder / record.path_of("S"), encode_synthetic(s_file))


def _bgc(records: list[Record], kind: str, profiles: list[BgcProfile]) -> BgcFile:
    first = records[0]
    return BgcFile(
        wmo=first.wmo,
        data_centre=DACS[first.dac],
        date_creation=EPOCH + timedelta(days=round(first.juld) + 1),
        date_update=max(record.updated(kind) for record in records),
        profiles=profiles,
    )


def _listed(gdac: Gdac, record: Record, kind: str) -> tuple[str, str]:
    """Return the parameters of a file and their modes, as its index lists them."""
    bgc = gdac.bgc_profiles(record) if kind == "B" else [gdac.synthetic_profile(record)]
    pairs = dict(
        pair
        for profile in bgc
        for pair in zip(station_parameters(profile), station_modes(profile), strict=True)
    )
    return " ".join(pairs), "".join(pairs.values())


def _write_float(gdac: Gdac, records: list[Record]) -> None:
    first = records[0]
    place = f"dac/{first.dac}/{first.wmo}/{first.wmo}"
    primaries = [gdac.profiles(record)[0] for record in records]
    write(gdac.folder / f"{place}_prof.nc", _core(records, primaries, history=0))
    meta = encode_meta(first, bgc=gdac.has_bgc(first.wmo))
    write(gdac.folder / f"{place}_meta.nc", meta)
    if gdac.has_bgc(first.wmo):
        whole = _bgc(records, "S", [gdac.synthetic_profile(record) for record in records])
        write(gdac.folder / f"{place}_Sprof.nc", encode_sprof(whole))
    if gdac.bgc:
        write(gdac.folder / f"{place}_tech.nc", encode_technical(records))
        write(gdac.folder / f"{place}_Rtraj.nc", encode_trajectory(records))
