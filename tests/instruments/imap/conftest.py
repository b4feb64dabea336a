"""Real files, found by GNOMON_SAMPLES or beside the repository."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture(scope="session")
def real():
    folder = SAMPLES / "imap"
    if not (folder / "packets").is_dir():
        pytest.skip(f"no real IMAP files in {folder}; set GNOMON_SAMPLES")
    return folder
