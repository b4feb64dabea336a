"""What the bits of QUALITY in files of TESS mean, and which of them make a cadence unusable.

TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014), table 28, and the data
release notes of sector 20. The three masks are those that users of the archive's files know.
"""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import UnknownName


class Flag(IntFlag):
    """The bits, as SPOC sets them."""

    ATTITUDE_TWEAK = 1
    SAFE_MODE = 2
    COARSE_POINT = 4
    EARTH_POINT = 8
    ARGABRIGHTENING = 16
    DESATURATION = 32
    APERTURE_COSMIC = 64
    MANUAL_EXCLUDE = 128
    DISCONTINUITY = 256
    IMPULSIVE_OUTLIER = 512
    COLLATERAL_COSMIC = 1024
    STRAYLIGHT = 2048
    STRAYLIGHT_2 = 4096
    PLANET_SEARCH_EXCLUDE = 8192
    BAD_CALIBRATION = 16384
    INSUFFICIENT_TARGETS = 32768


DEFAULT = int(
    Flag.ATTITUDE_TWEAK
    | Flag.SAFE_MODE
    | Flag.COARSE_POINT
    | Flag.EARTH_POINT
    | Flag.ARGABRIGHTENING
    | Flag.DESATURATION
    | Flag.MANUAL_EXCLUDE
    | Flag.IMPULSIVE_OUTLIER
    | Flag.BAD_CALIBRATION
)
"""17087: what is useless for certain."""
HARD = DEFAULT | int(
    Flag.APERTURE_COSMIC | Flag.COLLATERAL_COSMIC | Flag.STRAYLIGHT | Flag.STRAYLIGHT_2
)
"""What may be useless too."""
HARDEST = 0xFFFF
"""Whatever has a flag."""
MASKS: dict[str, int] = {"none": 0, "default": DEFAULT, "hard": HARD, "hardest": HARDEST}

_QLP_LOW_PRECISION = {"early": 1 << 12, "late": 1 << 30}
_QLP_LATE_SECTOR = 56


def mask_bits(mask: str | int) -> int:
    """Return the bits of a mask by its name; a number is its own.

    Raises
    ------
    UnknownName
        No mask is called that.
    """
    if isinstance(mask, int):
        return mask
    if mask not in MASKS:
        raise UnknownName("mask of TESS's quality", mask, MASKS)
    return MASKS[mask]


def is_good(quality: NDArray[np.integer], mask: str | int = "default") -> NDArray[np.bool_]:
    """Tell which cadences a mask lets through; shape as `quality`."""
    return np.asarray((quality & mask_bits(mask)) == 0)


def reasons(quality: int) -> tuple[str, ...]:
    """Return what the bits of one cadence say, as in ``desaturation``; the lowest bit first."""
    known = [flag for flag in Flag if quality & flag]
    named = [(flag.name or "").lower().replace("_", " ") for flag in known]
    rest = quality & ~sum(known)
    return (*named, *([f"unknown bits {rest:#x}"] if rest else []))


def low_precision_bit(sector: int) -> int:
    """Return the bit by which QLP marks points of low precision; in early sectors SPOC's 4096."""
    return _QLP_LOW_PRECISION["late" if sector >= _QLP_LATE_SECTOR else "early"]
