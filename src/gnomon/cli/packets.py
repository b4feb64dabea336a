"""`gnomon packets`: CCSDS packets of any mission, decoded by its XTCE definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.cli.app import FAILURES, AsJson, DryRun, Screen, ending, screen

if TYPE_CHECKING:
    from gnomon.formats.packets import Decoded, Definition, Framed, Packets
    from gnomon.formats.packets.counters import Counts

app = typer.Typer(help="CCSDS packets of any mission.", no_args_is_help=True)
_SHOWN = 10


@app.callback()
def packets() -> None:
    """CCSDS packets of any mission."""


@dataclass
class Outcome:
    """What was found in the files; `lost` are (file, start, stop, reason)."""

    found: Counter[int] = field(default_factory=Counter)
    decoded: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    unknown: Counter[int] = field(default_factory=Counter)
    refused: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    fallback: dict[str, str] = field(default_factory=dict)
    lost: list[tuple[str, int, int, str]] = field(default_factory=list)
    counts: dict[int, Counts] = field(default_factory=dict)

    def add_framed(self, name: str, part: Framed) -> None:
        """Take note of what was found, and of what was not."""
        self.lost += [(name, lost.start, lost.stop, lost.reason) for lost in part.lost]

    def add_decoded(self, decoded: Decoded) -> None:
        """Take note of what was decoded."""
        for apid, table in decoded.tables.items():
            self.decoded[apid] += len(table)
            self.names.setdefault(apid, table.name)
        self.unknown.update(decoded.unknown)
        for one in decoded.refused:
            self.refused[one.apid, one.container, one.reason] += len(one.index)
        self.fallback.update(decoded.fallback)

    @property
    def lost_bytes(self) -> int:
        """How many bytes are in no packet."""
        return sum(stop - start for _, start, stop, _ in self.lost)

    def document(self) -> dict[str, Any]:
        """Return all of it as values for JSON."""
        return {
            "packets": sum(counts.packets for counts in self.counts.values()),
            "decoded": sum(self.decoded.values()),
            "unknown": dict(sorted(self.unknown.items())),
            "refused": [
                {"apid": apid, "container": name, "reason": reason, "packets": number}
                for (apid, name, reason), number in sorted(self.refused.items())
            ],
            "fallback": self.fallback,
            "lost_bytes": self.lost_bytes,
            "lost": [
                {"file": name, "start": start, "stop": stop, "reason": reason}
                for name, start, stop, reason in self.lost
            ],
            "apids": [
                {"apid": apid, "name": self.names.get(apid, ""), **asdict(counts)}
                for apid, counts in self.counts.items()
            ],
        }


@app.command()
def decode(
    files: Annotated[
        list[Path], typer.Argument(help="Files of packets.", exists=True, dir_okay=False)
    ],
    xtce: Annotated[Path, typer.Option(help="The XTCE definition.", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option(help="Folder for the tables.", file_okay=False)],
    apid: Annotated[
        list[int] | None, typer.Option(help="Only packets of this APID; may be repeated.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Raw values, not calibrated ones.")] = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Decode packets into one CSV and one Parquet per APID, named by its container.

    Ends with exit code 1 where bytes or packets were lost; what could be read is written.
    """
    view = screen(as_json=as_json)
    with ending(view):
        outcome, paths = _decoded(files, xtce, None if dry_run else output, apid or [], raw=raw)
        _tell(view, outcome, paths)
    if outcome.lost or outcome.refused:
        raise typer.Exit(FAILURES)


def _decoded(
    files: list[Path], xtce: Path, output: Path | None, apids: list[int], *, raw: bool
) -> tuple[Outcome, dict[int, tuple[Path, Path]]]:
    from gnomon.formats.packets import decode as decoded, read_definition  # noqa: I001, PLC0415 -- NumPy
    from gnomon.formats.packets.files import Tables  # noqa: PLC0415 -- Arrow

    definition, outcome = read_definition(xtce), Outcome()
    with ExitStack() as stack:
        tables = stack.enter_context(Tables(output, definition, raw=raw)) if output else None
        for part in _parts(definition, files, apids, outcome):
            found = decoded(definition, part)
            outcome.add_decoded(found)
            for table in found.tables.values():
                if tables is not None:
                    tables.add(table)
    return outcome, tables.paths() if tables is not None else {}


def _parts(
    definition: Definition, files: list[Path], apids: list[int], outcome: Outcome
) -> Iterator[Packets]:
    """Yield the packets of all files, and take note of losses and counts."""
    import numpy as np  # noqa: PLC0415 -- heavy, and `gnomon --help` needs none

    from gnomon.formats.packets import framed  # noqa: PLC0415
    from gnomon.formats.packets.counters import counters  # noqa: PLC0415

    known = definition.apids()
    for path in files:
        for part in framed(path, apids=known):
            outcome.add_framed(path.name, part)
            chosen = part.packets
            if apids:
                chosen = chosen.take(np.flatnonzero(np.isin(chosen.apid, apids)))
            outcome.counts = counters(chosen, outcome.counts)
            yield chosen


def _tell(view: Screen, outcome: Outcome, paths: dict[int, tuple[Path, Path]]) -> None:
    document = outcome.document()
    document["files"] = [str(path) for both in paths.values() for path in both]
    if view.as_json:
        view.document(document)
        return
    from rich.table import Table  # noqa: PLC0415 -- only where somebody reads it

    table = Table("APID", "name", box=None, pad_edge=False)
    for title in ("packets", "decoded", "gaps", "missing", "repeats", "backward"):
        table.add_column(title, justify="right")
    for apid, one in outcome.counts.items():
        numbers = (one.packets, outcome.decoded[apid], one.gaps, one.missing, one.repeats,
                   one.backward)  # fmt: skip
        table.add_row(str(apid), outcome.names.get(apid, "?"), *map(str, numbers))
    view.out.print(table)
    for path in document["files"]:
        view.out.print(path, markup=False)
    for line in _complaints(outcome):
        view.err.print(line, markup=False)


def _complaints(outcome: Outcome) -> Iterator[str]:
    for apid, number in sorted(outcome.unknown.items()):
        yield f"APID {apid}: {number} packets, and no container for them"
    for (apid, name, reason), number in sorted(outcome.refused.items()):
        yield f"APID {apid}: {number} packets are no good {name}: {reason}"
    for name, reason in outcome.fallback.items():
        yield f"{name}: decoded by space_packet_parser: {reason}"
    for name, start, stop, reason in outcome.lost[:_SHOWN]:
        yield f"{name}: bytes {start} to {stop} are lost: {reason}"
    if outcome.lost[_SHOWN:]:
        yield f"and {len(outcome.lost) - _SHOWN} more"
    if outcome.lost:
        yield f"{outcome.lost_bytes} bytes lost"
