"""Archives over FTP."""

from __future__ import annotations

import posixpath
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from ftplib import (
    FTP,
    FTP_PORT,
    Error,
    all_errors,
    error_perm,
    error_proto,
    error_temp,
)
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from gnomon.acquire.listing import mdtm_us, parse_ls, parse_mlsd
from gnomon.acquire.pipelining import NOT_IMPLEMENTED, retrieve
from gnomon.acquire.sessions import Sessions, died_of_age
from gnomon.acquire.throttle import Pace
from gnomon.acquire.transport import (
    CHUNK_BYTES,
    Body,
    Entry,
    Limits,
    RemoteStat,
    inside,
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

DEFAULT_CONNECTIONS = 4
_TOO_MANY = re.compile(r"too many|maximum|limit", re.IGNORECASE)

T = TypeVar("T")


class FtpTransport:
    """One FTP archive: passive, binary, over a pool of logged-in connections.

    Parameters
    ----------
    url : str
        ``ftp://[user:password@]host[:port][/root]``; anonymous without a user. `url` of the
        transport, and every message, leave user and password out.
    pace : Pace, optional
        Rate limits to share; default: those of `limits`.
    """

    def __init__(self, url: str, limits: Limits | None = None, *, pace: Pace | None = None) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ConfigError("an FTP address needs a host: ftp://host/folder")
        self._limits = limits or Limits()
        self._host, self._port = parts.hostname, parts.port or FTP_PORT
        self._login = unquote(parts.username or ""), unquote(parts.password or "")
        self._root = inside(unquote(parts.path))
        self._url = f"ftp://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        self._pace = pace or self._limits.pace()
        self._has_mlsd = self._pipelines = True
        self._sessions = Sessions(self._log_in, self._limits.connections or DEFAULT_CONNECTIONS)

    @property
    def url(self) -> str:
        """The root, without credentials and without a slash at its end."""
        return self._url

    def stat(self, path: str) -> RemoteStat:
        """Ask with SIZE and MDTM."""
        target = self._target(path)
        return self._run(path, lambda session: _stat(session, target))

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file with RETR, after SIZE and MDTM; see `Transport.read`.

        For a file from its beginning all commands go out at once: that is one round trip.
        """
        target, name = self._target(path), self._name(path)

        def start(session: FTP) -> tuple[RemoteStat, int, socket.socket | None]:
            if self._pipelines and not offset and not unless:
                return self._start_at_once(session, target)
            stat = _stat(session, target)
            if unless and stat.stamp == unless:
                return stat, 0, None
            begin = offset if not if_match or stat.stamp == if_match else 0
            return stat, begin, session.ntransfercmd(f"RETR {target}", begin or None)[0]

        session, (stat, begin, data) = self._begin(path, start)
        if data is None:
            self._sessions.give(session)
            return Body(name, stat, unchanged=True)
        transfer = _Transfer(name, session, data, self._sessions)
        return Body(name, stat, paced(transfer.chunks(), self._pace), transfer.close, offset=begin)

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder with MLSD, or with LIST and one MDTM a file where there is none."""
        target = self._target(path)
        entries = self._run(path, lambda session: self._entries(session, target))
        return sorted(entries, key=lambda entry: entry.name)

    def close(self) -> None:
        """Close the idle connections."""
        self._sessions.close()

    def _target(self, path: str) -> str:
        return posixpath.join("/", self._root, inside(path))

    def _name(self, path: str) -> str:
        return f"{self._url}/{inside(path)}"

    def _log_in(self) -> FTP:
        session = FTP()  # noqa: S321  (public archives speak it; https is the better choice)
        try:
            session.connect(self._host, self._port, timeout=self._limits.connect_timeout_s)
            session.timeout = self._limits.read_timeout_s
            if session.sock is not None:
                session.sock.settimeout(self._limits.read_timeout_s)
            session.login(*self._login)
            session.voidcmd("TYPE I")
        except BaseException:
            session.close()
            raise
        return session

    def _begin(self, path: str, start: Callable[[FTP], T]) -> tuple[FTP, T]:
        """Run `start` on a connection and hand both on; one that died of age is replaced."""
        self._pace.request()
        while True:
            session = None
            try:
                session, is_old = self._sessions.take()
                return session, start(session)
            except all_errors as error:
                if session is not None:
                    self._return(session, error)
                    if is_old and died_of_age(error):
                        continue
                raise failure(error, self._name(path)) from error
            except BaseException:
                if session is not None:
                    self._sessions.drop(session)
                raise

    def _start_at_once(self, session: FTP, target: str) -> tuple[RemoteStat, int, socket.socket]:
        try:
            stat, data = retrieve(session, target)
        except (TimeoutError, error_proto):
            # Perhaps this server takes one command at a time; the next attempt will tell.
            self._pipelines = False
            raise
        return stat, 0, data

    def _run(self, path: str, work: Callable[[FTP], T]) -> T:
        session, result = self._begin(path, work)
        self._sessions.give(session)
        return result

    def _return(self, session: FTP, error: BaseException) -> None:
        # After "550 no such file" the connection is as good as before.
        if isinstance(error, error_perm):
            self._sessions.give(session)
        else:
            self._sessions.drop(session)

    def _entries(self, session: FTP, target: str) -> Sequence[Entry]:
        if self._has_mlsd:
            try:
                return parse_mlsd(_lines(session, f"MLSD {target}"))
            except error_perm as error:
                if not str(error).startswith(NOT_IMPLEMENTED):
                    raise
                self._has_mlsd = False
        # vsftpd lists a folder that is not there as an empty one; CWD tells.
        session.cwd(target)
        found = parse_ls(_lines(session, "LIST"))
        return [_dated(session, target, entry) for entry in found]


class _Transfer:
    """One RETR under way; gives its connection back when it ends well, else drops it."""

    def __init__(self, name: str, session: FTP, data: socket.socket, sessions: Sessions) -> None:
        self._name, self._session, self._data, self._sessions = name, session, data, sessions
        self._under_way = True

    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._data.recv(CHUNK_BYTES):
                yield chunk
            self._data.close()
            self._session.voidresp()
        except all_errors as error:
            self.close()
            raise failure(error, self._name) from error
        self._under_way = False
        self._sessions.give(self._session)

    def close(self) -> None:
        self._data.close()
        if self._under_way:
            self._under_way = False
            self._sessions.drop(self._session)


def _stat(session: FTP, target: str) -> RemoteStat:
    try:
        size = session.size(target)
    except error_perm as error:
        if not str(error).startswith(NOT_IMPLEMENTED):
            raise
        size = None
    changed = ""
    with suppress(error_perm):  # where SIZE works and MDTM does not, there is no time to tell
        changed = session.voidcmd(f"MDTM {target}")[4:]
    return RemoteStat(size, mdtm_us(changed))


def _dated(session: FTP, target: str, entry: Entry) -> Entry:
    if entry.is_folder:
        return entry
    changed = ""
    with suppress(error_perm):
        changed = session.voidcmd(f"MDTM {posixpath.join(target, entry.name)}")[4:]
    return Entry(entry.name, is_folder=False, size=entry.size, mtime_us=mdtm_us(changed))


def _lines(session: FTP, command: str) -> list[str]:
    # Not `retrlines`: it switches the connection to ASCII, where SIZE and REST go wrong.
    with closing(session.transfercmd(command)) as data, data.makefile("rb") as reader:
        content = reader.read()
    session.voidresp()
    return content.decode(session.encoding, "replace").splitlines()


def failure(error: BaseException, name: str) -> SourceError:
    """Return what an exception of ftplib means."""
    reply = str(error)
    code = reply[:3]
    message = f"{name}: {reply.strip() or type(error).__name__}"
    if isinstance(error, error_perm | error_temp):
        if code == "421" or (code == "530" and _TOO_MANY.search(reply)):
            return RateLimited(message)
        kinds: dict[str, type[SourceError]] = {
            "425": Unreachable,
            "426": Truncated,
            "501": NotFound,  # MLSD of something that is no folder
            "530": NotAuthorised,
            "550": NotFound,
        }
        return kinds.get(code, ServerFault)(message)
    if isinstance(error, Error):
        return ServerFault(f"{name}: the server does not speak FTP ({reply})")
    return Unreachable(message)
