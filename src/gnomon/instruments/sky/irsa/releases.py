"""Which releases of ZTF IRSA has: each brings a table of objects, by which it is found."""

from __future__ import annotations

import re

from gnomon.errors import ServerFault
from gnomon.instruments.sky.irsa.tap import Tap

_TABLE = re.compile(r"(?:\w+\.)?ztf_objects_dr(\d+)", re.IGNORECASE)
_QUESTION = "SELECT table_name FROM TAP_SCHEMA.tables WHERE table_name LIKE 'ztf_objects_dr%'"


def releases(tap: Tap) -> tuple[str, ...]:
    """Return the names of all releases, oldest first: ``ztf_dr24``.

    Raises
    ------
    ServerFault
        None is there.
    SourceError
        The service failed.
    """
    names = [_TABLE.fullmatch(row.get("table_name", "").strip()) for row in tap.rows(_QUESTION)]
    numbers = sorted({int(found[1]) for found in names if found})
    if not numbers:
        raise ServerFault(f"{tap.url}: TAP_SCHEMA.tables names no ztf_objects_drN")
    return tuple(f"ztf_dr{number}" for number in numbers)


def newest(tap: Tap) -> str:
    """Return the name of the newest release; see `releases`."""
    return releases(tap)[-1]


def table_of(release: str) -> str:
    """Return the name of a release's table of objects."""
    return f"ztf_objects_{release.removeprefix('ztf_')}"
