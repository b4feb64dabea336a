"""The kernels say, to SPICE, what the closed forms of the simulation say."""

import numpy as np
import pytest
import spiceypy
from spiceypy.utils.exceptions import SpiceyError

from gnomon.instruments.imap.simulate import motion
from gnomon.instruments.imap.simulate.clock import TICKS_PER_SECOND, Clock
from gnomon.instruments.imap.simulate.kernels import SPACECRAFT, kernel_files, spin_files
from gnomon.timescales.sclk import SpacecraftClock

NAMES = {"gse": "IMAP_GSE", "gsm": "IMAP_GSM", "rtn": "IMAP_RTN", "dsrf": "IMAP_DPS"}
TICK_RAD = 2 * np.pi / motion.SPIN_PERIOD_S / TICKS_PER_SECOND


@pytest.fixture(scope="module")
def kernels(mission):
    return kernel_files(mission)


@pytest.fixture(scope="module")
def loaded(kernels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    for kernel in kernels:
        path = folder / kernel.name.replace("/", "_")
        path.write_bytes(kernel.body)
        if "imap_sclk_0001" not in kernel.name:
            spiceypy.furnsh(str(path))
    yield folder
    spiceypy.kclear()


@pytest.fixture(scope="module")
def epochs(mission):
    start, stop = mission.span
    times = np.sort(np.random.default_rng(5).integers(start, stop, 200))
    first, last = mission.attitude_gap
    return times[(times < first) | (times > last)]


@pytest.mark.parametrize("frame", NAMES)
def test_frames_are_those_of_the_closed_forms(loaded, mission, epochs, frame):
    assert loaded
    times = motion.tdb_seconds(epochs).tolist()
    told = np.array([spiceypy.pxform("J2000", NAMES[frame], time) for time in times])
    assert np.abs(told - mission.frame(frame, epochs)).max() < 1e-11


def test_the_attitude_is_right_to_a_tick_of_the_clock(loaded, mission, epochs):
    assert loaded
    times = motion.tdb_seconds(epochs).tolist()
    told = np.array([spiceypy.pxform("J2000", "IMAP_SPACECRAFT", time) for time in times])
    assert np.abs(told - mission.frame("srf", epochs)).max() < TICK_RAD
    fixed = spiceypy.pxform("IMAP_MAG_BASE", "IMAP_SPACECRAFT", times[0])
    np.testing.assert_array_equal(fixed, motion.MAG_BASE_TO_SPACECRAFT)


def test_there_is_a_gap_in_the_attitude(loaded, mission):
    assert loaded
    first, last = mission.attitude_gap
    with pytest.raises(SpiceyError):
        spiceypy.pxform("J2000", "IMAP_SPACECRAFT", (first + last) / 2e9)


def test_the_clock_is_the_one_of_its_kernel(loaded, mission):
    clock = Clock.of(mission)
    readings = np.arange(clock.reading_after(mission.span[0]), clock.reading_after(mission.span[1]))
    tt2000 = clock.tt2000(readings)
    told = [spiceypy.sct2e(SPACECRAFT, float(r) * TICKS_PER_SECOND) for r in readings[::5000]]
    assert np.abs(np.array(told) - motion.tdb_seconds(tt2000[::5000])).max() < 1e-6
    ours = SpacecraftClock.read(loaded / "sclk_imap_sclk_0002.tsc", None)
    assert np.abs(ours.tt2000(readings) - tt2000).max() <= 1
    np.testing.assert_array_equal(clock.ticks(tt2000), readings * TICKS_PER_SECOND)


def test_the_first_kernel_of_the_clock_lacks_the_last_day(kernels):
    first, second = (k.body.decode() for k in kernels if k.kernel_type == "spacecraft_clock")
    assert len(first.splitlines()) < len(second.splitlines())


def test_the_clock_drifts_and_is_ahead(mission):
    clock = Clock.of(mission)
    start, stop = mission.span
    shown_s = clock.reading_after(stop) - clock.reading_after(start)
    assert clock.reading_after(start) - (start // 10**9 + 946_727_931 - 1_262_304_000) == 11
    assert shown_s == pytest.approx(2 * 86_400, abs=1)
    rates = [correlation.rate for correlation in clock.correlations]
    assert len(set(rates)) == len(rates)
    assert max(abs(rate - 1) for rate in rates) < 2e-6


def test_the_same_seed_makes_the_same_kernels(kernels, mission):
    assert [k.body for k in kernel_files(mission)] == [k.body for k in kernels]


def test_what_is_told_covers_what_is_there(kernels, mission):
    (second_day,) = [k for k in kernels if "2026_061_2026_062" in k.name and "dps" not in k.name]
    assert len(second_day.intervals) == 2
    assert [t.path[-21:] for t in spin_files(mission)] == [
        "2026_060_2026_061_01.spin"[-21:],
        "2026_061_2026_062_01.spin"[-21:],
    ]
