"""Samples the known ocean as one float does in one cycle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.simulate.corefile import CoreProfile
from gnomon.instruments.argo.simulate.ocean import Ocean
from gnomon.instruments.argo.simulate.records import Record
from gnomon.instruments.argo.simulate.sensors import (
    INTERMEDIATE,
    ON_THE_CTD,
    ON_THEIR_OWN,
    UNITS,
    Measured,
    core_measured,
    measure,
)

_DEEPEST = 2_000.0
_DEEPEST_FLUORESCENCE = 500.0
_ERRORS = (2.4, 0.002, 0.01)  # what delayed mode states for dbar, degC, PSS-78
_BGC = 66  # of the stream of random numbers that biogeochemistry draws from


@dataclass(frozen=True)
class BgcProfile:
    """One profile of a B-file or of a synthetic file.

    Attributes
    ----------
    station : CoreProfile
        Where and when; and for B-files the pressures.
    parameters : mapping of str to Measured
        In a B-file all but PRES, in a synthetic one all.
    """

    station: CoreProfile
    parameters: Mapping[str, Measured]


def pressure_offset(wmo: int) -> float:
    """Return what the raw pressure of a float is too high, dbar."""
    return 0.1 * (1 + wmo % 7)


def salinity_drift(cycle: int) -> float:
    """Return what the raw salinity of a profile is too high, PSS-78."""
    return min(0.0005 * cycle, 0.3)


class Sampler:
    """One cycle of one float in one direction."""

    def __init__(self, seed: int, levels: int, ocean: Ocean, record: Record) -> None:
        self._levels, self._ocean, self._record = levels, ocean, record
        self._seed = (seed, record.wmo, record.cycle, ord(record.direction))
        self._rng = np.random.default_rng(self._seed)

    def profiles(self, *, bgc: bool) -> list[CoreProfile]:
        """Return the profiles of the core file.

        That is the primary one; in a fifth of the cycles a near-surface one; and with `bgc` the
        pressures of the sensors that sample on their own.
        """
        primary = np.linspace(5.0, _DEEPEST, self._levels)
        mode = self._record.mode
        profiles = [self._profile(primary, mode, "Primary sampling: averaged []")]
        if self._rng.random() < 0.2:  # noqa: PLR2004 - as documented
            surface = np.linspace(0.5, 4.5, 9)
            profiles.append(self._profile(surface, "R", "Near-surface sampling: discrete []"))
        if bgc:
            values, qc = self._pressures(self._own_pressures())
            scheme = "Secondary sampling: discrete []"
            profiles.append(self._station(mode, scheme, values, qc, ("PRES",)))
        return profiles

    def bgc_profiles(self) -> list[BgcProfile]:
        """Return the profiles of the B-file, as many as of the core file."""
        first, *middle, last = self.profiles(bgc=True)
        rng = np.random.default_rng((*self._seed, _BGC))
        primary = np.linspace(5.0, _DEEPEST, self._levels)
        return [
            BgcProfile(first, self._sensors(ON_THE_CTD, primary, rng)),
            *(BgcProfile(profile, {}) for profile in middle),
            BgcProfile(last, self._sensors(ON_THEIR_OWN, self._own_pressures(), rng)),
        ]

    def synthetic(self) -> BgcProfile:
        """Return the profile of the S-file: the primary and the last sampling on one axis.

        Unlike in real files nothing is interpolated: a parameter has values where it was measured.
        """
        first, *_, last = self.bgc_profiles()
        samplings = (first, last)
        raw = np.concatenate([s.station.values[0, 0] for s in samplings])
        axis, places = np.unique(raw, return_inverse=True)
        on_ctd, on_own = np.split(places, [len(first.station.values[0, 0])])
        mode = self._record.mode
        core = core_measured(mode, first.station.values, first.station.qc)
        own = core_measured(mode, last.station.values, last.station.qc)["PRES"]
        found = {name: core[name].on(len(axis), on_ctd) for name in core}
        found["PRES"] = _merged(found["PRES"], own.on(len(axis), on_own))
        for sampling, where in zip(samplings, (on_ctd, on_own), strict=True):
            for name in sampling.parameters.keys() - set(INTERMEDIATE):
                found[name] = sampling.parameters[name].on(len(axis), where)
        found = dict(sorted(found.items(), key=lambda item: list(UNITS).index(item[0])))
        return BgcProfile(first.station, found)

    def _own_pressures(self) -> NDArray[np.float64]:
        return np.linspace(2.0, _DEEPEST_FLUORESCENCE, max(self._levels // 2, 4))

    def _sensors(
        self, names: tuple[str, ...], pres: NDArray[np.float64], rng: np.random.Generator
    ) -> dict[str, Measured]:
        """Return what the sensors report at true pressures."""
        ocean, record = self._ocean, self._record
        place, time = record.latitude, record.juld
        chlorophyll = ocean.chlorophyll(pres, place, time)
        chlorophyll = chlorophyll + ocean.chlorophyll_noise * rng.standard_normal(len(pres))
        truth = {
            "TEMP_DOXY": (ocean.temperature(pres, place, time), ocean.temperature_noise),
            "DOXY": (ocean.oxygen(pres, place), ocean.oxygen_noise),
            "NITRATE": (ocean.nitrate(pres, place), ocean.nitrate_noise),
            "PH_IN_SITU_TOTAL": (ocean.ph(pres, place), ocean.ph_noise),
            "FLUORESCENCE_CHLA": (chlorophyll, 0.0),
            "CHLA": (chlorophyll, 0.0),
            "BBP700": (ocean.backscatter(pres), ocean.backscatter_noise),
        }
        found = {}
        for name in names:
            true, noise = truth[name]
            seen = true + noise * rng.standard_normal(len(pres))
            found[name] = measure(name, seen, record.wmo, record.mode)
        return found

    def _profile(self, pres: NDArray[np.float64], mode: str, scheme: str) -> CoreProfile:
        values, qc = self._measure(pres, mode)
        return self._station(mode, scheme, values, qc)

    def _station(
        self,
        mode: str,
        scheme: str,
        values: NDArray[np.float32],
        qc: NDArray[np.int8],
        parameters: tuple[str, ...] = ("PRES", "TEMP", "PSAL"),
    ) -> CoreProfile:
        record = self._record
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
            parameters=parameters,
        )

    def _measure(
        self, pres: NDArray[np.float64], mode: str
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Return raw, adjusted and error values, (3, 3, level), and flags, (3, 2, level)."""
        record, ocean = self._record, self._ocean
        noise = self._rng.standard_normal((2, len(pres)))
        true = np.stack(
            [
                pres,
                ocean.temperature(pres, record.latitude, record.juld)
                + ocean.temperature_noise * noise[0],
                ocean.salinity(pres, record.latitude) + ocean.salinity_noise * noise[1],
            ]
        )
        wrong = [pressure_offset(record.wmo), 0.0, salinity_drift(record.cycle)]
        values = np.full((3, 3, len(pres)), np.nan, np.float32)
        qc = np.full((3, 2, len(pres)), BLANK, np.int8)
        values[:, 0], qc[:, 0] = true + np.array(wrong)[:, np.newaxis], 1
        if mode != "R":
            values[:, 1], qc[:, 1] = true, 1
            values[:, 2] = np.array(_ERRORS)[:, np.newaxis]
        if self._rng.random() < 0.1:  # noqa: PLR2004 - a tenth of the profiles has a spike
            _spoil(values, qc, int(self._rng.integers(len(pres))), adjusted=mode != "R")
        return values, qc

    def _pressures(self, pres: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Return the same where nothing but pressure is measured."""
        values = np.full((3, 3, len(pres)), np.nan, np.float32)
        qc = np.full((3, 2, len(pres)), BLANK, np.int8)
        values[0, 0], qc[0, 0] = pres + pressure_offset(self._record.wmo), 1
        if self._record.mode != "R":
            values[0, 1], values[0, 2], qc[0, 1] = pres, _ERRORS[0], 1
        return values, qc


def _merged(one: Measured, other: Measured) -> Measured:
    """Return the values of `one`, and of `other` where `one` has none."""
    mine = ~np.isnan(one.raw)
    return Measured(
        one.mode,
        np.where(mine, one.raw, other.raw),
        np.where(mine, one.raw_qc, other.raw_qc),
        np.where(mine, one.adjusted, other.adjusted),
        np.where(mine, one.adjusted_qc, other.adjusted_qc),
        np.where(mine, one.error, other.error),
    )


def _spoil(
    values: NDArray[np.float32], qc: NDArray[np.int8], level: int, *, adjusted: bool
) -> None:
    """Put a spike into temperature and salinity of one level, flagged as bad."""
    values[1, 0, level] += 5.0
    values[2, 0, level] -= 3.0
    qc[1:, 0, level] = 4
    if adjusted:
        values[1:, 1:, level], qc[1:, 1, level] = np.nan, 4
