"""A week of IMAP housekeeping: from one file of packets to a CSV for each UTC day.

Simulated HSK_PW and HSK_STATUS packets, every one of them twice as archives give them, one each
ten seconds. Measured, each alone:

- *split*: sort the packets by APID and UTC day.
- *merge*: write the day files, each packet once.
- *decode*: day files to rows, with times by the clock's kernel.
- *CSV*, *Parquet*: write the rows.
- *peer*: `space_packet_parser` packet by packet, duplicates dropped, dates, days and CSV by pandas,
  as the pipeline that we follow does it; on one day, and scaled to the week.

The peer's rows must be gnomon's, field by field, as text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import NONE, Table, cost, main, peer, scratch, times
from gnomon.formats.packets import read_definition
from gnomon.instruments.imap.hk.days import DayPart, split, write_day
from gnomon.instruments.imap.hk.rows import Rows, read_rows
from gnomon.instruments.imap.hk.writing import write_csv, write_parquet
from gnomon.instruments.imap.simulate.housekeeping import POWER, STATUS, xtce
from gnomon.instruments.imap.simulate.packing import Layout, packed
from gnomon.timescales.sclk import SpacecraftClock

FIRST = date(2026, 1, 5)
_EVERY_S = 10
_ADDED = ("epoch", "time_met_iso", "epoch_iso")


@dataclass(frozen=True)
class Week:
    """Packets of some days in one file, and their definition."""

    packets: Path
    definition: Path
    n: int

    @classmethod
    def made(cls, folder: Path, days: int) -> Week:
        """Write the packets of some days, each twice."""
        random = np.random.default_rng(0)
        parts = [_packets(layout, days, random) for layout in (POWER, STATUS)]
        once = [packet for pair in zip(*parts, strict=True) for packet in pair]
        (folder / "week.pkts").write_bytes(b"".join(once) * 2)
        (folder / "mag.xml").write_bytes(xtce())
        return cls(folder / "week.pkts", folder / "mag.xml", 2 * len(once))


def _packets(layout: Layout, days: int, random: np.random.Generator) -> list[bytes]:
    n = days * 86_400 // _EVERY_S
    met = (FIRST - date(2010, 1, 1)).days * 86_400 + 4 + _EVERY_S * np.arange(n)
    drawn = {
        one.name: random.choice(list(one.labels) or 1 << min(one.bits, 10), n)
        for one in layout.fields[1:]
    }
    return packed(layout, drawn | {"SHCOARSE": met}, np.arange(n))


# -- what is measured


def merged(parts: Iterable[DayPart], clock: SpacecraftClock) -> None:
    """Write the day files."""
    for part in parts:
        write_day(part.path.with_suffix(".day"), [part.path], part.day, clock)


def decoded(parts: Iterable[DayPart], week: Week, clock: SpacecraftClock) -> dict[Path, Rows]:
    """Decode the day files."""
    definition = read_definition(week.definition)
    # A day of which there are packets in its margin alone has no rows.
    return {
        part.path: read_rows(
            [part.path.with_suffix(".day")], definition, clock, part.packet.apid, part.day
        )
        for part in parts
        if part.n_inside
    }


def written_csv(rows: Mapping[Path, Rows], clock: SpacecraftClock) -> None:
    """Write the rows as CSV."""
    for path, one in rows.items():
        write_csv(path.with_suffix(".csv"), one, clock)


def written_parquet(rows: Mapping[Path, Rows], clock: SpacecraftClock) -> None:
    """Write the rows as Parquet."""
    for path, one in rows.items():
        write_parquet(path.with_suffix(".parquet"), one, clock, ())


def by_peer(parser: Any, pandas: Any, week: Week, part: DayPart, output: Path) -> None:
    """Do for a day what all stages do, by the peers."""
    found = parser.load_xtce(week.definition)
    with part.path.open("rb") as file:
        rows = [found.parse_bytes(raw) for raw in parser.ccsds_generator(file)]
    frame = pandas.DataFrame(rows)
    frame.columns = [name.rpartition(".")[2].lower() for name in frame.columns]
    frame = frame.drop_duplicates(["pkt_apid", "shcoarse", "src_seq_ctr"], keep="last")
    frame = frame.sort_values(["shcoarse", "src_seq_ctr"])
    times_ = pandas.Timestamp("2010-01-01") + pandas.to_timedelta(frame["shcoarse"], unit="s")
    frame["time_met_iso"] = times_.dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame.to_csv(output, index=False)


def _same(ours: Path, theirs: Path) -> None:
    """Check that the fields of two files are the same texts."""
    with ours.open(newline="") as one, theirs.open(newline="") as other:
        for mine, his in zip(csv.DictReader(one), csv.DictReader(other), strict=False):
            for name in _ADDED:
                mine.pop(name)
                his.pop(name, None)
            assert mine == his, (mine, his)


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the table."""
    with scratch() as folder:
        return [_table(Week.made(folder, 1 if quick else 7), folder)]


def _table(week: Week, folder: Path) -> Table:
    clock = SpacecraftClock.read(None, None)
    (folder / "parts").mkdir()
    found: list[DayPart] = []
    rows: dict[Path, Rows] = {}
    stages = {
        "split": cost(lambda: found.extend(split([week.packets], clock, folder / "parts").parts)),
        "merge": cost(lambda: merged(found, clock)),
        "decode": cost(lambda: rows.update(decoded(found, week, clock))),
        "CSV": cost(lambda: written_csv(rows, clock)),
        "Parquet": cost(lambda: written_parquet(rows, clock)),
    }
    whole = sum(stage.cpu_s for stage in stages.values())
    table = Table(f"IMAP housekeeping: {week.n:,} packets", ("stage", "CPU s", "packets/s"))
    for name, took in stages.items():
        table.add(name, f"{took.cpu_s:.2f}", f"{week.n / took.cpu_s:,.0f}")
    table.add("all", f"{whole:.2f}", f"{week.n / whole:,.0f}")
    took_s = _peer_s(week, [part for part in found if part.day == FIRST], folder / "peer.csv")
    if took_s is None:
        table.add("peer, packets to CSV", NONE, NONE)
    else:
        table.add("peer, packets to CSV", f"{took_s:.2f}", f"{week.n / took_s:,.0f}")
        table.notes = (f"gnomon, with Parquet, is {times(took_s, whole)} as fast",)
    return table


def _peer_s(week: Week, parts: Sequence[DayPart], output: Path) -> float | None:
    """Return what the peers take, by a day of which gnomon's rows are known."""
    spp, pandas = peer("space_packet_parser"), peer("pandas")
    if spp is None or pandas is None:
        return None
    took_s, size = 0.0, 0
    for part in parts:
        took_s += cost(partial(by_peer, spp, pandas, week, part, output)).cpu_s
        size += part.path.stat().st_size
        _same(part.path.with_suffix(".csv"), output)
    return took_s * week.packets.stat().st_size / size


if __name__ == "__main__":
    main(__doc__, run)
