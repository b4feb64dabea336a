"""What definitions tell of themselves."""

import pytest

from gnomon.errors import BadData
from gnomon.formats.packets import decode, encode, framed
from gnomon.formats.packets.model import Dynamic, Reference
from xtce_documents import comparison, container, document, enumerated, header, integer


def test_apids_of_criteria_that_say_equal(define):
    heirs = [
        container("TM", [], "CCSDSPacket", comparison("TYPE", 0), abstract="true"),
        container("ONE", ["A"], "TM", comparison("APID", "0x10")),
        container("TWO", ["A"], "TM", f'<ComparisonList>{comparison("APID", " 17 ")}'
                  f'{comparison("VERSION", 0)}</ComparisonList>'),
        container("MANY", ["A"], "TM", comparison("APID", 100, ">")),
        container("ONE_LATE", [], "ONE", comparison("APID", 16)),
    ]  # fmt: skip
    definition = define(document({"A": integer(8)}, heirs))
    assert definition.apids() == {16: "ONE", 17: "TWO"}
    (part,) = framed(header(500, 0, b"\1") + header(16, 0, b"\2"))
    found = decode(definition, part.packets)
    assert {apid: table.name for apid, table in found.tables.items()} == {
        16: "ONE_LATE", 500: "MANY"
    }  # fmt: skip


def test_an_apid_that_has_labels(define):
    types = {"APID": enumerated(11, {5: "HK"}), "A": integer(8)}
    heirs = [container("P", ["A"], "CCSDSPacket", comparison("APID", "HK"))]
    definition = define(document(types, heirs))
    assert definition.apids() == {}
    (part,) = framed(header(5, 0, b"\7"), apids=[5])
    table = decode(definition, part.packets).tables[5]
    assert table.columns["APID"].values.tolist() == ["HK"]
    assert table.columns["A"].values.tolist() == [7]


def test_a_header_ends_where_something_varies(define):
    text = document({}, []).replace(
        '<xtce:ParameterRefEntry parameterRef="FLAGS"/>',
        '<xtce:ParameterRefEntry parameterRef="FLAGS"><xtce:LocationInContainerInBits>'
        "<xtce:FixedValue>0</xtce:FixedValue></xtce:LocationInContainerInBits>"
        "</xtce:ParameterRefEntry>",
    )
    assert len(define(text).header()) == 7  # nothing is skipped
    skipped = define(text.replace(">0</xtce:Fixed", ">8</xtce:Fixed"))
    assert skipped.header() == ("VERSION", "TYPE", "SEC_HDR", "APID")


def test_sizes_by_a_parameter():
    assert Dynamic(Reference("N"), 8, -1.5).of(2) == 14
    assert Dynamic(Reference("N")).of(2.0) == 2


def test_a_size_by_a_parameter_that_comes_later_is_refused(define):
    from xtce_documents import binary, dynamic, simple  # noqa: PLC0415

    definition = define(simple({"D": binary(dynamic("N")), "N": integer(8)}))
    stream = encode(definition, "PACKET", {"D": b"a", "N": 1})
    (part,) = framed(stream, apids=[100])
    with pytest.raises(BadData, match="D: N does not come before it"):
        decode(definition, part.packets)
