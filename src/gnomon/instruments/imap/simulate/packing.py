"""Fields of packets, their definition in XTCE, and their bytes: written apart from the decoder.

The decoder reads the definition that is written here, and the packets that are packed here by
another way (one bit a column), so that what both agree on was not agreed beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

XTCE = "http://www.omg.org/space/xtce"
HEADER = (
    ("VERSION", 3),
    ("TYPE", 1),
    ("SEC_HDR_FLG", 1),
    ("PKT_APID", 11),
    ("SEQ_FLGS", 2),
    ("SRC_SEQ_CTR", 14),
    ("PKT_LEN", 16),
)
_HEADER_BYTES = 6


@dataclass(frozen=True)
class Field:
    """One field of a packet.

    Attributes
    ----------
    name : str
        Without the packet's.
    bits : int
        Its width.
    signed, is_float : bool
        Two's complement; IEEE 754.
    polynomial : tuple of float
        Coefficients of rising power; of none, the value is the raw one.
    labels : mapping of int to str
        Of an enumeration.
    by : str
        Another field of the packet that chooses among `polynomials`.
    polynomials : mapping of int to tuple of float
        By the raw value of `by`.
    unit : str
        Of the calibrated value.
    """

    name: str
    bits: int
    signed: bool = False
    is_float: bool = False
    polynomial: tuple[float, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    by: str = ""
    polynomials: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True)
class Layout:
    """A sort of packets: its name, APID, fields, and whether it ends with bytes of any number."""

    name: str
    apid: int
    fields: tuple[Field, ...]
    trailing: str = ""

    @property
    def fixed_bytes(self) -> int:
        """The bytes after the primary header, those of any number left out."""
        return sum(found.bits for found in self.fields) // 8


# -- bytes


def packed(
    layout: Layout,
    values: Mapping[str, NDArray[Any]],
    counters: NDArray[np.int64],
    tails: Sequence[bytes] = (),
) -> list[bytes]:
    """Return packets of raw values.

    Parameters
    ----------
    values : mapping of str to ndarray, shape (n,)
        Raw integers, or floats for fields of that sort; absent ones are 0.
    counters : ndarray of int64, shape (n,)
        The 14-bit counter, not yet wrapped.
    tails : sequence of bytes
        What follows the fields, of a layout with `trailing`.
    """
    count = len(counters)
    zeros = np.zeros(count, np.int64)
    columns = [_bits(one, np.asarray(values.get(one.name, zeros))) for one in layout.fields]
    body = np.packbits(np.hstack(columns), axis=1)
    after = tails or [b""] * count
    return [
        _header(layout.apid, int(counter), body.shape[1] + len(tail)) + row.tobytes() + tail
        for counter, row, tail in zip(counters, body, after, strict=True)
    ]


def _bits(one: Field, values: NDArray[Any]) -> NDArray[np.uint8]:
    if one.is_float:
        words = values.astype(">f4" if one.bits == np.dtype("f4").itemsize * 8 else ">f8")
        return np.unpackbits(words.view(np.uint8).reshape(len(values), -1), axis=1)
    whole = values.astype(np.int64)
    shifts = np.arange(one.bits - 1, -1, -1, dtype=np.int64)
    return ((whole[:, None] >> shifts) & 1).astype(np.uint8)


def _header(apid: int, counter: int, n_bytes: int) -> bytes:
    words = (0b00001 << 11) | apid, (0b11 << 14) | (counter & 0x3FFF), n_bytes - 1
    return b"".join(word.to_bytes(2, "big") for word in words)


# -- definition


def definition(layouts: Sequence[Layout], system: str) -> bytes:
    """Return the XTCE document of some packets, in the dialect of the mission's."""
    ET.register_namespace("xtce", XTCE)
    root = ET.Element(_tag("SpaceSystem"), name=system)
    _child(root, "Header", date="2026-01-01 00:00:00", version="1.0", author="simulated")
    telemetry = _child(root, "TelemetryMetaData")
    types = _child(telemetry, "ParameterTypeSet")
    parameters = _child(telemetry, "ParameterSet")
    containers = _child(telemetry, "ContainerSet")
    base = _child(containers, "SequenceContainer", name="CCSDSPacket", abstract="true")
    entries = _child(base, "EntryList")
    for name, bits in HEADER:
        _declare(Field(name, bits), name, types, parameters)
        _child(entries, "ParameterRefEntry", parameterRef=name)
    for layout in layouts:
        _container(layout, types, parameters, containers)
    ET.indent(root)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _tag(name: str) -> str:
    return f"{{{XTCE}}}{name}"


def _child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, _tag(tag), attributes)


def _container(
    layout: Layout, types: ET.Element, parameters: ET.Element, containers: ET.Element
) -> None:
    container = _child(containers, "SequenceContainer", name=layout.name)
    base = _child(container, "BaseContainer", containerRef="CCSDSPacket")
    criteria = _child(base, "RestrictionCriteria")
    _child(
        criteria,
        "Comparison",
        parameterRef="PKT_APID",
        value=str(layout.apid),
        useCalibratedValue="false",
    )
    entries = _child(container, "EntryList")
    for one in layout.fields:
        name = f"{layout.name}.{one.name}"
        _declare(one, name, types, parameters)
        _child(entries, "ParameterRefEntry", parameterRef=name)
    if layout.trailing:
        name = f"{layout.name}.{layout.trailing}"
        _declare_tail(name, layout.fixed_bytes, types)
        _child(parameters, "Parameter", name=name, parameterTypeRef=name)
        _child(entries, "ParameterRefEntry", parameterRef=name)


def _declare(one: Field, name: str, types: ET.Element, parameters: ET.Element) -> None:
    sort = "Enumerated" if one.labels else "Float" if one.is_float else "Integer"
    declared = _child(types, f"{sort}ParameterType", name=name)
    if sort == "Integer":
        declared.set("signed", str(one.signed).lower())
    if one.unit:
        _child(_child(declared, "UnitSet"), "Unit").text = one.unit
    if one.is_float:
        encoding = _child(declared, "FloatDataEncoding", sizeInBits=str(one.bits))
        encoding.set("encoding", "IEEE-754")
    else:
        encoding = _child(declared, "IntegerDataEncoding", sizeInBits=str(one.bits))
        encoding.set("encoding", "twosComplement" if one.signed else "unsigned")
    if one.polynomial:
        _polynomial(_child(encoding, "DefaultCalibrator"), one.polynomial)
    if one.polynomials:
        _contexts(one, name.rpartition(".")[0], encoding)
    if one.labels:
        listed = _child(declared, "EnumerationList")
        for value, label in one.labels.items():
            _child(listed, "Enumeration", value=str(value), label=label)
    _child(parameters, "Parameter", name=name, parameterTypeRef=name)


def _polynomial(parent: ET.Element, coefficients: Sequence[float]) -> None:
    calibrator = _child(parent, "PolynomialCalibrator")
    for power, coefficient in enumerate(coefficients):
        _child(calibrator, "Term", coefficient=repr(coefficient), exponent=str(power))


def _contexts(one: Field, packet: str, encoding: ET.Element) -> None:
    listed = _child(encoding, "ContextCalibratorList")
    for value, coefficients in one.polynomials.items():
        context = _child(listed, "ContextCalibrator")
        compared = _child(_child(context, "ContextMatch"), "ComparisonList")
        _child(
            compared,
            "Comparison",
            parameterRef=f"{packet}.{one.by}",
            comparisonOperator="==",
            value=str(value),
            useCalibratedValue="false",
        )
        _polynomial(_child(context, "Calibrator"), coefficients)


def _declare_tail(name: str, fixed_bytes: int, types: ET.Element) -> None:
    """Declare bytes to the packet's end: PKT_LEN + 1 bytes follow the primary header."""
    declared = _child(types, "BinaryParameterType", name=name)
    size = _child(_child(declared, "BinaryDataEncoding"), "SizeInBits")
    value = _child(size, "DynamicValue")
    _child(value, "ParameterInstanceRef", parameterRef="PKT_LEN", useCalibratedValue="false")
    _child(value, "LinearAdjustment", slope="8", intercept=str(8 * (1 - fixed_bytes)))
