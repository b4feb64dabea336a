"""One simulated mission, and the folder of its archives, for all tests here."""

import pytest

pytest.importorskip("spiceypy")

from gnomon.instruments.imap.simulate.archive import simulate_archive
from gnomon.instruments.imap.simulate.mission import Mission


@pytest.fixture(scope="session")
def mission():
    return Mission(days=2, seed=3, gap=True)


@pytest.fixture(scope="session")
def archive_folder(tmp_path_factory, mission):
    folder = tmp_path_factory.mktemp("simulated") / "archives"
    simulate_archive(folder, mission)
    return folder
