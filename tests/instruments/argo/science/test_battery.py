"""What voltages and cycles say of a battery."""

from datetime import UTC, datetime

import numpy as np
import pytest

from gnomon.instruments.argo.files.metadata import FloatFile, TechnicalData
from gnomon.instruments.argo.science.battery import (
    Charge,
    estimate,
    is_alkaline,
    last_voltage,
)

FILE = FloatFile("1_tech.nc", "tech", 1, datetime(2026, 1, 1, tzinfo=UTC))


def technical(*entries):
    cycles, names, values = zip(*entries, strict=True) if entries else ((), (), ())
    return TechnicalData(FILE, np.array(cycles, "i4"), names, values)


PARK, PROFILE = "VOLTAGE_BatteryParkNoLoad_volts", "VOLTAGE_BatteryInitialAtProfileDepth_volts"


def test_the_last_believable_voltage_at_rest_counts():
    told = technical(
        (2, PARK, "14.1"), (1, PARK, "15.0"), (3, PARK, ""), (4, PARK, "99.9"), (5, PROFILE, "9.0")
    )
    assert last_voltage(told) == 14.1
    assert last_voltage(technical((1, "VOLTAGE_Battery_volts", "10.5"))) == 10.5
    assert last_voltage(technical((1, "CURRENT_BatteryPark_mA", "12"))) is None
    assert last_voltage(technical()) is None


def test_voltage_before_cycles_before_nothing():
    told = technical((9, PARK, "14.0"))
    assert estimate(told, 140, alkaline=False) == Charge(60.0, "voltage")
    assert estimate(technical(), 140, alkaline=False) == Charge(50.0, "cycles")
    assert estimate(None, 110, alkaline=True) == Charge(50.0, "cycles")
    assert estimate(None, 900, alkaline=False) == Charge(0.0, "cycles")
    assert estimate(None, None, alkaline=False) is None


def test_two_packs_in_series_count_half():
    assert estimate(technical((1, PARK, "28.0")), 1, alkaline=False) == Charge(60.0, "voltage")


@pytest.mark.parametrize("alkaline", [False, True])
def test_less_voltage_is_never_more_charge(alkaline):
    volts = np.arange(5.0, 20.0, 0.25)
    found = [estimate(technical((1, PARK, f"{v}")), 1, alkaline=alkaline).percent for v in volts]
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("told", "alkaline"),
    [
        (("Alkaline", "3D Alk", "APEX", 2017), True),
        (("Alkaline", "4DD LI", "APEX", 2017), False),
        (("Lithium", None, "APEX", 2005), False),
        ((None, None, "APEX", 2005), True),
        ((None, None, "APEX", 2015), False),
        ((None, None, "ARVOR", 2005), False),
        ((None, None, None, None), False),
    ],
)
def test_which_packs_are_alkaline(told, alkaline):
    assert is_alkaline(*told) is alkaline
