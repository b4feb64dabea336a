"""Names that nobody else has: cheap ones, for the many temporary files of a run."""

from __future__ import annotations

import itertools
import os
import secrets

_RUN = secrets.token_hex(4)
_NUMBERS = itertools.count()


def unique() -> str:
    """Return a text that no other call returns, in this process, a fork of it or another one."""
    return f"{_RUN}{os.getpid():x}-{next(_NUMBERS):x}"
