"""A bounded pool of logged-in FTP connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from ftplib import FTP, error_temp


class Sessions:
    """Connections that are used one after the other, never more than `limit` at once.

    Parameters
    ----------
    log_in : callable
        Makes a connection.
    """

    def __init__(self, log_in: Callable[[], FTP], limit: int) -> None:
        self._log_in = log_in
        self._places = threading.BoundedSemaphore(limit)
        self._lock = threading.Lock()
        self._idle: list[FTP] = []

    def take(self) -> tuple[FTP, bool]:
        """Return a connection, and whether it is an old one; wait for a place."""
        self._places.acquire()
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        try:
            return self._log_in(), False
        except BaseException:
            self._places.release()
            raise

    def give(self, session: FTP) -> None:
        """Return a connection that works."""
        with self._lock:
            self._idle.append(session)
        self._places.release()

    def drop(self, session: FTP) -> None:
        """Throw away a connection that broke."""
        session.close()
        self._places.release()

    def close(self) -> None:
        """Hang up on the idle ones."""
        with self._lock:
            for session in self._idle:
                session.close()
            self._idle.clear()


def died_of_age(error: BaseException) -> bool:
    """Tell whether the server closed the connection while it was idle."""
    timed_out = isinstance(error, error_temp) and str(error).startswith("421")
    return timed_out or isinstance(error, EOFError | ConnectionError)
