"""Running medians against NumPy's, window by window."""

from bisect import insort

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.comap.science.running_median import (
    Ranking,
    interpolated,
    running_median,
)


def plain(values, used, length):
    half, found = length // 2, []
    for i in range(len(values)):
        window = slice(max(0, i - half), i + half + 1)
        some = values[window][used[window]]
        found.append(np.median(some) if len(some) else np.nan)
    return np.array(found)


def sliding(values, used, length):
    """The same of many samples, from a list that stays sorted."""
    half, n, held, found = length // 2, len(values), [], []
    for i in range(-half, n):
        if i + half < n and used[i + half]:
            insort(held, values[i + half])
        if i > half and used[i - half - 1]:
            held.remove(values[i - half - 1])
        if i >= 0:
            pair = held[(len(held) - 1) // 2 : len(held) // 2 + 1]
            found.append(sum(pair) / len(pair) if pair else np.nan)
    return np.array(found)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.booleans()), min_size=1, max_size=200),
    st.integers(1, 250),
)
def test_is_the_median_of_each_window(samples, length):
    values = np.array([float(value) for value, _ in samples])
    used = np.array([flag for _, flag in samples])
    expected = plain(values, used, length)
    found = running_median(values, used, length)
    told = np.isfinite(expected)
    assert np.array_equal(found[told], expected[told])
    assert np.isfinite(found).all() == used.any()


@pytest.mark.parametrize("share", [1.0, 0.5, 0.01])
@pytest.mark.parametrize("walk", [False, True])
def test_many_words_of_ranks(share, walk):
    chance = np.random.default_rng(3)
    values = chance.normal(size=9000)
    values = values.cumsum() if walk else values
    used = chance.random(9000) < share
    found, expected = running_median(values, used, 601), sliding(values, used, 601)
    assert np.array_equal(
        expected[:400], plain(values[:700], used[:700], 601)[:400], equal_nan=True
    )
    told = np.isfinite(expected)
    assert np.array_equal(found[told], expected[told])


@pytest.mark.parametrize("level", [0.0, -3.0, 1e6, 1e12, -1e15])
def test_values_that_differ_by_very_little(level):
    values = level + np.random.default_rng(0).normal(size=3000)
    ranking = Ranking.of(values)
    assert np.array_equal(ranking.ascending, np.sort(values))
    assert np.array_equal(ranking.ascending[ranking.ranks], values)
    used = np.ones(3000, bool)
    assert np.array_equal(ranking.running_median(used, 51), plain(values, used, 51))


def test_values_that_are_not_used_may_be_anything():
    values = np.array([1.0, np.nan, 3.0, np.inf, 5.0, -np.inf])
    used = np.isfinite(values)
    assert running_median(values, used, 3).tolist() == [1, 2, 3, 4, 5, 5]


def test_one_ranking_serves_several_windows():
    values = np.random.default_rng(0).normal(size=500)
    used = np.ones(500, bool)
    ranking = Ranking.of(values)
    for length in (5, 51):
        assert np.array_equal(ranking.running_median(used, length), plain(values, used, length))


def test_a_window_of_nothing_is_refused():
    with pytest.raises(ValueError, match="holds nothing"):
        running_median(np.ones(3), np.ones(3, bool), 0)


def test_gaps_are_lines_and_ends_are_constant():
    values = np.array([9.0, 1.0, 9.0, 9.0, 4.0, 9.0])
    known = np.array([0, 1, 0, 0, 1, 0], bool)
    assert interpolated(values, known).tolist() == [1, 1, 2, 3, 4, 4]
    assert np.isnan(interpolated(values, np.zeros(6, bool))).all()
