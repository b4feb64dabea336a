"""The archives on loopback, and a project that fetches from them under a clock of its own."""

import pytest
from pydantic import SecretStr

from gnomon.instruments.imap.simulate.services import Services, Tokens
from station import Station, impatient


@pytest.fixture
def services():
    with Services() as running:
        yield running


@pytest.fixture
def secrets():
    """What the user keeps in `.env`, by name; tests may change it."""
    tokens = Tokens()
    return {"IMAP_WEBPODA_TOKEN": tokens.webpoda, "IALIRT_API_KEY": tokens.ialirt}


@pytest.fixture
def network(secrets):
    def secret(name):
        return SecretStr(secrets[name]) if name in secrets else None

    return impatient(secret)


@pytest.fixture
def station(tmp_path, network):
    return Station(tmp_path, network)
