"""Tables that were decoded apart, in the order of the packets."""

import numpy as np

from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.merge import merged
from gnomon.formats.packets.rows import objects


def same(array):
    return Column(array, array, "V")


def test_one_piece_stays_as_it_is():
    piece = (np.array([1, 2]), {"A": same(np.array([5, 6]))})
    assert merged([piece]) is piece


def test_pieces_interleave_and_say_what_is_present():
    first = (
        np.array([0, 3]),
        {"A": same(np.array([1, 4], np.uint8)), "T": same(objects(["a", "d"]))},
    )
    second = (np.array([1, 2]), {"B": Column(np.array([0.5, 1.5]), np.array([2, 3]), "A"),
                                 "A": same(np.array([2, 300], np.uint16))})  # fmt: skip
    index, columns = merged([first, second])
    assert index.tolist() == [0, 1, 2, 3]
    assert list(columns) == ["A", "T", "B"]
    assert columns["A"].values.tolist() == [1, 2, 300, 4]
    assert columns["A"].raw is columns["A"].values
    assert (columns["A"].present, columns["A"].unit) == (None, "V")
    assert columns["T"].values.tolist() == ["a", None, None, "d"]
    assert columns["B"].present.tolist() == [False, True, True, False]
    assert columns["B"].raw.tolist() == [0, 2, 3, 0]


def test_what_is_present_in_pieces_stays_so():
    part = Column(np.array([1, 0]), np.array([1, 0]), present=np.array([True, False]))
    whole = same(np.array([7]))
    _, columns = merged([(np.array([0, 1]), {"A": part}), (np.array([2]), {"A": whole})])
    assert columns["A"].present.tolist() == [True, False, True]
