"""The files that an archive shows: a folder, an overlay above it, and faults that replace them."""

from __future__ import annotations

import hashlib
import io
import posixpath
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gnomon.sim.faults import Fault, Faults, Reissue, Stale

NS_PER_S = 1_000_000_000


class _NamedBytes(io.BytesIO):
    """Bytes in memory with the name that pyftpdlib expects of files."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


@dataclass(frozen=True, slots=True)
class Node:
    """One file or folder under its path in the archive, as it is at this moment."""

    path: str
    size: int
    mtime_ns: int
    source: Path | bytes
    is_folder: bool = False

    @classmethod
    def of(cls, path: str, source: Path) -> Node:
        """Look at a file or folder on disk; raises OSError where there is none."""
        stat = source.stat()
        is_folder = source.is_dir()
        return cls(path, 0 if is_folder else stat.st_size, stat.st_mtime_ns, source, is_folder)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def etag(self) -> str:
        """A strong validator, in quotes."""
        if isinstance(self.source, bytes):
            return f'"{hashlib.sha256(self.source).hexdigest()[:32]}"'
        return f'"{self.mtime_ns:x}-{self.size:x}"'

    def open(self) -> BinaryIO:
        """Open the content of a file."""
        if isinstance(self.source, bytes):
            return _NamedBytes(self.source, self.path)
        return self.source.open("rb")

    def held(self) -> Node:
        """Return the same file with its content in memory."""
        if self.is_folder or isinstance(self.source, bytes):
            return self
        content = self.source.read_bytes()
        return Node(self.path, len(content), self.mtime_ns, content)


class Tree:
    """Paths to nodes.

    Attributes
    ----------
    overlay : Path, optional
        A folder whose files stand in front of those of the main one; may change at any time.
    faults : Faults
        What goes wrong.
    """

    def __init__(self, folder: Path, overlay: Path | None, faults: Iterable[Fault]) -> None:
        self._folder = folder
        self.overlay = overlay
        self._set_ns: dict[Fault, int] = {}
        self._held: dict[Fault, dict[str, Node]] = {}
        self.faults = Faults(self._remember)
        self.faults.add(*faults)

    def find(self, path: str, protocol: str, *, strike: bool) -> Node | None:
        """Return what a request for `path` meets; `strike` counts it against the faults."""
        fault = self.faults.find(Reissue, path, protocol, strike=strike)
        if fault is not None:
            return self._reissued(path, fault)
        stale = self.faults.find(Stale, path, protocol, strike=strike)
        if stale is not None:
            return self._held[stale].get(path)
        return self._on_disk(path)

    def children(self, path: str, protocol: str) -> list[Node]:
        """Return what the folder `path` lists, by name."""
        stale = self.faults.find(Stale, path, protocol, strike=False)
        if stale is not None:
            held = self._held[stale].values()
            return [node for node in held if posixpath.dirname(node.path) == path != node.path]
        return list(self._children(path))

    def _on_disk(self, path: str) -> Node | None:
        for source in self._sources(path):
            try:
                return Node.of(path, source)
            except OSError:
                continue
        return None

    def _sources(self, path: str) -> list[Path]:
        roots = [root for root in (self.overlay, self._folder) if root is not None]
        return [root / posixpath.normpath("/" + path).lstrip("/") for root in roots]

    def _children(self, path: str) -> Iterator[Node]:
        folders = [source for source in self._sources(path) if source.is_dir()]
        for name in sorted({entry.name for folder in folders for entry in folder.iterdir()}):
            node = self._on_disk(posixpath.join(path, name))
            if node is not None:
                yield node

    def _remember(self, fault: Fault) -> None:
        self._set_ns[fault] = time.time_ns()
        if isinstance(fault, Stale):
            self._held[fault] = {node.path: node for node in self._matching(fault, "/")}

    def _matching(self, fault: Fault, path: str) -> Iterator[Node]:
        node = self._on_disk(path)
        if node is None:
            return
        parent = posixpath.dirname(path)
        if fault.matches(path, fault.protocol) or fault.matches(parent, fault.protocol):
            yield node.held()
        if node.is_folder:
            for child in self._children(path):
                yield from self._matching(fault, child.path)

    def _reissued(self, path: str, fault: Reissue) -> Node:
        if isinstance(fault.content, Path):
            return Node.of(path, fault.content)
        # Whole seconds, as a file whose time HTTP and FTP can tell.
        set_ns = self._set_ns[fault] // NS_PER_S * NS_PER_S
        return Node(path, len(fault.content), set_ns, fault.content)
