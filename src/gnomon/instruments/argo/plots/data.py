"""The tables of one float as arrays, for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.instruments.argo.exports.rows import Grouped, parameters_of
from gnomon.instruments.argo.science.selection import good

_MODES = {"R": "real time", "A": "adjusted", "D": "delayed mode"}
_TITLES = {
    "pres": "Pressure",
    "temp": "Temperature",
    "psal": "Practical salinity",
    "doxy": "Dissolved oxygen",
    "chla": "Chlorophyll a",
    "nitrate": "Nitrate",
    "bbp700": "Backscatter 700",
    "bbp532": "Backscatter 532",
    "cdom": "CDOM fluorescence",
    "ph_in_situ_total": "pH (total scale)",
    "downwelling_par": "PAR",
}
_UNITS = {
    "1": "",
    "psu": "",
    "dimensionless": "",
    "decibar": "dbar",
    "degree_celsius": "°C",
    "micromole/kg": "µmol kg⁻¹",
    "mg/m3": "mg m⁻³",
    "m-1": "m⁻¹",
    "ppb": "ppb",
    "w/m^2/nm": "W m⁻² nm⁻¹",
    "micromolequanta/m^2/sec": "µmol m⁻² s⁻¹",
}
LOGARITHMIC = ("chla", "bbp", "down")
"""Beginnings of the parameters that span powers of ten."""


@dataclass(frozen=True)
class FloatData:
    """The levels and profiles of one float.

    Attributes
    ----------
    levels : pyarrow.Table
        Of `argo.analysis`.
    profiles : pyarrow.Table
        Of `argo.profiles`.
    record : mapping
        The object of `argo.float`; empty where there is none.
    """

    levels: pa.Table
    profiles: pa.Table
    record: dict[str, Any]

    @classmethod
    def of(
        cls, levels: pa.Table, profiles: pa.Table, record: dict[str, Any] | None = None
    ) -> FloatData:
        """Bring the products of one float together."""
        grouped = Grouped.of(levels, profiles)
        return cls(grouped.levels, grouped.profiles, record or {})

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """Where the levels of each profile start, and where the last end; (profile + 1,)."""
        return Grouped(self.levels, self.profiles).bounds

    @property
    def wmo(self) -> int:
        """WMO number."""
        return int(self.profiles["platform_number"][0].as_py())

    def rows(self, profile: int) -> slice:
        """Return the levels of a profile."""
        return slice(int(self.bounds[profile]), int(self.bounds[profile + 1]))

    def of_profiles(self, name: str) -> NDArray[Any]:
        """Return a column of the profiles; NaN where null."""
        return np.asarray(self.profiles[name].to_numpy())

    @cached_property
    def time(self) -> NDArray[np.datetime64]:
        """(profile,) datetime64 in UTC; NaT where there is none."""
        naive = self.profiles["juld"].cast(pa.timestamp("us"))
        return np.asarray(naive.to_numpy(), "datetime64[us]")

    @cached_property
    def primary(self) -> NDArray[np.bool_]:
        """Which profiles are the primary, ascending ones; all where none is; (profile,) bool."""
        first = self.of_profiles("n_prof") == 0
        rising = self.of_profiles("direction").astype(str) == "A"
        return first & rising if (first & rising).any() else np.ones(len(first), np.bool_)

    @cached_property
    def parameters(self) -> list[str]:
        """The parameters that have a value anywhere, without pressure, in the table's order."""
        names = [name for name in parameters_of(self.levels) if name != "pres"]
        return [name for name in names if self.levels[name].null_count < self.levels.num_rows]

    def casts(self, values: NDArray[np.float64]) -> list[tuple[int, NDArray[np.int64]]]:
        """Return the cycles on the way up that have `values`: a profile, and the levels of all.

        The samplings of a cycle are put together, since sensors are read by schemes of their own;
        a sampling without any value adds no levels. Where nothing was measured on the way up, it
        is the cycles on the way down.
        """
        measured = np.isfinite(values)
        sums = np.concatenate([[0], np.cumsum(measured)])
        has = np.flatnonzero(sums[self.bounds[1:]] > sums[self.bounds[:-1]])
        rising = self.of_profiles("direction")[has].astype(str) == "A"
        has = has[rising] if rising.any() else has
        cycles = self.of_profiles("cycle_number")[has]
        groups = np.split(has, np.flatnonzero(np.diff(cycles)) + 1) if len(has) else []
        return [
            (int(g[0]), np.concatenate([np.arange(*self.bounds[p : p + 2]) for p in g]))
            for g in groups
        ]

    def values(self, name: str, *, only_good: bool = False) -> NDArray[np.float64]:
        """Return chosen values, or a derived column; (level,), NaN where there is none."""
        values = np.array(self.levels[name].to_numpy(), np.float64)
        if only_good and f"{name}_qc" in self.levels.column_names:
            values[~good(self.flags(name))] = np.nan
        return values

    def flags(self, name: str) -> NDArray[np.int8]:
        """Return the flags of a parameter's chosen values; (level,) int8, -1 where blank."""
        return np.asarray(self.levels[f"{name}_qc"].fill_null(-1).to_numpy(), np.int8)

    def label(self, name: str) -> str:
        """Return what an axis says: name and unit."""
        unit = self.unit(name)
        return f"{title_of(name)} [{unit}]" if unit else title_of(name)

    def unit(self, name: str) -> str:
        """Return the unit as people write it; empty for a number without one."""
        if name == "psal":
            return "PSS-78"  # a practical salinity has no unit, but a scale
        metadata: dict[bytes, bytes] = self.levels.schema.field(name).metadata or {}
        said = metadata.get(b"units", b"").decode()
        return _UNITS.get(said.lower(), said)

    def mode(self, profile: int, name: str) -> str:
        """Return the data mode of a parameter in a profile, in words; empty where unknown."""
        rows = self.rows(profile)
        if rows.start == rows.stop:
            return ""
        return _MODES.get(self.levels[f"{name}_mode"][rows.start].as_py() or "", "")


def title_of(name: str) -> str:
    """Return a parameter's name for people."""
    if name.startswith("down_irradiance"):
        return f"Irradiance {name.removeprefix('down_irradiance')} nm"
    return _TITLES.get(name, name.upper())


def instant(time: np.datetime64, unit: Literal["D", "m"] = "m") -> str:
    """Return a time as people read it, UTC."""
    if np.isnat(time):
        return "time unknown"
    text = str(np.datetime_as_string(time, unit=unit)).replace("T", " ")
    return f"{text} UTC" if len(text) > len("2020-01-01") else text


def place(latitude: float, longitude: float) -> str:
    """Return a position as people read it."""
    if np.isnan(latitude) or np.isnan(longitude):
        return "position unknown"
    east = (longitude + 180) % 360 - 180
    ns, ew = "N" if latitude >= 0 else "S", "E" if east >= 0 else "W"
    return f"{abs(latitude):.3f}° {ns}, {abs(east):.3f}° {ew}"
