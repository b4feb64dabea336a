"""Libraries that are not installed: which extra brings one."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from gnomon.errors import MissingExtra

_NAMES = {"yaml": "pyyaml"}
"""What a library is called on the index, where that is not its module's name."""
_NOT_FOR_USERS = {"all", "bench", "dev", "docs"}
_REQUIREMENT = re.compile(r"""([\w-]+)(?:\[[^]]*\])?[^;]*;.*extra == ['"](\w+)['"]""")


def missing_extra(error: ModuleNotFoundError) -> MissingExtra | None:
    """Return the error that names the extra, or None where no extra brings such a module."""
    library = (error.name or "").partition(".")[0]
    wanted = _NAMES.get(library, library).replace("_", "-").lower()
    extras = [
        found[2]
        for found in map(_REQUIREMENT.match, _requirements())
        if found is not None and found[1].replace("_", "-").lower() == wanted
    ]
    offered = [extra for extra in dict.fromkeys(extras) if extra not in _NOT_FOR_USERS]
    if not offered:
        return None
    parts = _folders(error)
    return MissingExtra(library, next((one for one in offered if one in parts), offered[0]))


def _requirements() -> list[str]:
    try:
        return requires("gnomon") or []
    except PackageNotFoundError:
        return []


def _folders(error: ModuleNotFoundError) -> set[str]:
    """Return the folders of the code that wanted the library."""
    found: set[str] = set()
    trace = error.__traceback__
    while trace is not None:
        found.update(Path(trace.tb_frame.f_code.co_filename).parts)
        trace = trace.tb_next
    return found
