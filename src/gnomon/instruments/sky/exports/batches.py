"""A batch: light curves in one Parquet file, and a manifest of where they come from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import write_row_groups
from gnomon.instruments.sky.curves.merging import Merging, fitted
from gnomon.instruments.sky.curves.schema import SCHEMA, Answer, answers_of, with_answers
from gnomon.instruments.sky.exports.folders import forget, swapped
from gnomon.store.hashing import sha256_of
from gnomon.version import VERSION

LIGHT_CURVES = "lightcurves.parquet"
OTHERS = "observations.parquet"
_ZSTD_LEVEL = 3
"""Measured: a tenth smaller than 1 and as fast; higher ones are slower and hardly smaller."""
Rows: TypeAlias = pa.Table | Path | Merging
MANIFEST = "manifest.json"


class AnswerRows(BaseModel):
    """An answer of an archive, and how many rows are of it."""

    model_config = ConfigDict(frozen=True)

    url: str
    parameters: str
    release: str
    retrieved: str
    sha256: str
    n_rows: int
    row_groups: tuple[int, ...]


class Manifest(BaseModel):
    """What a batch holds.

    Attributes
    ----------
    origin : str
        ``archive``; ``sample`` where a demonstration made the rows up.
    n_objects, n_curves : int
        Objects, and pairs of object and band; of observations, 0.
    """

    model_config = ConfigDict(frozen=True)

    software: str = f"gnomon {VERSION}"
    origin: str = "archive"
    file: str
    sha256: str
    size_bytes: int
    n_rows: int
    n_row_groups: int
    n_objects: int = 0
    n_curves: int = 0
    n_limits: int = 0
    n_conflicts: int = 0
    columns: dict[str, str]
    answers: tuple[AnswerRows, ...]

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def forget_batch(folder: Path) -> None:
    """Remove the batch of an earlier time: now there is nothing."""
    forget(folder, (LIGHT_CURVES, OTHERS, MANIFEST))


def write_batch(
    folder: Path,
    tables: Rows | Sequence[Rows],
    *,
    name: str = "",
    origin: str = "archive",
) -> Manifest:
    """Write tables of one survey as one file, zstd, and ``manifest.json`` beside it.

    A batch that was there before is gone, and other files stay. Memory holds one row group.

    Parameters
    ----------
    tables : pyarrow.Table, Path, Merging, or a sequence of them
        Light curves of `SCHEMA`, or other tables whose metadata name one answer; paths are of
        Parquet, and a `Merging` is of parts, which are merged as they are written. A row group
        holds rows of one answer, and ``answer`` is its place in the manifest.
    name : str
        Of the file; when empty ``lightcurves.parquet``, or ``observations.parquet`` where tables
        have no column ``object``.
    origin : str
        Stands in the manifest, and, where it is not ``archive``, in a column of that name.

    Raises
    ------
    BadData
        A file is no Parquet, or columns of one name differ in type.
    """
    several = tables if isinstance(tables, Sequence) else [tables]
    batch = _Batch([_Source.of(one) for one in several], origin)
    name = name or (LIGHT_CURVES if "object" in batch.schema.names else OTHERS)
    with swapped(folder, (name, MANIFEST)) as new:
        path = new / name
        write_row_groups(
            path, batch.schema, batch.row_groups(), batch.provenance, zstd_level=_ZSTD_LEVEL
        )
        manifest = Manifest(
            origin=origin,
            file=name,
            sha256=sha256_of(path),
            size_bytes=path.stat().st_size,
            columns={field.name: str(field.type) for field in batch.schema},
            answers=batch.answer_rows(),
            **asdict(batch.counts()),
        )
        (new / MANIFEST).write_text(manifest.text(), encoding="utf-8")
    return manifest


@dataclass(frozen=True)
class _Counts:
    n_rows: int
    n_row_groups: int
    n_objects: int
    n_curves: int
    n_limits: int
    n_conflicts: int


@dataclass(frozen=True)
class _Source:
    """A table, a row group at a time."""

    schema: pa.Schema
    row_groups: Callable[[], Iterator[pa.Table]]
    said: tuple[str, str, str, str]
    """For the provenance: role, kind, name, sha256."""

    @classmethod
    def of(cls, table: Rows) -> _Source:
        """Take a table, a file that holds one, or what will be one."""
        if isinstance(table, Merging):
            return cls(table.schema, table.tables, ("table", "", "", ""))
        if not isinstance(table, Path):
            return cls(table.schema, lambda: iter((table,)), ("table", "", "", ""))
        try:
            schema = pq.read_schema(table)
        except (pa.ArrowInvalid, OSError) as error:
            raise BadData(f"{table.name}: {error}") from None
        said = ("table", "", table.name, sha256_of(table))
        return cls(schema, partial(_read_row_groups, table), said)


def _read_row_groups(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for n in range(file.num_row_groups):
            yield file.read_row_group(n)


@dataclass
class _Batch:
    """Joins tables, and counts what goes by."""

    sources: Sequence[_Source]
    origin: str
    schema: pa.Schema = field(init=False)
    _answers: list[Answer] = field(init=False)
    _groups_of: dict[int, list[int]] = field(default_factory=dict)
    _rows_of: Counter[int] = field(default_factory=Counter)
    _curves: set[tuple[str, str]] = field(default_factory=set)
    _flagged: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        found = [answer for source in self.sources for answer in answers_of(source.schema)]
        self._answers = list(dict.fromkeys(found))
        try:
            joined = pa.unify_schemas(
                [source.schema.remove_metadata() for source in self.sources] or [SCHEMA],
                promote_options="permissive",
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise BadData(f"columns do not fit each other: {error}") from None
        if "answer" not in joined.names:
            joined = joined.append(SCHEMA.field("answer"))
        if self.origin != "archive" and "origin" not in joined.names:
            joined = joined.append(pa.field("origin", pa.string()))
        self.schema = with_answers(joined.empty_table(), self._answers).schema

    @property
    def provenance(self) -> Provenance:
        """What made the file."""
        said = tuple(sorted(source.said for source in self.sources if source.said[-1]))
        return Provenance("sky.batch", 1, hashlib.sha256(repr(said).encode()).hexdigest(), "", said)

    def row_groups(self) -> Iterator[pa.Table]:
        """Yield the rows of each source and answer."""
        n = 0
        for source in self.sources:
            own = [self._answers.index(answer) for answer in answers_of(source.schema)]
            for table in source.row_groups():
                for answer, rows in _by_answer(table):
                    place = own[answer] if answer < len(own) else None
                    yield self._joined(rows, place, n)
                    n += 1

    def _joined(self, rows: pa.Table, answer: int | None, n: int) -> pa.Table:
        self._count(rows)
        if answer is not None:
            self._groups_of.setdefault(answer, []).append(n)
            self._rows_of[answer] += rows.num_rows
        self._flagged["row_groups"] += 1
        self._flagged["rows"] += rows.num_rows
        added = {"answer": pa.repeat(pa.scalar(answer, pa.int32()), rows.num_rows)}
        if "origin" in self.schema.names:
            added["origin"] = pa.repeat(pa.scalar(self.origin), rows.num_rows)
        return fitted(rows, added, self.schema)

    def _count(self, rows: pa.Table) -> None:
        if {"object", "band"} <= set(rows.column_names):
            pairs = rows.group_by(["object", "band"]).aggregate([])
            self._curves.update(
                zip(pairs["object"].to_pylist(), pairs["band"].to_pylist(), strict=True)
            )
        for name in {"is_limit", "conflict"} & set(rows.column_names):
            self._flagged[name] += pc.sum(rows[name]).as_py() or 0

    def counts(self) -> _Counts:
        """Return what went by."""
        return _Counts(
            self._flagged["rows"],
            self._flagged["row_groups"],
            len({name for name, _ in self._curves}),
            len(self._curves),
            self._flagged["is_limit"],
            self._flagged["conflict"],
        )

    def answer_rows(self) -> tuple[AnswerRows, ...]:
        """Return the answers, in the order in which `answer` counts them."""
        return tuple(
            AnswerRows(
                **asdict(one), n_rows=self._rows_of[n], row_groups=tuple(self._groups_of.get(n, ()))
            )
            for n, one in enumerate(self._answers)
        )


def _by_answer(table: pa.Table) -> Iterable[tuple[int, pa.Table]]:
    """Return the rows of each answer; those of a table that does not say are of its only one."""
    if "answer" not in table.column_names:
        return [(0, table)] if table.num_rows else []
    answer = table["answer"].to_numpy()
    return [(int(n), table.filter(pa.array(answer == n))) for n in np.unique(answer)]
