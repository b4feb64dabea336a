"""IRSA on loopback: light curves of the simulated sky as ZTF's archive gives them, and TAP.

It answers all ten parameters in CSV, TSV, VOTable and IPAC tables, refuses as the real one does,
and shows its traps on demand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import numpy as np

from gnomon.instruments.sky.simulate.stars import Sky, Star
from gnomon.instruments.sky.simulate.tap import Tap
from gnomon.instruments.sky.simulate.ztf_objects import (
    COLUMNS,
    FILTERS,
    INTEGERS,
    Column,
    Survey,
    ZtfObject,
)
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer

PATH = "/cgi-bin/ZTF/nph_light_curves"
TAP_PATH = "/TAP"
_PARAMETERS = {
    *("ID", "POS", "CIRCLE", "BANDNAME", "BAND", "MAG", "NOBS_MIN", "TIME"),
    *("BAD_CATFLAGS_MASK", "COLLECTION", "FORMAT"),
}
_OF_OBJECTS = {"BAND", "BANDNAME", "NOBS_MIN", "MAG"}
_LARGEST_RADIUS_DEG = 0.1667
_WAVELENGTHS_M = {"g": (4.087e-7, 5.522e-7), "r": (5.600e-7, 7.316e-7), "i": (7.027e-7, 8.883e-7)}
_FORMATS = ("votable", "ipac_table", "csv", "tsv")


class UsageFault(Exception):
    """A request that the service refuses; the message stands in its VOTable."""


@dataclass(frozen=True)
class Seen:
    """What the archive has of one star: the truth that its answers are made of.

    Attributes
    ----------
    n_epochs : int
        Of each object, in the release that was asked for.
    """

    objects: tuple[ZtfObject, ...]
    n_epochs: int


@dataclass
class Irsa:
    """The service of light curves; a route for `PATH`, and `tap` one for `TAP_PATH`.

    Attributes
    ----------
    sky : Sky
    releases : tuple of str
        Those on premise, oldest first; others are refused.
    nights : int
        Of the newest release; each before has 10 fewer.
    bands : tuple of str
        In which the sky was observed.
    hex_integers : bool
        CCD, quadrant and flags are written in base 16.
    nan_hjd : bool
        Heliocentric times are NaN in every third row.
    unreadable_flags : bool
        The flags of every fifth row are no number.
    conflicts : bool
        Every seventh row is there once more, 0.1 mag fainter.
    recalibrated_mag : float
        By how much all magnitudes of the newest release differ from those of the others.
    faulty : bool
        Every question is refused with HTTP 400 and a VOTable, as in March 2026.
    """

    sky: Sky
    releases: tuple[str, ...] = ("ztf_dr22", "ztf_dr23", "ztf_dr24")
    nights: int = 60
    bands: tuple[str, ...] = FILTERS
    hex_integers: bool = False
    nan_hjd: bool = False
    unreadable_flags: bool = False
    conflicts: bool = False
    recalibrated_mag: float = 0.0
    faulty: bool = False
    tap: Tap = field(init=False)

    def __post_init__(self) -> None:
        self.tap = Tap(self)

    @property
    def survey(self) -> Survey:
        """All objects, and what was measured of them."""
        return Survey(self.sky, self.releases, self.nights, self.bands)

    def truth(self, star: Star, release: str = "") -> Seen:
        """Return what the archive has of a star; no objects where it saturates."""
        objects = tuple(one for one in self.survey.objects if one.star == star)
        return Seen(objects, self.survey.nights_of(release or self.releases[-1]))

    def __call__(self, request: Request) -> Answer:
        """Answer ``GET PATH?...``; what makes no sense is refused with 400 and a VOTable."""
        try:
            return self._answer(parse_qs(request.query, keep_blank_values=True))
        except UsageFault as fault:
            return Answer(_error(str(fault)), 400, "application/x-votable+xml")

    def _answer(self, asked: Mapping[str, Sequence[str]]) -> Answer:
        asked = {name.upper(): values for name, values in asked.items()}
        if self.faulty:
            raise UsageFault("Internal error (invalid TAP query)")
        if stray := set(asked) - _PARAMETERS:
            raise UsageFault(f"Unrecognized parameter: {min(stray)}")
        form = _one(asked, "FORMAT", "votable").lower()
        if form not in _FORMATS:
            raise UsageFault(f"FORMAT: {form!r} is not supported")
        release = _one(asked, "COLLECTION", self.releases[-1])
        if release not in self.releases:
            raise UsageFault(f"COLLECTION: no such collection {release!r}")
        nights = self.survey.nights_of(release)
        chosen = _objects(self.survey, asked, nights)
        table = _joined([_epochs(one.epochs(nights), asked) for one in chosen])
        if release == self.releases[-1]:
            table["mag"] = table["mag"] + self.recalibrated_mag
        return _written(self._trapped(table), form)

    def _trapped(self, table: dict[str, Column]) -> dict[str, Column]:
        """Return the same with the traps that are set."""
        if self.conflicts:
            again = {name: column[::7] for name, column in table.items()}
            again["mag"] = again["mag"] + 0.1
            table = _joined([table, again])
        row = np.arange(len(table["oid"]))
        if self.nan_hjd:
            table["hjd"] = np.where(row % 3 == 0, np.nan, table["hjd"])
        if self.hex_integers:
            for name in ("ccdid", "qid", "catflags"):
                table[name] = np.array([hex(value) for value in table[name]], np.str_)
        if self.unreadable_flags:
            flags = table["catflags"].astype(np.str_)
            table["catflags"] = np.where(row % 5 == 0, "*****", flags)
        return table


# -- what is asked for


def _objects(survey: Survey, asked: Mapping[str, Sequence[str]], nights: int) -> list[ZtfObject]:
    """Return the objects that are asked for, by their number."""
    if "ID" in asked:
        if stray := _OF_OBJECTS & set(asked):
            raise UsageFault(f"ID may not be combined with {min(stray)}")
        texts = [text for value in asked["ID"] for text in value.replace(",", " ").split()]
        wanted = {int(_number("ID", text)) for text in texts}
        chosen = [one for one in survey.objects if one.oid in wanted]
    else:
        ra_deg, dec_deg, radius_deg = _circle(asked)
        stars = set(survey.sky.within(ra_deg, dec_deg, radius_deg))
        chosen = [one for one in survey.objects if one.star in stars]
        chosen = [one for one in chosen if _fits(one, asked, nights)]
    return sorted(chosen, key=lambda one: one.oid)


def _circle(asked: Mapping[str, Sequence[str]]) -> tuple[float, float, float]:
    if ("POS" in asked) == ("CIRCLE" in asked):
        raise UsageFault("one of ID, POS and CIRCLE is required")
    words = _one(asked, "POS" if "POS" in asked else "CIRCLE", "").split()
    if "POS" in asked and words[:1] != ["CIRCLE"]:
        raise UsageFault("POS: a shape of CIRCLE is required")
    numbers = [_number("POS", word) for word in words["POS" in asked :]]
    if len(numbers) != 3:  # noqa: PLR2004 - place and radius
        raise UsageFault("POS: ra, dec and radius are required")
    ra_deg, dec_deg, radius_deg = numbers
    if not 0 < radius_deg <= _LARGEST_RADIUS_DEG:
        raise UsageFault(f"POS: radius {radius_deg} is not in (0, {_LARGEST_RADIUS_DEG}]")
    return ra_deg % 360, dec_deg, radius_deg


def _fits(one: ZtfObject, asked: Mapping[str, Sequence[str]], nights: int) -> bool:
    if "BANDNAME" in asked:
        names = _one(asked, "BANDNAME", "").split(",")
        if stray := set(names) - {*FILTERS, "1", "2", "3"}:
            raise UsageFault(f"BANDNAME: {min(stray)!r} is no band")
        if not {one.band, str(one.filter_id)} & set(names):
            return False
    if "BAND" in asked:
        low, high = _bounds("BAND", _one(asked, "BAND", ""))
        first, last = _WAVELENGTHS_M[one.band]
        if last < low or first > high:
            return False
    if "NOBS_MIN" in asked and nights < _number("NOBS_MIN", _one(asked, "NOBS_MIN", "")):
        return False
    if "MAG" in asked:
        low, high = _bounds("MAG", _one(asked, "MAG", ""))
        return bool(low <= np.median(one.epochs(nights)["mag"]) <= high)
    return True


def _epochs(table: dict[str, Column], asked: Mapping[str, Sequence[str]]) -> dict[str, Column]:
    keep = np.ones(len(table["oid"]), np.bool_)
    if "TIME" in asked:
        low, high = _bounds("TIME", _one(asked, "TIME", ""))
        keep &= (table["mjd"] >= low) & (table["mjd"] <= high)
    if "BAD_CATFLAGS_MASK" in asked:
        mask = int(_number("BAD_CATFLAGS_MASK", _one(asked, "BAD_CATFLAGS_MASK", "")))
        keep &= (table["catflags"].astype(np.int64) & mask) == 0
    return {name: table[name][keep] for name in COLUMNS}


def _one(asked: Mapping[str, Sequence[str]], name: str, default: str) -> str:
    values = asked.get(name, [default])
    if len(values) > 1:
        raise UsageFault(f"{name}: more than one value")
    return values[0]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageFault(f"{name}: {text!r} is no number") from None


def _bounds(name: str, text: str) -> tuple[float, float]:
    values = [_number(name, word) for word in text.split()]
    if not values or len(values) > 2 or math.isnan(sum(values)):  # noqa: PLR2004 - low and high
        raise UsageFault(f"{name}: one value or two are required")
    return values[0], values[-1]


# -- what is answered


def _joined(tables: Sequence[dict[str, Column]]) -> dict[str, Column]:
    if not tables:
        return {name: np.zeros(0) for name in COLUMNS}
    return {name: np.concatenate([table[name] for table in tables]) for name in COLUMNS}


def _written(table: dict[str, Column], form: str) -> Answer:
    # Every column as texts: NaN as ``nan``, as IRSA's CSV has it.
    texts = [list(map(str, table[name].tolist())) for name in COLUMNS]
    rows = list(zip(*texts, strict=True))
    if form in ("csv", "tsv"):
        mark = "," if form == "csv" else "\t"
        lines = [mark.join(COLUMNS), *map(mark.join, rows)]
        return Answer("".join(f"{line}\n" for line in lines).encode(), content_type="text/csv")
    if form == "ipac_table":
        return Answer(_ipac(rows, table), content_type="text/plain")
    return Answer(_votable(rows, table), content_type="application/x-votable+xml")


def _type_of(name: str, column: Column) -> str:
    if column.dtype.kind == "U":
        return "char"
    return "long" if name in INTEGERS else "double"


def _ipac(rows: Sequence[tuple[str, ...]], table: Mapping[str, Column]) -> bytes:
    types = [_type_of(name, table[name]) for name in COLUMNS]
    lines = [COLUMNS, tuple(types), *rows]
    widths = [max(len(line[n]) for line in lines) + 1 for n in range(len(COLUMNS))]
    out = BytesIO(b"")
    out.write(b"\\fixlen = T\n")
    for n, line in enumerate(lines):
        mark = "|" if n < 2 else " "  # noqa: PLR2004 - names and types
        cells = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        out.write((mark + mark.join(cells) + mark + "\n").encode())
    return out.getvalue()


def _votable(rows: Sequence[tuple[str, ...]], table: Mapping[str, Column]) -> bytes:
    fields = []
    for name in COLUMNS:
        kind = _type_of(name, table[name])
        size = ' arraysize="*"' if kind == "char" else ""
        fields.append(f'<FIELD name="{name}" datatype="{kind}"{size}/>')
    cells = ("".join(f"<TD>{escape(text)}</TD>" for text in row) for row in rows)
    body = "\n".join(f"<TR>{row}</TR>" for row in cells)
    info = '<INFO name="QUERY_STATUS" value="OK">OK</INFO>'
    data = f"<TABLE>{''.join(fields)}<DATA><TABLEDATA>\n{body}\n</TABLEDATA></DATA></TABLE>"
    return _document(info + data)


def _error(message: str) -> bytes:
    told = escape(f"UsageFault: {message}")
    return _document(f'<INFO name="QUERY_STATUS" value="ERROR">{told}</INFO>')


def _document(inside: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.3"'
    space = ' xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
    return f'{head}{space}<RESOURCE type="results">{inside}</RESOURCE></VOTABLE>\n'.encode()
