"""Post-bin cleaning: sources keep their amplitude, spikes are flagged, drifts are gone."""

import numpy as np
import pytest
from tests.instruments.comap.streams import SHAPE, Scene, noise, worked

from gnomon.instruments.comap.level1.flagged import Flagged
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.science import flags
from gnomon.instruments.comap.science.coordinates import Sky
from gnomon.instruments.comap.stages.post_bin_cleaning import PostBinCleaning
from gnomon.instruments.comap.stages.source_aware import KnownSource

ELSEWHERE = Sky(50.0, 20.0)
SPIKES = f"{layout.POST_BIN}/n_spikes"


def scene_of(*, known=True, lissajous=False, **changes):
    changes.setdefault("scan_s", (120.0,))
    if not known:
        changes |= {"source": "field1", "centre": ELSEWHERE}
    return Scene(height_deg=0.5 if lissajous else 0.0, **changes)


def amplitude(scene, stream):
    """Fit the beam on a level; the truth is the amplitude that was put in."""
    near = slice(*scene.edges[0])
    some = scene.away_arcmin[near] < 12
    columns = np.stack([scene.beam()[near][some], np.ones(np.count_nonzero(some))], axis=1)
    return np.linalg.lstsq(columns, stream[near][some], rcond=None)[0][0]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("lissajous", [True, False])
@pytest.mark.parametrize("height", [0.1, 0.5, 6.0])
def test_a_point_source_keeps_its_amplitude(known, lissajous, height):
    scene = scene_of(known=known, lissajous=lissajous)
    base = noise(np.random.default_rng(5), scene.n, 0.03, 0.1, shape=SHAPE)
    with_source = scene.streams(base + height * scene.beam())
    without = scene.streams(base)
    worked(PostBinCleaning(), scene.observation(), with_source)
    worked(PostBinCleaning(), scene.observation(), without)
    kept = (with_source.filtered - without.filtered).reshape(8, -1)
    found = np.array([amplitude(scene, stream) for stream in kept]) / height
    assert found == pytest.approx(np.ones(8), abs=0.03)
    on = scene.away_arcmin < 4
    assert not (with_source.flagged[..., on] & flags.SPIKE).any()


def test_sources_that_are_named_have_no_spikes():
    place = KnownSource(ra_deg=ELSEWHERE[0], dec_deg=ELSEWHERE[1], radius_arcmin=10)
    scene = scene_of(known=False, scan_s=(30.0,))
    at = scene.edges[0, 0] + np.argmin(scene.away_arcmin[slice(*scene.edges[0])])
    stream = noise(np.random.default_rng(5), scene.n, 0.03, shape=SHAPE)
    stream[..., at] += 3.0
    for sources, found in (((), True), ((place,), False)):
        streams = scene.streams(stream)
        worked(PostBinCleaning(sources=sources), scene.observation(), streams)
        assert ((streams.flagged[..., at] & flags.SPIKE) != 0).all() == found


def test_spikes_are_flagged_and_counted_and_nothing_else():
    scene = scene_of(scan_s=(60.0, 60.0))
    chance = np.random.default_rng(2)
    stream = noise(chance, scene.n, 0.03, 0.1, shape=SHAPE) + 6 * scene.beam()
    first, behind = scene.edges[1]
    at = chance.choice(np.arange(first, behind), 20, replace=False)
    at = at[scene.away_arcmin[at] > 14]
    stream[2, 1, at] += chance.choice([-1, 1], len(at)) * 1.0
    streams = scene.streams(stream)
    obs = scene.observation()
    worked(PostBinCleaning(), obs, streams)
    assert np.flatnonzero(streams.flagged[2, 1] & flags.SPIKE).tolist() == sorted(at)
    n_spikes = obs.out.array(SPIKES)
    assert n_spikes[scene.feed - 1, 2, 1].tolist() == [0, len(at)]
    assert n_spikes[scene.feed - 1].sum() == len(at) == obs.metrics["n_spikes"]
    assert (n_spikes[[0, 18]] == -1).all()  # feeds that are not there
    assert obs.out[layout.POST_BIN].attrs["status"] == "complete"


def test_drift_and_airmass_are_gone_and_white_noise_is_not():
    scene = scene_of(lissajous=True)
    inside = slice(*scene.edges[0])
    slow = 0.2 * np.sin(2 * np.pi * scene.time_s / 600)
    air = 8 / np.sin(np.radians(scene.el))
    base = noise(np.random.default_rng(1), scene.n, 0.03, shape=SHAPE)
    streams = scene.streams(base + slow + air)
    worked(PostBinCleaning(), scene.observation(), streams)
    away = scene.away_arcmin[inside] > 20
    left = streams.filtered[..., inside][..., away]
    assert np.std(left, axis=-1) == pytest.approx(np.full(SHAPE, 0.03), rel=0.05)
    assert np.array_equal(streams.raw[..., inside], (base + slow + air)[..., inside])


def test_a_window_of_nothing_takes_the_level_only():
    scene = scene_of()
    inside = slice(*scene.edges[0])
    wave = np.sin(2 * np.pi * scene.time_s / 100)
    streams = scene.streams(7 + wave + noise(np.random.default_rng(1), scene.n, 0.01, shape=SHAPE))
    worked(PostBinCleaning(medfilt_length=0), scene.observation(), streams)
    assert np.std(streams.filtered[..., inside]) == pytest.approx(np.std(wave[inside]), rel=0.02)
    assert np.abs(np.median(streams.filtered[..., inside])) < 0.1


def test_what_was_not_measured_stays_so_and_is_said():
    scene = scene_of(scan_s=(30.0, 30.0))
    stream = noise(np.random.default_rng(1), scene.n, 0.03, shape=SHAPE)
    streams = scene.streams(stream)
    first = scene.edges[0, 0]
    streams.filtered[0, 0, first + 5 : first + 9] = np.nan
    streams.filtered[1, 1] = np.nan
    obs = scene.observation()
    worked(PostBinCleaning(), obs, streams)
    assert np.isnan(streams.filtered[0, 0]).sum() == 4
    assert np.array_equal((streams.flagged & flags.NAN) != 0, np.isnan(streams.filtered))
    assert obs.out.array(SPIKES)[scene.feed - 1, 1, 1].tolist() == [-1, -1]
    outside = np.ones(scene.n, bool)
    for a, b in scene.edges:
        outside[a:b] = False
    assert np.array_equal((streams.flagged[3, 0] & flags.OUTSIDE_SCAN) != 0, outside)
    assert (streams.filtered[3, 0, outside] == 0).all()


def test_one_sample_is_not_lost():
    scene = scene_of(lissajous=True, scan_s=(30.0,), known=False)
    streams = scene.streams(np.full((*SHAPE, scene.n), 3.0))
    first, behind = scene.edges[0]
    streams.filtered[0, 0, first:behind] = np.nan
    streams.filtered[0, 0, first + 77] = 3.0
    worked(PostBinCleaning(), scene.observation(), streams)
    assert streams.filtered[0, 0, first + 77] == pytest.approx(0.0, abs=1e-12)


def test_the_vane_and_observers_have_their_bits():
    scene = scene_of(scan_s=(30.0,))
    vetoes = (
        Flagged(feeds=(3, 4), frequency_bands=(0, 5), comment="rain"),
        Flagged(feeds=(7,), frequency_bands=(1,), comment="not this feed"),
    )
    obs = scene.observation(flags=vetoes)
    vane = np.zeros(scene.n, np.int8)
    vane[:50], vane[50:90], vane[-50:] = 1, -1, 2
    obs.out.put(layout.VANE_SAMPLES, vane)
    streams = scene.streams(noise(np.random.default_rng(1), scene.n, 0.03, shape=SHAPE))
    worked(PostBinCleaning(), obs, streams)
    assert np.array_equal((streams.flagged[1, 0] & flags.VANE) != 0, vane > 0)
    vetoed = ((streams.flagged & flags.OBSERVER) != 0).all(axis=-1)
    assert np.flatnonzero(vetoed.ravel()).tolist() == [0, 5]


@pytest.mark.parametrize("values", [0.0, 3.0])
def test_dead_streams_pass(values):
    scene = scene_of(scan_s=(10.0,))
    streams = scene.streams(np.full((*SHAPE, scene.n), values))
    worked(PostBinCleaning(), scene.observation(), streams)
    assert np.abs(streams.filtered).max() < 1e-12
    assert not (streams.flagged & flags.SPIKE).any()


def test_the_same_streams_give_the_same_numbers():
    scene = scene_of(lissajous=True, scan_s=(30.0,))
    base = noise(np.random.default_rng(1), scene.n, 0.03, 0.1, shape=SHAPE)
    made = [worked(PostBinCleaning(), scene.observation(), scene.streams(base)) for _ in range(2)]
    assert np.array_equal(made[0].filtered, made[1].filtered)
