import os
import random

import pytest

from gnomon.acquire.retry import Retry
from gnomon.sim import Archive

CONTENT = random.Random(7).randbytes(200_000)
PATH = "dac/a/1.nc"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "archive"
    (root / "dac/a").mkdir(parents=True)
    (root / PATH).write_bytes(CONTENT)
    # Not of this second, which is as fine as FTP and HTTP tell times.
    os.utime(root / PATH, (1_600_000_000, 1_600_000_000))
    return root


@pytest.fixture
def archive(folder):
    with Archive(folder) as running:
        yield running


@pytest.fixture
def dest(tmp_path):
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming/1.nc"


@pytest.fixture
def waits():
    """Every wait of `retry`, in seconds."""
    return []


@pytest.fixture
def retry(waits):
    return Retry(attempts=4, sleep=waits.append, random=random.Random(1))
