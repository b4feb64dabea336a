"""Small XTCE documents, written from lines that say what matters."""

from xml.sax.saxutils import escape

HEADER = {"VERSION": 3, "TYPE": 1, "SEC_HDR": 1, "APID": 11, "FLAGS": 2, "COUNT": 14, "LENGTH": 16}
NAMESPACE = "http://www.omg.org/spec/XTCE/20180204"


def integer(bits, encoding="unsigned", order="", inside="", unit=""):
    order = f' byteOrder="{order}"' if order else ""
    units = f"<UnitSet><Unit>{unit}</Unit></UnitSet>" if unit else ""
    return "IntegerParameterType", (
        f'{units}<IntegerDataEncoding sizeInBits="{bits}" encoding="{encoding}"{order}>{inside}'
        "</IntegerDataEncoding>"
    )


def floating(bits, encoding="IEEE754", order="", inside=""):
    order = f' byteOrder="{order}"' if order else ""
    return "FloatParameterType", (
        f'<FloatDataEncoding sizeInBits="{bits}" encoding="{encoding}"{order}>{inside}'
        "</FloatDataEncoding>"
    )


def enumerated(bits, labels, encoding="unsigned"):
    rows = "".join(f'<Enumeration value="{v}" label="{text}"/>' for v, text in labels.items())
    return "EnumeratedParameterType", (
        f'<IntegerDataEncoding sizeInBits="{bits}" encoding="{encoding}"/>'
        f"<EnumerationList>{rows}</EnumerationList>"
    )


def binary(size):
    return "BinaryParameterType", (
        f"<BinaryDataEncoding><SizeInBits>{size}</SizeInBits></BinaryDataEncoding>"
    )


def text(size, encoding="UTF-8", inside=""):
    return "StringParameterType", (
        f'<StringDataEncoding encoding="{encoding}"><SizeInBits><Fixed><FixedValue>{size}'
        f"</FixedValue></Fixed>{inside}</SizeInBits></StringDataEncoding>"
    )


def fixed(bits):
    return f"<FixedValue>{bits}</FixedValue>"


def dynamic(name, slope=8, intercept=0, calibrated="true"):
    return (
        f'<DynamicValue><ParameterInstanceRef parameterRef="{name}" '
        f'useCalibratedValue="{calibrated}"/><LinearAdjustment slope="{slope}" '
        f'intercept="{intercept}"/></DynamicValue>'
    )


def polynomial(*coefficients, tag="DefaultCalibrator"):
    terms = "".join(
        f'<Term coefficient="{c!r}" exponent="{n}"/>' for n, c in enumerate(coefficients)
    )
    return f"<{tag}><PolynomialCalibrator>{terms}</PolynomialCalibrator></{tag}>"


def comparison(name, value, operator="==", calibrated="true"):
    return (
        f'<Comparison parameterRef="{name}" value="{value}" '
        f'comparisonOperator="{escape(operator)}" '
        f'useCalibratedValue="{calibrated}"/>'
    )


def container(name, entries, base="", criteria="", abstract="false"):
    """`entries` are names of parameters, or elements as they stand."""
    listed = "".join(
        one if one.startswith("<") else f'<ParameterRefEntry parameterRef="{one}"/>'
        for one in entries
    )
    inherits = (
        f'<BaseContainer containerRef="{base}"><RestrictionCriteria>{criteria}'
        "</RestrictionCriteria></BaseContainer>"
        if base
        else ""
    )
    return (
        f'<SequenceContainer name="{name}" abstract="{abstract}">{inherits}'
        f"<EntryList>{listed}</EntryList></SequenceContainer>"
    )


def document(types, containers, prefix="xtce"):
    """Return a document: `types` by name of their parameter, and containers besides the root."""
    types = {name: integer(bits) for name, bits in HEADER.items()} | types
    root = container("CCSDSPacket", HEADER, abstract="true")
    body = (
        "<TelemetryMetaData><ParameterTypeSet>"
        + "".join(f'<{tag} name="{n}_T">{inside}</{tag}>' for n, (tag, inside) in types.items())
        + "</ParameterTypeSet><ParameterSet>"
        + "".join(f'<Parameter name="{n}" parameterTypeRef="{n}_T"/>' for n in types)
        + "</ParameterSet><ContainerSet>"
        + root
        + "".join(containers)
        + "</ContainerSet></TelemetryMetaData>"
    )
    if prefix:
        body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
        start = f'<{prefix}:SpaceSystem xmlns:{prefix}="{NAMESPACE}" name="TEST">'
        return f"{start}{body}</{prefix}:SpaceSystem>"
    return f'<SpaceSystem name="TEST">{body}</SpaceSystem>'


def simple(types, apid=100, name="PACKET"):
    """Return a document of one packet that has all parameters in order."""
    heir = container(name, types, "CCSDSPacket", comparison("APID", apid))
    return document(types, [heir])


def header(apid, count, body, secondary=0):
    """Return a packet of bytes."""
    words = (secondary << 11 | apid, 3 << 14 | count % (1 << 14), len(body) - 1)
    return b"".join(word.to_bytes(2) for word in words) + body
