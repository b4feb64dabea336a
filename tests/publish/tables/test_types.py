"""Types of columns: spelled, and widened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.publish.tables.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT,
    INTEGER,
    NUMERIC,
    TEXT,
    Name,
    Type,
    known_type,
    parse_type,
    wider,
)

VARCHARS = st.integers(1, 100).map(lambda length: Type(Name.VARCHAR, length))
TYPES = st.sampled_from([BOOLEAN, INTEGER, BIGINT, NUMERIC, FLOAT, DATE, DATETIME, TEXT]) | VARCHARS


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("integer", INTEGER),
        ("INT", INTEGER),
        ("bigint", BIGINT),
        ("float", FLOAT),
        ("Double  Precision", FLOAT),
        ("timestamp without time zone", DATETIME),
        ("datetime", DATETIME),
        ("varchar(12)", Type(Name.VARCHAR, 12)),
        ("character varying( 3 )", Type(Name.VARCHAR, 3)),
        ("varchar", TEXT),
        ("boolean", BOOLEAN),
    ],
)
def test_types_are_spelled_as_job_files_and_databases_do(text, kind):
    assert parse_type(text) == kind


@pytest.mark.parametrize("text", ["", "jsonb", "varchar(0)", "timestamp with time zone", "int[]"])
def test_what_is_no_type_of_ours_is_told(text):
    assert known_type(text) is None
    with pytest.raises(ConfigError, match="is no type; write one of boolean"):
        parse_type(text)


@given(TYPES)
def test_a_type_is_spelled_so_that_it_reads_back(kind):
    assert parse_type(str(kind)) == kind


@given(TYPES, TYPES, TYPES)
def test_the_wider_of_types_does_not_depend_on_their_order(one, other, third):
    assert wider(one, other) == wider(other, one)
    assert wider(one, one) == one
    joined = wider(one, other)
    assert wider(joined, one) == wider(joined, other) == joined
    assert wider(joined, third) == wider(wider(joined, third), one)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (INTEGER, BIGINT, BIGINT),
        (BIGINT, NUMERIC, NUMERIC),
        (INTEGER, FLOAT, FLOAT),
        (DATE, DATETIME, DATETIME),
        (Type(Name.VARCHAR, 3), Type(Name.VARCHAR, 9), Type(Name.VARCHAR, 9)),
        (Type(Name.VARCHAR, 3), INTEGER, TEXT),
        (BOOLEAN, INTEGER, TEXT),
        (DATE, FLOAT, TEXT),
    ],
)
def test_the_wider_type_holds_both(one, other, both):
    assert wider(one, other) == both
