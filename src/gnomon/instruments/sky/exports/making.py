"""Tables become the guide's records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import MJD_ORIGIN_JD, PART_SCHEMA, Answer, answers_of
from gnomon.instruments.sky.exports.records import (
    MASTRecord,
    Record,
    TESSRecord,
    ZTFRecord,
    cadence_name,
)

R = TypeVar("R", bound=Record)

_ROWS_AT_ONCE = 8_192
_DATA_URI = re.compile(r"mast:[^\s&\"']+")
_OBSERVATION = {
    "observation_id": ("obs_id", "observation_id"),
    "instrument": ("instrument_name", "instrument"),
    "target": ("target_name", "target"),
    "exposure_time": ("t_exptime", "exposure_time"),
}


def ztf_records(table: pa.Table) -> Iterator[ZTFRecord]:
    """Yield a record for each measurement of ZTF.

    Parameters
    ----------
    table : pyarrow.Table
        Of `SCHEMA`, in magnitudes, times in UTC. Error, flags, release and further columns follow
        under the names that IRSA gives them.

    Raises
    ------
    BadData
        The table is of something else, or lacks a position.
    """
    _check(table, "unit", "mag")
    _check(table, "time_scale", "UTC")
    answers = answers_of(table.schema)
    for row in _rows(table):
        limit = row["is_limit"]
        mjd = row["time"] + (row["time_origin_jd"] - MJD_ORIGIN_JD)
        more = {
            "magerr": row["error"],
            "catflags": row["quality"],
            "release": row["release"],
            "conflict": row.get("conflict"),
            "retrieved": answers[row.get("answer") or 0].retrieved if answers else None,
        }
        yield _made(
            ZTFRecord,
            {
                "object_id": row["object"],
                "ra": row["ra_deg"],
                "dec": row["dec_deg"],
                "mjd": mjd,
                "mag_psf": None if limit else row["value"],
                "filter": row["band"],
                **more,
                **({"diffmaglim": row["value"]} if limit else {}),
                **_further(row),
            },
        )


def tess_records(table: pa.Table, *, max_points: int | None = None) -> Iterator[TESSRecord]:
    """Yield a record for each star and answer, which is each file of TESS.

    Parameters
    ----------
    table : pyarrow.Table
        Of `SCHEMA`, with `sector` and `cadence_s`. Cadences without a flux are left out.
    max_points : int, optional
        Cadences at most; every second one where there are up to twice as many, and so on.

    Raises
    ------
    BadData
        The table is of something else.
    """
    if absent := {"sector", "cadence_s", "answer"} - set(table.column_names):
        raise BadData(f"no light curves of TESS: no column {sorted(absent)}")
    for rows in _curves(table):
        yield _tess(rows, max_points)


def mast_records(table: pa.Table) -> Iterator[MASTRecord]:
    """Yield a record for each row of MAST; all of its columns follow under their own names.

    Raises
    ------
    BadData
        A row has no ``obs_id``.
    """
    names = {
        key: next((name for name in usual if name in table.column_names), "")
        for key, usual in _OBSERVATION.items()
    }
    for row in _rows(table):
        found = {key: row[name] for key, name in names.items() if name and row[name] is not None}
        if "observation_id" not in found:
            raise BadData("an observation has no obs_id")
        ends = [row.get("em_min"), row.get("em_max")]
        known = all(isinstance(end, float) and np.isfinite(end) for end in ends)
        further = {name: value for name, value in row.items() if name not in found}
        yield _made(MASTRecord, {**further, **found, "spectral_range": ends if known else ()})


def _tess(rows: pa.Table, max_points: int | None) -> TESSRecord:
    time, flux = (rows[name].to_numpy() for name in ("time", "value"))
    good = np.flatnonzero(np.isfinite(time) & np.isfinite(flux))
    every = max(1, -(-good.size // max_points)) if max_points else 1
    taken = good[::every]
    one = rows.slice(0, 1).to_pylist()[0]
    answer = _answer(rows, one["answer"])
    uri = _DATA_URI.search(unquote(f"{answer.url} {answer.parameters}"))
    return _made(
        TESSRecord,
        {
            "tic_id": one["object"].replace(" ", ""),
            "sector": one["sector"],
            "cadence": cadence_name(one["cadence_s"]) or "",
            "time": time[taken].tolist(),
            "flux": flux[taken].tolist(),
            "quality": rows["quality"].to_numpy()[taken].tolist(),
            **{name: one[name] for name in ("time_origin_jd", "time_scale", "time_place", "unit")},
            **{name: one[name] for name in ("ra_deg", "dec_deg", "release", "cadence_s")},
            "n_cadences": good.size,
            "retrieved": answer.retrieved,
            "mast_data_uri": uri.group() if uri else None,
        },
    )


def _curves(table: pa.Table) -> Iterator[pa.Table]:
    """Yield the rows of each star and answer, by time."""
    order = ["answer", "object", "time"]
    table = table.sort_by([(name, "ascending") for name in order]).combine_chunks()
    if not table.num_rows:
        return
    answer = table["answer"].to_numpy()
    star = np.asarray(table["object"].combine_chunks().dictionary_encode().indices)
    starts = np.flatnonzero((np.diff(answer, prepend=-1) != 0) | (np.diff(star, prepend=-1) != 0))
    for start, size in zip(starts, np.diff(starts, append=table.num_rows), strict=True):
        yield table.slice(start, size)


def _answer(table: pa.Table, number: int) -> Answer:
    found = answers_of(table.schema)
    return found[number] if number < len(found) else Answer()


def _made(record: type[R], values: Mapping[str, object]) -> R:
    try:
        return record.model_validate(values)
    except ValidationError as error:
        said = "; ".join(f"{one['loc']}: {one['msg']}" for one in error.errors())
        raise BadData(f"no {record.__name__}: {said}") from None


def _check(table: pa.Table, name: str, wanted: str) -> None:
    if absent := set(PART_SCHEMA.names) - set(table.column_names):
        raise BadData(f"no light curves: no column {sorted(absent)}")
    if found := set(table[name].unique().to_pylist()) - {wanted}:
        raise BadData(f"records of ZTF have {name} {wanted}, not {', '.join(sorted(found))}")


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        yield from batch.to_pylist()


def _further(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {*PART_SCHEMA.names, "conflict", "answer"}
    return {name: value for name, value in row.items() if name not in known}
