"""The housekeeping packets that are kept: APIDs, and the names that archives and users give them.

WebPODA knows a packet by the name of its container (``MAG_HSK_PW``, ``SCID_X285``), the store by
that name without its first part (``hsk-pw``, ``x285``). The science packets are not among them:
they are decoded at the science data centre.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from gnomon.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Packet:
    """One sort of packet.

    Attributes
    ----------
    apid : int
        Application process identifier, 11 bits (CCSDS 133.0-B, 4.1.3.3).
    name : str
        Of its container, and at WebPODA.
    instrument : {"mag", "sc"}
        Whose it is: the magnetometer's, or the spacecraft's.
    """

    apid: int
    name: str
    instrument: str

    @property
    def store_name(self) -> str:
        """How files and folders of the store call it."""
        _, parted, rest = self.name.partition("_")
        return (rest if parted else self.name).lower().replace("_", "-")

    @property
    def ending(self) -> str:
        """The name without its first part: ``HSK_PW``."""
        return self.name.partition("_")[2] or self.name


_MAG = {
    995: "PROG_NOOP",
    1000: "HSK_AUTONOMY",
    1018: "MEM_DMP",
    1022: "EHS_OSERR",
    1024: "PROG_MTRAN",
    1025: "EHS_BSW",
    1026: "EHS_SWPCKDROP",
    1028: "HSK_SID1",
    1029: "EHS_BTFAIL",
    1030: "PROG_BTSUCC",
    1033: "MEM_CHCKREP",
    1034: "EHS_CRSHREP",
    1037: "HSK_HKADCPRMLIM",
    1038: "MEM_MRAMTSEGREP",
    1045: "HSK_SID20",
    1051: "HSK_PROCSTAT",
    1053: "HSK_SID15",
    1054: "HSK_SID16",
    1055: "HSK_SID2",
    1058: "TCA_SUCC",
    1059: "TCC_SUCC",
    1060: "HSK_SID12",
    1061: "ELS_ITF",
    1062: "TCA_INVCCSDS",
    1063: "HSK_PW",
    1064: "HSK_STATUS",
    1065: "TCC_FAIL",
    1066: "TCC_FAILMEM",
    1067: "EHS_SWTRAP",
    1069: "TCC_SPIERR",
    1070: "EHS_HKADC",
    1071: "EHS_AUTONOMY",
    1072: "EHS_GENEVNT",
    1073: "EHS_ERRDATA",
    1074: "EHS_SEMAPH",
    1075: "TCC_FEEFAIL",
    1076: "TCC_OSFAIL",
    1077: "TCC_PARAMFAIL",
    1078: "TCC_FILEFAIL",
    1079: "EHS_BUFF",
    1080: "EHS_FEE",
    1081: "ELS_CONFLD",
    1082: "HSK_SCI",
}
_SPACECRAFT = {
    380: "SCID_X17C",
    476: "SCID_X1DC",
    479: "SCID_X1DF",
    593: "SCID_X251",
    645: "SCID_X285",
    646: "SCID_X286",
    2047: "SCGLOBAL",
}
PACKETS = (
    *(Packet(apid, f"MAG_{name}", "mag") for apid, name in _MAG.items()),
    *(Packet(apid, name, "sc") for apid, name in _SPACECRAFT.items()),
)
"""In the order of their APIDs, the magnetometer's first."""
BY_APID = {packet.apid: packet for packet in PACKETS}
BY_NAME = {packet.name: packet for packet in PACKETS}
BY_STORE_NAME = {packet.store_name: packet for packet in PACKETS}
NICKNAMES = {"SID3_PW": 1063, "SID4_STATUS": 1064, "SID5_SCI": 1082, "SID11_PROCSTAT": 1051}
"""Names by the number of the structure that a housekeeping packet reports (its SID)."""
ALL = "all"


@cache
def _by_any_name() -> dict[str, Packet]:
    found: dict[str, Packet] = {}
    for packet in PACKETS:
        found |= dict.fromkeys((packet.name, packet.ending, f"{packet.apid}"), packet)
    structures = {p.ending.removeprefix("HSK_"): p for p in PACKETS if p.ending[:7] == "HSK_SID"}
    nicknamed = {name: BY_APID[apid] for name, apid in NICKNAMES.items()}
    return structures | nicknamed | found


def packet_of(name: str) -> Packet:
    """Return the packet of an APID or a name: of WebPODA, of the store, or a nickname.

    Examples
    --------
    >>> [packet_of(name).apid for name in ("MAG_HSK_PW", "hsk-pw", "SID3_PW", "1063")]
    [1063, 1063, 1063, 1063]

    Raises
    ------
    UnknownName
        It is none of the kept packets.
    """
    known = _by_any_name()
    spelled = name.strip().upper().replace("-", "_")
    if spelled not in known:
        raise UnknownName("packet", name, known)
    return known[spelled]


def packets_of(names: Iterable[str]) -> tuple[Packet, ...]:
    """Return packets, each once, in the order of the names; ``all``, or no name, means all."""
    wanted = [part for name in names for part in name.split(",") if part.strip()]
    if not wanted or ALL in (name.strip().lower() for name in wanted):
        return PACKETS
    return tuple(dict.fromkeys(packet_of(name) for name in wanted))
