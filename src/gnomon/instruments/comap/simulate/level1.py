"""Level-1 files of known truth, with the structure of those of the telescope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import BAND_WIDTH_GHZ, N_BANDS, SAMPLE_RATE_HZ
from gnomon.instruments.comap.simulate.focal_plane import offsets_deg
from gnomon.instruments.comap.simulate.housekeeping import write_housekeeping
from gnomon.instruments.comap.simulate.noise import generator
from gnomon.instruments.comap.simulate.sky import Pointing, Seen, load_k, seen
from gnomon.instruments.comap.simulate.spectra import frequencies_ghz, radiometer, spectra
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import Truth

Storage = Literal["contiguous", "chunked", "compressed"]
Told = Callable[[int, int], None]
"""Called with the number of slabs that are written, and of all."""
_Block = NDArray[np.float32]
_BLOCK_CHANNELS, _BLOCK_SAMPLES = 16, 4096
"""What is made at a time: it fits a core's own memory."""
_CHUNK = (1, 1, 64, 4096)


def untold(_done: int, _total: int) -> None:
    """Say nothing."""


def write_level1(
    path: Path, truth: Truth, *, storage: Storage = "contiguous", told: Told = untold
) -> Path:
    """Write the file of an observation.

    Parameters
    ----------
    path : Path
        The file, or a folder in which it gets its own name.
    truth : Truth
    storage : {"contiguous", "chunked", "compressed"}
        How the spectra lie in the file.

    Returns
    -------
    Path
        The file.
    """
    import h5py  # noqa: PLC0415 - an extra

    if path.is_dir():
        path = path / f"{truth.stem}.hd5"
    timeline = Timeline(truth)
    with h5py.File(path, "w", track_order=False) as held:
        _write_attributes(held.create_group("comap"), truth)
        _write_spectrometer(held, truth, timeline)
        write_housekeeping(held, truth, timeline)
        _write_feeds(held["spectrometer"], truth, timeline, storage, told)
    return path


def _write_attributes(group: Any, truth: Truth) -> None:
    """Write what the observatory says of an observation."""
    said = {
        "obsid": np.int64(truth.obsid),
        "source": f"{truth.source.name},",
        "comment": truth.said,
        "utc_start": f"{truth.start:%Y-%m-%d-%H:%M:%S}",
        "features": np.int64(0),
        "level": np.int64(1),
        "nbit": np.int64(32),
        "nchan": np.int64(truth.n_channels),
        "nint": np.int64(1),
        "bw": BAND_WIDTH_GHZ * 1e9,
        "tsamp": 1 / SAMPLE_RATE_HZ,
        "pixels": ",".join(map(str, truth.feeds)),
        "bof": "comap_simulated.bof",
        "coeff_iq": np.int64(1),
        "fft_shift": np.int64(65535),
        "iqcalid": np.int64(0),
        "instrument": "COMAP",
        "platform": "gnomon",
        "telescope": "Leighton 10.4 m",
        "version": "simulated",
    }
    for name, value in said.items():
        group.attrs[name] = value


def _write_spectrometer(held: Any, truth: Truth, timeline: Timeline) -> None:
    series = {
        "MJD": timeline.mjd,
        "features": timeline.features,
        "feeds": np.array(truth.feeds, np.int64),
        "bands": np.array([f"{side}:{n}" for side in "AB" for n in (0, 1)], "S3"),
        "frequency": frequencies_ghz(truth.n_channels),
    }
    for name, values in series.items():
        held.create_dataset(f"spectrometer/{name}", data=values, track_times=False)
    offsets = np.array([offsets_deg(feed) for feed in truth.feeds])
    for name, column in zip("xy", offsets.T, strict=True):
        made = held.create_dataset(
            f"spectrometer/pixel_pointing/pixel_{name}offset", data=column, track_times=False
        )
        made.attrs["units"] = "deg"


def _write_feeds(
    group: Any, truth: Truth, timeline: Timeline, storage: Storage, told: Told
) -> None:
    """Write spectra and pointing, slab by slab."""
    shape = (len(truth.feeds), N_BANDS, truth.n_channels, timeline.n_samples)
    tod = group.create_dataset(
        "tod", shape, np.float32, track_times=False, **_layout(storage, shape)
    )
    average = group.create_dataset("band_average", (*shape[:2], shape[3]), np.float32)
    slab = np.empty(shape[2:], np.float32)
    for position, feed in enumerate(truth.feeds):
        sees = seen(truth, timeline, feed)
        _write_pointing(group["pixel_pointing"], position, len(truth.feeds), sees.pointing)
        for band in range(N_BANDS):
            fill_slab(slab, truth, timeline, sees, feed, band)
            tod[position, band] = slab
            average[position, band] = _band_average(slab)
            told(position * N_BANDS + band + 1, shape[0] * N_BANDS)


def _layout(storage: Storage, shape: tuple[int, ...]) -> dict[str, Any]:
    if storage == "contiguous":
        return {}
    chunks = tuple(min(most, length) for most, length in zip(_CHUNK, shape, strict=True))
    if storage == "chunked":
        return {"chunks": chunks}
    return {"chunks": chunks, "compression": "gzip", "compression_opts": 1, "shuffle": True}


def _band_average(slab: _Block) -> NDArray[np.float32]:
    return np.asarray(slab.mean(axis=0, dtype=np.float32))


def _write_pointing(group: Any, position: int, n_feeds: int, where: Pointing) -> None:
    for name, values in vars(where).items():
        full = f"pixel_{name}"
        if full not in group:
            group.create_dataset(full, (n_feeds, len(values)), np.float64, track_times=False)
        group[full][position] = values


def fill_slab(
    slab: _Block, truth: Truth, timeline: Timeline, sees: Seen, feed: int, band: int
) -> None:
    """Fill the counts of one feed and band, (channel, time), in place."""
    of = spectra(truth, feed, band)
    load, left = load_k(truth, timeline, sees.airmass, band, feed)
    series = [np.ones_like(load), load + sees.spikes_k, left * sees.source]
    series += [left * sees.diffuse_k, left * sees.line]
    profiles = [of.receiver_k, np.ones_like(of.receiver_k), of.source_k, of.diffuse, of.line_k]
    warm = np.array(profiles, np.float32).T, np.array(series, np.float32)
    unit = np.ones((truth.n_channels, 1))
    gain = np.hstack([unit, of.modes]), np.vstack([sees.gain, sees.modes])
    gain_of = (gain[0] * of.counts_per_k[:, None]).astype(np.float32), gain[1].astype(np.float32)
    sigma = np.float32(truth.receiver.noise * radiometer(truth.n_channels))
    random = generator(truth, "radiometer", feed, band)
    for block in _blocks(slab.shape):
        slab[block] = _counts(warm, gain_of, block, sigma, random)
    slab[:, sees.is_nan] = np.nan
    cells = random.integers(0, slab.size, truth.blemishes.nan_cells)
    slab[np.unravel_index(cells, slab.shape)] = np.nan


def _blocks(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    channels, samples = shape
    return [
        (slice(c, c + _BLOCK_CHANNELS), slice(t, t + _BLOCK_SAMPLES))
        for c in range(0, channels, _BLOCK_CHANNELS)
        for t in range(0, samples, _BLOCK_SAMPLES)
    ]


def _counts(
    warm: tuple[_Block, _Block],
    gain: tuple[_Block, _Block],
    block: tuple[slice, slice],
    sigma: np.float32,
    random: np.random.Generator,
) -> _Block:
    """Return gain times temperature times the radiometer's noise, for some channels and samples."""
    channels, samples = block
    counts = warm[0][channels] @ warm[1][:, samples]
    counts *= gain[0][channels] @ gain[1][:, samples]
    if sigma:
        noise = random.standard_normal(counts.shape, np.float32)
        noise *= sigma
        noise += 1
        counts *= noise
    return counts
