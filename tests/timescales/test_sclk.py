"""The spacecraft's clock against SPICE, with IMAP's kernel and with small ones of our own."""

import numpy as np
import pytest
import spiceypy
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.timescales.sclk import SpacecraftClock
from gnomon.timescales.tt2000 import FILL, iso

NS = 1_000_000_000
KERNEL = r"""KPL/SCLK
\begindata
SCLK_KERNEL_ID             = ( @2009-07-09T12:20:32 )
SCLK_DATA_TYPE_99          = ( 1 )
SCLK01_TIME_SYSTEM_99      = ( %(system)d )
SCLK01_N_FIELDS_99         = ( 2 )
SCLK01_MODULI_99           = ( 4294967296 %(moduli)d )
SCLK01_OFFSETS_99          = ( 0 0 )
SCLK01_OUTPUT_DELIM_99     = ( 2 )
SCLK_PARTITION_START_99    = ( 0.0D0 %(start)d )
SCLK_PARTITION_END_99      = ( %(first)d 4.29496729D12 )
SCLK01_COEFFICIENTS_99     = ( 0        @01-JAN-2010-00:01:06.184 1.0
                               20000000 @01-JAN-2010-05:34:26.284 1.00001
                               40000000 @01-JAN-2010-11:07:48.384 0.99998D0 )
"""
GIVEN = {"system": 1, "moduli": 1000, "start": 30_000_000, "first": 50_000_000}


@pytest.fixture
def imap(spice):
    paths = [spice / "imap_sclk_0136.tsc", spice / "naif0012.tls"]
    with spiceypy.KernelPool([str(path) for path in paths]):
        yield SpacecraftClock.read(*paths)


@pytest.fixture
def small(tmp_path):
    def write(text=KERNEL, **given):
        path = tmp_path / "small.tsc"
        path.write_text(text % (GIVEN | given) if "%(" in text else text)
        return path

    return write


def tt_of(et):
    return spiceypy.unitim(et, "ET", "TDT")


@pytest.mark.parametrize(
    ("met", "utc"),
    [
        (483_848_304, "2025-05-02T02:18:21.000"),
        (499_651_207, "2025-11-01T00:00:04.736"),
        (508_982_409, "2026-02-16T23:59:58.412"),
    ],
)
def test_the_instants_that_were_seconds_wrong(imap, met, utc):
    found = np.datetime64(iso(imap.tt2000(met)))
    assert abs(found - np.datetime64(utc, "ns")) < np.timedelta64(1, "ms")
    assert abs(found - np.datetime64(spiceypy.et2utc(spiceypy.scs2e(-43, f"{met}"), "ISOC", 9))) < (
        np.timedelta64(1, "us")
    )


def test_it_agrees_with_spice_to_the_spacing_of_doubles(imap):
    random = np.random.default_rng(1)
    coarse = random.integers(490_000_000, 560_000_000, 2_000)
    ticks = random.integers(0, 50_000, 2_000)
    pairs = zip(coarse.tolist(), ticks.tolist(), strict=True)
    theirs = np.array([tt_of(spiceypy.sct2e(-43, s * 50_000.0 + t)) for s, t in pairs])
    assert np.abs(imap.tt2000(coarse, ticks) - np.rint(theirs * NS)).max() < 500


def test_every_correlation_is_met_exactly(imap):
    seconds, rest = np.divmod(imap.at_clock_ns, NS)
    np.testing.assert_array_equal(imap.tt2000(seconds, rest, per_second=NS), imap.at_time_ns)
    assert imap.correlated_until == imap.at_time_ns[-1]
    assert imap.is_correlated


@settings(deadline=None)
@given(coarse=st.integers(497_000_000, 4_000_000_000), ticks=st.integers(0, 49_999))
def test_a_reading_comes_back(imap_clock, coarse, ticks):
    assert imap_clock.reading(imap_clock.tt2000(coarse, ticks)) == (coarse, ticks)


@pytest.fixture(scope="module")
def imap_clock(request):
    spice = request.getfixturevalue("spice")
    return SpacecraftClock.read(spice / "imap_sclk_0136.tsc", None)


@pytest.mark.parametrize(("fine", "per_second"), [(128, 256), (32_768, 65_536), (25_000, 0)])
def test_fine_time_in_any_unit(imap_clock, fine, per_second):
    whole = imap_clock.tt2000(499_651_207)
    assert abs(imap_clock.tt2000(499_651_207, fine, per_second) - whole - NS // 2) <= 1_000


def test_without_a_kernel_a_second_is_a_second_since_2010():
    clock = SpacecraftClock.read(None, None)
    assert not clock.is_correlated
    found = clock.tt2000(np.array([0, 483_848_304]), np.array([0, 25_000]))
    assert iso(found).tolist() == ["2010-01-01T00:00:00.000000000", "2025-05-02T02:18:21.500000000"]


@pytest.mark.parametrize("system", [1, 2])
@pytest.mark.parametrize("moduli", [1_000, 1_024])
def test_tdb_partitions_and_odd_ticks_as_in_spice(small, spice, system, moduli):
    path = small(system=system, moduli=moduli)
    lsk = spice / "naif0012.tls"
    clock = SpacecraftClock.read(path, lsk)
    ticks = np.random.default_rng(2).integers(0, 80_000_000, 300)
    with spiceypy.KernelPool([str(path), str(lsk)]):
        for tick in ticks.tolist():
            seconds, rest = divmod(tick, moduli)
            theirs = tt_of(spiceypy.scs2e(-99, f"{seconds}:{rest}"))
            assert abs(clock.tt2000(seconds, rest) - theirs * NS) < 500
            assert clock.reading(clock.tt2000(seconds, rest))[0] - seconds in {0, -30_000}


def test_a_reading_that_the_clock_cannot_show(small):
    clock = SpacecraftClock.read(small(start=60_000_000), None)
    found = clock.tt2000(np.array([-1, 10, 55_000, 61_000, (1 << 32) - 1]))
    assert (found == FILL).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("DATA_TYPE_99          = ( 1 )", "DATA_TYPE_99 = ( 2 )", "type 1"),
        ("SCLK_DATA_TYPE_99", "SCLK_TYPE_99", "one spacecraft"),
        ("4294967296 %(moduli)d", "4294967296", "seconds and ticks"),
        ("4294967296 %(moduli)d", "4294967296 0", "seconds and ticks"),
        ("@01-JAN-2010-11:07:48.384", "@01-JAN-2510-11:07:48.384", "beyond 200 years"),
        ("1.00001", "NaN", "is no number"),
        ("OFFSETS_99          = ( 0 0 )", "OFFSETS_99 = ( 0 1 )", "seconds and ticks"),
        ("( 0        @01", "( @01", "list of 3 each"),
        ("20000000 @", "0 @", "do not ascend"),
        ("( %(first)d 4.29496729D12 )", "( 1 )", "as many starts as ends"),
        ("%(system)d", "3", "neither TDB"),
        ("1.00001", "one", "is no number"),
        ("4.29496729D12", "4.29496729D14", "beyond 292 years"),
    ],
)
def test_a_damaged_kernel_is_bad_data(small, old, new, why):
    assert old in KERNEL
    with pytest.raises(BadData, match=why):
        SpacecraftClock.read(small(KERNEL.replace(old, new)), None)


def test_a_kernel_without_correlations_is_bad_data(small):
    head, _, _ = KERNEL.partition("SCLK01_COEFFICIENTS_99")
    with pytest.raises(BadData, match="do not ascend"):
        SpacecraftClock.read(small(head + "SCLK01_COEFFICIENTS_99 = ( )\n"), None)
