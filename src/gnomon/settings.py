"""Settings: `gnomon.toml`, then `.env`, then the environment, the later winning.

    # gnomon.toml
    root = "store"                          GNOMON_ROOT
    database = "sqlite:///gnomon.db"        GNOMON_DATABASE
    executor = "inline"                     GNOMON_EXECUTOR

    [network]
    connections = 8                         GNOMON_NETWORK__CONNECTIONS

This module is the only one that reads the environment, and it does so when it is asked.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr

from gnomon.core.pipeline import validated
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, UnknownName

FILE = "gnomon.toml"
_PREFIX = "GNOMON_"
_NESTED = "__"
_NOT_SETTINGS = {"GNOMON_SAMPLES"}
"""Names in the same style that belong to the tests."""


class NetworkSettings(StepConfig):
    """How archives are reached."""

    connections: int | None = Field(None, ge=1, description="per host; by protocol when absent")
    connect_timeout_s: float = Field(10, gt=0)
    read_timeout_s: float = Field(60, gt=0)
    bytes_per_s: float | None = Field(None, gt=0, description="shared by all transfers")
    requests_per_s: float | None = Field(None, gt=0, description="shared by all transfers")
    tries: int = Field(6, ge=1, description="of one transfer, before the job fails")
    contact: str = Field("", pattern=r"^[ -~]*$", description="an address, told to archives")


class LoopSettings(StepConfig):
    """How the loop works."""

    streams: int = Field(8, ge=1, description="fetches and publications at a time")
    lease_s: float = Field(60, gt=0, description="a loop that is silent for longer loses its jobs")
    most_tries: int = Field(3, ge=1, description="of one job in one run")
    every_s: float = Field(300, gt=0, description="between two listings of `gnomon watch`")


class Settings(StepConfig):
    """Everything that a project can set; paths are relative to the project's folder."""

    root: Path = Field(Path("store"), description="where datasets are kept")
    database: SecretStr = Field(SecretStr("sqlite:///gnomon.db"), description="SQLAlchemy URL")
    executor: Literal["inline", "processes", "dask"] = "inline"
    workers: int | None = Field(None, ge=1, description="processes; as many as cores when absent")
    scheduler: str = Field("", description="of Dask: tcp://host:8786")
    network: NetworkSettings = NetworkSettings()
    loop: LoopSettings = LoopSettings()


def load_settings(folder: Path) -> Settings:
    """Read the settings of the project in `folder`; all of them have defaults.

    Raises
    ------
    UnknownName
        A key that is no setting; the message names the nearest.
    ConfigError
        A value that does not fit.
    """
    values: dict[str, Any] = {}
    path = folder / FILE
    if path.is_file():
        values = _toml(path)
    for source in (dotenv_values(folder / ".env"), os.environ):
        _merge(values, _nested(source))
    for section, model in (("network", NetworkSettings), ("loop", LoopSettings)):
        table = values.get(section, {})
        if not isinstance(table, dict):
            raise ConfigError(_no_table(section, table))
        values[section] = validated(model, table, f"[{section}]")
    return validated(Settings, values, FILE)


def environment(folder: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Return what `.env` and the environment say under other names than ours; the latter wins.

    Parameters
    ----------
    folder : Path
        The project's, where `.env` is.
    patterns : iterable of str
        Names, or globs of names such as ``FTP_*``.
    """
    wanted = tuple(patterns)
    said = {**dotenv_values(folder / ".env"), **os.environ}
    return {
        name: value
        for name, value in sorted(said.items())
        if value is not None and any(fnmatchcase(name, pattern) for pattern in wanted)
    }


def secret(folder: Path, name: str) -> SecretStr | None:
    """Return what `.env` or the environment, which wins, says under a name; None where nothing."""
    said = environment(folder, [name]).get(name, "")
    return SecretStr(said) if said else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _nested(source: Mapping[str, str | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in source.items():
        if not name.startswith(_PREFIX) or name in _NOT_SETTINGS or value is None:
            continue
        *tables, key = name.removeprefix(_PREFIX).lower().split(_NESTED)
        if tables and (len(tables) > 1 or tables[0] not in Settings.model_fields):
            raise UnknownName("setting", name, _all_names())
        table = found.setdefault(tables[0], {}) if tables else found
        if not isinstance(table, dict):
            raise ConfigError(_no_table(tables[0], table))
        table[key] = value
    return found


def _no_table(section: str, value: object) -> str:
    return f"[{section}] is a table, not {value!r}"


def _all_names() -> list[str]:
    names = [_PREFIX + name.upper() for name in Settings.model_fields]
    for section, model in (("NETWORK", NetworkSettings), ("LOOP", LoopSettings)):
        names += [f"{_PREFIX}{section}{_NESTED}{name.upper()}" for name in model.model_fields]
    return names


def _merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and name in values:
            if not isinstance(values[name], dict):
                raise ConfigError(_no_table(name, values[name]))
            values[name] |= value
        else:
            values[name] = value
