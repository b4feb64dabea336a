"""COMAP, Level 1 to Level 2: processor time and memory of the whole chain, by length and by size.

A file of 19 feeds and an hour has 59 GB. Its spectra are simulated for one feed, and a virtual
dataset of HDF5 shows them as those of all feeds: every byte is read and worked on as often as in
the real file. Each file is reduced in a process of its own, so that its memory is its own.

The peer is the algorithm of the system that came before, written down plainly in NumPy, as it is
there: three readings, one least-squares fit a channel, one a sample. It runs on one feed of a short
file; what it takes for all is scaled.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comap_files import simulated
from benchmarks.comap_plain import compared
from benchmarks.report import Table, cost, main, scratch, times
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.reduction import reduce, refine
from gnomon.instruments.comap.stages.defaults import LEVEL1_STAGES, LEVEL2_STAGES

_FEEDS = 19
_LIMIT_S, _LIMIT_GB = 300.0, 2.0
_SEED_S = 50 * 60
"""Processor seconds of the seed for 19 feeds and an hour, measured (facts, section 4)."""
_AIM = f"at most, for 60 minutes of 19 feeds: {_LIMIT_S:.0f} CPU s and {_LIMIT_GB:.0f} GB"


def reduced(path: Path, folder: Path) -> dict[str, float]:
    """Run the whole chain in a process of its own; return what it took."""
    words = [sys.executable, "-m", "benchmarks.comap_level2", "--chain", str(path), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def chain(path: Path, folder: Path) -> dict[str, float]:
    """Reduce a file here; return processor seconds, and the most memory in GB."""
    record = Level1Record(45285, path.stem, 0, "", source="TauA", source_group="Calibrator")
    binned, level2 = folder / "binned.hd5", folder / "level2.hd5"
    first = cost(lambda: reduce(path, record, LEVEL1_STAGES, binned))
    second = cost(lambda: refine(binned, record, LEVEL2_STAGES, level2))
    return {
        "pass_s": first.cpu_s,
        "streams_s": second.cpu_s,
        "wall_s": first.wall_s + second.wall_s,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "level2_gb": level2.stat().st_size / 1e9,
    }


def _lengths(minutes: Sequence[float], feeds: int) -> Table:
    table = Table(
        f"COMAP: Level 1 to Level 2, {feeds} feeds, 4 x 1,024 channels, 50 Hz",
        ("minutes", "GB read", "pass CPU s", "streams CPU s", "CPU s a GB", "peak GB"),
        (_AIM,),
    )  # fmt: skip
    for length in minutes:
        with scratch() as folder:
            path = simulated(folder, length, feeds)
            size_gb = (path.parent / "one" / path.name).stat().st_size * feeds / 1e9
            if length == min(minutes):
                reduced(path, folder)  # once before, for the compiled functions
            took = reduced(path, folder)
            total_s = took["pass_s"] + took["streams_s"]
            table.add(
                f"{length:.0f}", f"{size_gb:.1f}", f"{took['pass_s']:.1f}",
                f"{took['streams_s']:.1f}", f"{total_s / size_gb:.2f}", f"{took['peak_gb']:.2f}",
            )  # fmt: skip
            if length == max(minutes):
                scaled_s = total_s * (60 / length) * (_FEEDS / feeds)
                hour = f"an hour of 19 feeds: {scaled_s:.0f} CPU s"
                table.notes += (f"{hour}; the seed's {_SEED_S} s: {times(_SEED_S, scaled_s)}",)
            shutil.rmtree(folder / "one")
    return table


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure lengths, and the plain algorithm beside ours."""
    lengths = (2.0, 4.0) if quick else (5.0, 15.0, 60.0)
    return [_lengths(lengths, 4 if quick else _FEEDS), compared(2.0 if quick else 5.0)]


if __name__ == "__main__":
    if "--chain" in sys.argv:
        _, _, at, into = sys.argv
        print(json.dumps(chain(Path(at), Path(into))))
    else:
        main(__doc__, run)
