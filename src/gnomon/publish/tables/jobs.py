"""Jobs: which columns of which files go into which table, as job files say.

    jobs:
      hsk_pw:
        target_table: hsk_pw
        filename_match: imap_mag_l1_hsk-pw_*.csv
        id_mapping: {shcoarse: shcoarse, src_seq_ctr: src_seq_ctr}
        columns:
          p1v5v: {db_column: p1v5v, type: float, nullable: false}
        filename_to_column:
          template: imap_mag_l1_hsk-pw_[date]_v[version].csv
          columns:
            date: {db_column: file_date, type: date, use_to_delete_old_rows: true}

The keys are those of crump 0.7, whose files are read as they are; TOML says the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from gnomon.errors import ConfigError, UnknownName
from gnomon.publish.tables.filenames import Named, Pattern
from gnomon.publish.tables.types import Type, parse_type

COMPUTED = "~"
"""The name of a column that no file has starts with this; job files may leave it null."""


class FailureMode(StrEnum):
    """What happens to values that do not fit their columns."""

    PERMISSIVE = "permissive"
    """Columns widen, absent ones are null, and what fits nowhere is null, counted and told."""
    STRICT = "strict"
    """The file is refused."""


@dataclass(frozen=True)
class Rule:
    """What becomes of one column of a file.

    Attributes
    ----------
    source : str
        Its name in the file; begins with `COMPUTED` where the file has none.
    column : str
        Its name in the table.
    type : Type, optional
        As the job says; by the values, or by the table that is there, where it says nothing.
    nullable : bool, optional
        Whether an empty text is null, and a null allowed.
    lookup : mapping of str to value
        Replacements of texts.
    expression, function : str
        How it is computed from `inputs`.
    """

    source: str
    column: str
    type: Type | None = None
    nullable: bool | None = None
    lookup: Mapping[str, Any] = field(default_factory=dict)
    expression: str = ""
    function: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class NameRule:
    """What becomes of one field of a file's name.

    Attributes
    ----------
    deletes : bool
        Whether rows with the same value, that the file no longer holds, are deleted.
    """

    field: str
    column: str
    type: Type | None = None
    deletes: bool = False


@dataclass(frozen=True)
class Index:
    """An index; of each column, whether it runs down."""

    name: str
    columns: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Job:
    """How files of one sort become rows of one table.

    Attributes
    ----------
    key : tuple of Rule
        The columns that identify a row.
    columns : tuple of Rule, optional
        The others; all that the file has where it is None.
    pattern : Pattern, optional
        What the files' names are like.
    from_name : tuple of NameRule
        Columns filled from the name.
    sample : float
        Percentage of the rows to take.
    """

    name: str
    table: str
    key: tuple[Rule, ...]
    columns: tuple[Rule, ...] | None = None
    match: str = ""
    pattern: Pattern | None = None
    from_name: tuple[NameRule, ...] = ()
    indexes: tuple[Index, ...] = ()
    sample: float = 100.0
    mode: FailureMode = FailureMode.PERMISSIVE

    def __post_init__(self) -> None:
        names = [rule.column for rule in (*self.key, *(self.columns or ()))]
        names += [rule.column for rule in self.from_name]
        if twice := sorted(name for name, count in Counter(names).items() if count > 1):
            raise ConfigError(f"job {self.name!r} fills {', '.join(twice)} more than once")
        if not self.key:
            raise ConfigError(f"job {self.name!r} has no id_mapping: nothing identifies a row")

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """The names, in the table, of what identifies a row."""
        return tuple(rule.column for rule in self.key)

    @property
    def functions(self) -> list[str]:
        """The functions outside of the job file that it calls."""
        return [rule.function for rule in (*self.key, *(self.columns or ())) if rule.function]

    def matches(self, path: Path) -> bool:
        """Tell whether `filename_match`, a glob or a regular expression, takes a file."""
        if not self.match:
            return False
        if fnmatch(path.name, self.match) or fnmatch(str(path), self.match):
            return True
        try:
            return re.fullmatch(self.match, path.name) is not None
        except re.error:
            return False

    def read_name(self, *names: str) -> Named | None:
        """Return what the first of the names that fits says; None where none does."""
        if self.pattern is None:
            return None
        return next(filter(None, map(self.pattern.read, names)), None)


def choose(jobs: Mapping[str, Job], path: Path, name: str = "") -> Job:
    """Return the job of a file: by its name, by the file's, or because there is one only.

    Of several that take a file, the first whose template fits its name too is taken.

    Raises
    ------
    ConfigError
        No job takes it.
    UnknownName
        No job has the name.
    """
    if name:
        if name not in jobs:
            raise UnknownName("job", name, jobs)
        return jobs[name]
    matching = [job for job in jobs.values() if job.matches(path)]
    fitting = [job for job in jobs.values() if job.read_name(path.name) is not None]
    for job in [*(job for job in matching if job in fitting), *matching, *fitting]:
        return job
    if len(jobs) == 1:
        return next(iter(jobs.values()))
    raise ConfigError(f"no job takes {path.name}; say --job, or give one a filename_match")


# -- reading


def read_job(name: str, said: Any) -> Job:
    """Return the job that a mapping describes.

    Raises
    ------
    ConfigError
        A key is absent, unknown or of the wrong sort; the message names it.
    """
    told = _Told(f"job {name!r}", said)
    pattern, from_name = _from_name(told)
    columns = told.mapping("columns", None)
    job = Job(
        name,
        table=told.text("target_table"),
        key=tuple(_rule(told, source, rule) for source, rule in told.mapping("id_mapping").items()),
        columns=None
        if columns is None
        else tuple(_rule(told, source, rule) for source, rule in columns.items()),
        match=told.text("filename_match", ""),
        pattern=pattern,
        from_name=from_name,
        indexes=tuple(_index(told, one) for one in told.sequence("indexes")),
        sample=told.number("sample_percentage", 100.0),
        mode=told.mode(),
    )
    told.end()
    if not 0 <= job.sample <= 100:  # noqa: PLR2004  a percentage
        raise ConfigError(f"job {name!r}: sample_percentage is {job.sample}, not 0 to 100")
    return job


class _Told:
    """A mapping of a job file, whose keys are taken one by one; what is left was not expected."""

    def __init__(self, where: str, said: Any) -> None:
        if not isinstance(said, Mapping):
            raise ConfigError(f"{where} is {said!r}, not a table of options")
        self.where, self._said = where, dict(said)

    def end(self) -> None:
        """Refuse what nobody took."""
        if self._said:
            raise ConfigError(f"{self.where} has unknown options {sorted(map(str, self._said))}")

    def _take(self, name: str, kind: Any, default: Any) -> Any:
        value = self._said.pop(name, None)
        if value is None:
            if default is ...:
                raise ConfigError(f"{self.where} lacks {name}")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(f"{self.where}: {name} is {value!r}")
        return value

    def text(self, name: str, default: Any = ...) -> str:
        """Return a text."""
        return str(self._take(name, str, default))

    def flag(self, name: str) -> bool | None:
        """Return a flag."""
        value: bool | None = self._take(name, bool, None)
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number."""
        return float(self._take(name, int | float, default))

    def mapping(self, name: str, default: Any = ...) -> Any:
        """Return a table of options."""
        return self._take(name, Mapping, default)

    def sequence(self, name: str) -> Sequence[Any]:
        """Return a list."""
        found: Sequence[Any] = self._take(name, list, [])
        return found

    def mode(self) -> FailureMode:
        """Return the failure mode."""
        value = self.text("failure_mode", FailureMode.PERMISSIVE)
        if value not in set(FailureMode):
            known = ", ".join(FailureMode)
            raise ConfigError(f"{self.where}: failure_mode is {value!r}, not one of {known}")
        return FailureMode(value)

    def type(self) -> Type | None:
        """Return the type."""
        spelled = self.text("type", "")
        return parse_type(spelled) if spelled else None


def _rule(job: _Told, source: Any, said: Any) -> Rule:
    name = COMPUTED if source is None or source == "" else str(source)
    if isinstance(said, str) or said is None:
        return Rule(name, said or name)
    told = _Told(f"{job.where}: column {name}", said)
    rule = Rule(
        name,
        column=told.text("db_column", ... if name.startswith(COMPUTED) else name),
        type=told.type(),
        nullable=told.flag("nullable"),
        lookup={_looked_up(key): value for key, value in told.mapping("lookup", {}).items()},
        expression=told.text("expression", ""),
        function=told.text("function", ""),
        inputs=tuple(map(str, told.sequence("input_columns"))),
    )
    told.end()
    _check_rule(told.where, rule)
    return rule


def _check_rule(where: str, rule: Rule) -> None:
    computed = bool(rule.expression or rule.function)
    if rule.expression and rule.function:
        raise ConfigError(f"{where} has an expression and a function; one of them is too many")
    if computed and not rule.inputs:
        raise ConfigError(f"{where} is computed, so it needs input_columns")
    if rule.source.startswith(COMPUTED) and not computed:
        raise ConfigError(f"{where} has no name in the file, and no expression or function")
    if rule.function and not re.fullmatch(r"\w+(\.\w+)+", rule.function):
        raise ConfigError(f"{where}: {rule.function!r} is no module.function")


def _looked_up(key: Any) -> str:
    """Return a key of a lookup as the text of a CSV: YAML reads ``true`` and ``1`` as values."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _from_name(job: _Told) -> tuple[Pattern | None, tuple[NameRule, ...]]:
    said = job.mapping("filename_to_column", None)
    if said is None:
        return None, ()
    told = _Told(f"{job.where}: filename_to_column", said)
    template, regex = told.text("template", ""), told.text("regex", "")
    rules = tuple(_name_rule(told, *one) for one in told.mapping("columns", {}).items())
    told.end()
    if bool(template) == bool(regex):
        raise ConfigError(f"{told.where} needs a template or a regex, one of them")
    dates = {rule.field for rule in rules if rule.type is not None and rule.type.name == "date"}
    pattern = Pattern(template or regex, bool(template), frozenset(dates))
    if stray := [rule.field for rule in rules if rule.field not in pattern.fields]:
        raise ConfigError(f"{told.where}: {pattern.text!r} has no field {', '.join(stray)}")
    return pattern, rules


def _name_rule(where: _Told, source: Any, said: Any) -> NameRule:
    if isinstance(said, str) or said is None:
        return NameRule(str(source), said or str(source))
    told = _Told(f"{where.where}: {source}", said)
    rule = NameRule(
        str(source),
        told.text("db_column", str(source)),
        told.type(),
        bool(told.flag("use_to_delete_old_rows")),
    )
    told.end()
    return rule


def _index(job: _Told, said: Any) -> Index:
    told = _Told(f"{job.where}: indexes", said)
    columns = []
    for one in told.sequence("columns"):
        each = _Told(told.where, {"column": one} if isinstance(one, str) else one)
        column, order = each.text("column"), each.text("order", "ASC").upper()
        if order not in {"ASC", "DESC"}:
            raise ConfigError(f"{told.where}: order is {order!r}, not ASC or DESC")
        each.end()
        columns.append((column, order == "DESC"))
    index = Index(told.text("name"), tuple(columns))
    told.end()
    return index
