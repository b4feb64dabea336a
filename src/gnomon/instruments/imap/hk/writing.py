"""Writes housekeeping rows: CSV with the columns that users know, Parquet with types and units.

CSV: ``epoch`` (TT2000, nanoseconds), the fields, the header, ``time_met_iso`` (the spacecraft's
clock as a date, which is not UTC) and ``epoch_iso`` (UTC). A float is written as Python writes it,
with as many digits as tell it from every other one; what a packet lacks is left empty.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.formats.packets import Column
from gnomon.instruments.imap.hk.rows import Field, Rows
from gnomon.timescales.sclk import MET_EPOCH, SpacecraftClock
from gnomon.timescales.tt2000 import Int64s, iso, utc_of_tt2000

_SPECIAL = frozenset(',"\r\n')
_FEW = 2
"""Bytes of integers that have few enough values to occur again and again."""


def write_csv(path: Path, rows: Rows, clock: SpacecraftClock) -> None:
    """Write rows as CSV; the same rows give the same bytes."""
    columns = {
        "epoch": _texts(rows.tt2000),
        **{field.name: _present(field.column) for field in rows.fields},
        "time_met_iso": np.datetime_as_string(_met(rows.met_s)).tolist(),
        "epoch_iso": iso(rows.tt2000, clock.leap_seconds).tolist(),
    }
    header = ",".join(map(_quoted, columns))
    lines = [header, *map(",".join, zip(*columns.values(), strict=True)), ""]
    path.write_bytes("\n".join(lines).encode())


def _met(met_s: Int64s) -> NDArray[np.datetime64]:
    return np.asarray(MET_EPOCH.astype("M8[s]") + met_s.astype("m8[s]"))


def _present(column: Column) -> list[str]:
    texts = _texts(column.values)
    if column.present is None:
        return texts
    return [text if is_there else "" for text, is_there in zip(texts, column.present, strict=True)]


def _texts(values: NDArray[Any]) -> list[str]:
    """Return values as text; what occurs often is written once."""
    if values.dtype == object:
        objects = values.tolist()
        if set(map(type, objects)) <= {str, int, bytes}:
            known = {value: _text(value) for value in set(objects)}
            return [known[value] for value in objects]
        return [_text(value) for value in objects]
    if values.dtype.kind == "f":
        # Told apart by their bits: -0.0 equals 0.0, and is written otherwise.
        bits, where = np.unique(np.ascontiguousarray(values, "f8").view("i8"), return_inverse=True)
        texts = ["" if math.isnan(value) else repr(value) for value in bits.view("f8").tolist()]
    elif values.dtype.itemsize <= _FEW:
        few, where = np.unique(values, return_inverse=True)
        texts = list(map(str, few.tolist()))
    else:
        return list(map(str, values.tolist()))
    found: list[str] = np.array(texts, dtype=object)[where].tolist()
    return found


def _text(value: Any) -> str:
    if isinstance(value, bytes):  # Decimal: Python refuses to write long integers
        return format(Decimal(int.from_bytes(value, "big")), "f")
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL & set(text) else text


def write_parquet(path: Path, rows: Rows, clock: SpacecraftClock, kernels: Iterable[str]) -> None:
    """Write rows as Parquet: units and labels at the columns, the clock at the table.

    Parameters
    ----------
    path : Path
    rows : Rows
    clock : SpacecraftClock
    kernels : iterable of str
        Names of those that gave the times.
    """
    utc = utc_of_tt2000(rows.tt2000, clock.leap_seconds)
    columns = {
        "epoch": (pa.array(rows.tt2000), {"unit": "ns", "scale": "TT2000"}),
        **{field.name: (_array(field.column), _metadata(field)) for field in rows.fields},
        "time_met_iso": (pa.array(_met(rows.met_s)), {"scale": "spacecraft clock"}),
        "epoch_iso": (pa.array(utc, pa.timestamp("ns", "UTC")), {"scale": "UTC"}),
    }
    fields = [
        pa.field(name, array.type, metadata=metadata) for name, (array, metadata) in columns.items()
    ]
    about = {
        "packet": rows.packet,
        "clock": "correlated" if clock.is_correlated else "mission elapsed time + leap seconds",
        "kernels": " ".join(kernels),
    }
    schema = pa.schema(fields, metadata={f"gnomon.{name}": text for name, text in about.items()})
    table = pa.Table.from_arrays([array for array, _ in columns.values()], schema=schema)
    # Measured: without dictionaries files are smaller, and written faster.
    pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=False)


def _metadata(field: Field) -> dict[str, str]:
    found = {"parameter": field.parameter}
    if field.column.unit:
        found["unit"] = field.column.unit
    if field.column.labels:
        labels = {str(raw): label for raw, label in field.column.labels.items()}
        found["labels"] = json.dumps(labels, separators=(",", ":"), sort_keys=True)
    return found


def _array(column: Column) -> pa.Array:
    mask = None if column.present is None else ~column.present
    values = column.values
    if values.dtype != object:
        return pa.array(values, mask=mask)
    there = values if column.present is None else values[column.present]
    is_binary = bool(len(there)) and all(isinstance(value, bytes) for value in there.tolist())
    texts = [value if is_binary or value is None else str(value) for value in values.tolist()]
    return pa.array(texts, pa.binary() if is_binary else pa.string(), mask=mask)
