"""A read-only HTTP server with ranges, validators, Apache-like listings, and faults."""

from __future__ import annotations

import html
import logging
import socket
import ssl
import threading
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from gnomon.sim.faults import Faults, Latency, Refuse, Status, Trouble, WrongSize
from gnomon.sim.requests import Request
from gnomon.sim.tree import NS_PER_S, Node, Tree

_logger = logging.getLogger(__name__)
_TICKS_PER_S = 50  # how finely a slow body trickles


class LoopbackServer(ThreadingHTTPServer):
    """One thread a connection; all of them end with `stop`."""

    daemon_threads = False
    block_on_close = True

    def __init__(
        self,
        port: int,
        handler: type[BaseHTTPRequestHandler],
        faults: Faults,
        requests: list[Request],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.faults, self.requests, self._tls = faults, requests, tls
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="sim-http")

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, hang up on every client, and wait for the threads."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)
        self._thread.join()
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the handshake is left to the connection's own thread."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._open.add(connection)
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Drop connections that a fault refuses."""
        return self.faults.find(Refuse, "/", "http") is None

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection, then close it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log what broke a connection; clients that hang up are no news."""
        _logger.debug("connection of %s broke", client_address, exc_info=True)  # noqa: LOG014


class HttpServer(LoopbackServer):
    """Serves the files of a tree."""

    def __init__(
        self, port: int, tree: Tree, requests: list[Request], tls: ssl.SSLContext | None
    ) -> None:
        self.tree = tree
        super().__init__(port, _Handler, tree.faults, requests, tls)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _logger.debug("the client was faster")


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "gnomon-sim"
    disable_nagle_algorithm = True  # headers and body are two writes

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        _logger.debug(format, *args)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self._with_body, self._path = with_body, path.rstrip("/") or "/"
        self._request = Request("http", self.command, self._path)
        self.server.requests.append(self._request)
        faults = self.server.tree.faults
        latency = faults.find(Latency, self._path, "http")
        if latency is not None:
            self.server.stopping.wait(latency.latency_s)
        status = faults.find(Status, self._path, "http")
        if status is not None:
            self._refuse(status)
        else:
            self._look(slashed=path.endswith("/"))

    def _refuse(self, fault: Status) -> None:
        after = () if fault.retry_after_s is None else (("Retry-After", f"{fault.retry_after_s}"),)
        self._send(HTTPStatus(fault.code), b"simulated fault\n", *after)

    def _look(self, *, slashed: bool) -> None:
        node = self.server.tree.find(self._path, "http", strike=self._with_body)
        if node is None or (slashed and not node.is_folder):
            self._send(HTTPStatus.NOT_FOUND, b"no such file\n")
        elif not node.is_folder:
            self._file(node)
        elif not slashed:
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", ("Location", quote(self._path) + "/"))
        else:
            children = self.server.tree.children(self._path, "http")
            page = autoindex(self._path, children).encode()
            self._send(HTTPStatus.OK, page, ("Content-Type", "text/html;charset=UTF-8"))

    def _send(self, status: HTTPStatus, content: bytes, *headers: tuple[str, str]) -> None:
        self._head(status, (("Content-Length", str(len(content))), *headers))
        if self._with_body:
            self._request.bytes_sent = len(content)
            self.wfile.write(content)

    def _head(self, status: HTTPStatus, headers: tuple[tuple[str, str], ...]) -> None:
        self._request.code = status
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _file(self, node: Node) -> None:
        validators: tuple[tuple[str, str], ...] = (
            ("Last-Modified", formatdate(node.mtime_ns // NS_PER_S, usegmt=True)),
            ("Accept-Ranges", "bytes"),
        )
        if not self._lacks("ETAG"):
            validators += (("ETag", node.etag),)
            if self.headers.get("If-None-Match") in ("*", node.etag):
                self._with_body = False
                self._send(HTTPStatus.NOT_MODIFIED, b"", *validators)
                return
        span = self._range(node)
        if span is None:
            self._body(HTTPStatus.OK, node, 0, node.size, validators)
        elif span.start >= span.stop:
            unsatisfied = ("Content-Range", f"bytes */{node.size}")
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", unsatisfied)
        else:
            part = ("Content-Range", f"bytes {span.start}-{span.stop - 1}/{node.size}")
            status = HTTPStatus.PARTIAL_CONTENT
            self._body(status, node, span.start, len(span), (*validators, part))

    def _lacks(self, feature: str) -> bool:
        return self.server.tree.faults.lacks(feature, self._path, "http")

    def _range(self, node: Node) -> range | None:
        """Return the bytes that were asked for; None: all; an empty range cannot be satisfied."""
        unit, _, span = self.headers.get("Range", "").partition("=")
        first, dash, last = span.partition("-")
        if unit != "bytes" or not dash or "," in span or self._lacks("RANGE"):
            return None
        if self.headers.get("If-Range", node.etag) != node.etag:
            return None
        if not first:
            return range(max(0, node.size - int(last)), node.size)
        return range(int(first), min(int(last) + 1, node.size) if last else node.size)

    def _body(
        self,
        status: HTTPStatus,
        node: Node,
        start: int,
        count: int,
        headers: tuple[tuple[str, str], ...],
    ) -> None:
        wrong = self.server.tree.faults.find(WrongSize, self._path, "http")
        announced = count + (wrong.by_bytes if wrong else 0)
        self._head(status, (("Content-Length", str(announced)), *headers))
        if not self._with_body:
            return
        trouble = self.server.tree.faults.trouble(self._path, "http")
        self._request.bytes_sent = trouble.room(count)
        self._pour(node, start, trouble.room(count), trouble)
        if trouble.stall_after is not None:
            self.connection.recv(1)  # until the client, or the archive, hangs up
        # A body of another length than announced can only end with the connection.
        self.close_connection = self.close_connection or announced != trouble.room(count)

    def _pour(self, node: Node, start: int, count: int, trouble: Trouble) -> None:
        step = max(1, trouble.bytes_per_s // _TICKS_PER_S) if trouble.bytes_per_s else count
        with node.open() as file:
            for sent in range(0, count, step or 1):
                if sent and self.server.stopping.wait(1 / _TICKS_PER_S):
                    return
                self.connection.sendfile(file, start + sent, min(step, count - sent))


def autoindex(path: str, nodes: list[Node]) -> str:
    """Write a folder as Apache does: names, times to the minute (UTC), rounded sizes."""
    title = html.escape(f"Index of {path}")
    rows = "".join(f"<tr><td>{cells}</td></tr>\n" for cells in map(_cells, nodes))
    return (
        f"<!DOCTYPE HTML>\n<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n"
        f"<h1>{title}</h1>\n  <table>\n"
        '<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th>'
        '<th><a href="?C=S;O=A">Size</a></th></tr>\n'
        f'<tr><td><a href="../">Parent Directory</a></td><td>&nbsp;</td><td>  - </td></tr>\n'
        f"{rows}</table>\n</body></html>\n"
    )


def _cells(node: Node) -> str:
    name = node.name + "/" * node.is_folder
    changed = datetime.fromtimestamp(node.mtime_ns // NS_PER_S, UTC)
    size = "  - " if node.is_folder else f"{-(-node.size // 1024)}K"
    link = f'<a href="{html.escape(quote(name))}">{html.escape(name)}</a>'
    return f'{link}</td><td align="right">{changed:%Y-%m-%d %H:%M}  </td><td>{size}'
