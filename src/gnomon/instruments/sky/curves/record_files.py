"""Reads the guide's ``record_*.json``: a detection of ZTF each, or a light curve of TESS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from pydantic import ValidationError

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.exports.records import Record, TESSRecord, ZTFRecord
from gnomon.instruments.sky.irsa.parts import BAND_OF

R = TypeVar("R", bound=Record)


def read_record(path: Path, *kinds: type[R]) -> R:
    """Return a record as the first of some kinds that it is.

    Raises
    ------
    BadData
        It is none of them; the message says why not.
    """
    said = []
    text = path.read_bytes()
    for kind in kinds:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, e['loc']))} {e['msg']}" for e in error.errors())
            said.append(f"no {kind.__name__}: {', '.join(wrong)}")
    raise BadData(f"{path.name}: {'; '.join(said)}")


def is_observation(path: Path) -> bool:
    """Tell whether a file means to be a record of MAST."""
    return "observation_id" in (read_record(path, Record).model_extra or {})


def read_records(paths: Sequence[Path]) -> pa.Table:
    """Return the rows of records as light curves, of `PART_SCHEMA`.

    Raises
    ------
    BadData
        A file is no record of ZTF or TESS.
    """
    records = [read_record(path, TESSRecord, ZTFRecord) for path in paths]
    tables = [_tess(one) for one in records if isinstance(one, TESSRecord)]
    if detections := [one for one in records if isinstance(one, ZTFRecord)]:
        tables.append(_ztf(detections))
    return pa.concat_tables(tables, promote_options="default")


def _ztf(records: Sequence[ZTFRecord]) -> pa.Table:
    further = [one.model_extra or {} for one in records]
    columns = {
        "object": [one.object_id for one in records],
        "band": [BAND_OF.get(one.filter, one.filter) for one in records],
        "time": [one.mjd for one in records],
        "value": [one.mag_psf for one in records],
        "error": [one.get("magerr") for one in further],
        "quality": [one.get("catflags") or 0 for one in further],
        "ra_deg": [one.ra for one in records],
        "dec_deg": [one.dec for one in records],
        "conflict": [one.get("conflict") is True for one in further],
    }
    return part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())


def _tess(record: TESSRecord) -> pa.Table:
    further = record.model_extra or {}
    # Without points the object stays.
    n = max(len(record.time), 1)
    columns = {
        "object": [record.tic_id] * n,
        "band": ["TESS"] * n,
        "time": record.time or [None],
        "value": record.flux or [None] * n,
        "quality": further.get("quality") or [0] * n,
        "sector": pa.array([record.sector] * n, pa.int64()),
        "cadence": pa.array([record.cadence] * n, pa.string()),
    }
    unit = str(further.get("unit") or "e-/s")
    return part_table(columns, survey="tess", time=BTJD, unit=unit, answer=Answer())
