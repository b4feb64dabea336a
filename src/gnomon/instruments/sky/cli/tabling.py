"""Tables that commands write: CSV or Parquet, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.core.dataset import Provenance
from gnomon.errors import ConfigError
from gnomon.store.hashing import sha256_of

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".csv", ".parquet")


def check_suffix(path: Path) -> None:
    """Refuse a file of another sort, before any work is done.

    Raises
    ------
    ConfigError
        It ends in neither.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path}: a table is written as {' or '.join(SUFFIXES)}")


def write(path: Path, table: pa.Table, provenance: Provenance) -> None:
    """Write a table as the file's suffix says; numbers that are none are empty in CSV.

    Raises
    ------
    ConfigError
        It ends otherwise, or cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - takes long to load
    import pyarrow.csv as pa_csv  # noqa: PLC0415  as above

    from gnomon.formats.parquet import write_table  # noqa: PLC0415  as above
    from gnomon.instruments.sky.curves.batches import known  # noqa: PLC0415  as above

    check_suffix(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".parquet":
            write_table(path, table, provenance)
            return
        part = path.with_name(path.name + ".part")
        plain = [known(column) for column in table.columns]
        pa_csv.write_csv(pa.table(plain, names=table.column_names), part)
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error}") from None


def provenance_of(
    step: str, version: int, options: Mapping[str, Any], files: Sequence[Path]
) -> Provenance:
    """Return what made a table by hand: the step, its options, and the files."""
    inputs = tuple(sorted(("files", "file", path.name, sha256_of(path)) for path in files))
    return Provenance(step, version, "", json.dumps(options, sort_keys=True), inputs)
