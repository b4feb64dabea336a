"""What the benchmarks share: to take the time, to try again, and to print a table."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NONE = "-"


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What some work took; ordered by processor time, which other processes disturb less.

    Attributes
    ----------
    cpu_s : float
        Processor seconds of this process, all threads.
    wall_s : float
        Seconds on the clock.
    """

    cpu_s: float
    wall_s: float


@dataclass
class Table:
    """Lines of text in columns; the first column is left-aligned, the others right."""

    title: str
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a line."""
        self.rows.append(cells)

    def show(self) -> None:
        """Print the table and its notes."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        rule = tuple("-" * width for width in widths)
        print(f"\n{self.title}")
        for line in (self.columns, rule, *self.rows):
            first, *others = zip(line, widths, strict=True)
            cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
            print("  " + "  ".join(cells))
        for note in self.notes:
            print(f"  {note}")


def cost(work: Callable[[], object]) -> Cost:
    """Do some work once and return what it took."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Cost(time.process_time() - cpu_s, time.perf_counter() - wall_s)


def best(tries: int, work: Callable[[], object]) -> Cost:
    """Do the same work several times and return the cheapest."""
    return min(cost(work) for _ in range(tries))


def times(other: float, own: float) -> str:
    """Return how many times as much `other` is as `own`."""
    return f"{other / own:.1f}x" if own > 0 else NONE


def peer(module: str) -> Any | None:
    """Import a peer, or return None where it is not installed."""
    return import_module(module) if find_spec(module.partition(".")[0]) else None


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gnomon-bench-") as folder:
        yield Path(folder)


def main(about: str | None, run: Callable[[bool], Sequence[Table]]) -> None:
    """Be one benchmark's command line: say what is measured, measure, print."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="less work, for a first look")
    for table in run(parser.parse_args().quick):
        table.show()
