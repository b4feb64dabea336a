"""Cleaning: every row stays, each mask has its reason, and what is taken away is written down."""

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.cleaned import cleaned, read
from gnomon.instruments.sky.curves.schema import (
    BTJD,
    JD_UTC,
    MJD_UTC,
    UNREADABLE,
    Answer,
    part_table,
)
from gnomon.instruments.sky.curves.stages import Stage
from gnomon.instruments.sky.science.cleaning import Reason

ANSWER = Answer("http://archive", "q", "dr24", "2026-01-01T00:00:00Z", "00")
STAGES = TypeAdapter(tuple[Stage, ...])


def stages(*wanted):
    return STAGES.validate_python(wanted)


def table(value, *, unit="mag", survey="ztf", time_system=MJD_UTC, **more):
    n = len(value)
    columns = {
        "object": ["a"] * n,
        "band": ["g"] * n,
        "time": np.arange(n, dtype=float),
        "value": np.array(value, float),
        "error": np.full(n, 0.1),
    }
    return part_table(columns | more, survey=survey, time=time_system, unit=unit, answer=ANSWER)


def same(one, other):
    """Tell whether two tables hold the same; NaN is NaN."""
    return one.schema == other.schema and repr(one.to_pydict()) == repr(other.to_pydict())


def column(made, name):
    return made.table[name].to_pylist()


def test_each_reason_has_its_bit():
    rows = table(
        [1.0, np.nan, 2.0, 3.0, 4.0, 5.0],
        time=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        is_limit=[False, False, True, False, False, False],
        quality=[0, 0, 0, 32768, UNREADABLE, 1],
        error=[0.1, 0.1, np.nan, 0.1, 0.1, 0.1],
    ).append_column("conflict", pa.array([True] + [False] * 5))
    made = cleaned(rows, stages({"use": "quality"}, {"use": "error"}))
    assert column(made, "mask") == [
        Reason.CONFLICT,
        Reason.NOT_FINITE,
        Reason.LIMIT | Reason.ERROR,
        Reason.QUALITY,
        Reason.QUALITY,
        0,
    ]
    assert made.metrics["n_used"] == 1
    assert made.metrics["n_quality"] == 2
    assert same(made.table.select(rows.column_names), rows)
    kept = cleaned(rows, stages(), use_conflicts=True)
    assert column(kept, "mask")[0] == 0


@pytest.mark.parametrize(
    ("survey", "mask", "passed"),
    [
        ("ztf", "none", [0, 1, 128, 1024, 32768, -1]),
        ("ztf", "default", [0, 1, 128, 1024]),
        ("ztf", "hard", [0]),
        ("ztf", 1, [0, 128, 1024, 32768]),
        ("tess", "default", [0, 1024, 32768]),
        ("tess", "hard", [0, 32768]),
        ("tesscut", "hardest", [0]),
        ("ztf-alerts", "default", [0]),
        ("lsst-alerts", "none", [0, 1, 128, 1024, 32768, -1]),
    ],
)
def test_masks_of_quality_are_those_of_each_survey(survey, mask, passed):
    flags = [0, 1, 128, 1024, 32768, -1]
    rows = table([1.0] * 6, survey=survey, quality=flags)
    made = cleaned(rows, stages({"use": "quality", "mask": mask}))
    masks = column(made, "mask")
    assert [flag for flag, one in zip(flags, masks, strict=True) if not one] == passed


def test_the_default_mask_keeps_of_a_tess_file_what_lightkurve_keeps(real, truth):
    for name, known in truth["tess"].items():
        with fits.open(real / "tess" / name) as hdus:
            data = hdus[1].data
            rows = {n: np.asarray(data[n]).astype("=f8") for n in ("TIME", "PDCSAP_FLUX")}
            quality = np.asarray(data["QUALITY"]).astype(np.int64)
        timed = np.isfinite(rows["TIME"])
        flux = rows["PDCSAP_FLUX"][timed]
        made = cleaned(
            table(
                flux,
                unit="e-/s",
                survey="tess",
                time_system=BTJD,
                time=rows["TIME"][timed],
                quality=quality[timed],
            ),
            stages(
                {"use": "quality"},
                {"use": "detrend", "window_d": 1.0, "gap_d": 0.5},
                {"use": "sigma", "lower": None},
            ),
        )
        mask = made.table["mask"].to_numpy()
        good = (mask & ~np.uint32(Reason.OUTLIER)) == 0
        assert good.sum() == known["default"]["n_finite_pdcsap"]
        assert np.median(flux[good]) == pytest.approx(known["default"]["median_pdcsap"], rel=1e-9)
        flat = made.table["flat"].to_numpy()[mask == 0]
        time = rows["TIME"][timed][mask == 0]
        bls = known["astropy_bls"]
        phase = np.mod(time - bls["t0"] + bls["period"] / 2, bls["period"]) - bls["period"] / 2
        depth = 1 - np.mean(flat[np.abs(phase) < bls["duration"] / 2])
        assert np.median(flat) == pytest.approx(1, abs=1e-4)
        # Another trend was taken away there.
        assert depth == pytest.approx(bls["depth"], rel=0.1)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["g", "r"]),
        st.integers(0, 30),
        st.one_of(st.just(np.nan), st.integers(1, 50)),
        st.sampled_from([0, 1, 32768, -1]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)
WANTED = st.lists(
    st.sampled_from(
        [
            {"use": "quality"},
            {"use": "sigma", "upper": 2.0, "lower": 2.0},
            {"use": "sigma", "scale": "std"},
            {"use": "detrend", "method": "median", "window_d": 5.0, "least": 2},
            {"use": "detrend", "method": "biweight", "window_d": 9.0, "edge_d": 1.0},
            {"use": "detrend", "method": "spline", "window_d": 9.0},
            {"use": "normalise"},
            {"use": "normalise", "method": "mean", "by": "answer"},
            {"use": "window", "times": [[3.0, 5.0]]},
        ]
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(ROWS, WANTED, st.sampled_from(["mag", "e-/s", "nJy"]), st.randoms(use_true_random=False))
def test_no_row_is_lost_and_the_value_is_trend_and_flat_together(rows, wanted, unit, random):
    names = ("object", "band", "time", "value", "quality", "is_limit")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    columns["error"] = [0.5] * len(rows)
    columns["time"] = np.array(columns["time"], float)
    value = np.array(columns.pop("value"), float)
    curves = table(value, unit=unit, **columns)
    curves = curves.append_column("answer", pa.array([n % 2 for n in range(len(rows))], pa.int32()))
    made = cleaned(curves, stages(*wanted))
    assert same(made.table.select(curves.column_names), curves)
    mask, trend, flat = (made.table[n].to_numpy() for n in ("mask", "trend", "flat"))
    divided = unit == "e-/s"
    known = np.isfinite(trend)
    again = trend * flat if divided else trend + flat
    np.testing.assert_allclose(again[known], value[known], rtol=1e-9, atol=1e-9)
    assert (mask[~known] & Reason.NO_TREND).all()
    assert np.isfinite(flat[mask == 0]).all()
    changed = any(one["use"] in ("detrend", "normalise") for one in wanted)
    assert set(column(made, "flat_unit")) == {"1" if changed and divided else unit}
    if not changed:
        np.testing.assert_array_equal(flat, value)
    # The order of the rows says nothing.
    order = list(range(len(rows)))
    random.shuffle(order)
    distinct = len({(r[0], r[1], r[2]) for r in rows}) == len(rows)
    if distinct:
        shuffled = cleaned(curves.take(pa.array(order)), stages(*wanted))
        assert shuffled.table["mask"].to_pylist() == [int(mask[n]) for n in order]
        np.testing.assert_allclose(shuffled.table["flat"].to_numpy(), flat[order], rtol=1e-9)


def test_fluxes_are_divided_and_their_errors_too():
    made = cleaned(table([50.0, 100.0, 150.0], unit="e-/s"), stages({"use": "normalise"}))
    assert column(made, "flat") == [0.5, 1.0, 1.5]
    assert column(made, "flat_error") == [0.001] * 3
    assert column(made, "trend") == [100.0] * 3


def test_magnitudes_and_differences_of_flux_are_subtracted():
    for unit in ("mag", "nJy"):
        made = cleaned(table([-1.0, 0.0, 4.0], unit=unit), stages({"use": "normalise"}))
        assert column(made, "flat") == [-1.0, 0.0, 4.0]
        assert column(made, "flat_error") == [0.1] * 3
    rows = table([2.0, 4.0, 6.0], unit="nJy")
    assert column(cleaned(rows, stages({"use": "normalise"}), relative="divide"), "flat") == [
        0.5,
        1.0,
        1.5,
    ]


def test_what_cannot_be_divided_is_masked():
    made = cleaned(table([-3.0, -2.0, -1.0], unit="e-/s"), stages({"use": "normalise"}))
    assert column(made, "mask") == [Reason.NO_TREND] * 3
    assert made.metrics["n_used"] == 0
    assert made.note


def test_each_answer_can_have_its_own_middle():
    rows = table([1.0, 2.0, 3.0, 11.0, 12.0, 13.0])
    rows = rows.append_column("answer", pa.array([0, 0, 0, 1, 1, 1], pa.int32()))
    made = cleaned(rows, stages({"use": "normalise", "by": "answer"}))
    assert column(made, "flat") == [-1.0, 0.0, 1.0] * 2


def test_stages_act_in_their_order():
    value = [1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 1.0, 50.0]
    first = cleaned(table(value), stages({"use": "sigma"}, {"use": "normalise", "method": "mean"}))
    last = cleaned(table(value), stages({"use": "normalise", "method": "mean"}, {"use": "sigma"}))
    assert column(first, "trend")[0] == pytest.approx(1.0)
    assert column(last, "trend")[0] == pytest.approx(np.mean(value))
    assert column(first, "mask") == column(last, "mask") == [0] * 7 + [Reason.OUTLIER]


def test_mixed_systems_of_time_are_refused():
    both = pa.concat_tables([table([1.0]), table([1.0], time_system=JD_UTC)])
    with pytest.raises(BadData, match="a in g: times of different systems"):
        cleaned(both, ())
    other = table([1.0], unit="nJy", band=["r"])
    assert cleaned(pa.concat_tables([table([1.0]), other]), ()).metrics["n_curves"] == 2


def test_a_table_without_rows_is_cleaned_too():
    made = cleaned(table([]), stages({"use": "quality"}, {"use": "detrend", "window_d": 1.0}))
    assert made.table.num_rows == 0
    assert "mask" in made.table.column_names


def test_what_is_no_file_of_curves_is_refused(tmp_path):
    import pyarrow.parquet as pq  # noqa: PLC0415 - beside its use

    (tmp_path / "x.parquet").write_bytes(b"no")
    with pytest.raises(BadData, match=r"x\.parquet"):
        read(tmp_path / "x.parquet")
    pq.write_table(pa.table({"time": [1.0]}), tmp_path / "y.parquet")
    with pytest.raises(BadData, match="no column survey, object"):
        read(tmp_path / "y.parquet")
    rows = table([1.0])
    place = rows.schema.get_field_index("time")
    other = rows.set_column(place, "time", rows["time"].cast(pa.string()))
    pq.write_table(other, tmp_path / "z.parquet")
    with pytest.raises(BadData, match="column time is string, not double"):
        read(tmp_path / "z.parquet")
