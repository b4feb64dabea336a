"""`gnomon imap apply`: layers applied to some days of science, up to Level 2-pre."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.core.dataset import Input
from gnomon.core.kinds import KeyValue
from gnomon.core.pipeline import StepSpec
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.imap import kinds
from gnomon.instruments.imap.cli.by_hand import Bench, Given
from gnomon.instruments.imap.cli.calibrating import (
    Metakernel,
    Mode,
    Output,
    Save,
    ScienceMode,
    check_there,
    days_from,
    major_minor,
    run_by_hand,
    run_in_store,
    spec_of,
)
from gnomon.instruments.imap.cli.days import EndDate, SaveMode, StartDate
from gnomon.instruments.imap.cli.stored import Holdings
from gnomon.instruments.imap.steps.apply import ApplyConfig
from gnomon.instruments.imap.steps.apply import apply as apply_step

_LAYERS = (kinds.GRADIOMETER, kinds.LAYER, kinds.QUALITY, kinds.MANUAL)
_WILD = frozenset("*?[")


class FrameName(StrEnum):
    """The frames of Level 2."""

    SRF = "srf"
    GSE = "gse"
    GSM = "gsm"
    RTN = "rtn"
    DSRF = "dsrf"


class FileType(StrEnum):
    """The formats of products."""

    CDF = "cdf"


Science = Annotated[
    Path | None, typer.Argument(metavar="[INPUT]", help="A file, or a name in the store.")
]
LayerNames = Annotated[
    list[str] | None,
    typer.Option(help="Methods, names or globs, in the order in which they act; all when absent."),
]
OneDay = Annotated[datetime | None, typer.Option("--date", help="One day, UTC.")]
Unused = Annotated[FileType, typer.Option(hidden=True)]
Rotation = Annotated[
    Path | None,
    typer.Option(help="A calibration CDF, in place of the store's that covers the day."),
]
Frames = Annotated[list[FrameName] | None, typer.Option(help="Repeatable. Default: all five.")]
OffsetVersion = Annotated[
    int | None, typer.Option(min=1, max=999, help="Not the next version of the offsets.")
]
L2Version = Annotated[
    tuple[int, int] | None,
    typer.Option(metavar="MAJOR MINOR", help="Not the next version of Level 2-pre."),
]


def apply(
    science: Science = None,
    layers: LayerNames = None,
    date: OneDay = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    mode: ScienceMode = Mode.NORM,
    offset_file_output_type: Unused = FileType.CDF,
    l2_output_type: Unused = FileType.CDF,
    rotation: Rotation = None,
    save_mode: Save = SaveMode.LOCAL_AND_DATABASE,
    spice_metakernel: Metakernel = None,
    frames: Frames = None,
    offset_version_override: OffsetVersion = None,
    l2_version_override: L2Version = None,
    output: Output = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add up layers, apply them to science, and write offsets and Level 2-pre CDFs."""
    del offset_file_output_type, l2_output_type
    with project(folder, as_json=as_json) as (opened, screen):
        if date is not None and (start_date or end_date):
            raise ConfigError("--date is one day: use it, or --start-date and --end-date")
        versions = _versions(offset_version_override, major_minor(l2_version_override))
        local = (output or HERE) if save_mode is SaveMode.LOCAL_ONLY else None
        options: dict[str, Any] = {"frames": frames and [str(frame) for frame in frames]}
        with opened.catalog_or_empty() as catalog:
            bench = Bench(opened, catalog)
            given, key = _given(bench, science, rotation, spice_metakernel)
            named = _named_layers(bench, layers or ())
        if named:
            given |= named
            options["layers"] = ["*"]
        else:
            options["layers"] = layers
        if key is not None:
            mode = Mode(str(key["mode"]))
            options["sensor"] = key["sensor"]
            days = [key["day"]]
        else:
            days = check_there(opened, screen, mode, days_from(date or start_date, end_date))
        spec = spec_of(opened, apply_step, options)
        if not (given or versions or local):
            run_in_store(opened, screen, spec, mode.value, days, dry=dry_run)
            if not dry_run:
                _check_frames(opened, screen, spec, mode.value, days)
            return
        with opened.catalog(dry_run=dry_run) as catalog:
            bench = Bench(opened, catalog, local, versions)
            run_by_hand(screen, bench, spec, mode.value, days, given, dry=dry_run)


def _check_frames(
    opened: Project, screen: Screen, spec: StepSpec, mode: str, days: Sequence[KeyValue]
) -> None:
    """Say which frames are not there, though nothing was left to do, and leave with 1 if any.

    They could not be made when the step ran, and what it ran on has not changed since.
    """
    assert isinstance(spec.config, ApplyConfig)  # noqa: S101  the step's own
    with opened.catalog_or_empty() as catalog:
        held = Holdings(opened, catalog).current(kinds.L2_PRE, {"mode": mode})
    there = {(dataset.key["day"], dataset.key["frame"]) for dataset in held}
    missing = [(day, f) for day in days for f in spec.config.frames if (day, f) not in there]
    for day, frame in missing:
        screen.err.print(f"[red]error:[/] there is no {frame} of {mode} {day}", soft_wrap=True)
    if missing:
        raise typer.Exit(FAILURES)


def _versions(offsets: int | None, l2: int | None) -> dict[str, int]:
    chosen = {kinds.OFFSETS.name: offsets, kinds.L2_PRE.name: l2}
    return {name: version for name, version in chosen.items() if version is not None}


def _given(
    bench: Bench, science: Path | None, rotation: Path | None, metakernel: Path | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the inputs that files were named for, and what the science file is of."""
    given: dict[str, Any] = {}
    key = None
    if rotation is not None:
        given["calibration"] = bench.found(rotation)
    if metakernel is not None:
        given["metakernel"] = bench.found(metakernel)
    if science is not None:
        path = bench.found(science)
        one = _as_science(path)
        key = dict(one.key)
        burst = key["mode"] == Mode.BURST
        given |= {"l1b": [one] if burst else [], "l1c": [] if burst else [one]}
    return given, key


def _as_science(path: Path) -> Input:
    """Return a science file as an input, by what its name says."""
    for kind in (kinds.L1C, kinds.L1B):
        for template in (kind.path, *(legacy.path for legacy in kind.legacy)):
            parts = path.name.rsplit("_", 2)
            day = parts[1] if len(parts) > 2 else ""  # noqa: PLR2004  …_day_version
            folder = template.rpartition("/")[0]
            month = folder.replace("{day:%Y/%m}", f"{day[:4]}/{day[4:6]}")
            parsed = kind.parse_any(f"{month}/{path.name}")
            if parsed is not None:
                key = dict(parsed.key)
                key["sensor"] = str(key["sensor"]).partition("-")[0]
                return Input(path, kind.name, key, {}, parsed.version, "")
    raise ConfigError(f"{path.name}: its name is not that of Level 1B or Level 1C science")


def _named_layers(bench: Bench, names: Sequence[str]) -> Given:
    """Return named files that are not current layers of the store, in place of all layers.

    With names of current layers, methods and globs only, the pipeline finds them itself.
    """
    held = Holdings(bench.opened, bench.catalog)
    current = {Path(d.path).name for kind in _LAYERS for d in held.current(kind)}
    files = [name for name in names if name.endswith(".json") and not _WILD & set(name)]
    if all(Path(name).name in current and not Path(name).is_file() for name in files):
        return {}
    if len(files) < len(names):
        raise ConfigError("--layers: name files, or methods and globs, not both at once")
    paths = [bench.found(Path(name)) for name in files]
    layers = [Input(path, kinds.LAYER.name, {}, {}, 1, "") for path in paths]
    return {"gradiometer": None, "quality": None, "manual": None, "others": layers}
