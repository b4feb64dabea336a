"""The real kernels, found by GNOMON_SAMPLES or beside the repository."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def spice():
    folder = SAMPLES / "imap" / "spice"
    if not folder.is_dir():
        pytest.skip(f"no real kernels in {folder}; set GNOMON_SAMPLES")
    return folder
