"""Packets that follow one another: runs at once, others one by one, and what is known of them."""

import numpy as np
import pytest

from gnomon.formats.packets.chain import Chain
from xtce_documents import header


def chain(source, apids=()):
    return Chain(np.frombuffer(source, np.uint8), apids)


@pytest.mark.parametrize("number", [1, 2, 3, 17, 200, 5000])
def test_runs_of_any_length(number):
    source = b"".join(header(7, n, b"abc") for n in range(number))
    found = chain(source)
    assert found.follow(0, len(source)) == len(source)
    assert found.starts.tolist() == list(range(0, number * 9, 9))
    assert set(found.lengths) == {9}


def test_runs_that_break_and_mixtures():
    kinds = [(7, b"abc")] * 40 + [(8, b"abc"), (7, b"ab")] * 30 + [(7, b"abc")] * 100
    source = b"".join(header(apid, n, body) for n, (apid, body) in enumerate(kinds))
    found = chain(source)
    assert found.follow(0, len(source)) == len(source)
    assert found.lengths.tolist() == [6 + len(body) for _, body in kinds]
    assert found.is_trusted(7)
    assert found.usual_length(8) == 9
    assert found.usual_length(7) == 0
    assert found.is_seen(7, 8)
    assert not found.is_seen(8, 8)


def test_it_stops_beyond_what_was_asked_and_goes_on():
    source = b"".join(header(7, n, b"abc") for n in range(100))
    found = chain(source)
    at = found.follow(0, 100)
    assert at == 108
    assert found.follow(at, len(source)) == len(source)
    assert len(found.starts) == 100


def test_what_is_no_header():
    found = chain(b"\x20" + bytes(10) + b"\0\1\xc0\0\0")
    assert found.length(0) == 0  # of another version
    assert found.length(2) == 0  # fill
    assert found.length(13) == 0  # cut off
    assert chain(header(1, 0, b"abc")).length(0) == 9


def test_expected_apids_are_trusted_with_and_without_a_secondary_header():
    found = chain(b"", apids=[5])
    assert [found.is_trusted(word) for word in (5, 0x805, 6)] == [True, True, False]
    assert np.flatnonzero(found.known()).tolist() == [5, 0x805]


def test_what_is_given_up_is_not_counted():
    source = b"".join(header(7, n, b"abc") for n in range(3))
    found = chain(source)
    found.follow(0, len(source))
    assert found.is_trusted(7)
    found.forget(1)
    assert found.starts.tolist() == [0, 9]
    assert not found.is_trusted(7)


def test_released_packets_are_no_longer_held():
    source = b"".join(header(7, n, b"abc") for n in range(5))
    found = chain(source)
    found.follow(0, len(source))
    starts, lengths = found.release(2)
    assert (starts.tolist(), lengths.tolist()) == ([0, 9, 18], [9, 9, 9])
    assert found.starts.tolist() == [27, 36]
    assert found.release(9)[0].tolist() == []


def test_looking_ahead_takes_nothing():
    source = header(7, 0, b"abc") + header(8, 0, b"a") + b"\xff" * 9
    found = chain(source)
    assert list(found.ahead(0, 9)) == [(0, 7, 9), (9, 8, 7)]
    assert list(found.ahead(0, 1)) == [(0, 7, 9)]
    assert found.starts.tolist() == []
