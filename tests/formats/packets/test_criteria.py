"""Match criteria, as elements."""

from xml.etree import ElementTree as ET

import pytest

from gnomon.formats.packets.criteria import read_criteria
from gnomon.formats.packets.model import Comparison, Every, Reference, Some, comparisons, parameters


def read(inside):
    return read_criteria(ET.fromstring(f"<RestrictionCriteria>{inside}</RestrictionCriteria>"))


ONE = '<Comparison parameterRef="/SYS/A" value="1"/>'
CONDITION = (
    '<Condition><ParameterInstanceRef parameterRef="{}"/><ComparisonOperator>&lt;='
    "</ComparisonOperator><Value>5</Value></Condition>"
)


def test_one_comparison_and_a_list():
    a = Comparison(Reference("A"), "==", "1")
    assert read(ONE) == a
    raw = ONE.replace("/SYS/A", "B").replace('"1"', '"2" comparisonOperator="!="')
    raw = raw.replace("/>", ' useCalibratedValue="false"/>')
    both = read(f"<ComparisonList>{ONE}{raw}</ComparisonList>")
    assert both == Every((a, Comparison(Reference("B", False), "!=", "2")))
    assert list(comparisons(both)) == list(both.terms)
    assert list(parameters(both)) == ["A", "B"]


def test_nothing_holds_always():
    assert read_criteria(None) == read("") == Every()


def test_expressions():
    a, b = CONDITION.format("A"), CONDITION.format("B")
    text = f"<BooleanExpression><ORedConditions>{a}<ANDedConditions>{b}{a}</ANDedConditions>"
    found = read(f"{text}</ORedConditions></BooleanExpression>")
    first, second = (Comparison(Reference(name), "<=", "5") for name in "AB")
    assert found == Some((first, Every((second, first))))
    assert list(comparisons(found)) == []
    assert list(parameters(found)) == ["A", "B", "A"]


def test_a_condition_of_two_parameters():
    text = (
        '<Condition><ParameterInstanceRef parameterRef="A"/>'
        "<ComparisonOperator>==</ComparisonOperator>"
        '<ParameterInstanceRef parameterRef="B" useCalibratedValue="false"/></Condition>'
    )
    found = read(f"<BooleanExpression>{text}</BooleanExpression>")
    assert found == Comparison(Reference("A"), "==", Reference("B", False))
    assert list(parameters(found)) == ["A", "B"]


def test_what_makes_no_sense():
    with pytest.raises(NotImplementedError, match="CustomAlgorithm"):
        read("<CustomAlgorithm/>")
    with pytest.raises(ValueError, match="two parameters, or one and a value"):
        read("<BooleanExpression><Condition/></BooleanExpression>")
