"""Layers as files: a JSON that describes, and beside it a CSV that holds the rows.

Times in the CSV are UTC with a fraction; what is written has all nine digits, what is read may
have fewer. The JSON names its CSV and gives its MD5.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from gnomon.errors import BadData
from gnomon.instruments.imap.calibration.layers import Layer
from gnomon.timescales.tt2000 import iso, tt2000_of_utc, utc_of_tt2000

COLUMNS = (
    *("time", "offset_x", "offset_y", "offset_z", "timedelta"),
    *("quality_flag", "quality_bitmask"),
)
VECTOR, CHANGES = "vector", "boundary_changes"
SENSORS = {"mago": "MAGo", "magi": "MAGi"}
_NUMBERS = COLUMNS[1:]
_CHUNK = 1 << 19


@dataclass(frozen=True)
class Description:
    """What a layer's JSON says beside the rows.

    Attributes
    ----------
    method : str
        ``gradiometer``, ``quality``, ``manual``, …
    mode : str
        ``norm`` or ``burst``.
    sensor : str
        ``mago`` or ``magi``.
    day : date
        UTC.
    validity : tuple of int
        TT2000 of the first and the last instant.
    science, dependencies : tuple of str
        Names of the files that it was made of.
    comment : str
    """

    method: str
    mode: str
    sensor: str
    day: date
    validity: tuple[int, int]
    science: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    comment: str = ""


# -- writing


def write_layer(json_path: Path, csv_path: Path, layer: Layer, says: Description) -> None:
    """Write both files; the commit puts the version where the JSON has marks for it."""
    write_rows(csv_path, layer)
    data_name = f"imap_mag_{says.method}-{says.mode}-layer-data_{says.day:%Y%m%d}_v@@@.@@@@.csv"
    start, stop = (str(iso(instant)) for instant in says.validity)
    document = {
        "id": "",
        "mission": "IMAP",
        "validity": {"start": start, "end": stop},
        "sensor": SENSORS[says.sensor],
        "version": "@minor@",
        "version_major": "@major@",
        "metadata": {
            "data_filename": data_name,
            "data_hash": _md5(csv_path),
            "dependencies": list(says.dependencies),
            "science": list(says.science),
            "content_date": f"{says.day:%Y-%m-%d}",
            "comment": says.comment,
        },
        "method": says.method,
        "value_type": VECTOR if layer.by_vector else CHANGES,
    }
    json_path.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")


def write_rows(path: Path, layer: Layer) -> None:
    """Write the rows of a layer, the same text for the same numbers."""
    with path.open("wb") as stream:
        stream.write(",".join(COLUMNS).encode() + b"\n")
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        for start in range(0, len(layer.tt2000), _CHUNK):
            csv.write_csv(_rows(layer, slice(start, start + _CHUNK)), stream, options)


def _rows(layer: Layer, part: slice) -> pa.Table:
    times = pa.array(utc_of_tt2000(layer.tt2000[part])).cast(pa.string())
    columns = [
        pc.binary_replace_slice(times, 10, 11, "T"),
        *(pa.array(np.ascontiguousarray(layer.offsets[part, axis])) for axis in range(3)),
        pa.array(layer.timedelta_s[part]),
        pa.array(layer.quality_flag[part]),
        pa.array(layer.quality_bitmask[part]),
    ]
    return pa.table(columns, names=list(COLUMNS))


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


# -- reading


def read_layer(path: Path) -> Layer:
    """Read a layer by its JSON.

    Raises
    ------
    BadData
        One of the two files is missing or damaged, or the CSV is not the one that is described.
    """
    said = _document(path)
    kind = said.get("value_type", VECTOR)
    if kind not in {VECTOR, CHANGES}:
        raise BadData(f"{path.name}: value_type {kind!r} is neither {VECTOR} nor {CHANGES}")
    metadata = said.get("metadata")
    if not isinstance(metadata, Mapping):
        raise BadData(f"{path.name}: has no metadata")
    data = _data_file(path, metadata)
    wanted = metadata.get("data_hash")
    if wanted and _md5(data) != wanted:
        raise BadData(f"{path.name}: {data.name} is not the CSV that it describes (MD5)")
    return read_rows(data, by_vector=kind == VECTOR, name=path.name)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadData(f"{path.name}: no readable layer: {error}") from None
    if not isinstance(said, Mapping):
        raise BadData(f"{path.name}: is no layer")
    return said


def _data_file(path: Path, metadata: Mapping[str, Any]) -> Path:
    """Return the CSV: the one that is named, or the one that has the JSON's own version."""
    named = Path(str(metadata.get("data_filename") or "")).name
    own = path.name.replace("-layer_", "-layer-data_").removesuffix(".json") + ".csv"
    for name in (named, own):
        if name and (path.parent / name).is_file():
            return path.parent / name
    raise BadData(f"{path.name}: its CSV {named or own} is missing")


def read_rows(path: Path, *, by_vector: bool, name: str = "") -> Layer:
    """Read the rows of a layer, in any order of columns and, of change points, of rows.

    Raises
    ------
    BadData
        It is no such CSV, or a quality is not a number.
    """
    table = _table(path)
    if missing := [column for column in COLUMNS if column not in table.column_names]:
        raise BadData(f"{path.name}: lacks {', '.join(missing)}")
    if table["time"].null_count:
        raise BadData(f"{path.name}: a row has no time")
    numbers = {column: _numbers(table, column) for column in _NUMBERS}
    tt2000 = tt2000_of_utc(table["time"].to_numpy())
    order = np.argsort(tt2000, kind="stable")
    offsets = np.column_stack([numbers[f"offset_{axis}"] for axis in "xyz"])
    return Layer(
        name or path.name,
        tt2000[order],
        offsets[order],
        numbers["timedelta"][order],
        _whole(numbers["quality_flag"], path, "quality_flag")[order].astype(np.int8),
        _whole(numbers["quality_bitmask"], path, "quality_bitmask")[order],
        by_vector=by_vector,
    )


def _table(path: Path) -> pa.Table:
    numbers = dict.fromkeys(_NUMBERS, pa.float64())
    problem: Exception | None = None
    for zone in (None, "UTC"):  # with a Z behind it, too
        types = numbers | {"time": pa.timestamp("ns", zone)}
        options = csv.ConvertOptions(column_types=types)
        try:
            return csv.read_csv(path, convert_options=options)
        except (pa.ArrowInvalid, OSError) as error:
            problem = problem or error
    raise BadData(f"{path.name}: no readable rows: {problem}")


def _numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    return np.array(table[column].to_numpy(), dtype=np.float64)  # null becomes NaN


def _whole(values: NDArray[np.float64], path: Path, column: str) -> NDArray[np.int32]:
    """Return whole numbers of 8 or 16 bits and a sign; what is more stays out of range."""
    if not np.isfinite(values).all() or np.any(values != np.rint(values)):
        raise BadData(f"{path.name}: a {column} is not a whole number")
    limit = 100 if column == "quality_flag" else 1 << 20
    return np.clip(values, -limit, limit).astype(np.int32)
