"""From an address to the transport that speaks its scheme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from gnomon.acquire.folder import FolderTransport
from gnomon.acquire.ftp import FtpTransport
from gnomon.acquire.http import HttpTransport
from gnomon.acquire.mirror import Mirror
from gnomon.acquire.retry import Retry, untold
from gnomon.acquire.ssh import SshTransport
from gnomon.acquire.throttle import Pace
from gnomon.acquire.transport import Limits, Transport
from gnomon.errors import ConfigError, SourceError, UnknownName
from gnomon.settings import NetworkSettings, secret
from gnomon.version import VERSION

N = TypeVar("N", int, float)


def no_secret(_: str) -> SecretStr | None:
    """Say that no tokens are kept."""
    return None


@dataclass(frozen=True)
class Network:
    """How sources reach their archives: one set of limits and tries for all of them."""

    limits: Limits = field(default_factory=Limits)
    retry: Retry = field(default_factory=Retry)
    secret: Callable[[str], SecretStr | None] = no_secret
    """Returns the token that the user keeps under a name, if there is one."""

    def address(self, given: str, variable: str, usual: str) -> str:
        """Return an archive's address: the given one, or that of a variable, or the usual one."""
        said = None if given else self.secret(variable)
        return (given or (said.get_secret_value() if said else "") or usual).rstrip("/")

    def gently(
        self, *, connections: int | None = None, requests_per_s: float | None = None
    ) -> Network:
        """Return the same for an archive that wants to be asked less: the lower limits hold."""
        limits = replace(
            self.limits,
            connections=_least(self.limits.connections, connections),
            requests_per_s=_least(self.limits.requests_per_s, requests_per_s),
        )
        return replace(self, limits=limits)

    def connect(self, *urls: str, token: str | None = None) -> Transport:
        """Make a transport to the first address, with the others to fall back on."""
        pace = self.limits.pace()
        found = [connect(url, self.limits, token=token, pace=pace) for url in urls]
        return found[0] if len(found) == 1 else Mirror(found)


def _least(one: N | None, other: N | None) -> N | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def network_of(
    settings: NetworkSettings,
    folder: Path,
    told: Callable[[str, SourceError], None] = untold,
) -> Network:
    """Return the network of a project.

    Parameters
    ----------
    folder : Path
        The project's: tokens may be in its ``.env``.
    told : callable
        Told of what failed before each new attempt.
    """
    contact = f" ({settings.contact})" if settings.contact else ""
    limits = Limits(
        **settings.model_dump(exclude={"tries", "contact"}),
        user_agent=f"gnomon/{VERSION}{contact}",
    )
    return Network(limits, Retry(attempts=settings.tries, told=told), partial(secret, folder))


def connect(
    url: str,
    limits: Limits | None = None,
    *,
    token: str | None = None,
    ca_file: Path | None = None,
    pace: Pace | None = None,
) -> Transport:
    """Make a transport; nothing is sent yet.

    Parameters
    ----------
    url : str
        ``http://``, ``https://``, ``ftp://``, ``ssh://``, ``sftp://``, ``file://``, or a path.
    token : str, optional
        For HTTP; never shown.
    ca_file : Path, optional
        For HTTPS: certificates to trust instead of the system's.
    pace : Pace, optional
        Rate limits to share with other transports; default: those of `limits`.

    Raises
    ------
    UnknownName
        The scheme is another.
    ConfigError
        The address is no address.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"an archive's address is wrong: {error}") from error
    if parts.scheme in ("http", "https"):
        return HttpTransport(url, limits, token=token, ca_file=ca_file, pace=pace)
    if parts.scheme == "ftp":
        return FtpTransport(url, limits, pace=pace)
    if parts.scheme in ("ssh", "sftp"):
        return SshTransport(url, limits, pace=pace)
    if parts.scheme in ("", "file"):
        return FolderTransport(Path(unquote(parts.path) if parts.scheme else url))
    raise UnknownName("scheme", parts.scheme, ["http", "https", "ftp", "ssh", "sftp", "file"])
