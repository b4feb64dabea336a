"""Level-1 files of a remote archive as a source: copied into a folder where `comap.level1` looks.

The files go to that folder, not into the store: 59 GB an hour are kept once. What the store has of
a copy is a small JSON that says where it came from and what its bytes are. Folders are listed at
the beginning of a run, so what one run copies, the next one reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field

from gnomon.acquire.connect import Network
from gnomon.acquire.download import Downloaded, download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.ssh import SshTransport
from gnomon.acquire.transport import Entry, Transport, inside
from gnomon.core.dataset import Input, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, ConfigError
from gnomon.instruments.comap.kinds import REMOTE
from gnomon.instruments.comap.level1.finding import found_below
from gnomon.instruments.comap.level1.names import SUFFIX, parsed

_DEEPEST: Final = 12
"""Folders within folders; a link that leads back upwards ends here."""
_SHOWN: Final = 3


class RemoteConfig(StepConfig):
    """Which archive, what of it, and where to."""

    url: str = Field(min_length=1, description="ssh://, sftp://, ftp://, http(s)://, or a folder")
    copy_to: Path = Field(description="a folder, one of the roots of comap.level1")
    known: tuple[Path, ...] = Field(
        (), description="further folders: a file that is there, by name and size, is not copied"
    )
    leave_out: tuple[str, ...] = Field(
        (), description="patterns of names of files and folders; of whole paths where they hold /"
    )
    min_obsid: int = Field(0, ge=0, description="the first to copy")
    max_obsid: int | None = Field(None, ge=0, description="the last to copy")
    key_file: Path | None = Field(None, description="SSH: a private key, instead of the user's")
    known_hosts: Path | None = Field(None, description="SSH: keys of hosts, not the user's")

    def wants(self, obsid: int) -> bool:
        """Tell whether an observation is to be copied."""
        return self.min_obsid <= obsid and (self.max_obsid is None or obsid <= self.max_obsid)

    def leaves_out(self, path: str) -> bool:
        """Tell whether a file or folder is not wanted."""
        name = path.rpartition("/")[2]
        return any(
            fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self.leave_out
        )


@dataclass(frozen=True)
class Far:
    """A file of the archive: its path there, its observation, and its line of the listing."""

    path: str
    obsid: int
    entry: Entry

    @property
    def stamp(self) -> str:
        """A text that changes with the file, as far as its listing tells."""
        return f"{self.entry.size}:{self.entry.mtime_us}"


class RemoteSource:
    """Lists folders of an archive, and copies what is not here yet."""

    def __init__(self, config: RemoteConfig, transport: Transport, retry: Retry) -> None:
        self._config, self._transport, self._retry = config, transport, retry
        self._near = config.copy_to.expanduser().absolute()

    def list(self, cursor: str) -> Listing:  # noqa: ARG002 - all folders are looked at
        """List the files that are wanted and not here; none counts as gone."""
        here = _sizes_below((self._near, *self._config.known))
        files = tuple(self._files("", 0))
        chosen = {far.obsid: far for far in reversed(files)}
        flaws = [
            f"{far.path} is another file of obsid {far.obsid}"
            for far in files
            if chosen[far.obsid] is not far
        ]
        wanted = [far for far in files if chosen[far.obsid] is far and not _is_here(far, here)]
        items = [
            Item(REMOTE.name, {"obsid": far.obsid}, far.path, far.stamp, size=far.entry.size)
            for far in wanted
        ]
        more = f"; and {len(flaws) - _SHOWN} more" if len(flaws) > _SHOWN else ""
        return Listing(items, flaw="; ".join(flaws[:_SHOWN]) + more)

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Copy a file, whole and checked, under the path that it has in the archive."""
        target = self._near / inside(item.ref)
        target.parent.mkdir(parents=True, exist_ok=True)
        got = download(
            self._transport, item.ref, target, size=item.size, retry=self._retry, progress=progress
        )
        if got.mtime_us is not None:
            os.utime(target, ns=(got.mtime_us * 1000, got.mtime_us * 1000))
        dest.write_text(_said(self._transport.url, item.ref, got, target), encoding="utf-8")
        return Report({"size_gb": got.size / 1e9})

    def validator(self, item: Item) -> str:
        """Return size and time of the file there."""
        stat = self._retry.call(item.ref, lambda: self._transport.stat(item.ref))
        return f"{stat.size}:{stat.mtime_us}"

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _files(self, folder: str, depth: int) -> Iterator[Far]:
        """Give the wanted files below a folder, by path."""
        for entry in self._retry.call(
            f"{self._transport.url}/{folder}", lambda: self._transport.list(folder)
        ):
            path = f"{folder}/{entry.name}".lstrip("/")
            if self._config.leaves_out(path):
                continue
            if entry.is_folder:
                if depth < _DEEPEST:
                    yield from self._files(path, depth + 1)
            elif (obsid := _obsid_of(entry.name)) is not None and self._config.wants(obsid):
                yield Far(path, obsid, entry)


def _obsid_of(name: str) -> int | None:
    """Return the number of a Level-1 file; None of any other."""
    if not name.endswith(SUFFIX):
        return None
    try:
        said = parsed(name)
    except BadData:
        return None
    return said.obsid if said.is_level1 else None


def _sizes_below(folders: Sequence[Path]) -> dict[str, set[int]]:
    """Return the sizes of the Level-1 files below folders, by name."""
    found: dict[str, set[int]] = {}
    roots = tuple(dict.fromkeys(folder.expanduser().absolute() for folder in folders))
    for file in found_below(roots, f"**/*{SUFFIX}").files:
        found.setdefault(file.path.name, set()).add(file.size)
    return found


def _is_here(far: Far, here: dict[str, set[int]]) -> bool:
    """Tell whether a file is here already; by name alone where the archive tells no size."""
    sizes = here.get(far.entry.name, set())
    return bool(sizes) if far.entry.size is None else far.entry.size in sizes


def _said(url: str, ref: str, got: Downloaded, target: Path) -> str:
    said = {
        "url": f"{url}/{ref}",
        "path": str(target),
        "size": got.size,
        "sha256": got.sha256,
        "mtime_us": got.mtime_us,
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def open_remote(config: RemoteConfig, network: Network) -> RemoteSource:
    """Connect to an archive.

    Raises
    ------
    ConfigError
        Keys are given for what is no SSH address.
    """
    keys, hosts = config.key_file, config.known_hosts
    if keys is None and hosts is None:
        return RemoteSource(config, network.connect(config.url), network.retry)
    if urlsplit(config.url).scheme not in ("ssh", "sftp"):
        raise ConfigError("key_file and known_hosts are for ssh:// addresses")
    transport = SshTransport(
        config.url,
        network.limits,
        keys=[keys.expanduser()] if keys else [],
        known_hosts=hosts.expanduser() if hosts else None,
    )
    return RemoteSource(config, transport, network.retry)


SOURCE = SourceType("comap.remote", RemoteConfig, (REMOTE,), open_remote)
"""Level-1 files of a remote archive."""
