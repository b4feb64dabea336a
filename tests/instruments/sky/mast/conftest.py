"""MAST on loopback over the simulated sky, with short light curves."""

import pytest
from pydantic import SecretStr

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.sim.service import Service
from station import Station


class Archive:
    """MAST, its requests, and the network that reaches it.

    `secrets` is what the user keeps in `.env`, by name; tests may change it.
    """

    def __init__(self, mast, service):
        self.mast, self.service, self.faults = mast, service, service.faults
        self.secrets = {"MAST_DATA_ACCESS_URL": service.url}

    @property
    def url(self):
        return self.service.url

    @property
    def network(self):
        def secret(name):
            return SecretStr(self.secrets[name]) if name in self.secrets else None

        # Silence is no fault here, and simulated files take a moment.
        limits = Limits(connect_timeout_s=5, read_timeout_s=20)
        return Network(limits, Retry(attempts=3, sleep=lambda _: None), secret)

    def api(self):
        return access.mast_api("", self.network, access.MAST_TOKEN)

    def asked(self, part=""):
        """Return the requests since the last call whose path has a part, in order."""
        found = [request for request in self.service.requests if part in request.path]
        self.service.requests.clear()
        return found


@pytest.fixture
def archive(sky):
    mast = Mast(sky, TessFiles(days=0.2))
    with Service(mast.routes) as service:
        yield Archive(mast, service)


@pytest.fixture
def station(tmp_path, archive):
    return Station(tmp_path, archive.network)
