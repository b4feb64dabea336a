"""Level-1 files of a few kilobytes, with all that readers look at, and nothing else."""

import h5py
import numpy as np

N_CHANNELS, N_SAMPLES = 8, 40
NAME = "comap-0045285-2024-12-01-120000.hd5"
START_MJD = 60645.5


def write_small(path, *, obsid=45285, source="TauA,", comment="", seed=1, feeds=(1, 2, 20)):
    """Write a whole file; the bytes of one seed are the same."""
    rng = np.random.default_rng(seed)
    mjd = START_MJD + np.arange(N_SAMPLES) / 50 / 86400
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        about = file.create_group("comap")
        about.attrs.update(
            {
                "obsid": np.int64(obsid),
                "source": source,
                "comment": np.bytes_(comment),
                "nchan": np.int32(N_CHANNELS),
                "tsamp": np.float64(0.02),
            }
        )
        spectrometer = file.create_group("spectrometer")
        shape = (len(feeds), 4, N_CHANNELS, N_SAMPLES)
        spectrometer["tod"] = rng.normal(1e6, 1e3, shape).astype("f4")
        spectrometer["MJD"] = mjd
        spectrometer["feeds"] = np.asarray(feeds)
        spectrometer["bands"] = np.arange(4)
        spectrometer["frequency"] = 26 + np.arange(4 * N_CHANNELS).reshape(4, -1) / 4.0
        spectrometer["features"] = np.full(N_SAMPLES, 2**9)
        for axis in ("az", "el", "ra", "dec"):
            spectrometer[f"pixel_pointing/pixel_{axis}"] = np.ones((len(feeds), N_SAMPLES))
        for group, name in (
            ("antenna0/vane", "angle"),
            ("antenna0/deTracker", "lissajous_status"),
            ("array/frame", "features"),
            ("array/weather", "pressure"),
        ):
            file[f"hk/{group}/utc"] = mjd[::5]
            file[f"hk/{group}/{name}"] = np.zeros(len(mjd[::5]), np.int32)
    return path


def replace(file, name, values):
    """Put other values in the place of a dataset."""
    del file[name]
    file[name] = values
