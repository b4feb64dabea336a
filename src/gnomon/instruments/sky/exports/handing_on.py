"""What an ingestion brought is handed on: a batch, and the guide's records where they are wanted.

Rows are read and merged an answer at a time, so that a million of them need little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gnomon.formats.parquet import read_rows
from gnomon.instruments.sky.curves.merging import Merging, Part
from gnomon.instruments.sky.exports.batches import Rows, forget_batch, write_batch
from gnomon.instruments.sky.exports.folders import forget_records, write_records
from gnomon.instruments.sky.exports.making import mast_records, tess_records, ztf_records
from gnomon.instruments.sky.exports.records import Record
from gnomon.instruments.sky.exports.texts import Source


@dataclass(frozen=True)
class HandedOn:
    """What there was.

    Attributes
    ----------
    n_records : int
        Of the guide's records, no more than the limit.
    first : Record, optional
        To show.
    """

    n_records: int
    first: Record | None


def merged(paths: Iterable[Path]) -> list[Rows]:
    """Return the parts of light curves that lie in each folder, to be merged when they are read.

    Raises
    ------
    BadData
        A file is no part.
    """
    groups = groupby(sorted(paths), key=lambda path: path.parent)
    return [Merging.of(Part.of_file(path) for path in group) for _, group in groups]


def hand_on(
    rows: Sequence[Rows],
    source: Source,
    folder: Path | None,
    *,
    with_records: bool = False,
    limit: int | None = None,
    max_points: int | None = None,
) -> HandedOn:
    """Write a batch, and records if they are wanted; count the records that there are.

    What an earlier time left of either, and is not written anew, is gone.

    Parameters
    ----------
    rows : sequence of Merging, Path or pyarrow.Table
        Light curves, or MAST's observations; none where the archive has nothing.
    folder : Path, optional
        Where to; nothing is written without.
    limit : int, optional
        Records at most; the batch holds all rows.
    max_points : int, optional
        Of a record of TESS.

    Raises
    ------
    BadData
        Rows are not of that source.
    """

    def records() -> Iterator[Record]:
        made = (_records(source, table, max_points) for one in rows for table in _tables(one))
        return islice((record for some in made for record in some), limit)

    first = next(records(), None)
    if folder is not None:
        _write(folder, rows)
        if with_records and rows:
            return HandedOn(write_records(folder, source, records()), first)
        forget_records(folder)
    if source == "tess":
        return HandedOn(sum(1 for _ in records()), first)
    n_rows = sum(map(_n_rows, rows))  # a record each
    return HandedOn(n_rows if limit is None else min(limit, n_rows), first)


def _write(folder: Path, rows: Sequence[Rows]) -> None:
    if rows:
        write_batch(folder, rows)
    else:
        forget_batch(folder)


def _records(source: Source, table: pa.Table, max_points: int | None) -> Iterator[Record]:
    if source == "tess":
        return tess_records(table, max_points=max_points)
    return ztf_records(table) if source == "ztf" else mast_records(table)


def _tables(rows: Rows) -> Iterable[pa.Table]:
    if isinstance(rows, Merging):
        return rows.tables()
    return [read_rows(rows) if isinstance(rows, Path) else rows]


def _n_rows(rows: Rows) -> int:
    if isinstance(rows, Merging):
        return rows.chosen.rows.size
    return int((pq.read_metadata(rows) if isinstance(rows, Path) else rows).num_rows)
