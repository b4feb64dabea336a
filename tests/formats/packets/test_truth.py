"""Real packets against the values that an independent decoder gave for each of them."""

import csv
import gzip
import random
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gnomon.formats.packets import decode, encode, framed, read_definition
from gnomon.formats.packets.model import Binary, Fixed, Integer

NAMES = ("PW", "STATUS", "SCI")
SID15_LENGTH_FIELD = 1563  # of the real packets, whose sizes follow from it


@pytest.fixture(scope="module")
def definition(real):
    return read_definition(real / "definitions/mag_17.9.xml")


@pytest.fixture(scope="module")
def oracle(definition):
    """The peer's definition of the same document."""
    module = pytest.importorskip("space_packet_parser.xtce.definitions")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return module.XtcePacketDefinition.from_xtce(definition.path)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_every_packet_is_that_of_the_truth(real, definition, name):
    (part,) = framed(real / f"packets/MAG_HSK_{name}.pkts")
    decoded = decode(definition, part.packets)
    (table,) = decoded.tables.values()
    with gzip.open(real / f"truth/MAG_HSK_{name}.packets.csv.gz", "rt") as file:
        first, *rows = csv.reader(file)
    assert list(table.columns) == first
    assert len(table) == len(rows) == len(part.packets)
    for (header, column), truth in zip(table.columns.items(), zip(*rows, strict=True), strict=True):
        assert [str(value) for value in column.values.tolist()] == list(truth), header
    assert (part.lost, decoded.unknown, decoded.refused, decoded.fallback) == ((), {}, (), {})
    assert table.name == f"MAG_HSK_{name}"
    assert table.header == tuple(first[:7])
    assert table.left_bits == 0


@pytest.mark.parametrize("name", NAMES)
def test_raw_values_encode_to_the_same_bytes(real, definition, name):
    source = (real / f"packets/MAG_HSK_{name}.pkts").read_bytes()
    (part,) = framed(source)
    (table,) = decode(definition, part.packets).tables.values()
    raw = {name: column.raw for name, column in table.columns.items()}
    assert encode(definition, table.name, raw, part.packets.count) == source


def random_raw(rng, parameter, number):
    """Return raw values over the whole range of a parameter, the ends among them."""
    of = parameter.type
    if of.labels:
        return rng.choice(np.array(list(of.labels)), number)
    if isinstance(of.encoding, Integer):
        bits = of.encoding.bits
        values = [int.from_bytes(rng.bytes(-(-bits // 8))) % (1 << bits) for _ in range(number)]
        values[:2] = 0, (1 << bits) - 1
        if of.encoding.code == "twos":
            values = [v - (1 << bits) if v >> (bits - 1) else v for v in values]
        return np.array(values, object)
    assert isinstance(of.encoding, Binary)
    if isinstance(of.encoding.size, Fixed):
        size = of.encoding.size.bits // 8
    elif parameter.name.startswith("MAG_HSK_SID15."):
        size = of.encoding.size.of(SID15_LENGTH_FIELD) // 8
    else:
        size = int(rng.integers(1, 40))
    return [rng.bytes(size) for _ in range(number)]


def plain(value):
    kind = next(kind for kind in (int, float, bytes, str) if isinstance(value, kind))
    return kind(value)


def test_random_packets_of_every_container_decode_as_the_peer_decodes_them(definition, oracle):
    rng, compared = np.random.default_rng(11), 0
    for apid, name in definition.apids().items():
        values = {
            entry.parameter.name: random_raw(rng, entry.parameter, 6)
            for entry in definition.containers[name].entries
        }
        (part,) = framed(encode(definition, name, values, count=16380))
        table = decode(definition, part.packets).tables[apid]
        columns = {n: (c.values.tolist(), c.raw.tolist()) for n, c in table.columns.items()}
        assert len(table) == 6
        for row in range(6):
            packet = oracle.parse_bytes(part.packets.packet(row))
            assert list(packet) == list(columns)
            for key, value in packet.items():
                ours, raw = (both[row] for both in columns[key])
                assert (repr(plain(value)), value.raw_value) == (repr(ours), raw), key
                compared += 1
    assert compared == 6 * (1581 + 7 * 44)


def test_the_garbage_that_spoilt_the_other_decoder_costs_no_row(real, definition):
    """Three bytes in the middle left 50 rows of 667 there, five at the start none."""
    source = (real / "packets/MAG_HSK_PW.pkts").read_bytes()

    def rows(data):
        parts = list(framed(data, apids=definition.apids()))
        tables = [decode(definition, part.packets).tables[1063] for part in parts]
        keys = {
            key
            for table in tables
            for key in zip(
                table.columns["MAG_HSK_PW.SHCOARSE"].values.tolist(),
                table.columns["SRC_SEQ_CTR"].values.tolist(),
                strict=True,
            )
        }
        return len(keys), sum(lost.stop - lost.start for part in parts for lost in part.lost)

    assert rows(source) == (667, 0)
    assert rows(source[:-7]) == (667, 43)
    assert rows(b"\x01\x02\x03\x04\x05" + source) == (667, 5)
    middle = 50 * 101 + 20
    assert rows(source[:middle] + b"\xaa\xbb\xcc" + source[middle:]) == (667, 53)
    between = 50 * 101
    assert rows(source[:between] + b"\xaa\xbb\xcc" + source[between:]) == (667, 3)
    wrong = bytearray(source)
    wrong[50 * 101 + 4 : 50 * 101 + 6] = (4000).to_bytes(2)
    assert rows(bytes(wrong)) == (667, 50)


def test_an_empty_file_has_no_packets(real):
    assert list(framed(real / "packets/EMPTY_HK.pkts")) == []


def test_a_definition_is_read_once(real):
    path = Path(real / "definitions/mag_17.9.xml")
    assert read_definition(path) is read_definition(path)


def test_random_bytes_as_packets_of_every_apid_are_each_accounted_for_once(definition):
    rng = np.random.default_rng(4)
    stream = b"".join(
        (0x800 | apid).to_bytes(2) + b"\xc0\0" + (size - 1).to_bytes(2) + rng.bytes(size)
        for apid in [*definition.apids(), 1, 2]
        for size in rng.integers(1, 1600, 8).tolist()
    )
    (part,) = framed(stream, apids=[*definition.apids(), 1, 2])
    assert len(part.packets) == 8 * 46
    found = decode(definition, part.packets)
    places = [table.index for table in found.tables.values()]
    places += [refused.index for refused in found.refused]
    told = np.sort(np.concatenate(places)).tolist()
    known = ~np.isin(part.packets.apid, [1, 2])
    assert told == np.flatnonzero(known).tolist()
    assert found.unknown == {1: 8, 2: 8}


@pytest.fixture(scope="module")
def mixed(real):
    """Some of the real packets, of three APIDs."""
    found = []
    for name in NAMES:
        (part,) = framed(real / f"packets/MAG_HSK_{name}.pkts")
        found += [part.packets.packet(n) for n in range(0, len(part.packets), 5)]
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("is_told", [False, True])
def test_garbage_at_many_places_costs_what_it_touches(definition, mixed, seed, is_told):
    rng = random.Random(seed)
    packets = rng.sample(mixed, 500)
    source, touched = [], 0
    for number, packet in enumerate(packets):
        if rng.random() < 0.05:
            at = rng.choice([0, rng.randrange(1, len(packet))])
            if at:
                packets[number], touched = None, touched + 1
            source += [packet[:at], rng.randbytes(rng.choice([1, 2, 4, 16, 60, 400])), packet[at:]]
        else:
            source.append(packet)
    stream, apids = b"".join(source), definition.apids() if is_told else ()
    whole = list(framed(stream, apids=apids))
    found = [part.packets.packet(n) for part in whole for n in range(len(part.packets))]
    # Without a checksum one cannot always tell whether garbage is behind a packet or within it.
    assert (Counter(one for one in packets if one) - Counter(found)).total() <= 1
    assert len(found) <= 500 - touched + max(2, touched // 5)
    small = list(framed(stream, 500, apids))
    assert len(small) > 10
    assert [one for part in small for one in part.lost] == [o for p in whole for o in p.lost]
