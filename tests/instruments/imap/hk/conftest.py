"""A clock with IMAP's real kernels, one without, and the magnetometer's definition."""

import pytest

from gnomon.formats.packets import read_definition
from gnomon.timescales.sclk import SpacecraftClock


@pytest.fixture(scope="session")
def definition(real):
    return read_definition(real / "definitions" / "mag_17.9.xml")


@pytest.fixture(scope="session")
def clock(real):
    return SpacecraftClock.read(
        real / "spice" / "imap_sclk_0136.tsc", real / "spice" / "naif0012.tls"
    )


@pytest.fixture(scope="session")
def plain():
    return SpacecraftClock.read(None, None)
