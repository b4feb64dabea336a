"""Reads objects with positions from any file: Parquet, CSV, VOTable.

Columns are found by their usual names, unless they are named. Positions are degrees, or
sexagesimal: then the right ascension is in hours.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.instruments.sky.curves.batches import floats
from gnomon.instruments.sky.science.crossmatch import Floats

CATALOGUE_SCHEMA = pa.schema(
    [
        ("catalogue", pa.string()),
        ("entry", pa.string()),
        ("label", pa.string()),
        ("ra_deg", pa.float64()),
        ("dec_deg", pa.float64()),
    ]
)
"""A catalogue is called by its name in every row; the label is empty where it tells none."""
_USUAL = {
    "ra": ("ra_deg", "ra", "raj2000", "_raj2000", "ra_icrs", "meanra", "s_ra", "alpha"),
    "dec": ("dec_deg", "dec", "decl", "dej2000", "_dej2000", "de_icrs", "meandec", "s_dec"),
    "entry": (
        *("entry", "object", "oid", "object_id", "objectid", "ztfid", "name", "id", "source_id"),
        *("main_id", "tic_id", "tic", "iauid"),
    ),
    "label": ("label", "type", "class", "otype", "classification", "vartype"),
}
_VOTABLES = {".xml", ".vot", ".votable"}
_SEXAGESIMAL = re.compile(
    r"\s*([+-]?)(\d{1,3})[:hd°\s]\s*(\d{1,2})[:m'\s]\s*(\d{1,2}(?:\.\d*)?)\s*[s\"]?\s*"
)
_SIXTY = 60
_HOUR_DEG = 15.0


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The columns of a file of objects; an empty name: find it.

    Attributes
    ----------
    ra, dec : str
        Degrees or sexagesimal.
    entry : str
        What an object is called; without one, by the number of its row.
    label : str
        What an object is.
    """

    ra: str = ""
    dec: str = ""
    entry: str = ""
    label: str = ""


def read_catalogue(
    path: Path, name: str, columns: PlaceColumns | None = None, *, file_name: str = ""
) -> pa.Table:
    """Return the entries of a catalogue as a table of `CATALOGUE_SCHEMA`.

    Parameters
    ----------
    path : Path
    name : str
        What the catalogue is called: labels are worth what their origin is.
    columns : PlaceColumns, optional
        Names of columns that are not the usual ones.
    file_name : str
        What messages call it, and what it ends in; default: its own name.

    Raises
    ------
    ConfigError
        There is no such file, it has no column of a name that is given, or no name is given.
    BadData
        It holds no positions; says which row is wrong.
    """
    if not name.strip():
        raise ConfigError("a catalogue needs a name: labels are worth what their origin is")
    called = file_name or path.name
    table = _file(path, called)
    names = _names(table, columns or PlaceColumns(), called)
    ra = _angles(table, names["ra"], called, hours=True)
    dec = _angles(table, names["dec"], called, hours=False)
    made = {
        "catalogue": pa.repeat(name, table.num_rows),
        "entry": _texts(table, names["entry"]) or _numbers_as_text(table.num_rows),
        "label": _texts(table, names["label"]) or pa.repeat("", table.num_rows),
        "ra_deg": pa.array(_turned(ra, called)),
        "dec_deg": pa.array(_upright(dec, called)),
    }
    return pa.table(made, schema=CATALOGUE_SCHEMA)


# -- files


def _file(path: Path, called: str) -> pa.Table:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    suffix = Path(called).suffix.lower()
    try:
        if suffix in {".parquet", ".pq"}:
            return pq.ParquetFile(path).read()
        if suffix in _VOTABLES:
            return _votable(path, called)
        return _csv(path, pa_csv.ParseOptions(delimiter="\t" if suffix == ".tsv" else ","))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise BadData(f"{called}: {error}") from None


def _csv(path: Path, options: pa_csv.ParseOptions) -> pa.Table:
    """Read every column as text: Arrow would take 10:12:42 for a time of the day."""
    with pa_csv.open_csv(path, parse_options=options) as reader:
        types = dict.fromkeys(reader.schema.names, pa.string())
    convert = pa_csv.ConvertOptions(column_types=types)
    return pa_csv.read_csv(path, parse_options=options, convert_options=convert)


def _votable(path: Path, called: str) -> pa.Table:
    from astropy.io import votable  # noqa: PLC0415 - takes long to load

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of each field that is not to the letter
            found = votable.parse_single_table(path)
    except (ValueError, IndexError, votable.exceptions.VOWarning) as error:
        raise BadData(f"{called}: no VOTable: {str(error).splitlines()[0]}") from None
    columns = {}
    for field in found.fields:
        values = found.array[field.name]
        if values.ndim == 1:
            plain = values.filled(np.nan) if values.dtype.kind == "f" else values.tolist()
            columns[field.name] = pa.array(plain)
    return pa.table(columns)


def _names(table: pa.Table, columns: PlaceColumns, called: str) -> dict[str, str]:
    """Return the names of the columns as they stand in the file; empty where there is none."""
    there = {name.lower(): name for name in reversed(table.column_names)}
    names = {}
    for field in fields(columns):
        given = getattr(columns, field.name)
        if given and given not in table.column_names:
            raise UnknownName(f"column of {called}", given, table.column_names)
        usual = next((there[name] for name in _USUAL[field.name] if name in there), "")
        names[field.name] = given or usual
    if double := [name for name in names.values() if table.column_names.count(name) > 1]:
        raise BadData(f"{called}: two columns are called {double[0]}")
    if missing := [what for what in ("ra", "dec") if not names[what]]:
        known = ", ".join(table.column_names[:20])
        raise BadData(f"{called}: no column of the {' and '.join(missing)} is known: {known}")
    return names


# -- values


def _texts(table: pa.Table, name: str) -> pa.ChunkedArray | None:
    return pc.fill_null(table[name].cast(pa.string()), "") if name else None


def _numbers_as_text(n_rows: int) -> pa.Array:
    return pa.array([str(n) for n in range(1, n_rows + 1)], pa.string())


def _angles(table: pa.Table, name: str, called: str, *, hours: bool) -> Floats:
    """Return degrees; text in sexagesimal is in hours, or in degrees."""
    try:
        return floats(table, name)
    except pa.ArrowInvalid:  # text, not of numbers alone
        texts = table[name].cast(pa.string()).to_pylist()
    except pa.ArrowNotImplementedError as error:
        raise BadData(f"{called}: {name} is no angle: {error}") from None
    return np.array([_angle(one, n, name, called, hours=hours) for n, one in enumerate(texts, 1)])


def _angle(text: str | None, row: int, name: str, called: str, *, hours: bool) -> float:
    if text is None or not text.strip():
        return float("nan")
    found = _SEXAGESIMAL.fullmatch(text)
    if found is None:
        try:
            return float(text)
        except ValueError:
            raise BadData(f"{called}: row {row}: {name} {text!r} is no angle") from None
    whole, minutes, seconds = (float(found[n]) for n in (2, 3, 4))
    if minutes >= _SIXTY or seconds > _SIXTY:
        raise BadData(f"{called}: row {row}: {name} {text!r} is no angle")
    angle = (whole + minutes / _SIXTY + seconds / _SIXTY**2) * (_HOUR_DEG if hours else 1.0)
    return -angle if found[1] == "-" else angle


def _turned(ra_deg: Floats, called: str) -> Floats:
    """Return right ascensions in 0..360; some archives count from -180."""
    _refuse(ra_deg, (ra_deg < -180) | (ra_deg > 360), "right ascension", called)  # noqa: PLR2004
    return np.mod(ra_deg, 360.0)


def _upright(dec_deg: Floats, called: str) -> Floats:
    _refuse(dec_deg, np.abs(dec_deg) > 90, "declination", called)  # noqa: PLR2004
    return dec_deg


def _refuse(values: Floats, wrong: Sequence[bool] | np.ndarray, what: str, called: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong) | np.isinf(values))
    if len(rows):
        raise BadData(f"{called}: row {rows[0] + 1}: {values[rows[0]]} is no {what} in degrees")
