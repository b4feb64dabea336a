"""`gnomon comap flag`: what observers flag, in the list that they keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.engine.project import Project
from gnomon.errors import BadData, ConfigError
from gnomon.instruments.comap.cli.configured import source_options
from gnomon.instruments.comap.level1.observer_edits import Edit, flagging, unflagging, write_list
from gnomon.instruments.comap.level1.observer_flags import (
    ALL,
    HEADER,
    ONGOING,
    SOURCE,
    Flag,
    ObserverFlagsConfig,
    flags_in,
)

_RANGE = re.compile(rf"(\d+)(?:-(\d+|{ONGOING}))?")


def flag(
    obsids: Annotated[
        list[str], typer.Argument(metavar="OBSID...", help="45285, 45285-45290, 45285-ongoing.")
    ],
    feeds: Annotated[str, typer.Option(help="Numbers, 1 to 19: 1,2 or 5-8.")] = ALL,
    bands: Annotated[
        str, typer.Option(help="Frequency bands, 0 to 7: 0,1 or 4-7; bandA, bandB.")
    ] = ALL,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take flags back.")] = False,
    listed: Annotated[
        Path | None,
        typer.Option("--list", help="The CSV. Default: the one that the pipelines read."),
    ] = None,
    pipeline: Annotated[str, typer.Option(help="The pipeline that says which CSV.")] = "",
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Flag feeds and frequency bands of observations, or take it back.

    It is written into the observers' list; the next run remakes the Level-2 files that it
    concerns, and SQL, without reading Level 1 again. A frequency band is half of a band: band * 2,
    or band * 2 + 1.
    """
    wanted = [_asked(obsid, feeds, bands, comment) for obsid in obsids]
    with project(folder, as_json=as_json) as (opened, screen):
        path = listed or _listed(opened, pipeline)
        edit = _edited(path, wanted, undo=undo)
        if edit.is_change and not dry_run:
            _write(path, edit.text)
        _tell(screen, path, edit, dry_run=dry_run)


def _asked(obsids: str, feeds: str, bands: str, comment: str) -> Flag:
    """Read what was asked for, as a line of a list is read."""
    found = _RANGE.fullmatch(obsids)
    if found is None:
        raise typer.BadParameter(f"{obsids!r} is no obsid and no range: 45285, 45285-45290")
    cells = (found[1], found[2] or found[1], feeds, bands)
    line = ",".join(f'"{cell.replace(chr(34), "")}"' for cell in cells)
    try:
        (flag_,) = flags_in([",".join(HEADER[:-1]), line], "")
    except BadData as error:
        raise typer.BadParameter(str(error).partition(": ")[2]) from None
    return replace(flag_, comment=comment)


def _listed(opened: Project, pipeline: str) -> Path:
    said = source_options(opened, SOURCE.name, pipeline)
    files = [config.file for config in said if isinstance(config, ObserverFlagsConfig)]
    if len(files) != 1:
        what = "no pipeline" if not files else "more than one pipeline"
        raise ConfigError(f"{what} of this project says which list observers keep: name it by"
                          f" --list, and let a [[source]] use = {SOURCE.name!r}")  # fmt: skip
    parts = urlsplit(files[0])
    if parts.scheme not in ("", "file"):
        raise ConfigError(f"{files[0]} is not ours to change: change it where it is kept")
    return Path(unquote(parts.path)) if parts.scheme else Path(files[0])


def _edited(path: Path, wanted: Sequence[Flag], *, undo: bool) -> Edit:
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read: {error}") from None
    return (unflagging if undo else flagging)(text, wanted, path.name)


def _write(path: Path, text: str) -> None:
    try:
        write_list(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _tell(screen: Screen, path: Path, edit: Edit, *, dry_run: bool) -> None:
    if screen.as_json:
        added, removed = ([asdict(one) for one in held] for held in (edit.added, edit.removed))
        screen.document({"list": str(path), "added": added, "removed": removed})
        return
    for sign, colour, held in (("-", "red", edit.removed), ("+", "green", edit.added)):
        for one in held:
            screen.out.print(f"[{colour}]{sign} {_words(one)}[/]", soft_wrap=True)
    if not edit.is_change:
        screen.out.print(f"{path} says so already", soft_wrap=True)
    elif not dry_run:
        screen.out.print(f"written to {path}; the next run takes it up", soft_wrap=True)


def _words(flag_: Flag) -> str:
    first, last, feeds, bands, comment = flag_.row()
    obsids = first if first == last else f"{first}-{last}"
    text = f"{obsids}: feeds {feeds}, frequency bands {bands}"
    return (f"{text}: {comment}" if comment else text).replace("[", r"\[")
