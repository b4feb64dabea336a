"""A day of housekeeping into PostgreSQL and SQLite: 4320 rows of 44 columns, from CSV.

Both tools read the same job file, the same CSV, and load into the same server, in one process run;
the tables that they make are compared, row by row. *Again* loads the same file once more; *issued
again* loads a version in which one row is gone and a tenth have changed. crump commits row by row,
so its figures hang on the disk: ratios are of rows by the clock, and of processor seconds of
client and server together.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Cost, Table, main, peer, scratch, times
from benchmarks.servers import cost_of, postgres
from gnomon.publish.databases.address import Address
from gnomon.publish.tables.jobfile import add_jobs, read_jobs
from gnomon.publish.tables.loading import How, load_file, open_tables
from gnomon.publish.tables.preparing import prepare

_ROWS, _VOLTAGES, _FLAGS, _COUNTS = 4320, 16, 8, 15
_COLUMNS = 5 + _VOLTAGES + _FLAGS + _COUNTS
_NAME = "imap_mag_l1_hsk-pw_20251102_v001.csv"
_FIRST_S = 499_737_607
_EPOCH_NS = 815_313_671_184_000_000
Load = Callable[[], object]


@dataclass(frozen=True)
class Day:
    """Packets of a day, every 20 seconds."""

    rows: int

    def write(self, folder: Path, version: int) -> Path:
        """Write the CSV of a version; the second lacks a row, and a tenth of it is another."""
        rng = np.random.default_rng(1)
        number = np.arange(self.rows)
        columns: dict[str, Any] = {
            "epoch": _EPOCH_NS + number * 20_000_000_000,
            "shcoarse": _FIRST_S + number * 20,
            "src_seq_ctr": number % 16_384,
        }
        for at in range(_VOLTAGES):
            columns[f"volts{at}"] = rng.integers(0, 4096, self.rows) * 0.0025910408
        for at in range(_FLAGS):
            columns[f"flag{at}"] = np.array(["NotSaturated", "Saturated"])[number % 2]
        for at in range(_COUNTS):
            columns[f"count{at}"] = rng.integers(0, 255, self.rows)
        seconds = np.datetime64("2025-11-02T00:00:07") + number * 20
        columns |= {"time_met_iso": seconds.astype(str), "epoch_iso": [""] * self.rows}
        if version > 1:
            columns["volts0"] = np.where(number % 10, columns["volts0"], 0.5)
            columns = {name: values[1:] for name, values in columns.items()}
        path = folder / _NAME.replace("v001", f"v{version:03d}")
        lines = map(",".join, zip(*(map(str, v) for v in columns.values()), strict=True))
        path.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
        return path


def gnomon_way(url: str, folder: Path, jobs: Path) -> Callable[[Path], Load]:
    """Return gnomon's way of loading a file."""
    database = open_tables(Address(url), folder)
    (job,) = read_jobs(jobs).values()

    def way(path: Path) -> Load:
        return lambda: load_file(database, path, job, How())

    return way


def crump_way(crump: Any, url: str, jobs: Path) -> Callable[[Path], Load]:
    """Return crump's way: its library, as its command line calls it."""
    config = crump.CrumpConfig.from_yaml(jobs)
    (job,) = config.jobs.values()

    def way(path: Path) -> Load:
        said = {"date": "20251102", "version": path.stem[-3:]}
        return lambda: crump.sync_file_to_db(path, job, url, said)

    return way


@dataclass(frozen=True)
class Tool:
    """A tool, its way of loading a file, and the table that it fills."""

    name: str
    way: Callable[[Path], Load]
    table: str


def _job_file(folder: Path, example: Path, table: str) -> Path:
    path = folder / f"{table}.yml"
    add_jobs(path, prepare([example], name=table))
    return path


def _warm(tool: Callable[[Path, str], Tool], day: Path) -> None:
    """Import what is imported late, and make the first pages."""
    few = day.with_name(_NAME.replace("20251102", "20251101"))
    few.write_text("".join(day.read_text("utf-8").splitlines(keepends=True)[:20]), "utf-8")
    tool(few, "warm").way(few)()


def _measure(
    table: Table, tool: Tool, days: list[Path], own: dict[Path, Cost], server: int
) -> None:
    for what, path in (("", days[0]), (", issued again", days[1])):
        rows = len(path.read_bytes().splitlines()) - 1
        with contextlib.redirect_stdout(io.StringIO()):
            spent = cost_of(tool.way(path), server=server)
        first = own.setdefault(path, spent)
        table.add(
            tool.name + what,
            f"{rows:,}",
            f"{spent.cpu_s:.2f}",
            f"{spent.wall_s:.2f}",
            f"{rows / spent.wall_s:,.0f}",
            times(spent.wall_s, first.wall_s),
            times(spent.cpu_s, first.cpu_s),
        )


def _compare(url: str, folder: Path, server: int, days: list[Path], crump: Any) -> Table:
    kind = "PostgreSQL" if server else "SQLite"
    table = Table(
        f"{kind}: a day of housekeeping, {_COLUMNS} columns, from CSV to committed rows",
        ("what", "rows", "CPU s", "wall s", "rows/s", "wall ratio", "CPU ratio"),
    )
    own: dict[Path, Cost] = {}

    def gnomon_tool(example: Path, name: str) -> Tool:
        return Tool("gnomon", gnomon_way(url, folder, _job_file(folder, example, name)), name)

    def crump_tool(example: Path, name: str) -> Tool:
        jobs = _job_file(folder, example, f"{name}_by_crump")
        return Tool("crump", crump_way(crump, url, jobs), f"{name}_by_crump")

    tools = [gnomon_tool, *([crump_tool] if crump is not None else [])]
    for make in tools:
        _warm(make, days[0])
        _measure(table, make(days[0], "hsk_pw"), days, own, server)
    if crump is not None:
        table.notes = (_same(url, folder),)
    return table


def _same(url: str, folder: Path) -> str:
    """Tell whether both tables hold the same."""
    database = open_tables(Address(url), folder)
    found = []
    for name in ("hsk_pw", "hsk_pw_by_crump"):
        rows = database.rows(f"SELECT * FROM {name} ORDER BY shcoarse")
        # In SQLite crump leaves a day as it stands in the file's name.
        found.append([tuple(str(v).replace("2025-11-02", "20251102") for v in row) for row in rows])
    return f"both tables hold the same {len(found[0])} rows: {found[0] == found[1]}"


def run(quick: bool) -> list[Table]:  # noqa: FBT001  as all benchmarks
    """Measure both databases."""
    crump = peer("crump")
    with scratch() as folder:
        files = folder / "files"
        files.mkdir()
        day = Day(_ROWS // 10 if quick else _ROWS)
        days = [day.write(files, 1), day.write(files, 2)]
        tables = []
        with postgres(folder / "server") as (url, server):
            if url:
                tables.append(_compare(url, files, server, days, crump))
        for one in files.glob("*.yml"):
            one.unlink()
        tables.append(_compare(f"sqlite:///{folder}/day.db", files, 0, days, crump))
        return tables


if __name__ == "__main__":
    main(__doc__, run)
