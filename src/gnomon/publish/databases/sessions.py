"""Connections for threads that publish at the same time."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LINGER_S = 1.0


class Sessions:
    """Connections, each used by one thread at a time; all closed soon after nobody needs one.

    A publisher is never closed, so it must not hold a connection, or a lock on a file, while
    there is nothing to publish; but to open DuckDB anew for each file takes longer than to load it.

    Parameters
    ----------
    connect : callable
        Opens a connection.
    most : int
        How many there may be; whoever comes later waits.
    """

    def __init__(self, connect: Callable[[], Any], most: int) -> None:
        self._connect = connect
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self._wanted = 0
        self._timer: threading.Timer | None = None
        # At the end of the process too: DuckDB then brings what it logged into its file. And the
        # lock makes that end wait for the timer's thread, which must not be cut off in a driver.
        weakref.finalize(self, _close, self._idle, self._lock)

    @contextmanager
    def one(self) -> Iterator[Any]:
        """Lend a connection; after an error it is closed, whatever state it is in."""
        with self.kept(), self._places, self._lent() as connection:
            yield connection

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep connections open for as long as this lasts."""
        with self._lock:
            self._wanted += 1
            if self._timer is not None:
                self._timer.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._timer = threading.Timer(_LINGER_S, self._close_idle)
                    self._timer.daemon = True
                    self._timer.start()

    def _close_idle(self) -> None:
        if not self._wanted:  # who comes now opens another
            _close(self._idle, self._lock)

    @contextmanager
    def _lent(self) -> Iterator[Any]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = self._connect() if connection is None else connection
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)


def _close(connections: list[Any], lock: threading.Lock) -> None:
    with lock:
        while connections:
            connections.pop().close()
