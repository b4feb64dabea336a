"""Rows of an answer of IRSA's in the schema of light curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, part_table

SURVEY = "ztf"
BAND_OF = {"zg": "g", "zr": "r", "zi": "i"}
_NAMED = {
    "time": "mjd",
    "value": "mag",
    "error": "magerr",
    "quality": "catflags",
    "ra_deg": "ra",
    "dec_deg": "dec",
}
FURTHER = (
    *("hjd", "expid", "chi", "sharp", "filefracday", "field", "ccdid", "qid", "limitmag", "magzp"),
    *("magzprms", "clrcoeff", "clrcounc", "exptime", "airmass", "programid"),
)
"""ZTF's own columns, behind those of the schema."""
_ROUNDING_DEG = 1e-7
"""What positions in answers are rounded to."""
_CCDS, _QUADRANTS = 16, 4


@dataclass(frozen=True)
class Parts:
    """One answer in the schema.

    Attributes
    ----------
    table : pyarrow.Table
        See `part_tables`.
    n_outside : int
        Rows that lie beside the wanted cone.
    n_without_time : int
        Rows that have no time, and so are no measurements.
    """

    table: pa.Table
    n_outside: int
    n_without_time: int


def part_tables(table: pa.Table, *, answer: Answer, cone: str = "") -> pa.Table:
    """Return the rows of one answer as one table of the schema of parts; see `parts_of`."""
    return parts_of(table, answer=answer, cone=cone).table


def parts_of(table: pa.Table, *, answer: Answer, cone: str = "") -> Parts:
    """Bring the rows of one answer into the schema, and leave out those that are not wanted.

    Parameters
    ----------
    table : pyarrow.Table
        Of `answers.ANSWER_SCHEMA`.
    answer : Answer
        Where it comes from.
    cone : str
        ``ra dec radius`` in degrees: rows outside are left out; none when empty.

    Raises
    ------
    BadData
        A filter is none of ZTF's, a CCD or quadrant is none, or the cone makes no sense.
    """
    inside = _inside(table, cone)
    timed = np.isfinite(table["mjd"].to_numpy())
    kept = table.filter(pa.array(inside & timed))
    columns = {name: kept[column].combine_chunks() for name, column in _NAMED.items()}
    columns |= {name: kept[name].combine_chunks() for name in FURTHER}
    columns["object"] = kept["oid"].combine_chunks().cast(pa.string())
    columns["band"] = _bands(kept["filtercode"])
    _check_channels(kept)
    made = part_table(columns, survey=SURVEY, time=MJD_UTC, unit="mag", answer=answer)
    return Parts(made, int(np.sum(~inside)), int(np.sum(inside & ~timed)))


def by_group(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each field and readout channel with its name, ``000640-q22``."""
    field = table["field"].to_numpy()
    channel = (table["ccdid"].to_numpy() - 1) * _QUADRANTS + table["qid"].to_numpy() - 1
    number = field * (_CCDS * _QUADRANTS) + channel
    for one in np.unique(number):
        name = f"{one // (_CCDS * _QUADRANTS):06d}-q{one % (_CCDS * _QUADRANTS):02d}"
        yield name, table.filter(pa.array(number == one))


def _inside(table: pa.Table, cone: str) -> np.ndarray:
    """Tell which rows lie in a cone, by the angle between unit vectors; shape (n,), bool."""
    if not cone:
        return np.ones(table.num_rows, np.bool_)
    try:
        ra_deg, dec_deg, radius_deg = map(float, cone.split())
    except ValueError:
        raise BadData(f"{cone!r} is no cone: ra dec radius") from None
    places = _unit(table["ra"].to_numpy(), table["dec"].to_numpy())
    apart = np.linalg.norm(places - _unit(np.array([ra_deg]), np.array([dec_deg])), axis=1)
    limit_deg = min(180.0, radius_deg + _ROUNDING_DEG)
    return np.asarray(apart <= 2 * np.sin(np.radians(limit_deg) / 2))


def _unit(ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
    """Return unit vectors; shape (n, 3)."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _bands(codes: pa.ChunkedArray) -> pa.Array:
    encoded = codes.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    if encoded.null_count or (stray := [name for name in names if name.strip() not in BAND_OF]):
        told = repr(stray[0]) if not encoded.null_count else "nothing"
        raise BadData(f"the filter is {told}, none of {', '.join(BAND_OF)}")
    bands = pa.array([BAND_OF[name.strip()] for name in names], pa.string())
    return bands.take(encoded.indices)


def _check_channels(table: pa.Table) -> None:
    for name, most in (("ccdid", _CCDS), ("qid", _QUADRANTS)):
        low, high = (pc.min_max(table[name])[end].as_py() for end in ("min", "max"))
        if table.num_rows and not 1 <= low <= high <= most:
            raise BadData(f"{name} {low} to {high} is not from 1 to {most}")
    if table.num_rows and pc.min(table["field"]).as_py() < 0:
        raise BadData("a field is negative")
