"""The stage: what it reads, writes, and leaves in the slab."""

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import making
from gnomon.instruments.comap.receiver import N_BANDS, N_FEEDS
from gnomon.instruments.comap.science.gain import response
from gnomon.instruments.comap.simulate.spectra import frequencies_ghz, radiometer
from gnomon.instruments.comap.stages.gain_filter_and_bin import GainFilterAndBin
from gnomon.instruments.comap.stages.stage import Observation, Slab

N, TIMES = 64, 6000
SCANS = np.array([[500, 3000], [3200, 5900]])
FEED = 7
MJD = 60000 + np.arange(TIMES) / 50 / 86400
EVENTS = MJD[[0, -1]]
EL = 40 + 3 * np.sin(np.arange(TIMES) / 500)
AIR = 1 / np.sin(np.radians(EL))
PLACES = (3, FEED - 1)  # the feed stands second in the file


class Raw(SimpleNamespace):
    n_samples = TIMES
    n_channels = N
    mjd = MJD

    def pointing(self, name, feed):
        assert (name, feed) == ("el", FEED)
        return EL


@pytest.fixture(scope="module")
def truth():
    """Counts of four bands whose gain changes from one vane to the other, and what was put in."""
    tsys = response.system_temperature("strong", N, seed=3)
    draw = np.random.default_rng(5)
    gain = np.array([1000.0, 1100.0])[:, None, None] * draw.uniform(0.5, 2, (1, N_BANDS, N))
    share = np.array([np.linspace(1, 0, TIMES), np.linspace(0, 1, TIMES)])
    sky = response.crossings(TIMES) * 2
    rms = tsys * radiometer(N)
    slow = 1 + 2e-3 * np.cumsum(draw.normal(size=TIMES)) / np.sqrt(TIMES)
    kelvin = (
        tsys[..., None] * slow + 8 * AIR + sky + rms[..., None] * draw.normal(size=(4, N, TIMES))
    )
    counts = kelvin * np.einsum("ebc,et->bct", gain, share)
    return SimpleNamespace(tsys=tsys, gain=gain, rms=rms, sky=sky, counts=counts.astype(np.float32))


@pytest.fixture
def obs(tmp_path, truth):
    record = Level1Record(45285, "comap-0045285-2024-12-01-103000", 0, "")
    with making(tmp_path / "out.hd5") as out:
        out.put(layout.SCAN_EDGES, SCANS)
        out.put(layout.VANE_MJD, EVENTS)
        per_feed = np.full((2, 2, N_BANDS, N), np.nan)
        per_feed[:, 1] = truth.tsys
        out.put(layout.VANE_TSYS, per_feed)
        per_feed[:, 1] = truth.gain
        out.put(layout.VANE_GAIN, per_feed)
        whole = np.full((N_FEEDS, N_BANDS, N), np.nan)
        whole[FEED - 1] = truth.rms * truth.gain.mean(axis=0)
        out.put(layout.NOISE1, whole)
        offset = np.full((N_FEEDS, N_BANDS, N, 2), np.nan)
        offset[FEED - 1] = truth.tsys[..., None]
        out.put(layout.ATMOSPHERE_OFFSETS, offset)
        out.put(layout.ATMOSPHERE_TAU, np.full((N_FEEDS, N_BANDS, N, 2), 8.0))
        yield Observation(record, out, Raw(), (FEED,))


def run(stage, obs, truth, counts=None):
    stage.start(obs)
    slabs = []
    for band in range(N_BANDS):
        tod = (truth.counts if counts is None else counts)[band].copy()
        slab = Slab(FEED, FEED - 1, 1, band, tod, frequencies_ghz(N)[band])
        stage.slab(obs, slab)
        slabs.append(slab)
    stage.feed(obs, FEED)
    obs.scratch.clear()
    stage.finish(obs)
    return slabs


def in_scans(stream):
    return np.concatenate([stream[..., first:last] for first, last in SCANS], axis=-1)


def test_streams_are_the_sky_in_kelvin(obs, truth):
    run(GainFilterAndBin(), obs, truth)
    for name in (layout.BINNED, layout.FILTERED):
        stream = in_scans(obs.out.array(name)[FEED - 1])
        seen = in_scans(truth.sky)
        seen = seen - seen.mean()
        amplitude = stream @ seen / (seen @ seen)
        assert amplitude == pytest.approx(1, abs=0.03)
        white = np.diff(stream - in_scans(truth.sky), axis=-1).std(axis=-1) / np.sqrt(2)
        assert white == pytest.approx(np.full((4, 2), 0.0105), abs=0.003)


def test_the_slab_is_left_in_kelvin_and_0_outside_scans(obs, truth):
    slab = run(GainFilterAndBin(), obs, truth)[2]
    assert not slab.tod[:, : SCANS[0, 0]].any()
    assert not slab.tod[:, SCANS[0, 1] : SCANS[1, 0]].any()
    assert not slab.tod[:, SCANS[1, 1] :].any()
    left = in_scans(slab.tod) - in_scans(truth.sky)
    assert np.median(np.abs(np.diff(left)), axis=1) / 0.6745 / np.sqrt(2) == pytest.approx(
        truth.rms[2], rel=0.1
    )
    assert not obs.out.array(layout.BINNED)[FEED - 1, ..., :500].any()


def test_other_feeds_stay_unknown(obs, truth):
    run(GainFilterAndBin(), obs, truth)
    others = np.delete(np.arange(N_FEEDS), FEED - 1)
    for name in GainFilterAndBin.gives:
        assert np.isnan(obs.out.array(name)[others]).all(), name
        assert np.isfinite(obs.out.array(name)[FEED - 1]).all(), name


def test_frequencies_follow_the_channels(obs, truth):
    run(GainFilterAndBin(), obs, truth)
    centre = obs.out.array(layout.CENTRAL_FREQS)[FEED - 1]
    assert centre == pytest.approx(
        np.array([[27.5, 26.5], [28.5, 29.5], [31.5, 30.5], [32.5, 33.5]]), abs=0.1
    )
    assert obs.out.array(layout.BANDWIDTHS)[FEED - 1] == pytest.approx(0.25, abs=0.04)


def test_figures_of_the_filter(obs, truth):
    run(GainFilterAndBin(), obs, truth)
    told = obs.out.array(f"{layout.GAIN_FILTER}/continuum_transfer")[FEED - 1]
    assert told == pytest.approx(1, abs=1e-4)
    assert obs.metrics["continuum_transfer_median"] == pytest.approx(1, abs=1e-4)
    assert obs.metrics["sigma_gain_median"] > 0
    assert obs.metrics["red_noise_suppression_median"] > 1.5
    assert obs.out.held[layout.GAIN_FILTER].attrs["gain_filter"] == "prior"


def test_the_common_mode_says_what_it_takes(obs, truth):
    run(GainFilterAndBin(gain_filter="common_mode"), obs, truth)
    told = obs.out.array(f"{layout.GAIN_FILTER}/continuum_transfer")[FEED - 1]
    assert abs(told.mean()) < 0.1


def test_each_band_may_have_a_gain_of_its_own(obs, truth):
    sigma = {}
    for of in ("feed", "band"):
        run(GainFilterAndBin(gain_of=of), obs, truth)
        sigma[of] = obs.out.array(f"{layout.GAIN_FILTER}/sigma_gain")[FEED - 1, :, 0]
    assert len(np.unique(sigma["feed"])) == 1
    assert len(np.unique(sigma["band"])) == N_BANDS
    assert sigma["band"].min() > sigma["feed"][0]


def test_the_middle_of_a_band_tells_no_gain(obs, truth):
    sigma = []
    for cut in (0, 500):
        run(GainFilterAndBin(centre_cut=cut), obs, truth)
        sigma.append(obs.out.array(f"{layout.GAIN_FILTER}/sigma_gain")[FEED - 1])
    assert (sigma[1] > 1.1 * sigma[0]).all()


def test_no_filter_leaves_the_streams(obs, truth):
    run(GainFilterAndBin(gain_filter="none"), obs, truth)
    np.testing.assert_array_equal(
        obs.out.array(layout.BINNED)[FEED - 1], obs.out.array(layout.FILTERED)[FEED - 1]
    )


def test_samples_that_are_not_numbers_stay_so(obs, truth):
    counts = truth.counts.copy()
    counts[:, :, 1000] = np.nan
    counts[1, 20, 2000:2100] = np.nan
    run(GainFilterAndBin(), obs, truth, counts)
    stream = obs.out.array(layout.FILTERED)[FEED - 1]
    assert np.isnan(stream[..., 1000]).all()
    assert np.isfinite(np.delete(stream, 1000, axis=-1)).all()


def test_a_vane_that_failed_at_one_end_leaves_the_other(obs, truth):
    obs.out[layout.VANE_GAIN][1, 1] = np.nan
    obs.out[layout.VANE_TSYS][1, 1] = np.nan
    run(GainFilterAndBin(gain_filter="none"), obs, truth)
    assert np.isfinite(obs.out.array(layout.BINNED)[FEED - 1]).all()


def test_a_band_without_temperature_is_left_out(obs, truth):
    obs.out[layout.VANE_TSYS][:, 1, 3] = np.nan
    run(GainFilterAndBin(), obs, truth)
    found = obs.out.array(layout.FILTERED)[FEED - 1]
    assert np.isnan(found[3]).all()
    assert np.isfinite(found[:3]).all()


def test_a_half_without_temperature_is_left_out(obs, truth):
    obs.out[layout.VANE_TSYS][:, 1, 3, : N // 2] = np.nan
    run(GainFilterAndBin(), obs, truth)
    found = in_scans(obs.out.array(layout.FILTERED)[FEED - 1])
    assert np.isnan(found[3, 0]).all()
    assert np.isfinite(found[3, 1]).all()


def test_a_feed_without_temperature_is_a_remark(obs, truth):
    obs.out[layout.VANE_TSYS][...] = np.nan
    run(GainFilterAndBin(), obs, truth)
    assert obs.remarks == ["feed 7: no channel has a system temperature and noise"]
    assert np.isnan(obs.out.array(layout.BINNED)).all()
    assert obs.metrics == {}


def test_other_numbers_of_bins_are_refused():
    with pytest.raises(ValidationError):
        GainFilterAndBin(n_freq_bin=4)
