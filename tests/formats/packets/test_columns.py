"""Criteria on columns, and on constants alone."""

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.formats.packets.columns import Column, certain, holds, like
from gnomon.formats.packets.model import Comparison, Every, Reference, Some
from gnomon.formats.packets.rows import objects

RAW = np.array([0, 1, 2], np.uint8)
COLUMNS = {
    "MODE": Column(objects(["OFF", "ON", "SAFE"]), RAW, labels={0: "OFF", 1: "ON", 2: "SAFE"}),
    "V": Column(np.array([0.5, 1.5, 2.5]), RAW),
    "N": Column(RAW, RAW),
    "FLAG": Column(np.array([True, False, True]), RAW),
    "ID": Column(objects([b"\x01", b"\x02", b"\x03"]), objects([b"\x01", b"\x02", b"\x03"])),
}


def compare(name, operator, value, *, calibrated=True):
    return holds(Comparison(Reference(name, calibrated), operator, value), COLUMNS, 3).tolist()


def test_comparisons_with_literals_of_the_kind_of_the_value():
    assert compare("MODE", "==", "ON") == [False, True, False]
    assert compare("MODE", "!=", "2", calibrated=False) == [True, True, False]
    assert compare("V", ">", "1") == [False, True, True]
    assert compare("N", "<=", "0x1") == [True, True, False]
    assert compare("N", "<", "1.5") == [True, True, False]
    assert compare("N", "==", "300") == [False, False, False]
    assert compare("FLAG", "==", "true") == [True, False, True]
    assert compare("ID", "==", "02") == [False, True, False]


def test_comparisons_of_two_parameters():
    assert holds(Comparison(Reference("V"), ">=", Reference("N")), COLUMNS, 3).all()


def test_a_name_that_was_not_read_is_the_parameter_itself_or_an_error():
    criteria = Comparison(Reference("NEW"), "==", "4")
    assert holds(criteria, {}, 2, np.array([4, 5])).tolist() == [True, False]
    with pytest.raises(BadData, match="criteria look at NEW, which does not come before"):
        holds(criteria, {}, 2)
    with pytest.raises(BadData, match="compare a number with 'ON'"):
        holds(Comparison(Reference("NEW"), "==", "ON"), {}, 2, np.array([4, 5]))


def test_bits_are_compared_with_hexadecimal_ones():
    column = {"B": Column(objects([b"\x0f", b"\xff"]), objects([b"\x0f", b"\xff"]))}
    assert holds(Comparison(Reference("B"), "==", "0f"), column, 2).tolist() == [True, False]
    with pytest.raises(BadData, match="compare bits with 'zz'"):
        holds(Comparison(Reference("B"), "==", "zz"), column, 2)


def test_all_and_some():
    one, two = (Comparison(Reference("N"), ">=", value) for value in "12")
    assert holds(Every((one, two)), COLUMNS, 3).tolist() == [False, False, True]
    assert holds(Some((one, two)), COLUMNS, 3).tolist() == [False, True, True]
    assert holds(Every(), COLUMNS, 3).all()


def test_what_constants_settle():
    one, two = Comparison(Reference("A"), "==", "1"), Comparison(Reference("B"), "==", "2")
    assert certain(one, {"A": 1}) is True
    assert certain(one, {"A": 2}) is False
    assert certain(one, {}) is None
    assert certain(Every((one, two)), {"A": 1}) is None
    assert certain(Every((one, two)), {"A": 2}) is False
    assert certain(Some((one, two)), {"A": 1}) is True
    assert certain(Some((one, two)), {"A": 2}) is None
    assert certain(Comparison(Reference("A"), "<", Reference("B")), {"A": 1, "B": 2}) is True


def test_literals_for_no_values_are_text():
    assert like(objects([]), "ON") == "ON"


def test_taking_keeps_what_belongs_together():
    taken = COLUMNS["MODE"].take(np.array([2, 0]))
    assert taken.values.tolist() == ["SAFE", "OFF"]
    assert taken.raw.tolist() == [2, 0]
    same = COLUMNS["N"].take(np.array([1]))
    assert same.raw is same.values
