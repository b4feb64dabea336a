"""Downloads over loopback from gnomon's own archive in another process, over HTTP and FTP.

456 files of 70 kB, as on a day of a GDAC, without latency; and 400 files of 5 kB with 20 ms of
latency for each answer. CPU seconds are the client's alone: on loopback the Python archive bounds
the clock, on a real line the line does, and what a client costs is its processor time.

- `gnomon`: `download`, which streams to a hidden file, checks size and sum, syncs and renames.
- *bare*: the peer reads a whole body and writes a file, as most scripts do.
- *as safe*: bare urllib3 or ftplib, made to sum, sync and rename as gnomon does.

Every peer has one client or pool for all threads (FTP: one connection a thread). One thread alone
gets a quarter of the files, and its figures are multiplied by four.
"""

from __future__ import annotations

import ftplib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from benchmarks.archives import Addresses, served
from benchmarks.report import Cost, Table, best, main, peer, scratch, times
from gnomon.acquire.connect import connect
from gnomon.acquire.download import download
from gnomon.acquire.transport import Limits

_THREADS = 8
_SHARE_ALONE = 4
Fetch = Callable[[str, Path], object]
Client = Callable[[str], Iterator[Fetch]]


@dataclass(frozen=True)
class Work:
    """What to download: so many files of one size, from an archive of some latency."""

    files: int
    size: int
    latency_s: float

    def __str__(self) -> str:
        return f"{self.files} files of {self.size / 1e3:.0f} kB, {self.latency_s * 1e3:.0f} ms"

    def make(self, folder: Path) -> None:
        """Write the files, each with other bytes."""
        folder.mkdir()
        for number in range(self.files):
            (folder / f"{number:04d}.nc").write_bytes(os.urandom(self.size))


# -- clients: each opens once, and then fetches a file by name


def gnomon_client(url: str) -> Iterator[Fetch]:
    """Download as gnomon does."""
    transport = connect(url, Limits(connections=_THREADS))
    yield lambda name, dest: download(transport, name, dest)
    transport.close()


def _httpx(url: str) -> Iterator[Fetch]:
    httpx = peer("httpx")
    assert httpx is not None  # the caller looked
    with httpx.Client(limits=httpx.Limits(max_connections=_THREADS)) as client:
        yield lambda name, dest: dest.write_bytes(
            client.get(f"{url}/{name}").raise_for_status().content
        )


def plain_urllib3(url: str) -> Iterator[Fetch]:
    """Read a body and write a file."""
    with urllib3.PoolManager(maxsize=_THREADS, block=True) as pool:
        yield lambda name, dest: dest.write_bytes(pool.request("GET", f"{url}/{name}").data)


def safe_urllib3(url: str) -> Iterator[Fetch]:
    """Do the same, and sum, sync and rename."""
    with urllib3.PoolManager(maxsize=_THREADS, block=True) as pool:
        yield lambda name, dest: keep(pool.request("GET", f"{url}/{name}").data, dest)


def plain_ftplib(url: str) -> Iterator[Fetch]:
    """Read a body and write a file."""
    with _sessions(url) as session:
        yield lambda name, dest: dest.write_bytes(_retrieved(session(), name))


def safe_ftplib(url: str) -> Iterator[Fetch]:
    """Do the same, and sum, sync and rename."""
    with _sessions(url) as session:
        yield lambda name, dest: keep(_retrieved(session(), name), dest)


def keep(data: bytes, dest: Path) -> str:
    """Write a file as safely as gnomon does; return its sum."""
    part = dest.with_name(f".{dest.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(dest)
    folder = os.open(dest.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _sessions(url: str) -> Iterator[Callable[[], ftplib.FTP]]:
    """Give each thread that asks its own connection."""
    address, local = urlsplit(url), threading.local()
    opened: list[ftplib.FTP] = []

    def session() -> ftplib.FTP:
        if not hasattr(local, "ftp"):
            local.ftp = ftplib.FTP()
            local.ftp.connect(address.hostname or "", address.port or 21)
            local.ftp.login()
            opened.append(local.ftp)
        found: ftplib.FTP = local.ftp
        return found

    try:
        yield session
    finally:
        for ftp in opened:
            ftp.close()


def _retrieved(ftp: ftplib.FTP, name: str) -> bytes:
    chunks: list[bytes] = []
    ftp.retrbinary(f"RETR {name}", chunks.append, blocksize=1 << 16)
    return b"".join(chunks)


@dataclass(frozen=True)
class Way:
    """One way to download."""

    name: str
    client: Client
    threads: int = _THREADS


_HTTP = (
    Way("gnomon", gnomon_client),
    Way("urllib3, as safe", safe_urllib3),
    Way("urllib3, bare", plain_urllib3),
    Way("httpx, bare", _httpx),
    Way("gnomon", gnomon_client, threads=1),
    Way("urllib3, bare", plain_urllib3, threads=1),
)
_FTP = (
    Way("gnomon", gnomon_client),
    Way("ftplib, as safe", safe_ftplib),
    Way("ftplib, bare", plain_ftplib),
    Way("gnomon", gnomon_client, threads=1),
)


# -- what is measured


def fetched(way: Way, url: str, work: Work, folder: Path) -> Cost:
    """Download everything once and return what it took, opening included."""
    share = _SHARE_ALONE if way.threads == 1 else 1
    names = [f"{number:04d}.nc" for number in range(work.files // share)]
    round_ = [0]

    def everything() -> None:
        round_[0] += 1
        into = folder / f"{way.threads}-{round_[0]}"
        into.mkdir(parents=True)
        with contextmanager(way.client)(url) as fetch, ThreadPoolExecutor(way.threads) as pool:
            list(pool.map(lambda name: fetch(name, into / name), names))

    spent = best(1 if way.threads == 1 else 2, everything)
    for path in (folder / f"{way.threads}-1").iterdir():
        if path.stat().st_size != work.size:
            raise RuntimeError(f"the benchmark is wrong: {way.name} wrote {path.name} short")
    return Cost(spent.cpu_s * share, spent.wall_s * share)


def protocol(title: str, ways: Sequence[Way], url: str, work: Work, folder: Path) -> Table:
    """Measure every way over one protocol."""
    table = Table(
        f"acquisition: {title}, {work}",
        ("client", "threads", "wall s", "CPU s", "wall / gnomon", "CPU / gnomon"),
    )
    first: Cost | None = None
    for way in ways:
        if way.client is _httpx and peer("httpx") is None:
            table.add(way.name, "", "not installed", "", "", "")
            continue
        spent = fetched(way, url, work, folder / title / way.name)
        first = first or spent
        ratios = times(spent.wall_s, first.wall_s), times(spent.cpu_s, first.cpu_s)
        wall, cpu = f"{spent.wall_s:.2f}", f"{spent.cpu_s:.2f}"
        table.add(way.name, str(way.threads), wall, cpu, *ratios)
    return table


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    divide = 4 if quick else 1
    tables = []
    for work in (Work(456 // divide, 70_000, 0.0), Work(400 // divide, 5_000, 0.02)):
        with scratch() as folder:
            work.make(folder / "archive")
            with served(folder / "archive", work.latency_s) as at:
                tables += _both(at, work, folder)
    return tables


def _both(at: Addresses, work: Work, folder: Path) -> list[Table]:
    return [
        protocol("HTTP", _HTTP, at.http, work, folder),
        protocol("FTP", _FTP, at.ftp, work, folder),
    ]


if __name__ == "__main__":
    main(__doc__, run)
