"""What the loop tells those who watch it: a progress bar, a log, a line of JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gnomon.core.items import Item
from gnomon.core.jobs import Act


class Happened(StrEnum):
    """The kinds of events."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"
    PLANNED = "planned"
    STARTED = "started"
    BYTES = "bytes"
    DONE = "done"
    NO_DATA = "no_data"
    REUSED = "reused"
    RETIRED = "retired"
    RETRY = "retry"
    FAILED = "failed"
    REJECTED = "rejected"
    CORRUPT = "corrupt"
    FLAWED = "flawed"
    """A job is done, and something was lost."""
    RECONNECTING = "reconnecting"
    ATTEMPT = "attempt"
    """A request to an archive failed and is sent again, within one try of a job."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    name : str
        Of the source, step or publisher.
    subject : str
        The key it is about.
    count : int
        Items listed, bytes that arrived or were made, datasets taken back, or jobs that stand
        ready and are not done.
    error : str
        The slug of what went wrong.
    items : sequence of Item
        What was listed.
    """

    what: Happened
    name: str
    subject: str = ""
    message: str = ""
    count: int = 0
    act: str = ""
    error: str = ""
    items: Sequence[Item] = field(default=(), repr=False)


Listener = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """Listen to nothing."""


@dataclass(slots=True)
class Summary:
    """What one run did.

    Attributes
    ----------
    problems : list of Event
        Everything that failed, was rejected or could not be listed, each with its reason.
    standing : int
        Cells of this pipeline that are failed or rejected now, from this run or an earlier one.
    waiting : int
        Cells that wait for something that this run could not bring.
    reasons : dict of str to int
        How many wait for what.
    """

    listed: int = 0
    done: dict[str, int] = field(default_factory=dict)
    no_data: int = 0
    reused: int = 0
    retired: int = 0
    bytes_fetched: int = 0
    problems: list[Event] = field(default_factory=list)
    standing: int = 0
    waiting: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        """How many jobs ran, whatever their end."""
        ended = {Happened.FAILED, Happened.REJECTED}
        bad = sum(1 for event in self.problems if event.what in ended)
        return sum(self.done.values()) + self.no_data + bad

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing stands failed."""
        return not self.problems and not self.standing

    def take(self, event: Event) -> None:
        """Count an event in."""
        match event.what:
            case Happened.LISTED:
                self.listed += event.count
            case Happened.DONE:
                self.done[event.name] = self.done.get(event.name, 0) + 1
                self.bytes_fetched += event.count if event.act == Act.FETCH else 0
            case Happened.NO_DATA:
                self.no_data += 1
            case Happened.REUSED:
                self.reused += 1
            case Happened.RETIRED:
                self.retired += 1
            case (
                Happened.FAILED
                | Happened.REJECTED
                | Happened.NOT_LISTED
                | Happened.CORRUPT
                | Happened.FLAWED
            ):
                self.problems.append(event)
            case _:
                pass
