"""Reads match criteria: comparisons, lists of them, and Boolean expressions (XTCE 1.2, 4.3.4)."""

from __future__ import annotations

from typing import cast
from xml.etree import ElementTree as ET

from gnomon.formats.packets.model import Comparison, Criteria, Every, Operator, Reference, Some

_OPERATORS = {
    "==": "==", "eq": "==", "!=": "!=", "neq": "!=", "<": "<", "lt": "<", "&lt;": "<",
    ">": ">", "gt": ">", "&gt;": ">", "<=": "<=", "leq": "<=", "&lt;=": "<=",
    ">=": ">=", "geq": ">=", "&gt;=": ">=",
}  # fmt: skip


def read_criteria(element: ET.Element | None) -> Criteria:
    """Return the criteria inside an element, all of which must hold.

    Raises
    ------
    NotImplementedError
        They are an algorithm.
    """
    if element is None:
        return Every()
    terms: list[Criteria] = []
    for child in element:
        if child.tag == "Comparison":
            terms.append(_comparison(child))
        elif child.tag == "ComparisonList":
            terms += [_comparison(one) for one in child.iterfind("Comparison")]
        elif child.tag == "BooleanExpression":
            terms += [_expression(one) for one in child]
        elif child.tag != "NextContainer":
            raise NotImplementedError(f"criteria by {child.tag} are not supported")
    return terms[0] if len(terms) == 1 else Every(tuple(terms))


def read_reference(element: ET.Element) -> Reference:
    """Return what a ``ParameterInstanceRef`` (or a comparison) looks at."""
    name = element.attrib["parameterRef"].rpartition("/")[2]
    return Reference(name, element.get("useCalibratedValue", "true").lower() == "true")


def _comparison(element: ET.Element) -> Comparison:
    operator = _operator(element.get("comparisonOperator", "=="))
    return Comparison(read_reference(element), operator, element.attrib["value"])


def _operator(text: str) -> Operator:
    if text.strip() not in _OPERATORS:
        raise ValueError(f"{text!r} is no comparison operator")
    return cast("Operator", _OPERATORS[text.strip()])


def _expression(element: ET.Element) -> Criteria:
    if element.tag == "ANDedConditions":
        return Every(tuple(_expression(one) for one in element))
    if element.tag == "ORedConditions":
        return Some(tuple(_expression(one) for one in element))
    return _condition(element)


def _condition(element: ET.Element) -> Comparison:
    operands = [read_reference(one) for one in element.iterfind("ParameterInstanceRef")]
    operator = _operator(element.findtext("ComparisonOperator") or "==")
    literal = element.findtext("Value")
    if len(operands) == 1 and literal is not None:
        return Comparison(operands[0], operator, literal)
    if len(operands) == 2:  # noqa: PLR2004 -- left and right
        return Comparison(operands[0], operator, operands[1])
    raise ValueError("a Condition needs two parameters, or one and a value")
