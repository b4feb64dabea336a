"""Asking again, later, when an archive fails in a way that passes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from gnomon.errors import RateLimited, SourceError

_logger = logging.getLogger(__name__)

T = TypeVar("T")


def untold(_what: str, _error: SourceError) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to ask again and how long to wait.

    Before the n-th new attempt it waits between a half and the whole of ``base_s * 2**(n-1)``,
    at most `cap_s`. The half that is not left to chance makes the waits of the defaults add up to
    at least 7.75 s, so that a server that comes up 5 s after us is reached every time.

    Attributes
    ----------
    attempts : int
        In all.
    base_s, cap_s : float
        The first wait and the longest.
    after_cap_s : float
        The longest wait that an archive may ask for (Retry-After).
    sleep : callable
        In seconds; injected by tests.
    random : Random
        Spreads clients that failed together; injected by tests.
    told : callable
        Told of what failed, and how, before each new attempt; from any thread.
    """

    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 60.0
    after_cap_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    random: Random = field(default_factory=Random, repr=False)
    told: Callable[[str, SourceError], None] = untold

    def call(self, what: str, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, trying again on errors of the archive that pass.

        Parameters
        ----------
        what : str
            Names the work in the log.

        Raises
        ------
        SourceError
            The one of the last attempt, or the first that no retry helps.
        """
        for failed in range(1, self.attempts):
            try:
                return attempt()
            except SourceError as error:
                if not error.retry:
                    raise
                wait_s = self._wait_s(failed, error)
                _logger.warning(
                    "%s: %s; attempt %d of %d in %.1f s",
                    error.slug,
                    error if what in str(error) else f"{what}: {error}",
                    failed + 1,
                    self.attempts,
                    wait_s,
                )
                self.told(what, error)
            self.sleep(wait_s)
        return attempt()

    def _wait_s(self, failed: int, error: SourceError) -> float:
        longest_s = min(self.cap_s, self.base_s * 2 ** (failed - 1))
        wait_s = self.random.uniform(longest_s / 2, longest_s)
        if isinstance(error, RateLimited) and error.after_s is not None:
            return max(wait_s, min(error.after_s, self.after_cap_s))
        return wait_s
