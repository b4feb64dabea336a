"""Science and matrices as the archive delivers them, and as it should not."""

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.formats.cdf import Cdf, Variable
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.calibration.science_files import (
    no_rotation,
    read_matrices,
    read_science,
)


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("imap_mag_l1c_norm-mago-hundred-vectors_20250421_v001.cdf", 100),
        ("imap_mag_l1c_norm-mago_20251017_v001.0001.cdf", 16),
    ],
)
def test_real_science(real, name, n):
    science = read_science(real / "science" / name)
    assert science.vectors.shape == (n, 3)
    assert science.tt2000.dtype == np.int64
    assert set(science.ranges.tolist()) == {0}
    assert science.n_untimed == 0
    assert science.attributes["Mission_group"] == ("IMAP",)


def test_fill_values_are_no_field(write_science, noon):
    fill = 9.223372036854776e18
    path = write_science(
        "a.cdf",
        noon + np.arange(4),
        [[1, 2, 3], [fill, fill, fill], [-1e31, 2, 3], [np.nan, 1, 1]],
        [1, fill, 2, 3],
    )
    science = read_science(path)
    assert science.ranges.tolist() == [1, -1, -1, -1]
    np.testing.assert_array_equal(science.vectors[0], [1, 2, 3])
    assert np.isnan(science.vectors[1:]).all()


def test_records_without_an_epoch_are_left_out_and_counted(write_science, noon):
    path = write_science("a.cdf", [noon, -(2**63), noon + 5], np.ones((3, 3)))
    science = read_science(path)
    assert science.tt2000.tolist() == [noon, noon + 5]
    assert science.n_untimed == 1


def test_nonsense_is_refused_with_the_name_of_the_file(write_science, noon, tmp_path):
    with pytest.raises(BadData, match=r"a\.cdf: epochs do not ascend at 2026-01-16T12:00:00"):
        read_science(write_science("a.cdf", [noon, noon], np.ones((2, 3))))
    with pytest.raises(BadData, match=r"b\.cdf: record 1 has range 7, none of 0 to 3"):
        read_science(write_science("b.cdf", [noon, noon + 1], np.ones((2, 3)), [0, 7]))
    with pytest.raises(BadData, match="record 0 has range -1"):
        read_science(write_science("b.cdf", [noon], np.ones((1, 3)), [-1]))
    write_cdf(tmp_path / "c.cdf", Cdf({}, {"epoch": Variable(np.array([1]))}))
    with pytest.raises(BadData, match=r"c\.cdf: has no variable vectors"):
        read_science(tmp_path / "c.cdf")
    flat = {"epoch": Variable(np.array([1])), "vectors": Variable(np.ones((1, 3)))}
    write_cdf(tmp_path / "d.cdf", Cdf({}, flat))
    with pytest.raises(BadData, match=r"d\.cdf: vectors have shape \(1, 3\)"):
        read_science(tmp_path / "d.cdf")


def test_flight_matrices(real):
    path = real / "science" / "imap_mag_l2-calibration_20250926_v002.cdf"
    outboard, inboard = read_matrices(path, "mago"), read_matrices(path, "magi")
    assert outboard.shape == inboard.shape == (3, 3, 4)
    # Near the identity, and rows come first: z sees x by -0.0048 in the first row.
    np.testing.assert_allclose(outboard[0, :, 0], [0.99998992, -3.25282523e-05, -0.00477484817])
    assert not np.array_equal(outboard, inboard)


def test_matrices_with_a_gap_are_refused(tmp_path):
    values = no_rotation()
    values[1, 2, 3] = -1e31
    write_cdf(tmp_path / "a.cdf", Cdf({}, {"URFTOORFO": Variable(values)}))
    with pytest.raises(BadData, match="URFTOORFO is no 3 x 3 matrix"):
        read_matrices(tmp_path / "a.cdf", "mago")
    with pytest.raises(BadData, match="has no variable URFTOORFI"):
        read_matrices(tmp_path / "a.cdf", "magi")
