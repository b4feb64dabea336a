"""The steps that write what other programs read: JSON, CSV, Arrow, and a GeoParquet of all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from gnomon.core.dataset import Coverage, Input, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import BadData
from gnomon.instruments.argo.exports.arrow_file import Compression, write_arrow
from gnomon.instruments.argo.exports.csv_rows import csv_rows
from gnomon.instruments.argo.exports.geoparquet import write_geoparquet
from gnomon.instruments.argo.exports.json_profiles import json_profiles
from gnomon.instruments.argo.exports.rows import good_only
from gnomon.instruments.argo.kinds import ANALYSIS, ARROW, CSV, FLOAT, JSON, POSITIONS, PROFILES
from gnomon.instruments.argo.tables.columns import DERIVED, coverage_of

_GOOD_ONLY = "only values flagged 1, 2, 5 or 8, and only levels that have one"


class JsonConfig(StepConfig):
    """What stands in the JSON."""

    good_only: bool = Field(False, description=_GOOD_ONLY)
    indent: int = Field(2, ge=0, le=8, description="spaces per depth; 0 breaks fewer lines")


@step("argo.json", version=1)
def to_json(
    analysis: Annotated[Input, In(ANALYSIS)],
    profiles: Annotated[Path, In(PROFILES)],
    float_: Annotated[Path | None, In(FLOAT, optional=True)],
    out: Annotated[Path, Out(JSON)],
    config: JsonConfig,
    provenance: Provenance,
) -> Report:
    """Write the profiles of one float as the documented JSON.

    Raises
    ------
    BadData
        The tables are not of the same profiles.
    """
    rows = pq.read_table(profiles)
    pieces = json_profiles(
        pq.read_table(analysis.path, columns=_chosen_columns(analysis.path)),
        rows,
        provenance,
        platform=None if float_ is None else _record(float_),
        good=config.good_only,
        indent=config.indent,
    )
    _write(out, pieces)
    return _report(analysis, rows)


class CsvConfig(StepConfig):
    """What stands in the CSV."""

    good_only: bool = Field(False, description=_GOOD_ONLY)


@step("argo.csv", version=1)
def to_csv(
    analysis: Annotated[Input, In(ANALYSIS)],
    out: Annotated[Path, Out(CSV)],
    config: CsvConfig,
) -> Report:
    """Write the levels of one float as CSV (RFC 4180)."""
    table = pq.read_table(analysis.path)
    _write(out, csv_rows(good_only(table) if config.good_only else table))
    return _report(analysis, table)


class ArrowConfig(StepConfig):
    """How the Arrow file is written."""

    compression: Compression = Field(
        "zstd", description="none makes a file that can be mapped into memory as it is"
    )


@step("argo.arrow", version=1)
def to_arrow(
    analysis: Annotated[Input, In(ANALYSIS)],
    out: Annotated[Path, Out(ARROW)],
    config: ArrowConfig,
    provenance: Provenance,
) -> Report:
    """Write the levels of one float as an Arrow IPC file."""
    table = pq.read_table(analysis.path)
    write_arrow(out, table, provenance, compression=config.compression)
    return _report(analysis, table)


@step("argo.positions", version=1)
def positions(
    profiles: Annotated[list[Path], In(PROFILES, by=())],
    out: Annotated[Path, Out(POSITIONS)],
    provenance: Provenance,
) -> Report:
    """Write where all profiles of all floats are, as one GeoParquet."""
    spans: list[Coverage] = []
    n_profiles = write_geoparquet(out, _noting(profiles, spans), provenance)
    whole = None
    if spans:
        whole = Coverage(min(s.start_us for s in spans), max(s.stop_us for s in spans))
    return Report({"n_profiles": n_profiles, "n_floats": len(profiles)}, coverage=whole)


def _noting(paths: Iterable[Path], spans: list[Coverage]) -> Iterable[pa.Table]:
    """Read tables one by one, and note the time of each."""
    for path in paths:
        table = pq.read_table(path)
        if (span := coverage_of(table)) is not None:
            spans.append(span)
        yield table


def _report(analysis: Input, table: pa.Table) -> Report:
    return Report(
        {"n_rows": table.num_rows}, tags={"dac": analysis.tags["dac"]}, coverage=coverage_of(table)
    )


def _chosen_columns(path: Path) -> list[str]:
    """Return the columns that the JSON takes: half of them, and so half the memory."""
    others = {"tests_failed", *(column.name for column in DERIVED)} - {"depth_m"}
    endings = ("_error", "_raw", "_raw_qc", "_test_qc")
    names = pq.read_schema(path).names
    return [name for name in names if name not in others and not name.endswith(endings)]


def _record(path: Path) -> dict[str, Any]:
    record = json.loads(path.read_text("utf-8"))
    if not isinstance(record, dict):
        raise BadData(f"{path.name}: is no JSON object")
    return record


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Write text under another name first, then rename."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(pieces)
    part.replace(path)
