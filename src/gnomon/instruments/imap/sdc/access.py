"""Where the science data centre is, how it is asked, and how it writes times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from gnomon.acquire.api import Api, api_key
from gnomon.acquire.connect import Network
from gnomon.acquire.source import Progress
from gnomon.errors import BadData, ServerFault

SDC = "https://api.imap-mission.com"
KEY = "IMAP_API_KEY"
ADDRESS = "IMAP_DATA_ACCESS_URL"
EARLIEST = date(2010, 1, 1)
"""No kernel was ingested before; those of before launch are wanted, too."""
_PREFIX = "/api-key"
_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d),?[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|\+00:00)?")
_BINARY = (".bc", ".bsp", ".bpc", ".ck", ".spk")
_DAF = (b"DAF/", b"NAIF/DAF")
_CDF = (b"\xcd\xf3\x00\x01", b"\xcd\xf2\x60\x02", b"\x00\x00\xff\xff")

T = TypeVar("T")
Record = Mapping[str, Any]
"""What the archive tells of one file."""


@dataclass(frozen=True)
class Sdc:
    """The science data centre, reached.

    Attributes
    ----------
    keyed : Api
        What wants a key: queries, downloads, uploads.
    tables : Api
        The tables of kernels, which are asked at the address as it is given.
    """

    keyed: Api
    tables: Api

    def records(self, table: str, asked: Mapping[str, str]) -> list[Record]:
        """Return what a query (``query``) or a table (``spice-query``) lists.

        Raises
        ------
        ServerFault
            The answer is no list of records.
        """
        api = self.keyed if table == "query" else self.tables
        answer = api.json(table, asked)
        if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
            raise ServerFault(f"{api.url}/{table}: the answer is no list of records")
        return answer

    def download(self, path: str, dest: Path, progress: Progress) -> None:
        """Bring a file, by the path that the archive knows it under, and look at its kind.

        Raises
        ------
        BadData
            It is not of the format that its name says.
        """
        self.keyed.download(f"download/{path}", "", dest, progress)
        _check(PurePosixPath(path), dest)

    def close(self) -> None:
        """Hang up."""
        self.keyed.close()
        self.tables.close()


def open_sdc(url: str, network: Network) -> Sdc:
    """Reach the science data centre; the key is the user's ``IMAP_API_KEY``.

    Parameters
    ----------
    url : str
        Empty: what ``IMAP_DATA_ACCESS_URL`` says, or the usual one.
    """
    root = network.address(url, ADDRESS, SDC)
    key = network.secret(KEY)

    def api(at: str) -> Api:
        return Api(at, network, key, header=api_key, variable=KEY)

    return Sdc(api(root if root.endswith(_PREFIX) else root + _PREFIX), api(root))


def _check(name: PurePosixPath, path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(8)
    if name.suffix == ".cdf" and not start.startswith(_CDF):
        raise BadData(f"{name.name} is no CDF: it begins with {start!r}")
    if name.suffix in _BINARY and not start.startswith(_DAF):
        raise BadData(f"{name.name} is no binary kernel: it begins with {start!r}")


def read_each(records: Iterable[Record], read: Callable[[Record], T]) -> tuple[list[T], list[str]]:
    """Read records; return what was read, and what is wrong with those that make no sense.

    One strange record does not keep the others back.
    """
    found, strange = [], []
    for record in records:
        try:
            found.append(read(record))
        except ServerFault as error:
            strange.append(str(error))
    return found, strange


def field(record: Record, name: str, where: str) -> str:
    """Return a text of a record.

    Raises
    ------
    ServerFault
        It has none.
    """
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise ServerFault(f"{where}: a record has no {name}: {dict(record)}"[:300])
    return value


def instant(text: str, where: str) -> datetime:
    """Read a time as the archive writes it: ``20251101 08:05:12``, ``2025-11-01, 08:05:12``.

    Returns
    -------
    datetime
        Aware UTC, to the second.

    Raises
    ------
    ServerFault
        It is none.
    """
    found = _TIME.fullmatch(text.strip())
    try:
        if found is not None:
            year, month, day, hour, minute, second = (int(part) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        pass
    raise ServerFault(f"{where}: {text!r} is no time")


def ingested_between(days: Sequence[date], mark: str) -> dict[str, str]:
    """Return how a table is asked for what was ingested on some days, or since a mark.

    The end of the table's span is the midnight before the day that it names. The whole day of the
    mark is asked for again: what was listed before costs nothing, and what comes late is seen.
    """
    if days:
        after = days[-1] + timedelta(days=1)
        return {"start_ingest_date": f"{days[0]:%Y%m%d}", "end_ingest_date": f"{after:%Y%m%d}"}
    return {"start_ingest_date": mark[:10].replace("-", "") or f"{EARLIEST:%Y%m%d}"}
