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
        When this run began, or a loop that watches listed last. Failures from before the run get
        a fresh start; those that a retry does not help, whenever the archives were listed.
    most_tries : int
        A job that failed this often in one run is left to the next.
    endless : bool
        A loop that watches goes on trying instead, at the longest pause, but nobody waits for
        that any more.
    pause_s, longest_pause_s : float
        Before the second try, doubling, up to the longest.
    """

    begun_us: int
    most_tries: int
    pause_s: float
    longest_pause_s: float
    endless: bool = False
    _tries: dict[str, int] = field(default_factory=dict)
    _noted: dict[str, int] = field(default_factory=dict)
    _last_us: dict[str, int] = field(default_factory=dict)
    _asked_s: dict[str, float] = field(default_factory=dict)

    def note(self, outcome: Outcome, now_us: int, *, counts: bool = True) -> None:
        """Take a failure down, once; one that does not count uses no try up."""
        if self._noted.get(outcome.fingerprint) == outcome.finished_us:
            return
        self._noted[outcome.fingerprint] = outcome.finished_us
        self._tries[outcome.fingerprint] = self._tries.get(outcome.fingerprint, 0) + counts
        self._last_us[outcome.fingerprint] = now_us
        if outcome.after_s is not None:
            self._asked_s[outcome.fingerprint] = outcome.after_s

    def again(self, status: JobStatus) -> tuple[int, bool] | None:
        """Return when to try a failed job again, microseconds since 1970 UTC; None: not now.

        Also whether those that read what it makes should wait for that.
        """
        # Our own clock, not the worker's, tells how long ago our own tries were.
        last_us = self._last_us.get(status.fingerprint, status.finished_us)
        known = by_slug(status.error)
        # Where an exception that is not ours comes from is not known: trying again may help.
        helps = known is None or known.retry
        if last_us < self.begun_us and not (helps and status.fingerprint in self._last_us):
            return 0, True
        tries = self._tries.get(status.fingerprint, 0)
        spent = tries >= self.most_tries
        if not helps or (spent and not self.endless):
            return None
        pause_s = min(self.pause_s * 2.0 ** min(max(tries - 1, 0), 30), self.longest_pause_s)
        pause_s = max(pause_s, self._asked_s.get(status.fingerprint, 0.0))
        return last_us + int(pause_s * MICROSECONDS), not spent
