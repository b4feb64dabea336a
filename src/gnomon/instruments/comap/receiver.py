"""The COMAP Pathfinder's receiver and site, and the one convention by which its parts are counted.

Feeds are numbered 1 to 20 on the instrument; 20 is the capped ground feed, which never sees the
sky. A *row* is a place in an array of the sky's feeds, 0 to 18: feed - 1. A *position* is a place
in the feeds of one file, whichever those are. Bands are 0 to 3, each of 2 GHz and 1,024 channels;
each is averaged into two *halves*, 0 and 1. A *frequency band*, 0 to 7, is band * 2 + half; it
counts the halves of SQL and of map files.

All that counts feeds elsewhere asks here.
"""

from __future__ import annotations

from typing import Final

N_FEEDS: Final = 19
"""Feeds that see the sky."""
GROUND_FEED: Final = 20
N_BANDS: Final = 4
N_HALVES: Final = 2
N_FREQUENCY_BANDS: Final = N_BANDS * N_HALVES
N_CHANNELS: Final = 1024
SAMPLE_RATE_HZ: Final = 50.0
BAND_START_GHZ: Final = (26.0, 28.0, 30.0, 32.0)
BAND_WIDTH_GHZ: Final = 2.0
DOWNWARD_BANDS: Final = (0, 2)
"""Bands whose channels run from high to low frequency."""

LONGITUDE_DEG: Final = -(118 + 16 / 60 + 56 / 3600)
LATITUDE_DEG: Final = 37 + 14 / 60 + 2 / 3600
HEIGHT_M: Final = 1222.0

CMB_K: Final = 2.73
HOUSEKEEPING_CLOCK_OFFSET_S: Final = 0.6
"""Housekeeping times are this much later than those of the spectrometer."""
PLATE_SCALE_ARCMIN_PER_MM: Final = 0.1853
BEAM_FWHM_ARCMIN: Final = 4.5

# Bits of `features`: a sample of feature n has the value 2**n, and 0 is idle.
FEATURE_SCANS: Final = (8, 9, 10)
FEATURE_SKY_DIP: Final = 8
FEATURE_CONSTANT_ELEVATION: Final = 5
FEATURE_VANE: Final = 13
FEATURE_STARE: Final = 16


def row_of(feed: int) -> int:
    """Return the row of a feed's number.

    Raises
    ------
    ValueError
        It is none of those that see the sky.
    """
    if not 1 <= feed <= N_FEEDS:
        raise ValueError(f"feed {feed} does not see the sky: 1 to {N_FEEDS} do")
    return feed - 1


def feed_of(row: int) -> int:
    """Return the number of the feed of a row."""
    return row + 1


def frequency_band(band: int, half: int) -> int:
    """Return which of the eight 1-GHz bands a half of a band is."""
    return band * N_HALVES + half


def band_and_half(band: int) -> tuple[int, int]:
    """Return the band, 0 to 3, and the half, of one of the eight."""
    return divmod(band, N_HALVES)
