"""The stages of Level 1 before the gain filter, on files of known truth."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import row_of
from gnomon.instruments.comap.reduction import reduce
from gnomon.instruments.comap.simulate.expected import expected
from gnomon.instruments.comap.simulate.faults import damaged
from gnomon.instruments.comap.simulate.level1 import write_level1
from gnomon.instruments.comap.simulate.truth import numbered_k, numbered_truth, small_truth
from gnomon.instruments.comap.simulate.truth import tiny_truth as make_tiny_truth
from gnomon.instruments.comap.stages.atmosphere import Atmosphere
from gnomon.instruments.comap.stages.check_level1 import CheckLevel1
from gnomon.instruments.comap.stages.create_level2 import CreateLevel2
from gnomon.instruments.comap.stages.find_scans import FindScans
from gnomon.instruments.comap.stages.noise_level1 import NoiseLevel1
from gnomon.instruments.comap.stages.system_temperature import SystemTemperature

ALL = (
    CheckLevel1(),
    CreateLevel2(),
    SystemTemperature(),
    FindScans(),
    NoiseLevel1(),
    Atmosphere(),
)
QUIET = {"amplitude_k": 0.0, "spikes_per_min": 0.0}


class Reduced:
    """What stages made of a file."""

    def __init__(self, path, out, stages, group):
        record = Level1Record(45285, path.stem, path.stat().st_size, "", source_group=group)
        self.obs = reduce(path, record, stages, out)
        self.held = h5py.File(out)
        self.metrics, self.remarks = self.obs.metrics, self.obs.remarks

    def __getitem__(self, name):
        return self.held[name][...]


@pytest.fixture
def reduced(tmp_path):
    made = []

    def run(source, stages=ALL, group="Calibrator", fault=None):
        path = source if isinstance(source, Path) else write_level1(tmp_path, source)
        if isinstance(fault, str):
            path = damaged(path, tmp_path / "damaged", fault)
        elif fault:
            path = Path(shutil.copy(path, tmp_path))
            with h5py.File(path, "r+") as held:
                fault(held)
        made.append(Reduced(path, tmp_path / f"{len(made)}.hd5", stages, group))
        return made[-1]

    yield run
    for one in made:
        one.held.close()


# -- the vane


def test_system_temperature_and_gain_are_those_of_the_truth(reduced, level1_file, small_truth):
    found, truth = reduced(level1_file), expected(small_truth)
    rows = [row_of(1), row_of(2)]
    tsys, gain = found[layout.VANE_TSYS], found[layout.VANE_GAIN]
    assert tsys.shape == (2, 3, 4, 128)
    assert tsys[:, :2] == pytest.approx(truth.tsys_k[:, rows], rel=0.01)
    assert gain[:, :2] == pytest.approx(truth.gain[:, rows], rel=0.01)
    assert np.isnan(tsys[:, 2]).all()  # the ground feed is not processed
    assert np.abs(found[layout.VANE_MJD] - truth.vane_mjd).max() * 86400 < 1
    assert found[layout.VANE_HOT_LOAD] == pytest.approx([288, 288], abs=0.05)
    assert found.metrics["tsys_median_k"] == pytest.approx(np.nanmedian(tsys))
    assert found.metrics["vane_events"] == 2
    assert set(np.unique(found[layout.VANE_SAMPLES])) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize(
    ("start", "hot_load", "hot_k"),
    [
        (datetime(2019, 7, 1, tzinfo=UTC), "dated", 288.0),  # a sensor that stands elsewhere
        (datetime(2021, 6, 1, tzinfo=UTC), "dated", 288.0),
        (datetime(2024, 6, 1, tzinfo=UTC), "dated", 288.0),
        (datetime(2024, 6, 1, tzinfo=UTC), "shroud", 75 / 0.2702),
        (datetime(2024, 6, 1, tzinfo=UTC), 280.5, 280.5),
    ],
)
def test_the_hot_load_is_as_warm_as_its_date_says(reduced, start, hot_load, hot_k):
    truth = make_tiny_truth(start=start)
    found = reduced(truth, (SystemTemperature(hot_load=hot_load),))
    assert found[layout.VANE_HOT_LOAD] == pytest.approx([hot_k, hot_k], abs=0.1)


@pytest.mark.parametrize("fault", ["vane-at-start-only", "vane-at-end-only"])
def test_one_vane_event_is_enough(reduced, tiny_level1_file, tiny_truth, fault):
    found = reduced(tiny_level1_file, fault=fault)
    assert found[layout.VANE_GAIN].shape == (1, 2, 4, 16)
    assert any("one vane event" in remark for remark in found.remarks)
    event = int(fault == "vane-at-end-only")
    truth = expected(tiny_truth).tsys_k[event, row_of(1)]
    assert found[layout.VANE_TSYS][0, 0] == pytest.approx(truth, rel=0.01)
    assert np.isfinite(found[layout.ATMOSPHERE_OFFSETS][0]).all()


def test_without_a_vane_there_is_no_temperature(reduced, tiny_level1_file):
    with pytest.raises(BadData, match="obsid 45285: no vane event, so"):
        reduced(tiny_level1_file, fault="no-vane", group="SkyDip")


def test_events_without_the_load_are_told(reduced, tiny_level1_file):
    def stuck(held):
        held["hk/antenna0/vane/angle"][...] = 20500

    with pytest.raises(BadData, match="both the hot load and the sky"):
        reduced(tiny_level1_file, fault=stuck)


def test_a_load_at_no_temperature_is_refused(reduced, tiny_level1_file):
    def broken(held):
        held["hk/antenna0/vane/Tshroud"][...] = -27000

    with pytest.raises(BadData, match="obsid 45285: the hot load cannot be at"):
        reduced(tiny_level1_file, fault=broken)


def test_the_load_is_as_warm_as_it_was_in_each_event(reduced, tiny_level1_file):
    def warmer(held):
        shroud = held["hk/antenna0/vane/Tshroud"]
        shroud[len(shroud) // 2 :] += 300

    first, last = reduced(tiny_level1_file, fault=warmer)[layout.VANE_HOT_LOAD]
    assert last - first == pytest.approx(3 * 0.2702, abs=0.01)


def test_a_feed_that_does_not_see_the_load_is_told(reduced, level1_file, tiny_level1_file):
    def dark(held):
        held["spectrometer/tod"][0] = 1e5

    found = reduced(level1_file, fault=dark)
    assert "feed 1 does not see the hot load" in found.remarks
    assert np.isnan(found[layout.VANE_TSYS][:, 0]).all()
    assert np.isfinite(found[layout.ATMOSPHERE_OFFSETS][1]).all()
    with pytest.raises(BadData, match="obsid 45285: no feed sees the hot load"):
        reduced(tiny_level1_file, fault=dark)


def test_a_gain_that_changes_much_is_told(reduced):
    found = reduced(make_tiny_truth(gain_drift_per_h=15.0))
    assert found.metrics["gain_change_percent"] > 10
    assert any("the gain of feed 1 changes by" in remark for remark in found.remarks)


def test_without_the_vanes_angle_there_is_no_temperature(reduced, tiny_level1_file):
    def blind(held):
        del held["hk/antenna0/vane/angle"]

    with pytest.raises(BadData, match="no record of the vane's angle"):
        reduced(tiny_level1_file, fault=blind)


def test_a_frame_of_another_length_and_clock_is_paired_by_time(reduced, tiny_level1_file):
    def sparse(held):
        held["spectrometer/features"][...] &= ~(1 << 13)
        for name in ("utc", "features"):
            values = held[f"hk/array/frame/{name}"][...][1::2]
            del held[f"hk/array/frame/{name}"]
            held[f"hk/array/frame/{name}"] = values

    found = reduced(tiny_level1_file, (SystemTemperature(),), fault=sparse)
    assert len(found[layout.VANE_MJD]) == 2


def test_a_slip_of_the_features_is_no_event(reduced, tiny_level1_file, tiny_truth):
    def slip(held):
        features = held["spectrometer/features"]
        features[1_500:1_520] = features[1_500:1_520] | 1 << 13

    found = reduced(
        tiny_level1_file, (SystemTemperature(), FindScans(start_trim=0, end_trim=0)), fault=slip
    )
    assert len(found[layout.VANE_MJD]) == 2
    assert found[layout.SCAN_EDGES].tolist() == expected(tiny_truth).scan_edges.tolist()


# -- scans


@pytest.mark.parametrize("mode", ["ces", "lissajous", "skydip"])
def test_every_scan_has_its_own_start(reduced, mode):
    truth = small_truth(mode=mode, feeds=(1,), n_channels=4)
    group = "SkyDip" if mode == "skydip" else "Galactic"
    found = reduced(truth, (FindScans(),), group)
    whole = expected(truth).scan_edges
    edges = found[layout.SCAN_EDGES]
    assert edges.shape == (2, 2)
    # Housekeeping of 5 and 10 Hz tells the edges of Lissajous scans and sky dips.
    assert np.abs(edges - whole - np.array([1000, -100])).max() <= (0 if mode == "ces" else 10)
    assert found.metrics["n_scans"] == 2
    assert found.metrics["scanning_s"] == pytest.approx(36, abs=0.5)


def test_trims_are_options(reduced, tiny_level1_file, tiny_truth):
    found = reduced(tiny_level1_file, (FindScans(start_trim=0, end_trim=0),))
    assert found[layout.SCAN_EDGES].tolist() == expected(tiny_truth).scan_edges.tolist()


def test_scans_that_are_too_short_are_told(reduced, tiny_level1_file):
    with pytest.raises(BadData, match=r"no scans: feature 9 .* 1300 samples at most"):
        reduced(tiny_level1_file, (FindScans(shortest=900),))


def test_no_scans_is_told(reduced, tiny_level1_file):
    with pytest.raises(BadData, match="obsid 45285: no scans: neither"):
        reduced(tiny_level1_file, fault="no-scans")
    with pytest.raises(BadData, match="no feature of a sky dip"):
        reduced(tiny_level1_file, (FindScans(),), group="SkyDip")


# -- noise


def test_noise_is_the_radiometers(reduced, small_truth):
    truth = small_truth.but(**QUIET, feeds=(1,), n_channels=16)
    found = reduced(truth)
    noise, gain = found[layout.NOISE1][0], found[layout.VANE_GAIN][:, 0].mean(axis=0)
    total_k = found[layout.ATMOSPHERE_OFFSETS][0].mean(axis=-1)
    radiometer = total_k / np.sqrt(2e9 / 16 / 50)
    assert noise / gain == pytest.approx(radiometer, rel=0.05)
    assert np.isnan(found[layout.NOISE1][1:]).all()


# -- the atmosphere


def test_opacity_of_a_sky_dip(reduced):
    truth = small_truth(mode="skydip", feeds=(1, 2), n_channels=16)
    found = reduced(truth, group="SkyDip")
    nepers = (truth.air.zenith_k + truth.air.band_step_k * np.arange(4)) / truth.air.temperature_k
    opacity = found[layout.OPACITY][:2]
    assert opacity == pytest.approx(np.broadcast_to(nepers[:, None], (2, 4, 2)), rel=0.01)
    tau = found[layout.ATMOSPHERE_TAU][:2].mean(axis=(2, 3))
    assert tau == pytest.approx(expected(truth).tau_k[:2], rel=0.03)
    assert found.metrics["opacity_median"] == pytest.approx(np.median(nepers), rel=0.02)
    assert found.metrics["tau_mean_k"] == pytest.approx(tau.mean(), rel=1e-6)


def test_a_gain_that_drifts_is_that_of_each_scan(reduced):
    drifts = {"gain_drift_per_h": 3.0, "gain_sigma_red": 0.0, "channel_sigma_red": 0.0}
    truth = small_truth(mode="skydip", feeds=(1,), n_channels=16, **drifts)
    found = reduced(truth, group="SkyDip")
    level = (found[layout.ATMOSPHERE_OFFSETS] + found[layout.ATMOSPHERE_TAU])[0]
    assert level[..., 1] == pytest.approx(level[..., 0], rel=0.004)


def test_opacity_of_lissajous_scans_of_a_bright_source(reduced):
    truth = small_truth(mode="lissajous", n_channels=16, scan_s=160.0, scans=1, throw_deg=0.75)
    found = reduced(truth)
    nepers = (truth.air.zenith_k + truth.air.band_step_k * np.arange(4)) / truth.air.temperature_k
    opacity = found[layout.OPACITY][:2]
    assert opacity == pytest.approx(np.broadcast_to(nepers[:, None], (2, 4, 1)), rel=0.02)


def test_scans_at_one_elevation_have_an_offset_only(reduced, tiny_level1_file):
    found = reduced(tiny_level1_file)
    assert not found[layout.ATMOSPHERE_TAU][0].any()
    assert np.isfinite(found[layout.ATMOSPHERE_OFFSETS][0]).all()
    assert np.isnan(found[layout.OPACITY]).all()
    assert np.isnan(found[layout.ATMOSPHERE_TAU][1:]).all()
    assert "tau_mean_k" not in found.metrics
    assert any("opacity is unknown" in remark for remark in found.remarks)


@pytest.mark.parametrize("part", [1.0, 0.5])
def test_elevations_below_the_horizon_tell_no_opacity(reduced, tmp_path_factory, part):
    def below(held):
        el = held["spectrometer/pixel_pointing/pixel_el"]
        el[:, : int(part * el.shape[1])] -= 80

    truth = small_truth(mode="skydip", n_channels=8)
    whole = write_level1(tmp_path_factory.mktemp("whole"), truth)
    found = reduced(whole, group="SkyDip", fault=below)
    assert np.isfinite(found[layout.ATMOSPHERE_OFFSETS][:2]).all()
    assert not found[layout.ATMOSPHERE_TAU][0, ..., 0].any()
    assert np.isnan(found[layout.OPACITY]).all()
    assert "opacity_median" not in found.metrics


# -- copies and checks


def test_a_level_2_file_keeps_times_pointing_and_housekeeping(reduced, level1_file):
    found = reduced(level1_file, (CreateLevel2(),))
    with h5py.File(level1_file) as held:
        for name in ("MJD", "frequency", "feeds", "bands", "pixel_pointing/pixel_ra"):
            assert np.array_equal(found[f"spectrometer/{name}"], held[f"spectrometer/{name}"][...])
        vane = held["hk/antenna0/vane/Tshroud"][...]
        assert vane.dtype.kind == "i"
        assert found["hk/antenna0/vane/Tshroud"] == pytest.approx(vane / 100)
        assert found["hk/array/weather/airTemperature"].dtype == np.float64
        assert dict(found.held["comap"].attrs) == dict(held["comap"].attrs)
    assert found.remarks == []


def test_what_is_copied_is_an_option(reduced, level1_file):
    stage = CreateLevel2(
        level1_datasets=[["spectrometer/MJD", 2], ["hk/none", 0.01]], level1_attributes=["nothing"]
    )
    found = reduced(level1_file, (stage,))
    assert found["spectrometer/MJD"][0] > 100_000
    assert "comap" not in found.held
    assert found.remarks == ["not in the Level-1 file: hk/none, nothing"]


def test_feeds_without_counts_are_left_out(reduced, level1_file):
    found = reduced(level1_file, fault="nan-feed")
    assert found.obs.feeds == (2,)
    assert "feed 1 has no counts: it is left out" in found.remarks
    assert np.isnan(found[layout.NOISE1][0]).all()
    assert np.isfinite(found[layout.NOISE1][1]).all()


def test_a_band_without_counts_is_told(reduced, level1_file):
    def dead(held):
        held["spectrometer/tod"][1, 2] = 0
        held["spectrometer/tod"][0, 3] = np.nan

    found = reduced(level1_file, fault=dead)
    assert "feed 1 has no counts in band 3" in found.remarks
    assert "feed 2 has no counts in band 2" in found.remarks
    assert np.isnan(found[layout.VANE_TSYS][:, 1, 2]).all()
    assert np.isnan(found[layout.ATMOSPHERE_OFFSETS][1, 2]).all()
    assert np.isfinite(found[layout.VANE_TSYS][:, 1, [0, 1, 3]]).all()


def test_a_file_without_any_count_is_refused(reduced, tiny_level1_file):
    with pytest.raises(BadData, match="obsid 45285: no feed that sees the sky has counts"):
        reduced(tiny_level1_file, fault="all-nan")


@pytest.mark.parametrize("fault", ["mismatched-lengths", "wrong-obsid", "time-backwards"])
def test_a_file_that_makes_no_sense_is_refused(reduced, tiny_level1_file, fault):
    with pytest.raises(BadData, match="comap-0045285"):
        reduced(tiny_level1_file, fault=fault)


# -- indices


def test_every_feed_and_band_stands_in_its_own_place(reduced, tmp_path):
    truth = numbered_truth(amplitude_k=0.0)
    path = write_level1(tmp_path, truth)
    found, known = reduced(path), expected(truth)
    assert found[layout.VANE_GAIN][:, :19] == pytest.approx(known.gain, rel=1e-4)
    assert found[layout.VANE_TSYS][:, :19] == pytest.approx(known.tsys_k, rel=1e-4)
    middle = int(found[layout.SCAN_EDGES].mean())
    with h5py.File(path) as held:
        counts = held["spectrometer/tod"][:19, ..., middle]
    offset_k = found[layout.ATMOSPHERE_OFFSETS][..., 0]
    assert offset_k == pytest.approx(counts / known.gain.mean(axis=0), rel=1e-3)
    steps_k = [numbered_k(feed, 0) for feed in range(1, 20)]
    assert np.diff(offset_k[:, 0, 0]) == pytest.approx(np.diff(steps_k), rel=0.1)


def test_stages_say_what_they_need_and_give():
    given = set()
    for stage in ALL:
        assert set(stage.needs) <= given
        given |= set(stage.gives)
    assert set(given) <= set(layout.LAYOUT)
