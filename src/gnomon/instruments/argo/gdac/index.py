"""Reads the index files of a GDAC, and turns their rows into items.

An index is text: lines of ``# key : value``, one line of column names, then comma-separated rows
(Argo user's manual, section "Index of profile files"). Its ``date_update`` equals the DATE_UPDATE
inside the file, so path and date tell whether a file is known.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from gnomon.core.items import Item
from gnomon.errors import BadData, ConfigError
from gnomon.instruments.argo.kinds import CYCLE, PROFILE_PATH

_log = logging.getLogger(__name__)
PROFILE_INDEX = "ar_index_global_prof.txt"
META_INDEX = "ar_index_global_meta.txt"

_PROFILE_COLUMNS = [
    "file",
    "date",
    "latitude",
    "longitude",
    "ocean",
    "profiler_type",
    "institution",
    "date_update",
]
_META_COLUMNS = ["file", "profiler_type", "institution", "date_update"]
_USED = {
    "file": pa.string(),
    "date": pa.int64(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "date_update": pa.int64(),
}
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
        ``date``, int64, YYYYMMDDHHMISS as in the file; ``latitude`` and ``longitude`` in degrees.
        An empty date and an impossible position (-99.999, -999.999, 99999) are null. An index of
        meta files has neither date nor position.
    """

    updated: datetime
    rows: pa.Table


@dataclass(frozen=True)
class Selection:
    """Which floats to take; what is left out does not restrict.

    Attributes
    ----------
    floats : frozenset of int
        WMO numbers.
    dacs : frozenset of str
    box : (west, east, south, north), optional
        Degrees, the edges in; a west beyond the east crosses the antimeridian.
    since : datetime, optional
        Files updated then or later; aware.
    """

    floats: frozenset[int] = frozenset()
    dacs: frozenset[str] = frozenset()
    box: tuple[float, float, float, float] | None = None
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.since.tzinfo is None:
            raise ConfigError("since needs a time zone")
        if self.box is not None:
            _check_box(*self.box)

    @property
    def all(self) -> bool:
        """Whether everything is taken."""
        return self == Selection()

    def mask(self, index: Index) -> NDArray[np.bool_]:
        """Tell which rows of an index are taken, (row,) bool.

        A row without a position lies in no box; an index without positions (the one of meta
        files) is not restricted by the box.
        """
        rows = index.rows
        taken = np.ones(rows.num_rows, np.bool_)
        if self.floats:
            taken &= np.isin(rows["wmo"].to_numpy(), list(self.floats))
        if self.dacs:
            taken &= pc.is_in(rows["dac"], pa.array(sorted(self.dacs))).to_numpy()
        if self.since is not None:
            oldest = int(self.since.astimezone(UTC).strftime("%Y%m%d%H%M%S"))
            taken &= rows["date_update"].to_numpy() >= oldest
        if self.box is not None and "latitude" in rows.column_names:
            taken &= _inside(rows, *self.box)
        return taken


def read_profile_index(data: bytes, name: str = PROFILE_INDEX) -> Index:
    """Parse an index of profile files; see `read_meta_index`."""
    return _read(data, name, _PROFILE_COLUMNS)


def read_meta_index(data: bytes, name: str = META_INDEX) -> Index:
    """Parse an index of meta-data files: it lists floats that have no profile yet.

    Parameters
    ----------
    data : bytes
        The file, plain or gzipped (even twice, as one mirror has it).
    name : str
        What messages call it.

    Raises
    ------
    BadData
        The file is cut, its header or columns are others, or a row makes no sense.
    """
    return _read(data, name, _META_COLUMNS)


def items(index: Index, taken: NDArray[np.bool_] | None = None) -> list[Item]:
    """Turn the rows of a profile index into one item per float and cycle.

    Core files only (B, S and M files are left out; rows that are no paths of profile files too,
    with a warning). Of a delayed-mode and a real-time file of one cycle the delayed one leads; of
    one file listed twice, the newer row.

    Parameters
    ----------
    index : Index
    taken : (row,) bool, optional
        From `Selection.mask`; all rows by default.
    """
    odd: list[str] = []
    best: dict[tuple[str, str], tuple[str, int, str]] = {}
    for path, date_update in _chosen(index, taken):
        match = PROFILE_PATH.fullmatch(path)
        if match is None:
            odd.append(path)
            continue
        _, wmo, kind, mode, cycle = match.groups()
        if kind:
            continue
        known = best.get((wmo, cycle))
        if known is None or (mode == "D", date_update) > (known[0] == "D", known[1]):
            best[wmo, cycle] = (mode, date_update, path)
    if odd:
        what = "rows are no paths of profile files and are left out, the first:"
        _log.warning("%s: %d %s %s", PROFILE_INDEX, len(odd), what, odd[0])
    return [_item(wmo, cycle, *found) for (wmo, cycle), found in best.items()]


def floats(index: Index, taken: NDArray[np.bool_] | None = None) -> dict[int, str]:
    """Return the DAC of every float that an index of either sort lists, by WMO number."""
    rows = index.rows if taken is None else index.rows.filter(pa.array(taken))
    pairs = rows.select(["wmo", "dac"]).group_by(["wmo", "dac"], use_threads=False).aggregate([])
    return dict(zip(pairs["wmo"].to_pylist(), pairs["dac"].to_pylist(), strict=True))


def _chosen(index: Index, taken: NDArray[np.bool_] | None) -> Iterator[tuple[str, int]]:
    rows = index.rows.select(["file", "date_update"])
    rows = rows if taken is None else rows.filter(pa.array(taken))
    return zip(rows["file"].to_pylist(), rows["date_update"].to_pylist(), strict=True)


def _item(wmo: str, cycle: str, mode: str, date_update: int, path: str) -> Item:
    stamp, (dac, _, _, name) = str(date_update), path.split("/")
    tags = {"dac": dac, "mode": mode, "name": name, "date_update": stamp}
    return Item(CYCLE.name, {"wmo": int(wmo), "cycle": cycle}, "dac/" + path, stamp, tags=tags)


def _read(data: bytes, name: str, columns: list[str]) -> Index:
    text = _unpacked(data, name)
    if not text.endswith(b"\n"):
        raise BadData(f"{name}: cut, its last line has no end")
    updated, start = _header(text, name, columns)
    types = {column: kind for column, kind in _USED.items() if column in columns}
    options = pa_csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=[""]
    )
    reading = pa_csv.ReadOptions(column_names=columns, use_threads=False)
    try:
        rows = pa_csv.read_csv(
            pa.BufferReader(pa.py_buffer(text).slice(start)), reading, convert_options=options
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


def _header(text: bytes, name: str, columns: list[str]) -> tuple[datetime, int]:
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


def _check_box(west: float, east: float, south: float, north: float) -> None:
    if not (-_POLE <= south <= north <= _POLE):
        raise ConfigError(f"a box from {south} to {north} degrees north")
    if not all(-_HALF <= degrees <= _CIRCLE for degrees in (west, east)):
        raise ConfigError(f"a box from {west} to {east} degrees east")


def _inside(
    rows: pa.Table, west: float, east: float, south: float, north: float
) -> NDArray[np.bool_]:
    """Tell which rows lie in a box; the width is measured eastwards from its west."""
    latitude, longitude = _position(rows)
    width = _CIRCLE if east - west >= _CIRCLE else (east - west) % _CIRCLE
    inside = (longitude - west) % _CIRCLE <= width
    return inside & (latitude >= south) & (latitude <= north)
