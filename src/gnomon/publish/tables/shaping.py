"""A draft fitted to a table: what the table needs to become, and the rows in its types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.errors import BadData
from gnomon.publish.tables.drafting import Column, Draft
from gnomon.publish.tables.fitting import Fit, fitted, guess
from gnomon.publish.tables.jobs import Index
from gnomon.publish.tables.types import Name, Type, wider

_TEXTS = {Name.TEXT, Name.VARCHAR}


@dataclass(frozen=True)
class Held:
    """A column of a table that is there.

    Attributes
    ----------
    type : Type, optional
        None where it is one that we never make; the database then casts texts itself.
    spelled : str
        As the database calls its type.
    nullable : bool
    """

    name: str
    type: Type | None
    spelled: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A table that is there.

    Attributes
    ----------
    key : tuple of str
        Its primary key; empty where it has none.
    """

    columns: Mapping[str, Held]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A column as it must be for the rows to go in."""

    name: str
    type: Type
    nullable: bool


@dataclass(frozen=True)
class Shaped:
    """Rows that fit a table, and what makes the table fit them.

    Attributes
    ----------
    rows : pyarrow.Table
        As `fitting.ARROW` says; no two have the same key.
    create : tuple of Wanted
        All columns, where the table is absent.
    add : tuple of Wanted
        Columns that it lacks.
    widen : tuple of Wanted
        Columns whose type is too narrow.
    relax : tuple of str
        Columns that must take null from now on.
    lost : int
        Values that fitted nowhere, and are null.
    """

    name: str
    key: tuple[str, ...]
    rows: pa.Table
    indexes: tuple[Index, ...] = ()
    create: tuple[Wanted, ...] = ()
    add: tuple[Wanted, ...] = ()
    widen: tuple[Wanted, ...] = ()
    relax: tuple[str, ...] = ()
    lost: int = 0
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[str, ...]:
        """What happens to the table, for people."""
        if self.create:
            return (f"create {self.name} with {len(self.create)} columns",)
        return (
            *(f"add {one.name} {one.type}" for one in self.add),
            *(f"widen {one.name} to {one.type}" for one in self.widen),
            *(f"allow null in {name}" for name in self.relax),
        )


def shape(made: Draft, table: Table | None) -> Shaped:
    """Fit a draft to the table that is there, or to one that is to be made.

    Raises
    ------
    BadData
        Two rows that differ have the same key; a key is null; or, in strict mode, a value does
        not fit its column.
    """
    told = [one for one in made.columns if not _tells_nothing(made, one, table)]
    columns = [_shaped(made, one, table) for one in told]
    rows = pa.table([one.fit.values for one in columns], names=[one.name for one in columns])
    rows, dropped = _distinct(made, rows)
    lost = [one for one in columns if one.fit.lost]
    notes = [
        *made.notes,
        *([f"{dropped} rows stand there twice, alike"] if dropped else []),
        *(f"{one.fit.lost} values of {one.name} do not fit {one.fit.type}, such as"
          f" {one.fit.example!r}: null" for one in lost),
    ]  # fmt: skip
    wanted = [one.wanted for one in columns]
    return Shaped(
        made.job.table,
        made.job.key_columns,
        rows,
        made.job.indexes,
        create=tuple(wanted) if table is None else (),
        add=tuple(one for one in wanted if table and one.name not in table.columns),
        widen=tuple(one.wanted for one in columns if one.widens),
        relax=tuple(one.name for one in columns if one.relaxes),
        lost=sum(one.fit.lost for one in lost),
        notes=tuple(notes),
    )


def _tells_nothing(made: Draft, column: Column, table: Table | None) -> bool:
    """Tell whether a column is empty, and nobody said what it holds: it comes when it holds it."""
    if column.type is not None or made.job.columns is not None or not made.rows:
        return False
    is_there = table is not None and column.name in table.columns
    if is_there or column.name in made.job.key_columns:
        return False
    empty = pc.is_null(column.values)
    if pa.types.is_string(column.values.type):
        empty = pc.or_kleene(empty, pc.equal(column.values, ""))
    return bool(pc.all(empty).as_py())


@dataclass(frozen=True)
class _One:
    """One column, fitted."""

    name: str
    fit: Fit
    wanted: Wanted
    widens: bool
    relaxes: bool


def _shaped(made: Draft, column: Column, table: Table | None) -> _One:
    held = table.columns.get(column.name) if table is not None else None
    is_key = column.name in made.job.key_columns
    asked = column.type or guess(column.values)
    start = held.type if held is not None and held.type is not None else asked
    fit = _fit(column, start, asked)
    if made.is_strict:
        _check_strictly(made, column, fit, start)
    has_null = fit.values.null_count > 0
    if is_key and has_null:
        at = np.flatnonzero(np.asarray(fit.values.is_null()))[0]
        what = f"{column.name} is null or no {fit.type}, and it identifies the row"
        raise BadData(f"{made.file}, row {at + 1}: {what}")
    nullable = not is_key and (column.nullable is not False or has_null or held is not None)
    return _One(
        column.name,
        fit,
        Wanted(column.name, fit.type, nullable),
        widens=held is not None and held.type is not None and fit.type != held.type,
        relaxes=held is not None and not held.nullable and has_null,
    )


def _fit(column: Column, start: Type, asked: Type) -> Fit:
    keep_empty = column.nullable is not True
    fit = fitted(column.values, start, keep_empty=keep_empty)
    if fit.lost and asked.name in _TEXTS and start.name not in _TEXTS:
        # The job calls it a text, and the table is too narrow for that: it becomes one.
        fit = fitted(column.values, wider(start, asked), keep_empty=keep_empty)
    # A column whose values do not tell a type, all absent, asks for nothing.
    if fit.type != start and fit.values.null_count == len(fit.values):
        fit = Fit(fit.values, start, fit.lost, fit.example)
    return fit


def _check_strictly(made: Draft, column: Column, fit: Fit, start: Type) -> None:
    where = f"{made.file}: the column {column.name} of job {made.job.name!r}"
    if fit.lost:
        raise BadData(f"{where}: {fit.example!r} is no {fit.type}")
    if column.type is not None and fit.type != start:
        raise BadData(f"{where} needs {fit.type}, and is {start}")
    if column.nullable is False and fit.values.null_count:
        raise BadData(f"{where} is empty in {fit.values.null_count} rows, and may not be")


def _distinct(made: Draft, rows: pa.Table) -> tuple[pa.Table, int]:
    """Return rows without those that stand there twice alike, and how many those were.

    Raises
    ------
    BadData
        Rows that differ have the same key.
    """
    key = list(made.job.key_columns)
    first = _first_of(rows, key)
    if len(first) == rows.num_rows:
        return rows, 0
    unlike = rows.take(_first_of(rows, rows.column_names))
    if unlike.num_rows != len(first):
        raise BadData(f"{made.file}: {_ambiguous(key, unlike)}")
    return rows.take(first), rows.num_rows - len(first)


def _first_of(rows: pa.Table, names: Sequence[str]) -> pa.Array:
    """Return the numbers of the rows that are the first with their values, ascending."""
    numbered = pa.table(
        [*(rows[name] for name in names), pa.array(np.arange(rows.num_rows))],
        names=[*(f"c{number}" for number in range(len(names))), "at"],
    )
    grouped = numbered.group_by([f"c{number}" for number in range(len(names))], use_threads=False)
    found = grouped.aggregate([("at", "min")])["at_min"]
    return pc.sort_indices(found) if not len(found) else found.take(pc.sort_indices(found))


def _ambiguous(key: Sequence[str], rows: pa.Table) -> str:
    seen: dict[tuple[Any, ...], int] = {}
    columns = [rows[name].to_pylist() for name in key]
    for at, values in enumerate(zip(*columns, strict=True)):
        if values in seen:
            one, other = (rows.slice(number, 1).to_pylist()[0] for number in (seen[values], at))
            differing = [name for name in rows.column_names if one[name] != other[name]]
            said = ", ".join(f"{n}={v}" for n, v in zip(key, values, strict=True))
            kinds = {one.name: one.type for one in rows.schema}
            named = [name for name in differing if not pa.types.is_floating(kinds[name])]
            telling = [name for name in named if _tells_apart(rows, [*key, name])]
            telling.sort(key=lambda name: not pa.types.is_integer(kinds[name]))
            hint = f"; with {telling[0]} in id_mapping they are told apart" if telling else ""
            return f"rows that differ in {', '.join(differing[:4])} have the same key {said}{hint}"
        seen[values] = at
    return f"rows that differ have the same key ({', '.join(key)})"


def _tells_apart(rows: pa.Table, names: Sequence[str]) -> bool:
    return int(rows.num_rows) == len(_first_of(rows, names))
