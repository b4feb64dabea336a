"""A million points of ZTF: from a cone on the sky to merged light curves, in one command.

A simulated archive on loopback answers `gnomon sky ingest` tile by tile; tiles overlap, so many
points come twice. Measured:

- *ingest*: the whole command, a process of its own: ask, keep the answers, take them apart, merge
  them, write the batch. CPU, and the most memory that it held. *again* is the same once more.
- *merge*: the parts of all answers to one table a group, in this process.
- *batch*: the merged curves, 33 columns, to one Parquet file and its manifest. *batch, 6 columns*
  has those alone that the peer's records have.
- *records*: the same rows as the guide's JSON files, written by gnomon.
- *peer*: a file of JSON for each validated record, as the system does that the guide is of: the
  folder is made, the record is validated, dumped with two spaces a level, and written.

Sizes are those of files in blocks of 4 KiB. The Parquet must hold every row once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from benchmarks.report import NONE, Cost, Table, best, cost, main, scratch, times
from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import write_row_groups
from gnomon.instruments.sky.curves.merging import Merging, Part
from gnomon.instruments.sky.exports.batches import write_batch
from gnomon.instruments.sky.exports.folders import write_records
from gnomon.instruments.sky.exports.making import ztf_records
from gnomon.instruments.sky.simulate.services import Services
from gnomon.instruments.sky.simulate.stars import make_sky

_BLOCK = 4096
_NONE = Provenance("benchmark", 1, "", "", ())
_FIELDS = {"object_id", "ra", "dec", "mjd", "mag_psf", "filter"}
_OF_RECORDS = ["object", "ra_deg", "dec_deg", "time", "value", "band"]


@dataclass(frozen=True)
class Load:
    """How much there is to do."""

    stars: int
    nights: int
    radius_deg: float
    records: int


_FULL = Load(stars=1200, nights=260, radius_deg=1.0, records=10_000)
_QUICK = Load(stars=60, nights=100, radius_deg=0.3, records=1_000)


@dataclass(frozen=True)
class Ran:
    """What a process took.

    Attributes
    ----------
    peak_mb : float
        The most memory that it, or a process that it started, held; 10^6 bytes.
    """

    took_s: Cost
    peak_mb: float
    said: Any


def ran(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
    """Run a command of gnomon, and return what it took."""
    command = [f"{Path(sys.executable).with_name('gnomon')}", *words]
    out = folder / "out.json"
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdout=file, env={**os.environ, **environment}
        )
        status: list[Any] = []
        waited = cost(lambda: status.extend(os.wait4(process.pid, 0)))
    process.returncode = os.waitstatus_to_exitcode(status[1])
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    used = status[2]
    took = Cost(used.ru_utime + used.ru_stime, waited.wall_s)
    return Ran(took, used.ru_maxrss * 1024 / 1e6, json.loads(out.read_bytes()))


class SeedRecord(BaseModel):
    """A record as the guide describes it."""

    model_config = ConfigDict(extra="allow")

    object_id: str
    ra: float
    dec: float
    mjd: float
    mag_psf: float | None
    filter: str


def by_record(folder: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a file for each record."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, row in enumerate(rows):
        record = SeedRecord(**row)
        with (folder / f"record_{n:05d}.json").open("w", encoding="utf-8") as file:
            json.dump(record.model_dump(), file, indent=2)


def blocks(folder: Path) -> int:
    """Return the bytes on disk of a folder's files."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(-(-size // _BLOCK) * _BLOCK for size in sizes)


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the tables."""
    load = _QUICK if quick else _FULL
    with scratch() as folder:
        return [_ingested(folder, load), _written(folder, load)]


def _ingested(folder: Path, load: Load) -> Table:
    sky = make_sky(load.stars, radius_deg=load.radius_deg)
    services = Services(sky)
    services.irsa.nights = load.nights
    words = [
        *("sky", "ingest", "--source", "ztf", "--limit", "0", "--no-records", "--json"),
        *("--irsa-ra", f"{sky.ra_deg}", "--irsa-dec", f"{sky.dec_deg}"),
        *("--irsa-radius", f"{load.radius_deg * 1.01}", "--collection", "ztf_dr24"),
    ]
    with services:
        first = ran(words, folder, services.environment())
        again = ran(words, folder, services.environment())
    n_rows = sum(len(services.irsa.truth(star).objects) for star in sky.stars) * load.nights
    batch = pq.read_metadata(folder / "data/raw/ztf/lightcurves.parquet")
    assert batch.num_rows == n_rows, (batch.num_rows, n_rows)
    assert (first.said["rows_added"], again.said["rows_added"]) == (n_rows, 0)
    table = Table(
        f"ZTF: {n_rows:,} points, by `gnomon sky ingest`",
        ("stage", "CPU s", "wall s", "points/s of CPU", "peak MB"),
    )
    for name, one in (("ingest", first), ("again", again)):
        table.add(
            name,
            f"{one.took_s.cpu_s:.1f}",
            f"{one.took_s.wall_s:.1f}",
            f"{n_rows / one.took_s.cpu_s:,.0f}",
            f"{one.peak_mb:,.0f}",
        )
    parts = sorted((folder / "store" / "parts").rglob("*.parquet"))
    n_given = sum(pq.read_metadata(path).num_rows for path in parts)
    merge = cost(lambda: _merged(parts, folder))
    table.add("merge", f"{merge.cpu_s:.2f}", NONE, f"{n_given / merge.cpu_s:,.0f}", NONE)
    table.notes = (
        f"{n_given:,} points came, in {len(parts)} parts of {_answers(folder)} answers",
        f"the second time {again.said['rows_added']} rows were added",
    )
    return table


def _answers(folder: Path) -> int:
    return len(list((folder / "store" / "ztf" / "answers").rglob("*.csv")))


def _merged(parts: Sequence[Path], folder: Path) -> None:
    groups: dict[Path, list[Path]] = {}
    for path in parts:
        groups.setdefault(path.parent, []).append(path)
    for n, group in enumerate(groups.values()):
        merging = Merging.of(Part.of_file(path, path.name) for path in group)
        write_row_groups(folder / f"{n}.merged", merging.schema, merging.tables(), _NONE)


def _written(folder: Path, load: Load) -> Table:
    curves = sorted((folder / "store" / "curves").rglob("*.parquet"))
    n_rows = sum(pq.read_metadata(path).num_rows for path in curves)
    whole = cost(lambda: write_batch(folder / "whole", curves))
    some = pq.read_table(curves[0]).slice(0, load.records)
    n = some.num_rows
    rows = [record.model_dump(include=_FIELDS) for record in ztf_records(some)]
    batch = best(5, lambda: write_batch(folder / "batch", some))
    few = best(5, lambda: write_batch(folder / "few", some.select(_OF_RECORDS)))
    records = cost(lambda: write_records(folder / "records", "ztf", ztf_records(some)))
    peer = cost(lambda: by_record(folder / "peer", rows))
    table = Table(
        "ZTF: from rows to files",
        ("what", "rows", "CPU s", "wall s", "rows/s of CPU", "MB on disk"),
    )
    for name, count, took, where in (
        ("batch, all", n_rows, whole, "whole"),
        ("batch", n, batch, "batch"),
        ("batch, 6 columns", n, few, "few"),
        ("records", n, records, "records"),
        ("peer: a file a record", n, peer, "peer"),
    ):
        table.add(
            name,
            f"{count:,}",
            f"{took.cpu_s:.3f}",
            f"{took.wall_s:.3f}",
            f"{count / took.cpu_s:,.0f}",
            f"{blocks(folder / where) / 1e6:.2f}",
        )
    table.notes = tuple(
        f"{name} is written {times(peer.wall_s, took.wall_s)} as fast as the peer's files, "
        f"and is {times(blocks(folder / 'peer'), blocks(folder / where))} smaller"
        for name, took, where in (
            ("a batch", batch, "batch"),
            ("a batch of 6 columns", few, "few"),
        )
    )
    return table


if __name__ == "__main__":
    main(__doc__, run)
