"""Archives over SSH: the files that an account can read, by SFTP.

One connection serves all threads, since SFTP answers many questions at once. It lives in an event
loop of its own, in a thread that starts with the first question and ends with `close`.

Who the host is, is proved by a known_hosts file; who we are, by keys: those that are given, or
those of the user's ``~/.ssh`` and agent, as its config says. Nobody is ever asked for a password.
"""

from __future__ import annotations

import asyncio
import posixpath
import stat as modes
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from gnomon.acquire.throttle import Pace
from gnomon.acquire.transport import Body, Entry, Limits, RemoteStat, inside, paced
from gnomon.errors import (
    ConfigError,
    NotAuthorised,
    NotFound,
    ServerFault,
    SourceError,
    Unreachable,
)

PORT = 22
_READ_BYTES = 1 << 21
"""At once: many requests of SFTP, which are all under way together."""
_KEEPALIVE_S = 15
_HOME = "~"

T = TypeVar("T")


class SshTransport:
    """One archive over SFTP.

    Parameters
    ----------
    url : str
        ``ssh://[user@]host[:port]/root``, or ``sftp://``; a root of ``/~/folder`` is below the
        user's home. `url` of the transport, and every message, leave user and password out.
    pace : Pace, optional
        Rate limits to share; default: those of `limits`.
    keys : sequence of Path
        Private keys without passphrases; empty: those of the user.
    known_hosts : Path, optional
        Keys of hosts; default: the user's.
    """

    def __init__(
        self,
        url: str,
        limits: Limits | None = None,
        *,
        pace: Pace | None = None,
        keys: Sequence[Path] = (),
        known_hosts: Path | None = None,
    ) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ConfigError("an SSH address needs a host: ssh://user@host/folder")
        self._limits = limits or Limits()
        self._root = _root(unquote(parts.path))
        self._url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        self._pace = pace or self._limits.pace()
        options = {
            "host": parts.hostname,
            "port": parts.port or PORT,
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "client_keys": [str(key) for key in keys],
            "known_hosts": str(known_hosts or ""),
        }
        self._options = {name: value for name, value in options.items() if value}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connecting: asyncio.Lock | None = None
        self._connection: Any = None
        self._sftp: Any = None

    @property
    def url(self) -> str:
        """The root, without credentials and without a slash at its end."""
        return self._url

    def stat(self, path: str) -> RemoteStat:
        """Ask for size and time, which SFTP tells to the second."""
        target = self._target(path)
        return self._ask(path, self._stat(target))

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file; see `Transport.read`."""
        target, name = self._target(path), self._name(path)
        found, file = self._ask(path, self._open(target, unless))
        if file is None:
            return Body(name, found, unchanged=True)
        begin = offset if not if_match or found.stamp == if_match else 0
        transfer = _Transfer(self, path, file, begin)
        chunks = paced(transfer.chunks(), self._pace)
        return Body(name, found, chunks, transfer.close, offset=begin)

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder; links are followed, and left out where they lead nowhere."""
        target = self._target(path)
        entries = self._ask(path, self._entries(target))
        return sorted(entries, key=lambda entry: entry.name)

    def close(self) -> None:
        """Hang up, and end the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(
                self._limits.connect_timeout_s
            )
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._sftp is not None

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start work in the loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._connecting = asyncio.Lock()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name=f"ssh {self._url}", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(
                asyncio.wait_for(work, self._limits.read_timeout_s), self._loop
            )

    def answer(self, path: str, future: Future[T]) -> T:
        """Wait for work, and raise what its failure means."""
        try:
            return future.result()
        except (SourceError, ImportError):
            raise
        except _failures() as error:
            meant = failure(error, self._name(path))
            if isinstance(meant, Unreachable):
                self._sftp = None  # the next question connects anew
            raise meant from error
        except BaseException:
            future.cancel()
            raise

    def _ask(self, path: str, work: Coroutine[Any, Any, T]) -> T:
        self._pace.request()
        return self.answer(path, self.submit(work))

    def _target(self, path: str) -> str:
        return posixpath.join(self._root, inside(path)) or "."

    def _name(self, path: str) -> str:
        return f"{self._url}/{inside(path)}"

    async def _client(self) -> Any:
        """Return the client of SFTP; connect where there is none, or the old one broke."""
        assert self._connecting is not None  # noqa: S101  made with the loop
        async with self._connecting:
            if self._sftp is None:
                await self._hang_up()
                self._connection = await self._connect()
                self._sftp = await self._connection.start_sftp_client()
            return self._sftp

    async def _connect(self) -> Any:
        import asyncssh  # noqa: PLC0415 - heavy, and an extra

        has_password = "password" in self._options
        return await asyncssh.connect(
            **self._options,
            password_auth=has_password,
            kbdint_auth=has_password,
            connect_timeout=self._limits.connect_timeout_s,
            login_timeout=self._limits.connect_timeout_s,
            keepalive_interval=_KEEPALIVE_S,
        )

    async def _hang_up(self) -> None:
        connection, self._connection, self._sftp = self._connection, None, None
        if connection is not None:
            connection.close()
            with suppress(*_failures()):
                await connection.wait_closed()

    async def _end(self) -> None:
        await self._hang_up()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _stat(self, target: str) -> RemoteStat:
        return _told(await (await self._client()).stat(target), target)

    async def _open(self, target: str, unless: str) -> tuple[RemoteStat, Any]:
        client = await self._client()
        found = _told(await client.stat(target), target)
        if unless and found.stamp == unless:
            return found, None
        file = await client.open(target, "rb")
        # Of the open file: what stands under the name may just have been replaced.
        return _told(await file.stat(), target), file

    async def _entries(self, target: str) -> Sequence[Entry]:
        client = await self._client()
        names = [n for n in await client.readdir(target) if n.filename not in (".", "..")]
        found = [await _entry(client, target, name) for name in names]
        return [entry for entry in found if entry is not None]


class _Transfer:
    """One file under way; the next bytes are asked for while the last ones are used."""

    def __init__(self, transport: SshTransport, path: str, file: Any, offset: int) -> None:
        self._transport, self._path, self._file, self._offset = transport, path, file, offset
        self._is_open = True

    def chunks(self) -> Iterator[bytes]:
        coming = self._ask()
        while chunk := self._transport.answer(self._path, coming):
            self._offset += len(chunk)
            coming = self._ask()
            yield chunk
        self.close()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            if self._transport.is_connected:
                self._transport.submit(self._close())

    def _ask(self) -> Future[bytes]:
        return self._transport.submit(self._file.read(_READ_BYTES, self._offset))

    async def _close(self) -> None:
        with suppress(*_failures()):
            await self._file.close()


def _root(path: str) -> str:
    root = inside(path)
    if root == _HOME or root.startswith(f"{_HOME}/"):
        return root.removeprefix(_HOME).strip("/")
    return f"/{root}"


def _told(attributes: Any, target: str) -> RemoteStat:
    """Return what attributes of SFTP say of a file."""
    if modes.S_ISDIR(attributes.permissions or 0):
        raise NotFound(f"{target} is a folder")
    return RemoteStat(attributes.size, _mtime_us(attributes))


def _mtime_us(attributes: Any) -> int | None:
    if attributes.mtime is None:
        return None
    return int(attributes.mtime) * 1_000_000 + (attributes.mtime_ns or 0) // 1000


async def _entry(client: Any, folder: str, name: Any) -> Entry | None:
    import asyncssh  # noqa: PLC0415

    attributes = name.attrs
    if attributes.permissions is None or modes.S_ISLNK(attributes.permissions):
        try:
            attributes = await client.stat(posixpath.join(folder, name.filename))
        except asyncssh.SFTPError:
            return None
    is_folder = modes.S_ISDIR(attributes.permissions or 0)
    size = None if is_folder else attributes.size
    return Entry(name.filename, is_folder, size, _mtime_us(attributes))


def _failures() -> tuple[type[BaseException], ...]:
    """Return what asyncssh raises."""
    import asyncssh  # noqa: PLC0415

    keys = (asyncssh.KeyImportError, asyncssh.ConfigParseError)
    return (asyncssh.Error, OSError, TimeoutError, *keys)


def failure(error: BaseException, name: str) -> SourceError | ConfigError:
    """Return what an exception of asyncssh means."""
    import asyncssh  # noqa: PLC0415

    message = f"{name}: {str(error).strip() or type(error).__name__}"
    if isinstance(error, asyncssh.ConfigParseError):
        return ConfigError(message)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return NotAuthorised(f"{message}; connect once with ssh to make the host known")
    if isinstance(error, _absent()):
        return NotFound(message)
    refused = (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied, asyncssh.KeyImportError)
    if isinstance(error, refused):
        return NotAuthorised(message)
    lost = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
    if isinstance(error, asyncssh.SFTPError) and not isinstance(error, lost):
        return ServerFault(message)
    return Unreachable(message)


def _absent() -> tuple[type[BaseException], ...]:
    import asyncssh  # noqa: PLC0415

    return (
        asyncssh.SFTPNoSuchFile,
        asyncssh.SFTPNoSuchPath,
        asyncssh.SFTPNotADirectory,
        asyncssh.SFTPFileIsADirectory,
    )
