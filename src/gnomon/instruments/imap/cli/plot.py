"""`gnomon imap plot`: pictures of I-ALiRT's days, of science files, and of housekeeping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.core.dataset import Dataset
from gnomon.core.kinds import Kind
from gnomon.errors import ConfigError, NoData, UnknownName
from gnomon.formats.pictures import SUFFIXES
from gnomon.instruments.imap.cli.days import EndDate, SaveMode, StartDate, days_or_recent
from gnomon.instruments.imap.cli.latest import ialirt_paths, keep_latest, keep_quicklooks
from gnomon.instruments.imap.cli.stored import Holdings
from gnomon.instruments.imap.kinds import HK_TABLE, IALIRT, IALIRT_HK, L2_PRE, SCIENCE
from gnomon.instruments.imap.telemetry.packets import packet_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RECENT = 3
_LEVELS = {**SCIENCE, "l2-pre": L2_PRE}

Files = Annotated[list[Path] | None, typer.Option(help="Paths, or names of the store; repeatable.")]
Combined = Annotated[bool, typer.Option("--combined", help="One picture of all days.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="A folder, or the one FILE.png, .svg or .pdf.")
]


def ialirt(
    start_date: StartDate = None,
    end_date: EndDate = None,
    files: Files = None,
    combined: Combined = False,
    save_mode: Annotated[
        SaveMode, typer.Option(help="LocalAndDatabase: into the store, as quicklooks.")
    ] = SaveMode.LOCAL_ONLY,
    force_latest_update: Annotated[
        bool, typer.Option("--force-latest-update", help="Make latest.png, whatever the days.")
    ] = False,
    output: Output = HERE,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draw field and housekeeping in near real time: a page a day, by default the last three."""
    with project(folder, as_json=as_json) as (opened, screen):
        if save_mode is SaveMode.LOCAL_AND_DATABASE:
            if files or combined:
                raise ConfigError("quicklooks of the store are of its own days, one each")
            days = days_or_recent(start_date, end_date, _RECENT)
            keep_quicklooks(opened, screen, days, dry_run=dry_run)
            if not dry_run:
                keep_latest(opened, days, force=force_latest_update)
            return
        with opened.catalog_or_empty() as catalog:
            held = Holdings(opened, catalog)
            if files:
                paths = [held.path_of(file, IALIRT, IALIRT_HK) for file in files]
                pages = [(_joined([p.stem for p in paths]), paths, list[date]())]
            else:
                days = days_or_recent(start_date, end_date, _RECENT)
                pages = _pages_by_day(held, days, combined=combined)
        wanted = [(name, _ialirt_page(found, of)) for name, found, of in pages]
        _draw(screen, output, wanted, dry_run=dry_run)


def science(
    level: Annotated[str, typer.Option(help=" | ".join(_LEVELS))] = "l2-pre",
    mode: Annotated[str, typer.Option(help="norm or burst.")] = "norm",
    sensor: Annotated[str, typer.Option(help="mago or magi; of l1a, l1b and l1c.")] = "mago",
    frame: Annotated[str, typer.Option(help="srf, dsrf, gse, gsm or rtn; of l1d and up.")] = "gse",
    start_date: StartDate = None,
    end_date: EndDate = None,
    files: Files = None,
    combined: Combined = False,
    output: Output = HERE,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw field, range and quality of science files: a page a day, by default the newest."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        held = Holdings(opened, catalog)
        if files:
            paths = [held.path_of(file, *_LEVELS.values()) for file in files]
        else:
            if level not in _LEVELS:
                raise UnknownName("level", level, _LEVELS)
            kind = _LEVELS[level]
            what = {"sensor": sensor} if "sensor" in kind.keys else {"frame": frame}
            paths = _chosen(held, kind, {"mode": mode} | what, start_date, end_date)
        _draw(
            screen,
            output,
            [(name, _science_page(found)) for name, found in _named(paths, combined=combined)],
        )


def hk(
    packet: Annotated[str, typer.Argument(help="SID3_PW, MAG_HSK_PW, hsk-pw, 1063, ...")],
    field: Annotated[
        list[str] | None, typer.Option(help="Of the packet; repeatable. Default: all that vary.")
    ] = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    combined: Combined = False,
    output: Output = HERE,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw the fields of housekeeping packets: a page a day, by default the newest."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        chosen = packet_of(packet)
        where = {"instrument": chosen.instrument, "packet": chosen.store_name}
        paths = _chosen(Holdings(opened, catalog), HK_TABLE, where, start_date, end_date)
        names = tuple(field or ())
        pages = _named(paths, combined=combined)
        _draw(screen, output, [(name, _hk_page(found, names)) for name, found in pages])


# -- what is drawn

Draw = Callable[[], "Figure"]
"""Makes a figure, when Matplotlib is wanted and not before."""


def _ialirt_page(paths: Sequence[Path], days: Sequence[date]) -> Draw:
    def draw() -> Figure:
        from gnomon.instruments.imap.plots.quicklook import (  # noqa: PLC0415
            draw_quicklook,
            page_of_days,
            page_of_files,
        )

        return draw_quicklook(page_of_days(paths, days) if days else page_of_files(paths))

    return draw


def _science_page(paths: Sequence[Path]) -> Draw:
    def draw() -> Figure:
        from gnomon.instruments.imap.plots.science import Field, draw_science  # noqa: PLC0415

        return draw_science(Field.read(paths))

    return draw


def _hk_page(paths: Sequence[Path], names: Sequence[str]) -> Draw:
    def draw() -> Figure:
        from gnomon.instruments.imap.plots.hk import (  # noqa: PLC0415
            Housekeeping,
            draw_housekeeping,
        )

        found = Housekeeping.read(paths)
        return draw_housekeeping(found, found.chosen(names))

    return draw


# -- which files


def _pages_by_day(
    held: Holdings, days: Sequence[date], *, combined: bool
) -> list[tuple[str, list[Path], list[date]]]:
    """Return name, files and days of each page; days without files have none."""
    by_day = {day: ialirt_paths(held, [day]) for day in days}
    known = [day for day in days if by_day[day]]
    if not known:
        raise NoData(f"I-ALiRT has nothing of {days[0]} to {days[-1]} in the store")
    stem = "imap_quicklook_ialirt"
    if not combined:
        return [(f"{stem}_{day:%Y%m%d}", by_day[day], [day]) for day in known]
    paths = [path for day in known for path in by_day[day]]
    return [(f"{stem}_{days[0]:%Y%m%d}_{days[-1]:%Y%m%d}", paths, list(days))]


def _chosen(
    held: Holdings, kind: Kind, where: dict[str, str], start: StartDate, end: EndDate
) -> list[Path]:
    """Return the files of some days; without dates, that of the newest day."""
    found = held.current(kind, where)
    if start or end:
        days = set(days_or_recent(start, end, 1))
        found = [dataset for dataset in found if dataset.key["day"] in days]
    elif found:
        newest = max(map(_day, found))
        found = [dataset for dataset in found if _day(dataset) == newest]
    if not found:
        shown = ", ".join(f"{name}={value}" for name, value in where.items())
        of_days = " of those days" if start or end else ""
        raise NoData(f"the store has no {kind.name} with {shown}{of_days}")
    return [held.opened.store.path(dataset) for dataset in sorted(found, key=_day)]


def _day(dataset: Dataset) -> str:
    return str(dataset.key["day"])


def _named(paths: Sequence[Path], *, combined: bool) -> list[tuple[str, list[Path]]]:
    """Return what goes onto each page: a file, or all that are of one sort."""
    if not combined:
        return [(path.stem, [path]) for path in paths]

    def sort_of(path: Path) -> str:
        return "_".join(path.stem.split("_")[:4])

    ordered = sorted(paths, key=lambda path: (sort_of(path), path.name))
    pages = [list(found) for _, found in groupby(ordered, key=sort_of)]
    return [(_joined([path.stem for path in found]), found) for found in pages]


def _joined(stems: Sequence[str]) -> str:
    return stems[0] if len(stems) == 1 else f"{stems[0]}_and_{len(stems) - 1}_more"


# -- where pictures go


def _draw(
    screen: Screen, output: Path, pages: Sequence[tuple[str, Draw]], *, dry_run: bool = False
) -> None:
    """Draw pages into a folder or the one file; a dry run names the pictures only."""
    from gnomon.instruments.imap.plots.style import save  # noqa: PLC0415  late, as what draws

    is_file = output.suffix.lower() in SUFFIXES
    if is_file and len(pages) > 1:
        raise ConfigError(f"there are {len(pages)} pictures: name a folder, or take --combined")
    made = []
    for name, draw in pages:
        target = output if is_file else output / f"{name}.png"
        if not dry_run:
            target.parent.mkdir(parents=True, exist_ok=True)
            save(draw(), target)
        made.append(str(target))
        if not screen.as_json:
            screen.out.print(str(target), soft_wrap=True)
    if screen.as_json:
        screen.document({"pictures": made})
