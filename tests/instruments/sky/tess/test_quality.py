"""Bits of QUALITY, against what users of the archive's files know."""

import numpy as np
import pytest

from gnomon.errors import UnknownName
from gnomon.instruments.sky.tess import quality


def test_masks_are_those_that_users_know():
    assert quality.MASKS == {"none": 0, "default": 17087, "hard": 24319, "hardest": 65535}
    hard = 17087 | 64 | 1024 | 2048 | 4096
    assert hard == quality.HARD


def test_masks_let_through_what_has_none_of_their_bits():
    flags = np.array([0, 1, 64, 256, 8192, 32768, 128 | 64], "i4")
    wanted = {
        "none": [True] * 7,
        "default": [True, False, True, True, True, True, False],
        "hard": [True, False, False, True, True, True, False],
        "hardest": [True] + [False] * 6,
    }
    for name, good in wanted.items():
        assert quality.is_good(flags, name).tolist() == good
    assert quality.is_good(flags, 256).tolist() == [True, True, True, False, True, True, True]


def test_an_unknown_mask_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'hardest'"):
        quality.is_good(np.zeros(1, "i4"), "hardst")


def test_reasons_are_words():
    assert quality.reasons(0) == ()
    assert quality.reasons(128 | 32 | 4) == ("coarse point", "desaturation", "manual exclude")
    assert quality.reasons(1 << 20 | 1) == ("attitude tweak", "unknown bits 0x100000")


def test_qlp_marks_low_precision_by_sector():
    assert [quality.low_precision_bit(sector) for sector in (1, 55, 56)] == [4096, 4096, 1 << 30]
