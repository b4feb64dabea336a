"""`comap.calibration`: fits in files become a model; what cannot be read is told of."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gnomon.core.dataset import Input
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import Project
from gnomon.errors import NoData
from gnomon.instruments.comap.kinds import LEVEL2
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import making
from gnomon.instruments.comap.science.calibration_model import read_models
from gnomon.instruments.comap.science.calibrators import flux_jy
from gnomon.instruments.comap.steps.calibration import CalibrationConfig, calibration
from terminal import gnomon

GHZ = np.linspace(26.5, 33.5, 8).reshape(4, 2)


def given(path, obsid, source="TauA"):
    tags = {"source": source, "source_group": "Calibrator"}
    return Input(path, LEVEL2.name, {"obsid": obsid}, tags, 1, "0" * 64)


def observation(folder, obsid, *, source="TauA", gain=0.7):
    """Write a Level-2 file of which feeds 1 and 2 saw a calibrator."""
    mjd = 60000.0 + obsid
    model = flux_jy("TauA", GHZ, mjd)
    path = folder / f"{obsid}.hd5"
    with making(path) as out:
        for name in ("flux", "flux_errors", "model_flux", "chi2"):
            out.create(f"{layout.CALIBRATOR}/{name}")
        out.create(f"{layout.CALIBRATOR}/mjd")
        for row in (0, 1):
            out[f"{layout.CALIBRATOR}/model_flux"][row] = model
            out[f"{layout.CALIBRATOR}/flux"][row] = model * (gain + 0.01 * row)
            out[f"{layout.CALIBRATOR}/flux_errors"][row] = 1.0
            out[f"{layout.CALIBRATOR}/chi2"][row] = 1.2
            out[f"{layout.CALIBRATOR}/mjd"][row] = mjd
    return given(path, obsid, source)


def test_fits_become_a_model(tmp_path):
    inputs = [observation(tmp_path, obsid) for obsid in range(12)]
    out = tmp_path / "model.json"
    report = calibration(inputs[::-1], out, CalibrationConfig())
    assert report.metrics == {"n_observations": 12.0, "n_streams": 16.0}
    assert report.note == "16 of 152 streams have a model"
    models = {(m.feed, m.band, m.half): m for m in read_models(out)}
    assert models[1, 3, 1].gain_at(60005.0) == pytest.approx(0.70)
    assert models[2, 0, 0].gain_at(60005.0) == pytest.approx(0.71)
    first = out.read_bytes()
    calibration(inputs, out, CalibrationConfig())
    assert out.read_bytes() == first


def test_sources_are_chosen(tmp_path):
    inputs = [observation(tmp_path, obsid) for obsid in range(3)]
    inputs += [observation(tmp_path, obsid, source="CasA", gain=0.9) for obsid in range(3, 5)]
    out = tmp_path / "model.json"
    config = CalibrationConfig(sources=("CasA",), least_observations=2, model="mean")
    calibration(inputs, out, config)
    (first, *_) = read_models(out)
    assert (first.source, first.n_observations) == ("CasA", 2)
    assert first.gain_at(60003.0) == pytest.approx(0.9)


def test_what_cannot_be_read_is_a_flaw_and_the_rest_counts(tmp_path):
    inputs = [observation(tmp_path, obsid) for obsid in range(2)]
    broken = tmp_path / "broken.hd5"
    broken.write_bytes(Path(inputs[0].path).read_bytes()[:500])
    with making(tmp_path / "unfitted.hd5"):
        pass
    others = [given(broken, 7), given(tmp_path / "unfitted.hd5", 8)]
    config = CalibrationConfig(least_observations=2)
    report = calibration([*inputs, *others], tmp_path / "model.json", config)
    assert "broken.hd5" in report.flaw
    assert report.metrics["n_observations"] == 2


@pytest.mark.parametrize("option", ["clip_sigma", "chi2_below", "gain_below"])
def test_limits_are_numbers_that_the_model_can_say(option):
    with pytest.raises(ValidationError, match="finite"):
        CalibrationConfig.model_validate({option: float("inf")})


def test_a_clip_that_leaves_nothing_is_refused():
    with pytest.raises(ValidationError, match="clip_sigma"):
        CalibrationConfig(clip_sigma=0.3)


def test_nothing_to_fit(tmp_path):
    with pytest.raises(NoData, match="CasA in 1 observations"):
        calibration(
            [observation(tmp_path, 1)], tmp_path / "a.json", CalibrationConfig(sources=("CasA",))
        )


def test_in_a_run_only_calibrators_count(tmp_path):
    project, files = tmp_path / "project", tmp_path / "files"
    project.mkdir()
    files.mkdir()
    text = 'name = "c"\n[[step]]\nuse = "comap.calibration"\nleast_observations = 1\n'
    (project / "c.toml").write_text(text)
    opened = Project.open(project)
    with opened.catalog() as catalog:
        for obsid, group in ((1, "Calibrator"), (2, "Calibrator"), (3, "Galactic")):
            made = observation(files, obsid)
            tags = made.tags | {
                "source_group": group,
                "stamp": f"2024-12-01-10300{obsid}",
                "month": "2024-12",
            }
            adopt(catalog, opened.store, Brought(made.path, LEVEL2, made.key, tags))
    gnomon("run", "c.toml", folder=project)
    path = project / "store" / "calibration" / "comap_calibration_v001.json"
    assert {model.n_observations for model in read_models(path)} == {2}
