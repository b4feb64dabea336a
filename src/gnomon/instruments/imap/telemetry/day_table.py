"""Rows by time: the day files of space weather, as CSV that is read, merged and written again.

Values are kept as their text, so what was read is written as it was. A time is UTC, written
``2025-10-21T08:00:03`` (a fraction only where there is one), whatever the archive's spelling.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from gnomon.errors import BadData

Row = Mapping[str, str]
_MILLISECOND_US = 1000


def time_text(text: str) -> str:
    """Return a time of any ISO 8601 spelling in ours; one without a zone is UTC.

    Raises
    ------
    ValueError
        It is no time.
    """
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    if instant.microsecond % _MILLISECOND_US:
        return instant.isoformat(timespec="microseconds")
    return instant.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")


def instant_of(text: str) -> datetime:
    """Return the instant of a time in our spelling."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day_of(text: str) -> date:
    """Return the UTC day of a time in our spelling."""
    return date.fromisoformat(text[:10])


def value_text(value: object) -> str:
    """Return how a value of JSON stands in a CSV; nothing for null and NaN.

    A float is the shortest text that reads back as the same float.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value)


@dataclass
class DayTable:
    """Rows by their time; of two of one time, the last one counts.

    Attributes
    ----------
    time : str
        The name of the first column.
    rows : dict of str to mapping
        By time; values by column, without the time.
    """

    time: str
    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, time: str) -> DayTable:
        """Read a CSV.

        Raises
        ------
        BadData
            It is not a table with such a column of times.
        """
        table = cls(time)
        with path.open(encoding="utf-8", newline="") as file:
            try:
                table.take(_records(file, path, time))
            except (csv.Error, UnicodeDecodeError, ValueError) as error:
                raise BadData(f"{path.name} is no table by {time}: {error}") from error
        return table

    @property
    def columns(self) -> list[str]:
        """Every column but the time, sorted; capitals first."""
        return sorted({name for row in self.rows.values() for name in row})

    @property
    def last(self) -> str:
        """The latest time; empty where there is no row."""
        return max(self.rows, default="")

    def take(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Take rows in, each with its time in any spelling; they win over what is there."""
        self.rows |= {time_text(time): row for time, row in rows}

    def write(self, path: Path) -> None:
        """Write it in the order of time; a value that a row lacks is left empty."""
        columns = self.columns
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([self.time, *columns])
            for time in sorted(self.rows):
                row = self.rows[time]
                writer.writerow([time, *(row.get(name, "") for name in columns)])


def _records(lines: Iterable[str], path: Path, time: str) -> Iterator[tuple[str, Row]]:
    reader = csv.reader(lines)
    names = next(reader, [])
    if not names:  # an empty file is a day without rows
        return
    if time not in names or len(set(names)) < len(names):
        raise BadData(f"{path.name} has columns {', '.join(names)[:200]}, and wants one {time}")
    at = names.index(time)
    for number, values in enumerate(reader, 2):
        if len(values) != len(names):
            raise BadData(f"{path.name}, line {number}: {len(values)} values, not {len(names)}")
        yield values[at], {n: v for n, v in zip(names, values, strict=True) if n != time}
