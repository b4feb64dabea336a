"""Tables of the store as arrays to draw: time, and columns of numbers, words or flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.imap.plots.series import Times, Values
from gnomon.instruments.imap.telemetry.day_table import DayTable, Row
from gnomon.instruments.imap.telemetry.ialirt_rows import TIME

_TRUE, _FALSE = ("true", "1", "1.0"), ("false", "0", "0.0")


@dataclass(frozen=True)
class Table:
    """Rows in the order of time.

    Attributes
    ----------
    time : ndarray of datetime64[ns], shape (n,)
        UTC.
    rows : list of mapping
        Texts by column.
    """

    time: Times
    rows: list[Row]

    @classmethod
    def read(cls, paths: Iterable[Path], time: str = TIME) -> Table:
        """Read day files, one after the other."""
        table = DayTable(time)
        for path in paths:
            table.take(DayTable.read(path, time).rows.items())
        ordered = sorted(table.rows)
        return cls(np.array(ordered, dtype="M8[ns]"), [table.rows[when] for when in ordered])

    @property
    def columns(self) -> list[str]:
        """Every column, sorted."""
        return sorted({name for row in self.rows for name in row})

    def numbers(self, name: str) -> Values:
        """Return a column of numbers, float64, shape (n,); NaN where there is none."""
        texts = [row.get(name, "") or "nan" for row in self.rows]
        try:
            return np.array(texts, dtype=np.float64)
        except ValueError as error:
            raise BadData(f"{name} holds what is no number: {error}") from None

    def words(self, name: str) -> NDArray[Any]:
        """Return a column of words, shape (n,); empty where there is none."""
        return np.array([row.get(name, "") for row in self.rows], dtype=str)

    def flags(self, name: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return a column of true and false, and where it is known, both bool, shape (n,)."""
        texts = np.char.lower(self.words(name)) if self.rows else np.array([], dtype=str)
        true = np.isin(texts, _TRUE)
        return true, true | np.isin(texts, _FALSE)
