"""Job files on disk: YAML as crump writes it, or TOML with the same keys."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gnomon.errors import ConfigError, MissingExtra
from gnomon.publish.tables.jobs import COMPUTED, FailureMode, Job, NameRule, Rule, read_job

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_jobs(path: Path) -> dict[str, Job]:
    """Read the jobs of a file.

    Raises
    ------
    ConfigError
        The file is absent, or no job file.
    """
    said = _load(path)
    if not isinstance(said, Mapping) or not isinstance(said.get("jobs"), Mapping):
        raise ConfigError(f"{path}: a job file is a table `jobs` of jobs by name")
    try:
        return {str(name): read_job(str(name), job) for name, job in said["jobs"].items()}
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def add_jobs(path: Path, jobs: Mapping[str, Job], *, overwrite: bool = False) -> None:
    """Write jobs into a file, beside those that it has.

    Raises
    ------
    ConfigError
        It has one of these names already, and `overwrite` is not set.
    """
    said = _load(path) if path.exists() else {}
    there = dict((said or {}).get("jobs") or {}) if isinstance(said, Mapping | None) else {}
    if (twice := sorted(set(there) & set(jobs))) and not overwrite:
        raise ConfigError(f"{path} has {', '.join(twice)} already; --force overwrites")
    text = dump_jobs(path, there | {name: described(job) for name, job in jobs.items()})
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def dump_jobs(path: Path, jobs: Mapping[str, Any]) -> str:
    """Return the text of a job file; its suffix says in which language."""
    if path.suffix == ".toml":
        return "".join(_toml(("jobs", name), job) for name, job in jobs.items())
    text: str = _yaml().safe_dump({"jobs": dict(jobs)}, sort_keys=False, allow_unicode=True)
    return text


def described(job: Job) -> dict[str, Any]:
    """Return a job as a job file says it."""
    said: dict[str, Any] = {"target_table": job.table}
    if job.match:
        said["filename_match"] = job.match
    said["id_mapping"] = {rule.source: _described(rule) for rule in job.key}
    if job.columns is not None:
        said["columns"] = {rule.source: _described(rule) for rule in job.columns}
    if job.pattern is not None:
        kind = "template" if job.pattern.is_template else "regex"
        columns = {rule.field: _described_name(rule) for rule in job.from_name}
        said["filename_to_column"] = {kind: job.pattern.text, "columns": columns}
    if job.indexes:
        said["indexes"] = [
            {
                "name": index.name,
                "columns": [
                    {"column": column, "order": "DESC" if down else "ASC"}
                    for column, down in index.columns
                ],
            }
            for index in job.indexes
        ]
    if job.sample != 100:  # noqa: PLR2004  a percentage
        said["sample_percentage"] = job.sample
    if job.mode is not FailureMode.PERMISSIVE:
        said["failure_mode"] = str(job.mode)
    return said


def _described(rule: Rule) -> dict[str, Any]:
    optional = {
        "type": str(rule.type) if rule.type else None,
        "nullable": rule.nullable,
        "lookup": dict(rule.lookup) or None,
        "expression": rule.expression or None,
        "function": rule.function or None,
        "input_columns": list(rule.inputs) or None,
    }
    said = {name: value for name, value in optional.items() if value is not None}
    return {"db_column": rule.column, **said}


def _described_name(rule: NameRule) -> dict[str, Any]:
    said: dict[str, Any] = {"db_column": rule.column}
    if rule.type is not None:
        said["type"] = str(rule.type)
    if rule.deletes:
        said["use_to_delete_old_rows"] = True
    return said


# -- languages


def _load(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: {error}") from None
    yaml = _yaml()
    try:
        return yaml.load(text, Loader=_loader(yaml))  # a subclass of the safe one
    except (yaml.YAMLError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _yaml() -> Any:
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError:
        raise MissingExtra("pyyaml", "tables") from None
    return yaml


def _loader(yaml: Any) -> Any:
    """Return a loader that knows several columns without name (``~``), and refuses other pairs."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # the library is loaded when it is needed
        """Reads what crump's documentation shows: a null key for each computed column."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        merged = {key: value for key, value in node.value if key.tag.endswith(":merge")}
        own: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node in merged:
                continue
            key = loader.construct_object(key_node, deep=True)
            if isinstance(key_node, yaml.ScalarNode) and key is not None:
                key = key_node.value  # as it stands there: YAML takes `on` for true, and 007 for 7
            if key is None:
                key = f"{COMPUTED}{sum(str(name).startswith(COMPUTED) for name in own) or ''}"
            if key in own:
                raise ConfigError(
                    f"line {key_node.start_mark.line + 1}: {key!r} stands there twice"
                )
            own[key] = loader.construct_object(value_node, deep=True)
        others = yaml.MappingNode(node.tag, list(merged.items()), node.start_mark, node.end_mark)
        made: dict[Any, Any] = loader.construct_mapping(others, deep=True)
        return made | own

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader


def _toml(path: tuple[str, ...], said: Mapping[str, Any]) -> str:
    """Return a job: its plain values, and a table for each mapping, one line a value."""
    deep = {name: value for name, value in said.items() if isinstance(value, Mapping)}
    plain = {name: value for name, value in said.items() if name not in deep}
    tables = [(path, plain), *(((*path, name), value) for name, value in deep.items())]
    return "".join(_table(*one) for one in tables)


def _table(path: tuple[str, ...], values: Mapping[str, Any]) -> str:
    lines = [f"[{'.'.join(map(_name, path))}]"]
    lines += [f"{_name(name)} = {_inline(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n\n"


def _name(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_name(n)} = {_inline(v)}" for n, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # texts, numbers and flags are written alike
