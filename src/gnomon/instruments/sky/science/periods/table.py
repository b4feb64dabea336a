"""Periods as a table: one row for each object and band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pyarrow as pa

from gnomon.instruments.sky.science.periods.period import Period

_TYPES = {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
_PLAIN = tuple(one for one in fields(Period) if one.name != "aliases")
_ALIASES = (
    ("alias_periods_d", "period_d", pa.float64()),
    ("alias_relations", "relation", pa.string()),
    ("alias_powers", "power", pa.float64()),
)

SCHEMA = pa.schema(
    [
        *((one.name, _TYPES[str(one.type)]) for one in _PLAIN),
        *((name, pa.list_(kind)) for name, _, kind in _ALIASES),
    ]
)
"""The columns of `Period`, and its aliases as three lists."""


def period_table(periods: Sequence[Period]) -> pa.Table:
    """Return a table of `SCHEMA`, a row for each period in their order."""
    columns = {one.name: [getattr(period, one.name) for period in periods] for one in _PLAIN}
    for name, source, _ in _ALIASES:
        columns[name] = [[getattr(a, source) for a in period.aliases] for period in periods]
    return pa.table(columns, SCHEMA)


def flat_table(periods: Sequence[Period]) -> pa.Table:
    """Return the same for CSV: lists are texts, their parts separated by ``;``."""
    table = period_table(periods)
    for name, source, _ in _ALIASES:
        texts = [";".join(_text(getattr(a, source)) for a in one.aliases) for one in periods]
        table = table.set_column(table.column_names.index(name), name, pa.array(texts))
    return table


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
