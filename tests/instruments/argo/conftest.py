"""Real files, found by GNOMON_SAMPLES or beside the repository, and small simulated ones."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.instruments.argo.kinds import PROFILE_PATH
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.instruments.argo.steps.core import tables
from gnomon.instruments.argo.steps.writing import TablesConfig

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))
PROVENANCE = Provenance("argo.tables", 1, "0" * 64, "{}", ())
CORE = re.compile(r"[RD]\d+_\d+D?\.nc|\d+_prof\.nc")


@pytest.fixture(scope="session")
def real():
    folder = SAMPLES / "argo"
    if not (folder / "truth.json").exists():
        pytest.skip(f"no real Argo files in {folder}; set GNOMON_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def truth(real):
    return json.loads((real / "truth.json").read_text())["floats"]


@pytest.fixture(scope="session")
def core_files(real):
    return sorted(p for p in real.glob("**/dac/**/*.nc") if CORE.fullmatch(p.name))


@pytest.fixture(scope="session")
def gdac(tmp_path_factory):
    return simulate_gdac(tmp_path_factory.mktemp("gdac"), floats=4, cycles=20, seed=3, levels=40)


@pytest.fixture(scope="session")
def bgc_gdac(tmp_path_factory):
    """Two of three floats have biogeochemical sensors."""
    folder = tmp_path_factory.mktemp("bgc_gdac")
    return simulate_gdac(folder, floats=3, cycles=10, seed=4, levels=40, bgc=2)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _cycle(path, wmo, dac):
    match = PROFILE_PATH.fullmatch(f"{dac}/{wmo}/profiles/{path.name}")
    if match is None or match["kind"]:
        return None
    key, tags = {"wmo": wmo, "cycle": match["cycle"]}, {"dac": dac, "mode": match["mode"]}
    return Input(path, "argo.cycle", key, tags, 1, sha256(path))


@pytest.fixture(scope="session")
def gather():
    """Return a float's files as the catalogue would hand them to the step."""

    def call(folder):
        dac, wmo = folder.parent.name, int(folder.name)
        paths = sorted(folder.glob("profiles/*.nc"), reverse=True)  # R first, D replaces it
        cycles = {c.key["cycle"]: c for path in paths if (c := _cycle(path, wmo, dac))}
        whole = [
            Input(path, "argo.aggregate", {"wmo": wmo}, {"dac": dac}, 1, sha256(path))
            for path in folder.glob("*_prof.nc")
        ]
        return list(cycles.values()), whole

    return call


@pytest.fixture
def run(tmp_path):
    """Run the step on inputs; return the report and the paths of levels and profiles."""

    def call(cycles, aggregate, **config):
        paths = tmp_path / "levels.parquet", tmp_path / "profiles.parquet"
        return tables(cycles, aggregate, *paths, TablesConfig(**config), PROVENANCE), *paths

    return call
