"""Features are those of the package light-curve, and what it leaves open is decided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import UnknownName
from gnomon.instruments.sky.curves.batches import Curves
from gnomon.instruments.sky.science.features.definitions import FEATURES, chosen
from gnomon.instruments.sky.science.features.table import feature_table, measured

lc = pytest.importorskip("light_curve", exc_type=ImportError)
REFERENCE = (
    *(lc.Mean(), lc.StandardDeviation(), lc.Amplitude(), lc.MeanVariance(), lc.Skew()),
    *(lc.Kurtosis(), lc.BeyondNStd(1), lc.BeyondNStd(2), lc.Cusum(), lc.Eta(), lc.Median()),
    *(lc.MedianAbsoluteDeviation(), lc.InterPercentileRange(0.25), lc.InterPercentileRange(0.1)),
    *(lc.MagnitudePercentageRatio(0.4, 0.05), lc.MedianBufferRangePercentage(0.1)),
    *(lc.PercentAmplitude(), lc.PercentDifferenceMagnitudePercentile(0.05)),
    *(lc.AndersonDarlingNormal(), lc.Duration(), lc.MaximumTimeInterval()),
    *(lc.MinimumTimeInterval(), lc.TimeMean(), lc.TimeStandardDeviation(), lc.EtaE()),
    *(lc.MaximumSlope(), lc.LinearTrend(), lc.WeightedMean(), lc.ReducedChi2(), lc.StetsonK()),
    *(lc.ExcessVariance(), lc.Roms(), lc.LinearFit()),
)
OF_QUANTILES = (
    *("inter_percentile_range_25", "inter_percentile_range_10", "magnitude_percentage_ratio_40_5"),
    "percent_difference_magnitude_percentile_5",
)

COUNTS = {"beyond_1_std", "beyond_2_std", "median_buffer_range_percentage_10"}
"""They jump where a point lies on the border itself, which rounding puts to either side."""


def batch(*curves):
    """Return curves (t, m, e) as one batch."""
    n = len(curves)
    t, m, e = (np.concatenate([np.empty(0), *(one[k] for one in curves)]) for k in range(3))
    return Curves(
        objects=tuple(str(k) for k in range(n)),
        bands=("r",) * n,
        offsets=np.cumsum([0, *(len(one[0]) for one in curves)]),
        time_d=t,
        value=m,
        error=e,
        units=("mag",) * n,
        time_systems=(None,) * n,
        ra_deg=np.full(n, np.nan),
        dec_deg=np.full(n, np.nan),
    )


def expected(curve, features=REFERENCE):
    return {
        name: value
        for one in features
        for name, value in zip(one.names, one(*curve, fill_value=np.nan), strict=True)
    }


def assert_as_light_curve(curves, features=REFERENCE, atol=1e-12):
    found = measured(batch(*curves))
    for n, curve in enumerate(curves):
        for name, value in expected(curve, features).items():
            # light-curve rounds 0.4 to 32 bits: it looks that far beside the place of a quantile.
            beside = 6e-8 * len(curve[0]) * max(1, np.ptp(curve[1])) if name in OF_QUANTILES else 0
            np.testing.assert_allclose(
                *(found[name][n], value),
                rtol=1e-6,
                atol=max(atol, beside),
                err_msg=f"{name} of {len(curve[0])}",
            )


def random_curve(n, seed=0, level=17.0):
    chance = np.random.default_rng(seed + n)
    t = np.sort(chance.uniform(58_000, 59_000, n))
    return t, chance.normal(level, 1, n), chance.uniform(0.01, 0.2, n)


def test_every_feature_has_a_reference_but_two():
    named = {name for one in REFERENCE for name in one.names}
    assert {one.name for one in FEATURES} - named == {"minimum", "maximum"}
    assert len(FEATURES) >= 20


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 20, 101, 1000])
def test_random_curves(n):
    assert_as_light_curve([random_curve(n), random_curve(n, 1), random_curve(n, 2, 9282.0)])


def test_long_and_short_curves_beside_each_other():
    assert_as_light_curve([random_curve(n) for n in (3, 50, 1, 400, 2, 4, 17)])


def test_tied_values():
    t, _, e = random_curve(60)
    m = np.repeat(np.arange(6.0) + 15, 10)
    assert_as_light_curve([(t, m, e), (t, m[::-1].copy(), e), (t, m[np.argsort(e)], e)])


def test_two_values():
    t, _, e = random_curve(9)
    m = np.where(np.arange(9) % 3, 17.0, 18.5)
    assert_as_light_curve([(t, m, e)])


@pytest.mark.parametrize("n", [2, 3, 10, 33])
def test_constant_curves(n):
    t, _, e = random_curve(n)
    # A line through 17.1, 17.1, ... has a slope of 1e-16 or of 0, as rounding goes.
    assert_as_light_curve([(t, np.full(n, 17.1), e)], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 1000),
            st.integers(1200, 2200).map(lambda x: x / 100),
            st.integers(1, 50).map(lambda x: x / 100),
        ),
        min_size=5,
        max_size=40,
    )
)
def test_any_curve(rows):
    gaps, m, e = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    smooth = tuple(one for one in REFERENCE if one.names[0] not in COUNTS)
    assert_as_light_curve([(np.cumsum(gaps) / 100, m, e)], smooth, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=4, max_size=30), st.integers(0, 9))
def test_order_does_not_depend_on_how_values_are_tied(values, seed):
    t = np.arange(len(values), dtype=np.float64)
    m = np.array(values, np.float64) + 10
    mixed = np.random.default_rng(seed).permutation(m)
    found = measured(batch((t, m, t + 1), (t, mixed, t + 1)))
    for one in FEATURES:
        if one.family in {"order", "normality"}:
            np.testing.assert_allclose(*found[one.name], rtol=1e-9, atol=1e-9)


# -- what light-curve leaves open


def test_points_of_one_time_make_no_step():
    t, m, e = np.array([0.0, 1, 1, 3]), np.array([1.0, 2, 9, 5]), np.full(4, 0.1)
    found = measured(batch((t, m, e)))
    assert found["maximum_slope"][0] == 2
    assert found["minimum_time_interval"][0] == 0
    slopes = np.array([1, 2])
    eta_e = 3**2 / 3**3 * np.sum(slopes**2) / np.var(m, ddof=1)
    assert found["eta_e"][0] == pytest.approx(eta_e)


def test_all_at_one_time():
    found = measured(batch((np.ones(4), np.arange(4.0) + 1, np.full(4, 0.1))))
    for name in ("maximum_slope", "eta_e", "linear_trend", "linear_fit_slope"):
        assert np.isnan(found[name][0])
    assert found["duration"][0] == 0


def test_a_curve_without_points_has_no_features():
    found = measured(batch(random_curve(5), random_curve(0), random_curve(3)))
    assert all(np.isnan(column[1]) for column in found.values())
    assert np.isfinite(found["skew"][[0, 2]]).all()


@pytest.mark.parametrize("wrong", [np.nan, 0.0, np.inf])
def test_features_of_errors_need_every_error(wrong):
    t, m, e = random_curve(9)
    e[4] = wrong
    found = measured(batch((t, m, e), random_curve(9)))
    for one in FEATURES:
        assert np.isnan(found[one.name][0]) == (one.family == "error"), one.name
        assert np.isfinite(found[one.name][1])


def test_some_features_alone_are_the_same():
    curves = batch(random_curve(40), random_curve(7))
    everything = measured(curves)
    for one in FEATURES:
        (column,) = measured(curves, [one.name]).values()
        np.testing.assert_array_equal(column, everything[one.name])


def test_fewer_points_than_a_feature_needs():
    for one in FEATURES:
        found = measured(batch(*(random_curve(n) for n in (one.at_least - 1, one.at_least))))
        before, after = found[one.name]
        assert np.isnan(before), one.name
        # So few points have no ratio of percentiles, or no step.
        assert np.isfinite(after) or one.name == "magnitude_percentage_ratio_40_5"


def test_an_unknown_feature_is_told():
    with pytest.raises(UnknownName, match="did you mean 'kurtosis'"):
        chosen(["kurtosys"])


def test_a_table_says_what_its_columns_are():
    table = feature_table(batch(random_curve(5), random_curve(1)), ["skew", "median", "duration"])
    assert table.column_names == [
        *("object", "band", "unit", "ra_deg", "dec_deg", "detections"),
        *("skew", "median", "duration"),
    ]
    assert table["skew"].null_count == 1
    assert table["ra_deg"].null_count == 2
    assert table.schema.field("median").metadata[b"units"] == b"mag"
    assert table.schema.field("duration").metadata[b"units"] == b"d"
    assert b"units" not in table.schema.field("skew").metadata
