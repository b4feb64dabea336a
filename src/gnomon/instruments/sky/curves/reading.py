"""Reads light curves from any file: Parquet, CSV, FITS, a folder of the guide's ``record_*.json``.

Columns are found by their usual names, unless they are named. A file without a column of objects
is one object, which is called like the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.formats.parquet import read_rows
from gnomon.instruments.sky.curves.batches import Curves, Use, curves_of, firsts
from gnomon.instruments.sky.curves.cleaned import cleaned, flag_bits
from gnomon.instruments.sky.curves.record_files import read_records
from gnomon.instruments.sky.curves.schema import (
    BTJD,
    PART_SCHEMA,
    SCHEMA,
    UNREADABLE,
    Answer,
    typed,
)
from gnomon.instruments.sky.curves.stages import QualityStage
from gnomon.instruments.sky.irsa.parts import BAND_OF
from gnomon.instruments.sky.tess.lightcurves import part_of, read_lightcurve

_FITS = (".fits", ".fits.gz")
_SUFFIXES = (".csv", ".tsv", ".parquet", *_FITS)
_USUAL = {
    "time": ("time", "mjd", "hmjd", "hjd", "bjd", "jd", "btjd", "time_d", "midpointmjdtai"),
    "value": (
        *("mag", "magnitude", "mag_psf", "magpsf", "flux", "pdcsap_flux", "sap_flux"),
        *("psfflux", "value"),
    ),
    "error": (
        *("magerr", "mag_err", "mag_error", "e_mag", "sigmapsf", "flux_err", "fluxerr"),
        *("flux_error", "pdcsap_flux_err", "sap_flux_err", "psffluxerr", "error", "err"),
    ),
    "band": ("band", "filter", "filtercode", "fid", "passband"),
    "object": ("oid", "object", "object_id", "objectid", "id", "tic_id", "name"),
    "quality": ("quality", "catflags", "flags"),
    "ra": ("ra_deg", "ra"),
    "dec": ("dec_deg", "dec"),
}
_NUMBERS = {"time": "time", "value": "value", "error": "error", "ra": "ra_deg", "dec": "dec_deg"}
_POINT = ("object", "band", "time", "value", "is_limit")
KEPT = ("sector", "cadence", "cadence_s")
"""What tells apart the light curves of one object in one band."""
_IS_FLUX = {"flux": "", "psfflux": "nJy", "pdcsap_flux": "e-/s", "sap_flux": "e-/s"}
_BANDS = {
    "filter": BAND_OF,
    "filtercode": BAND_OF,
    "fid": {"1": "g", "2": "r", "3": "i"},
}
"""What the values of a column mean, where it is called so."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file that holds light curves; an empty name: find it.

    Attributes
    ----------
    time : str
        Days.
    value, error : str
        Magnitude or flux, and its standard deviation.
    band, object : str
    quality : str
        Flags; what has one is left out.
    ra, dec : str
        Degrees.
    unit : str
        Of value and error: no column, the unit itself. Known for columns that are called mag...
    """

    time: str = ""
    value: str = ""
    error: str = ""
    band: str = ""
    object: str = ""
    quality: str = ""
    ra: str = ""
    dec: str = ""
    unit: str = ""


def read_curves(
    path: Path, columns: Columns | None = None, *, use: Use = "value", bad_bits: int | None = None
) -> Curves:
    """Return the light curves of a file or folder.

    CSV and Parquet with any columns, Parquet with those of `schema.PART_SCHEMA`, FITS of TESS. A
    folder is read by its ``lightcurves.parquet``, or else its ``record_*.json``, or else all its
    files of these formats.

    Parameters
    ----------
    path : Path
    columns : Columns, optional
        Names of columns that are not the usual ones.
    use : {"value", "flat"}
        Of cleaned curves: as measured, or without their trend.
    bad_bits : int, optional
        Which bits of the flags tell against a point. By default as `sky.clean` has it for a known
        survey, else every one. Of cleaned curves the mask stands.

    Raises
    ------
    ConfigError
        There is no such file, or it has no column of a name that is given.
    BadData
        It holds no light curves; the message says what is missing.
    """
    return curves_of(read_table(path, columns, bad_bits=bad_bits), use=use)


def read_all(
    paths: Sequence[Path],
    columns: Columns | None = None,
    *,
    use: Use = "value",
    bad_bits: int | None = None,
) -> Curves:
    """Return the light curves of several files; an object of several files has its points together.

    A point that stands in more than one of them counts once. See `read_curves`.
    """
    return curves_of(read_tables(paths, columns, bad_bits=bad_bits), use=use)


def read_tables(
    paths: Sequence[Path], columns: Columns | None = None, *, bad_bits: int | None = None
) -> pa.Table:
    """Return the rows of several files, the same point once; see `read_table`."""
    tables = [read_table(path, columns, bad_bits=bad_bits) for path in paths]
    return tables[0] if len(tables) == 1 else _without_repeats(_stacked(tables))


def read_table(
    path: Path, columns: Columns | None = None, *, bad_bits: int | None = None
) -> pa.Table:
    """Return the rows of a file or folder, with the columns that `curves_of` reads, and `KEPT`.

    There is a mask always, so that files of all sorts can stand in one table.
    """
    chosen = columns or Columns()
    if path.is_dir():
        return _folder(path, chosen, bad_bits)
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    table = _file(path)
    if set(PART_SCHEMA.names) <= set(table.column_names) and chosen == Columns():
        return _masked(typed(table, SCHEMA, path.name), bad_bits)  # a CSV keeps no types
    return _named(table, chosen, path, bad_bits)


# -- files


def _folder(path: Path, columns: Columns, bad_bits: int | None) -> pa.Table:
    if (whole := path / "lightcurves.parquet").is_file():
        return read_table(whole, columns, bad_bits=bad_bits)
    if records := sorted(path.glob("record_*.json")):
        return _masked(read_records(records), bad_bits)
    files = sorted(one for one in path.iterdir() if one.name.lower().endswith(_SUFFIXES))
    if not files:
        raise ConfigError(
            f"{path}: no lightcurves.parquet, record_*.json, *{', *'.join(_SUFFIXES)}"
        )
    return read_tables(files, columns, bad_bits=bad_bits)


def _stacked(tables: Sequence[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(
            [table.replace_schema_metadata(None) for table in tables],
            promote_options="permissive",
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadData(f"files of different columns: {error}") from None


def _without_repeats(table: pa.Table) -> pa.Table:
    """Return a table in which no object has the same point twice; the first one stays."""
    return firsts(table, [name for name in _POINT if name in table.column_names])


def _file(path: Path) -> pa.Table:
    if path.name.lower().endswith(_FITS):
        return part_of(read_lightcurve(path), answer=Answer())
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return read_rows(path)
        if path.suffix.lower() == ".json":
            return read_records([path])
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        return pa_csv.read_csv(path, parse_options=pa_csv.ParseOptions(delimiter=separator))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None


# -- columns


def _masked(table: pa.Table, bad_bits: int | None) -> pa.Table:
    """Return light curves of a survey with the mask that `sky.clean` gives them."""
    if "mask" in table.column_names:
        return table
    stage = QualityStage(mask="default" if bad_bits is None else bad_bits)
    return table.append_column("mask", cleaned(table, (stage,)).table["mask"])


def _named(table: pa.Table, columns: Columns, path: Path, bad_bits: int | None) -> pa.Table:
    """Return a table with the columns that `curves_of` reads, of a file with any names."""
    names = {
        field.name: _found(table, getattr(columns, field.name), field.name, path)
        for field in fields(columns)
        if field.name != "unit"
    }
    if missing := [what for what in ("time", "value") if not names[what]]:
        wanted = " and no ".join(missing)
        there = ", ".join(table.column_names[:20])
        raise BadData(f"{path.name}: no column of the {wanted} is known by its name: {there}")
    n = table.num_rows
    found = {
        "object": _texts(table, names["object"], path.stem),
        "band": _bands(table, names["band"], _default_band(names["value"])),
        "unit": pa.repeat(columns.unit or _unit(names["value"]), n),
    }
    found |= {column: _numbers(table, names[what], path) for what, column in _NUMBERS.items()}
    flags = table[names["quality"]] if names["quality"] else pa.chunked_array([pa.repeat(0, n)])
    survey = "ztf" if names["quality"].lower() == "catflags" else ""
    found["mask"] = _flags(flags, flag_bits(survey) if bad_bits is None else bad_bits)
    found |= {name: table[name] for name in KEPT if name in table.column_names}
    if names["time"].lower() == "btjd":
        found |= {"time_origin_jd": pa.repeat(BTJD.origin_jd, n)}
        found |= {"time_scale": pa.repeat(BTJD.scale, n), "time_place": pa.repeat(BTJD.place, n)}
    return pa.table(found)


def _found(table: pa.Table, given: str, what: str, path: Path) -> str:
    """Return the name of a column as it stands in the file; empty where there is none."""
    if given:
        if given not in table.column_names:
            raise UnknownName(f"column of {path.name}", given, table.column_names)
        return given
    there = {name.lower(): name for name in reversed(table.column_names)}
    return next((there[name] for name in _USUAL[what] if name in there), "")


def _unit(name: str) -> str:
    lower = name.lower()
    return "mag" if lower.startswith("mag") else _IS_FLUX.get(lower, "")


def _default_band(name: str) -> str:
    return "TESS" if name.lower() in {"pdcsap_flux", "sap_flux"} else ""


def _texts(table: pa.Table, name: str, default: str) -> Any:
    return table[name].cast(pa.string()) if name else pa.repeat(default, table.num_rows)


def _bands(table: pa.Table, name: str, default: str) -> Any:
    texts = _texts(table, name, default)
    if (known := _BANDS.get(name.lower())) is None:
        return texts
    coded = texts.combine_chunks().dictionary_encode()
    bands = [known.get(text, text) for text in coded.dictionary.to_pylist()]
    return pa.array(bands, pa.string()).take(coded.indices)


def _numbers(table: pa.Table, name: str, path: Path) -> Any:
    if not name:
        return pa.repeat(float("nan"), table.num_rows)
    try:
        return table[name].cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadData(f"{path.name}: {name} is no number: {error}") from None


def _flags(column: pa.ChunkedArray, bad_bits: int) -> Any:
    """Return a mask: 1 where a bit tells against a row; what cannot be read has every one."""
    if not pa.types.is_integer(column.type):
        flags = pa.array([_flag(text) for text in column.to_pylist()], pa.int64())
    else:
        flags = pc.fill_null(column.cast(pa.int64()), UNREADABLE)
    bad = pc.not_equal(pc.bit_wise_and(flags, pa.scalar(bad_bits, pa.int64())), 0)
    return bad.cast(pa.uint32())


def _flag(text: object) -> int:
    """Read a flag: a number, or text as IRSA sometimes sends it (``0x10``)."""
    try:
        return int(str(text), 0)
    except ValueError:
        pass
    try:
        return int(float(str(text)))
    except (ValueError, OverflowError):
        return UNREADABLE
