"""Where the archives are, and which token each wants."""

from __future__ import annotations

from gnomon.acquire.api import Api, api_key, basic
from gnomon.acquire.connect import Network

WEBPODA = "https://lasp.colorado.edu/ops/imap/poda/dap2"
WEBTCAD = "https://lasp.colorado.edu/ops/imap/webtcad/latis/dap"
IALIRT = "https://ialirt.imap-mission.com"
NOAA = "https://services.swpc.noaa.gov/json/rtsw"
OPERATIONS_TOKEN = "IMAP_WEBPODA_TOKEN"  # noqa: S105  the name of a variable
IALIRT_KEY = "IALIRT_API_KEY"


def operations(url: str, network: Network) -> Api:
    """Reach a service of the operations centre, WebPODA or WebTCAD."""
    secret = network.secret(OPERATIONS_TOKEN)
    return Api(url, network, secret, header=basic, variable=OPERATIONS_TOKEN)


def ialirt(url: str, network: Network) -> Api:
    """Reach I-ALiRT."""
    return Api(url, network, network.secret(IALIRT_KEY), header=api_key, variable=IALIRT_KEY)


def public(url: str, network: Network) -> Api:
    """Reach a service that wants no token."""
    return Api(url, network)
