"""Numbers of profiles, addresses, and rows as bytes."""

import struct
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.core.fingerprint import canonical
from gnomon.errors import BadData
from gnomon.instruments.argo.load.binary import copy_stream
from gnomon.instruments.argo.load.publisher import DatabaseConfig
from gnomon.instruments.argo.load.schema import (
    LEVEL_TABLE,
    TABLES,
    profile_id,
    profile_ids,
    profile_key,
)
from gnomon.publish.databases.address import Address

KEYS = st.tuples(
    st.integers(1, 9_999_999), st.integers(0, 9999), st.sampled_from("AD"), st.integers(0, 127)
)


@given(KEYS)
def test_a_profiles_number_tells_its_key(key):
    assert profile_key(profile_id(*key)) == key


@given(KEYS, KEYS)
def test_numbers_sort_as_the_tables_do(one, other):
    assert (profile_id(*one) < profile_id(*other)) == (one < other)


@pytest.mark.parametrize(("cycle", "n_prof"), [(-1, 0), (10_000, 0), (0, -1), (0, 128)])
def test_keys_without_a_number_are_rejected(cycle, n_prof):
    with pytest.raises(BadData, match=r"is not in 0 to"):
        profile_ids(1, np.array([0, cycle]), np.array([False, True]), np.array([0, n_prof]))


def test_the_rows_of_a_float_are_one_range():
    first, last = profile_id(6901929, 0, "A", 0), profile_id(6901929, 9999, "D", 127)
    condition = LEVEL_TABLE.of_float(6901929)
    assert condition == f"profile_id >= {first} AND profile_id < {last + 1}"


def test_every_key_and_index_is_of_columns():
    for table in TABLES:
        assert set(table.key) <= set(table.names)
        assert {name for index in table.indexes for name in index.split(", ")} <= set(table.names)


# -- addresses

URLS = {
    "postgresql://me:s3cret@host:5432/db": "postgresql://me:***@host:5432/db",
    "postgresql://me:s3/cr@et@host/db": "postgresql://me:***@host/db",
    "postgresql://me@host/db": "postgresql://me@host/db",
    "postgresql://host/db?user=me&password=s3cret&x=1": (
        "postgresql://host/db?user=me&password=***&x=1"
    ),
    "redis://:s3cret@host:6379/0": "redis://:***@host:6379/0",
    "sqlite:////data/file.db": "sqlite:////data/file.db",
}


@pytest.mark.parametrize(("url", "shown"), URLS.items())
def test_passwords_are_never_shown(url, shown):
    address = Address(url)
    config = DatabaseConfig(url=url)
    assert str(address) == shown
    for text in (repr(address), repr(config), str(config), canonical(config)):
        assert shown in text
        assert "s3" not in text
    assert config.url.get_secret_value() == url


def test_another_password_is_the_same_target():
    one, other = (DatabaseConfig(url=f"postgresql://me:{word}@h/d") for word in ("a", "b"))
    assert canonical(one) == canonical(other)


def test_messages_are_cleaned():
    address = Address("postgresql://me:s%2F3@host/db?password=hush")
    assert address.clean("s%2F3, s/3 and hush") == "***, *** and ***"
    assert Address("postgresql://me:@host").clean("as it is") == "as it is"


@pytest.mark.parametrize("url", ["postgresql+psycopg://h/d", "POSTGRESQL://h/d"])
def test_schemes(url):
    assert Address(url).scheme == "postgresql"


# -- COPY


def parsed(table):
    """Read a stream of COPY back, after the manual."""
    data = b"".join(bytes(piece) for piece in copy_stream(table))
    assert data[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    at, rows = 19, []
    while (number := struct.unpack_from(">h", data, at)[0]) >= 0:
        at += 2
        row = []
        for _ in range(number):
            (length,) = struct.unpack_from(">i", data, at)
            at += 4
            row.append(None if length < 0 else data[at : at + length])
            at += max(length, 0)
        rows.append(tuple(row))
    assert at + 2 == len(data)
    return rows


def encoded(value, kind):
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return struct.pack(">q", round((value - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds()))
    codes = {pa.int16(): ">h", pa.int32(): ">i", pa.int64(): ">q", pa.float32(): ">f"}
    return struct.pack(codes.get(kind, ">d"), value)


VALUES = {
    pa.int16(): st.integers(-(2**15), 2**15 - 1),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(max_size=5).filter(lambda text: "\ud800" not in text),
}


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=5))
    number = draw(st.integers(0, 12))
    columns = [
        draw(st.lists(st.none() | VALUES[kind], min_size=number, max_size=number)) for kind in kinds
    ]
    made = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    names = [f"c{index}" for index in range(len(kinds))]
    return pa.table(made, names=names).slice(draw(st.integers(0, 3)))


@settings(deadline=None)
@given(tables())
def test_rows_are_copied_whole_in_whatever_order(table):
    kinds = [field.type for field in table.schema]
    expected = [
        tuple(encoded(value, kind) for value, kind in zip(row.values(), kinds, strict=True))
        for row in (dict(zip(table.column_names, r, strict=True)) for r in rows_in(table))
    ]
    assert sorted(parsed(table), key=repr) == sorted(expected, key=repr)


def rows_in(table):
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_pieces_of_many_rows_and_chunks_are_one_stream(monkeypatch):
    monkeypatch.setattr("gnomon.instruments.argo.load.binary._ROWS", 7)
    texts = ["x", None, "yy", ""] * 2 + ["", "z"]
    piece = pa.table({"a": pa.array(range(10), pa.int32()), "b": texts})
    table = pa.concat_tables([piece, piece.slice(3), piece])
    expected = [tuple(encoded(value, pa.int32()) for value in row) for row in rows_in(table)]
    assert sorted(parsed(table), key=repr) == sorted(expected, key=repr)
