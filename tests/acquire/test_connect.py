from pydantic import SecretStr

from gnomon.acquire.connect import Network, network_of
from gnomon.acquire.transport import Limits
from gnomon.settings import NetworkSettings
from gnomon.version import VERSION


def test_an_archive_that_wants_it_is_asked_less():
    network = Network(Limits(connections=8))
    limits = network.gently(connections=2, requests_per_s=5).limits
    assert (limits.connections, limits.requests_per_s) == (2, 5)
    assert network.gently(connections=20).limits.connections == 8
    assert network.gently().limits == network.limits


def test_an_address_is_given_or_of_a_variable_or_the_usual_one():
    network = Network(secret={"X_URL": SecretStr("http://there/")}.get)
    assert network.address("http://here/", "X_URL", "http://usual") == "http://here"
    assert network.address("", "X_URL", "http://usual") == "http://there"
    assert network.address("", "Y_URL", "http://usual") == "http://usual"


def test_archives_learn_who_asks(tmp_path):
    assert network_of(NetworkSettings(), tmp_path).limits.user_agent == f"gnomon/{VERSION}"
    settings = NetworkSettings(contact="me@example.org")
    said = network_of(settings, tmp_path).limits.user_agent
    assert said == f"gnomon/{VERSION} (me@example.org)"
