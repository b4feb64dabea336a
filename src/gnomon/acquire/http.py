"""Archives over HTTP and HTTPS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    MaxRetryError,
    ProtocolError,
    ReadTimeoutError,
    ResponseError,
)

from gnomon.acquire.listing import parse_autoindex
from gnomon.acquire.throttle import Pace
from gnomon.acquire.transport import (
    CHUNK_BYTES,
    Body,
    Entry,
    Limits,
    RemoteStat,
    inside,
    microseconds,
    paced,
)
from gnomon.errors import (
    ConfigError,
    NotAuthorised,
    NotFound,
    RateLimited,
    ServerFault,
    SourceError,
    Truncated,
    Unreachable,
)

DEFAULT_CONNECTIONS = 8
_REDIRECTS = 5
_SECRET_HEADERS = ("Authorization", "Proxy-Authorization", "Cookie")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class HttpTransport:
    """One HTTP archive over a shared pool of connections.

    Parameters
    ----------
    url : str
        The root.
    token : str, optional
        Sent as bearer token to this host only, and never shown.
    headers : mapping of str to str, optional
        Also sent to this host only, and never shown: other ways to tell a token.
    ca_file : Path, optional
        Certificates to trust instead of the system's.
    pace : Pace, optional
        Rate limits to share; default: those of `limits`.
    """

    def __init__(
        self,
        url: str,
        limits: Limits | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        limits = limits or Limits()
        if urlsplit(url).username is not None:
            raise ConfigError("an HTTP address takes no user and password; give a token instead")
        self._url = url.rstrip("/")
        self._origin = urlunsplit((*urlsplit(self._url)[:2], "", "", ""))
        self._connections: urllib3.HTTPConnectionPool | None = None
        self._redirects = False
        self._pace = pace or limits.pace()
        # Sizes and etags are those of the bytes as stored, so nothing is compressed on the way.
        self._headers = {"User-Agent": limits.user_agent, "Accept-Encoding": "identity"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._headers |= headers or {}
        self._pool = urllib3.PoolManager(
            maxsize=limits.connections or DEFAULT_CONNECTIONS,
            block=True,
            ca_certs=None if ca_file is None else str(ca_file),
            timeout=urllib3.Timeout(connect=limits.connect_timeout_s, read=limits.read_timeout_s),
            # Redirects only, and other hosts do not see the token; `Retry` is above us.
            retries=urllib3.Retry(
                connect=False,
                read=False,
                other=False,
                status=0,
                redirect=_REDIRECTS,
                respect_retry_after_header=False,
                remove_headers_on_redirect=[*_SECRET_HEADERS, *(headers or {})],
            ),
        )

    @property
    def url(self) -> str:
        """The root, without a slash at its end."""
        return self._url

    def stat(self, path: str) -> RemoteStat:
        """Ask with HEAD."""
        name = self._address(path)
        response = self._request("HEAD", name, {})
        response.drain_conn()
        _hang_up(response)
        _check(response, name)
        return _stat(response)

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file with GET; see `Transport.read`."""
        name = self._address(path)
        response = self._request("GET", name, _conditions(offset, if_match, unless))
        if response.status == 416 and offset:  # it has become shorter  # noqa: PLR2004
            discard(response)
            return self.read(path, unless=unless)
        try:
            return self._body(response, name, unless)
        except SourceError:
            discard(response)
            raise

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder by its Apache or nginx page; times are to the minute, taken as UTC."""
        with self.read(path.rstrip("/") + "/") as body:
            page = b"".join(body)
        entries = parse_autoindex(page.decode("utf-8", "replace"))
        return sorted(entries, key=lambda entry: entry.name)

    def close(self) -> None:
        """Close the idle connections."""
        self._connections = None
        for key in list(self._pool.pools.keys()):
            # Not left to the garbage collector: an error that somebody keeps holds its connection.
            if (connections := self._pool.pools.get(key)) is not None:
                connections.close()
        self._pool.clear()

    def _address(self, path: str) -> str:
        slash = "/" if path.endswith("/") else ""
        return f"{self._url}/{quote(inside(path))}".rstrip("/") + slash

    def _request(self, verb: str, name: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        self._pace.request()
        headers = self._headers | headers
        try:
            if not self._redirects:
                response = self._straight(verb, name, headers)
                if not response.get_redirect_location():
                    return response
                discard(response)
                self._redirects = True
            return self._pool.request(
                verb, name, headers=headers, preload_content=False, decode_content=False
            )
        except HTTPError as error:
            raise failure(error, name, Unreachable) from error

    def _straight(
        self, verb: str, name: str, headers: dict[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Ask our own host; only the pool of all hosts knows what to tell others."""
        return self._host().urlopen(
            verb,
            name[len(self._origin) :] or "/",
            body=body,
            headers=headers,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _host(self) -> urllib3.HTTPConnectionPool:
        """Return the connections to our own host: to look them up each time takes a while."""
        if self._connections is None:
            self._connections = self._pool.connection_from_url(self._url)
        return self._connections

    def _body(self, response: urllib3.BaseHTTPResponse, name: str, unless: str) -> Body:
        def close() -> None:
            _hang_up(response)

        _check(response, name)
        stat = _stat(response)
        if response.status == 304 or (unless and stat.stamp == unless):  # noqa: PLR2004
            discard(response)
            return Body(name, stat, unchanged=True)
        offset = 0
        if response.status == 206:  # noqa: PLR2004
            offset, total = _content_range(response, name)
            stat = RemoteStat(total, stat.mtime_us, stat.etag)
        chunks = paced(_chunks(self._stream(response, name), name), self._pace)
        return Body(name, stat, chunks, close, offset=offset)

    def _stream(self, response: urllib3.BaseHTTPResponse, name: str) -> Iterator[bytes]:  # noqa: ARG002
        """Give the bytes as they arrive."""
        return response.stream(CHUNK_BYTES, decode_content=False)


def _hang_up(response: urllib3.BaseHTTPResponse) -> None:
    """Drop a connection whose body was not read to its end, and free its place in the pool."""
    response.close()
    response.release_conn()


def discard(response: urllib3.BaseHTTPResponse) -> None:
    """Keep the connection of an answer whose short body does not matter."""
    size = _stat(response).size
    if response.status == 304 or (size is not None and size < CHUNK_BYTES):  # noqa: PLR2004
        response.drain_conn()
    _hang_up(response)


def _conditions(offset: int, if_match: str, unless: str) -> dict[str, str]:
    headers = {}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if _is_etag(if_match):
            headers["If-Range"] = if_match
    if _is_etag(unless):
        headers["If-None-Match"] = unless
    return headers


def _is_etag(stamp: str) -> bool:
    return stamp.startswith(('"', 'W/"'))


def _chunks(stream: Iterator[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from stream
    except HTTPError as error:
        raise failure(error, name, Truncated) from error


def failure(error: HTTPError, name: str, broken: type[SourceError]) -> SourceError:
    """Return what an exception of urllib3 means; `broken` for a connection that breaks."""
    if isinstance(error, MaxRetryError):
        if isinstance(error.reason, HTTPError) and not isinstance(error.reason, ResponseError):
            return failure(error.reason, name, broken)
        return ServerFault(f"{name}: more than {_REDIRECTS} redirects")
    if isinstance(error, ReadTimeoutError):
        return Unreachable(f"{name}: the server fell silent")
    if isinstance(error, IncompleteRead | ProtocolError):
        return broken(f"{name}: the connection broke ({_words(error)})")
    return Unreachable(f"{name}: {_words(error)}")


def _words(error: HTTPError) -> str:
    """Return what an exception says, without the address, which the message has already."""
    first = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    return first.rpartition("new connection: ")[2]


def _check(response: urllib3.BaseHTTPResponse, name: str) -> None:
    if response.status not in (200, 206, 304):
        raise refusal(response.status, response.headers.get("Retry-After"), name)


def refusal(status: int, after: str | None, name: str) -> SourceError:
    """Return what a status other than success means.

    Parameters
    ----------
    after : str, optional
        The header Retry-After.
    name : str
        The address, for the message.
    """
    message = f"{name}: HTTP {status}"
    after_s = retry_after_s(after, _now)
    if status in (404, 410):
        return NotFound(message)
    if status in (401, 403):
        return NotAuthorised(f"{message}; check the token")
    if status == 429 or (status == 503 and after_s is not None):  # noqa: PLR2004
        return RateLimited(message, after_s)
    return ServerFault(message)


def _now() -> datetime:
    return datetime.now(UTC)


def retry_after_s(value: str | None, now: Callable[[], datetime]) -> float | None:
    """Read a Retry-After header: seconds, or a date; None where it makes no sense."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    instant = _http_date(value)
    return None if instant is None else max(0.0, (instant - now()).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _stat(response: urllib3.BaseHTTPResponse) -> RemoteStat:
    length = response.headers.get("Content-Length", "")
    changed = _http_date(response.headers.get("Last-Modified", ""))
    return RemoteStat(
        size=int(length) if length.isdecimal() else None,
        mtime_us=None if changed is None else microseconds(changed),
        etag=response.headers.get("ETag"),
    )


def _content_range(response: urllib3.BaseHTTPResponse, name: str) -> tuple[int, int | None]:
    value = response.headers.get("Content-Range", "")
    found = _CONTENT_RANGE.fullmatch(value)
    if found is None:
        raise ServerFault(f"{name}: HTTP 206 with Content-Range {value!r}")
    return int(found[1]), None if found[2] == "*" else int(found[2])
