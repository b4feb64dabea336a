"""Encoding is the inverse of decoding, for random definitions too; so the peer finds."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats.packets import decode, encode, framed, read_definition
from xtce_documents import (
    binary,
    comparison,
    container,
    document,
    dynamic,
    enumerated,
    fixed,
    floating,
    integer,
    simple,
    text,
)
from xtce_documents import polynomial as polynomial_of

CODES = {"unsigned": 0, "twosComplement": 1, "onesComplement": 2, "signMagnitude": 3}


def read_back(definition, stream, apid=100):
    (part,) = framed(stream, apids=[apid])
    assert part.lost == ()
    return decode(definition, part.packets).tables[apid]


@st.composite
def fields(draw):
    """Return a type of an element, and raw values that fit it."""
    kind = draw(st.sampled_from(["integer", "float", "binary", "text"]))
    if kind == "float":
        bits = draw(st.sampled_from([16, 32, 64]))
        order = draw(st.sampled_from(["", "leastSignificantByteFirst"]))
        values = draw(st.lists(st.floats(width=bits), min_size=3, max_size=3))
        return floating(bits, "IEEE754", order), values
    if kind in {"binary", "text"}:
        size = draw(st.integers(1, 9))
        values = draw(st.lists(st.binary(min_size=size, max_size=size), min_size=3, max_size=3))
        if kind == "text":
            return text(size * 8, "ISO-8859-1"), values
        return binary(fixed(size * 8)), values
    bits = draw(st.integers(2, 80))
    code = draw(st.sampled_from(sorted(CODES)))
    low, high = 0, (1 << bits) - 1
    if code != "unsigned":
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        low += code != "twosComplement"
    values = draw(st.lists(st.integers(low, high), min_size=3, max_size=3))
    little = bits % 8 == 0 and draw(st.booleans())
    inside = polynomial_of(0.5, 1.25) if bits < 50 and draw(st.booleans()) else ""
    order = "leastSignificantByteFirst" if little else ""
    return integer(bits, code, order, inside), values


def same(found, given_):
    return [repr(one) for one in found] == [repr(one) for one in given_]


@settings(max_examples=60, deadline=None)
@given(st.lists(fields(), min_size=1, max_size=12))
def test_random_definitions_round_trip(tmp_path_factory, drawn):
    types = {f"F{n}": kind for n, (kind, _) in enumerate(drawn)}
    path = tmp_path_factory.mktemp("random") / "definition.xml"
    path.write_text(simple(types))
    definition = read_definition(path)
    values = {f"F{n}": raw for n, (_, raw) in enumerate(drawn)}
    stream = encode(definition, "PACKET", values, count=16382)
    table = read_back(definition, stream)
    assert table.columns["COUNT"].values.tolist() == [16382, 16383, 0]
    for name, raw in values.items():
        assert same(table.columns[name].raw.tolist(), raw), name
    again = {name: column.raw for name, column in table.columns.items()}
    assert encode(definition, "PACKET", again, count=16382) == stream
    _as_the_peer(path, stream, table, skip=("onesComplement", "signMagnitude"))


def _as_the_peer(path, stream, table, skip):
    """Compare calibrated values with the peer's, where it knows all encodings."""
    module = pytest.importorskip("space_packet_parser.xtce.definitions")
    if any(code in path.read_text() for code in skip):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        definition = module.XtcePacketDefinition.from_xtce(path)
        (part,) = framed(stream, apids=[100])
        parsed = [definition.parse_bytes(part.packets.packet(n)) for n in range(3)]
    for name, column in table.columns.items():
        theirs = [_plain(packet[name]) for packet in parsed]
        assert same(column.values.tolist(), theirs), name


def _plain(value):
    return next(kind for kind in (int, float, bytes, str) if isinstance(value, kind))(value)


def test_what_is_not_named_is_zero_and_the_header_is_filled_in(define):
    definition = define(simple({"A": integer(4), "B": integer(4)}, apid=77))
    stream = encode(definition, "PACKET", {"B": [1, 2]}, count=3)
    assert stream == bytes.fromhex("004dc003000001004dc004000002")


def test_named_header_fields_are_set(define):
    definition = define(simple({"A": integer(8)}, apid=77))
    stream = encode(definition, "PACKET", {"SEC_HDR": 1, "FLAGS": 1, "A": 9}, count=[5])
    assert stream == bytes.fromhex("084d4005000009")


def test_sizes_follow_the_values(define):
    types = {"SIZE": integer(8), "DATA": binary(dynamic("SIZE")), "END": integer(8)}
    definition = define(simple(types))
    data = [b"abc", b"", b"xy", b"def"]
    values = {"SIZE": [len(one) for one in data], "DATA": data, "END": 7}
    table = read_back(definition, encode(definition, "PACKET", values))
    assert table.columns["DATA"].values.tolist() == data
    assert table.columns["END"].values.tolist() == [7] * 4
    zeros = read_back(definition, encode(definition, "PACKET", {"SIZE": 2}))
    assert zeros.columns["DATA"].values.tolist() == [b"\0\0"]


def test_nested_containers_and_levels(define):
    types = {name: integer(8) for name in "ABC"}
    inner = container("INNER", ["A"])
    nested = ['<ContainerRefEntry containerRef="INNER"/>', "B"]
    heirs = [
        inner,
        container("HK", nested, "CCSDSPacket", comparison("APID", "0x64")),
        container("HK_7", ["C"], "HK", comparison("B", 7)),
    ]
    definition = define(document(types, heirs))
    table = read_back(definition, encode(definition, "HK_7", {"A": 1, "C": [2, 3]}))
    assert table.name == "HK_7"
    assert [table.columns[name].values.tolist() for name in "ABC"] == [[1, 1], [7, 7], [2, 3]]


def test_criteria_on_labels_are_for_the_caller_to_meet(define):
    types = {"MODE": enumerated(8, {0: "OFF", 1: "ON"}), "A": integer(8)}
    heirs = [
        container("ANY", ["MODE"], "CCSDSPacket", comparison("APID", 1)),
        container("ON_ONLY", ["A"], "ANY", comparison("MODE", "ON")),
    ]
    definition = define(document(types, heirs))
    table = read_back(definition, encode(definition, "ON_ONLY", {"MODE": 1, "A": [3, 4]}), 1)
    assert table.name == "ON_ONLY"
    assert table.columns["A"].values.tolist() == [3, 4]


def test_floats_of_mil_std_1750a(define):
    definition = define(simple({"A": floating(32, "MILSTD_1750A")}))
    values = [0.0, 1.0, -1.0, 0.1, -3.7e20, 0.9999999999]
    table = read_back(definition, encode(definition, "PACKET", {"A": values}))
    assert table.columns["A"].values.tolist() == pytest.approx(values, rel=2e-7)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"A": [300]}, "A: a value does not fit 8 bits"),
        ({"A": [-1]}, "A: a value does not fit 8 bits"),
        ({"A": [1, 2, 3], "B": [1, 2]}, "B: 2 values for 3 packets"),
    ],
)
def test_values_that_do_not_fit_are_refused(define, values, reason):
    with pytest.raises(BadData, match=reason):
        encode(define(simple({"A": integer(8), "B": integer(8)})), "PACKET", values)


def test_what_is_not_supported_is_refused(define):
    definition = define(simple({"A": ("ArrayParameterType", "")}))
    with pytest.raises(BadData, match="ArrayParameterType is not supported cannot be encoded"):
        encode(definition, "PACKET", {})


def test_arrays_of_numpy_are_values(define):
    definition = define(simple({"A": integer(64), "B": integer(64, "twosComplement")}))
    values = {"A": np.array([2**64 - 1, 1], np.uint64), "B": np.array([-(2**63), 5])}
    table = read_back(definition, encode(definition, "PACKET", values))
    assert table.columns["A"].values.tolist() == [2**64 - 1, 1]
    assert table.columns["B"].values.tolist() == [-(2**63), 5]


def test_floats_contexts_and_splines_are_those_of_the_peer(tmp_path):
    """As in the spacecraft's own packets, spelt as its definition spells them."""
    contexts = (
        "<ContextCalibratorList>"
        + "".join(
            "<ContextCalibrator><ContextMatch><ComparisonList>"
            f"{comparison('MODE', mode, calibrated='false')}{comparison('GAIN', 1.5, operator)}"
            f"</ComparisonList></ContextMatch>{polynomial_of(mode, 0.1, tag='Calibrator')}"
            "</ContextCalibrator>"
            for mode, operator in ((1, ">"), (1, "<="), (2, "!="))
        )
        + "</ContextCalibratorList>"
    )
    points = "".join(
        f'<SplinePoint raw="{x}" calibrated="{x * x / 7}"/>' for x in range(0, 300, 10)
    )
    types = {
        "MODE": integer(8), "GAIN": floating(32, "IEEE-754"), "HIGH": floating(64, "IEEE-754"),
        "V": integer(16, inside=polynomial_of(0.25, 0.5, 0.125) + contexts),
        "W": floating(32, "IEEE-754", inside=contexts),
        "S": integer(8, inside=f'<DefaultCalibrator><SplineCalibrator order="1">{points}'
                               "</SplineCalibrator></DefaultCalibrator>"),
    }  # fmt: skip
    path = tmp_path / "definition.xml"
    path.write_text(simple(types))
    definition = read_definition(path)
    rng = np.random.default_rng(8)
    for _ in range(20):
        values = {
            "MODE": rng.integers(0, 4, 3), "GAIN": rng.normal(1.5, 1, 3),
            "HIGH": rng.normal(size=3), "V": rng.integers(0, 1 << 16, 3),
            "W": rng.normal(0, 1e3, 3), "S": rng.integers(0, 256, 3),
        }  # fmt: skip
        stream = encode(definition, "PACKET", values)
        table = read_back(definition, stream)
        _as_the_peer(path, stream, table, skip=())
