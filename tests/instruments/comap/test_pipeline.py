"""The whole pipeline: what comes back of the truth, and what becomes of bad files."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level1.verdict import Verdict
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import reading
from gnomon.instruments.comap.receiver import row_of
from gnomon.instruments.comap.reduction import reduce, refine
from gnomon.instruments.comap.simulate.archive import FLAGS_FILE, plan, write_archive
from gnomon.instruments.comap.simulate.expected import expected
from gnomon.instruments.comap.simulate.level1 import write_level1
from gnomon.instruments.comap.simulate.truth import numbered_truth, small_truth, tiny_truth
from gnomon.instruments.comap.stages.defaults import LEVEL1_STAGES, LEVEL2_STAGES
from terminal import gnomon

REASONS = {
    "truncated": "cut short",
    "not-hdf5": "HDF5",
    "no-spectrometer": "spectrometer",
    "mismatched-lengths": "MJD",
    "wrong-obsid": "obsid",
    "no-vane": "vane",
    "no-scans": "scan",
    "all-nan": "counts",
    "time-backwards": "back",
}
REMARKS = {
    "missing-feeds": "without feeds",
    "nan-feed": "no counts",
    "vane-at-start-only": "one vane event only",
}


def rows(folder, query):
    with sqlite3.connect(folder / "comap.db") as connection:
        return connection.execute(query).fetchall()


def run(folder, *more, code=0):
    return gnomon("run", "comap-level2", "--json", *more, folder=folder, code=code).data["done"]


@pytest.fixture
def project(tmp_path):
    gnomon("init", ".", folder=tmp_path)
    return tmp_path


# -- the truth comes back


def reduced(folder, truth):
    path = write_level1(folder, truth)
    name = truth.source.name
    record = Level1Record(truth.obsid, path.stem, 1, "", source=name, source_group="Calibrator")
    reduce(path, record, LEVEL1_STAGES, folder / "binned.hd5")
    refine(folder / "binned.hd5", record, LEVEL2_STAGES, folder / "level2.hd5")
    return folder / "level2.hd5", expected(truth)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_truth_comes_back(tmp_path, seed):
    truth = small_truth(seed=seed, mode="lissajous", scan_s=90.0)
    path, true = reduced(tmp_path, truth)
    with reading(path) as file:
        tsys = file.array(layout.VANE_TSYS)[:, :2]
        assert np.nanmax(np.abs(tsys / true.tsys_k[:, :2] - 1)) < 0.01
        first = row_of(1)
        amplitude = file[f"{layout.CALIBRATOR}/amplitudes"][first]
        assert np.nanmax(np.abs(amplitude / true.amplitude_k[first] - 1)) < 0.03
        assert np.isfinite(amplitude).sum() >= 7
        white = file[f"{layout.NOISE2}/binned_filtered_data/sigma_white"][:2]
        assert np.nanmedian(white / true.sigma_white_k[:2, ..., None]) == pytest.approx(1, abs=0.03)
        assert not np.isfinite(file[layout.CENTRAL_FREQS][2:]).any()


def test_the_opacity_of_a_sky_dip_comes_back(tmp_path):
    truth = small_truth(mode="skydip", amplitude_k=0.0, scan_s=60.0)
    path, true = reduced(tmp_path, truth)
    with reading(path) as file:
        tau = np.nanmedian(file[layout.ATMOSPHERE_TAU][:2], axis=(2, 3))
    assert np.abs(tau / true.tau_k[:2] - 1).max() < 0.02


def test_every_feed_band_and_channel_keeps_its_place(tmp_path):
    truth = numbered_truth(noise=1.0, amplitude_k=0.0, n_channels=32, scan_s=60.0)
    path = write_level1(tmp_path, truth)
    record = Level1Record(truth.obsid, path.stem, 1, "", source_group="Other")
    reduce(path, record, LEVEL1_STAGES, tmp_path / "binned.hd5")
    refine(tmp_path / "binned.hd5", record, LEVEL2_STAGES, tmp_path / "level2.hd5")
    true = expected(truth)
    with reading(tmp_path / "level2.hd5") as file:
        feeds = file.array("spectrometer/feeds").tolist()
        tsys, gain = file.array(layout.VANE_TSYS), file.array(layout.VANE_GAIN)
        rms_k = file[f"{layout.NOISE2}/binned_data/auto_rms"]
        snapshot = file.held[layout.SNAPSHOT]
        numbers = list(zip(snapshot["pixel"], snapshot["frequency_band"], strict=True))
        for position, feed in enumerate(feeds):
            if feed == 20:
                continue
            row = row_of(feed)
            np.testing.assert_allclose(tsys[0, position], true.tsys_k[0, row], rtol=0.01)
            np.testing.assert_allclose(gain[0, position], true.gain[0, row], rtol=0.01)
            for band in range(4):
                for half in (0, 1):
                    at = numbers.index((feed, band * 2 + half))
                    here_k = np.mean(rms_k[row, band, half])
                    assert snapshot["unfiltered_auto_rms"][at] == pytest.approx(here_k)
                    assert here_k == pytest.approx(true.sigma_white_k[row, band, half], rel=0.15)


# -- bad files


def test_each_bad_file_is_told_in_sql_and_the_rest_goes_on(project):
    faults = (*REASONS, *REMARKS)
    base = tiny_truth(feeds=(1, 2, 20))
    planned = plan(["field01"] * (len(faults) + 1), base=base, faults=faults)
    write_archive(project / "level1", planned)
    run(project, code=1)
    told = rows(project, "select processing_status, processing_error from observation_summary")
    assert len(told) == len(faults) + 1
    good = [error for status, error in told if status == "complete"]
    failed = [error for status, error in told if status == "failed"]
    assert len(good) == 1 + len(REMARKS)
    assert len(failed) == len(REASONS)
    for word, error in zip(REASONS.values(), failed, strict=True):
        assert word.lower() in error.lower(), error
    verdicts = sorted((project / "store/verdicts").rglob("*.json"))
    for word, path in zip(REMARKS.values(), verdicts[-len(REMARKS) :], strict=True):
        assert any(word in remark for remark in Verdict.read(path).remarks), path
    bad = rows(project, "select obsid from quality_flags group by obsid having max(is_good) = 0")
    assert len(bad) == len(REASONS)
    assert run(project) == {}  # what was told once stands in SQL


# -- files that move, vanish and change; flags


def paths(folder):
    return dict(rows(folder, "select obsid, level1_path from comap_data"))


def one_file(folder, obsid):
    return next(path for path in folder.rglob("*.hd5") if f"{obsid:07d}" in path.name)


@pytest.fixture
def two(project):
    base = tiny_truth(feeds=(1, 2, 20))
    write_archive(project / "level1", plan(["TauA", "field01"], base=base), flags=())
    run(project)
    return project


def test_only_what_changed_is_made_anew(two):
    assert run(two) == {}
    before = {path for path in two.rglob("*") if path.is_file()}
    gnomon("run", "comap-level2", "--dry-run", folder=two)
    assert {path for path in two.rglob("*") if path.is_file()} == before
    moved(two, "2024-12", "elsewhere")
    moved(two, "elsewhere", "2024-12")
    reduced_anew(two)
    vanished(two)
    issued_anew(two)


def moved(two, before, now):
    (two / "level1" / before).rename(two / "level1" / now)
    names = {Path(path).name for path in paths(two).values()}
    assert not {"comap.reduce", "comap.level2"} & set(run(two))
    after = [Path(path) for path in paths(two).values()]
    assert {path.parent.name for path in after} == {now}
    assert {path.name for path in after} == names


def reduced_anew(two):
    """The spectra are found where they are now."""
    path = two / "pipelines/comap-level2.toml"
    usual = '"find_scans" }'
    path.write_text(path.read_text().replace(usual, '"find_scans", end_trim = 101 }'))
    assert run(two)["comap.reduce"] == 2


def vanished(two):
    one_file(two / "level1", 45287).unlink()
    assert not {"comap.reduce", "comap.level2"} & set(run(two))
    assert paths(two)[45287] is None
    assert rows(two, "select old_level1_path from old_path_data where obsid = 45287")
    joined = "comap_data join observation_summary using (obsid)"
    query = f"select processing_status, level2_path from {joined} where obsid = 45287"
    ((status, level2),) = rows(two, query)
    assert status == "complete"
    assert Path(level2).exists()


def issued_anew(two):
    path = one_file(two / "level1", 45285)
    path.unlink()
    write_level1(path, tiny_truth(feeds=(1, 2, 20), seed=9, obsid=45285))
    assert run(two)["comap.reduce"] == 1


def test_flags_and_options_of_cleaning_read_no_spectra(two):
    flag = ("comap", "flag", 45287, "--feeds", "1")
    gnomon(*flag, "--comment", "ice", folder=two)
    done = run(two)
    assert done["comap.level2"] == 1
    assert "comap.reduce" not in done
    query = "select pixel from quality_flags where obsid = 45287 and not is_good"
    assert rows(two, query) == [(1,)] * 8
    gnomon(*flag, "--undo", folder=two)
    assert "comap.level2" not in run(two)  # made before
    assert not rows(two, query)
    path = two / "pipelines/comap-level2.toml"
    usual = '"post_bin_cleaning" }'
    path.write_text(path.read_text().replace(usual, '"post_bin_cleaning", outlier_sigma = 6 }'))
    done = run(two)
    assert done["comap.level2"] == 2
    assert "comap.reduce" not in done
    lines = "ObsID start,ObsID end,Pixels,Sidebands\n1,ongoing,all,bandA\n"
    (two / FLAGS_FILE).write_text(lines)
    assert run(two)["comap.level2"] == 2
    ((bad,),) = rows(two, "select count(*) from quality_flags where not is_good")
    assert bad == 2 * 19 * 4


def test_what_is_not_selected_is_left(project):
    base = tiny_truth(feeds=(1, 2, 20))
    write_archive(project / "level1", plan(["TauA", "field01"], base=base), flags=())
    path = project / "pipelines/comap-level2.toml"
    usual = path.read_text()
    (project / "few.txt").write_text("45287  # a field\n")
    for text in ('source = ["field*"]', 'source_group = ["Galactic"]', 'obsid = "../few.txt"'):
        path.write_text(f"{usual}\n[select]\n{text}\n")
        run(project)
        states = dict(rows(project, "select obsid, processing_status from observation_summary"))
        assert states == {45285: "pending", 45287: "complete"}
    path.write_text(usual)
    assert run(project)["comap.reduce"] == 1
