"""Documents: their dialects, and what is refused."""

import pytest

from gnomon.errors import BadData, UnknownName
from gnomon.formats.packets import read_definition
from gnomon.formats.packets.model import Entry
from xtce_documents import (
    NAMESPACE,
    binary,
    comparison,
    container,
    document,
    fixed,
    integer,
    simple,
)


def test_the_header_and_the_apids(define):
    definition = define(simple({"A": integer(8)}, apid=7))
    assert definition.root == "CCSDSPacket"
    assert definition.header() == ("VERSION", "TYPE", "SEC_HDR", "APID", "FLAGS", "COUNT", "LENGTH")
    assert definition.apid_parameters() == {"APID"}
    assert definition.apids() == {7: "PACKET"}
    assert [one.name for one in definition.lineage("PACKET")] == ["CCSDSPacket", "PACKET"]
    with pytest.raises(UnknownName, match="did you mean 'PACKET'"):
        definition.container("PACKETS")


@pytest.mark.parametrize("prefix", ["xtce", "x", ""])
def test_any_prefix_and_none(define, prefix):
    heir = container("P", ["A"], "CCSDSPacket", comparison("APID", 5))
    assert define(document({"A": integer(8)}, [heir], prefix=prefix)).apids() == {5: "P"}


def test_a_document_with_a_default_namespace(define):
    text = simple({"A": integer(8)}).replace("xtce:", "").replace("xmlns:xtce", "xmlns")
    assert f'xmlns="{NAMESPACE}"' in text
    assert define(text).apids() == {100: "PACKET"}


def test_a_changed_document_is_read_again(tmp_path):
    path = tmp_path / "definition.xml"
    path.write_text(simple({"A": integer(8)}, apid=1))
    assert read_definition(path).apids() == {1: "PACKET"}
    path.write_text(simple({"A": integer(8)}, apid=222))
    assert read_definition(path).apids() == {222: "PACKET"}


def test_nested_space_systems_and_references_by_path(define):
    text = simple({"A": integer(8)})
    inner = text.replace("xmlns:xtce", "xmlns:ignored").replace('name="TEST"', 'name="SUB"')
    inner = inner.replace('parameterRef="A"', 'parameterRef="/TEST/SUB/A"')
    outer = f'<xtce:SpaceSystem xmlns:xtce="{NAMESPACE}" name="TEST">{inner}</xtce:SpaceSystem>'
    assert define(outer).apids() == {100: "PACKET"}


def test_the_root_is_the_container_that_has_heirs(define):
    text = simple({"A": integer(8)}).replace("CCSDSPacket", "Everything")
    assert define(text).root == "Everything"


def test_what_no_plan_can_express_is_an_obstacle_of_its_entry(define):
    repeated = (
        '<ParameterRefEntry parameterRef="A"><RepeatEntry><Count><FixedValue>2</FixedValue>'
        "</Count></RepeatEntry></ParameterRefEntry>"
    )
    placed = (
        '<ParameterRefEntry parameterRef="A"><LocationInContainerInBits '
        'referenceLocation="containerEnd"><FixedValue>8</FixedValue>'
        "</LocationInContainerInBits></ParameterRefEntry>"
    )
    array = '<ArrayParameterRefEntry parameterRef="A"/>'
    types = {"A": integer(8), "B": ("ArrayParameterType", ""), "C": integer(8, "packedBCD")}
    odd = [repeated, placed, array, "B", "C"]
    heir = container("P", odd, "CCSDSPacket", comparison("APID", 5))
    entries = define(document(types, [heir])).containers["P"].entries
    assert [entry.obstacle for entry in entries] == [
        "RepeatEntry is not supported",
        "a location by containerEnd is not supported",
        "ArrayParameterRefEntry is not supported",
        "ArrayParameterType is not supported",
        "integers encoded as packedBCD are not supported",
    ]
    assert all(isinstance(entry, Entry) for entry in entries)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no xml at all", "no XML"),
        ("<html><body/></html>", "the root element is html, not SpaceSystem"),
        (f'<SpaceSystem xmlns="{NAMESPACE}"/>', "no containers"),
        (document({}, [container("P", ["MISSING"])]), "nothing is called 'MISSING'"),
        (document({}, [container("P", [], "NOBODY")]), "P names no container: NOBODY"),
        (document({"A": ("IntegerParameterType", "")}, []), "type A_T has no encoding"),
        (document({"A": integer(0)}, []), "an integer of 0 bits"),
        (document({"A": binary("")}, []), "neither fixed nor dynamic"),
        (document({}, [container("P", [], "CCSDSPacket", comparison("APID", 1, "~"))]),
         "'~' is no comparison operator"),
        (document({"A": ("BinaryParameterType", "<BinaryDataEncoding/>")}, []), "SizeInBits"),
    ],
)  # fmt: skip
def test_a_document_that_makes_no_sense_is_refused(define, text, reason):
    with pytest.raises(BadData, match=reason) as raised:
        define(text)
    assert "definition_0.xml" in str(raised.value)


def test_two_containers_that_packets_could_start_with_are_refused(define):
    text = (
        document({}, [container("HEIR", [], "CCSDSPacket")])
        .replace("CCSDSPacket", "FIRST")
        .replace(
            "</xtce:ContainerSet>",
            '<xtce:SequenceContainer name="SECOND"/><xtce:SequenceContainer name="LAST">'
            '<xtce:BaseContainer containerRef="SECOND"/></xtce:SequenceContainer>'
            "</xtce:ContainerSet>",
        )
    )
    with pytest.raises(BadData, match="which container do packets start with"):
        define(text)


def test_a_container_that_builds_on_itself_is_refused(define):
    heirs = [container("A", [], "B"), container("B", [], "A")]
    with pytest.raises(BadData, match="builds on itself"):
        define(document({}, heirs)).lineage("A")


def test_a_container_that_holds_itself_is_refused(define):
    entry = '<ContainerRefEntry containerRef="{}"/>'
    heirs = [
        container("A", [entry.format("B")], "CCSDSPacket"),
        container("B", [entry.format("A")]),
    ]
    with pytest.raises(BadData, match="holds itself"):
        define(document({}, heirs))


def test_sizes_that_are_fixed(define):
    definition = define(simple({"A": binary(fixed(16))}))
    assert definition.containers["PACKET"].entries[0].parameter.type.encoding.size.bits == 16
