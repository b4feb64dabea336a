"""One web service on the wire: what `gnomon.acquire.api` asks, and the words for what fails."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from io import SEEK_END
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from gnomon.acquire.http import HttpTransport, discard, failure, refusal
from gnomon.acquire.transport import CHUNK_BYTES, Body, Limits
from gnomon.errors import NotAuthorised, Refused, ServerFault, SourceError, Unreachable

_SLOWEST_BYTES_PER_S = 16_384
_EXCERPT_BYTES = 2000
_EXCERPT_CHARACTERS = 200
_DEFINITE = frozenset(range(400, 500)) - {408, 425}
"""Another try would be told the same."""
_CREATED = (200, 201, 202, 204)
_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<(?:\?xml|votable)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")
_SIGNED = re.compile(r"(?i)([?&][^=&\s]*(?:signature|credential|token|key)[^=&\s]*=)[^&\s\"]+")


def bare(url: str) -> str:
    """Return an address without its query, which may hold a signature."""
    return url.partition("?")[0]


class Words:
    """What may be said of a failure: never the token."""

    def __init__(self, token: str, variable: str) -> None:
        self._token, self._variable = token, variable

    def of(self, response: urllib3.BaseHTTPResponse, name: str) -> SourceError:
        """Return the error of an answer without success, with the service's own words."""
        refused = refusal(response.status, response.headers.get("Retry-After"), name)
        if isinstance(refused, NotAuthorised):
            return NotAuthorised(f"{name}: HTTP {response.status}{self.remedy()}")
        message = ": ".join(filter(None, [str(refused), self._excerpt(response)]))
        if type(refused) is ServerFault and response.status in _DEFINITE:
            return Refused(message, response.status)
        refused.args = (message,)
        return refused

    def remedy(self) -> str:
        """Return what to do about a token."""
        if not self._variable:
            return ""
        if not self._token:
            return f"; set {self._variable} in the environment or in .env"
        return f"; the token in {self._variable} is wrong or has expired: set it anew"

    def hidden(self, text: str) -> str:
        """Return a text of the service without the token."""
        return text.replace(self._token, "…") if self._token else text

    def _excerpt(self, response: urllib3.BaseHTTPResponse) -> str:
        try:
            start = response.read(_EXCERPT_BYTES, decode_content=False)
        except HTTPError:
            return ""
        if _PAGE.match(start):
            return ""
        text = start.decode("utf-8", "replace")
        if _XML.match(start):
            text = _MARKUP.sub(" ", text)
        text = self.hidden(" ".join(text.split()))
        return text[:_EXCERPT_CHARACTERS] if text.isprintable() else ""


class Endpoint(HttpTransport):
    """Takes targets, path and query, as they are; sees to time and to pages for people."""

    def __init__(
        self, url: str, limits: Limits, headers: Mapping[str, str], words: Words, longest_s: float
    ) -> None:
        super().__init__(url, limits, headers=headers)
        self._limits, self._words, self._longest_s = limits, words, longest_s
        self._host_name = urlsplit(url).netloc

    def post(self, path: str, content: bytes, content_type: str) -> Body:
        """Send a question once; no redirect is followed."""
        response, name = self._sent(path, content, content_type)
        response = self._answered(response, name)
        try:
            return self._body(response, name, "")
        except SourceError:
            discard(response)
            raise

    def located(self, path: str, content: bytes, content_type: str) -> str:
        """Send a question once; return where its answer will be, which is not followed."""
        response, name = self._sent(path, content, content_type)
        where = response.get_redirect_location()
        if not where:
            response = self._answered(response, name)
        discard(response)
        if not where:
            raise ServerFault(f"{name}: HTTP {response.status} names no place of an answer")
        return urljoin(name, where)

    def _sent(
        self, path: str, content: bytes, content_type: str
    ) -> tuple[urllib3.BaseHTTPResponse, str]:
        name = self._address(path)
        headers = self._headers | {"Content-Type": content_type}
        self._pace.request()
        try:
            return self._straight("POST", name, headers, content), name
        except HTTPError as error:
            raise failure(error, name, Unreachable) from error

    def put(self, url: str, stream: BinaryIO, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Send a body once."""
        name = bare(url)
        size = stream.seek(0, SEEK_END)
        stream.seek(0)
        told = {"User-Agent": self._limits.user_agent, "Content-Length": str(size)}
        self._pace.request()
        try:
            response = self._pool.request(
                "PUT",
                url,
                body=_timed(stream, name, self._longest_s),
                headers=told | dict(headers),
                redirect=False,
                retries=False,
                preload_content=False,
            )
        except HTTPError as error:
            raise failure(error, name, Unreachable) from error
        try:
            if response.status not in _CREATED:
                raise self._refused(response, name)
            return dict(response.headers)
        finally:
            response.drain_conn()
            response.release_conn()

    def _refused(self, response: urllib3.BaseHTTPResponse, name: str) -> SourceError:
        """Return what the answer to an upload means: no token of ours was sent with it."""
        if response.status in (401, 403):
            return ServerFault(
                f"{name}: HTTP {response.status}: the address for uploads is refused"
            )
        return self._words.of(response, name)

    def _address(self, path: str) -> str:
        return f"{self._url}/{path}"

    def _request(self, verb: str, name: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        return self._answered(super()._request(verb, name, headers), name)

    def _answered(self, response: urllib3.BaseHTTPResponse, name: str) -> urllib3.BaseHTTPResponse:
        """Return an answer with success; raise the error of another one."""
        if response.status in (200, 206, 304, 416):
            return response
        try:
            raise self._failed(response, name)
        finally:
            response.close()
            response.release_conn()

    def _failed(self, response: urllib3.BaseHTTPResponse, name: str) -> SourceError:
        where = response.geturl() or ""
        if response.status in (401, 403) and urlsplit(where).netloc not in ("", self._host_name):
            return ServerFault(f"{name}: HTTP {response.status} of the host it redirects to")
        return self._words.of(response, name)

    def _body(self, response: urllib3.BaseHTTPResponse, name: str, unless: str) -> Body:
        body = super()._body(response, name, unless)
        return Body(name, body.stat, self._data(body), body.close, offset=body.offset)

    def _data(self, body: Body) -> Iterator[bytes]:
        """Give the chunks of a body, unless it is a page for people."""
        start = b"" if body.offset == 0 else None
        for chunk in body:
            if start is not None:
                start += chunk
                if _PAGE.match(start):
                    raise ServerFault(
                        f"{body.name}: a web page where data was expected, such as a form to log "
                        f"in{self._words.remedy()}"
                    )
                start = None if len(start) >= _EXCERPT_BYTES else start
            yield chunk

    def _stream(self, response: urllib3.BaseHTTPResponse, name: str) -> Iterator[bytes]:
        """Give what has arrived as soon as it has, within the time for it."""
        end_s = time.monotonic() + self._longest_s
        while chunk := response.read1(CHUNK_BYTES, decode_content=False):
            yield chunk
            end_s += len(chunk) / _SLOWEST_BYTES_PER_S
            if time.monotonic() > end_s:
                raise Unreachable(f"{name}: too slow: not done after {self._longest_s:.0f} s")


def _timed(stream: BinaryIO, name: str, longest_s: float) -> Iterator[bytes]:
    """Give a body to send, within the time for it."""
    end_s = time.monotonic() + longest_s
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk
        end_s += len(chunk) / _SLOWEST_BYTES_PER_S
        if time.monotonic() > end_s:
            raise Unreachable(f"{name}: too slow: not done after {longest_s:.0f} s")


class _Unsigned(logging.Filter):
    """Blanks the signatures of addresses in what urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SIGNED.sub(r"\1…", value) if isinstance(value, str) else value
                for value in record.args
            )
        return True


for _name in ("connectionpool", "poolmanager", "util.retry"):  # all that log addresses
    logging.getLogger(f"urllib3.{_name}").addFilter(_Unsigned())
