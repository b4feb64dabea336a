"""A read-only, anonymous FTP server with faults, on pyftpdlib."""

from __future__ import annotations

import logging
import os
import socket
import stat
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from gnomon.sim.faults import Latency, Refuse, Status, Trouble, WrongSize
from gnomon.sim.requests import Request
from gnomon.sim.tree import NS_PER_S, Node, Tree

with warnings.catch_warnings():
    # Python 3.11 deprecates the asyncore that pyftpdlib brings its own copy of from 3.12 on.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.filesystems import AbstractedFS, FilesystemError
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

_logger = logging.getLogger(__name__)
_ON_PATHS = frozenset({"RETR", "SIZE", "MDTM", "LIST", "NLST", "MLSD", "MLST"})
_REPLIES = {
    404: "550 No such file.",
    429: "421 Too many connections.",
    503: "450 Try again later.",
}


class FtpServer(FTPServer):  # type: ignore[misc]
    """All connections in one thread, which ends with `stop`."""

    def __init__(self, port: int, tree: Tree, requests: list[Request]) -> None:
        self.tree, self.requests = tree, requests
        self.authorizer = DummyAuthorizer()
        self.authorizer.add_anonymous(os.sep)  # the tree, not the disk, is what clients see
        super().__init__(("127.0.0.1", port), _Session, ioloop=IOLoop())
        self._address = self.address
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="sim-ftp")

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, hang up on every client, and wait for the thread."""
        self._stopping.set()
        with suppress(OSError):  # the loop may have closed by itself already
            socket.create_connection(self._address).close()  # wakes it
        self._thread.join()

    def handle_accepted(self, sock: socket.socket, addr: Any) -> None:
        """Drop connections that a fault refuses."""
        if self.tree.faults.find(Refuse, "/", "ftp") is not None:
            sock.close()
        else:
            super().handle_accepted(sock, addr)

    def _serve(self) -> None:
        # Not serve_forever: it configures the logging of the whole process.
        soonest_s = None
        while not self._stopping.is_set():
            self.ioloop.poll(soonest_s)
            soonest_s = self.ioloop.sched.poll()
        self.close_all()


class _Files(AbstractedFS):  # type: ignore[misc]
    """The tree as a file system whose paths are those of FTP."""

    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:  # noqa: ARG002
        return True

    def realpath(self, path: str) -> str:
        return path

    def chdir(self, path: str) -> None:
        if not self.isdir(path):
            raise FilesystemError("No such directory")
        self.cwd = path

    def isdir(self, path: str) -> bool:
        node = self._find(path)
        return node is not None and node.is_folder

    def isfile(self, path: str) -> bool:
        node = self._find(path)
        return node is not None and not node.is_folder

    def listdir(self, path: str) -> list[str]:
        return [node.name for node in self.cmd_channel.server.tree.children(path, "ftp")]

    def open(self, filename: str, mode: str) -> BinaryIO:  # noqa: ARG002
        node = self._need(filename, strike=True)
        if node.is_folder:
            raise FilesystemError("Not a plain file")
        return node.open()

    def getsize(self, path: str) -> int:
        return self._need(path).size

    def getmtime(self, path: str) -> int:
        return self._need(path).mtime_ns // NS_PER_S

    def stat(self, path: str) -> os.stat_result:
        node = self._need(path)
        mode = stat.S_IFDIR | 0o555 if node.is_folder else stat.S_IFREG | 0o444
        mtime_s = node.mtime_ns // NS_PER_S
        return os.stat_result((mode, 0, 0, 1, 0, 0, node.size, mtime_s, mtime_s, mtime_s))

    lstat = stat

    def _find(self, path: str, *, strike: bool = False) -> Node | None:
        node: Node | None = self.cmd_channel.server.tree.find(path, "ftp", strike=strike)
        return node

    def _need(self, path: str, *, strike: bool = False) -> Node:
        node = self._find(path, strike=strike)
        if node is None:
            raise FilesystemError("No such file")
        return node


class _DataConnection(DTPHandler):  # type: ignore[misc]
    """Sends what the trouble of the moment lets through."""

    def use_sendfile(self) -> bool:
        return not self._trouble and bool(super().use_sendfile())

    def send(self, data: bytes) -> int:
        trouble = self._trouble
        if not trouble:
            return int(super().send(data))
        step = len(data) if trouble.bytes_per_s is None else max(1, trouble.bytes_per_s // 50)
        room = trouble.room(self.tot_bytes_sent + min(len(data), step)) - self.tot_bytes_sent
        if room > 0:
            sent = int(super().send(data[:room]))
            self._rest(trouble, sent)
            return sent
        if trouble.stall_after is not None:
            self.del_channel()
        else:
            self._resp = ("426 Connection closed; transfer aborted.", _logger.debug)
            self.close()
        return 0

    def close(self) -> None:
        # Before the reply, so that a client that has it finds the log complete.
        request = self.cmd_channel.request
        if not self._closed and request is not None:
            request.bytes_sent = self.tot_bytes_sent
        super().close()

    @property
    def _trouble(self) -> Trouble:
        trouble: Trouble = self.cmd_channel.trouble
        return trouble

    def _rest(self, trouble: Trouble, sent: int) -> None:
        if trouble.bytes_per_s is None:
            return
        self.del_channel()
        self.ioloop.call_later(sent / trouble.bytes_per_s, self._wake, _errback=self.handle_error)

    def _wake(self) -> None:
        if not self._closed:
            self.add_channel(events=self.ioloop.WRITE)


class _Session(FTPHandler):  # type: ignore[misc]
    """One control connection."""

    abstracted_fs = _Files
    dtp_handler = _DataConnection
    banner = "gnomon-sim ready."
    auth_failed_timeout = 0  # nobody guesses passwords on loopback

    def __init__(self, conn: socket.socket, server: FtpServer, ioloop: Any = None) -> None:
        self.request: Request | None = None
        self.trouble = Trouble()
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        super().__init__(conn, server, ioloop=ioloop)
        self.authorizer = server.authorizer

    def log(self, msg: str, logfun: Any = None) -> None:  # noqa: ARG002
        _logger.debug("%s", msg)

    def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        if self._closed:
            super().process_command(cmd, *args, **kwargs)
            return
        wait_s = 0.0
        if cmd in _ON_PATHS:
            latency = self.server.tree.faults.find(Latency, args[0], "ftp")
            wait_s = 0.0 if latency is None else latency.latency_s
        # Clients may send a command before the reply to the last; replies keep their order.
        self._waiting.append((time.monotonic() + wait_s, partial(self._take, cmd, *args, **kwargs)))
        if len(self._waiting) == 1:
            self._go_on()

    def _go_on(self) -> None:
        """Answer what is due, in order, and come back for the rest."""
        while self._waiting and not self._closed:
            due_s, answer = self._waiting[0]
            rest_s = due_s - time.monotonic()
            if rest_s > 0:
                self.ioloop.call_later(rest_s, self._go_on, _errback=self.handle_error)
                return
            answer()
            self._waiting.popleft()

    def _take(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        if cmd not in _ON_PATHS:
            super().process_command(cmd, *args, **kwargs)
            return
        self.request = Request("ftp", cmd, args[0])
        self.server.requests.append(self.request)
        self._answer(cmd, args[0])

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        wrong = self.server.tree.faults.find(WrongSize, path, "ftp")
        if wrong is not None and self.fs.isfile(path):
            self.respond(f"213 {self.fs.getsize(path) + wrong.by_bytes}")
        else:
            super().ftp_SIZE(path)

    def _answer(self, cmd: str, path: str) -> None:
        faults = self.server.tree.faults
        status = faults.find(Status, path, "ftp")
        if faults.lacks(cmd, path, "ftp"):
            self.respond(f"500 Unknown command {cmd}.")
        elif status is not None:
            self._refuse(status)
        else:
            if cmd == "RETR":
                self.trouble = faults.trouble(path, "ftp")
            else:
                self.trouble = Trouble()
            super().process_command(cmd, path)

    def _refuse(self, fault: Status) -> None:
        reply = _REPLIES.get(fault.code, "451 Local error in processing.")
        self.respond(reply)
        if reply.startswith("421"):
            self.close_when_done()
