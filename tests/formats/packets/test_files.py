"""Tables as files: the same columns in every part, types and units, and no half file."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.formats.packets import decode, encode, framed
from gnomon.formats.packets.files import Tables
from xtce_documents import (
    binary,
    comparison,
    container,
    document,
    enumerated,
    fixed,
    floating,
    integer,
    polynomial,
    simple,
    text,
)

BOOLEAN = ("BooleanParameterType", '<IntegerDataEncoding sizeInBits="8"/>')
TYPES = {
    "U": integer(12), "S": integer(20, "signed"), "V": integer(16, inside=polynomial(0.1, 0.3),
    unit="V"), "F": floating(32), "M": enumerated(8, {1: "ON, or so"}), "D": binary(fixed(16)),
    "T": text(16), "W": integer(72), "B": BOOLEAN,
}  # fmt: skip
VALUES = {
    "U": [4095, 0], "S": [-5, 5], "V": [1, 2], "F": [0.1, -0.0], "M": [1, 2],
    "D": [b"ab", b"\0\xff"],
    "T": [b"hi", b"ho"], "W": [2**72 - 1, 7], "B": [0, 3],
}  # fmt: skip


def write(folder, definition, *streams, **options):
    with Tables(folder, definition, **options) as tables:
        for stream in streams:
            for part in framed(stream, apids=definition.apids()):
                for table in decode(definition, part.packets).tables.values():
                    tables.add(table)
    return tables.paths()


def test_values_types_and_units(define, tmp_path):
    definition = define(simple(TYPES))
    paths = write(tmp_path / "out", definition, encode(definition, "PACKET", VALUES))
    csv, parquet = paths[100]
    assert (csv.name, parquet.name) == ("PACKET.csv", "PACKET.parquet")
    table = pq.read_table(parquet)
    names = [str(table.schema.field(name).type) for name in TYPES]
    assert names == [
        "uint16", "int32", "double", "double", "string", "binary", "string", "string", "bool"
    ]  # fmt: skip
    assert table.schema.field("V").metadata == {b"unit": b"V"}
    assert table["V"].to_pylist() == [0.1 + 0.3, 0.1 + 0.6]
    assert table["M"].to_pylist() == ["ON, or so", "2"]
    assert table["D"].to_pylist() == [b"ab", b"\0\xff"]
    assert table["W"].to_pylist() == [str(2**72 - 1), "7"]
    first, one, two = csv.read_text().splitlines()
    assert first.replace('"', "").split(",")[7:] == list(TYPES)
    assert one.endswith('4095,-5,0.4,0.10000000149011612,"ON, or so","6162","hi",'
                        f'"{2**72 - 1}",false')  # fmt: skip
    assert two.endswith('0,5,0.7,-0,"2","00ff","ho","7",true')


def test_raw_values(define, tmp_path):
    definition = define(simple(TYPES))
    paths = write(tmp_path, definition, encode(definition, "PACKET", VALUES), raw=True)
    table = pq.read_table(paths[100][1])
    assert table["V"].to_pylist() == [1, 2]
    assert table["M"].to_pylist() == [1, 2]
    assert table["B"].to_pylist() == [0, 3]
    assert table["T"].to_pylist() == [b"hi", b"ho"]


def test_every_part_has_the_columns_of_all(define, tmp_path):
    heirs = [
        container("HK", ["K"], "CCSDSPacket", comparison("APID", 5)),
        container("HK_1", ["X"], "HK", comparison("K", 1)),
        container("HK_2", ["Y"], "HK", comparison("K", 2)),
    ]
    types = {"K": integer(8), "X": integer(8), "Y": enumerated(8, {4: "FOUR"})}
    definition = define(document(types, heirs))
    one = encode(definition, "HK_1", {"X": 3})
    two = encode(definition, "HK_2", {"Y": 4})
    paths = write(tmp_path, definition, one, two, one + two)
    assert paths[5][0].name == "HK.csv"
    table = pq.read_table(paths[5][1])
    assert table.column_names[7:] == ["K", "X", "Y"]
    assert table["X"].to_pylist() == [3, None, 3, None]
    assert table["Y"].to_pylist() == [None, "FOUR", None, "FOUR"]


def test_names_that_are_no_names_of_files_and_names_that_repeat(define, tmp_path):
    heirs = [
        container("A/B C", ["X"], "CCSDSPacket", comparison("APID", 5)),
        container("P", ["X"], "CCSDSPacket", comparison("APID", 6)),
    ]
    definition = define(document({"X": integer(8)}, heirs))
    packets = [encode(definition, name, {}) for name in ("A/B C", "P")]
    paths = write(tmp_path, definition, *packets)
    assert sorted(one.name for one, _ in paths.values()) == ["P.csv", "apid_5.csv"]


def test_no_half_file_is_left(define, tmp_path):
    definition = define(simple({"A": integer(8)}))
    (part,) = framed(encode(definition, "PACKET", {"A": 1}), apids=[100])
    (table,) = decode(definition, part.packets).tables.values()
    (tmp_path / "PACKET.csv").write_text("older")

    def fail():
        with Tables(tmp_path, definition) as tables:
            tables.add(table)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.glob("PACKET*")] == ["PACKET.csv"]
    assert (tmp_path / "PACKET.csv").read_text() == "older"


def test_the_same_packets_give_the_same_bytes(define, tmp_path):
    definition = define(simple(TYPES))
    stream = encode(definition, "PACKET", VALUES)
    one, two = (write(tmp_path / name, definition, stream)[100] for name in "ab")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_a_type_that_is_not_supported_is_text(define):
    from gnomon.formats.packets.files import arrow_type  # noqa: PLC0415

    parameter = define(simple({"A": ("ArrayParameterType", "")})).containers["PACKET"].entries[0]
    assert arrow_type(parameter.parameter) == pa.string()
