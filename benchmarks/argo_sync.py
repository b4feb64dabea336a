"""A sync of 2,000 small files from a server whose every answer takes 20 ms, over HTTP and FTP.

The files are simulated core profiles of 20 kB; the archive is gnomon's own, in another process.

- `gnomon argo sync`: the whole engine, from the index to rows, lineage and read-only files, each
  file read and checked. A second one, which moves nothing, is measured too.
- `gnomon download`: only the transport, each file whole, summed, synced and renamed.
- *one by one*: a script that asks for one file after the other over one connection, and writes
  it (*as safe*: sums, syncs and renames, as gnomon does). It gets a tenth of the files, and its
  figures are multiplied by ten.
- aiohttp: the fastest client library, on as many connections as gnomon has; *bare*, it writes
  what came, and checks nothing.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.acquisition import (
    Client,
    gnomon_client,
    keep,
    plain_ftplib,
    plain_urllib3,
    safe_ftplib,
    safe_urllib3,
)
from benchmarks.archives import served
from benchmarks.report import Cost, Table, cost, main, peer, scratch, times
from gnomon.engine.project import Project
from gnomon.instruments.argo.cli.sync import counted, sync_pipeline
from gnomon.instruments.argo.simulate.gdac import simulate_gdac

_CONNECTIONS = 8
_LATENCY_S = 0.02
_SHARE = 10
_CYCLES = 100
Sync = Callable[[str, Sequence[str], Path], object]


def _threads(client: Client, connections: int) -> Sync:
    def run(url: str, names: Sequence[str], into: Path) -> None:
        with contextmanager(client)(url) as fetch, ThreadPoolExecutor(connections) as pool:
            list(pool.map(lambda name: fetch(name, into / Path(name).name), names))

    return run


def _aiohttp(url: str, names: Sequence[str], into: Path, *, safe: bool) -> None:
    aiohttp = peer("aiohttp")
    assert aiohttp is not None  # the caller looked
    write = keep if safe else lambda data, dest: dest.write_bytes(data)

    async def every() -> None:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(name: str) -> None:
                async with session.get(f"{url}/{name}") as response:
                    response.raise_for_status()
                    write(await response.read(), into / Path(name).name)

            await asyncio.gather(*map(one, names))

    asyncio.run(every())


def _project(url: str, folder: Path) -> Callable[[], None]:
    """Return a sync of everything into one project."""
    folder.mkdir()
    (folder / "gnomon.toml").write_text(f"[network]\nconnections = {_CONNECTIONS}\n", "utf-8")
    project = Project.open(folder)
    pipeline = sync_pipeline(project, {"mirror": url, "aggregates": False})

    def run() -> None:
        summary, _ = counted(project, pipeline)
        if not summary.ok:
            raise RuntimeError(f"the benchmark is wrong: {summary.problems[:3]}")

    return run


def _ways(protocol: str) -> Iterator[tuple[str, int, Sync, int]]:
    """Yield name, connections, way, and the part of the files it does without."""
    single = (plain_urllib3, safe_urllib3) if protocol == "HTTP" else (plain_ftplib, safe_ftplib)
    library = "urllib3" if protocol == "HTTP" else "ftplib"
    yield "gnomon download", _CONNECTIONS, _threads(gnomon_client, _CONNECTIONS), 1
    yield f"{library}, as safe", _CONNECTIONS, _threads(single[1], _CONNECTIONS), 1
    if protocol == "HTTP" and peer("aiohttp") is not None:
        yield "aiohttp, bare", _CONNECTIONS, functools.partial(_aiohttp, safe=False), 1
        yield "aiohttp, as safe", _CONNECTIONS, functools.partial(_aiohttp, safe=True), 1
    yield f"{library} one by one, bare", 1, _threads(single[0], 1), _SHARE
    yield f"{library} one by one, as safe", 1, _threads(single[1], 1), _SHARE


def protocol_table(protocol: str, url: str, names: Sequence[str], folder: Path) -> Table:
    """Measure every way over one protocol."""
    table = Table(
        f"argo sync: {len(names)} files over {protocol}, {_LATENCY_S * 1e3:.0f} ms",
        ("client", "connections", "wall s", "CPU s", "wall / gnomon", "CPU / gnomon"),
    )
    sync = _project(url, folder / f"{protocol}-project")
    first = cost(sync)

    def add(name: str, connections: int, spent: Cost) -> None:
        ratios = times(spent.wall_s, first.wall_s), times(spent.cpu_s, first.cpu_s)
        wall, cpu = f"{spent.wall_s:.2f}", f"{spent.cpu_s:.2f}"
        table.add(name, str(connections), wall, cpu, *ratios)

    add("gnomon argo sync", _CONNECTIONS, first)
    add("gnomon argo sync, nothing new", _CONNECTIONS, cost(sync))
    for number, (name, connections, way, share) in enumerate(_ways(protocol)):
        into = folder / f"{protocol}-{number}"
        into.mkdir()
        some = names[:: share or 1]
        spent = cost(lambda way=way, some=some, into=into: way(url, some, into))  # type: ignore[misc]
        if len(list(into.iterdir())) != len(some):
            raise RuntimeError(f"the benchmark is wrong: {name} lacks files")
        add(name, connections, Cost(spent.cpu_s * share, spent.wall_s * share))
    return table


def run(quick: bool) -> Sequence[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    floats = 4 if quick else 20
    with scratch() as folder:
        gdac = simulate_gdac(folder / "gdac", floats=floats, cycles=_CYCLES, seed=1, levels=20)
        names = [f"dac/{record.path}" for record in gdac.records]
        with served(gdac.folder, _LATENCY_S) as at:
            return [
                protocol_table("HTTP", at.http, names, folder),
                protocol_table("FTP", at.ftp, names, folder),
            ]


if __name__ == "__main__":
    main(__doc__, run)
