from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from argo_products import profiles_table
from gnomon.instruments.argo.exports.summary import area_of, summarise_float
from gnomon.instruments.argo.science.statistics import PARAMETERS_SCHEMA

NOW = datetime(2020, 4, 20, tzinfo=UTC)
AREA = (20.0, 23.0, -40.25, -38.75)


def row(cycle, parameter, n_good, mean, **more):
    key = {"platform_number": 1900857, "cycle_number": cycle, "direction": "A", "n_prof": 0}
    good = n_good > 0
    return key | {
        "parameter": parameter, "data_mode": "RAD"[cycle], "n_levels": 9, "n_values": 8,
        "n_good": n_good, "minimum": mean - 1 if good else None,
        "maximum": mean + 1 if good else None, "mean": mean if good else None, **more,
    }  # fmt: skip


def parameters(*rows):
    return pa.Table.from_pylist(list(rows), PARAMETERS_SCHEMA)


def test_means_are_weighted_by_the_good_values():
    table = parameters(
        row(0, "TEMP", 2, 10.0, n_test_failed=1, n_dac_bad=2, n_both_bad=1),
        row(1, "TEMP", 6, 20.0, n_test_failed=0, n_dac_bad=3, n_both_bad=0),
        row(2, "TEMP", 0, 0.0, n_test_failed=0, n_dac_bad=0, n_both_bad=0),
        row(0, "DOXY", 0, 0.0),
        row(0, "PRES", 1, 5.0),
    )
    found = summarise_float(profiles_table(4), table, None, NOW)
    assert [p.parameter for p in found.parameters] == ["PRES", "TEMP", "DOXY"]
    temp, doxy = found.parameters[1:]
    assert (temp.minimum, temp.maximum, temp.mean) == (9.0, 21.0, 17.5)
    assert (temp.n_values, temp.n_good, temp.modes) == (24, 8, {"A": 1, "D": 1, "R": 1})
    assert (temp.n_test_failed, temp.n_dac_bad, temp.n_both_bad) == (1, 5, 1)
    assert doxy.minimum is doxy.mean is doxy.n_test_failed is None


def test_the_float_as_a_whole():
    found = summarise_float(profiles_table(4), parameters(), {"end_mission_date": None}, NOW)
    assert (found.wmo, found.status, found.n_profiles, found.n_cycles) == (1900857, "ACTIVE", 4, 4)
    assert found.area == AREA
    assert found.last.isoformat() == "2020-03-31T12:00:05+00:00"
    ended = {"end_mission_date": "2020-04-01T00:00:00Z"}
    assert summarise_float(profiles_table(4), parameters(), ended, NOW).status == "INACTIVE"
    lost = summarise_float(profiles_table(1, missing=(0,)), parameters(), None, NOW)
    assert lost.status == "UNKNOWN"
    assert lost.first is lost.area is None


def test_a_time_and_a_position_that_are_flagged_bad_tell_nothing():
    table = profiles_table(4)
    for name in ("juld_qc", "position_qc"):
        flags = pa.array([1, None, 4, 3], pa.int8())
        table = table.set_column(table.column_names.index(name), table.field(name), flags)
    found = summarise_float(table, parameters(), None, NOW)
    assert found.last.isoformat() == "2020-03-11T12:00:05+00:00"
    assert found.area == (20.0, 21.0, -40.25, -39.75)
    assert found.n_profiles == 4


def test_an_area_over_the_date_line_is_small():
    box = area_of(np.array([1.0, 2.0, 3.0, np.nan]), np.array([179.0, -178.0, 181.5, 0.0]))
    assert box == (179.0, -178.0, 1.0, 3.0)
    assert area_of(np.array([5.0]), np.array([10.0])) == (10.0, 10.0, 5.0, 5.0)
