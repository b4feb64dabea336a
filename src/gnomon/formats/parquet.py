"""Writes Parquet: whole files or none, their provenance inside, the same bytes every time.

No clock and no host name goes into a file, so the same table and provenance give the same bytes
with the same version of Arrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData

PROVENANCE_KEY = b"gnomon.provenance"
_OPTIONS: Mapping[str, Any] = {
    "compression": "zstd",
    "use_dictionary": False,  # measured: zstd makes plain columns smaller, and they write faster
    "write_statistics": True,
}


def write_table(
    path: Path,
    table: pa.Table,
    provenance: Provenance,
    *,
    zstd_level: int = 1,
    row_group_rows: int = 65_536,
) -> None:
    """Write a table and its provenance, under another name first, then renamed.

    Parameters
    ----------
    path : Path
    table : pyarrow.Table
        The metadata of its fields (units, long names) is kept.
    provenance : Provenance
        Stands as JSON under ``gnomon.provenance`` in the file's metadata.
    zstd_level : int
        1 is as fast as no compression and within a few percent of the densest, for floats.
    row_group_rows : int
        Rows per row group; each keeps the least and greatest value of every column, by which
        readers skip it.
    """
    part = path.with_name(path.name + ".part")
    options = {**_OPTIONS, "compression_level": zstd_level}
    pq.write_table(described(table, provenance), part, row_group_size=row_group_rows, **options)
    part.replace(path)


def write_row_groups(
    path: Path,
    schema: pa.Schema,
    tables: Iterable[pa.Table],
    provenance: Provenance,
    *,
    zstd_level: int = 1,
) -> None:
    """Write tables as `write_table` does, each as one row group, and hold one at a time.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of all tables.
    """
    part = path.with_name(path.name + ".part")
    whole = described(schema.empty_table(), provenance).schema
    with pq.ParquetWriter(part, whole, compression_level=zstd_level, **_OPTIONS) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    part.replace(path)


def described(table: pa.Table, provenance: Provenance) -> pa.Table:
    """Return a table whose metadata holds the provenance, in place of any that it had."""
    text = json.dumps(asdict(provenance), sort_keys=True, separators=(",", ":"))
    metadata = {**(table.schema.metadata or {}), PROVENANCE_KEY: text.encode()}
    return table.replace_schema_metadata(metadata)


def read_rows(path: Path, names: Iterable[str] | None = None) -> pa.Table:
    """Return the columns of a file that have one of the names, or all.

    Nothing is taken from the names of its folders, as `pyarrow.parquet.read_table` takes it.

    Raises
    ------
    BadData
        The file is no Parquet, or cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            return file.read(None if names is None else list(names))
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None


def read_provenance(path: Path) -> dict[str, Any]:
    """Return the provenance inside a file that `write_table` wrote, as parsed JSON.

    Raises
    ------
    BadData
        The file is no Parquet, or carries no provenance.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
    except pa.ArrowInvalid as error:
        raise BadData(f"{path.name}: {error}") from None
    if PROVENANCE_KEY not in metadata:
        raise BadData(f"{path.name}: carries no provenance")
    return dict(json.loads(metadata[PROVENANCE_KEY]))
