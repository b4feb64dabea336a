"""Level-1 files by hand, in a folder as archives have them."""

import h5py
import pytest

from level1_by_hand import NAME, write_small


@pytest.fixture
def small(tmp_path):
    """A whole file."""
    return write_small(tmp_path / "data" / "2024-12" / NAME)


@pytest.fixture
def changed(small):
    """Return the file with a change to what is in it."""

    def change(how):
        with h5py.File(small, "r+") as file:
            how(file)
        return small

    return change
