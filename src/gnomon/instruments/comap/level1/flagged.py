"""What observers flagged of one observation, as steps and databases read it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from gnomon.errors import Corrupt


@dataclass(frozen=True, slots=True, order=True)
class Flagged:
    """Feeds and frequency bands that are not to be used.

    Attributes
    ----------
    feeds : tuple of int
        Numbers, 1 to 19.
    frequency_bands : tuple of int
        0 to 7: band * 2 + half.
    comment : str
        Why.
    """

    feeds: tuple[int, ...]
    frequency_bands: tuple[int, ...]
    comment: str = ""


def write_flags(path: Path, flags: Iterable[Flagged]) -> None:
    """Write flags as JSON, the same bytes every time."""
    said = {"flags": [asdict(flag) for flag in sorted(set(flags))]}
    text = json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_flags(path: Path) -> tuple[Flagged, ...]:
    """Read them back.

    Raises
    ------
    Corrupt
        The file holds no flags.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))["flags"]
        return tuple(
            Flagged(
                tuple(map(int, flag["feeds"])),
                tuple(map(int, flag["frequency_bands"])),
                str(flag["comment"]),
            )
            for flag in said
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Corrupt(f"{path} holds no flags: {error}") from error
