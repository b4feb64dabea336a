"""An archive on loopback, in a process of its own: its work is not the client's."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from gnomon.sim.archive import Archive
from gnomon.sim.faults import Latency


@dataclass(frozen=True)
class Addresses:
    """Where the archive answers."""

    http: str
    ftp: str


@contextmanager
def served(folder: Path, latency_s: float = 0.0) -> Iterator[Addresses]:
    """Serve a folder until the block ends."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(folder, latency_s, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()  # the archive waits for just that
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


def _serve(folder: Path, latency_s: float, pipe: Connection) -> None:
    faults = [Latency(latency_s=latency_s)] if latency_s else []
    with Archive(folder, faults=faults) as archive:
        pipe.send(Addresses(archive.http_url, archive.ftp_url))
        try:
            pipe.recv()
        except EOFError:
            return
