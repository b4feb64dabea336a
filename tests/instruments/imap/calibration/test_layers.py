"""The sum of layers, and which rows belong to which vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.imap.calibration.layers import TOLERANCE_NS, Layer, add_up

T0 = 813939180705309000


def layer(times, *, offsets=0.0, shift=0.0, flag=0, bits=0, by_vector=True, name="layer"):
    n = len(times)
    return Layer(
        name,
        np.asarray(times, np.int64),
        np.array(np.broadcast_to(offsets, (n, 3)), float),
        np.array(np.broadcast_to(shift, n), float),
        np.array(np.broadcast_to(flag, n), np.int8),
        np.array(np.broadcast_to(bits, n), np.int32),
        by_vector=by_vector,
    )


def test_offsets_and_shifts_add_up():
    times = T0 + np.arange(3) * 500_000_000
    total = add_up([layer(times, offsets=1.5, shift=0.25), layer(times, offsets=[1, 2, 3])], times)
    np.testing.assert_array_equal(total.offsets, [[2.5, 3.5, 4.5]] * 3)
    np.testing.assert_array_equal(total.timedelta_s, [0.25] * 3)


def test_nan_stays():
    times = np.array([T0, T0 + 1_000_000])
    blank = layer(times, offsets=[[np.nan, 0, 0], [0, 0, 0]])
    total = add_up([blank, layer(times, offsets=7.0)], times)
    np.testing.assert_array_equal(total.offsets, [[np.nan, 7, 7], [7, 7, 7]])


@pytest.mark.parametrize(
    ("flags", "becomes"),
    [((1,), 1), ((0,), 0), ((1, 0), 1), ((1, -1), 0), ((-1, 1), 1), ((1, -1, 0), 0)],
)
def test_flags_are_set_and_cleared_in_order(flags, becomes):
    total = add_up([layer([T0], flag=flag) for flag in flags], np.array([T0]))
    assert total.quality_flag.tolist() == [becomes]
    assert total.quality_flag.dtype == np.uint8


@pytest.mark.parametrize(
    ("masks", "becomes"),
    [
        ((4,), 4),
        ((4, 2), 6),
        ((7, -2), 5),
        ((12, -4), 8),  # bits above the one that is cleared stay
        ((5, -5), 0),
        ((-4, 4), 4),
        ((0xFFFF, -1), 0xFFFE),
    ],
)
def test_bits_are_set_and_cleared_in_order(masks, becomes):
    total = add_up([layer([T0], bits=mask) for mask in masks], np.array([T0]))
    assert total.quality_bitmask.tolist() == [becomes]
    assert total.quality_bitmask.dtype == np.uint16


def test_change_points_hold_until_the_next_one_and_nothing_before_the_first():
    times = T0 + np.arange(6) * 10
    changes = layer([T0 + 15, T0 + 30], offsets=[[1] * 3, [2] * 3], flag=[1, -1], by_vector=False)
    total = add_up([changes], times)
    np.testing.assert_array_equal(total.offsets[:, 0], [0, 0, 1, 2, 2, 2])
    np.testing.assert_array_equal(total.quality_flag, [0, 0, 1, 0, 0, 0])


def test_a_layer_in_microseconds_fits_vectors_in_nanoseconds():
    """Defect d: layer files keep microseconds, epochs of real science have nanoseconds."""
    times = 798509834753359872 + np.arange(100) * 500_000_000
    for kept in (times // 1000 * 1000, np.rint(times / 1000).astype(np.int64) * 1000):
        total = add_up([layer(kept, offsets=1.0)], times)
        assert total.offsets.shape == (100, 3)


@given(apart=st.integers(-3 * TOLERANCE_NS, 3 * TOLERANCE_NS))
def test_the_tolerance_is_what_it_says(apart):
    times = T0 + np.arange(4) * 7_812_500
    if abs(apart) <= TOLERANCE_NS:
        add_up([layer(times + apart)], times)
    else:
        with pytest.raises(BadData, match="4 of 4 vectors have no row within 1000 ns"):
            add_up([layer(times + apart)], times)


def test_a_layer_of_other_vectors_is_refused_and_says_where():
    times = T0 + np.arange(4) * 500_000_000
    with pytest.raises(BadData) as refused:
        add_up([layer(times[:3], name="short.json")], times)
    told = str(refused.value)
    assert told.startswith("short.json is not of these vectors: 1 of 4 vectors have no row")
    assert "2025-10-17T02:11:53.021309000 UTC" in told
    with pytest.raises(BadData, match="1 of 4 rows have no vector"):
        add_up([layer(times)], times[1:])
    with pytest.raises(BadData, match="4 of 4 vectors have no row"):
        add_up([layer([])], times)
    doubled = np.sort(np.append(times, times[0] + 1))
    with pytest.raises(BadData, match="cannot be told apart"):
        add_up([layer(times)], doubled)


def test_nothing_to_add_and_nobody_to_add_to():
    total = add_up([], np.array([T0]))
    assert total.offsets.tolist() == [[0.0, 0.0, 0.0]]
    assert len(add_up([layer([])], np.array([], np.int64)).offsets) == 0
    assert len(add_up([layer([T0], by_vector=False)], np.array([], np.int64)).offsets) == 0


def test_impossible_layers_are_refused():
    with pytest.raises(BadData, match="quality_flag is none of"):
        layer([T0], flag=2)
    with pytest.raises(BadData, match="an offset is infinite"):
        layer([T0], offsets=(0.0, np.inf, 0.0))
    with pytest.raises(BadData, match="more than 16 bits"):
        layer([T0], bits=-65_536)
    with pytest.raises(BadData, match="do not ascend at 2025-10-17T02:11:51"):
        layer([T0, T0])
    with pytest.raises(BadData, match="do not ascend"):
        layer([T0, T0 - 1], by_vector=False)
