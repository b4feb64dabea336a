from pathlib import Path

import numpy as np
import pytest

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import making
from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.coordinates import horizontal_of
from gnomon.instruments.comap.science.flags import OBSERVER, OUTSIDE_SCAN, SPIKE

MJD = 60645.4375
RA_DEG, DEC_DEG = 83.633083, 22.0145
N_CHANNELS = 128


def red_noise(rng, shape, white, red, slope):
    n = shape[-1]
    at = np.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ)
    at[0] = at[1]
    gain = np.sqrt(white**2 + red**2 * (at / 0.1) ** slope)
    return np.fft.irfft(np.fft.rfft(rng.normal(size=shape)) * gain, n)


def write_level2(path, *, feeds=(1, 2), scans=2, scan_s=40.0, source="TauA,", without=()):
    """Write a Level-2 file with arrays as real ones could be, of some feeds."""
    rng = np.random.default_rng(7)
    gap, length = 400, int(scan_s * SAMPLE_RATE_HZ)
    n = scans * (length + gap) + gap
    edges = np.array([[gap + k * (length + gap), (k + 1) * (length + gap)] for k in range(scans)])
    at_s = np.arange(n) / SAMPLE_RATE_HZ
    x = 0.6 * np.sin(2 * np.pi * at_s / 11)
    y = 0.4 * np.sin(2 * np.pi * at_s / 7.3 + at_s / 60)
    with making(path) as out:
        out.held.create_group("comap").attrs.update({"source": source, "obsid": 45285})
        write_pointing(out, (*feeds, 20), MJD + at_s / 86400, x, y)
        out.put(layout.SCAN_EDGES, edges)
        write_tsys(out, rng, len(feeds) + 1)
        for name in (layout.BINNED, layout.FILTERED, layout.FLAGGED):
            out.create(name, time=n)
        for name in PER_CHANNEL:
            out.create(name, channel=N_CHANNELS, scan=scans)
        for name in NOISE:
            out.create(f"{layout.NOISE2}/binned_filtered_data/{name}", scan=scans)
        for name in FITTED:
            out.create(f"{layout.CALIBRATOR}/{name}")
        for feed in feeds:
            write_feed(out, rng, feed, edges, (x, y))
        for name in without:
            del out.held[name]
    return Path(path)


PER_CHANNEL = (layout.ATMOSPHERE_TAU, layout.ATMOSPHERE_OFFSETS)
NOISE = ("sigma_white", "sigma_red", "alpha", "auto_rms")
FITTED = ("amplitudes", "ra_offset", "dec_offset", "major_std", "minor_std", "position_angle")


def write_pointing(out, feeds, mjd, x, y):
    channel = np.arange(N_CHANNELS) / N_CHANNELS * 2
    frequency = [28 - channel, 28 + channel, 32 - channel, 32 + channel]
    dec = DEC_DEG + y
    ra = RA_DEG + x / np.cos(np.radians(dec))
    az, el = horizontal_of(ra, dec, mjd)
    out.copied("spectrometer/MJD", mjd, {})
    out.copied("spectrometer/feeds", np.array(feeds), {})
    out.copied("spectrometer/frequency", np.array(frequency), {})
    for name, values in (("ra", ra), ("dec", dec), ("az", az), ("el", el)):
        where = f"spectrometer/pixel_pointing/pixel_{name}"
        out.copied(where, np.tile(values, (len(feeds), 1)), {})


def write_tsys(out, rng, n_feeds):
    ripple = 42 + 5 * np.sin(np.arange(N_CHANNELS) / 4)
    tsys = ripple + rng.normal(0, 0.8, (2, n_feeds, 4, N_CHANNELS))
    tsys[..., 17] = 95
    out.put(layout.VANE_TSYS, tsys)


def write_feed(out, rng, feed, edges, place):
    row, white, n = feed - 1, 0.010 + 0.001 * feed, len(place[0])
    shape, n_scans = (4, 2, n), len(edges)
    off = 0.01 * np.cos(feed), 0.01 * np.sin(feed)
    sigma = 4.5 / 60 / 2.3548
    away = (place[0] - off[0]) ** 2 + (place[1] - off[1]) ** 2
    beam = 6 * np.exp(-away / 2 / sigma**2)
    flags = np.full(shape, OUTSIDE_SCAN, np.uint8)
    for first, behind in edges:
        flags[..., first:behind] = 0
    flags[0, 0, rng.integers(edges[0, 0], edges[-1, 1], 12)] |= SPIKE
    if feed == 2:
        flags[3] |= OBSERVER
    out[layout.FLAGGED][row] = flags
    inside = (flags & OUTSIDE_SCAN) == 0
    out[layout.BINNED][row] = (red_noise(rng, shape, white, 0.3, -1.4) + beam) * inside
    out[layout.FILTERED][row] = (red_noise(rng, shape, white, 0.05, -1.2) + beam) * inside
    bands = np.arange(4)[:, None, None]
    slope = np.linspace(0, 1, N_CHANNELS)[:, None]
    scatter = rng.normal(0, 0.3, (4, N_CHANNELS, n_scans))
    out[layout.ATMOSPHERE_TAU][row] = 8 + bands + slope + scatter
    out[layout.ATMOSPHERE_OFFSETS][row] = 35 + bands + 3 * scatter
    for name, value in zip(NOISE, (white, 0.05, -1.2, white), strict=True):
        out[f"{layout.NOISE2}/binned_filtered_data/{name}"][row] = value
    fitted = (6, *off, sigma * 1.05, sigma, 0.4)
    for name, value in zip(FITTED, fitted, strict=True):
        out[f"{layout.CALIBRATOR}/{name}"][row] = value


@pytest.fixture(scope="session")
def level2_file(tmp_path_factory):
    """A Level-2 file of TauA, feeds 1 and 2."""
    folder = tmp_path_factory.mktemp("level2")
    return write_level2(folder / "Level2_comap-0045285-2024-12-01-103000_v001.hd5")


@pytest.fixture
def write(tmp_path):
    """Write a Level-2 file otherwise."""
    return lambda **changes: write_level2(tmp_path / "other.hd5", **changes)
