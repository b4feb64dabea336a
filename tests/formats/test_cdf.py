"""CDF files are read as they stand, and written so that everybody can read them."""

import os
import shutil
import time
from pathlib import Path

import cdflib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gnomon.core.kinds import MARK
from gnomon.errors import BadData
from gnomon.formats import cdf_writer
from gnomon.formats.cdf import TT2000, Cdf, Variable, floats, read_cdf
from gnomon.formats.cdf_istp import istp_flaws
from gnomon.formats.cdf_writer import write_cdf

SCIENCE = (
    "imap_mag_l1c_norm-mago-four-vectors-four-ranges_20251017_v000.cdf",
    "imap_mag_l1c_norm-mago-hundred-vectors_20250421_v001.cdf",
    "imap_mag_l1c_norm-mago_20251017_v001.0001.cdf",
    "imap_mag_l2-calibration_20250926_v002.cdf",
)


SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def real():
    folder = SAMPLES / "imap"
    if not (folder / "science").is_dir():
        pytest.skip(f"no real IMAP files in {folder}; set GNOMON_SAMPLES")
    return folder


def same(one, other):
    assert one.type == other.type
    assert one.by_record == other.by_record
    assert one.values.shape == other.values.shape
    np.testing.assert_array_equal(one.values, other.values)
    assert one.attributes == other.attributes


@pytest.mark.parametrize("name", SCIENCE)
def test_real_files_come_back_as_they_were(real, tmp_path, name):
    read = read_cdf(real / "science" / name)
    write_cdf(tmp_path / "again.cdf", read)
    again = read_cdf(tmp_path / "again.cdf")
    assert again.attributes == read.attributes
    assert list(again.variables) == list(read.variables)
    for key, variable in read.variables.items():
        same(variable, again.variables[key])


def test_epochs_stay_whole_nanoseconds(real):
    read = read_cdf(real / "science" / SCIENCE[1], ("epoch",))
    assert list(read.variables) == ["epoch"]
    assert read.variables["epoch"].values.dtype == np.int64
    assert read.variables["epoch"].values[0] == 798509834753359872


def small(n=5):
    values = np.arange(3.0 * n).reshape(n, 3)
    return Cdf(
        {"Project": ("STP>Sun",), "Parents": ("a", "b")},
        {
            "epoch": Variable(np.arange(n) + 8 * 10**17, {"FILLVAL": np.int64(-(2**63))}, TT2000),
            "b": Variable(values, {"UNITS": "nT", "FILLVAL": np.float64(-1e31)}),
            "flag": Variable(np.zeros(n, np.uint8)),
            "labels": Variable(np.array(["x", "yy", "Z z"]), by_record=False),
            "instant": Variable(np.array(7, np.int64), {}, TT2000, by_record=False),
        },
    )


@pytest.mark.parametrize("n", [0, 1, 2, 5, 40_000])
@pytest.mark.parametrize("level", [0, 1, 6])
def test_cdflib_reads_what_we_write(tmp_path, n, level):
    made = small(n)
    write_cdf(tmp_path / "a.cdf", made, level=level)
    opened = cdflib.CDF(tmp_path / "a.cdf")
    assert opened.globalattsget() == {"Project": ["STP>Sun"], "Parents": ["a", "b"]}
    if n:
        np.testing.assert_array_equal(opened.varget("b").reshape(n, 3), made.variables["b"].values)
        assert opened.varinq("epoch").Data_Type_Description == TT2000
    assert opened.varinq("b").Last_Rec == n - 1
    assert opened.varattsget("b") == {"UNITS": "nT", "FILLVAL": -1e31}
    assert list(opened.varget("labels")) == ["x", "yy", "Z z"]
    read = read_cdf(tmp_path / "a.cdf")
    for name, variable in made.variables.items():
        same(variable, read.variables[name])


def test_equal_data_are_equal_bytes_whenever_they_are_written(tmp_path):
    write_cdf(tmp_path / "a.cdf", small(40_000))
    time.sleep(1.1)  # gzip keeps whole seconds
    write_cdf(tmp_path / "b.cdf", small(40_000))
    assert (tmp_path / "a.cdf").read_bytes() == (tmp_path / "b.cdf").read_bytes()


def test_attributes_stand_in_the_file_as_text(tmp_path):
    write_cdf(tmp_path / "a.cdf", Cdf({"Data_version": ("v@@@.@@@@",)}, {}))
    assert (tmp_path / "a.cdf").read_bytes().count(b"v@@@.@@@@") == 1


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=arrays.arrays(
        st.sampled_from(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "f4", "f8"]),
        arrays.array_shapes(min_dims=1, max_dims=3, max_side=5),
        elements={"allow_nan": False},
    ),
    text=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    level=st.sampled_from([0, 1]),
)
def test_whatever_goes_in_comes_out(tmp_path, values, text, level):
    made = Cdf({"T": (text,)}, {"v": Variable(values, {"A": text, "N": values.ravel()[:1]})})
    write_cdf(tmp_path / "a.cdf", made, level=level)
    read = read_cdf(tmp_path / "a.cdf")
    assert read.attributes == made.attributes
    assert read.variables["v"].values.shape == values.shape
    np.testing.assert_array_equal(read.variables["v"].values, values)
    assert read.variables["v"].attributes["A"] == text
    assert read.variables["v"].attributes["N"] == values.ravel()[0]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_file_that_is_cut_short_is_bad_data(tmp_path, share):
    write_cdf(tmp_path / "a.cdf", small(2_000))
    whole = (tmp_path / "a.cdf").read_bytes()
    (tmp_path / "a.cdf").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadData, match=r"a\.cdf: no readable CDF"):
        read_cdf(tmp_path / "a.cdf")


def test_garbage_and_absence_are_bad_data(tmp_path):
    (tmp_path / "a.cdf").write_bytes(b"<html>Sorry</html>" * 99)
    for name in ("a.cdf", "none.cdf"):
        with pytest.raises(BadData, match=name):
            read_cdf(tmp_path / name)


@pytest.mark.parametrize("n_marks", [1, 40])
def test_values_never_hold_the_mark_of_a_version(tmp_path, n_marks):
    """Noise is stored as it is, so a mark in it would stand in the file, and be overwritten."""
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, 300_000, dtype=np.uint8)
    for place in np.linspace(0, len(noise) - 4, n_marks).astype(int):
        noise[place : place + 4] = np.frombuffer(MARK, np.uint8)
    values = noise.view("<f4")
    write_cdf(tmp_path / "a.cdf", Cdf({"Data_version": ("v@@@",)}, {"v": Variable(values)}))
    assert (tmp_path / "a.cdf").read_bytes().count(MARK) == 1
    read = read_cdf(tmp_path / "a.cdf").variables["v"].values
    assert read.tobytes() == values.tobytes()


def test_marks_that_arise_by_compression_are_avoided(tmp_path, monkeypatch):
    cuts_seen = []
    deflated = cdf_writer._deflated

    def unlucky(block, cuts, level, strategy):
        cuts_seen.append(list(cuts))
        return deflated(block, cuts, level, strategy) if cuts else b"v@@@"

    monkeypatch.setattr(cdf_writer, "_deflated", unlucky)
    write_cdf(tmp_path / "a.cdf", Cdf({}, {"v": Variable(np.arange(1000))}))
    assert [500 * 8] in cuts_seen  # half of 1000 int64
    np.testing.assert_array_equal(
        read_cdf(tmp_path / "a.cdf").variables["v"].values, np.arange(1000)
    )


def test_no_half_file_is_visible(tmp_path):
    broken = Cdf({}, {"a": Variable(np.zeros(3)), "b": Variable(np.zeros(3, complex), {}, "X")})
    with pytest.raises(BadData, match="variable b"):
        write_cdf(tmp_path / "a.cdf", broken)
    assert not list(tmp_path.iterdir())
    with pytest.raises(BadData, match="no name of 300 bytes"):
        write_cdf(tmp_path / "a.cdf", Cdf({"x" * 300: ("a",)}, {}))
    with pytest.raises(BadData, match="complex128"):
        Variable(np.zeros(3, complex))


def test_fill_values_become_nan():
    values = np.array([1.0, -1e31, 9.223372036854776e18, 0.0])
    made = floats(Variable(values, {"FILLVAL": np.float64(9.223372036854776e18)}))
    np.testing.assert_array_equal(made, [1.0, np.nan, np.nan, 0.0])
    single = floats(Variable(np.array([-1e31, 2.0], np.float32)))
    np.testing.assert_array_equal(single, [np.nan, 2.0])
    nought = floats(Variable(np.array([0, 1], np.int8), {"FILLVAL": np.int8(0)}))
    np.testing.assert_array_equal(nought, [0.0, 1.0])


def test_the_conformance_check_finds_what_is_wrong():
    flaws = istp_flaws(small(), "a")
    assert "global attribute Discipline is missing" in flaws
    assert any(flaw.startswith("b: VAR_TYPE") for flaw in flaws)
    assert "b: DEPEND_0 is missing" in flaws
    assert "global attribute Logical_file_id is missing" in flaws
    astray = Variable(
        np.zeros((4, 3)),
        {
            "VAR_TYPE": "data",
            "DEPEND_0": "epoch",
            "DEPEND_1": "nowhere",
            "LABL_PTR_1": "two",
            "FILLVAL": np.float64(0),
        },
    )
    two = Variable(np.array(["a", "b"]), by_record=False)
    back = Variable(np.array([3, 2, 1]), {}, TT2000)
    flaws = istp_flaws(Cdf({}, {"epoch": back, "b": astray, "two": two, "2x": astray}))
    assert "b: has 4 records, its DEPEND_0 3" in flaws
    assert "b: DEPEND_1 points at nowhere, which is no variable" in flaws
    assert "b: LABL_PTR_1 has another size than 3" in flaws
    assert "b: FILLVAL is 0.0, not -1e+31" in flaws
    assert "epoch: does not increase" in flaws
    assert "2x: no legal name" in flaws


def test_overwriting_is_whole(tmp_path):
    write_cdf(tmp_path / "a.cdf", small(5))
    shutil.copy(tmp_path / "a.cdf", tmp_path / "old.cdf")
    write_cdf(tmp_path / "a.cdf", small(6))
    assert len(read_cdf(tmp_path / "a.cdf").variables["b"].values) == 6
