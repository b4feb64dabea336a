"""Pictures of housekeeping packets: one small panel a field, over the same time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.errors import BadData, UnknownName
from gnomon.formats.pictures import FAINT, INK, new_figure
from gnomon.instruments.imap.plots import style
from gnomon.instruments.imap.plots.series import Times, Values, around, spans
from gnomon.instruments.imap.plots.style import X

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TIME = "epoch_iso"
_NOT_FIELDS = frozenset(
    ("epoch", "epoch_iso", "time_met_iso", "shcoarse", "version", "type", "sec_hdr_flg", "pkt_apid",
     "seq_flgs", "src_seq_ctr", "pkt_len")
)  # fmt: skip
MOST_PANELS = 30
_COLUMNS, _ROW_IN, _WIDTH_IN = 3, 1.75, 20.0
_HEAD_IN, _FOOT_IN = 1.4, 0.6
_LEFT, _RIGHT = 0.06, 0.985
_MOST_WORDS = 12
_UNITS = {"degC": "°C", "C": "°C"}


@dataclass(frozen=True, eq=False)
class Field:
    """One field of the packets.

    Attributes
    ----------
    values : ndarray of float64 or str, shape (n,)
        Numbers, or labels.
    labels : tuple of str
        Every label that the field may have, in the order of their raw values.
    """

    name: str
    values: NDArray[Any]
    unit: str = ""
    labels: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is drawn as a line."""
        return self.values.dtype.kind == "f"

    @property
    def constant(self) -> str:
        """The one value that it has; empty where it has several, or none."""
        values = self.values
        if self.is_number:
            known = values[np.isfinite(values)]
            return f"{known[0]:g}" if len(known) and bool(np.all(known == known[0])) else ""
        return str(values[0]) if len(values) and bool(np.all(values == values[0])) else ""


@dataclass(frozen=True, eq=False)
class Housekeeping:
    """Rows of one sort of packet.

    Attributes
    ----------
    packet : str
        Its name.
    time : ndarray of datetime64[ns], shape (n,)
        UTC, ascending.
    """

    packet: str
    time: Times
    fields: tuple[Field, ...]
    is_correlated: bool = True

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Housekeeping:
        """Read day files of one sort, as Parquet.

        Raises
        ------
        BadData
            A file is no such table, or there is no row.
        """
        tables = [_table(path) for path in paths]
        joined = pa.concat_tables(tables, promote_options="permissive") if tables else None
        if joined is None or not len(joined):
            raise BadData("there is nothing to draw: no file has a row")
        time = joined[_TIME].cast(pa.timestamp("ns")).to_numpy()
        order = np.argsort(time, kind="stable")
        about = tables[0].schema.metadata or {}
        fields = [
            _field(tables[0].schema, name, joined[name], order)
            for name in joined.column_names
            if name not in _NOT_FIELDS
        ]
        packet = about.get(b"gnomon.packet", b"").decode()
        correlated = about.get(b"gnomon.clock", b"correlated") == b"correlated"
        return cls(packet, time[order], tuple(fields), correlated)

    def chosen(self, names: Sequence[str]) -> tuple[Field, ...]:
        """Return the fields of these names; without any, those that vary, up to `MOST_PANELS`.

        Raises
        ------
        UnknownName
            A name is no field; names the nearest.
        """
        known = {field.name: field for field in self.fields}
        for name in names:
            if name not in known:
                raise UnknownName(f"field of {self.packet}", name, known)
        if names:
            return tuple(known[name] for name in names)
        return self.varying[:MOST_PANELS] or self.fields[:MOST_PANELS]

    @property
    def varying(self) -> tuple[Field, ...]:
        """The fields that have more than one value."""
        return tuple(field for field in self.fields if not field.constant)


def _table(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name} is no Parquet file: {error}") from error
    if _TIME not in table.column_names:
        raise BadData(f"{path.name} has no column {_TIME}; decode the packets anew")
    return table


def _field(schema: pa.Schema, name: str, column: pa.ChunkedArray, order: NDArray[Any]) -> Field:
    index = schema.get_field_index(name)
    about = (schema.field(index).metadata or {}) if index >= 0 else {}
    unit = about.get(b"unit", b"").decode()
    labels = json.loads(about.get(b"labels", b"{}"))
    ordered = [labels[raw] for raw in sorted(labels, key=int)]
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        texts = ["" if v is None else _word(v) for v in column.to_pylist()]
        return Field(name, np.array(texts, dtype=str)[order], unit, tuple(dict.fromkeys(ordered)))
    values = np.array(
        [np.nan if value is None else float(value) for value in column.to_pylist()], dtype="f8"
    )
    return Field(name, values[order], unit)


def _word(value: str | bytes) -> str:
    return value.hex() if isinstance(value, bytes) else value


# -- drawing


def draw_housekeeping(hk: Housekeeping, fields: Sequence[Field]) -> Figure:
    """Return one page with a panel for each field."""
    columns = min(_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    height = _HEAD_IN + _FOOT_IN + rows * _ROW_IN
    span = around(hk.time[0], hk.time[-1], 1)
    with style.styled():
        figure = new_figure(_WIDTH_IN, height)
        grid = figure.add_gridspec(
            rows, columns, left=_LEFT, right=_RIGHT, top=1 - _HEAD_IN / height,
            bottom=_FOOT_IN / height, hspace=0.42, wspace=0.22,
        )  # fmt: skip
        for number, field in enumerate(fields):
            axes = figure.add_subplot(grid[number // columns, number % columns])
            is_last = number + columns >= len(fields)
            style.timed(axes, span, labelled=is_last)
            _panel(axes, hk, field)
            axes.set_xlim(*span)  # type: ignore[arg-type]
            if is_last:
                axes.set_xlabel("UTC", loc="right")
        style.head(figure, _title(hk), *_lines(hk, fields), left=_LEFT)
    return figure


def _title(hk: Housekeeping) -> str:
    first, last = (str(time.astype("M8[D]")) for time in (hk.time[0], hk.time[-1]))
    days = first if first == last else f"{first} to {last}"
    return f"IMAP · {hk.packet} · {days}"


def _lines(hk: Housekeeping, fields: Sequence[Field]) -> list[str]:
    ends = np.datetime_as_string(hk.time[[0, -1]], "s")
    left = len(hk.varying) - len([field for field in hk.varying if field in fields])
    constant = len(hk.fields) - len(hk.varying)
    parts = [
        f"{len(hk.time):,} packets",
        f"{ends[0]} to {ends[1]} UTC",
        "" if hk.is_correlated else "clock not correlated: times may be seconds off",
        f"{constant} constant fields are not shown" if constant else "",
        f"{left} more that vary: name them to see them" if left else "",
    ]
    return ["  ·  ".join(filter(None, parts))]


def _panel(axes: Axes, hk: Housekeeping, field: Field) -> None:
    axes.set_title(field.name)
    if field.is_number:
        _numbers(axes, hk.time, field)
    else:
        _words(axes, hk.time, field)


def _numbers(axes: Axes, time: Times, field: Field) -> None:
    if not np.isfinite(field.values).any():
        axes.set_yticks([])
        style.nothing(axes)
        return
    if field.unit:
        axes.set_ylabel(_UNITS.get(field.unit, field.unit))
        axes.yaxis.set_label_coords(-0.1, 0.5)
    style.line(axes, time, field.values, _colour(field.values))
    if not np.any(field.values % 1):
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))


def _colour(values: Values) -> str:
    """Return blue for what was measured, ink for counts."""
    return X if bool(np.any(values % 1)) else INK


def _words(axes: Axes, time: Times, field: Field) -> None:
    """Draw labels as rows of bars, in the order of their raw values, most often seen if many."""
    seen, counts = np.unique(field.values[field.values != ""], return_counts=True)
    found = dict(zip(seen.tolist(), counts.tolist(), strict=True))
    if len(found) > _MOST_WORDS:
        kept = sorted(found, key=lambda word: -found[word])[:_MOST_WORDS]
        style.names_above(axes, (f"{_MOST_WORDS} of {len(found)} values", FAINT))
        found = {word: found[word] for word in kept}
    names = [label for label in field.labels if label in found]
    names += sorted(set(found) - set(names))
    if not names:
        axes.set_yticks([])
        style.nothing(axes)
        return
    style.rows_named(axes, [name[:18] for name in names])
    for row, name in enumerate(names):
        style.bars(axes, row, spans(time, field.values == name, field.values != ""), X)
