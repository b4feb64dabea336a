"""Rate limits that every connection to an archive shares."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """A thread-safe rate limit.

    A request larger than what the bucket holds passes at once and is paid for afterwards, so that
    a chunk may exceed the burst and nothing starves.

    Parameters
    ----------
    rate_per_s : float
        What flows in, per second.
    burst : float, optional
        What the bucket holds when full; default: one second's worth.
    clock, sleep : callable
        In seconds; injected by tests.
    """

    def __init__(
        self,
        rate_per_s: float,
        *,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = rate_per_s if burst is None else burst
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._level = self._burst
        self._filled_s = clock()

    def take(self, amount: float) -> None:
        """Take some tokens; return once the debt is paid."""
        with self._lock:
            now_s = self._clock()
            inflow = (now_s - self._filled_s) * self._rate_per_s
            self._level = min(self._burst, self._level + inflow) - amount
            self._filled_s = now_s
            debt_s = -self._level / self._rate_per_s
        if debt_s > 0:
            self._sleep(debt_s)


class Pace:
    """How fast one archive may be asked; None means as fast as it answers."""

    def __init__(
        self, requests: TokenBucket | None = None, volume: TokenBucket | None = None
    ) -> None:
        self._requests, self._volume = requests, volume

    def request(self) -> None:
        """Wait until the next request may go out."""
        if self._requests is not None:
            self._requests.take(1)

    def arrived(self, count: int) -> None:
        """Wait until `count` more bytes may have arrived."""
        if self._volume is not None:
            self._volume.take(count)
