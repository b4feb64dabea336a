"""`gnomon imap calibrate`: layers of some days."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.core.steps import Step
from gnomon.errors import ConfigError, MissingExtra
from gnomon.instruments.imap.cli.by_hand import Bench
from gnomon.instruments.imap.cli.calibrating import (
    Metakernel,
    Mode,
    Output,
    Save,
    ScienceMode,
    Temporary,
    check_there,
    days_from,
    major_minor,
    run_by_hand,
    run_in_store,
    spec_of,
)
from gnomon.instruments.imap.cli.days import SaveMode
from gnomon.instruments.imap.steps.gradiometer import gradiometer
from gnomon.instruments.imap.steps.manual import manual
from gnomon.instruments.imap.steps.quality import quality


class Method(StrEnum):
    """The ways to make a layer."""

    GRADIOMETER = "gradiometer"
    QUALITY = "quality"
    MANUAL = "manual"


class SensorName(StrEnum):
    """The sensors, as users write them."""

    MAGO = "MAGo"
    MAGI = "MAGi"


STEPS: Mapping[Method, Step] = {
    Method.GRADIOMETER: gradiometer,
    Method.QUALITY: quality,
    Method.MANUAL: manual,
}
_LISTS = {Method.QUALITY: "windows", Method.MANUAL: "changes"}
"""The option that the rows of a CSV are for."""


def calibrate(
    date: Annotated[datetime | None, typer.Option("--date", help="The first day, UTC.")] = None,
    end_date: Annotated[datetime | None, typer.Option("--end-date", help="The last day.")] = None,
    method: Annotated[Method, typer.Option(help="How.")] = Method.QUALITY,
    mode: ScienceMode = Mode.NORM,
    sensor: Annotated[SensorName, typer.Option(help="Whose vectors.")] = SensorName.MAGO,
    configuration: Annotated[
        str, typer.Option(help="A YAML, JSON or CSV file, or JSON text. Default: the pipeline's.")
    ] = "",
    save_mode: Save = SaveMode.LOCAL_AND_DATABASE,
    metakernel: Metakernel = None,
    cleanup: Temporary = True,
    version_number_override: Annotated[
        tuple[int, int] | None,
        typer.Option("--version-number-override", metavar="MAJOR MINOR", help="Not the next one."),
    ] = None,
    output: Output = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a layer of calibration of each day."""
    del cleanup
    with project(folder, as_json=as_json) as (opened, screen):
        step = STEPS[method]
        options = read_configuration(configuration, method)
        if method is not Method.GRADIOMETER:
            options["sensor"] = sensor.lower()
        elif sensor is SensorName.MAGI:
            raise ConfigError("the gradiometer corrects MAGo by MAGi; --sensor MAGi has no layer")
        spec = spec_of(opened, step, options)
        days = check_there(opened, screen, mode, days_from(date, end_date))
        version = major_minor(version_number_override)
        if save_mode is SaveMode.LOCAL_AND_DATABASE and version is None and metakernel is None:
            run_in_store(opened, screen, spec, mode.value, days, dry=dry_run)
            return
        kinds = [out.kind.name for out in step.outputs.values()]
        versions = {} if version is None else dict.fromkeys(kinds, version)
        local = (output or HERE) if save_mode is SaveMode.LOCAL_ONLY else None
        with opened.catalog(dry_run=dry_run) as catalog:
            bench = Bench(opened, catalog, local, versions)
            given = {}
            if metakernel is not None and "metakernel" in step.inputs:
                given["metakernel"] = bench.found(metakernel)
            run_by_hand(screen, bench, spec, mode.value, days, given, dry=dry_run)


# -- configurations


def read_configuration(text: str, method: Method) -> dict[str, Any]:
    """Return the options that a configuration gives a method.

    Parameters
    ----------
    text : str
        JSON, or the name of a YAML, JSON or CSV file; options may stand below the method's name.
        A CSV, or one that ``csv_file`` names, has the windows of quality or the change points of a
        manual layer as rows.

    Raises
    ------
    ConfigError
        It cannot be read, or has an option that the method does not know.
    """
    if not text.strip():
        return {}
    path = None if text.lstrip().startswith("{") else Path(text)
    if path is not None and path.suffix.lower() == ".csv":
        return _rows(path, method)
    said = _parsed(text if path is None else _text(path), yaml=path is not None)
    if isinstance(said.get(method), Mapping):
        said = dict(said[method])
    if "csv_file" in said:
        csv_file = Path(str(said.pop("csv_file")))
        beside = path is not None and not csv_file.is_file()
        said |= _rows(path.parent / csv_file if path and beside else csv_file, method)
    return said


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration {path}: {error}") from None


def _parsed(text: str, *, yaml: bool) -> dict[str, Any]:
    try:
        said = _yaml(text) if yaml else json.loads(text)
    except ValueError as error:
        raise ConfigError(f"configuration: {error}") from None
    if not isinstance(said, dict):
        raise ConfigError("configuration: wants names and values")
    return said


def _yaml(text: str) -> Any:
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError:
        raise MissingExtra("pyyaml", "imap") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"configuration: {error}") from None


def _rows(path: Path, method: Method) -> dict[str, Any]:
    """Return the rows of a CSV as options; an empty cell says nothing."""
    if method not in _LISTS:
        raise ConfigError(f"{path.name}: {method} takes no CSV")
    lines = _text(path).splitlines()
    reader = csv.DictReader(line for line in lines if line.strip() and not line.startswith("#"))
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise ConfigError(f"{path.name}, line {reader.line_num}: another number of columns")
        rows.append({name.strip(): value.strip() for name, value in row.items() if value.strip()})
    return {_LISTS[method]: rows}
