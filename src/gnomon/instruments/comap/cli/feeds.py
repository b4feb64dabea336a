"""Feeds, as commands are told them."""

from __future__ import annotations

from gnomon.errors import ConfigError
from gnomon.instruments.comap.receiver import N_FEEDS


def numbers_of(feeds: str) -> tuple[int, ...]:
    """Return the numbers of feeds of an option ``--feeds``; none where it is empty.

    Raises
    ------
    ConfigError
        It is not numbers with commas, or not of feeds that see the sky.
    """
    try:
        numbers = tuple(int(feed) for feed in feeds.split(",")) if feeds else ()
    except ValueError:
        raise ConfigError(f"--feeds: numbers with commas, not {feeds!r}") from None
    if strange := [number for number in numbers if not 1 <= number <= N_FEEDS]:
        raise ConfigError(f"--feeds: {strange[0]} does not see the sky: 1 to {N_FEEDS} do")
    return numbers
