"""Floats to analysis-ready tables: speed beside argopy, and memory for ten million levels.

- *speed*: real floats of GNOMON_SAMPLES that have a ``_prof.nc``. gnomon reads the file and writes
  two Parquet files of raw and adjusted values; in the second row it also chooses values by the
  manual, adds depth, TEOS-10 and its own quality tests, and writes two more. argopy (``gdac``
  source on the same folder, expert mode) reads the float into memory, and in its second row adds
  TEOS-10; it writes nothing. Imports are not counted.
- *memory*: simulated aggregates of 50,000 levels each, as many as give the wanted number, through
  the same two steps in a process of their own. The peer, xarray, opens each file and keeps it as a
  data frame, as user code does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import NONE, Cost, Table, best, main, peer, scratch, times
from gnomon.core.dataset import Input, Provenance
from gnomon.instruments.argo.kinds import AGGREGATE
from gnomon.instruments.argo.simulate.gdac import simulate_gdac

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[2] / "shared" / "data"))
_FLOATS = {"csiro": 5900865, "incois": 2902269, "coriolis": 1900857}
_PROVENANCE = Provenance("benchmark", 1, "0" * 64, "{}", ())
_LEVELS_A_FLOAT = 50_000
_WMO = 3_900_001


def make_tables(aggregate: Path, wmo: int, dac: str, out: Path, *, analyse: bool = True) -> int:
    """Run one or both steps on one float; return the number of levels."""
    from gnomon.instruments.argo.steps.analysis import AnalysisConfig, analysis  # noqa: PLC0415
    from gnomon.instruments.argo.steps.core import tables  # noqa: PLC0415
    from gnomon.instruments.argo.steps.writing import TablesConfig  # noqa: PLC0415

    source = Input(aggregate, AGGREGATE.name, {"wmo": wmo}, {"dac": dac}, 1, "0" * 64)
    made = {name: out / f"{wmo}_{name}.parquet" for name in ("levels", "profiles", "a", "p")}
    report = tables([], [source], made["levels"], made["profiles"], TablesConfig(), _PROVENANCE)
    if not analyse:
        return int(report.metrics["n_levels"])
    levels = Input(made["levels"], "argo.levels", {"wmo": wmo}, {"dac": dac}, 1, "0" * 64)
    analysis(
        levels, made["profiles"], None, None, made["a"], made["p"], AnalysisConfig(), _PROVENANCE
    )
    return int(report.metrics["n_levels"])


# -- speed, beside argopy


def _own(root: Path, out: Path, *, analyse: bool) -> int:
    folders = root / "dac"
    return sum(
        make_tables(folders / dac / str(wmo) / f"{wmo}_prof.nc", wmo, dac, out, analyse=analyse)
        for dac, wmo in _FLOATS.items()
    )


def _argopy(root: Path, *, teos10: bool) -> int:
    library = peer("argopy")
    if library is None:
        raise RuntimeError("argopy is not installed")
    levels = 0
    for wmo in _FLOATS.values():
        fetcher = library.DataFetcher(
            src="gdac", gdac=str(root), ds="phy", mode="expert", cache=False, progress=False
        )
        data = fetcher.float(wmo).to_xarray()
        if teos10:
            data.argo.teos10(["SA", "CT", "SIG0"])
        levels += data.sizes["N_POINTS"]
    return levels


def _speed(root: Path, out: Path, tries: int) -> Table:
    columns = ("what", "levels", "CPU s", "wall s", "levels/CPU s", "CPU ratio")
    table = Table("Argo floats: three real aggregates to analysis-ready tables", columns)
    levels = _own(root, out, analyse=True)
    own = best(tries, lambda: _own(root, out, analyse=False))
    table.add(*_row("gnomon: read, to Parquet", levels, own, own))
    whole = best(tries, lambda: _own(root, out, analyse=True))
    table.add(*_row("gnomon: read, TEOS-10, tests, to Parquet", levels, whole, own))
    if peer("argopy") is None:
        table.notes += ("argopy is not installed: pip install 'gnomon[bench]'",)
        return table
    _argopy(root, teos10=False)  # imports
    works: dict[str, Callable[[], int]] = {
        "argopy expert: read": lambda: _argopy(root, teos10=False),
        "argopy expert: read, TEOS-10": lambda: _argopy(root, teos10=True),
    }
    for name, work in works.items():
        table.add(*_row(name, levels, best(tries, work), own))
    return table


def _row(name: str, levels: int, spent: Cost, own: Cost) -> tuple[str, ...]:
    speed = f"{levels / spent.cpu_s:,.0f}"
    ratio = times(spent.cpu_s, own.cpu_s)
    return name, f"{levels:,}", f"{spent.cpu_s:.2f}", f"{spent.wall_s:.2f}", speed, ratio


# -- memory


def _clones(folder: Path, number: int) -> list[Path]:
    """Write one simulated aggregate of 50,000 levels and copies of it under other WMO numbers."""
    simulate_gdac(folder / "one", floats=1, cycles=250, levels=200)
    (model,) = (folder / "one").rglob("*_prof.nc")
    data, paths = model.read_bytes(), []
    for wmo in range(_WMO, _WMO + number):
        path = folder / f"{wmo}_prof.nc"
        path.write_bytes(data.replace(str(_WMO).encode(), str(wmo).encode()))
        paths.append(path)
    return paths


def _keep_frames(paths: list[Path]) -> int:
    """Read files as user code does: each a data frame, all in one."""
    import pandas as pd  # noqa: PLC0415
    import xarray  # noqa: PLC0415

    names = ["PRES", "TEMP", "PSAL", "JULD", "LATITUDE", "LONGITUDE"]
    frames = [xarray.open_dataset(path)[names].to_dataframe() for path in paths]
    return len(pd.concat(frames))


def _measure(what: str, folder: Path) -> None:
    """Be the process whose memory is measured: print levels and peak megabytes."""
    paths = sorted(folder.glob("*_prof.nc"))
    if what == "gnomon":
        levels = sum(make_tables(path, _wmo(path), "sim", folder / "out") for path in paths)
    else:
        levels = _keep_frames(paths)
    print(levels, _peak_mb())


def _peak_mb() -> float:
    """Return this program's peak memory; getrusage would count the parent's too, from the fork."""
    status = Path("/proc/self/status").read_text("ascii")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1e3


def _wmo(path: Path) -> int:
    return int(path.name.partition("_")[0])


def _memory(folder: Path, levels: int) -> Table:
    columns = ("what", "files", "levels", "peak MB", "ratio")
    table = Table("Argo floats: memory of one process", columns)
    (folder / "out").mkdir()
    _clones(folder, levels // _LEVELS_A_FLOAT)
    own = 0.0
    for what in ("gnomon", "xarray") if peer("xarray") and peer("pandas") else ("gnomon",):
        words = [sys.executable, "-m", "benchmarks.argo_floats", "--measure", what, str(folder)]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        found, peak_mb = int(said[0]), float(said[1])
        own = own or peak_mb
        files = str(levels // _LEVELS_A_FLOAT)
        ratio = times(peak_mb, own) if own != peak_mb else NONE
        table.add(what, files, f"{found:,}", f"{peak_mb:.0f}", ratio)
    return table


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    tables = []
    with scratch() as folder:
        root = SAMPLES / "argo"
        if root.is_dir():
            out = folder / "speed"
            out.mkdir()
            tables.append(_speed(root, out, 2 if quick else 3))
        tables.append(_memory(folder, 1_000_000 if quick else 10_000_000))
    return tables


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main(__doc__, run)
