"""The parts of the simulator: times, places, noise, sources."""

from datetime import UTC, datetime
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.science.calibrators import flux_jy, flux_of_kelvin
from gnomon.instruments.comap.science.coordinates import horizontal_of
from gnomon.instruments.comap.simulate.expected import calibration, expected
from gnomon.instruments.comap.simulate.focal_plane import offsets_deg
from gnomon.instruments.comap.simulate.noise import REFERENCE_HZ, generator, red
from gnomon.instruments.comap.simulate.sky import diffuse_k, load_k, opacity, pointing, seen
from gnomon.instruments.comap.simulate.sources import beam_k, rising, source_of
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import (
    NO_BLEMISHES,
    Air,
    Truth,
    small_truth,
    tiny_truth,
)

DAY = datetime(2024, 12, 1, tzinfo=UTC)


def test_feeds_are_a_hexagon_of_19():
    places = np.array([offsets_deg(feed) for feed in range(1, 20)]) * 60
    apart = [np.hypot(*(one - other)) for one, other in combinations(places, 2)]
    assert min(apart) == pytest.approx(12.0445)
    assert sum(abs(distance - 12.0445) < 1e-6 for distance in apart) == 42
    assert np.hypot(*places.T).max() == pytest.approx(24.089)
    with pytest.raises(ValueError, match="no feed 21"):
        offsets_deg(21)


@settings(max_examples=30, deadline=None)
@given(
    scans=st.integers(0, 5),
    scan_s=st.floats(5, 200),
    slew_s=st.floats(0, 10),
    start=st.booleans(),
    end=st.booleans(),
    mode=st.sampled_from(["ces", "lissajous", "skydip"]),
)
def test_segments_fill_the_time_and_features_tell_them(scans, scan_s, slew_s, start, end, mode):
    truth = tiny_truth(
        scans=scans, scan_s=scan_s, slew_s=slew_s, at_start=start, at_end=end, mode=mode
    )
    timeline = Timeline(truth)
    bounds = [(one.first, one.last) for one in timeline.segments]
    assert bounds[0][0] == 0
    assert all(one[1] == other[0] for one, other in pairwise(bounds))
    assert len(timeline.of("scan")) == scans
    assert len(timeline.of("vane")) == start + end
    bits = timeline.features
    in_scan = sum(one.last - one.first for one in timeline.of("scan"))
    assert np.count_nonzero(bits >> 8 & 0b111) == in_scan
    assert np.count_nonzero(bits >> 13) == 600 * (start + end)
    assert not ((bits >> 8 & 0b111) & (bits >> 13)).any()


@pytest.mark.parametrize("mode", ["ces", "lissajous", "skydip"])
def test_the_telescope_moves_as_its_mode_says(mode):
    truth = small_truth(mode=mode)
    timeline = Timeline(truth)
    az, el = (values[timeline.of("scan")[0].samples] for values in timeline.boresight_deg)
    spans = {"ces": (1.0, 0.0), "lissajous": (1.0, 1.0), "skydip": (0.0, 25.0)}[mode]
    across = np.ptp(az) * np.cos(np.radians(el.mean()))
    assert (across, np.ptp(el)) == pytest.approx(spans, abs=0.25)
    assert np.isfinite(timeline.boresight_deg).all()


def test_scans_pass_the_source():
    for mode in ("ces", "lissajous"):
        truth = small_truth(mode=mode)
        timeline = Timeline(truth)
        response = seen(truth, timeline, 1).source
        for scan in timeline.of("scan"):
            assert response[scan.first + 1000 : scan.last - 100].max() > 0.9
        assert seen(truth, timeline, 20).source.max() == 0


def test_without_scans_the_telescope_rests_at_the_source():
    timeline = Timeline(tiny_truth(scans=0))
    source = tiny_truth().source
    aim = horizontal_of(source.ra_deg, source.dec_deg, timeline.mjd[0])
    assert timeline.boresight_deg[1][-1] == pytest.approx(aim.lat_deg)


def test_the_vane_covers_the_beam_while_it_is_in():
    timeline = Timeline(small_truth())
    angle, covered = timeline.vane_deg(timeline.seconds), timeline.covered
    assert set(covered[angle < 75]) == {1.0}
    assert set(covered[angle > 170]) == {0.0}
    for event in timeline.of("vane"):
        assert covered[event.first] == covered[event.last - 1] == 0
        assert covered[event.samples].mean() == pytest.approx(0.43, abs=0.05)


def test_air_follows_the_elevation():
    truth = small_truth(mode="skydip")
    timeline = Timeline(truth)
    airmass = 1 / np.sin(np.radians(pointing(timeline, 1).el))
    load, left = load_k(truth, timeline, airmass, 2, 1)
    scan = timeline.of("scan")[0].samples
    slope = np.polyfit(airmass[scan], load[scan], 1)[0]
    assert slope == pytest.approx(9.4 * left[scan].mean() * (1 - 2.73 / 270), rel=0.002)
    calibrated = slope / calibration(truth, load[0])
    assert expected(truth).tau_k[0, 2] == pytest.approx(calibrated, rel=0.002)
    assert calibrated == pytest.approx(9.4, rel=0.025)


def test_air_drifts_and_wanders_the_same_for_all_bands():
    still, drifting = tiny_truth(), tiny_truth(drift_per_h=0.5)
    timeline = Timeline(still)
    assert set(opacity(still, timeline, 0)) == {9.0 / 270}
    hours = timeline.seconds[-1] / 3600
    assert opacity(drifting, timeline, 0)[-1] * 30 == pytest.approx(1 + 0.5 * hours)
    wandering = still.but(air=Air(sigma_red=1e-3))
    changes = [opacity(wandering, timeline, band) / (9 + 0.2 * band) for band in (0, 3)]
    assert changes[0] == pytest.approx(changes[1])
    assert 1e-4 < changes[0].std() * 270 < 1e-2


def test_fluctuations_have_their_spectrum():
    random = generator(Truth(), "test")
    power = []
    for _ in range(40):
        series = red(random, 1 << 14, 1e-3, -1.35)
        windowed = (series - series.mean()) * np.hanning(len(series))
        power.append(np.abs(np.fft.rfft(windowed)) ** 2 / np.sum(np.hanning(len(series)) ** 2))
    frequency = np.fft.rfftfreq(1 << 14, 0.02)
    wide = (frequency > 0.05) & (frequency < 10)
    slope, level = np.polyfit(
        np.log(frequency[wide] / REFERENCE_HZ), np.log(np.mean(power, axis=0)[wide]), 1
    )
    assert slope == pytest.approx(-1.35, abs=0.02)
    assert np.exp(level / 2) == pytest.approx(1e-3, rel=0.05)


def test_random_numbers_belong_to_their_part():
    first = generator(Truth(), "gain", 1).random(3)
    assert (generator(Truth(), "gain", 1).random(3) == first).all()
    for other in (generator(Truth(), "gain", 2), generator(Truth(), "nan", 1)):
        assert (other.random(3) != first).all()
    assert (generator(Truth(obsid=7), "gain", 1).random(3) != first).all()


def test_spikes_are_as_many_as_asked_for():
    truth = small_truth(spikes_per_min=60.0, scan_s=120.0)
    spikes = seen(truth, Timeline(truth), 1).spikes_k
    starts = np.count_nonzero(np.diff((spikes > 0).astype(int)) == 1)
    assert starts == pytest.approx(60 * len(spikes) / 3000, rel=0.25)
    quiet = truth.but(blemishes=NO_BLEMISHES)
    assert not seen(quiet, Timeline(quiet), 1).spikes_k.any()


def test_the_diffuse_sky_is_the_same_in_all_observations():
    ra, dec = np.random.default_rng(0).uniform(-1, 1, (2, 20000))
    truth = small_truth(ra_deg=0.0, dec_deg=0.0, diffuse_k=0.03)
    sky = diffuse_k(truth, ra, dec)
    assert sky.std() == pytest.approx(0.03, rel=0.3)
    assert (diffuse_k(truth.but(obsid=9), ra, dec) == sky).all()
    assert not diffuse_k(small_truth(), ra, dec).any()


def test_fields_of_parts_are_changed_by_name():
    truth = small_truth(scan_s=60.0, amplitude_k=1.0, obsid=3)
    assert (truth.scanning.scan_s, truth.source.amplitude_k, truth.obsid) == (60.0, 1.0, 3)
    assert truth.scanning.scans == small_truth().scanning.scans
    with pytest.raises(TypeError, match="air and receiver and vane"):
        small_truth(temperature_k=1.0)
    with pytest.raises(TypeError, match="scnas is a field of no part"):
        small_truth(scnas=1)


def test_sky_dips_say_so():
    assert small_truth(mode="skydip").said == "sky nod"
    assert small_truth(mode="skydip", comment="a test").said == "a test"
    assert not small_truth().said


@pytest.mark.parametrize("name", ["TauA", "CasA", "CygA", "Jupiter"])
def test_calibrators_are_as_bright_as_their_flux(name):
    source = source_of(name, DAY, efficiency=1.0)
    for frequency in (26.5, 33.5):
        kelvin = source.amplitude_k * (frequency / 30) ** source.index
        solid_angle = np.pi / (4 * np.log(2)) * np.radians(source.fwhm_arcmin / 60) ** 2
        jansky = kelvin * flux_of_kelvin(frequency) * solid_angle
        assert jansky == pytest.approx(flux_jy(name, frequency, 60645.0), rel=0.005)


def test_taua_has_six_kelvin():
    assert beam_k("TauA", 30.0, 60500.0) == pytest.approx(6.25, abs=0.05)


def test_sources_rise():
    for name in ("TauA", "Jupiter", "field01"):
        source, start = source_of(name, DAY), rising(name, DAY)
        mjd = start.timestamp() / 86400 + 40587
        el = horizontal_of(source.ra_deg, source.dec_deg, mjd).lat_deg
        assert el == pytest.approx(45, abs=0.3)
    with pytest.raises(ConfigError, match="reaches 29"):
        rising("Venus", DAY)
    with pytest.raises(UnknownName, match="TauA"):
        source_of("TauB", DAY)


def test_what_is_expected_has_the_shapes_of_level_2():
    truth = small_truth(feeds=(3, 1, 20))
    found = expected(truth)
    assert found.tsys_k.shape == found.gain.shape == (2, 19, 4, 128)
    assert np.isfinite(found.amplitude_k).all(axis=(1, 2)).nonzero()[0].tolist() == [0, 2]
    assert np.diff(found.vane_mjd) * 86400 == pytest.approx([101.0])
    assert found.scan_edges.tolist() == [[750, 2750], [2900, 4900]]
    assert found.sigma_white_k[0].mean() == pytest.approx(0.0106, rel=0.15)


def test_without_vane_no_gain_is_expected():
    found = expected(small_truth(at_start=False, at_end=False, scans=0))
    assert found.tsys_k.shape[0] == 0
    assert found.scan_edges.shape == (0, 2)
