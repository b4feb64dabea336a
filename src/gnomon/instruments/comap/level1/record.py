"""The record of a Level-1 file: what it is, whichever place it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gnomon.errors import Corrupt

Value = str | int | float
"""What an attribute of a file may be; integers stay integers."""


@dataclass(frozen=True)
class Level1Record:
    """One Level-1 file.

    Attributes
    ----------
    obsid : int
        Of the file's name.
    name : str
        The file's name without its suffix: ``comap-0045285-2024-12-01-103000``.
    size : int
        Bytes.
    digest : str
        Tells its content from any other (see `level1.identity`).
    source, source_group : str
        Of the table of sources: ``TauA``, ``Calibrator``.
    scan_mode : str
        ``lissajous``, ``ces``, ``skydip``, ``stare`` or empty.
    utc_start : str
        ISO 8601, UTC; of the first sample.
    duration_s : float
    feeds : tuple of int
        Numbers of the feeds that it has.
    attributes : mapping
        Those of ``comap`` in the file.
    error : str
        Why it cannot be used; empty where it can.
    """

    obsid: int
    name: str
    size: int
    digest: str
    source: str = ""
    source_group: str = "Other"
    scan_mode: str = ""
    utc_start: str = ""
    duration_s: float = 0.0
    feeds: tuple[int, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""

    @property
    def month(self) -> str:
        """Year and month of the name: ``2024-12``."""
        return "-".join(self.name.split("-")[2:4])

    @property
    def tags(self) -> dict[str, str]:
        """What names the files that are made of it."""
        return {
            "stamp": self.name.split("-", 2)[-1],
            "month": self.month,
            "source": self.source or "unknown",
            "source_group": self.source_group,
            "scan_mode": self.scan_mode,
        }

    def write(self, path: Path) -> None:
        """Write it as JSON, the same bytes every time."""
        text = json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Level1Record:
        """Read it back."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**said, "feeds": tuple(said["feeds"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Corrupt(f"{path} is no record of a Level-1 file: {error}") from error
