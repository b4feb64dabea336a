"""The protocol of a source of observations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from gnomon.core.dataset import Input, Report
from gnomon.core.items import Item, Listing

Progress = Callable[[int], None]
"""Called with the number of bytes that just arrived."""


class Source(Protocol):
    """An archive: listing is cheap, fetching is a job."""

    def list(self, cursor: str) -> Listing:
        """Return what the archive has; raise `SourceError` rather than return a part."""

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:
        """Bring one item to `dest`, whole and checked.

        Parameters
        ----------
        item : Item
            One that `list` returned.
        dest : Path
            A file to create; its folder exists.
        known : Input, optional
            The current version of the same key, for sources that compare or merge; not to be
            changed.
        progress : callable
            Told of the bytes as they come.

        Raises
        ------
        NoData
            The archive has nothing under an optional item.
        BadData
            The bytes arrived and make no sense.
        SourceError
            They did not arrive.
        """

    def validator(self, item: Item) -> str:
        """Return a cheap text that changes when the file behind an item does, or nothing.

        Asked of rejected items before each run: an archive may mend a file without a new stamp.
        """

    def close(self) -> None:
        """Release connections."""
