"""Arrow IPC files: read without parsing, and mapped into memory when they are not compressed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa

from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import described

Compression = Literal["zstd", "none"]
_ROWS_AT_ONCE = 65_536


def write_arrow(
    path: Path, table: pa.Table, provenance: Provenance, *, compression: Compression = "zstd"
) -> None:
    """Write a table and its provenance, under another name first, then renamed.

    Parameters
    ----------
    compression : str
        ``zstd``, or ``none``: then `pyarrow.memory_map` gives the columns without copying them.
    """
    options = pa.ipc.IpcWriteOptions(compression=None if compression == "none" else compression)
    whole = described(table, provenance)
    part = path.with_name(path.name + ".part")
    with pa.ipc.new_file(part, whole.schema, options=options) as writer:
        writer.write_table(whole.combine_chunks(), max_chunksize=_ROWS_AT_ONCE)
    part.replace(path)
