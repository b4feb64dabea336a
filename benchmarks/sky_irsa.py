"""IRSA's light curves of ZTF: from an answer of 24 columns to a table.

Answers of the simulated archive. Measured, each alone:

- *CSV*: `read_answer`, typed columns, NaN and flags made good.
- *CSV, base 16*: the same where CCD, quadrant and flags are written in hex, which reads them as
  texts.
- *VOTable, IPAC*: `read_answer` of the other formats, which astropy parses.
- *CSV to parts*: read, brought into the schema of light curves, and split by field and channel.
- *peers*: `astropy` reading the VOTable that IRSA sends when nobody asks for CSV, and its CSV;
  `csv.DictReader`, which leaves texts.

All must give the same rows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.report import NONE, Table, best, main, peer, scratch, times
from gnomon.instruments.sky.curves.schema import Answer
from gnomon.instruments.sky.irsa.answers import read_answer
from gnomon.instruments.sky.irsa.parts import by_group, part_tables
from gnomon.instruments.sky.irsa.request import Cone, CurveQuery
from gnomon.instruments.sky.simulate.irsa import Irsa
from gnomon.instruments.sky.simulate.stars import make_sky
from gnomon.sim.requests import Request

_SLOW_ROWS = 12_000
"""Of the formats that take long; the facts' peers were measured at as many."""
_ROWS = 100_000


@dataclass(frozen=True)
class Answers:
    """Answers to one question, in files.

    Attributes
    ----------
    hexed : Path
        CSV with integers in base 16.
    """

    csv: Path
    hexed: Path
    votable: Path
    ipac: Path

    @classmethod
    def made(cls, folder: Path, n_rows: int) -> Answers:
        """Write the answers of a sky with about so many epochs."""
        sky = make_sky(10)
        irsa = Irsa(sky, nights=1)
        irsa.nights = n_rows // len(irsa.survey.objects)
        cone = Cone(ra_deg=sky.ra_deg, dec_deg=sky.dec_deg, radius_deg=0.1)
        paths = {}
        for name in ("csv", "hexed", "votable", "ipac_table"):
            irsa.hex_integers = name == "hexed"
            form = "csv" if name == "hexed" else name
            query = f"{CurveQuery(cone).selection}&FORMAT={form}"
            paths[name] = folder / f"{n_rows}.{name}"
            if name in ("csv", "hexed") or n_rows <= _SLOW_ROWS:
                paths[name].write_bytes(irsa(Request("http", "GET", "/", query=query)).body)
        return cls(paths["csv"], paths["hexed"], paths["votable"], paths["ipac_table"])


def parts(path: Path) -> int:
    """Read an answer and bring it into parts; return how many."""
    table = part_tables(read_answer(path, "csv"), answer=Answer(), cone="255.577 12.284 0.1")
    return len(list(by_group(table)))


def by_dict_reader(path: Path) -> int:
    """Read rows as texts."""
    with path.open(newline="") as file:
        return len(list(csv.DictReader(file)))


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the table."""
    with scratch() as folder:
        large = Answers.made(folder, _SLOW_ROWS if quick else _ROWS)
        small = Answers.made(folder, _SLOW_ROWS // 4 if quick else _SLOW_ROWS)
        return [_table(large, small)]


def _table(large: Answers, small: Answers) -> Table:
    table = Table("IRSA: answers of 24 columns", ("reader", "rows", "CPU s", "rows/s"))
    n_large = read_answer(large.csv, "csv").num_rows
    whole = read_answer(small.csv, "csv")
    n_small = whole.num_rows
    for path, form in ((small.hexed, "csv"), (small.votable, "votable"), (small.ipac, "ipac")):
        assert read_answer(path, form).equals(whole), form  # type: ignore[arg-type]
    own = _rate(table, "CSV", n_large, 7, lambda: read_answer(large.csv, "csv"))
    _rate(table, "CSV, base 16", n_large, 5, lambda: read_answer(large.hexed, "csv"))
    _rate(table, "CSV to parts", n_large, 5, lambda: parts(large.csv))
    _rate(table, "VOTable", n_small, 2, lambda: read_answer(small.votable, "votable"))
    _rate(table, "IPAC", n_small, 2, lambda: read_answer(small.ipac, "ipac"))
    _rate(table, "peer: csv.DictReader, texts", n_large, 3, lambda: by_dict_reader(large.csv))
    theirs = _astropy(table, small, whole)
    if theirs is not None:
        table.notes = (
            f"gnomon's CSV is {times(own, theirs)} as fast as astropy's VOTable, row by row",
        )
    return table


def _rate(table: Table, name: str, n_rows: int, tries: int, work: Callable[[], object]) -> float:
    """Measure, add a line, and return rows per second of CPU."""
    took = best(tries, work).cpu_s
    table.add(name, f"{n_rows:,}", f"{took:.3f}", f"{n_rows / took:,.0f}")
    return n_rows / took


def _astropy(table: Table, small: Answers, whole: pa.Table) -> float | None:
    """Measure the peer; return its rows per second of VOTable."""
    votable, ascii_ = peer("astropy.io.votable"), peer("astropy.io.ascii")
    if votable is None or ascii_ is None:
        table.add("peer: astropy", NONE, NONE, NONE)
        return None
    found = votable.parse_single_table(small.votable).to_table()
    assert np.array_equal(np.asarray(found["mag"]), whole["mag"].to_numpy())
    n_rows = whole.num_rows
    _rate(table, "peer: astropy, CSV", n_rows, 3, lambda: ascii_.read(small.csv, format="csv"))
    return _rate(
        table,
        "peer: astropy, VOTable",
        n_rows,
        2,
        lambda: votable.parse_single_table(small.votable).to_table(),
    )


if __name__ == "__main__":
    main(__doc__, run)
