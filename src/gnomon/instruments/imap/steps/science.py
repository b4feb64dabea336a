"""What the calibration steps share: which science files and which layers they work on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from gnomon.core.dataset import Input, Report
from gnomon.errors import ConfigError, NoData

if TYPE_CHECKING:
    from gnomon.instruments.imap.calibration.layers import Layer

GROUP = ("mode", "day")


def science_of(l1b: Sequence[Input], l1c: Sequence[Input], sensor: str) -> Input:
    """Return the science file of a sensor: Level 1C of normal mode, Level 1B of burst mode.

    Raises
    ------
    NoData
        The day has none.
    """
    mode = next((str(one.key["mode"]) for one in (*l1c, *l1b)), "")
    level, there = ("L1B", l1b) if mode == "burst" else ("L1C", l1c)
    for one in there:
        if one.key["sensor"] == sensor:
            return one
    raise NoData(f"no {level} {mode} of {sensor}".replace("  ", " "))


def mode_and_day(science: Input) -> tuple[str, date]:
    """Return what a science file is of."""
    day = science.key["day"]
    assert isinstance(day, date)  # noqa: S101  the kind says so
    return str(science.key["mode"]), day


def write_changes(
    method: str, rows: Layer, science: Input, into: tuple[Path, Path], comment: str
) -> Report:
    """Write a layer of change points of a day of science, its JSON and its CSV."""
    # NumPy takes long to load, and every command loads this module.
    from gnomon.instruments.imap.calibration.layer_files import (  # noqa: PLC0415
        Description,
        write_layer,
    )

    mode, day = mode_and_day(science)
    sensor = str(science.key["sensor"])
    validity = (int(rows.tt2000[0]), int(rows.tt2000[-1]))
    says = Description(method, mode, sensor, day, validity, (science.path.name,), (), comment)
    write_layer(*into, rows, says)
    return Report({"n_change_points": len(rows.tt2000)})


def chosen_layers(layers: Sequence[Path], patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the layers that patterns name, each once, in the order of the patterns.

    Parameters
    ----------
    layers : sequence of Path
        JSON files, in the order in which they act by default.
    patterns : sequence of str
        Methods, or names of files with or without suffix; ``*`` and ``?`` stand for characters.

    Raises
    ------
    ConfigError
        A name without ``*`` and ``?`` is the one of no layer.
    """
    chosen: dict[Path, None] = {}
    for pattern in patterns:
        found = [path for path in layers if _is_called(path, PurePath(pattern).name)]
        if not found and not set(pattern) & set("*?["):
            there = ", ".join(path.name for path in layers) or "none"
            raise ConfigError(f"no layer of this day is called {pattern!r}; there is {there}")
        chosen |= dict.fromkeys(found)
    return tuple(chosen)


def _is_called(path: Path, pattern: str) -> bool:
    method = path.name.removeprefix("imap_mag_").partition("-layer_")[0]
    plain = method.removesuffix("-norm").removesuffix("-burst")
    return any(fnmatchcase(name, pattern) for name in (path.name, path.stem, method, plain))
