"""Science files as a source: one query a descriptor, the highest version of each day.

Versions are the archive's, major before minor, and are kept: another body at the same version is
refused unless that is wanted. A poll asks for what was ingested since the last one, from the day of
its mark on; a version below the highest that was ever seen of a day is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.errors import ConfigError, ServerFault
from gnomon.instruments.imap.kinds import FRAMES, MODES, SCIENCE
from gnomon.instruments.imap.sdc import access
from gnomon.instruments.imap.sdc.access import Record, Sdc
from gnomon.instruments.imap.sdc.versions import LATEST, checked, number_of
from gnomon.instruments.imap.telemetry.dates import LAUNCH, Dates, utc_now
from gnomon.instruments.imap.telemetry.polling import ask_each

SENSORS = ("magi", "mago")
Level = Literal["l1a", "l1b", "l1c", "l1d", "l2"]
Frame = Literal["dsrf", "srf", "rtn", "gse", "gsm"]
Mode = Literal["norm", "burst"]
Sensor = Literal["magi", "mago"]
_FRAMED = {"l1d", "l2"}
_DESCRIPTOR = re.compile(
    rf"(l1[abc] ({'|'.join(MODES)})-({'|'.join(SENSORS)}))"
    rf"|(({'|'.join(sorted(_FRAMED))}) ({'|'.join(MODES)})-({'|'.join(FRAMES)}))"
)


class ScienceConfig(Dates):
    """Which part of the archive."""

    url: str = Field("", description="the science data centre's when empty")
    level: Level = "l2"
    modes: tuple[Mode, ...] = Field((), description="norm, burst; both when empty")
    frames: tuple[Frame, ...] = Field((), description="of l1d and l2; all when empty")
    sensors: tuple[Sensor, ...] = Field((), description="of l1a, l1b and l1c; both when empty")
    descriptors: tuple[str, ...] = Field(
        (),
        description="such as 'l1c norm-mago', of several levels; in place of level, modes, frames"
        " and sensors",
    )
    by_ingestion: bool = Field(default=False, description="the days are those of ingestion")
    version: Annotated[str, AfterValidator(checked)] = Field(
        LATEST, description="v001.0004, v004, or latest: the highest, major before minor"
    )
    replace: bool = Field(
        default=False, description="take another body at a version that is stored already"
    )
    most: int | None = Field(None, ge=1, description="files to list at most, oldest first")
    skip: int = Field(0, ge=0, description="files to leave out, oldest first")
    advance: bool = Field(
        default=False, description="later polls begin after what a fetch by days has seen"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for series in self.descriptors:
            if not _DESCRIPTOR.fullmatch(series):
                raise ConfigError(
                    f"{series!r} names no files: write 'l1c norm-mago', 'l2 burst-gse'"
                )
        if self.level in _FRAMED and self.sensors:
            raise ConfigError(f"{self.level} has no sensors: name frames ({', '.join(FRAMES)})")
        if self.level not in _FRAMED and self.frames:
            raise ConfigError(f"{self.level} has no frames: name sensors ({', '.join(SENSORS)})")
        return self

    @property
    def limits(self) -> bool:
        """Whether a part of what there is may be left out."""
        return self.most is not None or self.skip > 0

    @property
    def series(self) -> list[str]:
        """What to ask for: level and descriptor, as the archive calls them, ``l1c norm-magi``."""
        if self.descriptors:
            return list(self.descriptors)
        parts = (self.frames or FRAMES) if self.level in _FRAMED else (self.sensors or SENSORS)
        return [f"{self.level} {mode}-{part}" for mode in self.modes or MODES for part in parts]


@dataclass(frozen=True)
class Found:
    """One file of the archive.

    Attributes
    ----------
    day : str
        ISO 8601.
    version : int
        Major and minor as one number.
    ingested : str
        ISO 8601, UTC.
    """

    kind: Kind
    path: str
    key: Mapping[str, Any]
    day: str
    version: int
    ingested: str
    stored_at: str

    @property
    def at(self) -> tuple[str, str]:
        """Its place in the order of the archive."""
        return self.ingested, self.path


Answer = tuple[list[Found], list[str]]
Pairs = list[tuple[str, Found]]


@dataclass
class Mark:
    """What is known of one level and descriptor.

    Attributes
    ----------
    ingested, path : str
        Everything before this file, by time of ingestion and then by path, is known.
    best : dict of str to int
        The highest version that was seen, by day.
    """

    ingested: str = ""
    path: str = ""
    best: dict[str, int] = field(default_factory=dict)

    @property
    def at(self) -> tuple[str, str]:
        """The first file that may be new."""
        return self.ingested, self.path

    def move(self, at: tuple[str, str]) -> None:
        """Take another file for the first that may be new."""
        self.ingested, self.path = at


class ScienceSource:
    """Lists and fetches science files."""

    def __init__(self, config: ScienceConfig, sdc: Sdc, now: Callable[[], datetime]) -> None:
        self._config, self._sdc, self._now = config, sdc, now

    def list(self, cursor: str) -> Listing:
        """List the highest version of each day that was asked for, or that has come since."""
        marks = {name: Mark(**mark) for name, mark in json.loads(cursor or "{}").items()}
        days = self._config.asked(self._now().date())
        answers, flaw = ask_each(
            self._config.series,
            lambda name: self._ask(name, days, marks.get(name, Mark()).ingested),
        )
        chosen = [(name, found) for name, (files, _) in answers.items() for found in files]
        newest = self._newest(chosen, marks)
        if not days and self._config.limits:
            # What is known would take the places of what is not.
            newest = [(n, found) for n, found in newest if found.at >= marks.get(n, Mark()).at]
        first, most = self._config.skip, self._config.most
        stop = len(newest) if most is None else first + most
        taken, left = newest[first:stop], newest[:first] + newest[stop:]
        moving = (not days or self._config.advance) and self._config.version == LATEST
        self._see(marks, chosen, left, moving=moving)
        items = [self._item(found) for _, found in taken]
        kept = json.dumps({name: asdict(mark) for name, mark in sorted(marks.items())})
        strange = [told for _, flaws in answers.values() for told in flaws]
        return Listing(
            items, kept, unchanged=not days, flaw="; ".join(filter(None, [flaw, *strange]))
        )

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Bring a file; that it is a CDF is all that is looked at."""
        self._sdc.download(item.ref, dest, progress)
        return Report()

    def validator(self, item: Item) -> str:  # noqa: ARG002  nothing tells
        """Return nothing: the date of ingestion in the listing is all there is."""
        return ""

    def close(self) -> None:
        """Hang up."""
        self._sdc.close()

    # -- asking

    def _ask(self, series: str, days: Sequence[date], mark: str) -> Answer:
        """Return the files of a series, and what is wrong with records that make no sense."""
        config = self._config
        level, _, descriptor = series.partition(" ")
        asked = {
            "table": "science",
            "instrument": "mag",
            "data_level": level,
            "descriptor": descriptor,
            "extension": "cdf",
        }
        prefix = "ingestion_" if config.by_ingestion or not days else ""
        if days:
            asked |= {f"{prefix}start_date": f"{days[0]:%Y%m%d}"}
            asked |= {f"{prefix}end_date": f"{days[-1]:%Y%m%d}"}
        else:
            since = mark[:10].replace("-", "") or f"{LAUNCH:%Y%m%d}"
            asked |= {f"{prefix}start_date": since}
        if config.version != LATEST:
            asked["version"] = config.version
        read = partial(_read, SCIENCE[level])
        found, strange = access.read_each(self._sdc.records("query", asked), read)
        wanted = None if config.version == LATEST else number_of(config.version)
        return [one for one in found if wanted in (None, one.version)], strange

    # -- choosing

    def _newest(self, chosen: Sequence[tuple[str, Found]], marks: Mapping[str, Mark]) -> Pairs:
        """Keep the highest version of each day, unless a higher one was seen before."""
        best: dict[tuple[str, str], tuple[str, Found]] = {}
        for name, found in chosen:
            place = name, found.day
            if place not in best or found.version >= best[place][1].version:
                best[place] = (name, found)
        if self._config.version == LATEST:
            seen = {(n, day): v for n, mark in marks.items() for day, v in mark.best.items()}
            best = {at: one for at, one in best.items() if one[1].version >= seen.get(at, 0)}
        return sorted(best.values(), key=lambda pair: pair[1].at)

    def _see(
        self,
        marks: dict[str, Mark],
        chosen: Sequence[tuple[str, Found]],
        left: Sequence[tuple[str, Found]],
        *,
        moving: bool,
    ) -> None:
        """Remember what was seen: what was left out, and after it, is asked for again."""
        kept_out = {found.path for _, found in left}
        for name, found in chosen:
            mark = marks.setdefault(name, Mark())
            if moving:
                mark.move(max(mark.at, found.at))
            if found.path not in kept_out and self._config.version == LATEST:
                mark.best[found.day] = max(found.version, mark.best.get(found.day, 0))
        for name, found in left if moving else ():
            marks[name].move(min(marks[name].at, found.at))

    def _item(self, found: Found) -> Item:
        usual = found.kind.format(found.key, found.version)
        return Item(
            found.kind.name,
            found.key,
            found.path,
            found.ingested,
            version=found.version,
            path="" if found.stored_at == usual else found.stored_at,
            replace=self._config.replace,
        )


def _read(kind: Kind, record: Record) -> Found:
    path = access.field(record, "file_path", "the query")
    name = PurePosixPath(path).name
    ingested = access.instant(access.field(record, "ingestion_date", name), name)
    stored_at, parsed = _place(kind, name)
    day = str(parsed.key["day"])
    at = f"{ingested:%Y-%m-%dT%H:%M:%S}"
    return Found(kind, path, parsed.key, day, parsed.version, at, stored_at)


def _place(kind: Kind, name: str) -> tuple[str, Any]:
    """Return where the store keeps a file of the archive, and what its name says.

    Raises
    ------
    ServerFault
        Its name is none of this kind.
    """
    level, *rest = name.removeprefix("imap_mag_").split("_")
    day = rest[1] if len(rest) > 1 else ""
    path = f"science/mag/{level}/{day[:4]}/{day[4:6]}/{name}"
    parsed = kind.parse_any(path)
    if parsed is None:
        raise ServerFault(f"the query lists {name}, which is no name of {kind.name}")
    return path, parsed


def open_science(config: ScienceConfig, network: Network) -> ScienceSource:
    """Connect to the science data centre."""
    return ScienceSource(config, access.open_sdc(config.url, network), utc_now)


SOURCE = SourceType("imap.science", ScienceConfig, tuple(SCIENCE.values()), open_science)
"""Science files of the magnetometer."""
