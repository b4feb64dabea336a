"""Pipelines of the seed system, ``[Master]`` files in TOML, as pipelines of gnomon.

Both files are read: the first chain, which names the Level-2 file, and the Level-2 file itself.
Paths in them are relative to the working folder, as they are there. What such a file cannot say
comes as gnomon has it: one pass over each Level-1 file, two products instead of one, and a snapshot
of the database's rows in every Level-2 file.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.master.chain import Acquired, roots_of, whole
from gnomon.instruments.comap.master.grammar import Call
from gnomon.instruments.comap.master.modules import (
    CHAIN,
    ELSEWHERE,
    KNOWN,
    MAPS,
    STAGES,
    stage_entry,
)
from gnomon.instruments.comap.master.tables import calls_of, master_of, modules_of

_logger = logging.getLogger(__name__)

_MASTER_KEYS: Final = (
    *("log_file", "sql_database", "pipeline", "force_run", "nprocess"),
    *("source", "source_group", "target_obsid", "level1_data_paths"),
)
_DEFAULT_DATABASE: Final = "comap.db"
_SNAPSHOT: Final = "finalize_level2_metadata"
_URL = re.compile(r"\w+(\+\w+)?://")


@dataclass
class Translation:
    """A pipeline of ours in the making.

    Attributes
    ----------
    folder : Path
        What relative paths are relative to.
    remarks : list of str
        What the file asks for that is otherwise here.
    """

    folder: Path
    found: Acquired = field(default_factory=Acquired)
    stages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    output: str = ""
    database: str = ""
    select: dict[str, list[Any]] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def translate(data: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return a [Master] file as a pipeline of ours says it; what is lost is logged.

    Parameters
    ----------
    data : mapping
        What the TOML says.
    path : Path
        Of the file; the pipeline is called after it.

    Raises
    ------
    ConfigError
        Something is absent, wrong, or not known; the nearest name is told.
    """
    made = translated(data, path, Path.cwd())
    for remark in made.remarks:
        _logger.warning("%s: %s", path.name, remark)
    return pipeline_of(made, path.stem)


def translated(data: Mapping[str, Any], path: Path, folder: Path) -> Translation:
    """Read a [Master] file, and the Level-2 file that it names; see `translate`."""
    made = Translation(folder)
    try:
        _read(made, data)
    except UnknownName as error:
        raise UnknownName(f"{error.what} (in {path.name})", error.name, error.known) from None
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    return made


def _read(made: Translation, data: Mapping[str, Any]) -> None:
    master = master_of(data, _MASTER_KEYS)
    _read_master(made, master)
    for path, table in modules_of(data, KNOWN):
        _check_table(made, Call(path, table))
    for call in calls_of(data, master):
        _read_module(made, call)


def _check_table(made: Translation, call: Call) -> None:
    """Refuse what is not known, in modules that do not run too: they may, tomorrow."""
    if call.name in STAGES:
        stage_entry(call, [])
    elif call.name in CHAIN:
        _check_options(call)
    elif call.name not in KNOWN:
        raise UnknownName(f"module in [{call.dotted}]:", call.name, KNOWN)
    if call.name == "DataAssess":  # files that were found by an earlier run are still there
        made.found.roots = made.found.roots or roots_of(call.options)


def _read_module(made: Translation, call: Call) -> None:
    if call.name in STAGES:
        step = STAGES[call.name].step
        made.stages.setdefault(step, []).append(stage_entry(call, made.remarks))
        if output := call.options.get("output_dir", ""):
            made.output = str(output) if call.name == "CreateLevel2File" else made.output
    elif call.name in CHAIN:
        _read_link(made, call)
    elif call.name in MAPS:
        raise ConfigError(
            f"{call.name} comes with maps, and there are none yet (issue 7): leave it out"
        )
    elif call.name in ELSEWHERE:
        raise ConfigError(f"nothing here does what {call.name} did: leave it out")
    else:
        raise UnknownName("module", call.name, KNOWN)


def _check_options(call: Call) -> None:
    for name in call.options:
        if name not in CHAIN[call.name]:
            raise UnknownName(f"option of {call.name}", name, CHAIN[call.name])


def _read_link(made: Translation, call: Call) -> None:
    _check_options(call)
    if call.name == "Level2Pipeline":
        _read_level2(made, call)
    else:
        made.found.take(call, made.remarks)


def _read_level2(made: Translation, call: Call) -> None:
    said = str(call.options.get("config_file", ""))
    path = made.folder / said
    if not said or not path.is_file():
        raise ConfigError(
            f"Level2Pipeline: there is no config_file {said!r} below {made.folder}: paths are"
            " relative to the working folder"
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    if minimum := call.options.get("MIN_OBSID"):
        made.found.min_obsid = whole("MIN_OBSID", minimum)
    inner = translated(data, path, made.folder)
    if inner.found.links:
        raise ConfigError(f"{said}: {inner.found.links[0]} belongs into the first chain")
    made.stages, made.output = inner.stages, inner.output
    made.select, made.run = made.select | inner.select, made.run | inner.run
    made.database = inner.database or made.database
    made.found.roots = made.found.roots or inner.found.roots
    made.remarks += inner.remarks
    if (targets := call.options.get("target_obsid")) and "obsid" not in made.select:
        made.select["obsid"] = _obsids(targets, made.folder)


def _read_master(made: Translation, master: Mapping[str, Any]) -> None:
    made.database = str(master.get("sql_database", ""))
    for key in ("source", "source_group"):
        if said := master.get(key):
            names = said if isinstance(said, list) else [said]
            made.select[key] = [str(name).replace("%", "*") for name in names]
    if targets := master.get("target_obsid"):
        made.select["obsid"] = _obsids(targets, made.folder)
    if "nprocess" in master:
        made.run |= {"workers": whole("nprocess", master["nprocess"]), "executor": "processes"}
    if "force_run" in master:
        if not isinstance(master["force_run"], bool):
            raise ConfigError("force_run must be true or false")
        made.run["force"] = master["force_run"]
    made.found.roots = roots_of(master)


def _obsids(said: Any, folder: Path) -> list[int]:
    """Return numbers of observations: given, or those of a file with one a line."""
    if isinstance(said, str):
        try:
            lines = (folder / said).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise ConfigError(f"target_obsid: {said!r} cannot be read: {error}") from error
        said = [line.partition("#")[0].strip() for line in lines]
        said = [line for line in said if line]
    return [whole("target_obsid", one) for one in (said if isinstance(said, list) else [said])]


def pipeline_of(made: Translation, name: str) -> dict[str, Any]:
    """Return a pipeline as its TOML would say it.

    Raises
    ------
    ConfigError
        There is nothing to do, or nowhere to look for Level-1 files.
    """
    if not made.stages and not made.found.links:
        raise ConfigError("pipeline names no module")
    return {
        "name": name,
        "source": made.found.sources(made.folder),
        "step": _steps(made),
        "publish": _publishers(made),
        "select": made.select,
        "run": made.run,
    }


def _steps(made: Translation) -> list[dict[str, Any]]:
    flags = [{"use": "comap.flags"}] if made.found.flags_file else []
    if not made.stages:
        return flags
    cleaning = list(made.stages.get("comap.level2", []))
    if all(stage["use"] != _SNAPSHOT for stage in cleaning):
        cleaning.append({"use": _SNAPSHOT})
    return [
        *flags,
        {"use": "comap.reduce", "stages": made.stages.get("comap.reduce", [])},
        {"use": "comap.level2", "stages": cleaning},
    ]


def _publishers(made: Translation) -> list[dict[str, Any]]:
    kinds = ["comap.level1", "comap.level1.place"]
    kinds += ["comap.verdict", "comap.level2"] if made.stages else []
    kinds += ["comap.flags"] if made.found.flags_file else []
    said = made.database or _DEFAULT_DATABASE
    url = said if _URL.match(said) else f"sqlite:///{(made.folder / said).absolute()}"
    publishers: list[dict[str, Any]] = [{"use": "comap.sql", "url": url, "kinds": kinds}]
    if made.output and made.stages:
        output = str((made.folder / made.output).absolute())
        publishers.append({"use": "folder", "kinds": ["comap.level2"], "output": output})
    return publishers
