"""From files of light curves, or of observations, to the guide's CSV and a Parquet beside it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from gnomon.core.dataset import Provenance
from gnomon.errors import ConfigError
from gnomon.formats.parquet import write_table
from gnomon.instruments.sky.curves.batches import Use, curves_of
from gnomon.instruments.sky.curves.reading import Columns, read_tables
from gnomon.instruments.sky.science.features.guide import guide_table
from gnomon.instruments.sky.science.features.labels import labelled
from gnomon.instruments.sky.science.features.observations import (
    is_observations,
    observation_table,
)
from gnomon.instruments.sky.science.features.table import feature_table

_NAMES = ("object_id", "tic_id", "observation_id", "object")


@dataclass(frozen=True, slots=True)
class FeatureFiles:
    """What is written.

    Attributes
    ----------
    summary : pyarrow.Table
        The CSV: the guide's columns.
    features : pyarrow.Table
        The Parquet: all features of each object and band; of observations the same as the CSV.
    counts : mapping of str to int
        Of rows: what was there, what was used.
    """

    summary: pa.Table
    features: pa.Table
    counts: Mapping[str, int]


def make_features(
    paths: Sequence[Path],
    columns: Columns | None = None,
    names: Sequence[str] = (),
    *,
    use: Use = "value",
    bad_bits: int | None = None,
) -> FeatureFiles:
    """Return the features of what some files hold; see `reading.read_table`.

    Raises
    ------
    ConfigError
        Some files hold light curves and others observations; or as `read_table`.
    BadData
        They hold neither, or magnitudes and fluxes at once.
    """
    kinds = {is_observations(path) for path in paths}
    if kinds == {True}:
        table = observation_table(paths)
        return FeatureFiles(table, table, {"observations": table.num_rows})
    if len(kinds) > 1:
        raise ConfigError("light curves and observations: give the files of each alone")
    table = read_tables(paths, columns, bad_bits=bad_bits)
    curves = curves_of(table, use=use)
    summary, features = guide_table(table, curves, use=use), feature_table(curves, names)
    n_used = len(curves.time_d)
    counts = {
        "objects": len(set(curves.objects)),
        "light_curves": len(curves),
        "points": n_used,
        "points_left_out": table.num_rows - n_used,
    }
    return FeatureFiles(summary, features, counts)


def with_labels(made: FeatureFiles, labels: Mapping[str, str], catalogue: str) -> FeatureFiles:
    """Return the same with the labels of a catalogue, and how many objects have one."""
    tables = [labelled(one, _name(one), labels, catalogue) for one in (made.summary, made.features)]
    n_labelled = tables[0].num_rows - tables[0]["label"].null_count
    counts = {**made.counts, "rows_with_a_label": n_labelled}
    return replace(made, summary=tables[0], features=tables[1], counts=counts)


def _name(table: pa.Table) -> str:
    return next(name for name in _NAMES if name in table.column_names)


def write_features(output: Path, made: FeatureFiles, provenance: Provenance) -> tuple[Path, Path]:
    """Write both files, each whole or not at all, and return their paths.

    Parameters
    ----------
    output : Path
        The CSV; or a folder, which is made: there ``features.csv``. The Parquet stands beside it.

    Raises
    ------
    ConfigError
        It is neither, or the folder cannot be written to.
    """
    path = output if output.suffix and not output.is_dir() else output / "features.csv"
    if path.suffix.lower() != ".csv":
        raise ConfigError(f"{path} is no CSV; a Parquet of the same name is written beside it")
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(path.with_suffix(".parquet"), made.features, provenance)
        _write_csv(part, made.summary)
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error}") from None
    return path, path.with_suffix(".parquet")


def _write_csv(path: Path, table: pa.Table) -> None:
    """Write a table as CSV: numbers as they are, nothing where there is none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(table.column_names)
        rows.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
