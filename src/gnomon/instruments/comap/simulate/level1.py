"""Level-1 files of known truth, with the structure of those of the telescope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import BAND_WIDTH_GHZ, N_BANDS, SAMPLE_RATE_HZ
from gnomon.instruments.comap.simulate.focal_plane import offsets_deg
from gnomon.instruments.comap.simulate.housekeeping import write_housekeeping
from gnomon.instruments.comap.simulate.noise import generator
from gnomon.instruments.comap.simulate.sky import Pointing, Seen, load_k, seen
from gnomon.instruments.comap.simulate.spectra import (
    Spectra,
    frequencies_ghz,
    radiometer,
    spectra,
)
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import Truth

Storage = Literal["contiguous", "chunked", "compressed"]
Told = Callable[[int, int], None]
"""Called with the number of slabs that are written, and of all."""
_Block = NDArray[np.float32]
_BLOCK_CHANNELS, _BLOCK_SAMPLES = 16, 4096
"""What is made at a time: it fits a core's own memory."""
_POINTING_BYTES = 32  # four numbers a sample
_POOL = 1 << 22  # 17 MB
_CHUNK = (1, 1, 64, 4096)


def untold(_done: int, _total: int) -> None:
    """Say nothing."""


def size_of(truth: Truth) -> int:
    """Return about how many bytes the file of an observation has, uncompressed."""
    n_samples = Timeline(truth).n_samples
    per_sample = N_BANDS * (truth.n_channels + 1) * 4 + _POINTING_BYTES
    return n_samples * (len(truth.feeds) * per_sample + _POINTING_BYTES)


def write_level1(
    path: Path,
    truth: Truth,
    *,
    storage: Storage = "contiguous",
    is_quick: bool = False,
    told: Told = untold,
) -> Path:
    """Write the file of an observation, slab by slab.

    Parameters
    ----------
    path : Path
        The file, or a folder in which it gets its own name.
    truth : Truth
    storage : {"contiguous", "chunked", "compressed"}
        How the spectra lie in the file.
    is_quick : bool
        Take the radiometer's noise from four million numbers again and again: about twice as fast;
        white within a channel, but the same numbers come back in others.

    Returns
    -------
    Path
        The file.
    """
    import h5py  # noqa: PLC0415 - an extra

    if path.is_dir():
        path = path / f"{truth.stem}.hd5"
    timeline = Timeline(truth)
    normals = _Pool(truth) if is_quick else None
    part = path.with_name(f"{path.name}.part")
    with h5py.File(part, "w", track_order=False) as held:
        _write_attributes(held.create_group("comap"), truth)
        _write_spectrometer(held, truth, timeline)
        write_housekeeping(held, truth, timeline)
        writer = _Slabs(truth, timeline, normals)
        _write_feeds(held["spectrometer"], writer, storage, told)
    return part.replace(path)


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


def _write_feeds(group: Any, slabs: _Slabs, storage: Storage, told: Told) -> None:
    """Write spectra and pointing."""
    feeds, n_samples = slabs.truth.feeds, slabs.timeline.n_samples
    shape = (len(feeds), N_BANDS, slabs.truth.n_channels, n_samples)
    layout = _layout(storage, shape)
    tod = group.create_dataset("tod", shape, np.float32, track_times=False, **layout)
    averages = (len(feeds), N_BANDS, n_samples)
    average = group.create_dataset("band_average", averages, np.float32, track_times=False)
    slab = np.empty(shape[2:], np.float32)
    for position, feed in enumerate(feeds):
        sees = seen(slabs.truth, slabs.timeline, feed)
        _write_pointing(group["pixel_pointing"], position, len(feeds), sees.pointing)
        for band in range(N_BANDS):
            slabs.fill(slab, sees, feed, band)
            tod[position, band] = slab
            average[position, band] = slab.mean(axis=0, dtype=np.float32)
            told(position * N_BANDS + band + 1, len(feeds) * N_BANDS)


def _layout(storage: Storage, shape: tuple[int, ...]) -> dict[str, Any]:
    if storage == "contiguous":
        return {}
    chunks = tuple(min(most, length) for most, length in zip(_CHUNK, shape, strict=True))
    if storage == "chunked":
        return {"chunks": chunks}
    return {"chunks": chunks, "compression": "gzip", "compression_opts": 1, "shuffle": True}


def _write_pointing(group: Any, position: int, n_feeds: int, where: Pointing) -> None:
    for name, values in vars(where).items():
        full = f"pixel_{name}"
        if full not in group:
            group.create_dataset(full, (n_feeds, len(values)), np.float64, track_times=False)
        group[full][position] = values


class _Pool:
    """Normal numbers that are made once, and taken again and again from random places."""

    def __init__(self, truth: Truth) -> None:
        self._numbers = generator(truth, "pool").standard_normal(_POOL, np.float32)

    def take(self, random: np.random.Generator, shape: tuple[int, int]) -> _Block:
        """Return some; a copy."""
        size = shape[0] * shape[1]
        first = int(random.integers(0, _POOL - size))
        return self._numbers[first : first + size].reshape(shape).copy()


@dataclass(frozen=True)
class _Slabs:
    """What makes the spectra of one feed and band after the other.

    Attributes
    ----------
    normals : _Pool, optional
        Where the noise comes from; made anew where it is none.
    """

    truth: Truth
    timeline: Timeline
    normals: _Pool | None

    def fill(self, slab: _Block, sees: Seen, feed: int, band: int) -> None:
        """Fill the counts of one feed and band, (channel, time), in place."""
        random = generator(self.truth, "radiometer", feed, band)
        of = spectra(self.truth, feed, band)
        warm, gain = self._temperature(sees, of, feed, band), _gain(sees, of)
        for channels, samples in _blocks(slab.shape):
            counts = warm[0][channels] @ warm[1][:, samples]
            counts *= gain[0][channels] @ gain[1][:, samples]
            self._make_noisy(counts, random)
            slab[channels, samples] = counts
        slab[:, sees.is_nan] = np.nan
        cells = random.integers(0, slab.size, self.truth.blemishes.nan_cells)
        slab[np.unravel_index(cells, slab.shape)] = np.nan

    def _temperature(self, sees: Seen, of: Spectra, feed: int, band: int) -> tuple[_Block, _Block]:
        """Return two factors of the system temperature: (channel, part) and (part, time)."""
        load, left = load_k(self.truth, self.timeline, sees.airmass, band, feed)
        flat = np.ones(self.truth.n_channels)
        series = [np.ones_like(load), load + sees.spikes_k]
        series += [left * one for one in (sees.source, sees.diffuse_k, sees.line)]
        profiles = [of.receiver_k, flat, of.source_k, of.diffuse, of.line_k]
        return np.array(profiles, np.float32).T, np.array(series, np.float32)

    def _make_noisy(self, counts: _Block, random: np.random.Generator) -> None:
        """Multiply counts by what the radiometer adds, in place."""
        relative = self.truth.receiver.noise * radiometer(self.truth.n_channels)
        if not relative:
            return
        if self.normals is None:
            noise = random.standard_normal(counts.shape, np.float32)
        else:
            noise = self.normals.take(random, counts.shape)
        noise *= np.float32(relative)
        noise += 1
        counts *= noise


def _gain(sees: Seen, of: Spectra) -> tuple[_Block, _Block]:
    """Return two factors of the gain in counts/K: (channel, part) and (part, time)."""
    per_channel = np.column_stack([np.ones(len(of.modes)), of.modes]) * of.counts_per_k[:, None]
    return per_channel.astype(np.float32), np.vstack([sees.gain, sees.modes]).astype(np.float32)


def _blocks(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    channels, samples = shape
    return [
        (slice(c, c + _BLOCK_CHANNELS), slice(t, t + _BLOCK_SAMPLES))
        for c in range(0, channels, _BLOCK_CHANNELS)
        for t in range(0, samples, _BLOCK_SAMPLES)
    ]
