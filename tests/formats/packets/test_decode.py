"""Decoding: every packet is accounted for once, in a table, as unknown, or as refused."""

import numpy as np
import pytest

from gnomon.formats.packets import decode, framed
from xtce_documents import (
    binary,
    comparison,
    container,
    document,
    dynamic,
    enumerated,
    floating,
    header,
    integer,
    polynomial,
    simple,
    text,
)


def tables(definition, *packets):
    (part,) = framed(b"".join(packets))
    assert part.lost == ()
    return decode(definition, part.packets)


def values(table):
    return {
        name: column.values.tolist()
        for name, column in table.columns.items()
        if name not in table.header
    }


def test_a_table_per_apid_in_the_order_of_the_packets(define):
    heirs = [
        container("ONE", ["A"], "CCSDSPacket", comparison("APID", 1)),
        container("TWO", ["B"], "CCSDSPacket", comparison("APID", 2, calibrated="false")),
    ]
    definition = define(document({"A": integer(8), "B": integer(16)}, heirs))
    found = tables(
        definition, header(2, 0, b"\1\2"), header(1, 0, b"\7"), header(9, 0, b"?"),
        header(2, 1, b"\3\4"), header(9, 1, b"?"),
    )  # fmt: skip
    assert list(found.tables) == [1, 2]
    assert found.tables[2].name == "TWO"
    assert found.tables[2].index.tolist() == [0, 3]
    assert found.tables[2].columns["COUNT"].values.tolist() == [0, 1]
    assert found.tables[2].columns["APID"].values.tolist() == [2, 2]
    assert values(found.tables[2]) == {"B": [0x102, 0x304]}
    assert values(found.tables[1]) == {"A": [7]}
    assert found.unknown == {9: 2}


def test_no_packets(define):
    definition = define(simple({"A": integer(8)}))
    (part,) = framed(header(100, 0, b"a"))
    empty = decode(definition, part.packets.take(np.array([], np.intp)))
    assert (empty.tables, empty.unknown) == ({}, {})


def test_units_labels_and_raw_values_stand_in_the_columns(define):
    types = {
        "V": integer(8, inside=polynomial(1.0, 0.5), unit="V"),
        "MODE": enumerated(8, {1: "SAFE"}),
    }
    table = tables(define(simple(types)), header(100, 0, b"\4\1")).tables[100]
    assert (table.columns["V"].values.tolist(), table.columns["V"].raw.tolist()) == ([3.0], [4])
    assert table.columns["V"].unit == "V"
    assert table.columns["MODE"].labels == {1: "SAFE"}
    assert table.columns["MODE"].raw.tolist() == [1]


def test_packets_that_are_too_short_are_refused_and_longer_ones_say_so(define):
    found = tables(
        define(simple({"A": integer(8), "B": integer(16)})),
        header(100, 0, b"\1\2\3"), header(100, 1, b"\1\2"), header(100, 2, b"\1\2\3\4\5"),
    )  # fmt: skip
    assert values(found.tables[100]) == {"A": [1, 1], "B": [0x203, 0x203]}
    assert found.tables[100].left_bits == 16
    (refused,) = found.refused
    assert (refused.apid, refused.container, refused.reason) == (100, "PACKET", "ends within B")
    assert refused.index.tolist() == [1]


def test_criteria_of_several_levels_and_on_values_within_the_packet(define):
    types = {"SID": integer(8, inside=polynomial(0.0, 10.0)), "X": integer(8), "Y": integer(16)}
    raw = comparison("SID", 2, calibrated="false")
    heirs = [
        container("HK", ["SID"], "CCSDSPacket", comparison("APID", 5)),
        container("HK_1", ["X"], "HK", comparison("SID", 10)),
        container("HK_2", ["Y"], "HK", f"<ComparisonList>{raw}{raw}</ComparisonList>"),
        container("HK_2_LATE", ["X"], "HK_2", comparison("Y", 3, ">")),
    ]
    definition = define(document(types, heirs))
    assert definition.apids() == {5: "HK"}
    found = tables(
        definition,
        header(5, 0, b"\1\7\0\0"),
        header(5, 1, b"\2\0\1\0"),
        header(5, 2, b"\2\0\4\x63"),
        header(5, 3, b"\3\0\0\0"),
    )
    table = found.tables[5]
    assert table.name == "HK"
    assert table.index.tolist() == [0, 1, 2, 3]
    assert table.columns["SID"].values.tolist() == [10.0, 20.0, 20.0, 30.0]
    assert table.columns["X"].present.tolist() == [True, False, True, False]
    assert table.columns["X"].values[[0, 2]].tolist() == [7, 0x63]
    assert table.columns["Y"].present.tolist() == [False, True, True, False]
    assert table.columns["Y"].values[1:3].tolist() == [1, 4]


def test_an_abstract_container_without_an_heir_is_unknown_and_two_heirs_are_refused(define):
    heirs = [
        container("HK", ["A"], "CCSDSPacket", comparison("APID", 5), abstract="true"),
        container("LOW", [], "HK", comparison("A", 9, "<")),
        container("TINY", [], "HK", comparison("A", 3, "<")),
    ]
    found = tables(
        define(document({"A": integer(8)}, heirs)),
        header(5, 0, b"\5"), header(5, 1, b"\1"), header(5, 2, b"\x20"),
    )  # fmt: skip
    assert values(found.tables[5]) == {"A": [5]}
    assert found.tables[5].name == "LOW"
    assert found.unknown == {5: 1}
    (refused,) = found.refused
    assert refused.reason == "could be LOW or TINY"


def test_criteria_on_labels_and_expressions(define):
    condition = (
        '<BooleanExpression><ORedConditions><Condition><ParameterInstanceRef parameterRef="MODE"/>'
        "<ComparisonOperator>==</ComparisonOperator><Value>ON</Value></Condition>"
        '<Condition><ParameterInstanceRef parameterRef="MODE" useCalibratedValue="false"/>'
        "<ComparisonOperator>==</ComparisonOperator><Value>7</Value></Condition>"
        "</ORedConditions></BooleanExpression>"
    )
    heirs = [
        container("HK", ["MODE"], "CCSDSPacket", comparison("APID", 5)),
        container("HK_ON", ["A"], "HK", condition),
    ]
    definition = define(document({"MODE": enumerated(8, {1: "ON"}), "A": integer(8)}, heirs))
    table = tables(
        definition, header(5, 0, b"\1\x0a"), header(5, 1, b"\2\x0b"), header(5, 2, b"\7\x0c")
    ).tables[5]
    assert table.columns["MODE"].values.tolist() == ["ON", "2", "7"]
    assert table.columns["A"].present.tolist() == [True, False, True]


def test_sizes_that_follow_from_the_length_or_from_a_parameter(define):
    types = {
        "SIZE": integer(8),
        "DATA": binary(dynamic("SIZE", 8, -8)),
        "REST": binary(dynamic("LENGTH", 8, -16)),
    }
    heirs = [
        container("FREE", ["SIZE", "DATA"], "CCSDSPacket", comparison("APID", 1)),
        container("FULL", ["SIZE", "REST"], "CCSDSPacket", comparison("APID", 2)),
    ]
    definition = define(document(types, heirs))
    found = tables(
        definition,
        header(1, 0, b"\3ab"), header(1, 1, b"\1"), header(1, 2, b"\3cd"), header(1, 3, b"\2e"),
        header(1, 4, b"\x09f"), header(1, 5, b"\0"), header(2, 0, b"\0abc"), header(2, 1, b"\0ab"),
    )  # fmt: skip
    assert values(found.tables[1]) == {"SIZE": [3, 1, 3, 2], "DATA": [b"ab", b"", b"cd", b"e"]}
    # The length field counts one less than the bytes after the header.
    assert values(found.tables[2]) == {"SIZE": [0, 0], "REST": [b"a", b""]}
    assert found.tables[2].left_bits == 16
    assert sorted((one.index.tolist(), one.reason) for one in found.refused) == [
        ([4], "ends within DATA"),
        ([5], "DATA has -8 bits"),
    ]


@pytest.mark.parametrize("size", ["7fc00000", "7f800000", "7149f2ca"])  # NaN, infinity, 1e30
def test_a_size_that_is_none_costs_its_packet_alone(define, size):
    definition = define(simple({"SIZE": floating(32), "DATA": binary(dynamic("SIZE"))}))
    one = bytes.fromhex("3f800000") + b"a"
    found = tables(
        definition,
        header(100, 0, one), header(100, 1, bytes.fromhex(size) + b"b"), header(100, 2, one),
    )  # fmt: skip
    assert values(found.tables[100])["DATA"] == [b"a", b"a"]
    assert [refused.index.tolist() for refused in found.refused] == [[1]]


def test_a_label_is_no_size(define):
    types = {"SIZE": enumerated(8, {1: "ONE"}), "DATA": binary(dynamic("SIZE"))}
    found = tables(define(simple(types)), header(100, 0, b"\1a"))
    (refused,) = found.refused
    assert refused.reason == "DATA has -1 bits"


def test_what_comes_after_a_field_of_varying_size(define):
    types = {"SIZE": integer(8), "DATA": binary(dynamic("SIZE")), "LAST": integer(16)}
    table = tables(
        define(simple(types)),
        header(100, 0, b"\1aXY"), header(100, 1, b"\3abcXZ"), header(100, 2, b"\1bYY"),
    ).tables[100]  # fmt: skip
    assert values(table) == {
        "SIZE": [1, 3, 1],
        "DATA": [b"a", b"abc", b"b"],
        "LAST": [0x5859, 0x585A, 0x5959],
    }


def test_sizes_from_a_table(define):
    size = (
        '<DiscreteLookupList><DiscreteLookup value="8"><Comparison parameterRef="K" value="1"/>'
        '</DiscreteLookup><DiscreteLookup value="16"><Comparison parameterRef="K" value="2"/>'
        "</DiscreteLookup></DiscreteLookupList>"
    )
    found = tables(
        define(simple({"K": integer(8), "D": binary(size)})),
        header(100, 0, b"\1a"), header(100, 1, b"\2ab"), header(100, 2, b"\3abc"),
    )  # fmt: skip
    assert values(found.tables[100]) == {"K": [1, 2], "D": [b"a", b"ab"]}
    assert found.refused[0].reason == "D has -1 bits"


def test_text_of_all_kinds(define):
    types = {
        "PLAIN": text(32),
        "ENDS": text(32, inside="<TerminationChar>00</TerminationChar>"),
        "TOLD": text(32, inside='<LeadingSize sizeInBitsOfSizeTag="8"/>'),
        "ODD": text(16, "UTF-16BE"),
    }
    body = b"abcd" + b"ab\0?" + b"\x10xy?" + b"\0A"
    table = tables(define(simple(types)), header(100, 0, body), header(100, 1, body)).tables[100]
    assert values(table) == {
        "PLAIN": ["abcd"] * 2, "ENDS": ["ab"] * 2, "TOLD": ["xy"] * 2, "ODD": ["A"] * 2
    }  # fmt: skip
    assert table.columns["ENDS"].raw.tolist() == [b"ab\0?"] * 2


def test_text_that_tells_where_it_ends(define):
    variable = '<StringDataEncoding><Variable maxSizeInBits="64">{}</Variable></StringDataEncoding>'
    types = {
        "PASCAL": (
            "StringParameterType",
            variable.format('<LeadingSize sizeInBitsOfSizeTag="8"/>'),
        ),
        "C": ("StringParameterType", variable.format("<TerminationChar>00</TerminationChar>")),
        "END": integer(8),
    }
    found = tables(
        define(simple(types)),
        header(100, 0, b"\x10hitext\0\7"),
        header(100, 1, b"\0\0\x08"), header(100, 2, b"\x08?no end..."),
    )  # fmt: skip
    assert values(found.tables[100]) == {"PASCAL": ["hi", ""], "C": ["text", ""], "END": [7, 8]}
    assert found.refused[0].reason == "C has -1 bits"


def test_text_that_starts_within_a_byte_and_is_no_text(define):
    types = {"PAD": integer(4), "T": text(12), "END": integer(8)}
    table = tables(define(simple(types)), header(100, 0, b"\x06\x1f\xff")).tables[100]
    assert table.columns["T"].raw.tolist() == [b"\x61\xf0"]
    assert table.columns["T"].values.tolist() == ["a\ufffd"]


def placed(bits, origin="previousEntry", name="A"):
    return (
        f'<ParameterRefEntry parameterRef="{name}"><LocationInContainerInBits '
        f'referenceLocation="{origin}"><FixedValue>{bits}</FixedValue>'
        "</LocationInContainerInBits></ParameterRefEntry>"
    )


def test_entries_that_say_where_they_are(define):
    entries = [placed(8), placed(48, "containerStart", "B"), "C"]
    types = {"A": integer(8), "B": integer(8), "C": integer(8)}
    heir = container("P", entries, "CCSDSPacket", comparison("APID", 5))
    table = tables(define(document(types, [heir])), header(5, 0, b"\1\2\3")).tables[5]
    assert values(table) == {"A": [2], "B": [1], "C": [2]}


def test_entries_that_are_there_under_a_condition(define):
    optional = (
        '<ParameterRefEntry parameterRef="B"><IncludeCondition>'
        f"{comparison('A', 1)}</IncludeCondition></ParameterRefEntry>"
    )
    settled = optional.replace('parameterRef="A" value="1"', 'parameterRef="LENGTH" value="99"')
    types = {"A": integer(8), "B": integer(8), "C": integer(8)}
    heir = container("P", ["A", optional, settled, "C"], "CCSDSPacket", comparison("APID", 5))
    table = tables(
        define(document(types, [heir])), header(5, 0, b"\1\2\3"), header(5, 1, b"\0\7\0")
    ).tables[5]
    assert table.columns["C"].values.tolist() == [3, 7]
    assert table.columns["B"].present.tolist() == [True, False]


def test_containers_within_containers(define):
    inner = container("INNER", ["A", placed(8, "containerStart", "B")])
    entries = ["C", '<ContainerRefEntry containerRef="INNER"/>', "D"]
    outer = container("P", entries, "CCSDSPacket", comparison("APID", 5))
    types = {name: integer(8) for name in "ABCD"}
    table = tables(define(document(types, [inner, outer])), header(5, 0, b"\1\2\3\4")).tables[5]
    assert values(table) == {"C": [1], "A": [2], "B": [3], "D": [4]}


def test_context_calibrators_of_the_document(define):
    context = (
        "<ContextCalibratorList><ContextCalibrator><ContextMatch><ComparisonList>"
        f"{comparison('R', 1, calibrated='false')}</ComparisonList></ContextMatch>"
        f"{polynomial(0.0, 2.0, tag='Calibrator')}</ContextCalibrator></ContextCalibratorList>"
    )
    types = {"R": integer(8), "V": integer(8, inside=polynomial(5.0, 1.0) + context)}
    table = tables(define(simple(types)), header(100, 0, b"\0\4"), header(100, 1, b"\1\4")).tables[
        100
    ]
    assert table.columns["V"].values.tolist() == [9.0, 8.0]


@pytest.mark.parametrize("name", ["VERSION", "APID"])
def test_a_name_that_comes_twice_has_its_last_value(define, name):
    definition = define(
        document({}, [container("P", [name], "CCSDSPacket", comparison("APID", 5))])
    )
    table = tables(definition, header(5, 0, b"\xe0\x50")).tables[5]
    assert table.columns[name].values.tolist() == [{"VERSION": 7, "APID": 0xE050 >> 5}[name]]
