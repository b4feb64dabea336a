"""A web service on loopback: functions that answer requests, with faults on demand."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote

from gnomon.errors import ConfigError
from gnomon.sim.faults import (
    Fault,
    Faults,
    Lacks,
    Latency,
    Reissue,
    Stale,
    Status,
    Trouble,
    WrongSize,
)
from gnomon.sim.http import LoopbackServer
from gnomon.sim.requests import Request

_TICKS_PER_S = 50  # how finely a slow body trickles
_PROTOCOL = "http"
F = TypeVar("F", bound=Fault)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service says to one request.

    Attributes
    ----------
    body : bytes
        Sent whole, with its length announced.
    status : int
        The HTTP status.
    content_type : str
        No such header when empty.
    headers : tuple of (str, str)
        Further ones, such as ``("Location", url)``.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


Route = Callable[[Request], Answer]
"""Answers what is asked for below a prefix; called from several threads at once."""


def as_json(value: Any, status: int = 200) -> Answer:
    """Answer with a JSON document."""
    return Answer(json.dumps(value).encode(), status)


def as_text(text: str, status: int = 200, content_type: str = "text/plain") -> Answer:
    """Answer with text."""
    return Answer(text.encode(), status, content_type)


class Service:
    """A context manager that answers GET, HEAD, POST and PUT on 127.0.0.1.

    Parameters
    ----------
    routes : mapping of str to Route
        By the prefix of their paths, such as ``/api``; the longest that fits answers. A prefix ends
        where a part of the path ends.
    port : int
        0: any free one.
    faults : iterable of Fault
        What goes wrong from the start; `faults` of the service changes it later. Patterns are
        compared with the path, and with path, question mark and query, both unquoted. `Reissue`
        gives another body with status 200.
    tls : SSLContext, optional
        Makes it HTTPS.

    Attributes
    ----------
    requests : list of Request
        What was asked for so far, in order; clear it as you like.

    Raises
    ------
    ConfigError
        The port is taken, or a fault (`Stale`, `Lacks`) is one of files only.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        port: int = 0,
        faults: Iterable[Fault] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.faults = Faults(_refuse_faults_of_files)
        self.faults.add(*faults)
        self._routes, self._port, self._tls = dict(routes), port, tls
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        try:
            server = _Server(self._port, self._routes, self.faults, self.requests, self._tls)
        except OSError as error:
            raise ConfigError(
                f"port {self._port} of 127.0.0.1 cannot be served ({error.strerror}); "
                "choose another"
            ) from error
        server.start()
        self._server = server
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.stop()

    @property
    def url(self) -> str:
        """The root, without a slash at its end."""
        if self._server is None:
            raise ConfigError("this service does not answer yet")
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"


def _refuse_faults_of_files(fault: Fault) -> None:
    if isinstance(fault, Stale | Lacks):
        raise ConfigError(f"{type(fault).__name__} is a fault of files; a service shows none such")


class _Server(LoopbackServer):
    def __init__(
        self,
        port: int,
        routes: Mapping[str, Route],
        faults: Faults,
        requests: list[Request],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.routes = routes
        super().__init__(port, _Handler, faults, requests, tls)

    def route(self, path: str) -> Route | None:
        """Return what answers a path."""
        fitting = [
            prefix
            for prefix in self.routes
            if path == prefix or path.startswith(prefix.rstrip("/") + "/")
        ]
        return self.routes[max(fitting, key=len)] if fitting else None


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "gnomon-sim"
    disable_nagle_algorithm = True  # headers and body are two writes

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing: `requests` has it all."""

    def _handle(self) -> None:
        path, _, query = self.path.partition("?")
        self._subjects = unquote(path), unquote(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._request = Request(
            _PROTOCOL, self.command, unquote(path), query=query, headers=headers
        )
        self.server.requests.append(self._request)
        length = headers.get("content-length", "0" if self.command in ("GET", "HEAD") else "")
        if not length.isdecimal():
            self.close_connection = True  # where the body ends is not known
            self._send(as_text("a length is required\n", HTTPStatus.LENGTH_REQUIRED))
            return
        self._request.body = self.rfile.read(int(length))
        self._send(self._answer())

    def _answer(self) -> Answer:
        """Return what the faults, or else the route, say."""
        latency = self._fault(Latency)
        if latency is not None:
            self.server.stopping.wait(latency.latency_s)
        status = self._fault(Status)
        if status is not None:
            wait = status.retry_after_s
            after = () if wait is None else (("Retry-After", str(wait)),)
            return Answer(b"simulated fault\n", status.code, "text/plain", after)
        route = self.server.route(self._request.path)
        if route is None:
            return as_text("<html><body>404 Not Found</body></html>\n", 404, "text/html")
        answer = route(self._request)
        other = self._fault(Reissue) if answer.status == HTTPStatus.OK else None
        if other is None:
            return answer
        content = other.content
        body = content.read_bytes() if isinstance(content, Path) else content
        looks_html = body.lstrip()[:1] == b"<"
        return Answer(body, 200, "text/html" if looks_html else answer.content_type)

    def _fault(self, kind: type[F]) -> F | None:
        find = self.server.faults.find
        found = (find(kind, subject, _PROTOCOL) for subject in self._subjects)
        return next((fault for fault in found if fault is not None), None)

    def _trouble(self) -> Trouble:
        path, whole = self._subjects
        faults = self.server.faults
        return faults.trouble(path, _PROTOCOL) or faults.trouble(whole, _PROTOCOL)

    def _send(self, answer: Answer) -> None:
        has_body = bool(answer.body) and self.command != "HEAD"
        wrong = self._fault(WrongSize) if has_body else None
        trouble = self._trouble() if has_body else Trouble()
        announced = len(answer.body) + (wrong.by_bytes if wrong else 0)
        self._request.code = answer.status
        self.send_response(answer.status)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(announced))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            self._pour(answer.body[: trouble.room(len(answer.body))], trouble, announced)

    def _pour(self, body: bytes, trouble: Trouble, announced: int) -> None:
        self._request.bytes_sent = len(body)
        step = max(1, trouble.bytes_per_s // _TICKS_PER_S) if trouble.bytes_per_s else len(body)
        for sent in range(0, len(body), step or 1):
            if sent and self.server.stopping.wait(1 / _TICKS_PER_S):
                return
            self.wfile.write(body[sent : sent + step])
        if trouble.stall_after is not None:
            self.connection.recv(1)  # until the client, or the service, hangs up
        # A body of another length than announced can only end with the connection.
        self.close_connection = self.close_connection or announced != len(body)
