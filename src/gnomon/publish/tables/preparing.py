"""Jobs made from files: types over all of their rows, what identifies a row, what names say."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from gnomon.errors import BadData, ConfigError
from gnomon.publish.tables.filenames import (
    Pattern,
    identifier,
    template_of,
    title_of,
    version_in,
    without_version,
)
from gnomon.publish.tables.fitting import guess
from gnomon.publish.tables.jobs import Index, Job, NameRule, Rule
from gnomon.publish.tables.reading import Raw, read_file
from gnomon.publish.tables.types import BOOLEAN, DATE, DATETIME, FLOAT, TEXT, WHOLE, Type, wider

_log = logging.getLogger(__name__)
_TIME = re.compile(r"shcoarse|met_sec|sclk|epoch|time|date|utc|tt2000|ttj2000", re.IGNORECASE)
_NAMES_A_ROW = re.compile(r"(?:.*_)?(?:id|key)", re.IGNORECASE)
_COUNTS = re.compile(r"(?:^|_)(?:seq|ctr|counter|sequence|number|index)(?:_|$)", re.IGNORECASE)
_PACKET_COUNTER = "src_seq_ctr"
"""The sequence counter of CCSDS packets: with a packet's time it identifies the packet."""
_CLOCKS = ("shcoarse", "met_sec", "sclk", "epoch")
"""Times that packets bear themselves, the most original first."""
_MOST_BESIDE = 60
_LONGEST_NAME = 63


@dataclass(frozen=True)
class About:
    """A column over all files."""

    name: str
    type: Type
    has_null: bool


def prepare(
    paths: Sequence[Path], *, key: Sequence[str] = (), name: str = "", table: str = ""
) -> dict[str, Job]:
    """Return a job for each sort of file: those whose names differ in day and version only.

    Parameters
    ----------
    paths : sequence of Path
        CSV, Parquet or CDF.
    key : sequence of str, optional
        The columns that identify a row; found when absent.
    name, table : str, optional
        Of the job, and of its table; by the files' names when absent.

    Raises
    ------
    BadData
        A file cannot be read, none has rows, or nothing identifies them.
    ConfigError
        A name is given, and the files are of several sorts.
    """
    sorts: dict[tuple[str, str], list[Raw]] = {}
    for path in paths:
        raws = read_file(path)
        for raw in raws:
            group = raw.group if len(raws) > 1 and raw is not raws[0] else ""
            sorts.setdefault((title_of(path.name), group), []).append(raw)
    titles = {title for title, _ in sorts}
    if len(titles) > 1 and (name or table):
        listed = ", ".join(sorted(titles))
        raise ConfigError(f"these files are of {len(titles)} sorts, not of one name: {listed}")
    jobs = {}
    for (title, group), raws in sorts.items():
        called, goes_to = name or title, table or name or title
        if group:
            called, goes_to = (identifier(f"{text}_{group}") for text in (called, goes_to))
        try:
            jobs[called] = derive(raws, called, goes_to, key=key)
        except BadData as error:
            if not raws[0].group or len(sorts) == 1:
                raise
            _log.warning("left out: %s", error)  # matrices of a CDF, beside its records
    if not jobs:
        raise BadData("no table of these files has rows that something identifies")
    return jobs


def derive(raws: Sequence[Raw], name: str, table: str, *, key: Sequence[str] = ()) -> Job:
    """Return the job of files of one sort.

    Parameters
    ----------
    raws : sequence of Raw
        A table of each file.
    """
    about = columns_of(raws)
    chosen = list(key) or natural_key(raws, about)
    if absent := [one for one in chosen if one not in {column.name for column in about}]:
        raise BadData(f"{raws[0].path.name} has no column {', '.join(absent)}")
    rules = {
        column.name: Rule(column.name, column.name, column.type, column.has_null)
        for column in about
    }
    pattern, from_name = _named(raws[0].path, rules)
    indexes = tuple(_indexes(table, about, chosen))
    return Job(
        name,
        table[:_LONGEST_NAME],
        tuple(Rule(one, one, rules[one].type, nullable=False) for one in chosen),
        tuple(rule for one, rule in rules.items() if one not in chosen),
        match=re.sub(r"\[\w+\]", "*", pattern.text) if pattern else "",
        pattern=pattern,
        from_name=from_name,
        indexes=indexes,
    )


def columns_of(raws: Sequence[Raw]) -> list[About]:
    """Return all columns of all files, each as wide as it must be.

    Raises
    ------
    BadData
        No file has rows, so nothing tells the types.
    """
    if not any(raw.table.num_rows for raw in raws):
        files = ", ".join(raw.path.name for raw in raws)
        raise BadData(f"{files}: no rows to tell the types from")
    names = dict.fromkeys(name for raw in raws for name in raw.table.column_names)
    return [_about(name, raws) for name in names]


def _about(name: str, raws: Sequence[Raw]) -> About:
    kind: Type | None = None
    has_null = False
    for raw in raws:
        if name not in raw.table.column_names:
            has_null = True
            continue
        values = raw.table[name]
        has_null = has_null or _has_null(values)
        told = raw.types.get(name) or (guess(values) if _has_value(values) else None)
        if told is not None:
            kind = told if kind is None else wider(kind, told)
    return About(name, kind or TEXT, has_null)


def _has_null(values: pa.ChunkedArray) -> bool:
    if pa.types.is_string(values.type) and pc.any(pc.equal(values, "")).as_py():
        return True
    return bool(values.null_count)


def _has_value(values: pa.ChunkedArray) -> bool:
    if pa.types.is_string(values.type):
        return bool(pc.any(pc.not_equal(values, "")).as_py())
    return bool(values.null_count < len(values))


# -- what identifies a row


def natural_key(raws: Sequence[Raw], about: Sequence[About]) -> list[str]:
    """Return the columns that identify a row: few of them, and such as mean to.

    Raises
    ------
    BadData
        No one, two or three columns do.
    """
    rows = pa.concat_tables((raw.table for raw in _newest(raws)), promote_options="permissive")
    usable = [one for one in about if not one.has_null and one.type not in {FLOAT, BOOLEAN}]
    for names in _candidates(usable):
        if _is_unique(rows, names):
            return list(names)
    raise BadData(f"{raws[0].path.name}: no columns identify its rows; say which with --id")


def _newest(raws: Sequence[Raw]) -> list[Raw]:
    """Return the newest version of each file: older ones have the same rows."""
    found: dict[str, Raw] = {}
    for raw in sorted(raws, key=lambda raw: version_in(raw.path.name) or (0, 0)):
        found[without_version(raw.path.name)] = raw
    return list(found.values())


def _candidates(usable: Sequence[About]) -> Iterator[tuple[str, ...]]:
    names = [one.name for one in usable]
    times = sorted((n for n in names if _TIME.search(n)), key=_rank_of_clock)
    clocks = [one.name for one in usable if one.name in times and one.type in WHOLE]
    clocks.sort(key=_rank_of_clock)
    if _PACKET_COUNTER in names:
        yield from ((clock, _PACKET_COUNTER) for clock in clocks)
    ids = [name for name in names if _NAMES_A_ROW.fullmatch(name)]
    yield from ((name,) for name in [*ids, *times, *names[:1]])
    counts = [name for name in names if _COUNTS.search(name)]
    beside = list(dict.fromkeys([*counts, *ids, *names]))[:_MOST_BESIDE]
    heads = list(dict.fromkeys([*times, *ids, *names[:1]]))[:4]
    for more in (1, 2):
        for head in heads:
            others = [name for name in beside if name != head]
            yield from ((head, *pick) for pick in combinations(others, more))
        if more == 1:
            yield from ((name,) for name in names)


def _rank_of_clock(name: str) -> int:
    ranks = [rank for rank, word in enumerate(_CLOCKS) if word in name.lower()]
    return ranks[0] if ranks else len(_CLOCKS)


def _is_unique(rows: pa.Table, names: Iterable[str]) -> bool:
    groups = rows.group_by(list(names), use_threads=False).aggregate([])
    return bool(groups.num_rows == rows.num_rows)


# -- names and indexes


def _named(path: Path, columns: Iterable[str]) -> tuple[Pattern | None, tuple[NameRule, ...]]:
    template = template_of(path.name)
    if "[date]" not in template:
        return None, ()
    column = "file_date" if "file_date" not in columns else "date_of_file"
    rule = NameRule("date", column, DATE, deletes=True)
    return Pattern(template, dates=frozenset({"date"})), (rule,)


def _indexes(table: str, about: Sequence[About], key: Sequence[str]) -> Iterator[Index]:
    for one in about:
        if one.name in key:
            continue
        down = one.type in {DATE, DATETIME}
        if down or _NAMES_A_ROW.fullmatch(one.name):
            name = f"idx_{table}_{identifier(one.name)}"[:_LONGEST_NAME]
            yield Index(name, ((one.name, down),))
