"""What the profiles of one float tell of it: when and where it was, and what it saw last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.science.selection import GOOD_FLAGS
from gnomon.instruments.argo.tables.columns import PROFILE_KEY, usable

_KEY = [column.name for column in PROFILE_KEY]
_SEEN = ("pres", "temp", "psal")


@dataclass(frozen=True, slots=True)
class History:
    """The past of one float; None where its profiles do not tell.

    Attributes
    ----------
    parameters : tuple of str
        What its profiles hold, by Argo's names.
    first_time, last_time : datetime, optional
        Of the first and the last profile whose time is not flagged bad, UTC.
    last_cycle : int, optional
        Cycle of the last profile in time; where no profile has a time, the highest.
    last_latitude, last_longitude : float, optional
        Of the last profile whose position is not flagged bad.
    last_temp, last_salinity, last_depth_m : float, optional
        The shallowest good values of the last profile in time, and the depth of `last_temp`.
    max_pressure : float, optional
        The greatest good pressure, dbar.
    """

    n_profiles: int = 0
    parameters: tuple[str, ...] = ()
    first_time: datetime | None = None
    last_time: datetime | None = None
    last_cycle: int | None = None
    last_latitude: float | None = None
    last_longitude: float | None = None
    last_temp: float | None = None
    last_salinity: float | None = None
    last_depth_m: float | None = None
    max_pressure: float | None = None

    @classmethod
    def read(cls, profiles: Path | None, analysis: Path | None) -> History:
        """Read it from the tables of profiles and of the analysis; either may be missing.

        Raises
        ------
        BadData
            A file is no Parquet of these.
        """
        if profiles is None:
            return cls()
        told = _read(profiles, [*_KEY, "juld", "juld_qc", "latitude", "longitude", "position_qc"])
        # In time, and of samplings at one time the primary one last.
        order = [("juld", "ascending"), ("cycle_number", "ascending"), ("n_prof", "descending")]
        told = told.sort_by(order)
        timed = told.filter(pc.and_(told["juld"].is_valid(), usable(told["juld_qc"])))
        placed = timed.filter(pc.and_(timed["latitude"].is_valid(), usable(timed["position_qc"])))
        times = timed["juld"].to_pylist()
        last = timed.slice(timed.num_rows - 1).to_pylist()
        place = placed.slice(max(placed.num_rows - 1, 0), 1).to_pylist()
        seen = _Seen.none() if analysis is None else _Seen.read(analysis, last)
        return cls(
            n_profiles=told.num_rows,
            parameters=seen.parameters,
            first_time=times[0] if times else None,
            last_time=times[-1] if times else None,
            last_cycle=last[0]["cycle_number"] if last else pc.max(told["cycle_number"]).as_py(),
            last_latitude=place[0]["latitude"] if place else None,
            last_longitude=place[0]["longitude"] if place else None,
            last_temp=seen.temp,
            last_salinity=seen.salinity,
            last_depth_m=seen.depth_m,
            max_pressure=seen.max_pressure,
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the levels tell."""

    parameters: tuple[str, ...]
    temp: float | None
    salinity: float | None
    depth_m: float | None
    max_pressure: float | None

    @classmethod
    def none(cls) -> _Seen:
        return cls((), None, None, None, None)

    @classmethod
    def read(cls, path: Path, last: list[dict[str, object]]) -> _Seen:
        flags = [f"{name}_qc" for name in _SEEN]
        table = _read(path, [*_KEY, *_SEEN, *flags, "depth_m"])
        pres = _usable(table, "pres")
        own = np.zeros(table.num_rows, np.bool_)
        if last:
            own[:] = True
            for name in _KEY:
                own &= pc.equal(table[name], last[0][name]).to_numpy()
        temp, depth_at = _shallowest(table, "temp", pres, own)
        return cls(
            parameters=_parameters(path),
            temp=temp,
            salinity=_shallowest(table, "psal", pres, own)[0],
            depth_m=None if depth_at is None else table["depth_m"][depth_at].as_py(),
            max_pressure=None if np.isnan(pres).all() else float(np.nanmax(pres)),
        )


def _shallowest(
    table: pa.Table, name: str, pres: NDArray[np.float64], own: NDArray[np.bool_]
) -> tuple[float | None, int | None]:
    """Return the shallowest good value of the last profile, and its row."""
    values = _usable(table, name)
    rows = np.flatnonzero(own & ~np.isnan(values) & ~np.isnan(pres))
    if not len(rows):
        return None, None
    at = int(rows[np.argmin(pres[rows])])
    return table[name][at].as_py(), at


def _usable(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return the good values of a parameter, NaN elsewhere, (level,)."""
    fine = pc.is_in(table[f"{name}_qc"], pa.array(GOOD_FLAGS, pa.int8()))
    found = pc.if_else(fine, table[name], None).to_numpy()
    return np.asarray(found, np.float64)


def _parameters(path: Path) -> tuple[str, ...]:
    """Name the parameters of an analysis: those that have a mode in some profile."""
    schema = pq.read_schema(path)
    modes = [name for name in schema.names if name.endswith("_mode")]
    table = pq.read_table(path, columns=modes)
    held = (name for name in modes if table[name].null_count < table.num_rows)
    return tuple(sorted(name.removesuffix("_mode").upper() for name in held))


def _read(path: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None
