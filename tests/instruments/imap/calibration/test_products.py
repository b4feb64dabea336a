"""The products conform to ISTP, before and after they were written."""

from datetime import date

import numpy as np
import pytest

from gnomon.formats.cdf import floats, read_cdf
from gnomon.formats.cdf_istp import istp_flaws
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.calibration.applying import Calibrated, magnitudes
from gnomon.instruments.imap.calibration.layers import Correction
from gnomon.instruments.imap.calibration.products import FRAMES, Origin, l2_pre, offsets

T0 = 813939180705309000
ORIGIN = Origin("norm", date(2025, 10, 17), "mago", ("a.cdf", "b.json"), {"Rules_of_use": ("R",)})


def made(n=4):
    vectors = np.arange(3.0 * n).reshape(n, 3)
    if n:
        vectors[-1] = np.nan
    ranges = np.array([0, 1, 3, -1], np.int8)[:n]
    flag, bits = np.array([0, 1, 0, 1], np.uint8)[:n], np.array([0, 4, 0, 6], np.uint16)[:n]
    return Calibrated(T0 + np.arange(n) * 10**9, vectors, ranges, flag, bits)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("n", [1, 4])
def test_level_2_pre(tmp_path, frame, n):
    write_cdf(tmp_path / "a.cdf", l2_pre(made(n), made(n).vectors, frame, ORIGIN))
    read = read_cdf(tmp_path / "a.cdf")
    stem = f"imap_mag_l2-pre_norm-{frame}_20251017_v@@@.@@@@"
    assert istp_flaws(read, stem) == []
    assert read.first("Data_version") == "v@@@.@@@@"
    assert read.first("Rules_of_use") == "R"
    assert read.attributes["Parents"] == ("a.cdf", "b.json")
    field = read.variables[f"b_{frame}"]
    assert field.attributes["UNITS"] == "nT"
    np.testing.assert_array_equal(floats(field), made(n).vectors)
    np.testing.assert_array_equal(floats(read.variables["magnitude"]), magnitudes(made(n).vectors))


def test_absent_vectors_hold_the_fill_values(tmp_path):
    write_cdf(tmp_path / "a.cdf", l2_pre(made(), made().vectors, "srf", ORIGIN))
    variables = read_cdf(tmp_path / "a.cdf").variables
    assert variables["b_srf"].values[-1].tolist() == [-1e31] * 3
    assert variables["magnitude"].values[-1] == -1e31
    assert variables["range"].values.tolist() == [0, 1, 3, 255]
    assert variables["quality_flags"].values.dtype == np.uint8
    assert variables["quality_bitmask"].values.dtype == np.uint16
    assert variables["quality_bitmask"].values.tolist() == [0, 4, 0, 6]


def test_offsets(tmp_path):
    n = 4
    total = Correction(
        np.array([[0.1, 2, 3], [np.nan, 0, 0], [0, 0, 0], [1, 1, 1]]),
        np.array([0, 0.25, 0, np.nan]),
        np.array([0, 1, 0, 1], np.uint8),
        np.array([0, 4, 0, 6], np.uint16),
    )
    epochs = T0 + np.arange(n) * 10**9
    write_cdf(tmp_path / "a.cdf", offsets(epochs, total, ORIGIN))
    read = read_cdf(tmp_path / "a.cdf")
    assert istp_flaws(read, "imap_mag_l2-norm-offsets_20251017_20251017_v@@@") == []
    variables = read.variables
    assert variables["offsets"].values.dtype == np.float32
    assert variables["offsets"].values[1, 0] == np.float32(-1e31)
    assert variables["offsets"].values[0, 0] == np.float32(0.1)
    assert variables["timedeltas"].attributes["UNITS"] == "s"
    assert variables["timedeltas"].values[-1] == np.float32(-1e31)
    assert variables["quality_flag"].values.tolist() == [0, 1, 0, 1]
    np.testing.assert_array_equal(variables["epoch"].values, epochs)
    assert variables["valid_start_datetime"].values == epochs[0]
    assert variables["valid_end_datetime"].values == epochs[-1]


def test_cdflib_finds_nothing_against_istp_either(tmp_path):
    pytest.importorskip("xarray", reason="cdflib checks ISTP only where xarray is installed")
    from cdflib.xarray import cdf_to_xarray, xarray_to_cdf  # noqa: PLC0415  needs xarray

    n = 4
    total = Correction(np.ones((n, 3)), np.zeros(n), np.zeros(n, np.uint8), np.zeros(n, np.uint16))
    for number, cdf in enumerate(
        (l2_pre(made(), made().vectors, "gse", ORIGIN), offsets(made().tt2000, total, ORIGIN))
    ):
        write_cdf(tmp_path / f"{number}.cdf", cdf)
        read = cdf_to_xarray(tmp_path / f"{number}.cdf", to_datetime=False)
        xarray_to_cdf(read, tmp_path / f"again{number}.cdf", istp=True, terminate_on_warning=True)
