"""What several datasets have a say in: the state of an observation, and which flags are bad.

Each dataset's say is kept, and the rows follow from all of them; so it does not matter in which
order they were published, and what is taken back leaves what the others say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from gnomon.errors import Corrupt
from gnomon.instruments.comap.kinds import FLAGS, LEVEL1, LEVEL2, VERDICT
from gnomon.instruments.comap.level1.flagged import Flagged
from gnomon.instruments.comap.level1.verdict import Status
from gnomon.instruments.comap.receiver import N_FEEDS, N_FREQUENCY_BANDS

Place = tuple[int, int]
"""A feed's number, and a frequency band."""
EVERYWHERE: Final = tuple(
    (feed, band) for feed in range(1, N_FEEDS + 1) for band in range(N_FREQUENCY_BANDS)
)
BY_OBSERVERS: Final = "Observer Flag"
_WHO_KNOWS_WHY: Final = (VERDICT.name, LEVEL1.name)


@dataclass(frozen=True)
class Say:
    """What one dataset says.

    Attributes
    ----------
    error : str
        Why the observation cannot be used; empty where nothing is said against it.
    bad : tuple of (int, int, str)
        Feed, frequency band and comment of what is not to be used.
    """

    error: str = ""
    bad: tuple[tuple[int, int, str], ...] = ()

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps({"error": self.error, "bad": self.bad}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Say:
        """Read it back."""
        try:
            said = json.loads(text)
            bad = tuple((int(feed), int(band), str(why)) for feed, band, why in said["bad"])
            return cls(str(said["error"]), bad)
        except (ValueError, TypeError, KeyError) as error:
            raise Corrupt(f"what the database remembers makes no sense: {error}") from error


@dataclass(frozen=True)
class Settled:
    """What follows from all that is said of an observation.

    Attributes
    ----------
    status : Status
    error : str, optional
    bad : mapping of (feed, frequency band) to str
        What is not to be used, with comments.
    """

    status: Status
    error: str | None
    bad: Mapping[Place, str]


def places_of(flags: Iterable[Flagged]) -> dict[Place, str]:
    """Return what observers flagged, with their comments; where there is none that it was they."""
    found: dict[Place, list[str]] = {}
    for flag in flags:
        for place in product(flag.feeds, flag.frequency_bands):
            found.setdefault(place, []).append(flag.comment)
    return {
        place: "; ".join(dict.fromkeys(filter(None, comments))) or BY_OBSERVERS
        for place, comments in found.items()
    }


def settle(said: Mapping[str, Say]) -> Settled:
    """Return what follows from all that is said of an observation.

    An observation that failed is bad everywhere, for the reason that it failed of.

    Parameters
    ----------
    said : mapping
        By kind.
    """
    for kind in _WHO_KNOWS_WHY:
        if kind in said and (error := said[kind].error):
            return Settled(Status.FAILED, error, dict.fromkeys(EVERYWHERE, error))
    flagged = {
        (feed, band): why
        for feed, band, why in said.get(FLAGS.name, Say()).bad
        if (feed, band) in EVERYWHERE
    }
    status = Status.COMPLETE if LEVEL2.name in said else Status.PENDING
    return Settled(status, None, flagged)
