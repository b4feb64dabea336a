"""Which part of a GDAC to take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.argo.gdac.index import Index

_POLE, _HALF, _CIRCLE = 90.0, 180.0, 360.0
_STAMP = "%Y%m%d%H%M%S"
_WMO_DIGITS = (5, 7)


@dataclass(frozen=True)
class Selection:
    """Which floats and profiles to take; what is left out does not restrict.

    Attributes
    ----------
    floats : frozenset of int
        WMO numbers.
    dacs : frozenset of str
    box : (west, east, south, north), optional
        Degrees, the edges in; a west beyond the east crosses the antimeridian.
    since : datetime, optional
        Files updated then or later; aware.
    after, before : datetime, optional
        Profiles taken at `after` or later, and earlier than `before`; aware.
    parameters : frozenset of str
        Biogeochemical ones, as Argo spells them; profiles that have any of them.
    """

    floats: frozenset[int] = frozenset()
    dacs: frozenset[str] = frozenset()
    box: tuple[float, float, float, float] | None = None
    since: datetime | None = None
    after: datetime | None = None
    before: datetime | None = None
    parameters: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("since", "after", "before"):
            when = getattr(self, name)
            if when is not None and when.tzinfo is None:
                raise ConfigError(f"{name} needs a time zone")
        if self.after is not None and self.before is not None and self.before <= self.after:
            raise ConfigError(f"no time lies after {self.after} and before {self.before}")
        if self.box is not None:
            _check_box(*self.box)

    @property
    def all(self) -> bool:
        """Whether everything is taken."""
        return self == Selection()

    @property
    def by_place_or_time(self) -> bool:
        """Whether profiles are chosen by where and when they were taken."""
        return any(limit is not None for limit in (self.box, self.after, self.before))

    @property
    def by_profile(self) -> bool:
        """Whether profiles are chosen one by one, and not only floats."""
        return self.by_place_or_time or self.since is not None or bool(self.parameters)

    def by_place(self) -> Selection:
        """Return the same without the time of update: what chooses profiles."""
        return replace(self, since=None)

    def mask(self, index: Index) -> NDArray[np.bool_]:
        """Tell which rows of an index are taken, (row,) bool.

        A row without a position lies in no box, one without a date in no span of time. What an
        index has no columns for does not restrict it.
        """
        rows = index.rows
        taken = np.ones(rows.num_rows, np.bool_)
        if self.floats:
            taken &= np.isin(rows["wmo"].to_numpy(), list(self.floats))
        if self.dacs:
            taken &= pc.is_in(rows["dac"], pa.array(sorted(self.dacs))).to_numpy()
        if self.since is not None:
            taken &= rows["date_update"].to_numpy() >= _stamp(self.since)
        if "date" in rows.column_names:
            taken &= self._of_profiles(rows)
        return taken

    def _of_profiles(self, rows: pa.Table) -> NDArray[np.bool_]:
        taken = np.ones(rows.num_rows, np.bool_)
        if self.box is not None:
            taken &= _inside(rows, *self.box)
        if self.after is not None or self.before is not None:
            date = rows["date"].fill_null(-1).to_numpy()
            taken &= date >= (_stamp(self.after) if self.after else 0)
            taken &= date < (_stamp(self.before) if self.before else np.iinfo(np.int64).max)
        if self.parameters and "parameters" in rows.column_names:
            taken &= _with_any(rows["parameters"], self.parameters)
        return taken


def read_floats(path: Path) -> tuple[int, ...]:
    """Read a list of floats: one WMO number a line; ``#`` begins a comment.

    Raises
    ------
    ConfigError
        A line is something else, or there is no number; the message names file and line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the list of floats {path} cannot be read: {error}") from None
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if text:
            found.append(_wmo(text, f"{path}, line {number}"))
    if not found:
        raise ConfigError(f"{path} lists no float")
    return tuple(found)


def read_wmos(text: str, where: str) -> tuple[int, ...]:
    """Read WMO numbers with commas between them."""
    return tuple(_wmo(part.strip(), where) for part in text.split(",") if part.strip())


def _wmo(text: str, where: str) -> int:
    shortest, longest = _WMO_DIGITS
    if not (text.isascii() and text.isdecimal() and shortest <= len(text) <= longest):
        raise ConfigError(f"{where}: {text!r} is no WMO number of {shortest} to {longest} digits")
    return int(text)


def _stamp(when: datetime) -> int:
    return int(when.astimezone(UTC).strftime(_STAMP))


def _with_any(column: pa.ChunkedArray, wanted: frozenset[str]) -> NDArray[np.bool_]:
    """Tell which rows have one of the parameters; there are few combinations of them."""
    combined = column.combine_chunks().dictionary_encode()
    sets = [set((text or "").split()) for text in combined.dictionary.to_pylist()]
    known = set().union(*sets)
    for name in wanted - known:
        raise UnknownName("parameter", name, known)
    hits = np.array([*(bool(wanted & names) for names in sets), False])
    found: NDArray[np.bool_] = hits[combined.indices.fill_null(-1).to_numpy()]
    return found


def _check_box(west: float, east: float, south: float, north: float) -> None:
    if not (-_POLE <= south <= north <= _POLE):
        raise ConfigError(f"a box from {south} to {north} degrees north")
    if not all(-_HALF <= degrees <= _CIRCLE for degrees in (west, east)):
        raise ConfigError(f"a box from {west} to {east} degrees east")


def _inside(
    rows: pa.Table, west: float, east: float, south: float, north: float
) -> NDArray[np.bool_]:
    """Tell which rows lie in a box; the width is measured eastwards from its west."""
    latitude, longitude = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
    width = _CIRCLE if east - west >= _CIRCLE else (east - west) % _CIRCLE
    inside: NDArray[np.bool_] = (longitude - west) % _CIRCLE <= width
    inside &= (latitude >= south) & (latitude <= north)
    return inside
