"""A folder of simulated observations, by month, with the observers' list of flags."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.simulate.faults import FAULTS
from gnomon.instruments.comap.simulate.level1 import Storage, write_level1
from gnomon.instruments.comap.simulate.sources import FIELDS, rising, source_of
from gnomon.instruments.comap.simulate.truth import Mode, Truth, small_truth

FLAGS_FILE: Final = "observer_flags.csv"
FIRST_DAY: Final = datetime(2024, 12, 1, tzinfo=UTC)
FIRST_OBSID: Final = 45285
_OBSID_STEP = 2
_HEADER = ("ObsID start", "ObsID end", "Pixels", "Sidebands")
Told = Callable[[str, int, int], None]
"""Called with the name of a file, and the number of its slabs that are written, and of all."""


def untold(_name: str, _done: int, _total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Planned:
    """One file of an archive.

    Attributes
    ----------
    truth : Truth
    path : Path
        Below the archive's folder.
    fault : str
        What is wrong with it (see `faults.FAULTS`); empty where nothing is.
    """

    truth: Truth
    path: Path
    fault: str = ""


def plan(
    sources: Sequence[str],
    *,
    base: Truth,
    first_day: datetime = FIRST_DAY,
    first_obsid: int = FIRST_OBSID,
    faults: Sequence[str] = (),
) -> list[Planned]:
    """Return the observations of an archive, one a day.

    Parameters
    ----------
    sources : sequence of str
        Of each observation; ``skydip`` is a dip of the air.
    base : Truth
        What all share: feeds, channels, length of scans.
    first_day : datetime
        UTC.
    faults : sequence of str
        Of the last observations, one each.

    Raises
    ------
    UnknownName
        There is no such source or fault.
    ConfigError
        There are more faults than observations.
    """
    if len(faults) > len(sources):
        raise ConfigError(f"{len(faults)} faults for {len(sources)} observations")
    for fault in faults:
        if fault not in FAULTS:
            raise UnknownName("fault", fault, FAULTS)
    of_last = [""] * (len(sources) - len(faults)) + list(faults)
    planned = []
    for n, (name, fault) in enumerate(zip(sources, of_last, strict=True)):
        obsid, day = first_obsid + _OBSID_STEP * n, first_day + timedelta(days=n)
        truth = _truth(name, base.but(obsid=obsid), day)
        planned.append(Planned(truth, Path(f"{truth.start:%Y-%m}") / f"{truth.stem}.hd5", fault))
    return planned


def _truth(name: str, base: Truth, day: datetime) -> Truth:
    if name == "skydip":
        return base.but(start=day + timedelta(hours=9), mode="skydip", amplitude_k=0.0)
    start = rising(name, day)
    mode: Mode = "ces" if name in FIELDS else base.scanning.mode
    return base.but(start=start, source=source_of(name, start), mode=mode)


def write_archive(
    folder: Path,
    planned: Sequence[Planned] | None = None,
    *,
    flags: Sequence[tuple[str, str, str, str]] | None = None,
    storage: Storage = "contiguous",
    is_quick: bool = False,
    told: Told = untold,
) -> list[Path]:
    """Write an archive: files below folders by month, and the observers' list.

    Parameters
    ----------
    planned : sequence of Planned, optional
        By default those of `demonstration`.
    flags : sequence of (first, last, feeds, bands), optional
        Rows of the observers' list; by default one that flags feed 2 in the second observation,
        unless the folder has a list.

    Returns
    -------
    list of Path
        The Level-1 files.
    """
    planned = demonstration() if planned is None else planned
    paths = []
    for one in planned:
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        about = _about(path.name, told)
        write_level1(path, one.truth, storage=storage, is_quick=is_quick, told=about)
        paths.append(FAULTS[one.fault](path) if one.fault else path)
    listed = folder / FLAGS_FILE
    if flags is not None or not listed.exists():
        _write_flags(listed, _some_flags(planned) if flags is None else flags)
    return paths


def demonstration(**changes: object) -> list[Planned]:
    """Return calibrators over days, two fields, a sky dip and a file without vane."""
    sources = ("TauA", "CasA", "TauA", "Jupiter", "field01", "skydip", "TauA")
    base = small_truth(mode="lissajous").but(**changes)
    return plan(sources, base=base, faults=("no-vane",))


def _about(name: str, told: Told) -> Callable[[int, int], None]:
    return lambda done, total: told(name, done, total)


def _some_flags(planned: Sequence[Planned]) -> Iterator[tuple[str, str, str, str]]:
    if len(planned) > 1:
        obsid = str(planned[1].truth.obsid)
        yield obsid, obsid, "2", "bandA"


def _write_flags(path: Path, flags: Sequence[tuple[str, ...]] | Iterator[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([_HEADER, *flags])
