"""Curves of a table: sorted, flat, and only what may be used."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.batches import curves_of
from gnomon.instruments.sky.curves.schema import (
    BTJD,
    JD_UTC,
    MJD_UTC,
    UNREADABLE,
    Answer,
    part_table,
)

NAN = float("nan")


def part(system=MJD_UTC, unit="mag", **columns):
    n = len(columns["object"])
    columns = {"band": ["r"] * n, "time": np.arange(n), "value": np.arange(n) + 10.0, **columns}
    return part_table(columns, survey="ztf", time=system, unit=unit, answer=Answer())


def cleaned(table, **columns):
    for name, column in columns.items():
        table = table.append_column(name, pa.array(column))
    return table


def test_objects_bands_and_times_are_sorted():
    table = part(
        object=["b", "a", "b", "a", "a"],
        band=["r", "r", "g", "r", "g"],
        time=[5.0, 4.0, 3.0, 2.0, 1.0],
        error=[1.0, 2.0, 3.0, 4.0, NAN],
        ra_deg=[10.0, 20.0, 10.5, 20.0, NAN],
        dec_deg=[1.0] * 5,
    )
    curves = curves_of(table)
    assert list(zip(curves.objects, curves.bands, strict=True)) == [
        *(("a", "g"), ("a", "r"), ("b", "g"), ("b", "r")),
    ]
    assert curves.offsets.tolist() == [0, 1, 3, 4, 5]
    assert curves.time_d.tolist() == [1, 2, 4, 3, 5]
    assert curves.value.tolist() == [14, 13, 11, 12, 10]
    assert curves.error.tolist()[1:] == [4, 2, 3, 1]
    np.testing.assert_array_equal(curves.ra_deg, [NAN, 20, 10.5, 10])
    assert (curves.unit, curves.time_system) == ("mag", MJD_UTC)


def test_one_curve_is_a_view():
    curves = curves_of(part(object=["a", "a", "b"]))
    one = curves.curve(0)
    assert (one.object, one.band, len(one), one.unit) == ("a", "r", 2, "mag")
    assert one.value.base is not None
    assert [len(curve) for curve in curves] == [2, 1] == curves.lengths.tolist()


def test_flags_limits_and_what_is_not_finite_are_left_out():
    table = part(
        object=["a"] * 7,
        time=[0.0, 1, 2, 3, 4, NAN, 6],
        value=[10.0, 11, 12, NAN, 14, 15, float("inf")],
        quality=[0, 1, UNREADABLE, 0, 0, 0, 0],
        is_limit=[False] * 4 + [True] + [False] * 2,
    )
    assert curves_of(table).value.tolist() == [10]


def test_a_mask_stands_for_the_flags():
    table = part(object=["a"] * 4, quality=[0, 1, 0, 0], is_limit=[False, False, False, True])
    masked = cleaned(table, mask=pa.array([4, 0, 0, 0], pa.uint32()))
    assert curves_of(masked).value.tolist() == [11, 12, 13]


def test_a_curve_without_usable_points_is_there_empty():
    curves = curves_of(part(object=["a", "b", "b", "c"], quality=[1, 0, 0, 8]))
    assert curves.objects == ("a", "b", "c")
    assert curves.lengths.tolist() == [0, 2, 0]
    assert curves.unit == "mag"


def test_more_curves_than_16_bits_count():
    names = [f"{n % 70_000:05d}" for n in range(140_000)]
    times = np.random.default_rng(0).permutation(140_000).astype(np.float64)
    curves = curves_of(part(object=names, time=times, value=times))
    assert (len(curves), set(curves.lengths)) == (70_000, {2})
    assert np.all(np.diff(curves.time_d.reshape(-1, 2), axis=1) > 0)
    assert set(curves.curve(69_999).value) == {times[69_999], times[139_999]}


def test_every_row_of_its_own_object_and_band():
    names = [str(n) for n in range(100, 140)]
    curves = curves_of(part(object=names, band=names[::-1]))
    assert curves.objects == tuple(names)
    assert curves.bands == tuple(names[::-1])


def test_no_rows_no_curves():
    curves = curves_of(part(object=[]))
    assert len(curves) == 0
    assert curves.offsets.tolist() == [0]
    assert (curves.unit, curves.time_system) == ("", None)


def test_what_is_left_of_a_trend_has_its_own_errors_and_unit():
    table = part(object=["a", "a"], unit="e-/s", system=BTJD, error=[1.0, 1.0])
    more = {"flat": [1.0, NAN], "flat_error": [0.5, 0.25], "flat_unit": ["1", "1"]}
    curves = curves_of(cleaned(table, **more), use="flat")
    assert (curves.value.tolist(), curves.error.tolist(), curves.unit) == ([1], [0.5], "1")


def test_curves_of_different_systems_stand_beside_each_other():
    both = pa.concat_tables(
        [part(object=["a"]), part(object=["b"], unit="e-/s", system=BTJD, band=["TESS"])]
    )
    curves = curves_of(both)
    assert curves.units == ("mag", "e-/s")
    assert curves.time_systems == (MJD_UTC, BTJD)
    with pytest.raises(BadData, match="different units: mag, e-/s"):
        _ = curves.unit
    with pytest.raises(BadData, match="different systems of time"):
        _ = curves.time_system


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"system": JD_UTC}, "a in r: different systems of time"),
        ({"unit": "nJy"}, "different units"),
    ],
)
def test_one_curve_has_one_system(other, says):
    with pytest.raises(BadData, match=says):
        curves_of(pa.concat_tables([part(object=["a"]), part(object=["a"], **other)]))


def test_a_missing_column_is_named():
    with pytest.raises(BadData, match="there is no column flat"):
        curves_of(part(object=["a"]), use="flat")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("gr"), st.integers(0, 9))))
def test_rows_may_come_in_any_order(rows):
    names, bands, times = zip(*rows, strict=True) if rows else ((), (), ())
    table = part(object=list(names), band=list(bands), time=list(map(float, times)))
    curves = curves_of(table)
    assert sorted(zip(curves.objects, curves.bands, strict=True)) == sorted(
        {(name, band) for name, band, _ in rows}
    )
    for one in curves:
        mine = sorted(t for name, band, t in rows if (name, band) == (one.object, one.band))
        assert one.time_d.tolist() == mine
