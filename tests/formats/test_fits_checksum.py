"""The checksums against astropy's, and on files of TESS that others call damaged."""

import io

import numpy as np
import pytest
from astropy.io import fits as reference
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats import fits
from gnomon.formats.fits_checksum import ALL_ONES, encoded, ones_sum


def with_checksums():
    hdu = reference.BinTableHDU.from_columns([reference.Column("A", "D", array=np.arange(50.0))])
    buffer = io.BytesIO()
    reference.HDUList([reference.PrimaryHDU(), hdu]).writeto(buffer, checksum=True)
    return buffer.getvalue()


@given(st.binary(max_size=300))
def test_the_sum_is_that_of_its_definition(data):
    total = 0
    padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
    for at in range(0, len(padded), 4):
        total += int.from_bytes(padded[at : at + 4], "big")
        total = (total & ALL_ONES) + (total >> 32)
    assert ones_sum(data) == total


@given(st.integers(0, ALL_ONES))
def test_a_checksum_brings_the_sum_to_all_ones_in_letters_and_digits(total):
    text = encoded(total)
    assert len(text) == 16
    assert text.isascii()
    assert text.isalnum()
    # As its card has it: one byte before a word begins, in place of sixteen zeros.
    letters = ones_sum(b"   " + text.encode()) - ones_sum(b"   " + b"0" * 16)
    assert (total + letters) % ALL_ONES == 0


@given(st.integers(1, ALL_ONES - 1))
def test_checksums_are_those_of_astropy(total):
    hdu = reference.PrimaryHDU()
    assert encoded(total) == hdu._char_encode(~total & ALL_ONES)


def test_what_astropy_writes_is_right(tmp_path):
    path = tmp_path / "x.fits"
    path.write_bytes(with_checksums())
    assert fits.verify(path) == 2


def test_two_words_exchanged_keep_the_sum_and_a_wrong_datasum_is_told_apart():
    data = with_checksums()
    at = data.index(b"DATASUM = '", 2880) + 11
    # A digit more and, a word further, one less: CHECKSUM stays, DATASUM does not.
    damaged = bytearray(data)
    damaged[at] += 1
    damaged[at + 4] -= 1
    assert ones_sum(bytes(damaged[2880:])) == ALL_ONES
    with pytest.raises(BadData, match="DATASUM does not fit: data are damaged"):
        fits.Fits.of(bytes(damaged), "x.fits").verify()


def test_a_file_without_checksums_is_taken(tmp_path):
    path = tmp_path / "x.fits"
    reference.PrimaryHDU().writeto(path)
    assert fits.verify(path) == 0
