"""How IRSA is reached: few requests at a time, each within a time."""

from __future__ import annotations

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.instruments.sky.irsa.tap import Tap

URL = "https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves"
TAP_URL = "https://irsa.ipac.caltech.edu/TAP"
URL_VARIABLE, TAP_VARIABLE = "IRSA_ZTF_URL", "IRSA_TAP_URL"
VARIABLE = "ZTF_API_TOKEN"
_AT_ONCE = 2
"""IRSA publishes no limit; this is gnomon's."""


def bearer(token: str) -> dict[str, str]:
    """Return the header for a token."""
    return {"Authorization": f"Bearer {token}"}


def open_api(url: str, network: Network, longest_s: float) -> Api:
    """Reach a service of IRSA; the token is for proprietary data, and public data need none."""
    return Api(
        url,
        network.gently(connections=_AT_ONCE),
        network.secret(VARIABLE),
        header=bearer,
        variable=VARIABLE,
        longest_s=longest_s,
    )


def open_tap(url: str, network: Network, longest_s: float) -> Tap:
    """Reach the TAP service: of the options, of a variable, or the usual one."""
    return Tap(open_api(network.address(url, TAP_VARIABLE, TAP_URL), network, longest_s))
