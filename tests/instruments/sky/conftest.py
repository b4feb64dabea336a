"""Real files, found by GNOMON_SAMPLES or beside the repository; and the simulated sky."""

import json
import os
from pathlib import Path

import pytest

from station import Station, impatient

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture(scope="session")
def real():
    folder = SAMPLES / "sky"
    if not (folder / "truth.json").is_file():
        pytest.skip(f"no real files of sky surveys in {folder}; set GNOMON_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def truth(real):
    """What independent tools found in the real files."""
    return json.loads((real / "truth.json").read_text())


@pytest.fixture(scope="session")
def sky():
    from gnomon.instruments.sky.simulate.stars import make_sky  # noqa: PLC0415 - heavy

    return make_sky()


@pytest.fixture
def station(tmp_path):
    """A project that fetches from one source and does not wait."""
    return Station(tmp_path, impatient())
