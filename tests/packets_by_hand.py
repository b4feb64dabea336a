"""Packets made by hand: a header, the clock's seconds, and a body."""

import numpy as np

PW, STATUS, MTRAN, SPACECRAFT = 1063, 1064, 1024, 645
HEAD = """<?xml version='1.0'?>
<xtce:SpaceSystem xmlns:xtce="http://www.omg.org/space/xtce" name="S"><xtce:TelemetryMetaData>"""


def packet(met_s, count, body=bytes(8), apid=PW):
    """Return one packet."""
    data = int(met_s).to_bytes(4, "big") + body
    words = (0x0800 | apid, 0xC000 | count % 16384, len(data) - 1)
    return b"".join(word.to_bytes(2, "big") for word in words) + data


def stream(mets, first=0, apid=PW, body=bytes(8)):
    """Return packets that follow one another."""
    return [packet(met, first + n, body, apid) for n, met in enumerate(mets)]


def xtce(name, apid, fields):
    """Return a definition of one packet: (name, bits) each, after the primary header."""
    header = (("VERSION", 3), ("TYPE", 1), ("SEC_HDR_FLG", 1), ("PKT_APID", 11),
              ("SEQ_FLGS", 2), ("SRC_SEQ_CTR", 14), ("PKT_LEN", 16))  # fmt: skip
    own = [(f"{name}.{field}", bits) for field, bits in fields]
    types = "".join(
        f'<xtce:IntegerParameterType name="{n}" signed="false">'
        f'<xtce:IntegerDataEncoding sizeInBits="{bits}" encoding="unsigned"/>'
        "</xtce:IntegerParameterType>"
        for n, bits in (*header, *own)
    )
    parameters = "".join(
        f'<xtce:Parameter name="{n}" parameterTypeRef="{n}"/>' for n, _ in (*header, *own)
    )
    return (
        f"{HEAD}<xtce:ParameterTypeSet>{types}</xtce:ParameterTypeSet>"
        f"<xtce:ParameterSet>{parameters}</xtce:ParameterSet><xtce:ContainerSet>"
        f'<xtce:SequenceContainer name="CCSDSPacket" abstract="true">{_entries(header)}'
        f'</xtce:SequenceContainer><xtce:SequenceContainer name="{name}">{_entries(own)}'
        '<xtce:BaseContainer containerRef="CCSDSPacket"><xtce:RestrictionCriteria>'
        f'<xtce:Comparison parameterRef="PKT_APID" value="{apid}" useCalibratedValue="false"/>'
        "</xtce:RestrictionCriteria></xtce:BaseContainer></xtce:SequenceContainer>"
        "</xtce:ContainerSet></xtce:TelemetryMetaData></xtce:SpaceSystem>"
    )


def _entries(fields):
    refs = "".join(f'<xtce:ParameterRefEntry parameterRef="{n}"/>' for n, _ in fields)
    return f"<xtce:EntryList>{refs}</xtce:EntryList>"


def mets(start, number, every=4):
    """Return seconds of the clock."""
    return (start + every * np.arange(number)).tolist()
