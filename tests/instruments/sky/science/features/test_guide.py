"""The guide's tables: what all points of an object say."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.instruments.sky.curves.batches import curves_of
from gnomon.instruments.sky.curves.reading import read_table
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.science.features import guide
from gnomon.instruments.sky.science.features.labels import labelled, read_labels
from gnomon.instruments.sky.science.features.observations import (
    is_observations,
    observation_table,
)


def guide_table(table):
    return guide.guide_table(table, curves_of(table))


def part(unit="mag", system=MJD_UTC, **columns):
    return part_table(columns, survey="s", time=system, unit=unit, answer=Answer())


def test_one_row_per_object_whatever_the_band():
    table = part(
        object=["b", "a", "a", "a", "c"],
        band=["g", "r", "g", "g", "i"],
        time=[1.0, 2.0, 3.0, 4.0, 5.0],
        value=[18.0, 16.0, 17.0, 19.0, 20.0],
        quality=[0, 0, 0, 0, 1],
    )
    assert guide_table(table).to_pylist() == [
        {
            "object_id": "a",
            "detections": 3,
            "mean_mag": pytest.approx(52 / 3),
            "std_mag": pytest.approx(np.std([16, 17, 19], ddof=1)),
            "min_mag": 16.0,
            "max_mag": 19.0,
            "filters": "g,r",
        },
        {
            "object_id": "b",
            "detections": 1,
            "mean_mag": 18.0,
            "std_mag": None,
            "min_mag": 18.0,
            "max_mag": 18.0,
            "filters": "g",
        },
        {
            "object_id": "c",
            "detections": 0,
            "mean_mag": None,
            "std_mag": None,
            "min_mag": None,
            "max_mag": None,
            "filters": "",
        },
    ]


def test_tess_has_one_row_per_sector_and_cadence():
    table = part(
        unit="e-/s",
        system=BTJD,
        object=["TIC 7"] * 5,
        band=["TESS"] * 5,
        time=[1.0, 2.0, 3.0, 4.0, 5.0],
        value=[10.0, 14.0, 30.0, 31.0, 5.0],
        sector=[1, 1, 2, 2, 2],
        cadence_s=[120.0, 120.0, 120.0, 120.0, 20.0],
    )
    rows = guide_table(table).to_pylist()
    assert [(row["sector"], row["cadence"], row["n_points"]) for row in rows] == [
        *((1, "short", 2), (2, "fast", 1), (2, "short", 2)),
    ]
    std = np.sqrt(8.0)
    assert rows[0] == {
        "tic_id": "TIC7",
        "sector": 1,
        "cadence": "short",
        "mean_flux": 12.0,
        "std_flux": pytest.approx(std),
        "min_flux": 10.0,
        "max_flux": 14.0,
        "flux_span": 4.0,
        "n_points": 2,
        "cv": pytest.approx(std / 12),
    }
    assert rows[1]["cv"] is None


@pytest.mark.parametrize("cadence_s", [float("nan"), None])
def test_a_cadence_that_is_not_known_has_no_name(cadence_s):
    one = {"object": ["TIC 7"], "band": ["TESS"], "time": [1.0], "value": [10.0], "sector": [1]}
    table = part("e-/s", BTJD, **one, cadence_s=pa.array([cadence_s], pa.float64()))
    (row,) = guide_table(table).to_pylist()
    assert (row["sector"], row["cadence"], row["n_points"]) == (1, None, 1)


def test_other_fluxes_are_like_magnitudes():
    table = part(unit="nJy", object=["a"], band=["r"], time=[1.0], value=[2.0])
    assert guide_table(table).column_names == [
        *("object_id", "detections", "mean_flux", "std_flux", "min_flux", "max_flux", "filters"),
    ]


def test_magnitudes_and_fluxes_do_not_mix():
    one = {"object": ["a"], "band": ["r"], "time": [1.0], "value": [2.0]}
    both = pa.concat_tables([part(**one), part("nJy", **(one | {"band": ["f"]}))])
    with pytest.raises(BadData, match="magnitudes and fluxes"):
        guide_table(both)
    with pytest.raises(BadData, match="no light curves"):
        guide_table(part(**{name: [] for name in one}))


def test_a_real_light_curve_of_ztf(real, truth):
    ((name, known),) = truth["ztf_dr"].items()
    (row,) = guide_table(read_table(real / "ztf_dr" / name)).to_pylist()
    assert row["detections"] == known["n"] - known["n_flagged"]
    assert row["mean_mag"] == pytest.approx(known["mean_mag"], rel=1e-12)
    assert row["std_mag"] == pytest.approx(known["std1"], rel=1e-12)


def test_real_supernovae(real, truth):
    for name, known in truth["snia"].items():
        bands = known["bands"].values()
        (row,) = guide_table(read_table(real / "snia" / f"{name}.csv")).to_pylist()
        assert row["object_id"] == name
        assert row["detections"] == known["n"]
        assert row["min_mag"] == min(band["min"] for band in bands)
        assert row["max_mag"] == max(band["max"] for band in bands)
        mean = sum(band["n"] * band["mean"] for band in bands) / known["n"]
        assert row["mean_mag"] == pytest.approx(mean, rel=1e-12)


# -- observations of MAST


OBSERVED = {
    "obs_id": ["x", "y"],
    "instrument_name": ["WFPC2", None],
    "target_name": ["M31", "M33"],
    "t_exptime": [100, 2.5],
    "em_min": [713.5, None],
    "em_max": [867.5, 900.0],
}
X = {
    "observation_id": "x",
    "instrument": "WFPC2",
    "target": "M31",
    "exposure_time": 100.0,
    "wavelength_min": 713.5,
    "wavelength_max": 867.5,
    "wavelength_span": 154.0,
}


def record(folder, n, waves, name="x"):
    held = {"observation_id": name, "instrument": "WFPC2", "target": "M31"}
    held |= {"exposure_time": 100, "spectral_range": waves}
    (folder / f"record_{n:05d}.json").write_text(json.dumps(held))


def test_a_table_of_observations(tmp_path):
    pq.write_table(pa.table(OBSERVED), tmp_path / "a.parquet")
    assert is_observations(tmp_path / "a.parquet")
    assert is_observations(tmp_path)
    first, second = observation_table([tmp_path / "a.parquet", tmp_path]).to_pylist()
    assert first == X
    assert second["instrument"] is second["wavelength_span"] is None


def test_columns_that_were_not_asked_for_are_null(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({name: OBSERVED[name] for name in ("em_max", "obs_id")}), path)
    assert is_observations(path)
    rows = observation_table([path]).to_pylist()
    assert rows[0] == {**dict.fromkeys(X), "observation_id": "x", "wavelength_max": 867.5}


def test_an_observation_has_a_name(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(OBSERVED | {"obs_id": ["x", None]}), path)
    with pytest.raises(BadData, match="has no obs_id"):
        observation_table([path])


def test_records_of_observations(tmp_path):
    record(tmp_path, 0, [713.5, 867.5])
    record(tmp_path, 1, [], "z")
    assert is_observations(tmp_path)
    first, second = observation_table([tmp_path]).to_pylist()
    assert first == X
    assert second["observation_id"] == "z"
    assert second["wavelength_min"] is None


def test_a_wrong_range_is_told(tmp_path):
    record(tmp_path, 0, [1, 2, 3])
    with pytest.raises(BadData, match="a spectral range has two ends, not 3"):
        observation_table([tmp_path])


def test_light_curves_are_no_observations(tmp_path, real):
    assert not is_observations(next((real / "ztf_dr").glob("*.csv")))
    assert not is_observations(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"no")
    assert not is_observations(tmp_path / "a.parquet")


# -- labels


def test_labels_of_a_real_catalogue(real):
    labels = read_labels(real / "snia" / "bts.csv", "BTS")
    assert labels["ZTF18aaermez"] == "SN Ia"
    table = labelled(pa.table({"object_id": ["ZTF18aaermez", "ZTF1"]}), "object_id", labels, "BTS")
    assert table["label"].to_pylist() == ["SN Ia", None]
    assert table["label_catalogue"].to_pylist() == ["BTS", None]


def test_labels_of_one_of_several_catalogues(tmp_path):
    path = tmp_path / "matches.csv"
    path.write_text(
        "object,catalogue,label,separation_arcsec\na,VSX,EB,1.5\na,VSX,RRAB,0.3\na,BTS,SN,0.1\n"
    )
    assert read_labels(path, "VSX") == {"a": "RRAB"}
    with pytest.raises(UnknownName, match="catalogue 'VXS'; did you mean 'VSX'"):
        read_labels(path, "VXS")


@pytest.mark.parametrize(
    ("text", "catalogue", "error", "says"),
    [
        ("object,label\na,x\na,y\n", "C", BadData, "a has two labels, x and y"),
        ("object,mag\na,1\n", "C", BadData, "no column label or class"),
        ("object,label\na,x\n", "", ConfigError, "name of the catalogue"),
    ],
)
def test_labels_that_cannot_be(tmp_path, text, catalogue, error, says):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(error, match=says):
        read_labels(tmp_path / "a.csv", catalogue)
