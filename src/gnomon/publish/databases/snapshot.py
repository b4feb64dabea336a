"""What a target holds, as it was a moment ago: it is asked for every receipt in turn."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from gnomon.errors import PublishError

_KEPT_S = 5.0
Place = TypeVar("Place")


class Snapshot(Generic[Place]):
    """What a target holds, read at most once in a while.

    Parameters
    ----------
    read : callable
        Returns the sha256 of what the target holds, by place.
    """

    def __init__(self, read: Callable[[], Mapping[Place, str]]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._taken_s = -math.inf
        self._found: Mapping[Place, str] | PublishError = {}

    def holds(self, place: Place, sha256: str) -> bool:
        """Tell whether the target held these bytes in a place."""
        return self.sha256_of(place) == sha256

    def sha256_of(self, place: Place) -> str | None:
        """Return what the target held in a place; None where it held nothing."""
        with self._lock:
            if time.monotonic() - self._taken_s > _KEPT_S:
                self._take()
            found = self._found
        if isinstance(found, PublishError):
            raise PublishError(str(found))
        return found.get(place)

    def forget(self) -> None:
        """Look again next time."""
        with self._lock:
            self._taken_s = -math.inf

    def _take(self) -> None:
        try:
            self._found = self._read()
        except PublishError as error:
            # Who waits for an absent server does so once, not for every receipt.
            self._found = error
        self._taken_s = time.monotonic()
