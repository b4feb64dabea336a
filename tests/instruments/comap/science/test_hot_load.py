"""How warm the hot load is."""

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.comap.science.hot_load import sensor, temperature_k

BEFORE, AFTER = 59610.9, 59611.0


def test_the_date_decides_which_sensor_tells():
    assert sensor("dated", BEFORE) == "vane"
    assert sensor("dated", AFTER) == "shroud"
    assert sensor("shroud", BEFORE) == "shroud"
    assert sensor(290.0, AFTER) is None


def test_temperatures_follow_the_sensor():
    read_c = np.array([14.9, np.nan, 15.0, 80.0, 14.8, 15.0])
    assert temperature_k("dated", BEFORE, read_c) == pytest.approx(288.15)
    assert temperature_k("shroud", AFTER, read_c) == pytest.approx(288.15)
    assert temperature_k("dated", AFTER, read_c) == pytest.approx(0.2702 * 288.15 + 213)
    assert temperature_k(291.5, AFTER, np.empty(0)) == 291.5


@pytest.mark.parametrize("read_c", [np.empty(0), np.full(3, np.nan), np.full(3, -273.0)])
def test_a_sensor_that_says_nothing_sensible_is_told(read_c):
    with pytest.raises(BadData, match="hot load"):
        temperature_k("shroud", AFTER, read_c)
