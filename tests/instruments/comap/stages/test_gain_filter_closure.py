"""Closure: from a simulated Level-1 file to streams in which the source is as bright as it was."""

import numpy as np
import pytest

from gnomon.instruments.comap.level1.observation import opened
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import reading
from gnomon.instruments.comap.receiver import row_of
from gnomon.instruments.comap.reduction import reduce
from gnomon.instruments.comap.simulate.expected import expected
from gnomon.instruments.comap.stages.atmosphere import Atmosphere
from gnomon.instruments.comap.stages.find_scans import FindScans
from gnomon.instruments.comap.stages.gain_filter_and_bin import GainFilterAndBin
from gnomon.instruments.comap.stages.noise_level1 import NoiseLevel1
from gnomon.instruments.comap.stages.system_temperature import SystemTemperature

STAGES = (SystemTemperature(), FindScans(), NoiseLevel1(), Atmosphere(), GainFilterAndBin())


@pytest.fixture(scope="module")
def made(level1_file, tmp_path_factory):
    """Streams of all feeds, and pointing: what the chain makes of the small file."""
    path = tmp_path_factory.mktemp("binned") / "binned.hd5"
    record = Level1Record(45285, level1_file.stem, 0, "", "TauA", "Calibrator")
    obs = reduce(level1_file, record, STAGES, path)
    with opened(level1_file) as raw, reading(path) as out:
        names = (layout.BINNED, layout.FILTERED, layout.SCAN_EDGES)
        found = {name: out.array(name) for name in names}
        sky = {feed: [raw.pointing(name, feed) for name in ("ra", "dec")] for feed in obs.feeds}
    return found, sky


@pytest.mark.parametrize("name", [layout.BINNED, layout.FILTERED])
def test_the_source_keeps_its_amplitude(made, small_truth, name):
    found, sky = made
    wanted = expected(small_truth).amplitude_k
    ratios = []
    for feed, (ra, dec) in sky.items():
        east = (ra - small_truth.source.ra_deg) * np.cos(np.radians(dec))
        away = (
            np.hypot(east, dec - small_truth.source.dec_deg) * 60 / small_truth.source.fwhm_arcmin
        )
        seen = np.exp(-4 * np.log(2) * away**2)
        for first, last in found[layout.SCAN_EDGES]:
            near = np.flatnonzero(away[first:last] < 4) + first
            if seen[near].max(initial=0) < 0.8:
                continue
            stream = found[name][row_of(feed)][..., near].reshape(8, -1)
            ratios.append(fitted(stream, seen[near]) / wanted[row_of(feed)].ravel())
    assert len(ratios) >= 1
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)
    assert np.mean(ratios, axis=0) == pytest.approx(np.ones(8), abs=0.03)


def fitted(stream, seen):
    """Amplitude of what is seen, above a level; spikes left out."""
    model = np.stack([seen, np.ones_like(seen)])
    good = np.isfinite(stream).all(axis=0)
    for _ in range(3):
        found = np.linalg.lstsq(model[:, good].T, stream[:, good].T, rcond=None)[0]
        left = np.abs(stream - found.T @ model).max(axis=0)
        good &= ~(left > max(0.5, 6 * np.median(left[good])))
    return found[0]
