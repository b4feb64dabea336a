"""Packets: XTCE decoding beside `space_packet_parser`, and a file of 1 GB.

- *decode*: the same packets, to calibrated values of every field. gnomon finds the packets in the
  bytes and decodes them into columns; the peer finds them with its generator and decodes each into
  a dictionary. Definitions are read beforehand, by both. Packets are the real ones of
  GNOMON_SAMPLES (or ../shared/data), over and over, and random bits in the housekeeping packet of
  627 parameters. The peer gets as many as it decodes in about a second; rates are compared.
- *a large file*: packets of three APIDs from a file of 1 GB (``--quick``: 64 MB), decoded part by
  part in a process of its own; the most memory that it had.

Values are compared, too: for all packets that both decoded, with the same bits.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import NONE, Cost, Table, best, cost, main, peer, scratch, times
from gnomon.formats.packets import Definition, decode, encode, framed, read_definition
from gnomon.formats.packets.model import Float, Integer

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[2] / "shared" / "data"))
_XTCE = SAMPLES / "imap" / "definitions" / "mag_17.9.xml"
_REAL = ("MAG_HSK_PW", "MAG_HSK_STATUS", "MAG_HSK_SCI")
_LARGE, _LARGE_LENGTH_FIELD = "MAG_HSK_SID15", 1563
_TRIES = 5
_PEER_PACKETS = {"MAG_HSK_PW": 4_000, "MAG_HSK_STATUS": 6_000, "MAG_HSK_SCI": 4_000, _LARGE: 300}


def workload(definition: Definition, name: str, number: int) -> bytes:
    """Return at least `number` packets of a container."""
    if name != _LARGE:
        real = (SAMPLES / "imap" / "packets" / f"{name}.pkts").read_bytes()
        known = sum(len(part.packets) for part in framed(real))
        return real * -(-number // known)
    rng = np.random.default_rng(7)
    values: dict[str, Any] = {"PKT_LEN": _LARGE_LENGTH_FIELD}
    for entry in definition.containers[name].entries:
        of = entry.parameter.type if entry.parameter else None
        if entry.parameter is None or of is None:
            continue
        if of.labels:
            values[entry.parameter.name] = rng.choice(np.array(list(of.labels)), number)
        elif isinstance(of.encoding, Integer):
            values[entry.parameter.name] = rng.integers(
                0, max(1 << min(of.encoding.bits - 1, 31), 2), number
            )
        elif isinstance(of.encoding, Float):
            values[entry.parameter.name] = rng.normal(size=number)
    return encode(definition, name, values)


def own(definition: Definition, stream: bytes) -> int:
    """Decode all packets; return how many there were."""
    number = 0
    for part in framed(stream):
        decoded = decode(definition, part.packets)
        number += sum(len(table) for table in decoded.tables.values())
    return number


class Peer:
    """The same with `space_packet_parser`."""

    def __init__(self, library: Any) -> None:
        from space_packet_parser.generators.ccsds import ccsds_generator  # noqa: PLC0415
        from space_packet_parser.xtce.definitions import XtcePacketDefinition  # noqa: PLC0415

        self._definition = XtcePacketDefinition.from_xtce(str(_XTCE))
        self._generator, self.name = ccsds_generator, library.__name__

    def parse(self, stream: bytes) -> list[Any]:
        """Decode all packets."""
        return [self._definition.parse_bytes(one) for one in self._generator(stream)]


def differences(definition: Definition, stream: bytes, parsed: list[Any]) -> int:
    """Return how many values differ between both, compared by their text."""
    (part,) = framed(stream, chunk_bytes=len(stream))
    (table,) = decode(definition, part.packets).tables.values()
    columns = {name: column.values.tolist() for name, column in table.columns.items()}
    return sum(
        _text(value) != repr(columns[name][row])
        for row, packet in enumerate(parsed)
        for name, value in packet.items()
    )


def _text(value: Any) -> str:
    """Return the text of a value of the peer, which is of a class of its own."""
    plain = next(kind for kind in (int, float, bytes, str) if isinstance(value, kind))
    return repr(plain(value))


def decoding(quick: bool) -> Table:  # noqa: FBT001 -- as every benchmark
    """Measure rates on packets of several kinds."""
    notes = ("CPU seconds; best of 5 (gnomon) and of 2 (peer); * random bits",)
    columns = ("packet", "fields", "packets/s", "peer packets/s", "ratio", "differences")
    table = Table("Decoding packets by XTCE", columns, notes)
    definition, library = read_definition(_XTCE), peer("space_packet_parser")
    other = Peer(library) if library else None
    for name in (*_REAL, _LARGE):
        number = (20_000 if quick else 200_000) // (20 if name == _LARGE else 1)
        stream = workload(definition, name, number)
        (part,) = framed(stream, chunk_bytes=len(stream))
        ours = best(_TRIES, lambda stream=stream: own(definition, stream))  # type: ignore[misc]
        rate = len(part.packets) / ours.cpu_s
        fields = str(len(decode(definition, part.packets.take(np.arange(1))).tables.popitem()[1]
                         .columns))  # fmt: skip
        row = name + ("*" if name == _LARGE else "")
        if other is None:
            table.add(row, fields, f"{rate:,.0f}", NONE, NONE, NONE)
            continue
        few = _PEER_PACKETS[name] // (4 if quick else 1)
        part_of = stream[: int(part.packets.start[min(few, len(part.packets) - 1)])]
        parsed: list[Any] = []
        theirs = _peer_cost(other, part_of, parsed)
        peer_rate = len(parsed) / theirs.cpu_s
        wrong = differences(definition, part_of, parsed)
        table.add(row, fields, f"{rate:,.0f}", f"{peer_rate:,.0f}", times(rate, peer_rate),
                  str(wrong))  # fmt: skip
    return table


def _peer_cost(other: Peer, stream: bytes, parsed: list[Any]) -> Cost:
    first = cost(lambda: parsed.extend(other.parse(stream)))
    return min(first, cost(lambda: other.parse(stream)))


def large(quick: bool) -> Table:  # noqa: FBT001
    """Measure the memory that a large file takes."""
    table = Table("A large file, in a process of its own",
                  ("size", "packets", "CPU s", "packets/s", "most memory"))  # fmt: skip
    size = (64 if quick else 1024) << 20
    with scratch() as folder:
        path = folder / "large.pkts"
        block = b"".join((SAMPLES / "imap" / "packets" / f"{name}.pkts").read_bytes()
                         for name in _REAL)  # fmt: skip
        with path.open("wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
        code = f"from benchmarks.packets import alone; alone({str(path)!r})"
        text = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
        packets, cpu_s, memory_kb = text.split()
        table.add(f"{path.stat().st_size >> 20} MB", f"{int(packets):,}", f"{float(cpu_s):.1f}",
                  f"{int(packets) / float(cpu_s):,.0f}", f"{int(memory_kb) >> 10} MB")  # fmt: skip
    return table


def alone(path: str) -> None:
    """Decode a file part by part; print packets, processor seconds and the most memory in kB."""
    definition, number = read_definition(_XTCE), 0

    def work() -> None:
        nonlocal number
        for part in framed(Path(path), apids=definition.apids()):
            decoded = decode(definition, part.packets)
            number += sum(len(table) for table in decoded.tables.values())

    taken = cost(work)
    print(number, taken.cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def run(quick: bool) -> Sequence[Table]:  # noqa: FBT001
    """Measure everything."""
    if not _XTCE.exists():
        return [Table("Packets", ("",), (f"no real IMAP files in {SAMPLES}",))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's remarks on spellings
        return [decoding(quick), large(quick)]


if __name__ == "__main__":
    main(__doc__, run)
