"""Text kernels as the Kernel Required Reading describes them."""

from decimal import Decimal

import pytest

from gnomon.errors import BadData
from gnomon.timescales.text_kernel import NS, instant_ns, read_text_kernel

SMALL = r"""KPL/SCLK
A = 1 stands before the data.
\begindata
A = ( 1 2.5D3,
      -3 )
b = 'it''s' B += ( 'two' )
   \begintext
A = 9
\begindata
T = @24-SEP-2025-22:31:35.831485
"""


@pytest.fixture
def kernel(tmp_path):
    path = tmp_path / "small.tsc"

    def read(text=SMALL):
        path.write_text(text)
        return read_text_kernel(path)

    return read


def test_only_data_counts(kernel):
    small = kernel()
    assert small.numbers("A") == (Decimal(1), Decimal(2500), Decimal(-3))
    assert small.words("B") == ("it's", "two")
    assert small.words("T") == ("@24-SEP-2025-22:31:35.831485",)
    assert small.integers("A") == (1, 2500, -3)


def test_a_missing_variable_is_named(kernel):
    with pytest.raises(BadData, match=r"small\.tsc: the kernel does not assign SCLK"):
        kernel().words("SCLK")


@pytest.mark.parametrize(
    "text",
    ["\\begindata\nA = ( 1 2", "\\begindata\nA 1", "\\begindata\nA =", "\\begindata\n= 1"],
)
def test_damage_is_bad_data(kernel, text):
    with pytest.raises(BadData, match=r"small\.tsc"):
        kernel(text)


def test_bytes_are_no_text_kernel(tmp_path):
    path = tmp_path / "x.bc"
    path.write_bytes(b"DAF/CK\xff\x00")
    with pytest.raises(BadData, match="no SPICE text kernel"):
        read_text_kernel(path)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("@2000-JAN-1-12:00:00", 0),
        ("@2000-01-01T12:00:00.5", NS // 2),
        ("@01-OCT-2025-20:01:12.288047", 812_620_872_288_047_000),
        ("@1972-JAN-1", -883_656_000 * NS),
        ("@01-JAN-2010-00:01:06.184000", 315_576_066_184_000_000),
        ("1.5D0", 1_500_000_000),
    ],
)
def test_times_to_their_last_decimal(word, expected):
    assert instant_ns(word, "x") == expected


@pytest.mark.parametrize("word", ["@2000-XYZ-1", "@2000", "@2000-JAN-32", "@2000-JAN-1-aa:00", "x"])
def test_what_is_no_time(word):
    with pytest.raises(BadData, match=r"k\.tls"):
        instant_ns(word, "k.tls")
