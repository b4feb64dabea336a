"""The DVC pipeline: its files, and real `dvc repro` and `dvc push` over the simulated sky."""

import os
import shlex
import shutil
import subprocess

import pytest
import yaml

from gnomon.errors import ConfigError
from gnomon.instruments.sky.exports.dvc import files, write_pipeline
from gnomon.instruments.sky.guide_config import from_config
from gnomon.instruments.sky.simulate.services import Services
from gnomon.instruments.sky.simulate.stars import make_sky
from terminal import GNOMON, gnomon

STAGES = [
    f"{what}_{source}{kind}"
    for source in ("ztf", "tess", "mast")
    for what, kind in (("ingest", ""), ("build", "_features"))
]


def stages(folder):
    return yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]


# -- files


def test_the_guides_stages_are_there(tmp_path):
    assert "wrote" in gnomon("sky", "dvc", tmp_path / "p").out
    found = stages(tmp_path / "p")
    assert list(found) == STAGES
    for source in ("ztf", "tess", "mast"):
        ingest, build = found[f"ingest_{source}"], found[f"build_{source}_features"]
        assert ingest["cmd"].startswith(f"gnomon sky ingest --source {source} ")
        assert ingest["cmd"].endswith("--output data/raw")
        assert build["deps"] == ingest["outs"] == [f"data/raw/{source}"]
        assert build["cmd"] == (
            f"gnomon sky features data/raw/{source} --output data/processed/{source}/features.csv"
        )


def test_params_are_the_guides_file(tmp_path):
    write_pipeline(tmp_path)
    found = from_config(tmp_path / "params.yaml")
    assert found.ztf.irsa.cone_search.radius_deg == 0.05
    document = yaml.safe_load((tmp_path / "params.yaml").read_text())
    for stage in stages(tmp_path).values():
        for name in stage.get("params", ()):
            section, source = name.split(".")
            assert document[section][source]


def test_a_second_time_changes_nothing(tmp_path):
    assert {path.name for path in write_pipeline(tmp_path)} == {*files(), ".gitignore"}
    assert write_pipeline(tmp_path) == []
    assert gnomon("sky", "dvc", folder=tmp_path).out == "all is there\n"


def test_a_dry_run_writes_nothing(tmp_path):
    said = gnomon("sky", "dvc", tmp_path / "x", "--dry-run")
    assert "would write" in said.out
    assert not (tmp_path / "x").exists()


def test_what_a_person_changed_is_kept_unless_forced(tmp_path):
    write_pipeline(tmp_path)
    (tmp_path / "params.yaml").write_text("data_sources: {}\n")
    (tmp_path / "dvc.yaml").unlink()
    said = gnomon("sky", "dvc", tmp_path, code=2)
    assert "another params.yaml; --force replaces it" in said.err
    assert not (tmp_path / "dvc.yaml").exists()
    gnomon("sky", "dvc", tmp_path, "--force")
    assert {name: (tmp_path / name).read_text() for name in files()} == dict(files())


def test_what_is_ignored_is_added_to(tmp_path):
    (tmp_path / ".gitignore").write_text("*.pyc\n/store/")
    write_pipeline(tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["*.pyc", "/store/"]
    assert sorted(lines[2:]) == ["/.env", "/data/", "/gnomon.db*"]


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"params\.yaml"):
        write_pipeline(tmp_path)


# -- DVC itself

PARAMS = """\
data_sources:
  ztf:
    irsa:
      filters: [zg, zr]
      cone_search: {{ra: {sky.ra_deg}, dec: {sky.dec_deg}, radius: 0.09}}
  tess:
    targets: [TIC {sky.stars[1].tic}]
  mast:
    query: {{filters: {{obs_collection: [TESS]}}}}
"""


@pytest.fixture
def pipeline(tmp_path):
    """Give a folder with the pipeline, and a function that runs a command in it."""
    if shutil.which("dvc", path=GNOMON.parent) is None:
        pytest.skip("dvc is not installed")
    folder, sky = tmp_path / "p", make_sky(5)
    write_pipeline(folder)
    (folder / "params.yaml").write_text(PARAMS.format(sky=sky))
    home = {name: str(tmp_path / "home") for name in ("HOME", "DVC_SITE_CACHE_DIR")}
    home |= {"DVC_NO_ANALYTICS": "1", "PATH": f"{GNOMON.parent}{os.pathsep}{os.environ['PATH']}"}

    with Services(sky) as services:

        def run(command):
            done = subprocess.run(
                shlex.split(command),
                cwd=folder,
                env={**os.environ, **home, **services.environment()},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            return done.stdout + done.stderr

        yield folder, run


def rows(folder, source):
    return (folder / f"data/processed/{source}/features.csv").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_repro_and_push_to_a_local_remote(pipeline, tmp_path):
    folder, run = pipeline
    run("dvc init --no-scm")
    run("dvc repro")
    assert rows(folder, "ztf")[0].startswith("object_id,detections,mean_mag,std_mag")
    made = {source: rows(folder, source) for source in ("ztf", "tess", "mast")}
    assert all(len(lines) > 1 for lines in made.values())
    assert "up to date" in run("dvc repro")

    # One parameter runs its own stages again, and what comes is the same.
    params = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(params.replace("[zg, zr]", "[zg]"))
    said = run("dvc repro")
    assert "ingest_ztf" in said
    assert "Stage 'ingest_tess' didn't change" in said
    assert len(rows(folder, "ztf")) < len(made["ztf"])

    run(f"dvc remote add -d near {tmp_path / 'remote'}")
    assert "pushed" in run("dvc push")
    left = rows(folder, "ztf")
    for gone in (folder / "data", folder / ".dvc" / "cache"):
        shutil.rmtree(gone)
    run("dvc pull")
    assert rows(folder, "ztf") == left
    assert rows(folder, "tess") == made["tess"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_stages_run_without_dvc(pipeline):
    folder, run = pipeline
    for stage in stages(folder).values():
        run(stage["cmd"])
    assert all(len(rows(folder, source)) > 1 for source in ("ztf", "tess", "mast"))
