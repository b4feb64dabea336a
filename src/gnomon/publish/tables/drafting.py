"""The rows that a job makes of a file, before it is known what the table there is like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gnomon.errors import BadData, ConfigError
from gnomon.publish.tables.expressions import compile_expression
from gnomon.publish.tables.filenames import Version
from gnomon.publish.tables.fitting import ARROW, fitted, spelled
from gnomon.publish.tables.jobs import COMPUTED, FailureMode, Job, Rule
from gnomon.publish.tables.reading import Raw
from gnomon.publish.tables.types import BIGINT, DATE, TEXT, WHOLE, Type

_SHOWN = 8


@dataclass(frozen=True)
class Column:
    """A column on its way into a table.

    Attributes
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
        As they stand in the file, or computed.
    type : Type, optional
        As the job or the file says; by the values where neither does.
    nullable : bool, optional
        Whether an empty text is null, and a null allowed.
    """

    name: str
    values: Any
    type: Type | None = None
    nullable: bool | None = None


@dataclass(frozen=True)
class Draft:
    """Rows for a table.

    Attributes
    ----------
    file : str
        What the file is called.
    slot : mapping of str to value
        Columns, and their values, that say which rows of the table this file stands for; empty
        where nothing in the table tells them.
    notes : tuple of str
        What people should know of them.
    """

    file: str
    job: Job
    columns: tuple[Column, ...]
    rows: int
    slot: Mapping[str, Any]
    version: Version | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_strict(self) -> bool:
        """Whether a value that does not fit refuses the file."""
        return self.job.mode is FailureMode.STRICT


def draft(
    raws: Sequence[Raw],
    job: Job,
    *,
    names: Sequence[str] = (),
    given: Mapping[str, Any] | None = None,
    allow_functions: bool = False,
) -> Draft:
    """Apply a job to a file.

    Parameters
    ----------
    raws : sequence of Raw
        The file's tables; the one that has the job's key is taken.
    names : sequence of str, optional
        What the file is called as well.
    given : mapping of str to value, optional
        Columns beside those of the file, which tell its rows; a date, a whole number or a text.
    allow_functions : bool
        Whether functions of other modules may be called.

    Raises
    ------
    BadData
        The file lacks columns, or an expression fails.
    ConfigError
        Its name is not what the job's template says, or it may not call functions.
    """
    if job.functions and not allow_functions:
        called = ", ".join(job.functions)
        raise ConfigError(f"job {job.name!r} calls {called}; allow that with --allow-functions")
    raw = _chosen(raws, job)
    said = read_name(job, *_names(raw), *names)
    source = _Source(raw, _sample(raw.table.num_rows, job.sample))
    columns, notes = _columns(source, job)
    known = {rule.column: rule.type or TEXT for rule in job.from_name}
    known |= {name: _type_of_value(value) for name, value in (given or {}).items()}
    beside = [
        _constant(name, known[name], value, source.rows)
        for name, value in {**said.values, **(given or {})}.items()
    ]
    return Draft(
        raw.path.name,
        job,
        (*columns, *beside),
        source.rows,
        {**said.slot, **(given or {})},
        said.version,
        tuple(notes),
    )


@dataclass(frozen=True)
class Said:
    """What a file's name says: values of columns, those that tell its rows, its version."""

    values: Mapping[str, Any]
    slot: Mapping[str, Any]
    version: Version | None


def read_name(job: Job, *names: str) -> Said:
    """Return what the first of some names says that is as the job's template wants it.

    Raises
    ------
    BadData
        It is as the template wants it, but says no date where a date should be.
    ConfigError
        None is.
    """
    if job.pattern is None:
        return Said({}, {}, None)
    named = job.read_name(*names)
    if named is None:
        wanted = f"{job.pattern.text!r}, as job {job.name!r} says"
        raise ConfigError(f"{names[0]} is not named {wanted}")
    values: dict[str, Any] = {}
    for rule in job.from_name:
        text = named.values.get(rule.field)
        fit = fitted(pa.array([text], pa.string()), rule.type or TEXT)
        if fit.lost or (text is None and rule.deletes):
            raise BadData(f"{names[0]}: its {rule.field} is {text!r}, no {rule.type or TEXT}")
        values[rule.column] = fit.values[0].as_py()
    slot = {rule.column: values[rule.column] for rule in job.from_name if rule.deletes}
    return Said(values, slot, named.version)


def _type_of_value(value: Any) -> Type:
    if isinstance(value, int):
        return BIGINT
    return DATE if isinstance(value, date) else TEXT


def _names(raw: Raw) -> list[str]:
    """Return what the file may be called in a template; crump calls a CDF's tables files."""
    path = raw.path
    if not raw.group:
        return [path.name]
    column = raw.table.column_names[min(1, raw.table.num_columns - 1)].partition("_")[0]
    groups = dict.fromkeys((raw.group, column))
    return [path.name, *(f"{path.stem}{mark}{group}.csv" for group in groups for mark in "_-")]


def _chosen(raws: Sequence[Raw], job: Job) -> Raw:
    wanted = {rule.source for rule in job.key if not rule.source.startswith(COMPUTED)}
    for raw in raws:
        if wanted <= set(raw.table.column_names):
            return raw
    absent = sorted(wanted - set(raws[0].table.column_names))
    raise BadData(f"{raws[0].path.name} lacks {', '.join(absent)}, which identify its rows")


class _Source:
    """The columns of a file, or of a sample of its rows."""

    def __init__(self, raw: Raw, sample: pa.Array | None) -> None:
        self.raw = raw
        self.table = raw.table if sample is None else raw.table.take(sample)
        self._ticks = {
            name: values if sample is None else values.take(sample)
            for name, values in raw.ticks.items()
        }
        self.rows: int = self.table.num_rows
        self.names: list[str] = self.table.column_names

    def values(self, name: str, kind: Type | None = None) -> Any:
        if name in self._ticks and kind in WHOLE:
            return self._ticks[name]
        return self.table[name]

    def texts(self, name: str) -> list[Any]:
        """Return what an expression sees: texts of a CSV, values of other files."""
        found: list[Any] = self.table[name].to_pylist()
        return found


def _sample(rows: int, percentage: float) -> pa.Array | None:
    """Return which rows to take: the first, one in so many, and the last."""
    if percentage >= 100 or rows <= 1:  # noqa: PLR2004  a percentage
        return None
    step = 100 / percentage if percentage else math.inf
    taken = {0, rows - 1}
    if math.isfinite(step):
        taken |= {int(number * step) for number in range(math.ceil(rows / step))}
    return pa.array(sorted(at for at in taken if at < rows), pa.int64())


def _columns(source: _Source, job: Job) -> tuple[list[Column], list[str]]:
    rules = [*job.key, *(job.columns if job.columns is not None else _all(source, job))]
    made, absent = [], []
    for rule in rules:
        if rule.expression or rule.function:
            made.append(Column(rule.column, _computed(rule, source), rule.type, rule.nullable))
        elif rule.source in source.names:
            made.append(_taken(rule, source))
        else:
            absent.append(rule.source)
            made.append(Column(rule.column, pa.nulls(source.rows, pa.string()), rule.type, True))
    if absent and job.mode is FailureMode.STRICT:
        raise BadData(f"{source.raw.path.name} lacks the columns {', '.join(absent)}")
    return made, [f"null, since the file lacks them: {_some(absent)}"] if absent else []


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _all(source: _Source, job: Job) -> list[Rule]:
    keys = {rule.source for rule in job.key}
    taken = {*job.key_columns, *(rule.column for rule in job.from_name)}
    return [Rule(name, name) for name in source.names if name not in keys and name not in taken]


def _taken(rule: Rule, source: _Source) -> Column:
    values = source.values(rule.source, rule.type)
    if rule.lookup:
        values = _looked_up(values, rule.lookup)
    kind = rule.type or (None if rule.lookup else source.raw.types.get(rule.source))
    return Column(rule.column, values, kind, rule.nullable)


def _looked_up(values: pa.ChunkedArray, lookup: Mapping[str, Any]) -> pa.Array:
    """Replace texts; those that are not in the lookup stay."""
    whole = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0, pa.string())
    encoded = pc.fill_null(spelled(whole), "").dictionary_encode()
    told = [lookup.get(text, text) for text in encoded.dictionary.to_pylist()]
    words = [None if one is None else str(one) for one in told]
    return pa.array(words, pa.string()).take(encoded.indices)


def _computed(rule: Rule, source: _Source) -> pa.Array:
    if absent := [name for name in rule.inputs if name not in source.names]:
        path = source.raw.path
        raise BadData(f"{path.name} lacks {', '.join(absent)}, which {rule.column} is computed of")
    inputs = [source.texts(name) for name in rule.inputs]
    function = _function(rule)
    made = [function(*row) for row in zip(*inputs, strict=True)]
    try:
        values = pa.array(made)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # of several sorts
        values = pa.array([None if one is None else str(one) for one in made], pa.string())
    return values.cast(pa.string()) if pa.types.is_null(values.type) else values


def _function(rule: Rule) -> Callable[..., Any]:
    if rule.expression:
        evaluate = compile_expression(rule.expression, rule.inputs)
        return lambda *row: evaluate(dict(zip(rule.inputs, row, strict=True)))
    module, _, name = rule.function.rpartition(".")
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"the function {rule.function} cannot be found: {error}") from None
    return found


def _constant(name: str, kind: Type, value: Any, rows: int) -> Column:
    values = pa.repeat(pa.scalar(value, ARROW[kind.name]), rows)
    return Column(name, values, kind, nullable=True)
