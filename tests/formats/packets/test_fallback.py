"""What no plan can express goes to the peer; what it cannot either is refused, and says why."""

import sys
from dataclasses import replace

import pytest

from gnomon.errors import MissingExtra
from gnomon.formats.packets import decode, encode, fallback, framed
from gnomon.formats.packets.model import Definition
from xtce_documents import (
    binary,
    comparison,
    container,
    document,
    enumerated,
    fixed,
    header,
    integer,
    polynomial,
    simple,
)

pytest.importorskip("space_packet_parser")


def hindered(definition):
    """Return a definition whose plans stop at the first parameter after the header."""
    containers = dict(definition.containers)
    packet = containers["PACKET"]
    first, *others = packet.entries
    entries = (replace(first, obstacle="too hard"), *others)
    containers["PACKET"] = replace(packet, entries=entries)
    return Definition(definition.path, containers, definition.root)


def test_the_peer_gives_the_same_values(define, caplog):
    boolean = ("BooleanParameterType", '<IntegerDataEncoding sizeInBits="8"/>')
    types = {
        "A": integer(8, inside=polynomial(1.0, 0.5)), "B": integer(24, "signed"),
        "M": enumerated(8, {0: "OFF", 1: "ON"}), "D": binary(fixed(16)), "F": boolean,
        "W": integer(80),
    }  # fmt: skip
    definition = define(simple(types))
    values = {"A": [3, 4], "B": [-5, 6], "M": [1, 0], "D": [b"ab", b"cd"], "F": [0, 1],
              "W": [2**79, 1]}  # fmt: skip
    (part,) = framed(encode(definition, "PACKET", values), apids=[100])
    plain = decode(definition, part.packets).tables[100]
    found = decode(hindered(definition), part.packets)
    assert found.fallback == {"PACKET": "too hard"}
    assert "PACKET: too hard: space_packet_parser is asked" in caplog.text
    other = found.tables[100]
    assert list(other.columns) == list(plain.columns)
    for name, column in plain.columns.items():
        assert other.columns[name].values.tolist() == column.values.tolist(), name
        assert other.columns[name].raw.tolist() == column.raw.tolist(), name


def test_what_neither_can_decode_is_refused_and_the_rest_is_decoded(define):
    heirs = [
        container("HARD", ["A"], "CCSDSPacket", comparison("APID", 1)),
        container("EASY", ["B"], "CCSDSPacket", comparison("APID", 2)),
    ]
    definition = define(document({"A": ("ArrayParameterType", ""), "B": integer(8)}, heirs))
    (part,) = framed(encode(definition, "EASY", {"B": 5}) + b"\0\1\xc0\0\0\0\7", apids=[1, 2])
    found = decode(definition, part.packets)
    assert list(found.tables) == [2]
    (refused,) = found.refused
    assert (refused.apid, refused.index.tolist()) == (1, [1])
    assert refused.reason.startswith("ArrayParameterType is not supported; space_packet_parser: ")


def test_packets_of_no_known_sort_are_refused_by_the_peer_too(define):
    repeat = "<RepeatEntry><Count><FixedValue>2</FixedValue></Count></RepeatEntry>"
    entry = f'<ParameterRefEntry parameterRef="A">{repeat}</ParameterRefEntry>'
    heirs = [
        container("HARD", [entry], "CCSDSPacket", comparison("APID", 1), abstract="true"),
        container("HEIR", ["B"], "HARD", comparison("A", 5)),
    ]
    text = document({"A": integer(8), "B": integer(8)}, heirs).replace('"APID', '"PKT_APID')
    (part,) = framed(header(1, 0, b"abc"), apids=[1])
    (refused,) = decode(define(text), part.packets).refused
    assert refused.reason.startswith("RepeatEntry is not supported; space_packet_parser: Detected")


def test_without_the_peer_the_extra_is_named(define, monkeypatch):
    monkeypatch.setitem(sys.modules, "space_packet_parser.xtce.definitions", None)
    fallback._definition.cache_clear()
    definition = define(simple({"A": integer(8)}))
    (part,) = framed(encode(definition, "PACKET", {"A": 1}), apids=[100])
    with pytest.raises(MissingExtra, match=r"gnomon\[packets\]"):
        decode(hindered(definition), part.packets)
