"""Simulated Level-1 files of COMAP, written once a session."""

from pathlib import Path

import pytest

from gnomon.instruments.comap.simulate.level1 import write_level1
from gnomon.instruments.comap.simulate.truth import Truth
from gnomon.instruments.comap.simulate.truth import small_truth as make_small_truth
from gnomon.instruments.comap.simulate.truth import tiny_truth as make_tiny_truth


@pytest.fixture(scope="session")
def small_truth() -> Truth:
    """Two feeds of the sky, 128 channels, two scans of 40 s across TauA."""
    return make_small_truth()


@pytest.fixture(scope="session")
def level1_file(tmp_path_factory, small_truth) -> Path:
    """The file of `small_truth`, 36 MB; not to be changed."""
    return write_level1(tmp_path_factory.mktemp("level1"), small_truth)


@pytest.fixture(scope="session")
def tiny_truth() -> Truth:
    """One feed of the sky, 16 channels, one scan."""
    return make_tiny_truth()


@pytest.fixture(scope="session")
def tiny_level1_file(tmp_path_factory, tiny_truth) -> Path:
    """The file of `tiny_truth`, 2 MB; not to be changed."""
    return write_level1(tmp_path_factory.mktemp("tiny_level1"), tiny_truth)
