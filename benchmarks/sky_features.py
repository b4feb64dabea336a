"""Features of a million points of light curves, 100 points each; and the whole way from a CSV.

Measured, in one process and one thread:

- *basic*: how many, mean, standard deviation, least, greatest; the peers are NumPy (reduceat on
  sorted keys), Arrow's and pandas' group-by.
- *16 features*: of values, order, time and errors; the peer is `light-curve` (Rust), a call for
  each curve, whose values must be ours to 1e-6.
- *all*: every feature that there is.
- *from a file*: a CSV of points in any order to the guide's CSV and the Parquet of all features;
  the peer is the guide's table by pandas.

Kernels are compiled before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from benchmarks.report import NONE, Cost, Table, best, main, peer, scratch, times
from gnomon.core.dataset import Provenance
from gnomon.instruments.sky.curves.batches import Curves
from gnomon.instruments.sky.science.features.files import make_features, write_features
from gnomon.instruments.sky.science.features.table import measured

_POINTS = 100
_BASIC = ("mean", "standard_deviation", "minimum", "maximum")
_RICH = (
    *("mean", "weighted_mean", "standard_deviation", "median", "amplitude", "skew", "kurtosis"),
    *("beyond_1_std", "cusum", "eta", "inter_percentile_range_25", "median_absolute_deviation"),
    *("percent_amplitude", "chi2", "stetson_K", "eta_e"),
)
_PROVENANCE = Provenance("benchmark", 1, "", "{}", ())
Floats = NDArray[np.float64]
Found = dict[str, Floats]


@dataclass(frozen=True)
class Result:
    """What one of the tools took, and how far its values are from ours, relatively."""

    name: str
    cost: Cost
    difference: float


def _curves(n: int) -> Curves:
    chance = np.random.default_rng(0)
    t = np.sort(chance.uniform(58_000, 59_000, (n, _POINTS)), axis=1).ravel()
    return Curves(
        objects=tuple(f"{k:07d}" for k in range(n)),
        bands=("r",) * n,
        offsets=np.arange(0, n * _POINTS + 1, _POINTS),
        time_d=t,
        value=chance.normal(17, 1, n * _POINTS),
        error=chance.uniform(0.01, 0.2, n * _POINTS),
        units=("mag",) * n,
        time_systems=(None,) * n,
        ra_deg=np.zeros(n),
        dec_deg=np.zeros(n),
    )


def _far(ours: Found, theirs: Found) -> float:
    return max(
        float(np.max(np.abs(theirs[name] - ours[name]) / np.maximum(np.abs(ours[name]), 1e-9)))
        for name in theirs
    )


def _measure(
    ours: Found, name: str, tries: int, work: Callable[[], Found], *, least: int = 3
) -> Result:
    cost = best(max(tries, least), work)
    return Result(name, cost, _far(ours, work()))


# -- peers


def _by_numpy(curves: Curves) -> Found:
    start, n = curves.offsets[:-1], np.diff(curves.offsets)
    mean = np.add.reduceat(curves.value, start) / n
    squares = np.add.reduceat((curves.value - np.repeat(mean, n)) ** 2, start)
    return {
        "mean": mean,
        "standard_deviation": np.sqrt(squares / (n - 1)),
        "minimum": np.minimum.reduceat(curves.value, start),
        "maximum": np.maximum.reduceat(curves.value, start),
    }


def _by_arrow(table: pa.Table) -> Found:
    options = pa.compute.VarianceOptions(ddof=1)
    wanted = [("value", "mean"), ("value", "stddev", options), ("value", "min"), ("value", "max")]
    found = table.group_by("object", use_threads=False).aggregate([("value", "count"), *wanted])
    columns = ("value_mean", "value_stddev", "value_min", "value_max")
    return {name: found[column].to_numpy() for name, column in zip(_BASIC, columns, strict=True)}


def _by_pandas(frame: Any) -> Found:
    found = frame.groupby("object")["value"].agg(["count", "mean", "std", "min", "max"])
    columns = ("mean", "std", "min", "max")
    return {name: found[column].to_numpy() for name, column in zip(_BASIC, columns, strict=True)}


def _extractor(lc: Any) -> Any:
    return lc.Extractor(
        *(lc.Mean(), lc.WeightedMean(), lc.StandardDeviation(), lc.Median(), lc.Amplitude()),
        *(lc.Skew(), lc.Kurtosis(), lc.BeyondNStd(1), lc.Cusum(), lc.Eta()),
        *(lc.InterPercentileRange(0.25), lc.MedianAbsoluteDeviation(), lc.PercentAmplitude()),
        *(lc.ReducedChi2(), lc.StetsonK(), lc.EtaE()),
    )


def _by_light_curve(extractor: Any, curves: Curves) -> Found:
    t, m, e, at = curves.time_d, curves.value, curves.error, curves.offsets
    found = np.array(
        [extractor(t[a:b], m[a:b], e[a:b], sorted=True, check=False) for a, b in pairwise(at)]
    )
    return {name: found[:, k] for k, name in enumerate(extractor.names)}


# -- tables


def _kernels(curves: Curves, tries: int) -> Table:
    points = len(curves.value)
    table = Table(
        f"{points:,} points in {len(curves):,} light curves",
        ("features", "by", "CPU ms", "points/s", "to gnomon", "differs by"),
    )
    basic, rich = measured(curves, _BASIC), measured(curves, _RICH)
    everything = measured(curves)
    own = best(tries, lambda: measured(curves, _BASIC))
    rows = _measure_basic(curves, basic, tries)
    _add(table, "basic 5", points, own, rows)
    own = best(tries, lambda: measured(curves, _RICH))
    rows = []
    if (lc := peer("light_curve")) is not None:
        extractor = _extractor(lc)
        rows.append(
            _measure(rich, "light-curve", tries, lambda: _by_light_curve(extractor, curves))
        )
    _add(table, "16", points, own, rows)
    own = best(tries, lambda: measured(curves))
    _add(table, f"all {len(everything)}", points, own, [])
    return table


def _measure_basic(curves: Curves, ours: Found, tries: int) -> list[Result]:
    names = np.repeat(np.arange(len(curves)), np.diff(curves.offsets))
    arrow = pa.table({"object": names, "value": curves.value})
    rows = [
        _measure(ours, "NumPy reduceat", tries, lambda: _by_numpy(curves)),
        _measure(ours, "Arrow group-by", tries, lambda: _by_arrow(arrow)),
    ]
    if (pandas := peer("pandas")) is not None:
        frame = pandas.DataFrame({"object": names, "value": curves.value})
        rows.append(_measure(ours, "pandas group-by", tries, lambda: _by_pandas(frame)))
    return rows


def _add(table: Table, what: str, points: int, own: Cost, rows: list[Result]) -> None:
    table.add(what, "gnomon", f"{1e3 * own.cpu_s:.1f}", _rate(points, own), "1", NONE)
    for row in rows:
        ratio = times(row.cost.cpu_s, own.cpu_s)
        ms = f"{1e3 * row.cost.cpu_s:.1f}"
        table.add("", row.name, ms, _rate(points, row.cost), ratio, f"{row.difference:.0e}")


def _rate(points: int, cost: Cost) -> str:
    return f"{points / max(cost.cpu_s, 1e-9):.1e}"


def _files(curves: Curves, folder: Path, tries: int) -> Table:
    path, points = folder / "points.csv", len(curves.value)
    mixed = np.random.default_rng(1).permutation(points)
    names = np.repeat(np.array(curves.objects), np.diff(curves.offsets))[mixed]
    columns = {"oid": names, "mjd": curves.time_d[mixed], "mag": curves.value[mixed]}
    columns |= {"magerr": curves.error[mixed], "filtercode": np.full(points, "zr")}
    pa_csv.write_csv(pa.table(columns), path)
    table = Table(
        f"from a CSV of {points:,} points ({path.stat().st_size / 1e6:.0f} MB) to files",
        ("by", "CPU s", "points/s", "to gnomon"),
        ("gnomon writes the guide's table and all features of each band; pandas the table alone",),
    )

    def ours() -> None:
        write_features(folder / "out", make_features([path]), _PROVENANCE)

    own = best(tries, ours)
    table.add("gnomon", f"{own.cpu_s:.2f}", _rate(points, own), "1")
    if (pandas := peer("pandas")) is not None:
        theirs = best(tries, lambda: _guide_by_pandas(pandas, path, folder / "pandas.csv"))
        ratio = times(theirs.cpu_s, own.cpu_s)
        table.add("pandas", f"{theirs.cpu_s:.2f}", _rate(points, theirs), ratio)
    return table


def _guide_by_pandas(pandas: Any, path: Path, output: Path) -> None:
    frame = pandas.read_csv(path, dtype={"oid": str})
    groups = frame.groupby("oid")
    found = groups["mag"].agg(["count", "mean", "std", "min", "max"])
    found["filters"] = groups["filtercode"].agg(lambda x: ",".join(sorted(set(x))))
    found.to_csv(output)


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    curves = _curves(1_000 if quick else 10_000)
    tries = 2 if quick else 7
    with scratch() as folder:
        return [_kernels(curves, tries), _files(curves, folder, min(tries, 3))]


if __name__ == "__main__":
    main(__doc__, run)
