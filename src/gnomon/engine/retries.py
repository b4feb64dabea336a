"""When a failed job is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field

from gnomon.core.dataset import MICROSECONDS
from gnomon.core.jobs import JobStatus, Outcome
from gnomon.errors import by_slug


@dataclass
class Retries:
    """The tries of one run.

    Attributes
    ----------
    begun_us : int
        Failures from before this instant get a fresh start.
    most_tries : int
        A job that failed this often in one run is left to the next.
    endless : bool
        A loop that watches goes on trying instead, at the longest pause.
    pause_s, longest_pause_s : float
        Before the second try, doubling, up to the longest.
    """

    begun_us: int
    most_tries: int
    pause_s: float
    longest_pause_s: float
    endless: bool = False
    _tries: dict[str, int] = field(default_factory=dict)
    _asked_s: dict[str, float] = field(default_factory=dict)

    def note(self, outcome: Outcome) -> None:
        """Count a failure."""
        self._tries[outcome.fingerprint] = self._tries.get(outcome.fingerprint, 0) + 1
        if outcome.after_s is not None:
            self._asked_s[outcome.fingerprint] = outcome.after_s

    def again(self, status: JobStatus) -> int | None:
        """Return when to try a failed job again, microseconds since 1970 UTC; None: not now."""
        if status.finished_us < self.begun_us:
            return 0
        known = by_slug(status.error)
        tries = self._tries.get(status.fingerprint, 0)
        # Where an exception that is not ours comes from is not known: trying again may help.
        if (known is not None and not known.retry) or (
            tries >= self.most_tries and not self.endless
        ):
            return None
        pause_s = min(self.pause_s * 2.0 ** min(max(tries - 1, 0), 30), self.longest_pause_s)
        pause_s = max(pause_s, self._asked_s.get(status.fingerprint, 0.0))
        return status.finished_us + int(pause_s * MICROSECONDS)
