"""What IRSA's service of light curves answers: a table of 24 columns, in one of three formats.

Columns: https://irsa.ipac.caltech.edu/docs/program_interface/ztf_lightcurve_api.html. Integers may
come in base 16, and heliocentric times may be NaN. Flags that are no number count as all set.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from gnomon.errors import BadData, ServerFault
from gnomon.instruments.sky.curves.schema import UNREADABLE
from gnomon.instruments.sky.irsa.request import Format

ANSWER_SCHEMA = pa.schema(
    [
        ("oid", pa.int64()),
        ("expid", pa.int64()),
        ("hjd", pa.float64()),
        ("mjd", pa.float64()),
        ("mag", pa.float64()),
        ("magerr", pa.float64()),
        ("catflags", pa.int64()),
        ("filtercode", pa.string()),
        ("ra", pa.float64()),
        ("dec", pa.float64()),
        ("chi", pa.float64()),
        ("sharp", pa.float64()),
        ("filefracday", pa.int64()),
        ("field", pa.int64()),
        ("ccdid", pa.int64()),
        ("qid", pa.int64()),
        ("limitmag", pa.float64()),
        ("magzp", pa.float64()),
        ("magzprms", pa.float64()),
        ("clrcoeff", pa.float64()),
        ("clrcounc", pa.float64()),
        ("exptime", pa.float64()),
        ("airmass", pa.float64()),
        ("programid", pa.int64()),
    ]
)
FLAGS = "catflags"
_INTEGERS = tuple(field.name for field in ANSWER_SCHEMA if field.type == pa.int64())
_NULLS = ["", "null", "NULL", "NaN", "nan", "NAN"]
_EXCERPT_BYTES = 2000
_WORDS = 80
_BLOCK_BYTES = 1 << 22
_COLUMN = re.compile(r"In CSV column #(\d+)")
_MARKUP = re.compile(r"<[^>]*>")
_FAILED = re.compile(rb'(?:name="QUERY_STATUS"[^>]*value="ERROR"|UsageFault)')


def read_answer(path: Path, format: Format) -> pa.Table:  # noqa: A002 - what it is called
    """Read an answer of `nph_light_curves`.

    Returns
    -------
    pyarrow.Table
        Of `ANSWER_SCHEMA`, one row an epoch, in the order of the answer. Floats that are not there
        are NaN; flags that cannot be read are `UNREADABLE`.

    Raises
    ------
    ServerFault
        It is the service's own error, or a page for people.
    BadData
        It is no such table: a column is missing, a line breaks off, a number is none.
    """
    _refuse_errors(path, format)
    if format == "csv":
        return _read_csv(path)
    return _conformed(_by_astropy(path, format), path.name)


def _refuse_errors(path: Path, format: Format) -> None:  # noqa: A002 - as above
    with path.open("rb") as file:
        start = file.read(_EXCERPT_BYTES)
    is_markup = start.lstrip().startswith(b"<")
    if _FAILED.search(start) or (is_markup and format != "votable"):
        told = " ".join(_MARKUP.sub(" ", start.decode("utf-8", "replace")).split())
        raise ServerFault(f"IRSA answers no table: {told[:200] or 'markup'}")


# -- CSV


def _read_csv(path: Path) -> pa.Table:
    """Read typed columns at once; where an integer is none, as texts that are looked at."""
    names = _header(path)
    if missing := [name for name in ANSWER_SCHEMA.names if name not in names]:
        raise BadData(f"{path.name}: lacks {', '.join(missing)}; begins {names[:5]}")
    try:
        table = _parsed(path, {field.name: field.type for field in ANSWER_SCHEMA})
    except pa.ArrowInvalid:
        # Whatever is wrong with integers is found by name; all else fails again.
        texts = {field.name: field.type for field in ANSWER_SCHEMA}
        texts |= dict.fromkeys(_INTEGERS, pa.string())
        try:
            table = _parsed(path, texts)
        except pa.ArrowInvalid as error:
            told = _COLUMN.sub(lambda found: names[int(found[1])], _one_line(error))
            raise BadData(f"{path.name}: {told}") from None
    return _conformed(table, path.name)


def _header(path: Path) -> list[str]:
    with path.open("rb") as file:
        line = file.readline(_EXCERPT_BYTES)
    return [name.strip() for name in line.decode("utf-8-sig", "replace").split(",")]


def _parsed(path: Path, types: dict[str, pa.DataType]) -> pa.Table:
    return pcsv.read_csv(
        path,
        read_options=pcsv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
        parse_options=pcsv.ParseOptions(quote_char=False),
        convert_options=pcsv.ConvertOptions(
            column_types=types,
            include_columns=ANSWER_SCHEMA.names,
            null_values=_NULLS,
            strings_can_be_null=True,
        ),
    )


def _one_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


# -- the other formats


def _by_astropy(path: Path, format: Format) -> pa.Table:  # noqa: A002 - as above
    """Return the columns as they are written: numbers, or texts where those are declared."""
    from astropy.io import ascii as tables  # noqa: PLC0415 - heavy
    from astropy.io import votable  # noqa: PLC0415 - heavy

    try:
        if format == "votable":
            content = BytesIO(path.read_bytes())
            found = votable.parse_single_table(content, verify="ignore").to_table()
        else:
            found = tables.read(path.read_text(), format="ipac", guess=False)
    except (ValueError, IndexError, KeyError, TypeError, OSError, UnicodeError) as error:
        raise BadData(f"{path.name}: no {format} table: {_one_line(error)[:_WORDS]}") from None
    if missing := [name for name in ANSWER_SCHEMA.names if name not in found.colnames]:
        raise BadData(f"{path.name}: lacks {', '.join(missing)}")
    return pa.table({name: _column(found[name]) for name in ANSWER_SCHEMA.names})


def _column(column: Any) -> pa.Array:
    """Return a column of astropy's as one of Arrow's; masked values are null."""
    values = np.asarray(column)
    mask = np.asarray(getattr(column, "mask", np.zeros(len(values), np.bool_)))
    if values.dtype.kind in "OSU":
        values = values.astype(np.str_).astype(object)
    elif not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    return pa.array(values, mask=np.broadcast_to(mask, values.shape))


# -- what the columns hold


def _conformed(table: pa.Table, name: str) -> pa.Table:
    """Return a table of `ANSWER_SCHEMA`."""
    arrays = []
    for field in ANSWER_SCHEMA:
        column = table[field.name]
        if field.type == pa.int64():
            arrays.append(_integers(column, field.name, name))
        elif field.type == pa.float64():
            column = _floats(column, field.name, name)
            arrays.append(pc.fill_null(column, float("nan")) if column.null_count else column)
        else:
            arrays.append(column)
    return pa.table(arrays, schema=ANSWER_SCHEMA)


def _floats(column: pa.ChunkedArray, field: str, name: str) -> pa.ChunkedArray:
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise BadData(f"{name}: {field}: {_one_line(error)}") from None


def _integers(column: pa.ChunkedArray, field: str, name: str) -> pa.ChunkedArray:
    if pa.types.is_string(column.type) or pa.types.is_floating(column.type):
        column = _of_texts(column.cast(pa.string()), field, name)
    column = column.cast(pa.int64())
    if not column.null_count:
        return column
    if field == FLAGS:
        return pc.fill_null(column, UNREADABLE)
    row = pc.index(pc.is_null(column), True).as_py() + 1
    raise BadData(f"{name}: row {row} has no {field}")


def _of_texts(column: pa.ChunkedArray, field: str, name: str) -> pa.ChunkedArray:
    """Return integers of texts in base 10 or 16; few texts differ, so each is read once."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    read = [_integer(text, field, name) for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(read, pa.int64()).take(encoded.indices)])


def _integer(text: str, field: str, name: str) -> int | None:
    """Return the integer that a text spells; flags that spell none are null."""
    base = 16 if text.strip().lower().startswith("0x") else 10
    try:
        value = int(text.strip(), base)
    except ValueError:
        return None if field == FLAGS else _whole(text, field, name)
    if not -(2**63) <= value < 2**63:
        raise BadData(f"{name}: {field} {text!r} is too large")
    return value


def _whole(text: str, field: str, name: str) -> int:
    """Return the integer that a float spells: some formats have no others."""
    try:
        if float(text).is_integer():
            return int(float(text))
    except (ValueError, OverflowError):
        pass
    raise BadData(f"{name}: {field} {text!r} is no integer") from None
