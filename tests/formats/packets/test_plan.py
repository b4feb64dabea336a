"""Plans: compiled once for packets that start alike, forks where they part."""

import numpy as np
import pytest

from gnomon.formats.packets import decode, encode, framed
from gnomon.formats.packets.model import Definition, Parameter
from gnomon.formats.packets.plan import UNKNOWN, _step, plan
from xtce_documents import binary, comparison, container, document, dynamic, integer, simple


def test_what_the_first_word_and_the_length_settle_is_no_fork(define):
    types = {"A": integer(8), "D": binary(dynamic("LENGTH", 8, 0))}
    definition = define(simple(types, apid=5))
    node = plan(definition, 5, 12)
    assert [step.name for step in node.steps][7:] == ["A", "D"]
    assert (node.fork, node.container, node.left_bits) == (None, "PACKET", 0)
    assert plan(definition, 5, 12) is node
    assert plan(definition, 5, 13) is not node
    other = plan(definition, 6, 12)
    assert (other.refusal, len(other.steps), other.left_bits) == (UNKNOWN, 7, 48)


def test_only_the_heirs_that_are_possible_are_asked(define):
    heirs = [
        container("HK", ["A"], "CCSDSPacket", comparison("APID", 5)),
        container("NEVER", [], "HK", f'<ComparisonList>{comparison("APID", 6)}'
                  f'{comparison("A", 1)}</ComparisonList>'),
        container("ONE", ["B"], "HK", comparison("A", 1)),
    ]  # fmt: skip
    definition = define(document({"A": integer(8), "B": integer(8)}, heirs))
    node = plan(definition, 5, 8)
    assert node.fork is not None
    (part,) = framed(encode(definition, "ONE", {"B": [7, 8]}))
    assert decode(definition, part.packets).tables[5].name == "ONE"


def test_plans_are_of_one_definition(define):
    one, two = (define(simple({"A": integer(bits)})) for bits in (8, 16))
    assert isinstance(one, Definition)
    assert plan(one, 100, 8).steps[7].read is not plan(two, 100, 8).steps[7].read


def test_a_parameter_without_a_type_has_no_step():
    with pytest.raises(TypeError, match="ODD"):
        _step(Parameter("ODD", None), 0, 8, 8)


def test_many_sizes_are_as_many_branches(define):
    definition = define(simple({"N": integer(8), "D": binary(dynamic("N")), "E": integer(16)}))
    rng = np.random.default_rng(2)
    data = [rng.bytes(int(n)) for n in rng.integers(0, 200, 500)]
    stream = encode(definition, "PACKET", {"N": [len(d) for d in data], "D": data, "E": range(500)})
    (part,) = framed(stream, apids=[100])
    table = decode(definition, part.packets).tables[100]
    assert table.columns["D"].values.tolist() == data
    assert table.columns["E"].values.tolist() == list(range(500))
