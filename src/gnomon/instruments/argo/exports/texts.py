"""Columns as text, by the million: what CSV and JSON are made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def texts(column: pa.ChunkedArray) -> pa.Array:
    """Return values as text, null where there is none.

    Numbers have the fewest digits that read back as the same number; what is not finite is no
    value. Times are ISO 8601 in UTC, with milliseconds only where there are some.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_timestamp(array.type):
        return _instants(array)
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_finite(array), array, pa.scalar(None, array.type))
    return array.cast(pa.string())


def _instants(array: pa.Array) -> pa.Array:
    """Return times as text; the levels of a profile share one, so each is written once."""
    coded = array.dictionary_encode()
    instants = coded.dictionary.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    # No time zone database is asked, which small images lack.
    said = np.datetime_as_string(instants.astype("datetime64[us]"), unit="ms")
    names = pa.array([f"{text.removesuffix('.000')}Z" for text in said.tolist()], pa.string())
    return names.take(coded.indices)
