"""SPICE's kernel pool, which a process has once: borrowed for a while, and given back as it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gnomon.errors import BadData, MissingExtra
from gnomon.timescales.text_kernel import read_text_kernel

_log = logging.getLogger(__name__)
_lock = threading.RLock()
LONGEST_NAME = 255
"""Bytes of a file's name that SPICE takes (NAIF, *Kernel Required Reading*, "Path names")."""


def toolkit() -> Any:
    """Return spiceypy.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    try:
        import spiceypy  # noqa: PLC0415  optional, and it loads 7 MB
    except ImportError as error:
        raise MissingExtra("spiceypy", "imap") from error
    return spiceypy


@contextmanager
def borrowed(kernels: list[Path]) -> Iterator[Any]:
    """Load some kernels and no others; what was loaded before comes back at the end.

    One at a time in a process. Files come back in their order; variables that somebody put into
    the pool by hand do not.

    Parameters
    ----------
    kernels : list of Path
        In the order to load them: later ones win.

    Raises
    ------
    BadData
        A kernel is missing or damaged.
    """
    spice = toolkit()
    with _lock:
        before = [spice.kdata(n, "ALL")[0] for n in range(spice.ktotal("ALL"))]
        spice.kclear()
        try:
            for kernel in kernels:
                _load(spice, kernel)
            yield spice
        finally:
            spice.kclear()
            for name in before:
                try:
                    spice.furnsh(name)
                except spice.SpiceyError:
                    _log.warning("%s was loaded into SPICE, and cannot be loaded again", name)


def _load(spice: Any, kernel: Path) -> None:
    if not kernel.is_file():
        raise BadData(f"kernel {kernel} is missing")
    if len(str(kernel).encode()) > LONGEST_NAME:
        raise BadData(f"{kernel}: SPICE takes no name longer than {LONGEST_NAME} bytes")
    try:
        spice.furnsh(str(kernel))
    except spice.SpiceyError as error:
        raise BadData(f"kernel {kernel.name}: {reason(error)}") from None


def reason(error: Any) -> str:
    """Return what an error of SPICE says, on one line."""
    words = " ".join(str(error.long or error.explain or "").split())
    return f"{error.short or type(error).__name__}: {words}"[:300]


def kernels_of(metakernel: Path, root: Path) -> list[Path]:
    """Return the files that a metakernel loads, in its order.

    Relative names are below `root`, where a user of SPICE would stand to load it: nothing here
    changes the process's folder.

    Raises
    ------
    BadData
        It is no metakernel.
    """
    kernel = read_text_kernel(metakernel)
    symbols = kernel.values.get("PATH_SYMBOLS", ())
    values = dict(zip(symbols, kernel.values.get("PATH_VALUES", ()), strict=False))
    found = []
    for name in _joined(kernel.words("KERNELS_TO_LOAD")):
        for symbol in sorted(values, key=len, reverse=True):
            if name.startswith(f"${symbol}"):
                name = values[symbol] + name.removeprefix(f"${symbol}")  # noqa: PLW2901
                break
        found.append(root / name)
    return found


def _joined(words: tuple[str, ...]) -> Iterator[str]:
    """Put together the names that run over several words, each but the last ending in ``+``."""
    name = ""
    for word in words:
        name += word.rstrip()
        if name.endswith("+"):
            name = name[:-1]
        else:
            yield name
            name = ""
    if name:
        yield name
