"""Quality windows against the definition, vector by vector."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.imap.calibration.layers import add_up
from gnomon.instruments.imap.calibration.quality import Window, windows_layer

HOUR = 3_600_000_000_000
T0 = 800_000_000_000_000_000


def at(hour):
    return T0 + int(hour * HOUR)


def flags(windows, hours):
    layer = windows_layer(windows, at(0), at(24), "quality")
    return add_up([layer], np.array([at(hour) for hour in hours]))


def test_adjacent_windows_both_hold():
    """Defect e: two windows that share an instant made two rows of one time."""
    made = flags([Window(at(2), at(4), 1), Window(at(4), at(6), 1, 8)], [1, 2, 3.9, 4, 5, 6])
    assert made.quality_flag.tolist() == [0, 1, 1, 1, 1, 0]
    assert made.quality_bitmask.tolist() == [0, 0, 0, 8, 8, 0]


def test_overlapping_windows_flag_all_that_either_flags():
    """Defect e: 02-06 and 04-10 left 06-10 without its flag."""
    made = flags([Window(at(2), at(6), 1), Window(at(4), at(10), 1)], [1.9, 2, 5, 6, 7, 9.9, 10])
    assert made.quality_flag.tolist() == [0, 1, 1, 1, 1, 1, 0]


def test_a_window_inside_another_ends_alone():
    made = flags([Window(at(2), at(10), 1, 4), Window(at(4), at(6), 0, 2)], [3, 5, 7, 11])
    assert made.quality_flag.tolist() == [1, 1, 1, 0]
    assert made.quality_bitmask.tolist() == [4, 6, 4, 0]


def test_components_are_blanked():
    made = flags([Window(at(2), at(4), blank=(True, False, True))], [1, 3, 4])
    nan = np.nan
    np.testing.assert_array_equal(made.offsets, [[0, 0, 0], [nan, 0, nan], [0, 0, 0]])


def test_windows_are_cut_to_the_day():
    layer = windows_layer([Window(at(-5), at(40), 1)], at(0), at(24), "quality")
    assert layer.tt2000.tolist() == [at(0)]
    assert windows_layer([Window(at(-5), at(0), 1)], at(0), at(24), "quality") is None
    assert windows_layer([Window(at(24), at(25), 1)], at(0), at(24), "quality") is None
    assert windows_layer([], at(0), at(24), "quality") is None


def test_clearing_bits_that_another_window_sets_leaves_the_last_word():
    made = windows_layer(
        [Window(at(1), at(9), 0, 4), Window(at(2), at(3), 0, -4)], at(0), at(24), "q"
    )
    assert made.quality_bitmask.tolist() == [4, -4, 4, 0]
    with pytest.raises(ConfigError, match="set bits 1 and clear bits 4"):
        windows_layer([Window(at(1), at(9), 0, 5), Window(at(2), at(3), 0, -4)], at(0), at(24), "q")


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ConfigError, match="ends before it begins"):
        Window(at(2), at(2))


hours = st.integers(-2, 26)
windows_ = st.builds(
    lambda start, length, flag, mask, x: Window(
        at(start), at(start + length), flag, mask, (x, False, False)
    ),
    hours,
    st.integers(1, 12),
    st.sampled_from([-1, 0, 1]),
    st.sampled_from([0, 1, 2, 4, 6]),
    st.booleans(),
)


@given(windows=st.lists(windows_, min_size=1, max_size=6))
def test_any_windows_say_what_they_say_one_by_one(windows):
    layer = windows_layer(windows, at(0), at(24), "quality")
    assume(layer is not None)
    times = np.array([at(h / 2) for h in range(48)])
    made = add_up([layer], times)
    for i, time in enumerate(times):
        flag, mask, blank = 0, 0, False
        for window in windows:
            if window.start_tt2000 <= time < window.stop_tt2000:
                flag = window.quality_flag or flag
                mask |= window.quality_bitmask
                blank |= window.blank[0]
        assert made.quality_flag[i] == max(flag, 0)
        assert made.quality_bitmask[i] == mask
        assert np.isnan(made.offsets[i, 0]) == blank
    assert np.all(np.diff(layer.tt2000) > 0)
