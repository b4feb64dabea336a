"""A TAP service on loopback: enough ADQL for questions about ZTF's object tables."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, quote

import numpy as np

from gnomon.instruments.sky.simulate.stars import separation_deg
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer

if TYPE_CHECKING:
    from gnomon.instruments.sky.simulate.ztf_objects import Survey

Row = Mapping[str, Any]

OBJECT_COLUMNS = {
    "oid": "long",
    "ra": "double",
    "dec": "double",
    "field": "int",
    "ccdid": "int",
    "qid": "int",
    "fid": "int",
    "filtercode": "char",
    "nobs": "int",
    "ngoodobs": "int",
    "ngoodobsrel": "int",
    "minmag": "float",
    "maxmag": "float",
    "medianmag": "float",
    "meanmag": "float",
    "magrms": "float",
    "refmag": "float",
    "chisq": "float",
}
"""The real table has 70 columns."""
_QUERY = re.compile(
    r"select\s+(?:top\s+(?P<top>\d+)\s+)?(?P<columns>.+?)\s+from\s+(?P<table>[\w.]+)"
    r"(?:\s+where\s+(?P<where>.+?))?(?:\s+order\s+by\s+(?P<order>\w+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONE = re.compile(
    r"contains\(\s*point\('\w+',\s*ra,\s*dec\),\s*"
    r"circle\('\w+',\s*([^,]+),\s*([^,]+),\s*([^)]+)\)\s*\)\s*=\s*1",
    re.IGNORECASE,
)
_COMPARISON = re.compile(r"(\w+)\s*(>=|<=|=|>|<|like|in)\s*(.+)", re.IGNORECASE | re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


class _Wrong(Exception):
    """A query that the service cannot answer."""


class Holdings(Protocol):
    """What an archive has."""

    @property
    def releases(self) -> tuple[str, ...]:
        """Their names, oldest first."""

    @property
    def survey(self) -> Survey:
        """All objects."""


@dataclass
class Tap:
    """The service; a route for its root, with ``/sync`` and ``/async`` below.

    Attributes
    ----------
    polls : int
        How often a job says that it is still executing.
    most_rows : int, optional
        The service gives no more rows of objects, and does not say so in CSV.
    """

    holdings: Holdings
    polls: int = 0
    most_rows: int | None = None
    _jobs: dict[str, tuple[Answer, int]] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def __call__(self, request: Request) -> Answer:
        """Answer by GET and by POST."""
        *_, way = request.path.rstrip("/").split("/TAP", 1)
        text = request.body.decode() if request.verb == "POST" else request.query
        asked = {name.upper(): values[0] for name, values in parse_qs(text).items()}
        if way == "/sync":
            return self._result(asked)
        if way == "/async":
            return self._started(request, asked)
        number, _, what = way.removeprefix("/async/").partition("/")
        return self._of_job(number, what, asked)

    def _started(self, request: Request, asked: Mapping[str, str]) -> Answer:
        with self._lock:
            number = str(len(self._jobs) + 1)
            left = self.polls if asked.get("PHASE") == "RUN" else -1
            self._jobs[number] = (self._result(asked), left)
        where = f"http://{request.headers['host']}{quote(request.path)}/{number}"
        return Answer(b"", 303, "", (("Location", where),))

    def _of_job(self, number: str, what: str, asked: Mapping[str, str]) -> Answer:
        with self._lock:
            if number not in self._jobs:
                return Answer(b"no such job\n", 404, "text/plain")
            result, left = self._jobs[number]
            phase = _phase(result, left)
            if what == "phase" and asked.get("PHASE") == "RUN":
                self._jobs[number] = (result, self.polls)
            elif what == "phase" and left > 0:
                self._jobs[number] = (result, left - 1)
        if what == "phase":
            return Answer(phase.encode(), content_type="text/plain")
        if what == "error" or (what == "results/result" and phase == "COMPLETED"):
            return Answer(result.body, 200, result.content_type)
        return Answer(b"nothing here yet\n", 404, "text/plain")

    def _result(self, asked: Mapping[str, str]) -> Answer:
        try:
            names, rows = self._rows(asked)
        except _Wrong as wrong:
            told = f'<INFO name="QUERY_STATUS" value="ERROR">{wrong}</INFO>'
            body = f'<?xml version="1.0"?><VOTABLE><RESOURCE>{told}</RESOURCE></VOTABLE>'
            return Answer(body.encode(), 400, "application/x-votable+xml")
        limits = [int(asked["MAXREC"])] if "MAXREC" in asked else []
        if self.most_rows is not None and "oid" in names:
            limits.append(self.most_rows)
        lines = [",".join(str(row[name]) for name in names) for row in rows]
        kept = lines[: min(limits)] if limits else lines
        return Answer("".join(f"{x}\n" for x in [",".join(names), *kept]).encode(), 200, "text/csv")

    def _rows(self, asked: Mapping[str, str]) -> tuple[list[str], list[Row]]:
        if asked.get("LANG", "ADQL") != "ADQL" or asked.get("FORMAT", "csv").lower() != "csv":
            raise _Wrong("LANG must be ADQL, and FORMAT csv")
        query = asked.get("QUERY", "")
        found = _QUERY.fullmatch(query.strip())
        if found is None:
            raise _Wrong(f"Cannot parse query {query!r}")
        rows = [row for row in self._table(found["table"]) if _holds(row, found["where"])]
        if order := found["order"]:
            rows.sort(key=operator.itemgetter(order.lower()))
        text = found["columns"].strip()
        if re.fullmatch(r"count\(\*\)(\s+as\s+\w+)?", text, re.IGNORECASE):
            return ["count"], [{"count": len(rows)}]
        names = _columns(text, self._known(found["table"]))
        return names, rows[: int(found["top"])] if found["top"] else rows

    def _known(self, table: str) -> Sequence[str]:
        if table.upper() == "TAP_SCHEMA.TABLES":
            return ("table_name",)
        if table.upper() == "TAP_SCHEMA.COLUMNS":
            return ("table_name", "column_name", "datatype")
        return tuple(OBJECT_COLUMNS)

    def _table(self, name: str) -> Sequence[Row]:
        tables = {f"ztf_objects_{one.removeprefix('ztf_')}": one for one in self.holdings.releases}
        if name.upper() == "TAP_SCHEMA.TABLES":
            return [{"table_name": table} for table in ["fp_psc", *tables]]
        if name.upper() == "TAP_SCHEMA.COLUMNS":
            return [
                {"table_name": table, "column_name": column, "datatype": kind}
                for table in tables
                for column, kind in OBJECT_COLUMNS.items()
            ]
        if name.lower() not in tables:
            raise _Wrong(f"Table {name} does not exist")
        return objects(self.holdings.survey, tables[name.lower()])


def objects(survey: Survey, release: str) -> list[Row]:
    """Return the rows of a release's table of objects."""
    nights = survey.nights_of(release)
    rows: list[Row] = []
    for one in survey.objects:
        epochs = one.epochs(nights)
        good = int(np.count_nonzero(epochs["catflags"] == 0))
        mag = epochs["mag"].astype(np.float64)
        values = (
            *(one.oid, one.star.ra_deg, one.star.dec_deg, one.field),
            *(int(epochs["ccdid"][0]), one.quadrant, one.filter_id, f"z{one.band}"),
            *(nights, good, good),
            *(round(float(x), 4) for x in (mag.min(), mag.max(), np.median(mag), mag.mean())),
            *(round(float(mag.std()), 4), round(float(np.median(mag)), 4), 1.0),
        )
        rows.append(dict(zip(OBJECT_COLUMNS, values, strict=True)))
    return rows


def _phase(result: Answer, left: int) -> str:
    if left < 0:
        return "PENDING"
    if left > 0:
        return "EXECUTING"
    return "COMPLETED" if result.status == 200 else "ERROR"  # noqa: PLR2004 - HTTP


def _columns(text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in text.split(",")]
    if names == ["*"]:
        return list(known)
    if stray := [name for name in names if name not in known]:
        raise _Wrong(f"Column {stray[0]} does not exist")
    return names


def _holds(row: Row, where: str | None) -> bool:
    return all(_true(row, part) for part in _conditions(where or ""))


def _conditions(where: str) -> list[str]:
    return [part.strip() for part in re.split(r"\s+and\s+", where, flags=re.IGNORECASE) if part]


def _true(row: Row, condition: str) -> bool:
    if cone := _CONE.fullmatch(condition):
        ra_deg, dec_deg, radius_deg = map(float, cone.groups())
        place = np.array([row["ra"]]), np.array([row["dec"]])
        return bool(separation_deg(ra_deg, dec_deg, *place)[0] <= radius_deg)
    found = _COMPARISON.fullmatch(condition)
    if found is None or found[1].lower() not in row:
        raise _Wrong(f"Cannot parse {condition!r}")
    value, how, other = row[found[1].lower()], found[2].lower(), found[3].strip()
    if how == "in":
        return value in [_value(text) for text in other.strip("()").split(",")]
    if how == "like":
        return re.fullmatch(_value(other).replace("%", ".*"), value) is not None
    return _COMPARE[how](value, _value(other))


def _value(text: str) -> Any:
    text = text.strip()
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1]
    try:
        return float(text) if re.search(r"[.eE]", text) else int(text)
    except ValueError:
        raise _Wrong(f"Cannot parse {text!r}") from None
