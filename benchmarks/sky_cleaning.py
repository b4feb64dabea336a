"""Trends and masks of light curves, matches by position, alert packets.

- *trend*: a biweight in a window of 0.75 days over a sector of TESS (18,000 points); the peers are
  the same sum by astropy, window by window (the first 300 of them, scaled), and the smoothing
  that lightkurve's `flatten` does, which is another: a Savitzky-Golay filter.
- *cleaning*: a million points of 10,000 curves through quality, outliers and the median.
- *matches*: 100,000 places against 100,000; the peer is astropy's `search_around_sky`.
- *alerts*: packets of ZTF to a table; the peer is fastavro alone, which reads them into objects.

Kernels are compiled before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from benchmarks.report import NONE, Table, best, main, peer, scratch, times
from gnomon.instruments.sky.alerts.packets import read_alerts
from gnomon.instruments.sky.alerts.rows import alerts_table
from gnomon.instruments.sky.curves.cleaned import cleaned
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, part_table
from gnomon.instruments.sky.curves.stages import Stage
from gnomon.instruments.sky.science.crossmatch import match
from gnomon.instruments.sky.science.detrending import Smoothing, trend
from gnomon.instruments.sky.simulate.alert_files import alert_epochs, ztf_packet
from gnomon.instruments.sky.simulate.stars import make_sky

Floats = NDArray[np.float64]
_WINDOW_D, _REACH = 0.75, 5.0
_SAMPLE = 300
_POINTS = 100


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure everything; `quick` works on less."""
    tries = 1 if quick else 3
    with scratch() as folder:
        return [
            _trend(tries),
            _cleaning(100_000 if quick else 1_000_000, tries),
            _matches(10_000 if quick else 100_000, tries),
            _alerts(folder, 50 if quick else 500, tries),
        ]


def _trend(tries: int) -> Table:
    time_d, flux = _sector()
    used, offsets = np.ones(len(flux), np.bool_), np.array([0, len(flux)])

    def ours() -> Floats:
        return trend(time_d, flux, used, offsets, Smoothing("biweight", _WINDOW_D, 0.5))

    found = ours()
    table = Table(f"trend of {len(flux):,} points", ("by", "CPU s", "to gnomon", "differs by"))
    own = best(tries, ours).cpu_s
    table.add("gnomon, biweight", f"{own:.2f}", "1", NONE)
    if (stats := peer("astropy.stats")) is not None:
        windows = [
            flux[np.abs(time_d - time_d[n]) <= _WINDOW_D / 2] for n in range(5_000, 5_000 + _SAMPLE)
        ]
        theirs = np.array([_located(stats, one) for one in windows])
        far = float(np.max(np.abs(theirs / found[5_000 : 5_000 + _SAMPLE] - 1)))
        scale = len(flux) / _SAMPLE
        cpu_s = best(1, lambda: [_located(stats, one) for one in windows]).cpu_s * scale
        table.add("astropy, biweight, scaled", f"{cpu_s:.1f}", times(cpu_s, own), f"{far:.0e}")
    if (lightkurve := peer("lightkurve")) is not None:
        curve = lightkurve.LightCurve(time=time_d, flux=flux)
        cpu_s = best(tries, lambda: curve.flatten(541)).cpu_s
        table.add("lightkurve, flatten", f"{cpu_s:.2f}", times(cpu_s, own), "another filter")
    return table


def _sector() -> tuple[Floats, Floats]:
    chance = np.random.default_rng(0)
    time_d = np.sort(chance.choice(20_000, 18_000, replace=False)) * 2 / 1440
    flux = 1000 + 5 * np.sin(2 * np.pi * time_d / 5) + chance.normal(0, 1, len(time_d))
    return time_d, np.where(np.mod(time_d, 3.3) < 0.15, flux - 10, flux)


def _located(stats: Any, values: Floats) -> float:
    middle = np.median(values)
    scale = _REACH * np.median(np.abs(values - middle))
    for _ in range(20):
        before = middle
        middle = stats.biweight_location(values, c=_REACH, M=np.array([middle]))
        if abs(middle - before) < 1e-6 * scale:
            break
    return float(middle)


def _cleaning(n: int, tries: int) -> Table:
    chance = np.random.default_rng(0)
    columns = {
        "object": np.repeat(np.arange(n // _POINTS), _POINTS).astype(str),
        "band": np.full(n, "g"),
        "time": chance.uniform(58_000, 59_500, n),
        "value": chance.normal(18, 0.1, n),
        "error": np.full(n, 0.1),
    }
    rows = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
    table = Table(f"cleaning {n:,} points, shuffled", ("stages", "CPU s", "points/s"))
    for names in (("quality",), ("quality", "sigma"), ("quality", "sigma", "normalise")):
        wanted = TypeAdapter(tuple[Stage, ...]).validate_python([{"use": one} for one in names])
        cleaned(rows.slice(0, _POINTS), wanted)
        cpu_s = best(tries, _later(cleaned, rows, wanted)).cpu_s
        table.add(", ".join(names), f"{cpu_s:.2f}", f"{n / cpu_s:,.0f}")
    return table


def _later(work: Callable[..., object], *values: Any) -> Callable[[], object]:
    return lambda: work(*values)


def _matches(n: int, tries: int) -> Table:
    chance = np.random.default_rng(0)
    ra, dec = chance.uniform(0, 360, n), np.degrees(np.arcsin(chance.uniform(-1, 1, n)))
    moved = ra + 1e-4
    table = Table(f"matches of {n:,} places within 2 arcsec", ("by", "CPU s", "to gnomon", "found"))
    found = match((ra, dec), (moved, dec), 2.0)
    own = best(tries, lambda: match((ra, dec), (moved, dec), 2.0)).cpu_s
    table.add("gnomon", f"{own:.2f}", "1", f"{len(found):,}")
    if (coordinates := peer("astropy.coordinates")) is not None:
        unit: Any = peer("astropy.units")

        def theirs() -> Any:
            here, there = (coordinates.SkyCoord(x, dec, unit="deg") for x in (ra, moved))
            return coordinates.search_around_sky(here, there, 2 * unit.arcsec)

        cpu_s = best(tries, theirs).cpu_s
        table.add("astropy", f"{cpu_s:.2f}", times(cpu_s, own), f"{len(theirs()[0]):,}")
    return table


def _alerts(folder: Path, n: int, tries: int) -> Table:
    star = make_sky().stars[0]
    paths = [folder / f"{k}.avro" for k in range(n)]
    for k, path in enumerate(paths):
        epochs = alert_epochs(star, "g", [58_000 + k + 0.3 * m for m in range(30)])
        path.write_bytes(ztf_packet(star, epochs))
    fastavro: Any = peer("fastavro")

    def alone() -> None:
        for path in paths:
            with path.open("rb") as stream:
                list(fastavro.reader(stream))

    def ours() -> None:
        for path in paths:
            alerts_table(read_alerts(path), Answer())

    own, theirs = best(tries, ours).cpu_s, best(tries, alone).cpu_s
    table = Table(f"{n} alerts of 30 epochs", ("by", "CPU s", "alerts/s", "to gnomon"))
    table.add("gnomon, to tables", f"{own:.2f}", f"{n / own:,.0f}", "1")
    table.add("fastavro, to objects", f"{theirs:.2f}", f"{n / theirs:,.0f}", times(theirs, own))
    return table


if __name__ == "__main__":
    main(__doc__, run)
