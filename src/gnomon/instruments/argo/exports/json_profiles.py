"""JSON: profiles with their measurements, in the shape of `gnomon.instruments.argo.exports.model`.

Measurements are written by Arrow, column by column, so that a million levels take seconds; every
measurement stands on a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.core.dataset import Provenance
from gnomon.instruments.argo.exports.rows import Grouped, good_only, parameters_of
from gnomon.instruments.argo.exports.texts import texts

COLUMNS = {
    "depth": "depth_m",
    "pressure": "pres",
    "temperature": "temp",
    "salinity": "psal",
    "oxygen": "doxy",
    "chlorophyll": "chla",
}
"""Names of the documented model, and the columns that they are."""
QUALITY = {"R": "REAL_TIME", "A": "ADJUSTED", "D": "DELAYED"}
"""What `quality_status` says of a data mode."""
PLATFORM = (
    *("float_type", "platform_type", "platform_maker", "float_serial_no", "firmware_version"),
    *("wmo_inst_type", "data_centre", "project_name", "operating_institution", "pi_name"),
    "launch_date",
)
"""What stands of the float itself, of the object of `argo.float`."""
_FLAGGED = ("temperature", "salinity", "oxygen", "chlorophyll", "pressure")
_ROWS_AT_ONCE = 65_536
_COMMA = ", "


def json_profiles(
    levels: pa.Table,
    profiles: pa.Table,
    provenance: Provenance,
    *,
    platform: Mapping[str, Any] | None = None,
    good: bool = False,
    indent: int = 2,
) -> Iterator[str]:
    """Yield the document piece by piece.

    Parameters
    ----------
    levels : pyarrow.Table
        Chosen values, of `argo.analysis`.
    profiles : pyarrow.Table
        Of `argo.profiles`, in the same order.
    provenance : Provenance
        Its step and fingerprint stand in the metadata of every profile.
    platform : mapping, optional
        The object of `argo.float`.
    good : bool
        Only good values (flags 1, 2, 5, 8), and only the levels that have one.
    indent : int
        Spaces per depth; 0 writes a profile without line breaks between its entries.
    """
    grouped = Grouped.of(levels, profiles)
    if good:
        grouped = Grouped(good_only(levels), grouped.profiles)
    said = {
        "platform": _platform(platform),
        "provenance": {
            "step": provenance.step,
            "step_version": provenance.step_version,
            "fingerprint": provenance.fingerprint,
        },
    }
    separator = "[\n"
    for _, chunk in grouped.chunks(_ROWS_AT_ONCE):
        for profile in _profiles(chunk, said, indent):
            yield separator + profile
            separator = ",\n"
    yield "\n]\n" if separator != "[\n" else "[]\n"


def _platform(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if record is None else {name: record.get(name) for name in PLATFORM}


def _profiles(chunk: Grouped, said: Mapping[str, Any], indent: int) -> Iterator[str]:
    """Yield the text of each profile."""
    margin, deeper = "\n" + " " * indent, "\n" + " " * 3 * indent
    offsets = pa.array((chunk.bounds - chunk.bounds[0]).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, _measurements(chunk.levels))
    joined = pc.binary_join(lists, f",{deeper}").to_pylist()
    about = zip(_rows(chunk.profiles), _max_depths(chunk), _modes(chunk), joined, strict=True)
    for row, depth, modes, measured in about:
        entry = _entry(row, depth, modes, said)
        text = json.dumps(entry, indent=indent or None, ensure_ascii=False, allow_nan=False)
        text = margin[1:] + text.replace("\n", margin)  # in strings, breaks are written as \\n
        if measured:
            lines = f"[{deeper}{measured}{margin}{margin[1:]}]"
            # Only numbers and a time stand before it, so the first match is the entry.
            text = text.replace('"measurements": []', f'"measurements": {lines}', 1)
        yield text


def _entry(
    row: Mapping[str, Any], depth: float | None, modes: Mapping[str, str], said: Mapping[str, Any]
) -> dict[str, Any]:
    metadata = {
        "direction": row["direction"],
        "n_prof": row["n_prof"],
        "data_mode": row["data_mode"],
        "parameter_data_modes": modes,
        "position_qc": row["position_qc"],
        "time_qc": row["juld_qc"],
        "source_file": row["source_file"],
        "sha256": row["sha256"],
        "date_update": row["date_update"],
    }
    return {
        "float_id": str(row["platform_number"]),
        "cycle_number": row["cycle_number"],
        "profile_time": row["juld"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "measurements": [],
        "max_depth": depth,
        "quality_status": QUALITY.get(row["data_mode"] or ""),
        "metadata": {**metadata, **said},
    }


def _rows(profiles: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield one profile's columns by name, times as text."""
    for name in ("juld", "date_update"):
        at = profiles.column_names.index(name)
        profiles = profiles.set_column(at, name, texts(profiles[name]))
    yield from profiles.to_pylist()


def _modes(chunk: Grouped) -> list[dict[str, str]]:
    """Return the data modes of the parameters that each profile has: constant in it."""
    starts, stops = chunk.bounds[:-1], chunk.bounds[1:]
    filled = np.flatnonzero(stops > starts)
    found: list[dict[str, str]] = [{} for _ in starts]
    for name in parameters_of(chunk.levels):
        modes = chunk.levels[f"{name}_mode"].take(pa.array(starts[filled])).to_pylist()
        for index, mode in zip(filled.tolist(), modes, strict=True):
            if mode is not None:
                found[index][name.upper()] = mode
    return found


def _max_depths(chunk: Grouped) -> list[float | None]:
    """Return the greatest depth of each profile, as its measurements spell it."""
    depth = chunk.levels["depth_m"].to_numpy().astype(np.float32)
    pairs = zip(chunk.bounds[:-1], chunk.bounds[1:], strict=True)
    deepest = [np.fmax.reduce(depth[start:stop], initial=np.nan) for start, stop in pairs]
    return [None if np.isnan(value) else float(str(value)) for value in deepest]


def _measurements(levels: pa.Table) -> pa.Array:
    """Return each level as the text of one JSON object."""
    entries: dict[str, Any] = {name: _json(levels, column) for name, column in COLUMNS.items()}
    entries["qc_flags"] = _object({n: _json(levels, f"{COLUMNS[n]}_qc") for n in _FLAGGED})
    if others := [name for name in parameters_of(levels) if name not in COLUMNS.values()]:
        # Arrow's own skipping of nulls drops the levels that have none of them.
        joined = pc.binary_join_element_wise(*(_other(levels, name) for name in others), "")
        entries["other"] = ["{", pc.utf8_slice_codeunits(joined, len(_COMMA)), "}"]
    # The empty text ends the list: it is what stands between the pieces.
    return pc.binary_join_element_wise(*_object(entries), "")


def _other(levels: pa.Table, name: str) -> pa.Array:
    """Return one further parameter as a comma and an entry; empty in profiles without it."""
    value = _object({"value": _json(levels, name), "qc": _json(levels, f"{name}_qc")})
    entry = pc.binary_join_element_wise(f'{_COMMA}"{name}": ', *value, "")
    has = pc.is_valid(levels[f"{name}_mode"]).combine_chunks()
    return pc.if_else(has, entry, "")


def _object(entries: Mapping[str, Any]) -> list[Any]:
    """Return the pieces of a JSON object: fixed text, and columns of values."""
    pieces: list[Any] = []
    for name, value in entries.items():
        pieces.append(f'{", " if pieces else "{"}"{name}": ')
        pieces += value if isinstance(value, list) else [value]
    return [*pieces, "}"]


def _json(levels: pa.Table, column: str) -> pa.Array | str:
    """Return a column as JSON; a float that lacks it has null."""
    if column not in levels.column_names:
        return "null"
    return texts(levels[column]).fill_null("null")
