"""A folder served as a real archive on loopback, over HTTP and FTP, with faults."""

from __future__ import annotations

import signal
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from gnomon.errors import ConfigError
from gnomon.sim.faults import Fault, Faults
from gnomon.sim.ftp import FtpServer
from gnomon.sim.http import HttpServer
from gnomon.sim.requests import Request
from gnomon.sim.tree import Tree

S = TypeVar("S", HttpServer, FtpServer)


class Archive:
    """A context manager that serves a folder, read-only, on 127.0.0.1.

    Parameters
    ----------
    folder : Path
        What to serve.
    http_port, ftp_port : int, optional
        0: any free port; None: that protocol is not served.
    faults : iterable of Fault
        What goes wrong from the start; `faults` of the archive changes it later.
    overlay : Path, optional
        A folder whose files stand in front of those of `folder`, as after an update.
    tls : SSLContext, optional
        Makes it HTTPS.

    Attributes
    ----------
    requests : list of Request
        What was asked for so far, in order; clear it as you like.

    Raises
    ------
    ConfigError
        The folder is missing or a port is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        http_port: int | None = 0,
        ftp_port: int | None = 0,
        faults: Iterable[Fault] = (),
        overlay: Path | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not folder.is_dir():
            raise ConfigError(f"{folder} is no folder; an archive needs one to serve")
        self.requests: list[Request] = []
        self._tree = Tree(folder, overlay, faults)
        self._ports = http_port, ftp_port
        self._tls = tls
        self._http: HttpServer | None = None
        self._ftp: FtpServer | None = None
        self._running = ExitStack()

    def __enter__(self) -> Self:
        http_port, ftp_port = self._ports
        with ExitStack() as stack:
            if http_port is not None:
                make_http = partial(HttpServer, http_port, self._tree, self.requests, self._tls)
                self._http = _started(http_port, make_http, stack)
            if ftp_port is not None:
                make_ftp = partial(FtpServer, ftp_port, self._tree, self.requests)
                self._ftp = _started(ftp_port, make_ftp, stack)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    @property
    def faults(self) -> Faults:
        """What goes wrong; changes take effect at once."""
        return self._tree.faults

    @property
    def overlay(self) -> Path | None:
        """The folder in front; set it to update the archive."""
        return self._tree.overlay

    @overlay.setter
    def overlay(self, folder: Path | None) -> None:
        self._tree.overlay = folder

    @property
    def http_url(self) -> str:
        """The root over HTTP, without a slash at its end."""
        if self._http is None:
            raise ConfigError("this archive does not serve HTTP, or not yet")
        return f"http{'s' * (self._tls is not None)}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def ftp_url(self) -> str:
        """The root over FTP, without a slash at its end."""
        if self._ftp is None:
            raise ConfigError("this archive does not serve FTP, or not yet")
        return f"ftp://127.0.0.1:{self._ftp.address[1]}"


def _started(port: int, make: Callable[[], S], stack: ExitStack) -> S:
    try:
        server = make()
    except OSError as error:
        raise ConfigError(
            f"port {port} of 127.0.0.1 cannot be served ({error.strerror}); choose another"
        ) from error
    server.start()
    stack.callback(server.stop)
    return server


def serve(
    folder: Path,
    http_port: int | None,
    ftp_port: int | None,
    faults: Iterable[Fault] = (),
    *,
    announce: Callable[[str], None],
) -> None:
    """Serve a folder until SIGINT or SIGTERM; call it from the main thread.

    Parameters
    ----------
    announce : callable
        Given each URL once it answers.

    Raises
    ------
    ConfigError
        The folder is missing or a port is taken.
    """
    with (
        until_interrupted() as wait,
        Archive(folder, http_port=http_port, ftp_port=ftp_port, faults=faults) as archive,
    ):
        if http_port is not None:
            announce(archive.http_url)
        if ftp_port is not None:
            announce(archive.ftp_url)
        wait()


@contextmanager
def until_interrupted() -> Iterator[Callable[[], object]]:
    """Give what waits for SIGINT or SIGTERM; for the main thread."""
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in signals}
    try:
        yield stop.wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
