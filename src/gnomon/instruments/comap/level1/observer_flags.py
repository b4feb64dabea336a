"""The observers' list of what not to use, as a CSV that they edit, and as a source.

    ObsID start,ObsID end,Pixels,Sidebands,Comment
    45285,45290,"5,12",bandA,sidelobes
    50001,ongoing,15,all,amplifier is broken

`Pixels` are feeds: ``all``, or numbers and ranges. `Sidebands` is ``all``, ``bandA`` (bands 0 and
1), ``bandB`` (bands 2 and 3), or numbers and ranges of frequency bands, 0 to 7. The comment may be
left out. Lines that are empty or begin with # say nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import Transport
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, NotFound
from gnomon.instruments.comap.kinds import OBSERVER_FLAGS
from gnomon.instruments.comap.level1.flagged import Flagged
from gnomon.instruments.comap.receiver import N_FEEDS, N_FREQUENCY_BANDS

HEADER: Final = ("ObsID start", "ObsID end", "Pixels", "Sidebands", "Comment")
ONGOING: Final = "ongoing"
ALL: Final = "all"
ALL_FEEDS: Final = tuple(range(1, N_FEEDS + 1))
ALL_FREQUENCY_BANDS: Final = tuple(range(N_FREQUENCY_BANDS))
SIDEBANDS: Final = {ALL: ALL_FREQUENCY_BANDS, "banda": (0, 1, 2, 3), "bandb": (4, 5, 6, 7)}
"""Frequency bands of the names that observers use."""
_WRITTEN: Final = {ALL_FREQUENCY_BANDS: ALL, (0, 1, 2, 3): "bandA", (4, 5, 6, 7): "bandB"}
_SEPARATORS = re.compile(r"[,;\s]+")
_RANGE = re.compile(r"(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Flag:
    """One line of the list.

    Attributes
    ----------
    first_obsid : int
    last_obsid : int, optional
        The last that it holds for; none while it goes on.
    feeds : tuple of int
        Numbers, 1 to 19, ascending.
    frequency_bands : tuple of int
        0 to 7: band * 2 + half; ascending.
    comment : str
    """

    first_obsid: int
    last_obsid: int | None
    feeds: tuple[int, ...] = ALL_FEEDS
    frequency_bands: tuple[int, ...] = ALL_FREQUENCY_BANDS
    comment: str = ""

    @property
    def bands(self) -> tuple[int, ...]:
        """Bands, 0 to 3, that it touches."""
        return tuple(sorted({band // 2 for band in self.frequency_bands}))

    @property
    def flagged(self) -> Flagged:
        """What it says of each of its observations."""
        return Flagged(self.feeds, self.frequency_bands, self.comment)

    def holds_for(self, obsid: int) -> bool:
        """Tell whether an observation lies in its range."""
        return self.first_obsid <= obsid and (self.last_obsid is None or obsid <= self.last_obsid)

    def row(self) -> tuple[str, str, str, str, str]:
        """Return its cells, under `HEADER`."""
        last = ONGOING if self.last_obsid is None else str(self.last_obsid)
        feeds = ALL if self.feeds == ALL_FEEDS else ",".join(map(str, self.feeds))
        bands = _WRITTEN.get(self.frequency_bands, ",".join(map(str, self.frequency_bands)))
        return str(self.first_obsid), last, feeds, bands, self.comment


def read_list(path: Path, name: str = "") -> list[Flag]:
    """Read an observers' list.

    Parameters
    ----------
    name : str
        What messages call it; by default the file's own name.

    Raises
    ------
    BadData
        It is no such list, or a line makes no sense; the message has its number.
    """
    name = name or path.name
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{name} cannot be read: {error}") from None
    return list(flags_in(lines, name))


def flags_in(lines: Sequence[str], name: str) -> Iterator[Flag]:
    """Read the lines of a list; see `read_list`."""
    said = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"]
    if not said:
        raise BadData(f"{name} is empty: its first line must be {','.join(HEADER)}")
    columns = columns_in(said[0][1], name)
    for number, line in said[1:]:
        try:
            yield _flag(_cells(line), columns)
        except (ValueError, csv.Error) as error:
            raise BadData(f"{name}, line {number}: {error}") from None


def columns_in(line: str, name: str) -> dict[str, int]:
    """Return where the columns stand, by their names in lower case without spaces."""
    columns = {_plain(cell): place for place, cell in enumerate(_cells(line))}
    for wanted in HEADER[:-1]:
        if _plain(wanted) not in columns:
            raise BadData(f"{name} has no column {wanted!r}")
    return columns


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", "", text).lower()


def _flag(cells: Sequence[str], columns: dict[str, int]) -> Flag:
    first, last, feeds, bands, comment = (
        cells[place] if (place := columns.get(_plain(name), len(cells))) < len(cells) else ""
        for name in HEADER
    )
    if len(cells) > len(columns) or comment.lower() in SIDEBANDS:
        raise ValueError("it has more cells than columns: a list stands in quotes")
    flag = Flag(
        _obsid(first),
        None if last.lower() == ONGOING else _obsid(last),
        ALL_FEEDS if feeds.lower() == ALL else _numbers(feeds, ALL_FEEDS, "feed"),
        SIDEBANDS.get(bands.lower()) or _numbers(bands, ALL_FREQUENCY_BANDS, "frequency band"),
        comment,
    )
    if flag.last_obsid is not None and flag.last_obsid < flag.first_obsid:
        raise ValueError(f"the range {first} to {last} ends before it begins")
    return flag


def _obsid(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no obsid")
    return int(text)


def _numbers(text: str, known: Sequence[int], what: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in filter(None, _SEPARATORS.split(text.strip("[]()"))):
        if bounds := _RANGE.fullmatch(part):
            first, last = int(bounds[1]), int(bounds[2])
            found |= {first, last} | {one for one in known if first <= one <= last}
        elif part.isdecimal():
            found.add(int(part))
        else:
            raise ValueError(f"{part!r} is no {what}")
    if not found:
        raise ValueError(f"it names no {what}")
    if stray := sorted(found - set(known)):
        raise ValueError(f"{what} {stray[0]} is none of {known[0]} to {known[-1]}")
    return tuple(sorted(found))


def flagged_of(flags: Iterable[Flag], obsid: int) -> list[Flagged]:
    """Return what a list says of one observation."""
    return [flag.flagged for flag in flags if flag.holds_for(obsid)]


class ObserverFlagsConfig(StepConfig):
    """Which list."""

    file: str = Field(min_length=1, description="path or address of the observers' CSV")
    must_exist: bool = Field(
        True, description="false: no flags until there is a list; one that vanishes is an error"
    )


class ObserverFlagsSource:
    """Fetches the list anew whenever it has changed; one that makes no sense is rejected."""

    def __init__(self, config: ObserverFlagsConfig, transport: Transport, retry: Retry) -> None:
        self._config, self._name = config, PurePosixPath(config.file).name
        self._transport, self._retry = transport, retry

    def list(self, cursor: str) -> Listing:
        """List the one file; the cursor is its name, once it has been there."""
        key = {"list": PurePosixPath(self._name).stem}
        try:
            found = [Item(OBSERVER_FLAGS.name, key, self._name, self._stamp())]
        except NotFound:
            if self._config.must_exist or cursor == self._name:
                raise
            return Listing([])
        return Listing(found, cursor=self._name, covers=lambda item: item.key != key)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Copy the list, and read it whole: what is stored can be read."""
        download(
            self._transport, item.ref, dest, retry=self._retry, progress=progress, lasting=False
        )
        return Report(metrics={"n_flags": len(read_list(dest, self._name))})

    def validator(self, item: Item) -> str:  # noqa: ARG002 - there is one item
        """Return size and time of the file."""
        return self._stamp()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _stamp(self) -> str:
        return self._retry.call(self._name, lambda: self._transport.stat(self._name)).stamp


def open_observer_flags(config: ObserverFlagsConfig, network: Network) -> ObserverFlagsSource:
    """Connect to where the list is."""
    folder = config.file.removesuffix(PurePosixPath(config.file).name) or "."
    return ObserverFlagsSource(config, network.connect(folder), network.retry)


SOURCE = SourceType(
    "comap.observer_flags", ObserverFlagsConfig, (OBSERVER_FLAGS,), open_observer_flags
)
"""The observers' list of what not to use."""
