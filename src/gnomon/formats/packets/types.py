"""Reads parameter types and how they are encoded and calibrated (XTCE 1.2, 4.3.2)."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Literal, cast
from xml.etree import ElementTree as ET

from gnomon.formats.packets.criteria import read_criteria, read_reference
from gnomon.formats.packets.model import (
    Binary,
    Calibrator,
    Criteria,
    Dynamic,
    Enclosed,
    Encoding,
    Fixed,
    Float,
    Integer,
    Lookup,
    Polynomial,
    Size,
    Spline,
    Text,
    Type,
)

_INTEGERS = {
    "unsigned": "unsigned", "signed": "twos", "twosComplement": "twos", "twosCompliment": "twos",
    "onesComplement": "ones", "signMagnitude": "magnitude",
}  # fmt: skip
_FLOATS = {
    "IEEE754": "ieee", "IEEE754_1985": "ieee", "IEEE-754": "ieee",
    "MILSTD_1750A": "mil1750a", "MIL-1750A": "mil1750a",
}  # fmt: skip
_IEEE_BITS = {16, 32, 64}
_MIL_BITS = 32
_LONGEST_TEXT = 65_536 * 8
_CHARSETS = {"US-ASCII": "ascii", "Windows-1252": "cp1252"}
_SCALARS = {
    "IntegerParameterType", "FloatParameterType", "BinaryParameterType", "StringParameterType",
    "EnumeratedParameterType", "BooleanParameterType",
    "AbsoluteTimeParameterType", "RelativeTimeParameterType",
}  # fmt: skip


def read_type(element: ET.Element) -> Type:
    """Return a parameter type.

    Raises
    ------
    NotImplementedError
        No plan can express it; the message says why.
    ValueError
        It contradicts itself.
    """
    if element.tag not in _SCALARS:
        raise NotImplementedError(f"{element.tag} is not supported")
    inside = element.find("Encoding") if "Time" in element.tag else element
    if inside is None:
        raise ValueError(f"type {element.get('name')} has no encoding")
    encoding, data = _encoding(element, inside)
    calibrator, contexts = _calibrators(data)
    if inside is not element:
        calibrator = _time_scale(inside) or calibrator
    return Type(
        encoding,
        _unit(element, inside),
        calibrator,
        contexts,
        _labels(element, encoding),
        element.tag == "BooleanParameterType",
    )


def _encoding(element: ET.Element, inside: ET.Element) -> tuple[Encoding, ET.Element]:
    readers: dict[str, Callable[[ET.Element], Encoding]] = {
        "IntegerDataEncoding": _integer,
        "FloatDataEncoding": _float,
        "BinaryDataEncoding": _binary,
        "StringDataEncoding": _text,
    }
    for child in inside:
        if child.tag in readers:
            return readers[child.tag](child), child
    raise ValueError(f"type {element.get('name')} has no encoding")


def _integer(element: ET.Element) -> Integer:
    code = element.get("encoding", "unsigned")
    if code not in _INTEGERS:
        raise NotImplementedError(f"integers encoded as {code} are not supported")
    known = cast('Literal["unsigned", "twos", "ones", "magnitude"]', _INTEGERS[code])
    bits = int(element.get("sizeInBits", 8))
    if bits < 1:
        raise ValueError(f"an integer of {bits} bits")
    return Integer(bits, known, _is_little(element))


def _float(element: ET.Element) -> Float:
    code, bits = element.get("encoding", "IEEE754"), int(element.get("sizeInBits", 32))
    if code not in _FLOATS:
        raise NotImplementedError(f"floats encoded as {code} are not supported")
    known = cast('Literal["ieee", "mil1750a"]', _FLOATS[code])
    if (known == "ieee" and bits not in _IEEE_BITS) or (known != "ieee" and bits != _MIL_BITS):
        raise NotImplementedError(f"{code} floats of {bits} bits are not supported")
    return Float(bits, known, _is_little(element))


def _is_little(element: ET.Element) -> bool:
    order = element.get("byteOrder", "mostSignificantByteFirst")
    if order not in {"mostSignificantByteFirst", "leastSignificantByteFirst"}:
        raise NotImplementedError(f"byte order {order} is not supported")
    return order == "leastSignificantByteFirst"


def _binary(element: ET.Element) -> Binary:
    size = element.find("SizeInBits")
    if size is None:
        raise ValueError("a binary encoding without SizeInBits")
    return Binary(_size(size))


def _text(element: ET.Element) -> Text:
    size = element.find("SizeInBits")
    if size is None:
        size = element.find("Variable")
    if size is None:
        raise ValueError("a string encoding without a size")
    name = element.get("encoding", "UTF-8")
    charset = _CHARSETS.get(name, name)
    if name in {"UTF-16", "UTF-32"}:
        charset += "LE" if _is_little(element) else "BE"
    leading = size.find("LeadingSize")
    size_bits = 0 if leading is None else int(leading.get("sizeInBitsOfSizeTag", 16))
    terminator = bytes.fromhex(size.findtext("TerminationChar") or "")
    try:
        codecs.lookup(charset)
    except LookupError:
        raise NotImplementedError(f"strings encoded as {name} are not supported") from None
    return Text(_text_size(size, size_bits, terminator), charset, terminator, size_bits)


def _text_size(element: ET.Element, size_bits: int, terminator: bytes) -> Size:
    is_told = any(one.tag in {"DynamicValue", "DiscreteLookupList"} for one in element)
    if element.tag == "Variable" and not is_told and (size_bits or terminator):
        return Enclosed(int(element.get("maxSizeInBits", _LONGEST_TEXT)))
    return _size(element)


def _size(element: ET.Element) -> Size:
    for path in ("FixedValue", "Fixed/FixedValue"):
        if fixed := element.findtext(path):
            return Fixed(int(fixed))
    if (dynamic := element.find("DynamicValue")) is not None:
        reference = dynamic.find("ParameterInstanceRef")
        if reference is None:
            raise ValueError("a DynamicValue without a parameter")
        linear = dynamic.find("LinearAdjustment")
        if linear is None:
            return Dynamic(read_reference(reference))
        slope, intercept = float(linear.get("slope", 0)), float(linear.get("intercept", 0))
        return Dynamic(read_reference(reference), slope, intercept)
    if (table := element.find("DiscreteLookupList")) is not None:
        pairs = ((read_criteria(one), int(float(one.attrib["value"]))) for one in table)
        return Lookup(tuple(pairs))
    raise ValueError("a size that is neither fixed nor dynamic nor looked up")


def _calibrators(
    encoding: ET.Element,
) -> tuple[Calibrator | None, tuple[tuple[Criteria, Calibrator], ...]]:
    contexts = [
        (read_criteria(one.find("ContextMatch")), found)
        for one in encoding.iterfind("ContextCalibratorList/ContextCalibrator")
        if (found := _calibrator(one.find("Calibrator"))) is not None
    ]
    return _calibrator(encoding.find("DefaultCalibrator")), tuple(contexts)


def _calibrator(element: ET.Element | None) -> Calibrator | None:
    for child in () if element is None else element:
        if child.tag == "PolynomialCalibrator":
            terms = ((float(t.attrib["coefficient"]), int(t.attrib["exponent"])) for t in child)
            return Polynomial(tuple(terms))
        if child.tag == "SplineCalibrator":
            return _spline(child)
        if child.tag == "MathOperationCalibrator":
            raise NotImplementedError("calibration by MathOperation is not supported")
    return None


def _spline(element: ET.Element) -> Spline:
    points = sorted((float(p.attrib["raw"]), float(p.attrib["calibrated"])) for p in element)
    order = int(element.get("order", 1))
    if order > 1:
        raise NotImplementedError(f"splines of order {order} are not supported")
    if len(points) <= order:
        raise ValueError(f"a spline of order {order} with {len(points)} points")
    return Spline(tuple(points), order, element.get("extrapolate", "false").lower() == "true")


def _time_scale(encoding: ET.Element) -> Polynomial | None:
    """Return the linear scale of a time, ``offset + scale * raw``."""
    offset, scale = encoding.get("offset"), encoding.get("scale")
    terms = [] if offset is None else [(float(offset), 0)]
    if scale is not None or offset is not None:
        terms.append((1.0 if scale is None else float(scale), 1))
    return Polynomial(tuple(terms)) if terms else None


def _unit(element: ET.Element, inside: ET.Element) -> str:
    if inside is not element:
        return inside.get("units", "")
    units = (unit.text or "" for unit in element.iterfind("UnitSet/Unit"))
    return " ".join(text.strip() for text in units if text.strip())


def _labels(element: ET.Element, encoding: Encoding) -> dict[int | float | bytes, str] | None:
    if element.tag != "EnumeratedParameterType":
        return None
    found: dict[int | float | bytes, str] = {}
    for one in element.iterfind("EnumerationList/Enumeration"):
        text, label = one.attrib["value"], one.attrib["label"]
        if isinstance(encoding, Integer):
            last = int(one.get("maxValue", text))
            found.update(dict.fromkeys(range(int(text), last + 1), label))
        elif isinstance(encoding, Float):
            found[float(text)] = label
        elif isinstance(encoding, Text):
            found[text.encode(encoding.charset)] = label
        else:
            raise NotImplementedError("enumerations of binary values are not supported")
    return found
