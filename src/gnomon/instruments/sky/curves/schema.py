"""One schema for the light curves of all surveys.

A row is one measurement of one object in one band. Times are the archive's own numbers, so that
nothing is rounded: days since `time_origin_jd`, in a named scale, at a named place.

Column          Type     What it is
survey          text     ``ztf``, ``tess``, ``tesscut``, ``ztf-alerts``, ``lsst-alerts``
object          text     the survey's name for it
band            text     ``g``, ``r``, ``i``, ``TESS``, ...
time            float64  days since `time_origin_jd`
time_origin_jd  float64  Julian date
time_scale      text     ``UTC``, ``TDB`` or ``TAI``
time_place      text     ``TOPOCENTER``, ``HELIOCENTER`` or ``BARYCENTER`` (FITS TREFPOS)
value           float64  in `unit`: magnitude or flux
error           float64  in `unit`, one standard deviation; NaN where it is not known
unit            text     ``mag``, ``e-/s``, ``nJy``, ``Jy``; ``1`` where it is relative
quality         int64    the survey's own flags, 0 where there is nothing to say against it;
                         `UNREADABLE` where the archive's flags could not be read
is_limit        bool     nothing was seen: `value` is the limit
ra_deg, dec_deg float64  ICRS
release         text     of the archive's data
conflict        bool     the archive gave different values for this object, band and time
answer          int32    the place of the archive's answer in the list of `answers_of`

Further columns of one survey follow (``hjd``, ``sap_flux``, ...). Parts, of one answer each, have
no `conflict` and no `answer` yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from gnomon.core.dataset import Input
from gnomon.errors import BadData
from gnomon.instruments.sky.kinds import ANSWERED

UNREADABLE = -1
"""A quality of which every bit is set: it fails every mask."""
MJD_ORIGIN_JD = 2_400_000.5
BTJD_ORIGIN_JD = 2_457_000.0

_PART_FIELDS = (
    ("survey", pa.string()),
    ("object", pa.string()),
    ("band", pa.string()),
    ("time", pa.float64()),
    ("time_origin_jd", pa.float64()),
    ("time_scale", pa.string()),
    ("time_place", pa.string()),
    ("value", pa.float64()),
    ("error", pa.float64()),
    ("unit", pa.string()),
    ("quality", pa.int64()),
    ("is_limit", pa.bool_()),
    ("ra_deg", pa.float64()),
    ("dec_deg", pa.float64()),
    ("release", pa.string()),
)
PART_SCHEMA = pa.schema(_PART_FIELDS)
SCHEMA = pa.schema([*_PART_FIELDS, ("conflict", pa.bool_()), ("answer", pa.int32())])

_ANSWERS = b"gnomon.answers"


@dataclass(frozen=True, slots=True)
class TimeSystem:
    """What a time is counted from, in which scale, and where.

    Attributes
    ----------
    origin_jd : float
        The Julian date of time 0, in the same scale.
    scale : str
        ``UTC``, ``TDB`` or ``TAI``.
    place : str
        ``TOPOCENTER``, ``HELIOCENTER`` or ``BARYCENTER``.
    """

    origin_jd: float
    scale: str
    place: str


MJD_UTC = TimeSystem(MJD_ORIGIN_JD, "UTC", "TOPOCENTER")
"""ZTF's ``mjd``."""
MJD_TAI = TimeSystem(MJD_ORIGIN_JD, "TAI", "TOPOCENTER")
"""LSST's ``midpointMjdTai``."""
JD_UTC = TimeSystem(0.0, "UTC", "TOPOCENTER")
"""The ``jd`` of ZTF's alerts."""
BTJD = TimeSystem(BTJD_ORIGIN_JD, "TDB", "BARYCENTER")
"""TIME of TESS light curves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where rows come from: one answer of an archive.

    Attributes
    ----------
    url : str
        Without the question.
    parameters : str
        The question, as JSON or as the archive's query text.
    release : str
        Of the archive's data.
    retrieved : str
        When, ISO 8601, UTC.
    sha256 : str
        Of the answer's bytes.
    """

    url: str = ""
    parameters: str = ""
    release: str = ""
    retrieved: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, dataset: Input) -> Answer:
        """Return what the tags of an archive's answer say."""
        said = {name: dataset.tags.get(name, "") for name in ANSWERED}
        return cls(**said, sha256=dataset.sha256)


def part_table(
    columns: Mapping[str, Any],
    *,
    survey: str,
    time: TimeSystem,
    unit: str,
    answer: Answer,
) -> pa.Table:
    """Return the rows of one answer as a table of `PART_SCHEMA`.

    Parameters
    ----------
    columns : mapping of str to array
        At least object, band, time and value, each of shape (n,). Others of the schema have
        defaults: error NaN, quality 0, is_limit false, positions NaN. Those that the schema does
        not know stay, behind its own.
    time : TimeSystem
        Of all rows.

    Raises
    ------
    BadData
        Columns differ in length, or do not fit their type.
    """
    n_rows = len(columns["object"])
    constant = {
        "survey": survey,
        "time_origin_jd": time.origin_jd,
        "time_scale": time.scale,
        "time_place": time.place,
        "unit": unit,
        "release": answer.release,
        "error": float("nan"),
        "quality": 0,
        "is_limit": False,
        "ra_deg": float("nan"),
        "dec_deg": float("nan"),
    }
    arrays: dict[str, Any] = {}
    try:
        for field in PART_SCHEMA:
            if field.name in columns:
                arrays[field.name] = pa.array(columns[field.name], field.type)
            else:
                arrays[field.name] = pa.repeat(pa.scalar(constant[field.name], field.type), n_rows)
        arrays |= {n: pa.array(v) for n, v in columns.items() if n not in arrays}
        table = pa.table(arrays)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadData(f"rows of {survey} fit no light curve: {error}") from None
    return with_answers(table, [answer])


def typed(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    """Return a table whose columns have the types of a schema, where it knows them.

    Raises
    ------
    BadData
        A column does not fit; the message begins with `name`.
    """
    known = {field.name: field.type for field in schema}
    wanted = [field.with_type(known.get(field.name, field.type)) for field in table.schema]
    try:
        return table.cast(pa.schema(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadData(f"{name}: {error}") from None


def with_answers(table: pa.Table, answers: Sequence[Answer]) -> pa.Table:
    """Return a table whose metadata names where its rows come from; other metadata stays."""
    text = json.dumps([asdict(answer) for answer in answers], sort_keys=True)
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _ANSWERS: text.encode()})


def answers_of(schema: pa.Schema) -> list[Answer]:
    """Return where the rows of a table come from; none for a table that does not say."""
    text = (schema.metadata or {}).get(_ANSWERS, b"[]")
    return [Answer(**one) for one in json.loads(text)]
