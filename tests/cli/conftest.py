"""A small ocean in a project, made once; tests that change it take a copy."""

import os
from pathlib import Path

import pytest

from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from oceans import new_ocean

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def real():
    folder = SAMPLES / "argo"
    if not (folder / "truth.json").exists():
        pytest.skip(f"no real Argo files in {folder}; set GNOMON_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def gdac(tmp_path_factory):
    return simulate_gdac(
        tmp_path_factory.mktemp("cli") / "gdac", floats=2, cycles=3, seed=2, levels=10
    )


@pytest.fixture(scope="session")
def home(gdac, tmp_path_factory):
    ocean = new_ocean(tmp_path_factory.mktemp("cli-home") / "project")
    toml = ocean.folder / "pipelines/argo.toml"
    text = toml.read_text().replace("https://data-argo.ifremer.fr", str(gdac.folder))
    toml.write_text(text)
    ocean.sync(mirror=gdac.folder)
    ocean.export()
    return ocean


@pytest.fixture
def ocean(home, tmp_path):
    return home.copy(tmp_path / "project")
