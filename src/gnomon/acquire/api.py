"""Web services: questions by query or by form, answers in memory or to disk, uploads.

A body arrives whole or not at all, within a time; what fails in a way that passes is asked again;
a page for people where data was expected is an error, whatever its status. The token goes to the
service's own host only, redirected or not, and stands in no message and no log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import SecretStr

from gnomon.acquire.connect import Network
from gnomon.acquire.download import Downloaded, download
from gnomon.acquire.endpoint import Endpoint, Words, bare
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import Body
from gnomon.errors import BadData, ConfigError, ServerFault

Query = str | Mapping[str, str]
"""A mapping is quoted; a text is sent as it is: ``time%3E=2025-05-02T00:00:00&project(packet)``."""

T = TypeVar("T")

LONGEST_S = 300.0
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def basic(token: str) -> dict[str, str]:
    """Return the header for a token that is base64 of ``user:password``."""
    return {"Authorization": f"Basic {token}"}


def api_key(token: str) -> dict[str, str]:
    """Return the header ``x-api-key``."""
    return {"x-api-key": token}


class Api:
    """One web service, safe to use from many threads.

    Parameters
    ----------
    url : str
        What every path is below.
    network : Network
        Limits and tries.
    secret : SecretStr, optional
        The token; None asks without.
    header : callable
        Makes the headers that tell the token: `basic`, `api_key`.
    variable : str
        The name under which users keep the token, for messages.
    longest_s : float
        The longest time for one try; one second more for every 16 kB that passed.
    """

    def __init__(
        self,
        url: str,
        network: Network,
        secret: SecretStr | None = None,
        *,
        header: Callable[[str], Mapping[str, str]] = api_key,
        variable: str = "",
        longest_s: float = LONGEST_S,
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ConfigError(f"{url!r} is no address of a web service: http:// or https://")
        self._retry = network.retry
        token = _token(secret, variable)
        headers = header(token) if token else {}
        self._words = Words(token, variable)
        self._transport = Endpoint(url, network.limits, headers, self._words, longest_s)

    @property
    def url(self) -> str:
        """What every path is below, without a slash at its end."""
        return self._transport.url

    def content(self, path: str, params: Query = "", *, empty: bool = False) -> bytes:
        """Return the body of an answer.

        Parameters
        ----------
        params : str or mapping
            What stands behind the question mark; see `Query`.
        empty : bool
            Nothing at all is an answer too; else it is a fault of the service.

        Raises
        ------
        NotAuthorised
            The token is missing, wrong or expired; says which variable to set.
        NotFound, RateLimited, ServerFault, Truncated, Unreachable
            After as many tries as `network` allows.
        """
        return self._asked(path, params, bytes, empty=empty)

    def text(self, path: str, params: Query = "", *, empty: bool = False) -> str:
        """Return an answer in UTF-8; see `content`."""
        return self._asked(path, params, lambda body: body.decode("utf-8-sig"), empty=empty)

    def json(self, path: str, params: Query = "") -> Any:
        """Return the value that an answer in JSON tells; see `content`."""
        return self._asked(path, params, json.loads, empty=False)

    def ask(
        self,
        path: str,
        question: Mapping[str, str] | bytes,
        read: Callable[[bytes], T],
        content_type: str = FORM,
    ) -> T:
        """Send a question with POST, and return what `read` makes of the answer.

        It may be sent several times, so it must be one that changes nothing.

        Parameters
        ----------
        question : mapping or bytes
            A mapping is sent as a form.
        read : callable
            From the body to what it tells; a `ValueError` of it is a fault of the service.

        Raises
        ------
        SourceError
            As for `content`; 4xx with the service's own words.
        """
        body = question if isinstance(question, bytes) else urlencode(question).encode()
        target = _target(path, "")
        return self._read(
            lambda: self._transport.post(target, body, content_type), target, read, empty=False
        )

    def located(self, path: str, question: Mapping[str, str]) -> str:
        """Send a form with POST, and return the address that the answer redirects to.

        So services say where the answer to a long question will be; nothing is asked there. The
        form may be sent several times.

        Raises
        ------
        ServerFault
            The answer is no redirect.
        SourceError
            As for `ask`.
        """
        body, target = urlencode(question).encode(), _target(path, "")
        return self._retry.call(
            f"{self.url}/{target}", lambda: self._transport.located(target, body, FORM)
        )

    def download(
        self,
        path: str,
        params: Query,
        dest: Path,
        progress: Progress | None = None,
        *,
        size: int | None = None,
        empty: bool = False,
    ) -> Downloaded:
        """Bring a body to `dest`, chunk by chunk; it appears there whole or not at all.

        Parameters
        ----------
        size : int, optional
            Bytes, as a listing told.
        empty : bool
            As for `content`.

        Raises
        ------
        SourceError
            As for `content`.
        Full, StoreError
            The disk failed.
        """
        target = _target(path, params)
        found = download(
            self._transport,
            target,
            dest,
            size=size,
            retry=self._retry,
            progress=progress,
            lasting=False,  # whoever keeps it sees to that
        )
        if not (found.size or empty):
            dest.unlink()
            raise ServerFault(f"{self.url}/{target}: an empty answer")
        return found

    def put(
        self, url: str, body: Path | bytes, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """Send a body to an address that the service gave; return the headers of the answer.

        The address may be signed, so no message shows its query; the token is not sent along.
        """

        def attempt() -> Mapping[str, str]:
            with BytesIO(body) if isinstance(body, bytes) else body.open("rb") as stream:
                return self._transport.put(url, stream, headers or {})

        return self._retry.call(bare(url), attempt)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _asked(self, path: str, params: Query, read: Callable[[bytes], T], *, empty: bool) -> T:
        target = _target(path, params)
        return self._read(lambda: self._transport.read(target), target, read, empty=empty)

    def _read(
        self, send: Callable[[], Body], target: str, read: Callable[[bytes], T], *, empty: bool
    ) -> T:
        what = f"{self.url}/{target}"

        def attempt() -> T:
            with send() as body:
                content = b"".join(body)
            if not (content or empty):
                raise ServerFault(f"{what}: an empty answer")
            try:
                return read(content)
            except ValueError:
                start = self._words.hidden(content.decode("utf-8", "replace"))[:60]
                raise ServerFault(f"{what}: the answer makes no sense: {start!r}") from None

        return self._retry.call(what, attempt)


def _token(secret: SecretStr | None, variable: str) -> str:
    """Return the token; refuse one that no header can carry, which would be shown as the cause."""
    token = "" if secret is None else secret.get_secret_value().strip()
    if not (token.isascii() and token.isprintable()):
        raise ConfigError(f"the token in {variable or 'use'} has characters that no token has")
    return token


def _target(path: str, params: Query) -> str:
    query = params if isinstance(params, str) else urlencode(params, quote_via=quote, safe=":,")
    target = quote(path.lstrip("/")) + ("?" + query if query else "")
    if ".." in path.split("/") or not (target.isascii() and target.isprintable()) or " " in target:
        raise BadData(f"{target!r} is no path of a web service")
    return target
