"""Connections for threads that publish at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Sessions:
    """Connections, each used by one thread at a time; all closed as soon as nobody needs one.

    A publisher is never closed, so it must not hold a connection, or a lock on a file, while
    there is nothing to publish.

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
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                left, self._idle = ([], self._idle) if self._wanted else (self._idle, [])
            for connection in left:
                connection.close()

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
