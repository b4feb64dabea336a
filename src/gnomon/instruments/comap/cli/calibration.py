"""`gnomon comap calibration`: the gain of every feed over time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gnomon.catalog.queries import datasets
from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.engine.project import Project
from gnomon.errors import ConfigError, NoData
from gnomon.instruments.comap.cli.feeds import numbers_of
from gnomon.instruments.comap.kinds import CALIBRATION

if TYPE_CHECKING:
    from gnomon.instruments.comap.science.calibration_model import GainModel

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_COLUMNS = (
    *("feed", "band", "half", "source", "model_type", "n_observations", "fit_rms"),
    *("first", "last", "gain"),
)
Row = tuple[int | float | str, ...]


def calibration(
    file: Annotated[
        Path | None,
        typer.Argument(help="A model's JSON. Default: the project's.", dir_okay=False, exists=True),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="Gains at this time, UTC. Default: the last measured.")
    ] = None,
    feeds: Annotated[str, typer.Option(help="Numbers with commas. Default: all.")] = "",
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write a table too.", dir_okay=False)
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the model of the gain of every feed, band and half, and the gain at a time.

    A stream in antenna temperature, divided by its gain, has the calibrators' flux densities.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        # What this loads takes long.
        from gnomon.instruments.comap.science.calibration_model import read_models  # noqa: PLC0415

        wanted = numbers_of(feeds)
        path = file or _current(opened)
        models = [model for model in read_models(path) if not wanted or model.feed in wanted]
        if not models:
            of = f"feeds {feeds}" if feeds else "any feed"
            least = "least_observations of comap.calibration says how many good fits one needs"
            raise NoData(f"{path.name} has no model of {of}: {least}")
        rows = [_row(model, at) for model in models]
        if csv_file:
            _write(csv_file, rows)
        if screen.as_json:
            said = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
            screen.document({"file": str(path), "models": said})
        else:
            _show(screen, path, rows)


def _current(opened: Project) -> Path:
    with opened.catalog_or_empty() as catalog:
        for stored in datasets(catalog, CALIBRATION.name, None):
            if stored.current:
                return opened.store.path(stored.dataset)
    raise NoData("the project has no calibration model: its pipeline needs `comap.calibration`")


def _row(model: GainModel, at: datetime | None) -> Row:
    mjd = model.last_mjd if at is None else _mjd_of(at)
    return (
        *(model.feed, model.band, model.half, model.source, model.model_type),
        *(model.n_observations, model.fit_rms),
        *(_day_of(model.first_mjd), _day_of(model.last_mjd), model.gain_at(mjd)),
    )


def _mjd_of(at: datetime) -> float:
    """Return the MJD of a time of the command line, which is UTC."""
    return (at.replace(tzinfo=UTC) - _MJD_ZERO) / timedelta(days=1)


def _day_of(mjd: float) -> str:
    return (_MJD_ZERO + timedelta(days=mjd)).date().isoformat()


def _show(screen: Screen, path: Path, rows: Sequence[Row]) -> None:
    table = Table(*(name.replace("_", " ") for name in _COLUMNS), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(text) for text in _texts(row)))
    screen.out.print(table)
    screen.out.print(f"{len(rows)} streams, from {escape(str(path))}", soft_wrap=True)


def _texts(row: Row) -> Iterator[str]:
    for value in row:
        yield f"{value:.4f}" if isinstance(value, float) else str(value)


def _write(path: Path, rows: Sequence[Row]) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(rows)
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error}") from None
