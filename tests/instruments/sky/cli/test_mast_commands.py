"""`gnomon sky missions` and `gnomon sky cutouts` against MAST on loopback."""

import pyarrow.parquet as pq
import pytest

from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.sim import Status
from gnomon.sim.service import Service
from terminal import gnomon


@pytest.fixture
def service(sky):
    with Service(Mast(sky, TessFiles(days=0.5)).routes) as running:
        yield running


@pytest.fixture
def run(tmp_path, service, monkeypatch):
    """Run a command of the sky in a project that reaches the simulated MAST."""
    for name in ("MAST_API_TOKEN", "TESS_API_TOKEN", "MAST_DATA_ACCESS_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "gnomon.toml").write_text("[network]\ntries = 1\n[loop]\nmost_tries = 1\n")
    (tmp_path / ".env").write_text(f"MAST_DATA_ACCESS_URL={service.url}\n")
    return lambda *words, code=0: gnomon("sky", *words, folder=tmp_path, code=code)


def where(sky):
    return "--ra", sky.ra_deg, "--dec", sky.dec_deg


def stored(folder, pattern):
    return sorted((folder / "store").rglob(pattern))


def test_a_mission_is_asked_about_a_place(run, sky, tmp_path):
    run("missions", "hst", *where(sky), "--radius", "0.2", "--where", "sci_instrume=STIS")
    (path,) = stored(tmp_path, "*.parquet")
    assert path.name.startswith("hst_stis-255.5770+12.2840-")
    assert set(pq.read_table(path)["sci_instrume"].to_pylist()) == {"STIS"}


def test_files_of_a_named_place(run, sky, tmp_path):
    run("missions", "HST", "--name", sky.stars[0].name, "--files", "--limit", "1")
    (path,) = stored(tmp_path, "*.parquet")
    assert pq.read_table(path)["access"].to_pylist() == ["PUBLIC"]


def test_the_rows_can_be_written_to_a_file(run, sky, tmp_path):
    words = ("missions", "hst", *where(sky), "--radius", "0.2", "--output")
    run(*words, tmp_path / "found.csv")
    assert len((tmp_path / "found.csv").read_text().splitlines()) == 1 + 2 * len(sky.stars)
    run(*words, tmp_path / "found.parquet")  # known from before
    assert pq.read_table(tmp_path / "found.parquet").num_rows == 2 * len(sky.stars)
    assert ".csv or .parquet" in run(*words, "found.txt", code=2).err
    nowhere = ("missions", "hst", "--ra", "1", "--dec", "-80", "--output", "none.csv")
    assert "nothing was found" in run(*nowhere).err
    assert not (tmp_path / "none.csv").exists()


def test_questions_that_make_no_sense(run, sky):
    assert "say where" in run("missions", "hst", code=2).err
    assert "both --ra and --dec" in run("missions", "hst", "--ra", "1", code=2).err
    assert "COLUMN=VALUE" in run("missions", "hst", *where(sky), "--where", "x", code=2).err
    assert "say what of" in run("cutouts", code=2).err


def test_cutouts_become_light_curves(run, sky, tmp_path):
    run("cutouts", *where(sky), "--sector", "1", "--size", "7")
    assert [path.parent.name for path in stored(tmp_path, "*astrocut_v001.fits")] == ["7x7"]
    (path,) = stored(tmp_path, "curves/tesscut/*.parquet")
    assert set(pq.read_table(path)["survey"].to_pylist()) == {"tesscut"}


def test_a_dry_run_fetches_nothing(run, sky, tmp_path, service):
    run("cutouts", *where(sky), "--dry-run")
    assert not [request for request in service.requests if request.path.endswith("astrocut")]
    assert not stored(tmp_path, "*.fits")


def test_failures_end_with_1_and_say_what_failed(run, sky, service):
    assert "NO SUCH" in run("cutouts", "--name", "NO SUCH", code=1).err
    service.faults.add(Status(pattern="/search/*", code=500))
    assert "HTTP 500" in run("missions", "hst", *where(sky), code=1).err
