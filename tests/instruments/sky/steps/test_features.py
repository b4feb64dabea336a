"""`sky.features`: what is masked is not used, and nothing is lost."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NoData, UnknownName
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, part_table
from gnomon.instruments.sky.steps.clean import CleanConfig, clean
from gnomon.instruments.sky.steps.features import FeaturesConfig, features

PROVENANCE = Provenance("sky.features", 1, "f" * 64, "{}", ())


def stored(folder, table, kind="sky.clean"):
    path = folder / "curves.parquet"
    pq.write_table(table, path)
    return Input(path, kind, {"survey": "ztf", "group": "x"}, {}, 1, "0" * 64)


def curves(sky, quality=0):
    """Return two stars in two bands; the last point of each is flagged."""
    mjd = np.linspace(58_000, 58_090, 30)
    rows = [
        (star.name, band, t, m, quality if t == mjd[-1] else 0)
        for star in sky.stars[:2]
        for band in "gr"
        for t, m in zip(mjd, star.magnitude(band, mjd), strict=True)
    ]
    names, bands, times, values, flags = zip(*rows, strict=True)
    columns = {"object": names, "band": bands, "time": times, "value": values, "quality": flags}
    columns["error"] = np.full(len(rows), 0.02)
    return part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())


def test_every_object_and_band_has_a_row(tmp_path, sky):
    table = curves(sky)
    masked = table.append_column("mask", pa.array(np.zeros(table.num_rows, np.uint32)))
    report = features(stored(tmp_path, masked), tmp_path / "f", FeaturesConfig(), PROVENANCE)
    assert report.metrics == {"n_curves": 4, "n_points": 120, "n_empty": 0}
    found = pq.read_table(tmp_path / "f")
    assert found["detections"].to_pylist() == [30] * 4
    for row in found.to_pylist():
        values = sky.named(row["object"]).magnitude(row["band"], np.linspace(58_000, 58_090, 30))
        assert row["standard_deviation"] == pytest.approx(np.std(values, ddof=1))
        assert row["median"] == pytest.approx(np.median(values))
    assert read_provenance(tmp_path / "f")["step"] == "sky.features"


def test_what_cleaning_masks_is_not_used(tmp_path, sky):
    made = tmp_path / "clean"
    raw = stored(tmp_path, curves(sky, quality=32_768), "sky.curves")
    clean(raw, made, CleanConfig(), PROVENANCE)
    config = FeaturesConfig(features=("skew", "mean"))
    features(Input(made, "sky.clean", raw.key, {}, 1, ""), tmp_path / "f", config, PROVENANCE)
    found = pq.read_table(tmp_path / "f")
    assert found["detections"].to_pylist() == [29] * 4
    assert found.column_names[-2:] == ["skew", "mean"]


def test_a_curve_that_is_masked_whole_is_there_without_features(tmp_path, sky):
    table = curves(sky)
    mask = np.array([band == "g" for band in table["band"].to_pylist()], np.uint32)
    masked = stored(tmp_path, table.append_column("mask", pa.array(mask)))
    report = features(masked, tmp_path / "f", FeaturesConfig(), PROVENANCE)
    assert report.metrics["n_empty"] == 2
    rows = pq.read_table(tmp_path / "f").to_pylist()
    assert [row["detections"] for row in rows] == [0, 30, 0, 30]
    assert rows[0]["mean"] is None


def test_the_same_curves_give_the_same_bytes(tmp_path, sky):
    table = curves(sky)
    bodies = set()
    for rows in (table, table.take(list(range(table.num_rows))[::-1])):
        features(stored(tmp_path, rows), tmp_path / "f", FeaturesConfig(), PROVENANCE)
        bodies.add((tmp_path / "f").read_bytes())
    assert len(bodies) == 1


def test_no_rows_are_no_data(tmp_path, sky):
    with pytest.raises(NoData):
        features(
            stored(tmp_path, curves(sky).slice(0, 0)), tmp_path / "f", FeaturesConfig(), PROVENANCE
        )


def test_a_file_that_is_no_parquet_is_named(tmp_path, sky):
    one = stored(tmp_path, curves(sky))
    one.path.write_bytes(b"<html>")
    with pytest.raises(BadData, match=r"curves\.parquet"):
        features(one, tmp_path / "f", FeaturesConfig(), PROVENANCE)


def test_an_unknown_feature_is_a_wrong_option():
    with pytest.raises(UnknownName, match="did you mean 'median'"):
        FeaturesConfig(features=("medain",))
