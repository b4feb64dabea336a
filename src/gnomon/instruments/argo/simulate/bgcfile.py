"""Writes B-files, S-files and ``_Sprof.nc`` as the GDAC has them.

The order, dimensions and attributes are those of the Argo user's manual, section 2.3 "B-Argo
profile format" 3.1, and of real synthetic files, format 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats import netcdf3_writer, netcdf4_writer
from gnomon.formats.netcdf3_writer import NewVariable
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.simulate.corefile import history
from gnomon.instruments.argo.simulate.sampling import BgcProfile
from gnomon.instruments.argo.simulate.sensors import INTERMEDIATE, UNITS, Measured
from gnomon.instruments.argo.simulate.shaping import (
    WIDTHS,
    Head,
    Layout,
    Shaper,
    calibration,
    flagged,
    global_attributes,
    head,
)

_B = Layout("B-Argo profile", "3.1", "Argo float vertical profile", "STRING32", "STRING64")
_S = Layout(
    "Argo synthetic profile",
    "1.0",
    "Argo float vertical profile",
    "STRING32",
    "STRING64",
    has_samplings=False,
)
_ERROR = "Contains the error on the adjusted values as determined by the delayed mode QC process"


@dataclass(frozen=True)
class BgcFile:
    """What a B-file or synthetic file says of itself, beside its profiles."""

    wmo: int
    data_centre: str
    date_creation: datetime
    date_update: datetime
    profiles: Sequence[BgcProfile]


def station_parameters(profile: BgcProfile) -> tuple[str, ...]:
    """Return the parameters of a profile as its file lists them, pressure first."""
    return ("PRES", *(name for name in profile.parameters if name != "PRES"))


def station_modes(profile: BgcProfile) -> str:
    """Return the data modes of the parameters of a profile, in the same order."""
    pres = profile.parameters.get("PRES")
    others = [m.mode for name, m in profile.parameters.items() if name != "PRES"]
    return "".join(["R" if pres is None else pres.mode, *others])


def encode_bgc(file: BgcFile) -> bytes:
    """Return the bytes of a B-file."""
    long = max(p.station.values.shape[-1] for p in file.profiles)
    top = _head(file, _B)
    dimensions: dict[str, int | None] = {
        **WIDTHS,
        "N_PROF": len(file.profiles),
        "N_PARAM": top.most,
        "N_LEVELS": long,
        "N_CALIB": 1,
        "N_HISTORY": None,
    }
    make = Shaper(dimensions, records=2)
    levels = [_pressures(make, file), *_levels(make, file, top.all_parameters()[1:])]
    variables = [*head(make, top), *levels, *calibration(make, top), *history(make, _B)]
    return netcdf3_writer.encode(dimensions, variables, global_attributes(_B.title))


def encode_synthetic(file: BgcFile) -> bytes:
    """Return the bytes of an S-file, NetCDF classic."""
    dimensions, variables = _synthetic(file)
    return netcdf3_writer.encode(dimensions, variables, global_attributes(_S.title))


def encode_sprof(file: BgcFile) -> bytes:
    """Return the bytes of a ``_Sprof.nc`` of all cycles, NetCDF-4."""
    dimensions, variables = _synthetic(file)
    return netcdf4_writer.encode(dimensions, variables, global_attributes(_S.title))


def _synthetic(file: BgcFile) -> tuple[dict[str, int], list[NewVariable]]:
    top = _head(file, _S)
    dimensions = {
        **{name: size for name, size in WIDTHS.items() if name != "STRING16"},
        "N_PROF": len(file.profiles),
        "N_PARAM": top.most,
        "N_LEVELS": max(len(p.parameters["PRES"].raw) for p in file.profiles),
        "N_CALIB": 1,
    }
    make = Shaper(dimensions, records=0)
    levels = _levels(make, file, top.all_parameters(), displaced=True)
    return dimensions, [*head(make, top), *calibration(make, top), *levels]


def _head(file: BgcFile, layout: Layout) -> Head:
    return Head(
        layout=layout,
        wmo=file.wmo,
        data_centre=file.data_centre,
        date_creation=file.date_creation,
        date_update=file.date_update,
        stations=[profile.station for profile in file.profiles],
        parameters=[station_parameters(profile) for profile in file.profiles],
        modes=[station_modes(profile) for profile in file.profiles],
    )


def _pressures(make: Shaper, file: BgcFile) -> NewVariable:
    raw = [profile.station.values[0, 0] for profile in file.profiles]
    return _number(make, "PRES", "PRES", _padded(make, raw, np.float32(np.nan)))


def _levels(
    make: Shaper, file: BgcFile, names: Sequence[str], *, displaced: bool = False
) -> Iterator[NewVariable]:
    """Yield value, flag, displacement, adjusted value, its flag and its error of each parameter."""
    for name in names:
        found = [profile.parameters.get(name) for profile in file.profiles]
        yield _number(make, name, name, _values(make, found, "raw"))
        yield flagged(make, f"{name}_QC", _values(make, found, "raw_qc"))
        if displaced and name != "PRES":
            moved = np.where(np.isnan(_values(make, found, "raw")), np.nan, 0.0)
            yield _number(make, "PRES", f"{name}_dPRES", moved.astype(np.float32))
        if name not in INTERMEDIATE:
            yield _number(make, name, f"{name}_ADJUSTED", _values(make, found, "adjusted"))
            yield flagged(make, f"{name}_ADJUSTED_QC", _values(make, found, "adjusted_qc"))
            yield _number(make, name, f"{name}_ADJUSTED_ERROR", _values(make, found, "error"))


def _number(make: Shaper, parameter: str, name: str, values: NDArray[Any]) -> NewVariable:
    long_name, units = UNITS[parameter]
    long_name = _ERROR if name.endswith("_ERROR") else long_name
    if name.endswith("_dPRES"):
        owner = name.removesuffix("_dPRES")
        long_name = f"{owner} pressure displacement from original sampled value"
    return make.number(name, "N_PROF N_LEVELS", values, ("long_name", long_name), ("units", units))


def _values(make: Shaper, found: Sequence[Measured | None], part: str) -> NDArray[Any]:
    none = np.int8(BLANK) if part.endswith("_qc") else np.float32(np.nan)
    return _padded(make, [() if m is None else getattr(m, part) for m in found], none)


def _padded(
    make: Shaper, rows: Sequence[Sequence[float] | NDArray[np.generic]], none: np.generic
) -> NDArray[Any]:
    padded = np.full((make.size("N_PROF"), make.size("N_LEVELS")), none)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded
