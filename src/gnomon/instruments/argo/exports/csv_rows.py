"""CSV (RFC 4180) of a table: a line of names, then one line per row; null is empty."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from gnomon.instruments.argo.exports.texts import texts

_ROWS_AT_ONCE = 65_536
_END = "\r\n"


def csv_rows(table: pa.Table) -> Iterator[str]:
    """Yield the text piece by piece.

    Numbers read back as they are in the table; times are ISO 8601 in UTC. Text that holds a comma,
    a quote or a line break stands in quotes.
    """
    yield ",".join(_quoted(pa.array(table.column_names)).to_pylist()) + _END
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        part = table.slice(start, _ROWS_AT_ONCE)
        columns = [_quoted(texts(column)).fill_null("") for column in part.columns]
        lines = pc.binary_join_element_wise(*columns, ",")
        whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        yield pc.binary_join(whole, _END)[0].as_py() + _END


def _quoted(array: pa.Array) -> pa.Array:
    """Put what a reader would take apart in quotes."""
    special = pc.match_substring_regex(array, '[",\r\n]')
    if not pc.any(special).as_py():
        return array
    doubled = pc.replace_substring(array, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), array)
