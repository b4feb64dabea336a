"""Changes to an observers' list: lines that are not concerned stay as their authors wrote them."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.observer_flags import HEADER, Flag, columns_in, flags_in

_HEADING = ",".join(HEADER)
_NAMES = tuple(columns_in(_HEADING, ""))


@dataclass(frozen=True)
class Edit:
    """A list as it would be.

    Attributes
    ----------
    text : str
        All of it.
    added, removed : tuple of Flag
        Lines that are new, and those that are no longer there.
    """

    text: str
    added: tuple[Flag, ...] = ()
    removed: tuple[Flag, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether it differs from what was."""
        return bool(self.added or self.removed)


def flagging(text: str, flags: Iterable[Flag], name: str) -> Edit:
    """Add lines to a list, but for those that it has.

    Parameters
    ----------
    text : str
        The list; empty for one that is new.
    name : str
        What messages call it.

    Raises
    ------
    BadData
        The list makes no sense.
    """
    lines = text.splitlines() or [_HEADING]
    there = set(flags_in(lines, name))
    added = tuple(flag for flag in dict.fromkeys(flags) if flag not in there)
    if not added:
        return Edit(text)
    lines, columns = _with_comments(lines, name)
    return Edit(_joined([*lines, *(_line(flag, columns) for flag in added)]), added)


def unflagging(text: str, flags: Iterable[Flag], name: str) -> Edit:
    """Take flags back: lines that say more are shortened, or parted.

    Raises
    ------
    BadData
        The list makes no sense.
    """
    lines = text.splitlines() or [_HEADING]
    whole = iter(list(flags_in(lines, name)))
    heading, *data = [place for place, line in enumerate(lines) if _says_something(line)]
    columns = tuple(columns_in(lines[heading], name))
    wanted, kept = tuple(flags), list[str](lines[: heading + 1])
    added: list[Flag] = []
    removed: list[Flag] = []
    for place, line in enumerate(lines[heading + 1 :], heading + 1):
        flag = next(whole) if place in data else None
        left = None if flag is None else _without(flag, wanted)
        if flag is None or left == [flag]:
            kept.append(line)
            continue
        kept += [_line(one, columns) for one in left or ()]
        added += left or ()
        removed.append(flag)
    return Edit(_joined(kept) if removed else text, tuple(added), tuple(removed))


def write_list(path: Path, text: str) -> None:
    """Write a list whole, or not at all."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        written.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _with_comments(lines: Sequence[str], name: str) -> tuple[list[str], tuple[str, ...]]:
    """Return a list that has a column of comments, and the names of its columns."""
    place = next((n for n, line in enumerate(lines) if _says_something(line)), None)
    if place is None:
        raise BadData(f"{name} is empty: its first line must be {_HEADING}")
    columns = tuple(columns_in(lines[place], name))
    if _NAMES[-1] in columns:
        return list(lines), columns
    return [
        *lines[:place],
        f"{lines[place].rstrip()},{HEADER[-1]}",
        *lines[place + 1 :],
    ], (*columns, _NAMES[-1])


def _line(flag: Flag, columns: Sequence[str]) -> str:
    said = dict(zip(_NAMES, flag.row(), strict=True))
    held = io.StringIO()
    cells = [" ".join(said.get(name, "").split()) for name in columns]
    csv.writer(held, lineterminator="").writerow(cells)
    return held.getvalue()


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


# -- flags without flags


def _without(flag: Flag, others: Iterable[Flag]) -> list[Flag]:
    left = [flag]
    for other in others:
        left = [part for one in left for part in _parts(one, other)]
    return left


def _parts(flag: Flag, other: Flag) -> Iterator[Flag]:
    """Return what is left of a flag where another is taken from it: up to four."""
    first = max(flag.first_obsid, other.first_obsid)
    last = _earlier(flag.last_obsid, other.last_obsid)
    feeds = tuple(feed for feed in flag.feeds if feed in other.feeds)
    bands = tuple(band for band in flag.frequency_bands if band in other.frequency_bands)
    if not feeds or not bands or (last is not None and last < first):
        yield flag
        return
    if flag.first_obsid < first:
        yield replace(flag, last_obsid=first - 1)
    if feeds != flag.feeds:
        rest = tuple(feed for feed in flag.feeds if feed not in feeds)
        yield replace(flag, first_obsid=first, last_obsid=last, feeds=rest)
    if bands != flag.frequency_bands:
        rest = tuple(band for band in flag.frequency_bands if band not in bands)
        yield replace(flag, first_obsid=first, last_obsid=last, feeds=feeds, frequency_bands=rest)
    if last is not None and last != flag.last_obsid:
        yield replace(flag, first_obsid=last + 1)


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
