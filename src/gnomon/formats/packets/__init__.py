"""CCSDS packets and XTCE definitions: find packets, decode them into columns, encode them.

>>> definition = read_definition(Path("mission.xml"))
>>> for part in framed(Path("telemetry.bin")):
...     for table in decode(definition, part.packets).tables.values():
...         print(table.name, table.columns["SHCOARSE"].values)
"""

from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.decode import Decoded, PacketTable, Refused, decode
from gnomon.formats.packets.encode import encode
from gnomon.formats.packets.frames import Framed, Lost, Packets, framed
from gnomon.formats.packets.model import Definition
from gnomon.formats.packets.xtce import read_definition

__all__ = [
    "Column",
    "Decoded",
    "Definition",
    "Framed",
    "Lost",
    "PacketTable",
    "Packets",
    "Refused",
    "decode",
    "encode",
    "framed",
    "read_definition",
]
