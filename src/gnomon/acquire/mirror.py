"""Several ways to reach one archive, the next taking over when one is down."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from gnomon.acquire.transport import Body, Entry, RemoteStat, Transport
from gnomon.errors import ConfigError, SourceError, Truncated, Unreachable

_logger = logging.getLogger(__name__)

T = TypeVar("T")


class Mirror:
    """A transport over several, in order of preference, such as FTP before HTTPS.

    One that is unreachable, or breaks in mid-body, is left alone for `cool_down_s`; a file that
    breaks in mid-body goes on from there on the next where sizes and times agree. An answer such
    as "not found" is an answer, and no reason to ask elsewhere.

    Parameters
    ----------
    transports : sequence of Transport
        At least one.
    clock : callable
        In seconds; injected by tests.
    """

    def __init__(
        self,
        transports: Sequence[Transport],
        *,
        cool_down_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not transports:
            raise ConfigError("a mirror needs at least one transport")
        self._transports = tuple(transports)
        self._cool_down_s, self._clock = cool_down_s, clock
        self._lock = threading.Lock()
        self._down: dict[Transport, tuple[float, str]] = {}

    @property
    def url(self) -> str:
        """The root of the preferred transport."""
        return self._transports[0].url

    @property
    def note(self) -> str:
        """What is down and why, for people; empty while all is well."""
        with self._lock:
            reasons = [why for _, why in self._down.values()]
        return "; ".join(reasons)

    def stat(self, path: str) -> RemoteStat:
        """Ask the first that answers."""
        return self._ask(self._ordered(), lambda transport: transport.stat(path))[1]

    def read(self, path: str, *, offset: int = 0, if_match: str = "", unless: str = "") -> Body:
        """Open a file on the first that answers; see `Transport.read`."""

        def open_it(transport: Transport) -> Body:
            return transport.read(path, offset=offset, if_match=if_match, unless=unless)

        transport, body = self._ask(self._ordered(), open_it)
        relay = _Relay(self, path, transport, body)
        return Body(
            body.name,
            body.stat,
            relay.chunks(),
            relay.close,
            offset=body.offset,
            unchanged=body.unchanged,
        )

    def list(self, path: str = "") -> Sequence[Entry]:
        """List a folder on the first that answers."""
        return self._ask(self._ordered(), lambda transport: transport.list(path))[1]

    def close(self) -> None:
        """Close all of them."""
        for transport in self._transports:
            transport.close()

    def resume(
        self, path: str, offset: int, tried: Sequence[Transport], error: SourceError
    ) -> tuple[Transport, Body]:
        """Go on with a file that broke on the last of `tried`; raise `error` where none can."""
        others = [transport for transport in self._ordered() if transport not in tried]
        self._leave(tried[-1], error, others)
        if not others:
            raise error
        try:
            return self._ask(others, lambda transport: transport.read(path, offset=offset))
        except SourceError:
            raise error from None

    def _ordered(self) -> Sequence[Transport]:
        """Return those that are up, then, as a last resort, those that were down lately."""
        now_s = self._clock()
        with self._lock:
            until = {transport: until_s for transport, (until_s, _) in self._down.items()}
        return sorted(self._transports, key=lambda one: until.get(one, now_s) > now_s)

    def _ask(
        self, transports: Sequence[Transport], ask: Callable[[Transport], T]
    ) -> tuple[Transport, T]:
        *earlier, last = transports
        for rank, transport in enumerate(earlier, 1):
            try:
                result = ask(transport)
            except Unreachable as error:
                self._leave(transport, error, transports[rank:])
            else:
                self._returned(transport)
                return transport, result
        result = ask(last)
        self._returned(last)
        return last, result

    def _leave(self, transport: Transport, error: SourceError, others: Sequence[Transport]) -> None:
        why = f"{transport.url} is down ({error})"
        with self._lock:
            is_news = transport not in self._down
            self._down[transport] = self._clock() + self._cool_down_s, why
        if is_news:
            instead = others[0].url if others else "nothing else"
            _logger.warning("%s; using %s for %.0f s", why, instead, self._cool_down_s)

    def _returned(self, transport: Transport) -> None:
        with self._lock:
            is_news = self._down.pop(transport, None) is not None
        if is_news:
            _logger.info("%s answers again", transport.url)


class _Relay:
    """One body that may come from several transports."""

    def __init__(self, mirror: Mirror, path: str, transport: Transport, body: Body) -> None:
        self._mirror, self._path = mirror, path
        self._tried, self._body = [transport], body
        self._stat, self._reached = body.stat, body.offset

    def chunks(self) -> Iterator[bytes]:
        while True:
            try:
                for chunk in self._body:
                    self._reached += len(chunk)
                    yield chunk
            except (Unreachable, Truncated) as error:
                self._switch(error)
            else:
                return

    def close(self) -> None:
        self._body.close()

    def _switch(self, error: SourceError) -> None:
        self._body.close()
        # Each is tried once a body, so that two broken ones do not hand it to and fro for ever.
        found = self._mirror.resume(self._path, self._reached, self._tried, error)
        self._tried.append(found[0])
        self._body = found[1]
        if self._body.offset != self._reached or not self._body.stat.agrees(self._stat):
            self._body.close()
            raise Truncated(f"{error}; {self._body.name} does not agree, so it starts over")
