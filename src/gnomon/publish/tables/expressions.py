"""Expressions of job files: a small part of Python, read into functions, never executed as code.

Numbers, texts, lists of them, arithmetic, comparisons, ``and or not in is``, ``a if b else c``,
slices, f-strings, some functions and some methods of texts. There are no attributes, no names
beside the inputs, and nothing that grows without bound, so a job file can compute but cannot act.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gnomon.errors import BadData, ConfigError

Values = Mapping[str, Any]
Evaluate = Callable[[Values], Any]

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function for function in (abs, min, max, round, int, float, str, bool, len)
}
_METHODS = frozenset(
    {"upper", "lower", "title", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"}
    | {"replace", "split", "startswith", "endswith", "isdigit", "find", "count"}
)
_CONSTANTS = (int, float, str, bool, type(None))
_MOST_CHARACTERS = 10_000
_MOST_EXPONENT = 256
_WIDE = re.compile(r"\d{4,}")


def _times(one: Any, other: Any) -> Any:
    for text, number in ((one, other), (other, one)):
        if isinstance(text, str | list) and isinstance(number, int):
            if len(text) * number > _MOST_CHARACTERS:
                raise ValueError("the text would be too long")
            break
    return one * other


def _modulo(one: Any, other: Any) -> Any:
    if isinstance(one, str):
        raise TypeError("% is for numbers; write an f-string")
    return one % other


def _power(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int) and abs(other) > _MOST_EXPONENT:
        one = float(one)
    return one**other


_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _modulo,
    ast.Pow: _power,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
_CONVERSIONS: Mapping[int, Callable[[Any], str]] = {ord("s"): str, ord("r"): repr, ord("a"): ascii}
_FAILS = (ArithmeticError, ValueError, TypeError, LookupError)


def compile_expression(text: str, names: Sequence[str]) -> Evaluate:
    """Return the function that evaluates an expression.

    Parameters
    ----------
    text : str
        Such as ``float(raw) * 1.8 + 32``.
    names : sequence of str
        The inputs that it may name.

    Returns
    -------
    callable
        Takes the inputs by name; raises BadData where they make no sense.

    Raises
    ------
    ConfigError
        It is no expression, or does what expressions may not.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        body = _Reader(frozenset(names)).read(tree.body)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ConfigError(f"expression {text!r}: {error}") from None

    def evaluate(values: Values) -> Any:
        try:
            return body(values)
        except (*_FAILS, RecursionError) as error:
            raise BadData(f"expression {text!r} of {dict(values)}: {error}") from None

    return evaluate


class _Reader:
    """Turns a syntax tree into functions of the inputs, node by node."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def read(self, node: ast.expr) -> Evaluate:
        """Return the function of a node; a node that nothing here reads is refused."""
        reader = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is None:
            raise ValueError(f"{ast.unparse(node)!r} is more than an expression may do")
        made: Evaluate = reader(node)
        return made

    def _constant(self, node: ast.Constant) -> Evaluate:
        value = node.value
        if not isinstance(value, _CONSTANTS):
            raise ValueError(f"{value!r} is no number and no text")  # noqa: TRY004  told as syntax
        return lambda _: value

    def _name(self, node: ast.Name) -> Evaluate:
        if node.id not in self._names:
            known = ", ".join(sorted(self._names))
            raise ValueError(f"{node.id!r} is none of its input_columns ({known})")
        name = node.id
        return lambda values: values[name]

    def _binop(self, node: ast.BinOp) -> Evaluate:
        act = _BINARY.get(type(node.op))
        if act is None:
            raise ValueError(f"{ast.unparse(node)!r} is more than an expression may do")
        left, right = self.read(node.left), self.read(node.right)
        return lambda values: act(left(values), right(values))

    def _unaryop(self, node: ast.UnaryOp) -> Evaluate:
        act = _UNARY.get(type(node.op))
        if act is None:
            raise ValueError(f"{ast.unparse(node)!r} is more than an expression may do")
        operand = self.read(node.operand)
        return lambda values: act(operand(values))

    def _boolop(self, node: ast.BoolOp) -> Evaluate:
        parts = [self.read(part) for part in node.values]
        ends_at = isinstance(node.op, ast.Or)

        def evaluate(values: Values) -> Any:
            found: Any = None
            for part in parts:
                found = part(values)
                if bool(found) is ends_at:
                    break
            return found

        return evaluate

    def _compare(self, node: ast.Compare) -> Evaluate:
        first = self.read(node.left)
        rest = [
            (_COMPARE[type(op)], self.read(other))
            for op, other in zip(node.ops, node.comparators, strict=True)
        ]

        def evaluate(values: Values) -> bool:
            left = first(values)
            for act, other in rest:
                right = other(values)
                if not act(left, right):
                    return False
                left = right
            return True

        return evaluate

    def _ifexp(self, node: ast.IfExp) -> Evaluate:
        test, then, other = self.read(node.test), self.read(node.body), self.read(node.orelse)
        return lambda values: then(values) if test(values) else other(values)

    def _tuple(self, node: ast.Tuple | ast.List) -> Evaluate:
        parts = [self.read(part) for part in node.elts]
        return lambda values: [part(values) for part in parts]

    _list = _tuple

    def _subscript(self, node: ast.Subscript) -> Evaluate:
        whole = self.read(node.value)
        if not isinstance(node.slice, ast.Slice):
            at = self.read(node.slice)
            return lambda values: whole(values)[at(values)]
        ends = (node.slice.lower, node.slice.upper, node.slice.step)
        parts = [self.read(end) if end is not None else _nothing for end in ends]
        return lambda values: whole(values)[slice(*(part(values) for part in parts))]

    def _call(self, node: ast.Call) -> Evaluate:
        if node.keywords:
            raise ValueError(f"{ast.unparse(node)!r} names its arguments")
        arguments = [self.read(argument) for argument in node.args]
        called = node.func
        if isinstance(called, ast.Name) and called.id in _FUNCTIONS:
            function = _FUNCTIONS[called.id]
            return lambda values: function(*(argument(values) for argument in arguments))
        if isinstance(called, ast.Attribute) and called.attr in _METHODS:
            return _method(self.read(called.value), called.attr, arguments)
        known = ", ".join([*_FUNCTIONS, *(f".{name}" for name in sorted(_METHODS))])
        raise ValueError(f"{ast.unparse(called)!r} is no function that may be called ({known})")

    def _joinedstr(self, node: ast.JoinedStr) -> Evaluate:
        parts = [self.read(part) for part in node.values]
        return lambda values: "".join(str(part(values)) for part in parts)

    def _formattedvalue(self, node: ast.FormattedValue) -> Evaluate:
        value, spec = self.read(node.value), ast.unparse(node.format_spec or ast.Constant(""))
        literal = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
        if any(not isinstance(part, ast.Constant) for part in literal) or _WIDE.search(spec):
            raise ValueError("a format must be plain and short")
        text = "".join(str(part.value) for part in literal if isinstance(part, ast.Constant))
        shown = _CONVERSIONS.get(node.conversion)
        return lambda values: format(shown(value(values)) if shown else value(values), text)


def _nothing(_values: Values) -> None:
    return None


def _method(owner: Evaluate, name: str, arguments: Sequence[Evaluate]) -> Evaluate:
    def evaluate(values: Values) -> Any:
        text = owner(values)
        if not isinstance(text, str):
            raise TypeError(f".{name} is for texts, not for {text!r}")
        made = getattr(str, name)(text, *(argument(values) for argument in arguments))
        return _bounded(made)

    return evaluate


def _bounded(made: Any) -> Any:
    if isinstance(made, str) and len(made) > _MOST_CHARACTERS:
        raise ValueError("the text would be too long")
    return made
