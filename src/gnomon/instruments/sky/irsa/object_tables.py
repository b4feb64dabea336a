"""Answers of TAP, in CSV, as Parquet with the types that the service says."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from gnomon.core.kinds import Tags
from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import Answer, with_answers
from gnomon.instruments.sky.kinds import ANSWERED

_TYPES = {
    "long": pa.int64(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "short": pa.int16(),
    "smallint": pa.int16(),
    "double": pa.float64(),
    "float": pa.float32(),
    "real": pa.float32(),
}
"""VOTable's names, and ADQL's; anything else stays text."""
_NULLS = ["", "null", "NULL", "NaN", "nan"]


def write_objects(dest: Path, body: bytes, types: Mapping[str, str], tags: Tags) -> int:
    """Write an answer as Parquet; return its number of rows.

    Parameters
    ----------
    body : bytes
        CSV with a header.
    types : mapping of str to str
        Of the columns, as TAP_SCHEMA names them.
    tags : mapping of str to str
        Where the answer comes from.

    Raises
    ------
    BadData
        The answer is no such table.
    """
    known = {name: _TYPES.get(kind.lower(), pa.string()) for name, kind in types.items()}
    try:
        table = pcsv.read_csv(
            BytesIO(body),
            read_options=pcsv.ReadOptions(use_threads=False),
            convert_options=pcsv.ConvertOptions(
                column_types=known, null_values=_NULLS, strings_can_be_null=True
            ),
        )
        names = table.column_names
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise BadData(f"IRSA's objects are no table: {str(error).partition(chr(10))[0]}") from None
    if stray := [name for name in names if name not in known]:
        raise BadData(f"IRSA's objects have columns that it does not know: {', '.join(stray)}")
    said = {name: tags.get(name, "") for name in ANSWERED}
    answer = Answer(**said, sha256=sha256(body).hexdigest())
    pq.write_table(with_answers(table, [answer]), dest, compression="zstd")
    return int(table.num_rows)
