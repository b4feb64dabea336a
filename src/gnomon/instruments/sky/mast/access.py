"""Where MAST and TESSCut are, and how they are told a token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.acquire.api import Api
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.errors import ConfigError

if TYPE_CHECKING:
    from gnomon.instruments.sky.mast.invoke import Mast

MAST = "https://mast.stsci.edu"
ADDRESS = "MAST_DATA_ACCESS_URL"
MAST_TOKEN, TESS_TOKEN = "MAST_API_TOKEN", "TESS_API_TOKEN"
INVOKE, DOWNLOAD, TESSCUT = "api/v0/invoke", "api/v0.1/Download/file", "tesscut/api/v0.1"
_AT_ONCE = 5
_CUTS_PER_S = 5.0


def authorization(token: str) -> dict[str, str]:
    """Return the header in which MAST wants a token."""
    return {"Authorization": f"token {token}"}


def mast_api(url: str, network: Network, *variables: str) -> Api:
    """Reach MAST.

    Parameters
    ----------
    url : str
        Its root, or the address of ``invoke`` or of the downloads, which tells the root; empty:
        what ``MAST_DATA_ACCESS_URL`` says, or the usual one.
    variables : str
        The names under which the user may keep the token; the first that is set counts.
    """
    return _api(_root(url, network), network, variables)


def tesscut_api(url: str, network: Network) -> Api:
    """Reach TESSCut, which wants no more than five requests a second."""
    root = f"{_root(url, network)}/{TESSCUT}"
    return _api(root, network.gently(requests_per_s=_CUTS_PER_S), (TESS_TOKEN, MAST_TOKEN))


def _root(url: str, network: Network) -> str:
    root = network.address(url, ADDRESS, MAST)
    for path in (INVOKE, DOWNLOAD, TESSCUT):
        root = root.removesuffix(f"/{path}")
    return root


def _api(root: str, network: Network, variables: Sequence[str]) -> Api:
    kept = {name: secret for name in variables if (secret := network.secret(name)) is not None}
    variable = next(iter(kept), variables[0])
    gentle = network.gently(connections=_AT_ONCE)
    return Api(root, gentle, kept.get(variable), header=authorization, variable=variable)


def invoke(api: Api, network: Network, *, page_rows: int = 50_000) -> Mast:
    """Return the service ``invoke`` of an archive."""
    from gnomon.instruments.sky.mast.invoke import Mast, Patience  # noqa: PLC0415  Arrow

    return Mast(api, patience=Patience(sleep=network.retry.sleep), page_rows=page_rows)


def fetch_file(api: Api, uri: str, dest: Path, progress: Progress) -> None:
    """Bring a file by its URI, wherever MAST redirects to; the token stays with MAST.

    Raises
    ------
    SourceError
        As for `Api.download`.
    """
    api.download(DOWNLOAD, {"uri": uri}, dest, progress)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def retrieved_at(instant: datetime) -> str:
    """Return a time as tags hold it: ISO 8601, UTC, to the second."""
    if instant.tzinfo is None:
        raise ConfigError("a time of retrieval needs a zone")
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
