"""Binned streams of COMAP: cleaned, and their noise fitted.

- *running median*: a scan of five minutes, and an hour, beside SciPy's and pandas'. The stages take
  two medians of the same samples, which share one sort.
- *a feed*: its eight streams of an hour in scans of five minutes through `post_bin_cleaning` and
  `noise_level2`, beside the same work written plainly with NumPy and SciPy: running medians, flags,
  a fit of the airmass, log-binned spectra of the streams before and after, fits of their logarithms
  by L-BFGS-B.
- *what comes out*: white and red noise of the truth, and of both, and an injected source's
  amplitude.

Medians must agree exactly away from the ends.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import NONE, Table, best, main, peer, times
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import Level2File
from gnomon.instruments.comap.science.running_median import Ranking, running_median
from gnomon.instruments.comap.stages.noise_level2 import FILTERED, NoiseLevel2
from gnomon.instruments.comap.stages.post_bin_cleaning import PostBinCleaning
from gnomon.instruments.comap.stages.stage import Observation, Streams

Floats = NDArray[np.float64]

_RATE_HZ = 50.0
_WINDOW = 3000
_SCAN = 15_000
_WHITE_K, _RED_K, _SLOPE, _SOURCE_K = 0.03, 0.17, -1.35, 0.2


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the tables."""
    n_scans, tries = (2, 1) if quick else (12, 3)
    medians = [_medians(n, 5 * tries) for n in (_SCAN, n_scans * _SCAN)]
    return [*medians, *_feeds(n_scans, tries)]


def _medians(n: int, tries: int) -> Table:
    table = Table(
        f"Running median: {n:,} samples",
        ("window", "gnomon CPU s", "SciPy CPU s", "ratio", "pandas CPU s", "ratio"),
    )
    scipy, pandas = peer("scipy.ndimage"), peer("pandas")
    values = _noise(np.random.default_rng(0), n)
    used = np.ones(n, bool)
    running_median(values[:100], used[:100], 5)  # compiles
    for windows in ((101,), (_WINDOW + 1,), (101, _WINDOW + 1)):
        ours = best(tries, partial(_ranked_medians, values, used, windows)).cpu_s
        cells = [" and ".join(map(str, windows)), f"{ours:.4f}"]
        for theirs in (
            scipy and (lambda w: scipy.median_filter(values, w)),
            pandas and (lambda w: pandas.Series(values).rolling(w, center=True).median()),
        ):
            took = sum(best(tries, partial(theirs, w)).cpu_s for w in windows) if theirs else 0.0
            cells += [f"{took:.4f}", times(took, ours)] if theirs else [NONE, NONE]
        table.add(*cells)
    if scipy:
        inside = slice(_WINDOW, -_WINDOW)
        other, own = scipy.median_filter(values, 101), running_median(values, used, 101)
        if not np.array_equal(own[inside], other[inside]):
            raise AssertionError("medians differ")
    return table


def _ranked_medians(values: Floats, used: NDArray[np.bool_], windows: tuple[int, ...]) -> None:
    ranking = Ranking.of(values)
    for window in windows:
        ranking.running_median(used, window)


def _feeds(n_scans: int, tries: int) -> tuple[Table, Table]:
    chance = np.random.default_rng(1)
    n = n_scans * _SCAN
    base = np.stack([_noise(chance, n) for _ in range(8)]).reshape(4, 2, n)
    az, el, source = _pointing(n)
    seen = base + _SOURCE_K * source + 8 / np.sin(np.radians(el))
    seen[chance.random(seen.shape) < 1e-4] += 2.0
    scans = [slice(k * _SCAN, (k + 1) * _SCAN) for k in range(n_scans)]
    obs = _observation(az, el, scans)
    cleaning, noise = PostBinCleaning(), NoiseLevel2()
    made: dict[str, Streams] = {}

    def clean() -> None:
        streams = Streams(1, 0, seen, seen.copy(), np.zeros(seen.shape, np.uint8))
        cleaning.start(obs)
        cleaning.streams(obs, streams)
        made["ours"] = streams

    def fit() -> None:
        noise.start(obs)
        noise.streams(obs, made["ours"])

    plain: dict[str, Any] = {}
    clean()  # compiles
    fit()
    table = Table(
        f"A feed: 8 streams of {n / _RATE_HZ / 60:.0f} min",
        ("work", "gnomon CPU s", "plain CPU s", "ratio", "19 feeds x 1 h, CPU s"),
    )
    hours = 19 * 3600 * _RATE_HZ / n
    for name, ours, theirs in (
        ("post_bin_cleaning", clean, lambda: plain.update(cleaned=_plain_cleaned(seen, el, scans))),
        ("noise_level2", fit, lambda: plain.update(noise=_plain_noise(seen, plain, scans))),
    ):
        own, other = best(tries, ours).cpu_s, best(1, theirs).cpu_s
        table.add(name, f"{own:.3f}", f"{other:.3f}", times(other, own), f"{own * hours:.1f}")
    return table, _found(obs, made["ours"].filtered, plain, source)


def _found(obs: Observation, filtered: Floats, plain: dict[str, Any], source: Floats) -> Table:
    table = Table("What comes out", ("quantity", "truth", "gnomon", "plain"))
    white, red, slope = (
        np.nanmedian(obs.out.array(f"{FILTERED}/{name}")[0])
        for name in ("sigma_white", "sigma_red", "alpha")
    )
    theirs = np.median(plain["noise"], axis=0)
    for name, truth, own, other in (
        ("white noise (K)", _WHITE_K, white, theirs[0]),
        ("red noise at 0.1 Hz (K)", _RED_K, red, theirs[1]),
        ("slope", _SLOPE, slope, theirs[2]),
        ("source (K)", _SOURCE_K, _peak(filtered, source), _peak(plain["cleaned"], source)),
    ):
        table.add(name, f"{truth:.3f}", f"{own:.3f}", f"{other:.3f}")
    return table


def _peak(streams: Floats, source: Floats) -> float:
    """Fit the source on a level near it, in the mean of all streams."""
    near = source > 1e-3
    mean = streams.reshape(8, -1)[:, near].mean(0)
    columns = np.stack([source[near], np.ones(len(mean))], axis=1)
    return float(np.linalg.lstsq(columns, mean, rcond=None)[0][0])


def _noise(chance: np.random.Generator, n: int) -> Floats:
    frequency = np.fft.rfftfreq(2 * n, 1 / _RATE_HZ)
    frequency[0] = frequency[1]
    power = _WHITE_K**2 + _RED_K**2 * (frequency / 0.1) ** _SLOPE
    parts = chance.normal(size=(2, len(frequency)))
    made: Floats = np.fft.irfft(np.sqrt(power * n) * (parts[0] + 1j * parts[1]), 2 * n)[:n]
    return made


def _pointing(n: int) -> tuple[Floats, Floats, Floats]:
    """Return azimuth and elevation of a Lissajous far from all calibrators, and a source in it."""
    time_s = np.arange(n) / _RATE_HZ
    x, y = 0.7 * np.sin(2 * np.pi * time_s / 13), 0.7 * np.sin(2 * np.pi * time_s / 9.1)
    el = 50 + y
    away_arcmin = 60 * np.hypot(x - 0.1, y + 0.2)
    return 10 + x / np.cos(np.radians(el)), el, np.exp(-4 * np.log(2) * (away_arcmin / 4.5) ** 2)


def _observation(az: Floats, el: Floats, scans: list[slice]) -> Observation:
    import h5py  # noqa: PLC0415

    held = h5py.File(BytesIO(), "w")
    held["spectrometer/MJD"] = 60500.1 + np.arange(len(az)) / _RATE_HZ / 86400
    held["spectrometer/feeds"] = np.array([1])
    held["spectrometer/pixel_pointing/pixel_az"] = az[None]
    held["spectrometer/pixel_pointing/pixel_el"] = el[None]
    out = Level2File(held)
    out.put(layout.SCAN_EDGES, np.array([(scan.start, scan.stop) for scan in scans]))
    return Observation(Level1Record(1, "", 0, ""), out, None, (1,))


# -- the same work, written plainly


def _plain_cleaned(seen: Floats, el: Floats, scans: list[slice]) -> Floats:
    from scipy.ndimage import median_filter  # noqa: PLC0415

    made = seen.copy()
    for stream in made.reshape(8, -1):
        for scan in scans:
            values = stream[scan]
            columns = np.stack([np.ones(_SCAN), 1 / np.sin(np.radians(el[scan]))], axis=1)
            rms = np.std(values[0::2] - values[1::2]) / np.sqrt(2)
            clean = np.abs(values - median_filter(values, _WINDOW)) < 5 * rms
            fitted = np.linalg.lstsq(columns[clean], values[clean], rcond=None)[0]
            flat = values - columns @ fitted
            stream[scan] = flat - median_filter(flat, _WINDOW)
    return made


def _plain_noise(seen: Floats, plain: dict[str, Any], scans: list[slice]) -> Floats:
    for streams in (seen, plain["cleaned"]):
        fits = [_plain_fit(one[scan]) for one in streams.reshape(8, -1) for scan in scans]
    return np.array(fits)


def _plain_fit(values: Floats) -> Floats:
    from scipy.ndimage import median_filter  # noqa: PLC0415
    from scipy.optimize import minimize  # noqa: PLC0415

    rms = np.std(values[0::2] - values[1::2]) / np.sqrt(2)
    smooth = median_filter(values, 50)
    values = np.where(np.abs(values - smooth) > 3 * rms, smooth, values)
    power = np.abs(np.fft.rfft(values)[1:]) ** 2 / len(values)
    frequency = np.fft.rfftfreq(len(values), 1 / _RATE_HZ)[1:]
    edges = np.geomspace(frequency[0], frequency[-1], 101)
    count, sums, places = (
        np.histogram(frequency, edges, weights=weights)[0] for weights in (None, power, frequency)
    )
    some = count > 0
    n, mean, at = count[some], sums[some] / count[some], places[some] / count[some]

    def away(p: Floats) -> float:
        model = p[0] ** 2 + p[1] ** 2 * (at / 0.1) ** p[2]
        return float(np.sum(n * (np.log(mean) - np.log(model + 1e-30)) ** 2))

    bounds = [(0, None), (0, None), (-4, 4)]
    found: Floats = minimize(away, [rms, rms, -1.5], method="L-BFGS-B", bounds=bounds).x
    return found


if __name__ == "__main__":
    main(__doc__, run)
