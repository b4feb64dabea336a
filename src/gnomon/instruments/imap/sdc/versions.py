"""Versions of science files as the archive writes them: ``v001.0004``, and ``v004`` of before."""

from __future__ import annotations

import re

from gnomon.core.kinds import MINORS
from gnomon.errors import ConfigError

LATEST = "latest"
_VERSION = re.compile(r"v(\d{3})(?:\.(\d{4}))?")


def number_of(text: str) -> int:
    """Return a version as one number that orders by major, then minor; ``v004`` is of major 1.

    Raises
    ------
    ConfigError
        It is no version.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no version: v001.0004, v004 or {LATEST}")
    if found[2] is None:
        return MINORS + int(found[1])
    return int(found[1]) * MINORS + int(found[2])


def checked(text: str) -> str:
    """Return a version that a user wants, or say what is wrong with it."""
    if text != LATEST:
        number_of(text)
    return text
