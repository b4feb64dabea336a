"""Columns of values, and the criteria that are evaluated on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.packets.model import Comparison, Criteria, Every, Reference

Mask = NDArray[np.bool_]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one parameter, one per packet.

    Attributes
    ----------
    values : (n,) array
        Calibrated values: integers of the smallest type that holds their width (u1 to i8; Python
        integers beyond 64 bits), f8, booleans, or objects: labels and text (str), bits (bytes).
    raw : (n,) array
        As in the packets; the same array where nothing is calibrated. Of text, its buffer.
    unit : str
    labels : dict of int to str, optional
        Of an enumeration, by raw value; a raw value without a label has its number as value.
    present : (n,) bool, optional
        Which packets have the parameter; None where all have it.
    """

    values: NDArray[Any]
    raw: NDArray[Any]
    unit: str = ""
    labels: Mapping[Any, str] | None = None
    present: Mask | None = None

    def take(self, index: NDArray[np.intp]) -> Column:
        """Return some of the values."""
        values = self.values[index]
        raw = values if self.raw is self.values else self.raw[index]
        present = None if self.present is None else self.present[index]
        return replace(self, values=values, raw=raw, present=present)


Columns = Mapping[str, Column]


def holds(
    criteria: Criteria, columns: Columns, number: int, own: NDArray[Any] | None = None
) -> Mask:
    """Return where criteria hold.

    Parameters
    ----------
    criteria : Criteria
    columns : mapping of str to Column
        What was read so far.
    number : int
        How many packets there are.
    own : (n,) array, optional
        Raw values of the parameter that is about to be calibrated: a name that was not read yet
        means itself.
    """
    if isinstance(criteria, Comparison):
        return _compare(criteria, columns, own)
    is_every = isinstance(criteria, Every)
    found = np.full(number, is_every)
    for term in criteria.terms:
        mask = holds(term, columns, number, own)
        found = found & mask if is_every else found | mask
    return found


def _compare(comparison: Comparison, columns: Columns, own: NDArray[Any] | None) -> Mask:
    left = _operand(comparison.left, columns, own)
    right = comparison.right
    other: Any
    other = _operand(right, columns, own) if isinstance(right, Reference) else like(left, right)
    return np.asarray(_COMPARE[comparison.operator](left, other), bool)


def _operand(reference: Reference, columns: Columns, own: NDArray[Any] | None) -> NDArray[Any]:
    column = columns.get(reference.parameter)
    if column is None:
        if own is None:
            raise BadData(f"criteria look at {reference.parameter}, which does not come before")
        return own
    return column.values if reference.calibrated else column.raw


def like(values: NDArray[Any], literal: str) -> Any:
    """Return the literal of a comparison as a value like those that it is compared with."""
    kind = values.dtype.kind
    if kind == "b":
        return literal.strip().lower() in {"true", "1"}
    if kind == "O" and (not len(values) or not isinstance(values[0], int)):
        is_bytes = len(values) and isinstance(values[0], bytes)
        return _bits(literal) if is_bytes else literal
    return number(literal)


def _bits(literal: str) -> bytes:
    try:
        return bytes.fromhex(literal)
    except ValueError:
        raise BadData(f"criteria compare bits with {literal!r}") from None


def number(literal: str) -> int | float:
    """Return a number as a comparison spells it: decimal, 0x, or with a fraction."""
    text = literal.strip()
    for convert in (int, float, _from_hexadecimal):
        try:
            return convert(text)
        except ValueError:
            continue
    raise BadData(f"criteria compare a number with {literal!r}")


def _from_hexadecimal(text: str) -> int:
    return int(text, 16) if text.lower().startswith("0x") else int(text)


def certain(criteria: Criteria, constants: Mapping[str, int]) -> bool | None:
    """Return whether criteria hold by constants alone; None where that is not enough."""
    if isinstance(criteria, Comparison):
        return _certain(criteria, constants)
    found = [certain(term, constants) for term in criteria.terms]
    is_every = isinstance(criteria, Every)
    if (not is_every) in found:
        return not is_every
    return None if None in found else is_every


def _certain(comparison: Comparison, constants: Mapping[str, int]) -> bool | None:
    right = comparison.right
    value = constants.get(comparison.left.parameter)
    if value is None:
        return None
    other: Any
    other = constants.get(right.parameter) if isinstance(right, Reference) else number(right)
    if other is None:
        return None
    return bool(_COMPARE[comparison.operator](value, other))
