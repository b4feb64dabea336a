"""A page of MAST's answers, from JSON to Arrow, typed by the ``fields`` that it declares.

Arrow's own parser reads the page whole. What it takes for something else than was declared (a date,
a mixture of numbers and text) is read once more by Python, slowly and exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

COMPLETE, EXECUTING, ERROR = "COMPLETE", "EXECUTING", "ERROR"
_TYPES = {
    pa.string(): ("string", "char", "varchar", "date", "datetime"),
    pa.float64(): ("float", "double", "real", "decimal"),
    pa.int64(): ("int", "integer", "long", "bigint", "smallint"),
    pa.bool_(): ("boolean", "bool", "bit"),
}
_BY_NAME = {name: kind for kind, names in _TYPES.items() for name in names}
_OF_THE_PORTAL = "_selected_"
"""A column for the web page of MAST: whether a person has ticked the row."""


@dataclass(frozen=True)
class Page:
    """One answer.

    Attributes
    ----------
    head : mapping
        What the answer says beside its rows.
    table : pyarrow.Table
        The rows; no columns where none were declared or sent.
    has_rows : bool
        The answer holds a list of rows, which may be empty.
    """

    head: Mapping[str, Any]
    table: pa.Table
    has_rows: bool = True

    @property
    def status(self) -> str:
        """``COMPLETE``, ``EXECUTING`` or ``ERROR``; some services say nothing when complete."""
        return str(self.head.get("status") or COMPLETE)

    @property
    def message(self) -> str:
        """The service's own words."""
        return str(self.head.get("msg") or "")

    @property
    def n_pages(self) -> int:
        """How many pages there are in all."""
        return int(self._paging("pagesFiltered") or 1)

    @property
    def n_rows_in_all(self) -> int | None:
        """How many rows the pages have in all, where the service says so."""
        said = self._paging("rowsFiltered")
        return None if said is None else int(said)

    def _paging(self, name: str) -> Any:
        return (self.head.get("paging") or {}).get(name)


class _Unfit(ValueError):
    """Arrow's parser understood a column otherwise than it was declared."""


def read_page(body: bytes, *, rows: str = "data", fields: str = "fields") -> Page:
    """Read one answer.

    Parameters
    ----------
    body : bytes
        A JSON object: its rows are objects under `rows`, and under `fields` are the names and
        types of the columns. What is sent is kept where it does not fit the declared type: a
        column of whole numbers that is declared a string becomes text, one of fractions that is
        declared whole stays as it is. Columns that were not declared come last.

    Raises
    ------
    ValueError
        It is no such object.
    """
    try:
        page = _fast(body, rows, fields)
    except (_Unfit, pa.ArrowInvalid, pa.ArrowNotImplementedError):
        page = _slow(body, rows, fields)
    try:
        _ = page.n_pages, page.n_rows_in_all
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"no numbers of pages and rows: {page.head.get('paging')!r}") from None
    return page


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of several pages; a column whose types differ becomes text.

    Whole numbers and fractions together become fractions; columns that some pages lack are null.
    """
    by_name: dict[str, list[pa.DataType]] = {}
    for table in tables:
        for field in table.schema:
            by_name.setdefault(field.name, []).append(field.type)
    schema = pa.schema([(name, _common(kinds)) for name, kinds in by_name.items()])
    return pa.concat_tables([_as(table, schema) for table in tables])


def _common(kinds: Sequence[pa.DataType]) -> pa.DataType:
    told = {kind for kind in kinds if not pa.types.is_null(kind)}
    if len(told) <= 1:
        return next(iter(told), pa.null())
    return pa.float64() if told <= {pa.int64(), pa.float64()} else pa.string()


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema) if columns else table


# -- by Arrow


def _fast(body: bytes, rows: str, fields: str) -> Page:
    if not body.lstrip().startswith(b"{"):
        raise _Unfit  # ``null`` ends Arrow's parser, and Python with it
    # A line's end within a text is written otherwise; of others Arrow would make several rows.
    line = body.replace(b"\n", b" ").replace(b"\r", b" ")
    whole = pj.read_json(
        BytesIO(line),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(line) + 1),
        parse_options=pj.ParseOptions(newlines_in_values=False),
    )
    if len(whole) != 1:
        raise _Unfit
    head = whole.drop_columns([rows] if rows in whole.column_names else []).to_pylist()[0]
    declared = _declared(head, fields)
    sent = pa.table({})
    if rows in whole.column_names:
        sent = _rows(whole[rows].combine_chunks())
    n_rows = len(sent)
    sent = sent.drop_columns([_OF_THE_PORTAL] if _OF_THE_PORTAL in sent.column_names else [])
    columns = {
        name: _typed(sent[name], kind) if name in sent.column_names else pa.nulls(n_rows, kind)
        for name, kind in declared.items()
    }
    columns |= {n: _typed(sent[n], None) for n in sent.column_names if n not in declared}
    table = pa.table(columns)
    table.validate(full=True)
    return Page(head, table, rows in whole.column_names)


def _rows(column: pa.Array) -> pa.Table:
    if not (pa.types.is_list(column.type) and column.null_count == 0):
        raise _Unfit
    inner = column.flatten()
    if pa.types.is_null(inner.type) and len(inner) == 0:
        return pa.table({})
    if not pa.types.is_struct(inner.type) or inner.null_count:
        raise _Unfit
    return pa.Table.from_struct_array(inner)


def _declared(head: Mapping[str, Any], fields: str) -> dict[str, pa.DataType]:
    """Return the types of the columns by name; null for one that nobody knows."""
    found = head.get(fields) or []
    try:
        named = {str(one["name"]): str(one["type"]).casefold() for one in found}
    except (KeyError, TypeError):
        raise ValueError(f"{fields!r} is no list of columns") from None
    named.pop(_OF_THE_PORTAL, None)
    return {name: _BY_NAME.get(kind, pa.null()) for name, kind in named.items()}


def _typed(column: pa.ChunkedArray, wanted: pa.DataType | None) -> pa.ChunkedArray:
    """Return a column in its declared type, or as it was sent where that would change it."""
    sent = column.type
    if pa.types.is_timestamp(sent) or pa.types.is_nested(sent):
        raise _Unfit  # a text that looks like a time; what has parts is kept as text
    if wanted is None or sent == wanted or pa.types.is_null(wanted):
        return column
    if pa.types.is_string(wanted) and pa.types.is_floating(sent):
        raise _Unfit  # whole numbers among them would be written as fractions
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:
        return column


# -- by Python


def _slow(body: bytes, rows: str, fields: str) -> Page:
    try:
        whole = json.loads(body)
    except RecursionError:
        raise ValueError("an object in an object in an object ...") from None
    if not isinstance(whole, dict):
        raise ValueError("no object")  # noqa: TRY004
    has_rows = rows in whole
    sent = whole.pop(rows, None) or []
    if not (isinstance(sent, list) and all(isinstance(row, dict) for row in sent)):
        raise ValueError(f"{rows!r} is no list of rows")
    declared = _declared(whole, fields)
    names = dict.fromkeys([*declared, *(name for row in sent for name in row)])
    names.pop(_OF_THE_PORTAL, None)
    columns = {name: _array([row.get(name) for row in sent], declared.get(name)) for name in names}
    return Page(whole, pa.table(columns), has_rows)


def _array(values: Sequence[Any], wanted: pa.DataType | None) -> pa.Array:
    if wanted is not None and pa.types.is_string(wanted):
        return pa.array([_text(value) for value in values], wanted)
    told = None if wanted is None or pa.types.is_null(wanted) else wanted
    for kind in dict.fromkeys([told, None]):
        try:
            made = pa.array(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            continue
        if not pa.types.is_nested(made.type):
            return made
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
