"""Datasets of one observation, small and with numbers of their own in every feed and band."""

import hashlib

import numpy as np

from gnomon.core.dataset import Dataset
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import making
from gnomon.instruments.comap.science.flags import NAN, OUTSIDE_SCAN, SPIKE

OBSID = 45285
NAME = f"comap-{OBSID:07d}-2024-12-01-103000"
ATTRIBUTES = {
    "bof": "c4000_2048_spectrum.bof",
    "bw": 2.0,
    "coeff_iq": 1,
    "features": 2**9,
    "fft_shift": 65535,
    "instrument": "ROACH2",
    "iqcalid": 12,
    "level": 1,
    "nbit": 32,
    "nchan": 1024,
    "nint": 39062,
    "pixels": "all",
    "platform": "comap",
    "telescope": "leighton",
    "tsamp": 0.02,
    "utc_start": "2024-12-01-10:30:00",
    "version": "1.5",
    "comment": "no column has it",
}
N_SCANS, N_SAMPLES, N_CHANNELS = 3, 60, 8


def record_of(obsid=OBSID, **changes):
    """Return the record of a Level-1 file."""
    said = {
        "name": f"comap-{obsid:07d}-2024-12-01-103000",
        "size": 1,
        "digest": "d",
        "source": "TauA",
        "source_group": "Calibrator",
        "utc_start": "2024-12-01T10:30:00+00:00",
        "feeds": (1, 2, 20),
        "attributes": ATTRIBUTES,
    }
    return Level1Record(obsid, **(said | changes))


def by_flag(first):
    """Return (19, 4, 2) numbers, each another one, those of the second feed on after the first."""
    return first + np.arange(152, dtype=float).reshape(19, 4, 2)


def write_level2(path, *, calibrator=True, nan=0):
    """Write a Level-2 file in which every feed and frequency band has numbers of its own."""
    with making(path) as out:
        held = out.held
        held["spectrometer/MJD"] = 60645.0 + np.arange(N_SAMPLES)
        held["spectrometer/feeds"] = np.array([1, 2, 20])
        tsys = np.full((2, 3, 4, N_CHANNELS), 40.0)
        tsys[:, 2] = 300.0  # of the ground feed
        out.put(layout.VANE_TSYS, tsys)
        out.put(layout.SCAN_EDGES, np.array([[10, 20], [22, 30], [40, 50]]))
        scans = np.arange(N_SCANS) - 1.0
        for number, of in enumerate(("binned_data", "binned_filtered_data")):
            for place, name in enumerate(("sigma_white", "sigma_red", "alpha", "auto_rms")):
                values = by_flag(1000.0 * (4 * number + place))[..., np.newaxis] + scans
                values[2:] = np.nan
                out.put(f"{layout.NOISE2}/{of}/{name}", values)
        tau = np.full((19, 4, N_CHANNELS, N_SCANS), np.nan)
        halves = by_flag(1.5)[:2].repeat(N_CHANNELS // 2, -1).reshape(2, 4, N_CHANNELS)
        tau[:2] = halves[..., np.newaxis] + scans
        out.put(layout.ATMOSPHERE_TAU, tau)
        spikes = np.full((19, 4, 2, N_SCANS), -1)
        spikes[:2] = by_flag(0)[:2, ..., np.newaxis].astype(int)
        out.put(f"{layout.POST_BIN}/n_spikes", spikes)
        frequencies = np.full((19, 4, 2), np.nan)
        frequencies[:2] = 30.0
        out.put(layout.CENTRAL_FREQS, frequencies)
        flags = np.zeros((19, 4, 2, N_SAMPLES), np.uint8)
        flags[..., :3] = NAN | OUTSIDE_SCAN
        flags[0, 1, 1, 12 : 12 + nan] = NAN | SPIKE
        out.put(layout.FLAGGED, flags)
        if calibrator:
            _write_calibrator(out)
    return path


def _write_calibrator(out):
    for name in layout.LAYOUT:
        if name.startswith(layout.CALIBRATOR):
            out.create(name)
    out[f"{layout.CALIBRATOR}/mjd"][0] = 60650.0
    for name, value in (("flux", 330.0), ("amplitudes", 6.0), ("chi2", 1.1), ("az_offset", 0.01)):
        out[f"{layout.CALIBRATOR}/{name}"][:2] = value + by_flag(0.0)[:2] / 1000
    for name in ("flux_errors", "az_offset_errors"):
        out[f"{layout.CALIBRATOR}/{name}"][:2] = 2.0


def dataset_of(kind, path, obsid=OBSID, version=1):
    """Return what the catalogue knows of a file."""
    key = {"obsid": obsid} if kind.keys else {}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    tags = {"source": "TauA", "source_group": "Calibrator"}
    return Dataset(1, kind.name, key, kind.text(key), version, str(path), sha256, 1, 0, tags)
