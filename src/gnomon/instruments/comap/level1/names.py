"""Names of files: ``comap-<obsid>-YYYY-MM-DD-HHMMSS.hd5``, and ``Level2_`` before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gnomon.errors import BadData

SUFFIX = ".hd5"
_NAME = re.compile(
    r"(?P<prefix>[A-Za-z0-9]+_)?(?P<stem>comap-(?P<obsid>\d{1,10})-(?P<stamp>\d{4}-\d\d-\d\d-\d{6}))"
    r"(?:_v\d+)?(?:\.hd5|\.hdf5|\.h5)?"
)


@dataclass(frozen=True, slots=True)
class Name:
    """What the name of a file says.

    Attributes
    ----------
    obsid : int
    stem : str
        Without prefix and suffix: ``comap-0045285-2024-12-01-103000``.
    start : datetime
        UTC, of the observation.
    prefix : str
        ``Level2_``; empty for Level 1.
    """

    obsid: int
    stem: str
    start: datetime
    prefix: str = ""

    @property
    def is_level1(self) -> bool:
        """Whether it is one of the spectrometer's files."""
        return not self.prefix

    @property
    def stamp(self) -> str:
        """The time as in the name: ``2024-12-01-103000``."""
        return self.stem.split("-", 2)[-1]

    @property
    def month(self) -> str:
        """Year and month: ``2024-12``."""
        return self.stamp[:7]


def parsed(name: str) -> Name:
    """Read the name of a file, without its folder.

    >>> parsed("Level2_comap-0045285-2024-12-01-103000.hd5").obsid
    45285

    Raises
    ------
    BadData
        It is none of COMAP's.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadData(f"{name} is not called comap-OBSID-YYYY-MM-DD-HHMMSS{SUFFIX}")
    try:
        start = datetime.strptime(found["stamp"], "%Y-%m-%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise BadData(f"{name}: {found['stamp']} is no time") from None
    return Name(int(found["obsid"]), found["stem"], start, found["prefix"] or "")


def level1_name(obsid: int, start: datetime) -> str:
    """Return the name of a Level-1 file.

    Parameters
    ----------
    start : datetime
        Aware; of any zone.
    """
    stamp = start.astimezone(UTC).strftime("%Y-%m-%d-%H%M%S")
    return f"comap-{obsid:07d}-{stamp}{SUFFIX}"
