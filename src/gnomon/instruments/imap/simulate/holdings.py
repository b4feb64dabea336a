"""What the science data centre holds, and what it tells of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

_J2000 = datetime(2000, 1, 1, 11, 58, 55, 816000, tzinfo=UTC)
_LEAP_SECONDS = timedelta(seconds=5)  # of UTC between 2000 and any day since 2017
SCIENCE_NAME = re.compile(
    r"imap_(?P<instrument>\w+?)_(?P<data_level>l\d\w?(?:-pre)?)_(?P<descriptor>[^_]+)_"
    r"(?P<start_date>\d{8})(?:-repoint(?P<repointing>\d{5}))?_"
    r"(?P<version>v\d{3}(?:\.\d{4})?)\.(?P<extension>cdf|pkts)"
)


@dataclass(frozen=True, slots=True)
class ScienceFile:
    """A file of the archive; what a query tells of it stands in its name.

    Attributes
    ----------
    path : str
        ``imap/mag/l1c/2025/10/imap_mag_l1c_norm-mago_20251017_v001.0001.cdf``.
    ingested : datetime
        Aware UTC, to the second.
    """

    path: str
    body: bytes
    ingested: datetime

    @property
    def record(self) -> dict[str, Any]:
        """What a query answers."""
        found = SCIENCE_NAME.fullmatch(PurePosixPath(self.path).name)
        if found is None:
            raise ValueError(f"{self.path} is no name of a science file")
        ingested = f"{self.ingested:%Y%m%d %H:%M:%S}"
        return {"file_path": self.path, **found.groupdict(), "ingestion_date": ingested}


@dataclass(frozen=True, slots=True)
class KernelFile:
    """A SPICE kernel of the archive.

    Attributes
    ----------
    name : str
        With its folder: ``ck/imap_2025_302_2025_303_001.ah.bc``.
    kernel_type : str
        ``attitude_history``, ``leapseconds``, ``spacecraft_clock``, ``imap_frames``, ...
    intervals : tuple of (datetime, datetime)
        What it covers, aware UTC.
    root, version : str, int
        The name without its version, and the version.
    """

    name: str
    body: bytes
    ingested: datetime
    kernel_type: str
    intervals: tuple[tuple[datetime, datetime], ...]
    root: str
    version: int
    sclk_kernel: str = ""
    lsk_kernel: str = ""

    @property
    def path(self) -> str:
        """Where it is downloaded."""
        return f"imap/spice/{self.name}"

    @property
    def record(self) -> dict[str, Any]:
        """What a query answers."""
        first = min(start for start, _ in self.intervals)
        last = max(stop for _, stop in self.intervals)
        return {
            "file_name": self.name,
            "file_root": self.root,
            "kernel_type": self.kernel_type,
            "version": self.version,
            "min_date_j2000": tdb(first),
            "max_date_j2000": tdb(last),
            "file_intervals_j2000": [[tdb(start), tdb(stop)] for start, stop in self.intervals],
            "min_date_datetime": _written(first),
            "max_date_datetime": _written(last),
            "file_intervals_datetime": [
                [start.isoformat(), stop.isoformat()] for start, stop in self.intervals
            ],
            "min_date_sclk": _sclk(first),
            "max_date_sclk": _sclk(last),
            "file_intervals_sclk": [[_sclk(start), _sclk(stop)] for start, stop in self.intervals],
            "sclk_kernel": self.sclk_kernel,
            "lsk_kernel": self.lsk_kernel,
            "ingestion_date": _written(self.ingested),
            "timestamp": self.ingested.timestamp(),
        }


@dataclass(frozen=True, slots=True)
class TableFile:
    """A spin table or a small forces file.

    Attributes
    ----------
    path : str
        ``imap/spice/spin/imap_2026_060_2026_061_01.spin``.
    start, stop : datetime
        What it covers, aware UTC.
    """

    path: str
    body: bytes
    ingested: datetime
    start: datetime
    stop: datetime

    @property
    def record(self) -> dict[str, Any]:
        """What a query answers."""
        return {
            "file_path": self.path,
            "start_date": _written(self.start),
            "end_date": _written(self.stop),
            "version": PurePosixPath(self.path).stem[-2:],
            "ingestion_date": _written(self.ingested),
        }


def tdb(time: datetime) -> float:
    """Return TDB seconds since J2000 of a UTC time after 2017, to about 2 ms."""
    return (time - _J2000 + _LEAP_SECONDS).total_seconds()


def _written(time: datetime) -> str:
    return f"{time:%Y-%m-%d, %H:%M:%S}"


def _sclk(time: datetime) -> str:
    seconds = (time - datetime(2010, 1, 1, tzinfo=UTC)).total_seconds()
    return f"1/{int(seconds):010d}:00000"
