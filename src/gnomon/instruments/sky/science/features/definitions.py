"""Which features there are, and what each of them is.

They are defined as in the package ``light-curve`` (Malanchev et al. 2021, MNRAS 502, 5147), whose
names they have: m is the value (magnitude or flux), e its error, t the time in days, N how many
points there are; Q(p) is the quantile p by Hazen's rule (linear between points, the first at
p = 1 / 2N). A feature that N points are too few for, or that is 0 / 0, is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gnomon.errors import UnknownName

Family = Literal["basic", "shape", "order", "normality", "time", "error"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One number per curve.

    Attributes
    ----------
    family : str
        What is worked out together.
    at_least : int
        Points.
    text : str
        Its formula.
    dimension : str
        Of which unit it is: ``m`` that of the value, ``d`` days, ``m/d``, or none.
    """

    name: str
    family: Family
    at_least: int
    text: str
    dimension: str = ""


_BASIC = (
    Feature("mean", "basic", 1, "mean of m", "m"),
    Feature("standard_deviation", "basic", 2, "s = sqrt(sum (m - mean)^2 / (N - 1))", "m"),
    Feature("minimum", "basic", 1, "least m", "m"),
    Feature("maximum", "basic", 1, "greatest m", "m"),
)
_SHAPE = (
    Feature("amplitude", "shape", 1, "(max - min) / 2", "m"),
    Feature("mean_variance", "shape", 2, "s / mean"),
    Feature("skew", "shape", 3, "N / ((N - 1)(N - 2)) sum ((m - mean) / s)^3"),
    Feature(
        "kurtosis",
        "shape",
        4,
        "N (N + 1) / ((N - 1)(N - 2)(N - 3)) sum ((m - mean) / s)^4"
        " - 3 (N - 1)^2 / ((N - 2)(N - 3))",
    ),
    Feature("beyond_1_std", "shape", 2, "fraction of points with |m - mean| > s"),
    Feature("beyond_2_std", "shape", 2, "fraction of points with |m - mean| > 2 s"),
    Feature("cusum", "shape", 2, "range of the cumulative sums of (m - mean) / (N s)"),
    Feature("eta", "shape", 2, "sum (m[i+1] - m[i])^2 / ((N - 1) s^2)"),
)
_ORDER = (
    Feature("median", "order", 1, "Q(0.5)", "m"),
    Feature("median_absolute_deviation", "order", 1, "median of |m - median|", "m"),
    Feature("inter_percentile_range_25", "order", 1, "Q(0.75) - Q(0.25)", "m"),
    Feature("inter_percentile_range_10", "order", 1, "Q(0.9) - Q(0.1)", "m"),
    Feature(
        "magnitude_percentage_ratio_40_5", "order", 1, "(Q(0.6) - Q(0.4)) / (Q(0.95) - Q(0.05))"
    ),
    Feature(
        "median_buffer_range_percentage_10",
        "order",
        1,
        "fraction of points with |m - median| < 0.1 (max - min) / 2",
    ),
    Feature("percent_amplitude", "order", 1, "greatest |m - median|", "m"),
    Feature(
        "percent_difference_magnitude_percentile_5", "order", 1, "(Q(0.95) - Q(0.05)) / median"
    ),
)
_NORMALITY = (
    Feature(
        "anderson_darling_normal",
        "normality",
        4,
        "(1 + 4/N - 25/N^2) (-N - 1/N sum ((2i + 1) ln P[i] + (2(N - i) - 1) ln(1 - P[i]))),"
        " P the normal distribution function of (m - mean) / s, sorted",
    ),
)
_TIME = (
    Feature("duration", "time", 1, "t[N-1] - t[0]", "d"),
    Feature("maximum_time_interval", "time", 2, "greatest t[i+1] - t[i]", "d"),
    Feature("minimum_time_interval", "time", 2, "least t[i+1] - t[i]", "d"),
    Feature("time_mean", "time", 1, "mean of t", "d"),
    Feature("time_standard_deviation", "time", 2, "sqrt(sum (t - mean)^2 / (N - 1))", "d"),
    Feature(
        "eta_e",
        "time",
        2,
        "(t[N-1] - t[0])^2 / (N - 1)^3 sum ((m[i+1] - m[i]) / (t[i+1] - t[i]))^2 / s^2;"
        " points of one time make no step",
    ),
    Feature(
        "maximum_slope",
        "time",
        2,
        "greatest |(m[i+1] - m[i]) / (t[i+1] - t[i])|; points of one time make no step",
        "m/d",
    ),
    Feature("linear_trend", "time", 3, "slope of the line by least squares", "m/d"),
    Feature("linear_trend_sigma", "time", 3, "its standard deviation, of the residuals", "m/d"),
    Feature("linear_trend_noise", "time", 3, "sqrt(sum of squared residuals / (N - 2))", "m"),
)
_ERROR = (
    Feature("weighted_mean", "error", 1, "w = sum (m / e^2) / sum (1 / e^2)", "m"),
    Feature("chi2", "error", 2, "sum ((m - w) / e)^2 / (N - 1)"),
    Feature("stetson_K", "error", 2, "sum |(m - w) / e| / sqrt(N sum ((m - w) / e)^2)"),
    Feature("excess_variance", "error", 2, "(s^2 - mean of e^2) / mean^2"),
    Feature("roms", "error", 2, "sum (|m - median| / e) / (N - 1)"),
    Feature("linear_fit_slope", "error", 3, "slope of the line, points weighted by 1 / e^2", "m/d"),
    Feature("linear_fit_slope_sigma", "error", 3, "its standard deviation, of the errors", "m/d"),
    Feature("linear_fit_reduced_chi2", "error", 3, "sum ((m - line) / e)^2 / (N - 2) of that line"),
)

FEATURES = (*_BASIC, *_SHAPE, *_ORDER, *_NORMALITY, *_TIME, *_ERROR)
"""In the order of the kernels' results."""
FAMILIES: tuple[Family, ...] = ("basic", "shape", "order", "normality", "time", "error")


def chosen(names: Sequence[str] = ()) -> tuple[Feature, ...]:
    """Return the features of some names, in their order; all of them for none.

    Raises
    ------
    UnknownName
        There is no such feature.
    """
    known = {one.name: one for one in FEATURES}
    for name in names:
        if name not in known:
            raise UnknownName("feature", name, known)
    return tuple(known[name] for name in names) if names else FEATURES
