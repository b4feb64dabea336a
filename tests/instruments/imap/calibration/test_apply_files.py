"""Files to files: frames with gaps, frames that fail, days that are empty."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from gnomon.errors import BadData, NoData
from gnomon.formats.cdf import floats, read_cdf
from gnomon.formats.cdf_istp import istp_flaws
from gnomon.instruments.imap.calibration import apply_files as module
from gnomon.instruments.imap.calibration.apply_files import Task, apply_files
from gnomon.instruments.imap.kernels import frames
from gnomon.timescales.tt2000 import day_bounds

DAY = date(2026, 1, 16)
START, STOP = day_bounds(DAY)
NS = 1_000_000_000
QUARTER = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


@pytest.fixture
def attitude(monkeypatch):
    """Frames that turn by a quarter; what `blank` names has no attitude."""
    blank: list[int] = []

    def turned(frame, tt2000, metakernel, root):
        assert metakernel == root / "spice/mk/x.tm"
        if frame == "gse":
            raise BadData("kernel de440.bsp is missing")
        matrices = np.tile(QUARTER, (len(tt2000), 1, 1))
        gone = np.isin(tt2000, blank) | (frame == "gsm")
        matrices[gone] = np.nan
        gaps = [frames.Gap(int(t), int(t), "no CK") for t in tt2000[gone]]
        return frames.Attitude(matrices, tuple(gaps))

    monkeypatch.setattr(frames, "attitude", turned)
    monkeypatch.setattr(module, "_CHUNK", 3)
    return blank


def run(tmp_path, science, **more):
    made = {}

    def path_of(frame):
        made[frame] = tmp_path / f"{frame}.cdf"
        return made[frame]

    task = Task(science, "norm", DAY, metakernel=tmp_path / "spice/mk/x.tm", **more)
    return apply_files(task, tmp_path / "offsets.cdf", path_of), made


def test_frames_are_written_one_by_one_and_gaps_are_told(tmp_path, write_science, attitude):
    epochs = START + np.arange(10) * NS
    attitude.append(int(epochs[4]))
    vectors = np.arange(30.0).reshape(10, 3)
    vectors[7] = np.nan
    applied, made = run(tmp_path, write_science("a.cdf", epochs, vectors))
    assert applied.frames == ("srf", "dsrf", "rtn")
    assert list(made) == ["srf", "dsrf", "rtn"]
    told = " | ".join(applied.lost)
    assert "gse was not written: kernel de440.bsp is missing" in told
    assert "gsm was not written: no attitude on that day, from 2026-01-16T00:00:00" in told
    assert "srf: 1 of 10 vectors have no attitude, from 2026-01-16T00:00:04" in told
    assert applied.metrics["n_without_attitude_srf"] == 1
    assert applied.metrics["n_blank"] == 1
    expected = np.column_stack([-vectors[:, 1], vectors[:, 0], vectors[:, 2]])
    expected[4] = np.nan
    read = read_cdf(made["srf"])
    np.testing.assert_array_equal(floats(read.variables["b_srf"]), expected)
    assert istp_flaws(read) == []


@pytest.mark.usefixtures("attitude")
def test_a_day_that_is_blank_is_written_as_such(tmp_path, write_science):
    epochs = START + np.arange(4) * NS
    applied, made = run(tmp_path, write_science("a.cdf", epochs, np.full((4, 3), np.nan)))
    assert "srf" in made
    assert applied.metrics["n_blank"] == 4


@pytest.mark.usefixtures("attitude")
def test_vectors_of_other_days_are_left_out_of_level_2_and_stay_in_the_offsets(
    tmp_path, write_science
):
    epochs = np.array([START - 1, START, STOP - 1, STOP])
    applied, made = run(tmp_path, write_science("a.cdf", epochs, np.ones((4, 3))))
    assert applied.metrics["n_outside_day"] == 2
    assert read_cdf(made["srf"]).variables["epoch"].values.tolist() == [START, STOP - 1]
    assert len(read_cdf(tmp_path / "offsets.cdf").variables["epoch"].values) == 4
    applied, made = run(tmp_path, write_science("a.cdf", [START - 1], np.ones((1, 3))))
    assert applied.frames == ()
    assert applied.lost == ("no frame was written: no vector is of 2026-01-16",)


@pytest.mark.usefixtures("attitude")
def test_vectors_without_a_time_are_told(tmp_path, write_science):
    epochs = [START, -(2**63), START + NS]
    applied, _ = run(tmp_path, write_science("a.cdf", epochs, np.ones((3, 3))), frames=("srf",))
    assert applied.lost == ("1 vectors without a time were left out",)


@pytest.mark.usefixtures("attitude")
def test_no_vector_at_all_is_no_data(tmp_path, write_science):
    with pytest.raises(NoData, match=r"a\.cdf: no vector"):
        run(tmp_path, write_science("a.cdf", [], np.empty((0, 3))))


@pytest.mark.usefixtures("attitude")
def test_the_same_files_give_the_same_bytes(tmp_path, write_science):
    science = write_science("a.cdf", START + np.arange(9) * NS, np.ones((9, 3)))
    bodies = []
    for _ in range(2):
        _, made = run(tmp_path, science)
        bodies.append([path.read_bytes() for path in (*made.values(), tmp_path / "offsets.cdf")])
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("path", "root"),
    [("/store/spice/mk/x.tm", "/store"), ("/x.tm", "."), ("/a/b/spice/x.tm", ".")],
)
def test_a_metakernel_is_relative_to_its_store_or_to_where_the_user_stands(
    monkeypatch, tmp_path, path, root
):
    asked = []

    def attitude(*given):
        asked.append(given[-1])
        return frames.Attitude(np.empty((1, 3, 3)), ())

    monkeypatch.setattr(frames, "attitude", attitude)
    monkeypatch.chdir(tmp_path)
    module.attitude("gse", np.array([START]), Path(path))
    assert asked == [tmp_path / root]
