"""`sky.periods`: one row for each object and band, with its period or why it has none."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.science.periods.table import SCHEMA
from gnomon.instruments.sky.steps.clean import CleanConfig, clean
from gnomon.instruments.sky.steps.periods import PeriodsConfig, periods

PROVENANCE = Provenance("sky.periods", 1, "f" * 64, "{}", ())
CONFIG = PeriodsConfig(max_period_d=20, oversampling=5)


def stored(folder, table, survey="ztf"):
    path = folder / "curves.parquet"
    pq.write_table(table, path)
    return Input(path, "sky.clean", {"survey": survey, "group": "x"}, {}, 1, "0" * 64)


def clean_curves(sky, n=130):
    chance = np.random.default_rng(0)
    mjd = 58_000 + np.sort(chance.uniform(0, 200, n))
    columns = {name: [] for name in ("object", "band", "time", "value", "error")}
    for star in sky.stars[:5]:
        columns["object"] += [star.name] * n
        columns["band"] += ["r"] * n
        columns["time"] += list(mjd)
        columns["value"] += list(star.magnitude("r", mjd) + 0.02 * chance.normal(size=n))
        columns["error"] += [0.02] * n
    table = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
    mask = np.zeros(len(table), np.uint32)
    mask[::50] = 4
    return table.append_column("mask", pa.array(mask))


def test_every_curve_has_a_row(tmp_path, sky):
    report = periods(stored(tmp_path, clean_curves(sky)), tmp_path / "p", CONFIG, PROVENANCE)
    table = pq.read_table(tmp_path / "p")
    assert table.schema.names == SCHEMA.names
    assert report.metrics["n_curves"] == 5
    rows = {row["object"]: row for row in table.to_pylist()}
    for star in sky.stars[:5]:
        row = rows[star.name]
        assert row["n_points"] < 130
        if star.variability == "rrlyrae":
            assert row["period_d"] == pytest.approx(star.period_d, rel=1e-3)
        if star.variability in ("constant", "trend"):
            assert not row["significant"]
            assert row["reason"]
    assert read_provenance(tmp_path / "p")["step"] == "sky.periods"


def test_the_same_curves_give_the_same_bytes(tmp_path, sky):
    given = stored(tmp_path, clean_curves(sky))
    for name in ("1", "2"):
        periods(given, tmp_path / name, CONFIG, PROVENANCE)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_tess_is_searched_for_boxes_without_its_trend(tmp_path, sky):
    star = next(one for one in sky.stars if one.variability == "transit")
    time_d = np.arange(1325, 1350, 0.01)
    flux = star.flux_e_s(time_d + 56_999.5)
    flux *= 1 + 0.0005 * np.random.default_rng(0).normal(size=len(time_d))
    columns = {"object": ["TIC 1"] * len(time_d), "band": ["TESS"] * len(time_d)}
    columns |= {"time": time_d, "value": flux, "error": 0.0005 * flux}
    table = part_table(columns, survey="tess", time=BTJD, unit="e-/s", answer=Answer())
    made, given = tmp_path / "clean", stored(tmp_path, table, "tess")
    stages = [{"use": "detrend", "method": "biweight", "window_d": 1.5}, {"use": "normalise"}]
    clean(given, made, CleanConfig.model_validate({"stages": stages}), PROVENANCE)
    cleaned = Input(made, "sky.clean", given.key, {}, 1, "")
    periods(cleaned, tmp_path / "p", PeriodsConfig(min_period_d=1), PROVENANCE)
    (row,) = pq.read_table(tmp_path / "p").to_pylist()
    assert (row["method"], row["unit"]) == ("bls", "1")
    assert row["period_d"] == pytest.approx(star.period_d, rel=2e-3)
    assert row["depth"] == pytest.approx(star.amplitude, rel=0.15)


def test_a_file_that_is_no_curve_is_bad_data(tmp_path):
    given = stored(tmp_path, pa.table({"a": [1]}))
    with pytest.raises(BadData, match="there is no column object"):
        periods(given, tmp_path / "p", CONFIG, PROVENANCE)
    given.path.write_bytes(b"no Parquet")
    with pytest.raises(BadData, match="no Parquet"):
        periods(given, tmp_path / "p", CONFIG, PROVENANCE)


@pytest.mark.parametrize("option", [{"method": "pdm"}, {"terms": 0}, {"fap": 2}, {"typo": 1}])
def test_options_are_checked(option):
    with pytest.raises(ValidationError):
        PeriodsConfig.model_validate(option)
