"""Layers as files: real ones, our own, and broken ones."""

import hashlib
import json
from datetime import date

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.imap.calibration.layer_files import (
    Description,
    read_layer,
    read_rows,
    write_layer,
)
from gnomon.instruments.imap.calibration.layers import Layer, add_up
from gnomon.instruments.imap.calibration.science_files import read_science

HEAD = "time,offset_x,offset_y,offset_z,timedelta,quality_flag,quality_bitmask\n"
T0 = 813939180705309000


def rows(tmp_path, text, *, by_vector=False):
    (tmp_path / "rows.csv").write_text(HEAD + text)
    return read_rows(tmp_path / "rows.csv", by_vector=by_vector)


def some_layer(*, by_vector=True):
    return Layer(
        "some",
        T0 + np.arange(3) * 500_000_001,
        np.array([[0.1 + 0.2, -1e-17, 3.0], [np.nan, 0, 0], [1e6, 2, 3]]),
        np.array([0.0, 1e-9, -0.5]),
        np.array([0, 1, -1], np.int8),
        np.array([0, 65_535, -4], np.int32),
        by_vector=by_vector,
    )


SAYS = Description(
    "quality", "norm", "mago", date(2025, 10, 17), (T0, T0 + 10**9), ("a.cdf",), (), "why"
)


def test_the_noop_layer_fits_real_science(real):
    """Defect d, with the files that showed it."""
    science = read_science(real / "science" / "imap_mag_l1c_norm-mago_20251017_v001.0001.cdf")
    layer = read_layer(real / "layers" / "imap_mag_noop-layer_20251017_v001.json")
    total = add_up([layer], science.tt2000)
    assert not total.offsets.any()
    assert len(total.offsets) == 16


def test_the_misaligned_layer_is_refused(real):
    science = read_science(real / "science" / "imap_mag_l1c_norm-mago_20251017_v001.0001.cdf")
    name = "imap_mag_misaligned-timestamps-norm-layer_20251017_v001.json"
    layer = read_layer(real / "layers" / name)
    with pytest.raises(BadData, match=r"misaligned.*is not of these vectors: 9 of 16 vectors"):
        add_up([layer], science.tt2000)


@pytest.mark.parametrize("by_vector", [True, False])
def test_what_is_written_is_read(tmp_path, by_vector):
    layer = some_layer(by_vector=by_vector)
    json_path = tmp_path / "imap_mag_quality-norm-layer_20251017_v001.0001.json"
    csv_path = tmp_path / "imap_mag_quality-norm-layer-data_20251017_v001.0001.csv"
    write_layer(json_path, csv_path, layer, SAYS)
    read = read_layer(json_path)
    assert read.by_vector == by_vector
    for name in ("tt2000", "offsets", "timedelta_s", "quality_flag", "quality_bitmask"):
        np.testing.assert_array_equal(getattr(read, name), getattr(layer, name))
        assert getattr(read, name).dtype == getattr(layer, name).dtype


def test_what_a_layer_says_of_itself(tmp_path):
    write_layer(tmp_path / "a.json", tmp_path / "a.csv", some_layer(), SAYS)
    said = json.loads((tmp_path / "a.json").read_text())
    assert said["version_major"] == "@major@"
    assert said["version"] == "@minor@"
    assert said["sensor"] == "MAGo"
    assert said["value_type"] == "vector"
    assert said["method"] == "quality"
    assert said["validity"]["start"] == "2025-10-17T02:11:51.521309000"
    metadata = said["metadata"]
    assert metadata["data_filename"] == "imap_mag_quality-norm-layer-data_20251017_v@@@.@@@@.csv"
    body = (tmp_path / "a.csv").read_bytes()
    assert metadata["data_hash"] == hashlib.md5(body).hexdigest()
    assert body.decode().splitlines()[:3] == [
        HEAD.strip(),
        "2025-10-17T02:11:51.521309000,0.30000000000000004,-1e-17,3,0,0,0",
        "2025-10-17T02:11:52.021309001,nan,0,0,1e-9,1,65535",
    ]


def test_a_csv_that_is_not_the_one_described_is_refused(tmp_path):
    name = "imap_mag_quality-norm-layer{}_20251017_v@@@.@@@@.{}"
    json_path, csv_path = tmp_path / name.format("", "json"), tmp_path / name.format("-data", "csv")
    write_layer(json_path, csv_path, some_layer(), SAYS)
    read_layer(json_path)
    csv_path.write_text(csv_path.read_text().replace("1e-9", "2e-9"))
    with pytest.raises(BadData, match=r"\(MD5\)"):
        read_layer(json_path)
    csv_path.unlink()
    with pytest.raises(BadData, match=r"its CSV .* is missing"):
        read_layer(json_path)


def test_columns_and_change_points_in_any_order_with_gaps(tmp_path):
    read = rows(
        tmp_path,
        "2025-10-17T02:00:00.5,,2,3,0,0,0\n2025-10-17 01:00:00,1,2,NaN,0.5,-1.0,-4\n",
    )
    np.testing.assert_array_equal(read.offsets, [[1, 2, np.nan], [np.nan, 2, 3]])
    assert np.diff(read.tt2000).tolist() == [3_600_500_000_000]
    assert read.quality_flag.tolist() == [-1, 0]
    zoned = rows(tmp_path, "2025-10-17T02:00:00.5Z,0,0,0,0,0,0\n")
    assert zoned.tt2000.tolist() == [int(read.tt2000[1])]
    assert len(rows(tmp_path, "").tt2000) == 0


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("2025-10-17T02:00:00,0,0,0,0,,0\n", "a quality_flag is not a whole number"),
        ("2025-10-17T02:00:00,0,0,0,0,nan,0\n", "a quality_flag is not a whole number"),
        ("2025-10-17T02:00:00,0,0,0,0,0,1.5\n", "a quality_bitmask is not a whole number"),
        ("2025-10-17T02:00:00,0,0,0,0,3,0\n", "quality_flag is none of -1, 0, 1"),
        ("2025-10-17T02:00:00,0,0,0,0,0,1e9\n", "more than 16 bits"),
        ("yesterday,0,0,0,0,0,0\n", "no readable rows"),
        (",0,0,0,0,0,0\n", "a row has no time"),
        ("2025-10-17T02:00:00,zero,0,0,0,0,0\n", "no readable rows"),
        ("2025-10-17T02:00:00,0,0\n", "no readable rows"),
    ],
)
def test_nonsense_is_refused(tmp_path, text, tells):
    with pytest.raises(BadData, match=tells):
        rows(tmp_path, text)


def test_missing_columns_and_broken_descriptions(tmp_path):
    (tmp_path / "x.csv").write_text("time,offset_x\n2025-10-17T02:00:00,1\n")
    with pytest.raises(BadData, match=r"x\.csv: lacks offset_y, offset_z, timedelta"):
        read_rows(tmp_path / "x.csv", by_vector=True)
    for text, tells in (
        ("{", "no readable layer"),
        ("[]", "is no layer"),
        ('{"value_type": "sum"}', "neither vector nor boundary_changes"),
        ("{}", "has no metadata"),
    ):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(BadData, match=tells):
            read_layer(tmp_path / "x.json")
