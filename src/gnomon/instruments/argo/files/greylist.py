"""Reads the greylist: sensors whose real-time data are suspect, and from when to when.

``ar_greylist.txt`` has no quoting, and comments hold commas and semicolons; its columns are those
of the Argo user's manual (doi 10.13155/29825), section on the greylist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.argo.files.variables import EPOCH

HEADER = "PLATFORM_CODE,PARAMETER_NAME,START_DATE,END_DATE,QUALITY_CODE,COMMENT,DAC"
_COLUMNS = HEADER.count(",") + 1
_DATES = ("%Y%m%d", "%Y%m%d%H%M%S")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One row of the greylist.

    Attributes
    ----------
    wmo : int
    parameter : str
        Name in the archive, such as ``PSAL``.
    start, stop : datetime
        From its first instant to before the end of its last day, UTC; no `stop` where it stands.
    flag : int
        The flag that real-time data of this sensor get, reference table 2.
    comment, dac : str
    """

    wmo: int
    parameter: str
    start: datetime
    stop: datetime | None
    flag: int
    comment: str
    dac: str


class _Rejected(Exception):
    """Why a line is refused; `read_greylist` adds file and line."""


def read_greylist(path: Path, *, name: str | None = None) -> tuple[Entry, ...]:
    """Read a greylist, whole or of one float.

    Parameters
    ----------
    path : Path
    name : str, optional
        What messages call it; by default its own name.

    Raises
    ------
    BadData
        It is no greylist, or one of its lines makes no sense; the message names the line.
    """
    name, raw = name or path.name, path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # comments of some centres
    header, *lines = text.splitlines() or [""]
    if header.strip() != HEADER:
        raise BadData(f"{name}: is no greylist: it begins with {header[:60]!r}")
    if not text.endswith("\n"):
        raise BadData(f"{name}: truncated: its last line has no end")
    entries = []
    for number, line in enumerate(lines, 2):
        try:
            entries += [_entry(line)] if line.strip() else []
        except _Rejected as reason:
            raise BadData(f"{name}: line {number}: {reason}") from None
    return tuple(entries)


def write_greylist(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries, sorted, as UTF-8; `read_greylist` reads them back."""
    lines = [HEADER, *(_line(entry) for entry in sorted(entries, key=_line))]
    part = path.with_name(path.name + ".part")
    part.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    part.replace(path)


def flags_at(
    entries: Sequence[Entry], parameter: str, juld: NDArray[np.float64]
) -> NDArray[np.int8]:
    """Return the flag that the greylist gives a parameter at some times, the worst of several.

    Parameters
    ----------
    juld : (profile,) float64
        Days since 1950-01-01 UTC; NaN, a profile without a time, stands in no range of dates.

    Returns
    -------
    (profile,) int8
        -1 where the greylist says nothing.
    """
    flags = np.full(len(juld), -1, np.int8)
    for entry in entries:
        if entry.parameter == parameter:
            inside = juld >= _days(entry.start)
            if entry.stop is not None:
                inside &= juld < _days(entry.stop)
            flags[inside] = np.maximum(flags[inside], entry.flag)
    return flags


def _entry(line: str) -> Entry:
    fields = line.split(",")
    if len(fields) < _COLUMNS:
        raise _Rejected(f"{len(fields)} columns, must be {_COLUMNS}: {line[:60]!r}")
    wmo, parameter, start, stop, flag = (field.strip() for field in fields[:5])
    if not (wmo.isascii() and wmo.isdigit()):
        raise _Rejected(f"PLATFORM_CODE is {wmo!r}, must be a number")
    if flag not in {"0", "1", "2", "3", "4", "5", "8", "9"}:
        raise _Rejected(f"QUALITY_CODE is {flag!r}, must be a flag")
    if not parameter:
        raise _Rejected("PARAMETER_NAME is empty")
    return Entry(
        wmo=int(wmo),
        parameter=parameter,
        start=_date(start),
        stop=_date(stop) + _DAY if stop else None,
        flag=int(flag),
        comment=",".join(fields[5:-1]).strip(),
        dac=fields[-1].strip(),
    )


def _line(entry: Entry) -> str:
    stop = "" if entry.stop is None else f"{entry.stop - _DAY:%Y%m%d}"
    fields = (entry.wmo, entry.parameter, f"{entry.start:%Y%m%d}", stop, entry.flag)
    return ",".join(str(field) for field in (*fields, entry.comment, entry.dac))


def _date(text: str) -> datetime:
    """Return the first instant of a day."""
    for form in _DATES:
        try:
            date = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return date.replace(hour=0, minute=0, second=0)
    raise _Rejected(f"{text!r} is no date")


def _days(instant: datetime) -> float:
    days: float = (instant - EPOCH) / _DAY
    return days
