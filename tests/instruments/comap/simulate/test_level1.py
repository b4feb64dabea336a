"""Files have the structure of the telescope's, and hold the truth."""

from datetime import UTC, datetime

import h5py
import numpy as np
import pytest

from gnomon.instruments.comap.receiver import CMB_K, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.coordinates import equatorial_of, horizontal_of
from gnomon.instruments.comap.simulate.expected import expected
from gnomon.instruments.comap.simulate.housekeeping import load_temperatures_k
from gnomon.instruments.comap.simulate.level1 import size_of, write_level1
from gnomon.instruments.comap.simulate.sky import seen, separation_deg
from gnomon.instruments.comap.simulate.spectra import frequencies_ghz
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import (
    H59_ALPHA_GHZ,
    NO_BLEMISHES,
    numbered_k,
    numbered_truth,
    small_truth,
    tiny_truth,
)

SPECTROMETER = {
    "tod": (np.float32, "fbct"),
    "MJD": (np.float64, "t"),
    "features": (np.int64, "t"),
    "feeds": (np.int64, "f"),
    "frequency": (np.float64, "bc"),
    "band_average": (np.float32, "fbt"),
    **{f"pixel_pointing/pixel_{name}": (np.float64, "ft") for name in ("az", "el", "ra", "dec")},
    **{f"pixel_pointing/pixel_{name}offset": (np.float64, "f") for name in "xy"},
}
HOUSEKEEPING = {
    "antenna0/vane": {"utc", "angle", "state", "Tvane", "Tshroud", "Tambient"},
    "antenna0/deTracker": {"utc", "lissajous_status"},
    "antenna0/driveNode": {"utc", "elDacOutput"},
    "array/frame": {"utc", "features"},
    "array/weather": {
        *("utc", "airTemperature", "pressure", "relativeHumidity"),
        *("dewPointTemp", "windSpeed", "windDirection", "rainToday"),
    },
}
ATTRIBUTES = {
    *("obsid", "source", "comment", "utc_start", "features", "level", "nbit", "nchan", "nint"),
    *("bw", "tsamp", "pixels", "bof", "coeff_iq", "fft_shift", "iqcalid", "instrument"),
    *("platform", "telescope", "version"),
}
QUIET = {
    "noise": 0.0,
    "gain_sigma_red": 0.0,
    "channel_sigma_red": 0.0,
    "gain_drift_per_h": 0.0,
    "blemishes": NO_BLEMISHES,
}


@pytest.fixture(scope="module")
def read(level1_file):
    """Everything in the small file, by name."""
    found = {}
    with h5py.File(level1_file) as held:
        held.visititems(
            lambda name, one: found.update(
                {name: one[...]} if isinstance(one, h5py.Dataset) else {}
            )
        )
        found["attributes"] = dict(held["comap"].attrs)
    return found


def test_the_spectrometer_has_its_datasets(read, small_truth):
    lengths = {"f": 3, "b": 4, "c": 128, "t": Timeline(small_truth).n_samples}
    for name, (dtype, axes) in SPECTROMETER.items():
        values = read[f"spectrometer/{name}"]
        assert values.dtype == dtype, name
        assert values.shape == tuple(lengths[axis] for axis in axes), name


def test_housekeeping_has_its_series_each_with_times(read):
    for group, names in HOUSEKEEPING.items():
        there = {name.rpartition("/")[2] for name in read if name.startswith(f"hk/{group}/")}
        assert there == names
        assert len({len(read[f"hk/{group}/{name}"]) for name in names}) == 1


def test_attributes_are_those_of_the_observatory(read):
    said = read["attributes"]
    assert set(said) == ATTRIBUTES
    assert (said["source"], said["obsid"]) == ("TauA,", 45285)
    assert said["obsid"].dtype == np.int64
    assert said["utc_start"] == "2024-12-01-10:30:00"


def test_the_name_says_obsid_and_start(level1_file):
    assert level1_file.name == "comap-0045285-2024-12-01-103000.hd5"


def test_the_size_is_known_before(level1_file, small_truth):
    assert level1_file.stat().st_size == pytest.approx(size_of(small_truth), rel=0.02)


def test_samples_are_20_ms_apart(read):
    assert np.diff(read["spectrometer/MJD"]) * 86400 == pytest.approx(1 / SAMPLE_RATE_HZ, abs=2e-6)


def test_bands_0_and_2_run_downward(read):
    steps = np.diff(read["spectrometer/frequency"], axis=1)
    assert [set(np.sign(row)) for row in steps] == [{-1.0}, {1.0}, {-1.0}, {1.0}]
    assert read["spectrometer/frequency"].min() == pytest.approx(26 + 1 / 128)


def test_the_vane_of_the_file_gives_the_expected_temperatures(read, small_truth):
    truth = expected(small_truth)
    for n, (in_beam, out) in enumerate(vane_samples(read)):
        counts = read["spectrometer/tod"][:2].astype(np.float64)
        hot, cold = (np.nanmean(counts[..., which], -1) for which in (in_beam, out))
        ratio = hot / cold
        tsys = (288.0 - ratio * CMB_K) / (ratio - 1)
        gain = (hot - cold) / (288.0 - CMB_K)
        assert np.nanmedian(tsys / truth.tsys_k[n, :2]) == pytest.approx(1, abs=0.003)
        assert tsys == pytest.approx(truth.tsys_k[n, :2], rel=0.02)
        assert gain == pytest.approx(truth.gain[n, :2], rel=0.02)


def vane_samples(read):
    """Samples before the hot and the cold load, of the start and of the end."""
    vane = {name: read[f"hk/antenna0/vane/{name}"] for name in ("utc", "angle")}
    mjd = read["spectrometer/MJD"]
    angle = np.interp(mjd, vane["utc"] - 0.6 / 86400, vane["angle"] / 100)
    in_event = read["spectrometer/features"] >> 13 & 1 == 1
    for half in (mjd < mjd.mean(), mjd >= mjd.mean()):
        yield half & (angle < 69), half & in_event & (angle > 180)


def test_thermometers_follow_the_date():
    def temperatures_c(tmp_truth):
        return np.array(load_temperatures_k(tmp_truth)) - 273.15

    late = small_truth(vane=small_truth().vane)
    vane, shroud = temperatures_c(late)
    assert 0.2702 * (shroud + 273.15) + 213 == pytest.approx(288.0)
    assert vane != pytest.approx(14.85, abs=1)
    early = small_truth(start=late.start.replace(year=2021))
    assert temperatures_c(early)[0] == pytest.approx(14.85)


def test_old_files_have_the_load_elsewhere(tmp_path, tiny_level1_file):
    truth = tiny_truth(start=datetime(2019, 8, 1, 10, 30, tzinfo=UTC))
    with h5py.File(write_level1(tmp_path, truth)) as held, h5py.File(tiny_level1_file) as new:
        vane, env = held["hk/antenna0/vane"], held["hk/antenna0/env"]
        assert env["ambientLoadTemp"][...].mean() / 100 == pytest.approx(14.85, abs=0.02)
        assert "Tvane" not in vane
        assert "env" not in new["hk/antenna0"]


def test_pointing_is_consistent(read):
    where = {name: read[f"spectrometer/pixel_pointing/pixel_{name}"][1] for name in
             ("az", "el", "ra", "dec")}  # fmt: skip
    found = equatorial_of(where["az"], where["el"], read["spectrometer/MJD"])
    away = separation_deg(found.lon_deg, found.lat_deg, where["ra"][0], where["dec"][0])
    said = separation_deg(where["ra"], where["dec"], where["ra"][0], where["dec"][0])
    assert away == pytest.approx(said, abs=1e-7)


def test_noise_is_that_of_the_radiometer(tmp_path):
    truth = tiny_truth(**QUIET | {"noise": 1.0}, amplitude_k=0.0)
    with h5py.File(write_level1(tmp_path, truth)) as held:
        counts = held["spectrometer/tod"][0][..., Timeline(truth).of("scan")[0].samples]
    relative = np.diff(counts, axis=-1).std(axis=-1) / 2**0.5 / counts.mean(axis=-1)
    assert np.median(relative) == pytest.approx((2e9 / 16 / 50) ** -0.5, rel=0.01)


def test_the_source_is_as_bright_as_expected(tmp_path):
    truth = small_truth(**QUIET, feeds=(1,), mode="lissajous", throw_deg=0.1)
    timeline, found = Timeline(truth), expected(truth)
    scan = timeline.of("scan")[0].samples
    sees = seen(truth, timeline, 1)
    with h5py.File(write_level1(tmp_path, truth)) as held:
        counts = held["spectrometer/tod"][0][..., scan]
    kelvin = (counts / found.gain[0, 0][..., None]).reshape(-1, scan.stop - scan.start)
    shapes = np.stack([np.ones_like(sees.source), sees.airmass, sees.source])[:, scan]
    _, slope, peak = np.linalg.lstsq(shapes.T, kelvin.T, rcond=None)[0].reshape(3, 4, 128)
    assert peak.reshape(4, 2, -1).mean(axis=-1) == pytest.approx(found.amplitude_k[0], rel=0.01)
    assert slope.mean(axis=-1) == pytest.approx(found.tau_k[0], rel=0.01)


def test_a_pointing_error_moves_the_source(tmp_path):
    error_deg = (0.05, -0.03)
    where = {}
    for name, error in (("true", (0.0, 0.0)), ("off", error_deg)):
        truth = small_truth(
            **QUIET, feeds=(1,), n_channels=8, mode="lissajous", throw_deg=0.15, scan_s=60.0,
            scans=1, pointing_error_deg=error,
        )  # fmt: skip
        scan = Timeline(truth).of("scan")[0].samples
        with h5py.File(write_level1(tmp_path / f"{name}.hd5", truth)) as held:
            counts = held["spectrometer/tod"][0, 1][..., scan].mean(axis=0)
            az, el = (
                held[f"spectrometer/pixel_pointing/pixel_{of}"][0, scan] for of in ("az", "el")
            )
            signal = counts - np.quantile(counts, 0.3)
            weight = np.where(signal > 0.3 * signal.max(), signal, 0)
            ra, dec = truth.source.ra_deg, truth.source.dec_deg
        aim = horizontal_of(ra, dec, Timeline(truth).mjd[scan])
        across = (az - aim.lon_deg) * np.cos(np.radians(el))
        where[name] = np.average([across, el - aim.lat_deg], axis=1, weights=weight)
    assert where["off"] - where["true"] == pytest.approx(error_deg, abs=0.01)


def test_a_line_stands_at_its_channel(tmp_path):
    truth = small_truth(
        **QUIET, feeds=(1,), line_k=2.0, line_velocity_km_s=-300.0, line_width_km_s=150.0,
        amplitude_k=0.0, mode="lissajous", throw_deg=0.2,
    )  # fmt: skip
    with h5py.File(write_level1(tmp_path, truth)) as held:
        counts = held["spectrometer/tod"][0][..., Timeline(truth).of("scan")[0].samples]
    seen = (counts.max(axis=-1) - counts.min(axis=-1)) / expected(truth).gain[0, 0]
    band, channel = np.unravel_index(seen.argmax(), seen.shape)
    line_ghz = H59_ALPHA_GHZ * (1 + 300 / 299_792.458)
    assert frequencies_ghz(128)[band, channel] == pytest.approx(line_ghz, abs=1 / 128)


def test_numbered_files_tell_every_feed_and_band_apart(tmp_path):
    truth = numbered_truth()
    found = expected(truth)
    per_band = np.median(found.tsys_k[0], axis=-1)
    assert len(np.unique(per_band.round(6))) == per_band.size == 19 * 4
    assert numbered_k(19, 3) == 39.375
    with h5py.File(write_level1(tmp_path, truth)) as held:
        counts = held["spectrometer/tod"][..., 0]
    assert len(np.unique(counts)) == counts.size == 20 * 4 * 8


def test_nothing_is_nan_that_should_not_be(read, small_truth):
    tod = read["spectrometer/tod"]
    is_nan = np.isnan(tod)
    assert is_nan[..., -small_truth.blemishes.nan_tail :].all()
    spectra = is_nan.all(axis=(1, 2))
    assert spectra.any(axis=-1).all()
    single = is_nan & ~spectra[:, None, None, :]
    assert 1 <= single.sum() <= small_truth.blemishes.nan_cells * 12
    assert np.isnan(read["spectrometer/band_average"])[spectra[:, None].repeat(4, 1)].all()


def test_feeds_can_be_nan_throughout(tmp_path):
    path = write_level1(tmp_path, tiny_truth(nan_feeds=(1,)))
    with h5py.File(path) as held:
        assert np.isnan(held["spectrometer/tod"][0]).all()
        assert not np.isnan(held["spectrometer/tod"][1]).all()


def test_the_ground_feed_sees_no_sky(tmp_path):
    truth = tiny_truth(**QUIET, mode="skydip")
    with h5py.File(write_level1(tmp_path, truth)) as held:
        sky, ground = held["spectrometer/tod"][..., Timeline(truth).of("scan")[0].samples]
    assert np.ptp(sky, axis=-1).min() > 0.02 * sky.mean()
    assert np.ptp(ground, axis=-1) == pytest.approx(0, abs=float(1e-5 * ground.max()))


@pytest.mark.parametrize("storage", ["chunked", "compressed"])
def test_values_do_not_depend_on_how_they_are_stored(
    tmp_path, tiny_level1_file, tiny_truth, storage
):
    path = write_level1(tmp_path, tiny_truth, storage=storage)
    with h5py.File(path) as held, h5py.File(tiny_level1_file) as plain:
        assert held["spectrometer/tod"].chunks is not None
        assert plain["spectrometer/tod"].chunks is None
        values = (one["spectrometer/tod"][...] for one in (held, plain))
        np.testing.assert_array_equal(*values)


def test_the_same_truth_gives_the_same_bytes(tmp_path, tiny_level1_file, tiny_truth):
    again = write_level1(tmp_path, tiny_truth)
    assert again.read_bytes() == tiny_level1_file.read_bytes()
    other = write_level1(tmp_path, tiny_truth.but(seed=1))
    assert other.read_bytes() != tiny_level1_file.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_quick_noise_has_the_same_size(tmp_path):
    truth = tiny_truth(**QUIET | {"noise": 1.0}, amplitude_k=0.0)
    rms = []
    for name in ("slow", "quick"):
        path = write_level1(tmp_path / f"{name}.hd5", truth, is_quick=name == "quick")
        with h5py.File(path) as held:
            counts = held["spectrometer/tod"][0, :, :, Timeline(truth).of("scan")[0].samples]
        rms.append(np.diff(counts, axis=-1).std(axis=-1))
    assert rms[1] == pytest.approx(rms[0], rel=0.15)


def test_progress_is_told(tmp_path):
    said = []
    write_level1(tmp_path, tiny_truth(), told=lambda done, total: said.append((done, total)))
    assert said == [(n, 8) for n in range(1, 9)]
