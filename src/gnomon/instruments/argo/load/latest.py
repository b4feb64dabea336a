"""The latest profile of a float, as the hot layer keeps it; from a dataset, or from SQL.

Both ways give the same values: the latest primary sampling that has levels, by time where that is
good, else by cycle; its shallowest and deepest good values; and the last good position, which may
be older.
"""

# ruff: noqa: S608  (names come from `load.schema`, numbers are formatted as such)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.load.database import Database
from gnomon.instruments.argo.science.selection import GOOD_FLAGS, UNUSABLE_FLAGS, good
from gnomon.instruments.argo.tables.floats import FloatRecord

_ABOUT = (
    *("cycle_number", "direction", "n_prof", "juld", "juld_qc"),
    *("latitude", "longitude", "position_qc", "pres_mode"),
)
_MEASURED = ("level", "pres", "pres_qc", "depth_m", "temp", "temp_qc", "psal", "psal_qc")
_NAMES = {"temp": "temperature", "psal": "salinity"}
FLOAT_FIELDS = ("float_type", "platform_type", "project_name", "dac")
PROFILE_FIELDS = (
    *("cycle_number", "direction", "data_mode", "profile_time"),
    *("latitude", "longitude", "position_time"),
    *(
        f"{where}_{what}{unit}"
        for where in ("shallow", "deep")
        for what in _NAMES.values()
        for unit in ("", "_dbar", "_m")
    ),
)


@dataclass(frozen=True)
class Latest:
    """What the hot layer shows of a float.

    Attributes
    ----------
    fields : mapping of str to str
        Of `PROFILE_FIELDS`, those that are known.
    position : tuple of float, optional
        Longitude and latitude, degrees east (-180 to 180) and north.
    time_s : float, optional
        Of the profile, seconds since 1970 UTC.
    """

    fields: Mapping[str, str]
    position: tuple[float, float] | None
    time_s: float | None


# -- from datasets


def latest_of(path: Path) -> Latest:
    """Return the latest profile of an ``argo.analysis`` file; an empty one where it has none."""
    try:
        table = pq.read_table(path, columns=[*_ABOUT, *_MEASURED])
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None
    table = table.filter(pc.is_valid(table["pres_mode"]))
    keys, levels = table.select(list(_ABOUT)), table.select(list(_MEASURED))
    if not keys.num_rows:
        return Latest({}, None, None)
    starts = _starts(keys)
    profiles = keys.take(pa.array(starts)).to_pylist()
    for profile in profiles:
        profile["time_ms"] = _millis(profile["juld"])
    chosen = max(range(len(profiles)), key=lambda index: _rank(profiles[index]))
    located = max(filter(_has_position, profiles), key=_rank, default=None)
    stops = [*starts[1:].tolist(), keys.num_rows]
    own = levels.slice(starts[chosen], stops[chosen] - starts[chosen])
    columns = {name: own[name].to_numpy() for name in own.column_names}
    return _latest(profiles[chosen], located, columns)


def float_fields(path: Path) -> dict[str, str]:
    """Return what an ``argo.float`` file says, of `FLOAT_FIELDS` those that are known."""
    record = FloatRecord.read(path).model_dump(include=set(FLOAT_FIELDS))
    return {name: str(record[name]) for name in FLOAT_FIELDS if record[name] is not None}


def _starts(keys: pa.Table) -> NDArray[np.intp]:
    """Return the first row of each profile."""
    changes = np.zeros(keys.num_rows, np.bool_)
    changes[0] = True
    for name in ("cycle_number", "direction", "n_prof"):
        values = np.asarray(keys[name])
        changes[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(changes)


def _millis(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)


# -- from SQL

_RANK = f"""row_number() OVER (PARTITION BY wmo ORDER BY
    CASE WHEN n_prof = 0 THEN 0 ELSE 1 END,
    CASE WHEN juld IS NOT NULL AND coalesce(juld_qc, 0) NOT IN {UNUSABLE_FLAGS} THEN 0 ELSE 1 END,
    CASE WHEN coalesce(juld_qc, 0) NOT IN {UNUSABLE_FLAGS} THEN juld END DESC,
    cycle_number DESC, direction, n_prof)"""
_HAS_LEVELS = """EXISTS (
    SELECT 1 FROM argo_level AS l WHERE l.profile_id = p.profile_id AND l.pres_mode IS NOT NULL)"""
_HAS_POSITION = f"""latitude IS NOT NULL AND longitude IS NOT NULL
    AND coalesce(position_qc, 0) NOT IN {UNUSABLE_FLAGS}"""
_PROFILES = """
SELECT wmo, profile_id, cycle_number, direction, n_prof, {millis}, juld_qc,
    latitude, longitude, position_qc, data_mode
FROM (SELECT p.*, {rank} AS place FROM argo_profile AS p WHERE {where}) AS ranked WHERE place = 1"""
_GOOD = (
    f"pres_qc IN {GOOD_FLAGS} AND pres IS NOT NULL"
    f" AND {{0}}_qc IN {GOOD_FLAGS} AND {{0}} IS NOT NULL"
)
_ENDS = """
WITH ends AS (
    SELECT profile_id,
        min(pres) FILTER (WHERE {temp}) AS a, max(pres) FILTER (WHERE {temp}) AS b,
        min(pres) FILTER (WHERE {psal}) AS c, max(pres) FILTER (WHERE {psal}) AS d
    FROM argo_level WHERE profile_id IN (
        SELECT profile_id FROM (
            SELECT p.*, {rank} AS place FROM argo_profile AS p WHERE {where}
        ) AS ranked WHERE place = 1)
    GROUP BY profile_id)
SELECT l.profile_id, {names} FROM argo_level AS l JOIN ends ON l.profile_id = ends.profile_id
WHERE l.pres IN (ends.a, ends.b, ends.c, ends.d) ORDER BY l.profile_id, l.level"""
_FLOATS = f"SELECT wmo, {', '.join(FLOAT_FIELDS)} FROM argo_float"


def latest_in(database: Database) -> Iterator[tuple[int, Latest, dict[str, str]]]:
    """Return (wmo, latest profile, fields of the float) of all that a database holds."""
    with database.sessions.kept():
        chosen = _profiles_in(database, _HAS_LEVELS)
        located = _profiles_in(database, f"{_HAS_LEVELS} AND {_HAS_POSITION}")
        levels = _levels_in(database)
        about = _floats_in(database)
    for wmo, profile in chosen.items():
        rows = np.array(levels.get(profile["profile_id"], []), np.float64).reshape(
            -1, len(_MEASURED)
        )
        columns = {name: rows[:, index] for index, name in enumerate(_MEASURED)}
        yield wmo, _latest(profile, located.get(wmo), columns), about.get(wmo, {})


def _profiles_in(database: Database, where: str) -> dict[int, dict[str, Any]]:
    query = _PROFILES.format(millis=database.millis.format("juld"), rank=_RANK, where=where)
    names = ("wmo", "profile_id", *_ABOUT[:3], "time_ms", *_ABOUT[4:])
    return {row[0]: dict(zip(names, row, strict=True)) for row in database.rows(query)}


def _levels_in(database: Database) -> dict[int, list[Sequence[float]]]:
    names = ", ".join(f"l.{name}" for name in _MEASURED)
    conditions = {name: _GOOD.format(name) for name in _NAMES}
    query = _ENDS.format(**conditions, rank=_RANK, where=_HAS_LEVELS, names=names)
    found: dict[int, list[Sequence[float]]] = {}
    for number, *values in database.rows(query):
        found.setdefault(number, []).append(values)
    return found


def _floats_in(database: Database) -> dict[int, dict[str, str]]:
    return {
        wmo: {name: value for name, value in zip(FLOAT_FIELDS, values, strict=True) if value}
        for wmo, *values in database.rows(_FLOATS)
    }


# -- what both have in common


def _is_good_time(profile: Mapping[str, Any]) -> bool:
    return profile["time_ms"] is not None and profile["juld_qc"] not in UNUSABLE_FLAGS


def _has_position(profile: Mapping[str, Any]) -> bool:
    known = profile["latitude"] is not None and profile["longitude"] is not None
    return known and profile["position_qc"] not in UNUSABLE_FLAGS


def _rank(profile: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what orders profiles; the greatest is the latest."""
    timed = _is_good_time(profile)
    return (
        profile["n_prof"] == 0,
        timed,
        profile["time_ms"] if timed else 0,
        profile["cycle_number"],
        profile["direction"] == "A",
        -profile["n_prof"],
    )


def _latest(
    profile: Mapping[str, Any],
    located: Mapping[str, Any] | None,
    levels: Mapping[str, NDArray[Any]],
) -> Latest:
    fields = {
        "cycle_number": profile["cycle_number"],
        "direction": profile["direction"],
        "data_mode": profile["pres_mode"],
        "profile_time": _iso(profile),
        **_ends(levels),
    }
    position = None
    if located is not None:
        longitude = (located["longitude"] + 180.0) % 360.0 - 180.0
        position = (longitude, located["latitude"])
        fields |= {
            "latitude": located["latitude"],
            "longitude": longitude,
            "position_time": _iso(located),
        }
    time_s = profile["time_ms"] / 1000 if _is_good_time(profile) else None
    texts = {name: str(value) for name, value in fields.items() if value is not None}
    return Latest(texts, position, time_s)


def _iso(profile: Mapping[str, Any]) -> str | None:
    if not _is_good_time(profile):
        return None
    time = datetime.fromtimestamp(profile["time_ms"] / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ends(levels: Mapping[str, NDArray[Any]]) -> dict[str, np.float32 | None]:
    """Return the shallowest and the deepest good values, and where they are."""
    pressure = levels["pres"].astype(np.float32)
    fields: dict[str, np.float32 | None] = {}
    for column, name in _NAMES.items():
        values = levels[column].astype(np.float32)
        held = _good(levels["pres_qc"]) & _good(levels[f"{column}_qc"])
        rows = np.flatnonzero(held & ~np.isnan(pressure) & ~np.isnan(values))
        if not len(rows):
            continue
        depth = levels["depth_m"].astype(np.float32)
        order = rows[np.lexsort((levels["level"][rows], pressure[rows]))]
        for where, row in (("shallow", order[0]), ("deep", order[-1])):
            fields[f"{where}_{name}"] = values[row]
            fields[f"{where}_{name}_dbar"] = pressure[row]
            fields[f"{where}_{name}_m"] = None if np.isnan(depth[row]) else depth[row]
    return fields


def _good(flags: NDArray[Any]) -> NDArray[np.bool_]:
    return good(np.nan_to_num(flags.astype(np.float64), nan=-1.0).astype(np.int8))
