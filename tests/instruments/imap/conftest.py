"""Real files, found by GNOMON_SAMPLES or beside the repository; and a simulated mission."""

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


@pytest.fixture(scope="session")
def mission():
    pytest.importorskip("numpy")
    from gnomon.instruments.imap.simulate.mission import Mission  # noqa: PLC0415 - heavy

    return Mission(days=2, seed=3, gap=True)


@pytest.fixture(scope="session")
def archive_folder(tmp_path_factory, mission):
    """The folder of the mission's archives."""
    pytest.importorskip("spiceypy")
    from gnomon.instruments.imap.simulate.archive import simulate_archive  # noqa: PLC0415 - heavy

    folder = tmp_path_factory.mktemp("simulated") / "archives"
    simulate_archive(folder, mission)
    return folder
