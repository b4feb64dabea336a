import hashlib
import os

import pytest

from gnomon.errors import NotFound
from gnomon.instruments.comap.level1.identity import (
    BLOCK_BYTES,
    N_BLOCKS,
    digest_of,
    size_and_time,
)

BIG = N_BLOCKS * BLOCK_BYTES + 999_999


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(os.urandom(BLOCK_BYTES) * (BIG // BLOCK_BYTES) + b"x" * (BIG % BLOCK_BYTES))
    return path


def altered(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def test_whole_is_the_sha256_of_every_byte(big):
    assert digest_of(big, "whole") == hashlib.sha256(big.read_bytes()).hexdigest()


def test_sampled_is_of_the_size_and_the_blocks(big):
    content, digest = big.read_bytes(), hashlib.sha256(f"{BIG}\n".encode())
    for number in range(64):
        begin = (BIG - 65536) * number // 63
        digest.update(content[begin : begin + 65536])
    assert digest_of(big) == digest.hexdigest()


@pytest.mark.parametrize("at", [0, BLOCK_BYTES - 1, (BIG - BLOCK_BYTES) * 31 // 63, BIG - 1])
def test_a_change_in_a_block_is_seen(big, at):
    before = digest_of(big)
    altered(big, at)
    assert digest_of(big) != before


def test_a_cut_is_seen(big):
    before = digest_of(big)
    with big.open("r+b") as file:
        file.truncate(BIG - 1)
    assert digest_of(big) != before


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES])
def test_all_of_a_small_file_counts(tmp_path, size):
    path = tmp_path / "small"
    path.write_bytes(b"a" * size)
    assert digest_of(path) == hashlib.sha256(f"{size}\n".encode() + b"a" * size).hexdigest()


@pytest.mark.parametrize("ask", [digest_of, size_and_time])
def test_a_file_that_is_gone(tmp_path, ask):
    with pytest.raises(NotFound, match="is gone"):
        ask(tmp_path / "nothing")
