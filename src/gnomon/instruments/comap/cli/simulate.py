"""`gnomon comap simulate`: Level-1 files of a known truth."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gnomon.cli.app import AsJson, DryRun, Screen, ending, screen
from gnomon.errors import ConfigError, Full
from gnomon.instruments.comap.receiver import GROUND_FEED, N_CHANNELS

if TYPE_CHECKING:
    from gnomon.instruments.comap.simulate.archive import Planned, Told
    from gnomon.instruments.comap.simulate.truth import Truth

_START = datetime(2024, 12, 1, tzinfo=UTC)
_LARGEST_SCAN_S, _SMALLEST_SCAN_S = 300.0, 25.0


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    observations: Annotated[int, typer.Option(min=1, help="How many, one a day.")] = 1,
    feeds: Annotated[str, typer.Option(help="Numbers: 1,2,20 or 1-20; 20 is the ground's.")] = (
        f"1,2,{GROUND_FEED}"
    ),
    minutes: Annotated[float, typer.Option(min=0.5, help="Of scans in each.")] = 5.0,
    channels: Annotated[int, typer.Option(min=8, help="In each of the four bands.")] = N_CHANNELS,
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="TauA, CasA, CygA, Jupiter, field01, skydip ...; repeat it to alternate."
        ),
    ] = None,
    mode: Annotated[
        Literal["ces", "lissajous"], typer.Option(help="How calibrators are scanned.")
    ] = "lissajous",
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first UTC day.")
    ] = _START,
    obsid: Annotated[int, typer.Option(min=1, help="Of the first.")] = 45285,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same files.")] = 0,
    storage: Annotated[
        Literal["contiguous", "chunked", "compressed"], typer.Option(help="Of the spectra.")
    ] = "contiguous",
    quick: Annotated[
        bool, typer.Option("--quick", help="Repeat random numbers: twice as fast, for benchmarks.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="What is wrong with the last file; repeat it for the ones before."),
    ] = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Write Level-1 files whose truth is known, in folders by month, and a list of flags."""
    view = screen(as_json=as_json)
    with ending(view):
        # NumPy, erfa and HDF5 take long to load.
        from gnomon.instruments.comap.simulate.archive import plan, write_archive  # noqa: PLC0415

        names = list(islice(cycle(source or ["TauA"]), observations))
        day = start.replace(tzinfo=UTC)
        base = _base(_feeds(feeds), channels, minutes, seed).but(mode=mode)
        planned = plan(names, base=base, first_day=day, first_obsid=obsid, faults=fault or ())
        if not dry_run:
            _check_room(folder, planned)
            with _watching(view) as told:
                write_archive(folder, planned, storage=storage, is_quick=quick, told=told)
        _tell(view, folder, planned, is_dry=dry_run)


def _feeds(text: str) -> tuple[int, ...]:
    """Read numbers and ranges."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise ConfigError(f"--feeds: {part.strip()!r} is no number of a feed")
        bounds = int(first), int(last or first)
        if stray := [feed for feed in bounds if not 1 <= feed <= GROUND_FEED]:
            raise ConfigError(f"--feeds: there is no feed {stray[0]}; they are 1 to {GROUND_FEED}")
        if bounds[1] < bounds[0]:
            raise ConfigError(f"--feeds: {part.strip()} ends before it begins")
        found += range(bounds[0], bounds[1] + 1)
    return tuple(dict.fromkeys(found))


def _base(feeds: tuple[int, ...], channels: int, minutes: float, seed: int) -> Truth:
    """Return an observation of at least two scans, none longer than five minutes."""
    from gnomon.instruments.comap.simulate.truth import Truth  # noqa: PLC0415 - as above

    seconds = minutes * 60
    scans = max(2, math.ceil(seconds / _LARGEST_SCAN_S)) if seconds >= 2 * _SMALLEST_SCAN_S else 1
    base = Truth(seed=seed, feeds=feeds, n_channels=channels)
    return base.but(scans=scans, scan_s=seconds / scans)


@contextmanager
def _watching(view: Screen) -> Iterator[Told]:
    """Show how far the writing is: a bar where somebody watches."""
    if not view.is_live:
        yield lambda _name, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=view.err, transient=True) as bars:
        task = bars.add_task("")
        yield lambda name, done, total: bars.update(
            task, description=name, completed=done, total=total
        )


def _check_room(folder: Path, planned: Sequence[Planned]) -> None:
    """Refuse to replace files, and what the disk cannot hold: an hour of all feeds has 59 GB."""
    from gnomon.instruments.comap.simulate.level1 import size_of  # noqa: PLC0415 - as above

    for one in planned:
        if (folder / one.path).exists():
            raise ConfigError(f"{folder / one.path} is there: take another --obsid or folder")
    folder.mkdir(parents=True, exist_ok=True)
    wanted, free = sum(size_of(one.truth) for one in planned), shutil.disk_usage(folder).free
    if wanted > free:
        raise Full(f"{folder} has {free / 1e9:.1f} GB left; the files need {wanted / 1e9:.1f}")


def _tell(view: Screen, folder: Path, planned: Sequence[Planned], *, is_dry: bool) -> None:
    if view.as_json:
        files = [_told(folder, one) for one in planned]
        view.document({"files": files, "is_written": not is_dry})
        return
    for one in planned:
        said = _told(folder, one)
        words = [said["source"], said["mode"], f"{said['size_bytes'] / 1e6:.0f} MB", one.fault]
        view.out.print(f"{said['path']}: {', '.join(filter(None, words))}", soft_wrap=True)


def _told(folder: Path, one: Planned) -> dict[str, Any]:
    from gnomon.instruments.comap.simulate.level1 import size_of  # noqa: PLC0415 - as above

    return {
        "obsid": one.truth.obsid,
        "path": str(folder / one.path),
        "source": one.truth.source.name,
        "mode": one.truth.scanning.mode,
        "utc_start": one.truth.start.isoformat(),
        "feeds": list(one.truth.feeds),
        "size_bytes": size_of(one.truth),
        "fault": one.fault,
    }
