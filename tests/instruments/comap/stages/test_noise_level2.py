"""Noise of Level 2: what is put in comes out, and what cannot be told is NaN."""

import numpy as np
import pytest
from tests.instruments.comap.streams import SHAPE, Scene, noise, worked

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.science import flags
from gnomon.instruments.comap.science.coordinates import Sky
from gnomon.instruments.comap.stages.noise_level2 import FILTERED, RAW, NoiseLevel2
from gnomon.instruments.comap.stages.post_bin_cleaning import PostBinCleaning

NAMES = ("sigma_white", "sigma_red", "alpha", "auto_rms")


def found(obs, scene, of=FILTERED):
    """White, red, slope and rms of the feed: each (band, half, scan)."""
    return [obs.out.array(f"{of}/{name}")[scene.feed - 1] for name in NAMES]


def test_noise_after_cleaning_is_what_was_put_in():
    scene = Scene(scan_s=(100.0, 100.0, 100.0))
    chance = np.random.default_rng(4)
    base = noise(chance, scene.n, 0.03, 0.17, -1.35, SHAPE)
    seen = base + 6 * scene.beam()
    seen[chance.random(seen.shape) < 1e-3] += 2.0
    streams = scene.streams(seen)
    obs = scene.observation()
    worked(PostBinCleaning(), obs, streams)
    worked(NoiseLevel2(), obs, streams)
    for of in (RAW, FILTERED):
        white, red, slope, rms = found(obs, scene, of)
        # 24 fits: five of their common standard errors, which are 1 %, 10 % and 0.1 for one.
        assert white.mean() == pytest.approx(0.03, rel=0.02)
        assert red.mean() == pytest.approx(0.17, rel=0.1)
        assert slope.mean() == pytest.approx(-1.35, abs=0.1)
        assert rms.mean() == pytest.approx(0.0305, rel=0.02)
    assert obs.metrics["noise_fits_failed"] == 0
    assert obs.metrics["white_noise_median_k"] == pytest.approx(0.03, rel=0.02)
    knee_hz = 0.1 * (0.03 / 0.17) ** (2 / -1.35)
    assert obs.metrics["knee_median_hz"] == pytest.approx(knee_hz, rel=0.2)
    assert np.isnan(obs.out.array(f"{FILTERED}/sigma_white")[0]).all()


def test_a_source_that_nobody_listed_is_no_noise():
    scene = Scene(scan_s=(100.0,), source="field1", centre=Sky(50.0, 20.0), height_deg=0.4)
    base = noise(np.random.default_rng(4), scene.n, 0.03, shape=SHAPE)
    streams = scene.streams(base + 2 * scene.beam())
    obs = scene.observation()
    worked(PostBinCleaning(), obs, streams)
    worked(NoiseLevel2(), obs, streams)
    white, red, *_ = found(obs, scene)
    assert white == pytest.approx(np.full(white.shape, 0.03), rel=0.06)
    assert red.max() < 0.02


def test_every_stream_and_scan_keeps_its_place():
    scene = Scene(scan_s=(20.0, 20.0), source="field1")
    white = np.arange(1.0, 17.0).reshape(4, 2, 2)
    stream = np.zeros((*SHAPE, scene.n))
    for number, (first, behind) in enumerate(scene.edges):
        drawn = noise(np.random.default_rng(number), behind - first, 1.0, shape=SHAPE)
        stream[..., first:behind] = white[..., number, None] * drawn
    streams = scene.streams(stream, 100 * stream)
    obs = scene.observation()
    worked(NoiseLevel2(), obs, streams)
    assert found(obs, scene, RAW)[0] == pytest.approx(white, rel=0.12)
    assert found(obs, scene, FILTERED)[0] == pytest.approx(100 * white, rel=0.12)


def test_what_cannot_be_fitted_is_nan_and_told():
    scene = Scene(scan_s=(20.0, 20.0))
    stream = noise(np.random.default_rng(1), scene.n, 0.03, shape=SHAPE)
    streams = scene.streams(stream)
    first, behind = scene.edges[0]
    streams.filtered[0, 0, first:behind] = np.nan  # nothing there
    streams.filtered[0, 1, first:behind] = 0.25  # dead
    streams.flagged[1, 0, first : first + 30] |= flags.SPIKE  # 3 %
    obs = scene.observation()
    worked(NoiseLevel2(), obs, streams)
    white, red, slope, rms = found(obs, scene)
    failed = np.zeros((4, 2, 2), bool)
    failed[0, 0, 0] = failed[0, 1, 0] = failed[1, 0, 0] = True
    assert np.array_equal(np.isnan(white), failed)
    assert np.array_equal(np.isnan(red), failed)
    assert np.isnan(rms).sum() == 1
    assert rms[0, 1, 0] == 0
    assert np.isnan(slope[failed]).all()
    assert obs.metrics["noise_fits_failed"] == 2
    assert obs.remarks == ["2 of 15 noise fits failed"]


def test_a_scan_that_is_mostly_source_has_no_fit():
    scene = Scene(scan_s=(20.0,), width_deg=0.15, height_deg=0.1)
    streams = scene.streams(noise(np.random.default_rng(1), scene.n, 0.03, shape=SHAPE))
    obs = scene.observation()
    worked(NoiseLevel2(), obs, streams)
    assert np.isnan(found(obs, scene)[0]).all()
    worked(NoiseLevel2(source_radius_arcmin=0), obs, streams)
    assert np.isfinite(found(obs, scene)[0]).all()


def test_an_observation_without_streams_has_no_figures():
    scene = Scene(scan_s=(20.0,))
    obs = scene.observation()
    stage = NoiseLevel2()
    stage.start(obs)
    stage.finish(obs)
    assert obs.metrics == {"noise_fits_failed": 0.0}
    assert np.isnan(obs.out.array(f"{layout.NOISE2}/binned_data/alpha")).all()


def test_the_same_observation_gives_the_same_numbers_and_another_does_not():
    made = []
    for obsid in (1, 1, 2):
        scene = Scene(scan_s=(30.0,), obsid=obsid)
        streams = scene.streams(noise(np.random.default_rng(1), scene.n, 0.03, 0.1, shape=SHAPE))
        obs = scene.observation()
        worked(NoiseLevel2(), obs, streams)
        made.append(np.array(found(obs, scene)))
    assert np.array_equal(made[0], made[1], equal_nan=True)
    assert not np.array_equal(made[0], made[2], equal_nan=True)
