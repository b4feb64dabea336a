"""Definitions from text, and real files, found by GNOMON_SAMPLES or beside the repository."""

import os
from pathlib import Path

import pytest

from gnomon.formats.packets import read_definition

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture(scope="session")
def real():
    folder = SAMPLES / "imap"
    if not (folder / "packets").is_dir():
        pytest.skip(f"no real IMAP files in {folder}; set GNOMON_SAMPLES")
    return folder


@pytest.fixture
def define(tmp_path):
    """Write a document and read it."""

    def call(text):
        path = tmp_path / f"definition_{len(list(tmp_path.iterdir()))}.xml"
        path.write_text(text)
        return read_definition(path)

    return call
