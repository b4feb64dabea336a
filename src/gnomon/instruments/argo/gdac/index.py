"""Reads the index files of a GDAC, and turns their rows into items.

An index is text: lines of ``# key : value``, one line of column names, then comma-separated rows
(Argo user's manual, section "Index of profile files"). Its ``date_update`` equals the DATE_UPDATE
inside the file, so path and date tell whether a file is known.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from gnomon.core.items import Item
from gnomon.errors import BadData
from gnomon.instruments.argo.kinds import BGC_CYCLE, CYCLE, PROFILE_PATH, SYNTHETIC_CYCLE

_log = logging.getLogger(__name__)
PROFILE_INDEX = "ar_index_global_prof.txt"
BIO_INDEX = "argo_bio-profile_index.txt"
SYNTHETIC_INDEX = "argo_synthetic-profile_index.txt"
META_INDEX = "ar_index_global_meta.txt"
TECHNICAL_INDEX = "ar_index_global_tech.txt"
TRAJECTORY_INDEX = "ar_index_global_traj.txt"
BIO_TRAJECTORY_INDEX = "argo_bio-traj_index.txt"
GREYLIST_FILE = "ar_greylist.txt"

_POSITION = ("date", "latitude", "longitude", "ocean", "profiler_type", "institution")
_AREA = ("latitude_max", "latitude_min", "longitude_max", "longitude_min")
_COLUMNS = {
    PROFILE_INDEX: ("file", *_POSITION, "date_update"),
    BIO_INDEX: ("file", *_POSITION, "parameters", "parameter_data_mode", "date_update"),
    SYNTHETIC_INDEX: ("file", *_POSITION, "parameters", "parameter_data_mode", "date_update"),
    META_INDEX: ("file", "profiler_type", "institution", "date_update"),
    TECHNICAL_INDEX: ("file", "institution", "date_update"),
    TRAJECTORY_INDEX: ("file", *_AREA, "profiler_type", "institution", "date_update"),
    BIO_TRAJECTORY_INDEX: (
        *("file", *_AREA, "profiler_type", "institution", "parameters", "date_update"),
    ),
}
_USED = {
    "file": pa.string(),
    "date": pa.int64(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "parameters": pa.string(),
    "date_update": pa.int64(),
}
_PROFILE_KINDS = {"": CYCLE, "B": BGC_CYCLE, "S": SYNTHETIC_CYCLE}
_RE2 = "^" + PROFILE_PATH.pattern.replace("(?P=wmo)", r"(?P<wmo_again>\d{5,7})") + "$"
_GZIP = b"\x1f\x8b"
_UPDATED = "Date of update"
_POLE, _HALF, _CIRCLE = 90.0, 180.0, 360.0


@dataclass(frozen=True)
class Index:
    """One index file.

    Attributes
    ----------
    updated : datetime
        The header's date of update, UTC.
    rows : pyarrow.Table
        ``file``, and ``dac`` (string) and ``wmo`` (int32) taken from it; ``date_update`` and
        ``date``, int64, YYYYMMDDHHMISS as in the file; ``latitude`` and ``longitude`` in degrees;
        ``parameters``, separated by spaces. An empty date and an impossible position (-99.999,
        -999.999, 99999) are null. Only indexes of profiles have dates and positions, and only
        those of B and S files, and of B trajectories, have parameters.
    """

    updated: datetime
    rows: pa.Table


def read_profile_index(data: bytes, name: str = PROFILE_INDEX) -> Index:
    """Parse an index of core profile files; see `read_index`."""
    return read_index(data, PROFILE_INDEX, name)


def read_meta_index(data: bytes, name: str = META_INDEX) -> Index:
    """Parse an index of meta-data files: it lists floats that have no profile yet."""
    return read_index(data, META_INDEX, name)


def read_index(data: bytes, which: str, name: str = "") -> Index:
    """Parse an index.

    Parameters
    ----------
    data : bytes
        The file, plain or gzipped (even twice, as one mirror has it).
    which : str
        `PROFILE_INDEX` or another of these: each has its own columns.
    name : str, optional
        What messages call it.

    Raises
    ------
    BadData
        The file is cut, its header or columns are others, or a row makes no sense.
    """
    return _read(data, name or which, _COLUMNS[which])


def items(index: Index, taken: NDArray[np.bool_] | None = None, letter: str = "") -> list[Item]:
    """Turn the rows of an index of profiles into one item per float and cycle.

    Files of one letter only (rows that are no paths of profile files are left out with a
    warning). Of a delayed-mode and a real-time file of one cycle the delayed one leads; of one
    file listed twice, or of a float under two DACs, the newer row.

    Parameters
    ----------
    index : Index
    taken : (row,) bool, optional
        From `Selection.mask`; all rows by default.
    letter : {"", "B", "S"}
        Core, biogeochemical or synthetic files.
    """
    rows = index.rows.select(["file", "dac", "wmo", "date_update"])
    rows = rows if taken is None else rows.filter(pa.array(taken))
    parts = pc.extract_regex(rows["file"].combine_chunks(), _RE2)
    is_path = pc.equal(parts.field("wmo"), parts.field("wmo_again")).fill_null(False)
    _tell_odd(rows.filter(pc.invert(is_path))["file"])
    chosen = pc.and_(is_path, pc.equal(parts.field("kind"), letter))
    return _items(_PROFILE_KINDS[letter].name, rows.filter(chosen), parts.filter(chosen))


def floats(index: Index, taken: NDArray[np.bool_] | None = None) -> dict[int, str]:
    """Return the DAC of every float that an index lists, by WMO number.

    Of two DACs, that of the newer file.
    """
    rows = index.rows if taken is None else index.rows.filter(pa.array(taken))
    pairs = rows.group_by(["wmo", "dac"], use_threads=False).aggregate([("date_update", "max")])
    pairs = pairs.sort_by([("date_update_max", "ascending"), ("dac", "ascending")])
    return dict(zip(pairs["wmo"].to_pylist(), pairs["dac"].to_pylist(), strict=True))


def _items(kind: str, rows: pa.Table, parts: pa.StructArray) -> list[Item]:
    cycles = parts.field("cycle").dictionary_encode()
    wmos, modes = rows["wmo"].to_numpy(), _texts(parts.field("mode"))
    key = wmos.astype(np.int64) * max(len(cycles.dictionary), 1) + cycles.indices.to_numpy()
    best = _best(key, modes == "D", rows["date_update"].to_numpy())
    columns = (
        *(wmos, _texts(cycles.dictionary)[cycles.indices.to_numpy()], _texts(rows["file"])),
        *(_texts(rows["dac"]), modes, _texts(rows["date_update"].cast(pa.string()))),
    )
    return [
        Item(
            kind,
            {"wmo": wmo, "cycle": cycle},
            "dac/" + path,
            stamp,
            None,
            {"dac": dac, "mode": mode, "name": path[path.rindex("/") + 1 :], "date_update": stamp},
        )
        for wmo, cycle, path, dac, mode, stamp in zip(
            *(column[best].tolist() for column in columns), strict=True
        )
    ]


def _best(
    key: NDArray[np.int64], delayed: NDArray[np.bool_], updated: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the leading row of every key, in the order of the rows."""
    alike = np.sort(key)
    if np.all(alike[1:] != alike[:-1]):
        return np.arange(len(key))
    order = np.lexsort((updated, delayed, key))
    last = np.append(key[order][1:] != key[order][:-1], True)
    return np.sort(order[last])


def _texts(column: pa.Array | pa.ChunkedArray) -> NDArray[np.object_]:
    """Return strings as an array of Python's."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    texts: NDArray[np.object_] = whole.to_numpy(zero_copy_only=False).astype(object)
    return texts


def _tell_odd(paths: Sequence[object]) -> None:
    if len(paths):
        what = "rows are no paths of profile files and are left out, the first:"
        _log.warning("%s: %d %s %s", "index", len(paths), what, paths[0])


def _read(data: bytes, name: str, columns: Sequence[str]) -> Index:
    text = _unpacked(data, name)
    if not text.endswith(b"\n"):
        raise BadData(f"{name}: cut, its last line has no end")
    updated, start = _header(text, name, columns)
    types = {column: kind for column, kind in _USED.items() if column in columns}
    options = pa_csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=[""]
    )
    reading = pa_csv.ReadOptions(column_names=list(columns), use_threads=False)
    parsing = pa_csv.ParseOptions(quote_char=False)
    try:
        rows = pa_csv.read_csv(
            pa.BufferReader(pa.py_buffer(text).slice(start)), reading, parsing, options
        )
    except pa.ArrowInvalid as error:
        if start < len(text):
            raise BadData(f"{name}: {error}") from None
        rows = pa.schema(types.items()).empty_table()
    if rows["date_update"].null_count:
        raise BadData(f"{name}: a row without date_update")
    return Index(updated, _with_floats(_with_positions(rows), name))


def _unpacked(data: bytes, name: str) -> bytes:
    """Return the text of a plain, gzipped or twice gzipped file."""
    while data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadData(f"{name}: damaged gzip: {error}") from None
    return data


def _header(text: bytes, name: str, columns: Sequence[str]) -> tuple[datetime, int]:
    """Return the date of update and where the rows start."""
    notes, at = {}, 0
    while text.startswith(b"#", at):
        stop = text.index(b"\n", at)
        key, _, value = text[at + 1 : stop].decode("latin-1").partition(":")
        notes[key.strip()] = value.strip()
        at = stop + 1
    if _UPDATED not in notes:
        raise BadData(f"{name}: its header lacks the line '# {_UPDATED} : …'")
    stop = text.find(b"\n", at)
    found = text[at:stop].decode("latin-1").strip()
    if found != ",".join(columns):
        raise BadData(f"{name}: its columns are {found[:200]!r}, not {','.join(columns)!r}")
    try:
        updated = datetime.strptime(notes[_UPDATED], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise BadData(f"{name}: its date of update is {notes[_UPDATED]!r}") from None
    return updated, stop + 1


def _with_positions(rows: pa.Table) -> pa.Table:
    """Set both coordinates to null where one is impossible."""
    if "latitude" not in rows.column_names:
        return rows
    latitude, longitude = _position(rows)
    none = ~((np.abs(latitude) <= _POLE) & (longitude >= -_HALF) & (longitude <= _CIRCLE))
    for column, degrees in (("latitude", latitude), ("longitude", longitude)):
        at = rows.column_names.index(column)
        rows = rows.set_column(at, column, pa.array(degrees, mask=none))
    return rows


def _position(rows: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude, NaN for null."""
    return rows["latitude"].to_numpy(), rows["longitude"].to_numpy()


def _with_floats(rows: pa.Table, name: str) -> pa.Table:
    """Add the columns that every path begins with: ``dac/wmo/…``."""
    parts = pc.split_pattern(rows["file"], "/", max_splits=2)
    if rows.num_rows and pc.min(pc.list_value_length(parts)).as_py() < len(("dac", "wmo", "rest")):
        raise BadData(f"{name}: a path without float and DAC")
    try:
        wmo = pc.list_element(parts, 1).cast(pa.int32())
    except pa.ArrowInvalid as error:
        raise BadData(f"{name}: {error}") from None
    return rows.append_column("dac", pc.list_element(parts, 0)).append_column("wmo", wmo)
