"""Parameter types: spellings, units, calibrators, and what is not supported."""

import pytest

from gnomon.errors import BadData
from gnomon.formats.packets.model import Binary, Fixed, Float, Integer, Lookup, Polynomial, Text
from xtce_documents import enumerated, floating, integer, polynomial, simple, text


@pytest.fixture
def type_of(define):
    """Return the type that one element gives, or the obstacle."""

    def call(kind):
        parameter = define(simple({"A": kind})).containers["PACKET"].entries[0].parameter
        return parameter.type or parameter.obstacle

    return call


@pytest.mark.parametrize(
    ("spelt", "code"),
    [("unsigned", "unsigned"), ("signed", "twos"), ("twosComplement", "twos"),
     ("twosCompliment", "twos"), ("onesComplement", "ones"), ("signMagnitude", "magnitude")],
)  # fmt: skip
def test_integers(type_of, spelt, code):
    assert type_of(integer(12, spelt)).encoding == Integer(12, code)


def test_byte_order(type_of):
    assert type_of(integer(16, order="leastSignificantByteFirst")).encoding.little
    assert not type_of(integer(16, order="mostSignificantByteFirst")).encoding.little
    assert type_of(integer(16, order="1 0")) == "byte order 1 0 is not supported"


@pytest.mark.parametrize(
    ("bits", "spelt", "code"),
    [(32, "IEEE754_1985", "ieee"), (64, "IEEE-754", "ieee"), (16, "IEEE754", "ieee"),
     (32, "MILSTD_1750A", "mil1750a"), (32, "MIL-1750A", "mil1750a")],
)  # fmt: skip
def test_floats(type_of, bits, spelt, code):
    assert type_of(floating(bits, spelt)).encoding == Float(bits, code)


@pytest.mark.parametrize(("bits", "spelt"), [(128, "IEEE754"), (48, "MILSTD_1750A"), (32, "DEC")])
def test_floats_that_are_not_supported(type_of, bits, spelt):
    assert type_of(floating(bits, spelt)).endswith("not supported")


def test_units_and_polynomials(type_of):
    of = type_of(integer(8, inside=polynomial(1.5, 0.25), unit="V"))
    assert (of.unit, of.calibrator) == ("V", Polynomial(((1.5, 0), (0.25, 1))))


def test_labels_and_ranges_of_labels(type_of):
    assert type_of(enumerated(2, {0: "OFF", 1: "ON"})).labels == {0: "OFF", 1: "ON"}
    kind, inside = enumerated(4, {1: "LOW"})
    inside = inside.replace('value="1"', 'value="1" maxValue="3"')
    assert type_of((kind, inside)).labels == {1: "LOW", 2: "LOW", 3: "LOW"}


def test_splines(type_of):
    points = '<SplinePoint raw="4" calibrated="1"/><SplinePoint raw="0" calibrated="9"/>'
    spline = (
        f"<DefaultCalibrator><SplineCalibrator{{}}>{points}</SplineCalibrator></DefaultCalibrator>"
    )
    found = type_of(integer(8, inside=spline.format(""))).calibrator
    assert (found.points, found.order, found.extrapolate) == (((0.0, 9.0), (4.0, 1.0)), 1, False)
    told = spline.format(' order="0" extrapolate="true"')
    found = type_of(integer(8, inside=told)).calibrator
    assert (found.order, found.extrapolate) == (0, True)
    high = type_of(integer(8, inside=spline.format(' order="3"')))
    assert high == "splines of order 3 are not supported"
    with pytest.raises(BadData, match="a spline of order 1 with 0 points"):
        type_of(integer(8, inside=spline.replace(points, "").format("")))


def test_operations_are_an_obstacle(type_of):
    inside = "<DefaultCalibrator><MathOperationCalibrator/></DefaultCalibrator>"
    assert type_of(integer(8, inside=inside)) == "calibration by MathOperation is not supported"


def test_text(type_of):
    assert type_of(text(64)).encoding == Text(Fixed(64), "UTF-8")
    ends = type_of(text(64, "US-ASCII", "<TerminationChar>00</TerminationChar>")).encoding
    assert (ends.charset, ends.terminator) == ("ascii", b"\0")
    sized = type_of(text(64, "UTF-16BE", '<LeadingSize sizeInBitsOfSizeTag="8"/>')).encoding
    assert (sized.charset, sized.size_bits) == ("UTF-16BE", 8)
    assert type_of(text(64, "UTF-16")).encoding.charset == "UTF-16BE"
    assert type_of(text(64, "KLINGON")) == "strings encoded as KLINGON are not supported"


def test_a_table_of_sizes(type_of):
    size = (
        '<DiscreteLookupList><DiscreteLookup value="16">'
        '<Comparison parameterRef="LENGTH" value="1"/></DiscreteLookup></DiscreteLookupList>'
    )
    inside = f"<BinaryDataEncoding><SizeInBits>{size}</SizeInBits></BinaryDataEncoding>"
    encoding = type_of(("BinaryParameterType", inside)).encoding
    assert isinstance(encoding, Binary)
    assert isinstance(encoding.size, Lookup)
    assert encoding.size.sizes[0][1] == 16


def test_times_are_scaled(type_of):
    kind = "AbsoluteTimeParameterType"
    raw = '<IntegerDataEncoding sizeInBits="32"/>'
    inside = f'<Encoding units="s" offset="5" scale="0.5">{raw}</Encoding>'
    of = type_of((kind, inside))
    assert (of.unit, of.calibrator) == ("s", Polynomial(((5.0, 0), (0.5, 1))))
    only = inside.replace(' scale="0.5"', "")
    assert type_of((kind, only)).calibrator == Polynomial(((5.0, 0), (1.0, 1)))
    plain = inside.replace(' offset="5" scale="0.5"', "")
    assert type_of((kind, plain)).calibrator is None


def test_booleans(type_of):
    inside = '<IntegerDataEncoding sizeInBits="1"/>'
    assert type_of(("BooleanParameterType", inside)).boolean
