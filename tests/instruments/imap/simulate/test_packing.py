"""What is packed here one way is decoded the other way."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.formats.packets import decode, framed, read_definition
from gnomon.instruments.imap.simulate.packing import Field, Layout, definition, packed

APID = 1063


@st.composite
def layouts(draw):
    fields = [
        Field(f"F{n}", draw(st.integers(1, 40)), signed=draw(st.booleans()))
        for n in range(draw(st.integers(1, 12)))
    ]
    fields = [Field(f.name, max(f.bits, 2), signed=True) if f.signed else f for f in fields]
    spare = -sum(field.bits for field in fields) % 8
    return Layout("A_B", APID, (*fields, *([Field("SPARE", spare)] if spare else [])))


def values_of(draw, field, count):
    half = 1 << field.bits - 1
    low, high = (-half, half - 1) if field.signed else (0, 2 * half - 1)
    numbers = draw(st.lists(st.integers(low, high), min_size=count, max_size=count))
    return np.array(numbers, dtype=np.int64)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), layout=layouts(), count=st.integers(1, 4))
def test_any_integers_come_back(tmp_path_factory, data, layout, count):
    values = {field.name: values_of(data.draw, field, count) for field in layout.fields}
    bodies = packed(layout, values, np.arange(count))
    path = tmp_path_factory.mktemp("xtce") / "d.xml"
    path.write_bytes(definition([layout], "MAG"))
    (found,) = framed(b"".join(bodies))
    table = decode(read_definition(path), found.packets).tables[APID]
    for field in layout.fields:
        column = table.columns[f"A_B.{field.name}"]
        np.testing.assert_array_equal(np.asarray(column.values, np.int64), values[field.name])


@pytest.mark.parametrize("bits", [32, 64])
def test_floats_and_tails_come_back(tmp_path, bits):
    layout = Layout("A_B", APID, (Field("X", bits, is_float=True),), trailing="DATA")
    tails = [b"one", b"", b"three"]
    bodies = packed(layout, {"X": np.array([1.5, -0.0, np.inf])}, np.arange(3), tails)
    path = tmp_path / "d.xml"
    path.write_bytes(definition([layout], "MAG"))
    (found,) = framed(b"".join(bodies))
    columns = decode(read_definition(path), found.packets).tables[APID].columns
    assert columns["A_B.X"].values.tolist() == [1.5, -0.0, np.inf]
    assert [bytes(tail) for tail in columns["A_B.DATA"].values] == tails
