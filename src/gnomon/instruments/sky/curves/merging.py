"""Parts of several answers become one table of light curves, each measurement once.

What stays is chosen by the columns that tell measurements apart (`choosing`); then the answers
are taken one after another, so that memory holds one answer and those columns. Parts are put into
an order of their own first, so the order in which they came changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.parquet import read_rows
from gnomon.instruments.sky.curves.choosing import Chosen, Integers, Rows, choose, release_ranks
from gnomon.instruments.sky.curves.schema import (
    PART_SCHEMA,
    SCHEMA,
    Answer,
    answers_of,
    typed,
    with_answers,
)
from gnomon.store.hashing import sha256_of

_TEXTS = ("survey", "object", "band", "time_scale", "time_place", "unit", "release")
_NUMBERS = ("time", "time_origin_jd", "value", "error", "quality", "is_limit")
_NULLABLE = frozenset({"value", "error"})


@dataclass(frozen=True)
class Part:
    """Rows of one answer, to be read when they are needed.

    Attributes
    ----------
    name : str
        For messages.
    schema : pyarrow.Schema
    digest : callable
        Tells parts of the same answer apart.
    read : callable
        Returns those of the named columns that there are, or all.
    """

    name: str
    schema: pa.Schema
    digest: Callable[[], str]
    read: Callable[[Sequence[str] | None], pa.Table]

    @classmethod
    def of_file(cls, path: Path, sha256: str = "") -> Part:
        """Make a part of a Parquet file, whose hash is found where it is needed and not given.

        Raises
        ------
        BadData
            It is none.
        """
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise BadData(f"{path.name}: {error}") from None
        return cls(path.name, schema, lambda: sha256 or sha256_of(path), partial(read_rows, path))

    @classmethod
    def of_table(cls, table: pa.Table, name: str = "a part") -> Part:
        """Make a part of a table."""
        return cls(name, table.schema, partial(_digest, table), partial(_columns, table))

    @property
    def answer(self) -> Answer:
        """Where its rows come from.

        Raises
        ------
        BadData
            From several answers, or columns of `PART_SCHEMA` are absent.
        """
        found = answers_of(self.schema)
        if len(found) > 1:
            raise BadData(f"{self.name} is of {len(found)} answers; a part is of one")
        if absent := set(PART_SCHEMA.names) - set(self.schema.names):
            raise BadData(f"{self.name} is no part of light curves: no column {sorted(absent)}")
        return found[0] if found else Answer()


@dataclass(frozen=True)
class Merged:
    """One table of many parts.

    Attributes
    ----------
    table : pyarrow.Table
        Of `SCHEMA`, behind it all further columns, null where a part has none; by answer, object,
        band and time.
    n_duplicates, n_superseded : int
        Rows that said the same as another, and rows that a newer release corrects.
    n_conflicts : int
        Measurements of which several rows stay.
    """

    table: pa.Table
    n_duplicates: int
    n_superseded: int
    n_conflicts: int


def merge(parts: Sequence[pa.Table]) -> Merged:
    """Merge the parts of one group; the order in which they come does not matter.

    Raises
    ------
    BadData
        A part is none, a measurement has no time, or columns of one name differ in type.
    """
    merging = Merging.of([Part.of_table(part, f"part {n}") for n, part in enumerate(parts)])
    table = pa.concat_tables([merging.schema.empty_table(), *merging.tables()])
    chosen = merging.chosen
    return Merged(table, chosen.n_duplicates, chosen.n_superseded, chosen.n_conflicts)


@dataclass(frozen=True)
class Merging:
    """What a merge will give, before the rows themselves are read.

    Attributes
    ----------
    schema : pyarrow.Schema
        Its metadata names the answers that rows remain of, in the order of `tables`.
    chosen : Chosen
        The rows that stay, counted over all parts of `groups`.
    groups : tuple of tuple of Part
        The parts of each answer.
    starts : int64, shape (number of answers + 1,)
        The number of the first row of each answer.
    """

    schema: pa.Schema
    chosen: Chosen
    groups: tuple[tuple[Part, ...], ...]
    starts: Integers

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Merging:
        """Read what decides about rows, and decide.

        Raises
        ------
        BadData
            See `merge`.
        """
        answers, groups = _by_answer(parts)
        found = _Deciding()
        sizes = [found.add(group, n) for n, group in enumerate(groups)]
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        chosen = choose(found.rows(), partial(_n_known, groups, starts))
        left = [answers[n] for n in np.unique(chosen.answer)]
        return cls(with_answers(_schema(groups).empty_table(), left).schema, chosen, groups, starts)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows that stay, of one answer after another."""
        left, starts = np.unique(self.chosen.answer, return_index=True)
        stops = np.append(starts, self.chosen.answer.size)[1:]
        for n, (answer, start, stop) in enumerate(zip(left, starts, stops, strict=True)):
            rows = pa.array(self.chosen.rows[start:stop] - self.starts[answer])
            table = _table(self.groups[answer]).take(rows)
            added = {
                "conflict": pa.array(self.chosen.conflict[start:stop]),
                "answer": pa.repeat(pa.scalar(n, pa.int32()), len(rows)),
            }
            yield fitted(table, added, self.schema)


def _by_answer(parts: Iterable[Part]) -> tuple[list[Answer], tuple[tuple[Part, ...], ...]]:
    """Return the answers, the earliest first, and the parts of each in an order of their own."""
    known: dict[Answer, list[Part]] = {}
    for part in parts:
        known.setdefault(part.answer, []).append(part)
    answers = sorted(known, key=lambda one: (one.retrieved, astuple(one)))
    return answers, tuple(_ordered(known[answer]) for answer in answers)


def _ordered(parts: list[Part]) -> tuple[Part, ...]:
    return tuple(parts if len(parts) == 1 else sorted(parts, key=lambda part: part.digest()))


def _table(parts: Sequence[Part], names: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of one answer, the columns of `PART_SCHEMA` of their types."""
    return _joined([typed(part.read(names), PART_SCHEMA, part.name) for part in parts], parts)


def _joined(tables: list[pa.Table], parts: Sequence[Part]) -> pa.Table:
    try:
        return pa.concat_tables(
            [table.replace_schema_metadata() for table in tables], promote_options="permissive"
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        names = ", ".join(part.name for part in parts)
        raise BadData(f"columns of {names} do not fit each other: {error}") from None


def _schema(groups: Iterable[Sequence[Part]]) -> pa.Schema:
    """Return the columns of all parts: those of `SCHEMA` first."""
    parts = [part for group in groups for part in group]
    joined = _joined([part.schema.empty_table() for part in parts], parts) if parts else None
    further = [] if joined is None else [f for f in joined.schema if f.name not in SCHEMA.names]
    return pa.schema([*SCHEMA, *further])


def fitted(table: pa.Table, added: Mapping[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Return the columns of `schema`, from `added` or the table; null where neither has one."""
    columns = []
    for field in schema:
        if field.name in added:
            columns.append(added[field.name])
        elif field.name in table.column_names:
            columns.append(table[field.name].cast(field.type))  # a wider type of its own
        else:
            columns.append(pa.nulls(table.num_rows, field.type))
    return pa.table(columns, schema=schema)


def _n_known(groups: Sequence[Sequence[Part]], starts: Integers, rows: Integers) -> Integers:
    """Return of how many of the columns that do not decide some rows have a value."""
    count = np.zeros(rows.size, np.int64)
    answer = np.searchsorted(starts, rows, side="right") - 1
    for n in np.unique(answer):
        mine = np.flatnonzero(answer == n)
        names = {x for part in groups[n] for x in part.schema.names} - {*_TEXTS, *_NUMBERS}
        table = _table(groups[n], sorted(names)).take(pa.array(rows[mine] - starts[n]))
        for column in table.columns:
            count[mine] += _is_known(column)
    return count


def _is_known(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    floats = pa.types.is_floating(column.type)
    known = pc.invert(pc.is_null(column, nan_is_null=floats))
    return np.asarray(known.to_numpy(), np.bool_)


# -- the columns that decide


class _Deciding:
    """Gathers the columns that decide about rows, texts as numbers."""

    def __init__(self) -> None:
        self._texts = {name: _Texts() for name in _TEXTS}
        self._numbers: dict[str, list[pa.ChunkedArray]] = {name: [] for name in _NUMBERS}
        self._answers: list[Integers] = []

    def add(self, parts: Sequence[Part], answer: int) -> int:
        """Add the parts of one answer, and return how many rows they have."""
        table = _table(parts, (*_TEXTS, *_NUMBERS))
        name = ", ".join(part.name for part in parts)
        for column in table.column_names:
            if table[column].null_count and column not in _NULLABLE:
                raise BadData(f"{name}: rows without {column}")
        if not pc.all(pc.is_finite(table["time"]), min_count=0).as_py():
            raise BadData(f"{name}: measurements without a time")
        for column, texts in self._texts.items():
            texts.add(table[column])
        for column, found in self._numbers.items():
            found.append(table[column])
        self._answers.append(np.full(table.num_rows, answer, np.int64))
        return int(table.num_rows)

    def rows(self) -> Rows:
        """Return what was gathered, and let go of it."""
        number, text = self._number, self._text
        origin = np.unique(number("time_origin_jd"), return_inverse=True)[1]
        system = _combined(origin, text("time_scale"), text("time_place"), number("is_limit"))
        return Rows(
            curve=_combined(text("object"), text("band"), text("survey")),
            time=number("time"),
            system=system,
            release=text("release", release_ranks),
            value=number("value"),
            error=number("error"),
            unit=text("unit"),
            quality=number("quality"),
            answer=np.concatenate([np.empty(0, np.int64), *self._answers]),
        )

    def _number(self, name: str) -> NDArray[Any]:
        chunks = [chunk for column in self._numbers.pop(name) for chunk in column.chunks]
        return np.asarray(pa.chunked_array(chunks, PART_SCHEMA.field(name).type).to_numpy())

    def _text(self, name: str, rank: Callable[[list[str]], Integers] | None = None) -> Integers:
        return self._texts.pop(name).ranks(rank or _alphabetical)


class _Texts:
    """One column of texts as numbers, in which every text stands once."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._numbers: list[NDArray[np.int32]] = []

    def add(self, column: pa.ChunkedArray) -> None:
        """Add some rows."""
        encoded = column.combine_chunks().dictionary_encode()
        known = self._number_of
        numbers = [known.setdefault(x, len(known)) for x in encoded.dictionary.to_pylist()]
        self._numbers.append(np.array(numbers, np.int32)[np.asarray(encoded.indices)])

    def ranks(self, rank: Callable[[list[str]], Integers]) -> Integers:
        """Return the rank of each row's text."""
        ranks = rank(list(self._number_of))
        return np.asarray(ranks[np.concatenate([np.empty(0, np.int32), *self._numbers])])


def _alphabetical(texts: list[str]) -> Integers:
    rank = {text: n for n, text in enumerate(sorted(texts))}
    return np.array([rank[text] for text in texts], np.int64)


def _combined(*ranks: NDArray[Any]) -> Integers:
    """Return one number for several ranks, ordered as they are, the first before the others."""
    combined = np.zeros(ranks[0].size, np.int64)
    for one in ranks:
        combined *= int(one.max(initial=0)) + 1
        combined += one
    return combined


# -- reading


def _columns(table: pa.Table, names: Sequence[str] | None) -> pa.Table:
    if names is None:
        return table
    return table.select([name for name in names if name in table.column_names])


def _digest(table: pa.Table) -> str:
    """Return a hash of the rows."""
    sink = pa.BufferOutputStream()
    plain = table.replace_schema_metadata().combine_chunks()
    with pa.ipc.new_stream(sink, plain.schema) as stream:
        stream.write_table(plain)
    return hashlib.sha256(sink.getvalue()).hexdigest()
