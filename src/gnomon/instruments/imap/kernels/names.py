"""What the names of kernels say: their folder, their type, their version.

The archive keeps kernels in folders (``ck/imap_2025_302_2025_303_001.ah.bc``) and tells their type
beside them; this is for files that were put into the store by hand, and for the order in which a
metakernel loads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

_DATES = r"\d{4}_\d{3}_\d{4}_\d{3}"
_DAYS = r"\d{8}_\d{8}"


class _Sort(NamedTuple):
    kind: str
    folder: str
    pattern: str


_ORBITS = (
    ("recon", "reconstructed"),
    ("nom", "nominal"),
    ("pred", "predicted"),
    ("90days", "90days"),
    ("long", "long"),
    ("launch", "launch"),
)
_SORTS = (
    _Sort("leapseconds", "lsk", r"naif(?P<v>\d{4})\.tls"),
    _Sort("planetary_constants", "pck", r"pck(?P<v>\d{5})\.tpc"),
    _Sort("planetary_constants", "pck", r"(?:gm_)?de-?(?P<v>\d+)\.tpc"),
    _Sort("planetary_constants", "pck", r"[A-Za-z_-]+(?P<v>\d+)\.tpc"),
    _Sort("imap_frames", "fk", r"imap_(?P<v>\d+)\.tf"),
    _Sort("science_frames", "fk", r"imap_science_(?P<v>\d+)\.tf"),
    _Sort("spacecraft_clock", "sclk", r"imap_sclk_(?P<v>\d+)\.tsc"),
    _Sort("earth_attitude", "bpc", r"earth_\d{6}_\d{6}_(?P<v>\d{6})\.bpc"),
    _Sort("earth_attitude", "bpc", r"earth_\w+\.bpc"),
    _Sort("planetary_ephemeris", "spk", r"de(?P<v>\d+)\.bsp"),
    _Sort("lagrange_point", "spk", r"L1_de(?P<v>\d+)\.bsp"),
    *(
        _Sort(f"ephemeris_{long}", "spk", rf"imap_{short}_(?:od\d{{3}}_)?{_DAYS}_v(?P<v>\d+)\.bsp")
        for short, long in _ORBITS
    ),
    *(
        _Sort(f"ephemeris_{long}", "spk", rf"imap_{short}_(?:od\d{{3}}_)?{_DAYS}\.bsp")
        for short, long in _ORBITS
    ),
    _Sort("attitude_history", "ck", rf"imap_{_DATES}_(?P<v>\d+)\.ah\.bc"),
    _Sort("attitude_predict", "ck", rf"imap_{_DATES}_(?P<v>\d+)\.ap\.bc"),
    _Sort("pointing_attitude", "ck", rf"imap_dps_{_DATES}_(?P<v>\d+)\.ah\.bc"),
    _Sort("pointing_attitude", "ck", r"imap_dps_\w+(?:\.ah)?\.bc"),
    _Sort("spin", "spin", rf"imap_{_DATES}_(?P<v>\d+)\.spin(?:\.csv)?"),
    _Sort("repoint", "repoint", r"imap_\d{4}_\d{3}_(?P<v>\d+)\.repoint(?:\.csv)?"),
    _Sort("thruster", "activities", rf"imap_{_DATES}_[\w-]+_(?P<v>\d\d)\.sff"),
    _Sort("metakernel", "mk", r"imap_\w+_v(?P<v>\d+)\.tm"),
    _Sort("metakernel", "mk", r"imap_\d{4}_\d{3}_[ae](?P<v>\d\d)(?:\.spice)?\.mk"),
    _Sort("metakernel", "mk", r"[\w.-]+\.(?:tm|mk)"),
)
_COMPILED = tuple((sort, re.compile(sort.pattern, re.IGNORECASE)) for sort in _SORTS)
_SUFFIXES = {
    ".tls": ("leapseconds", "lsk"),
    ".tpc": ("planetary_constants", "pck"),
    ".tf": ("frames", "fk"),
    ".tsc": ("spacecraft_clock", "sclk"),
    ".bpc": ("earth_attitude", "bpc"),
    ".bsp": ("ephemeris", "spk"),
    ".bc": ("attitude", "ck"),
    ".tm": ("metakernel", "mk"),
}
_DATE = re.compile(r"(\d{4})_(\d{3})_(\d{4})_(\d{3})")
_DAY = re.compile(r"(\d{8})_(\d{8})")


@dataclass(frozen=True, slots=True)
class KernelName:
    """What a name says.

    Attributes
    ----------
    type : str
        ``attitude_history``, ``leapseconds``, ...; the archive's words.
    folder : str
        Below ``spice``.
    root : str
        The name without its version: of several with one root the highest version counts.
    version : int
    """

    name: str
    type: str
    folder: str
    root: str
    version: int


def read_name(name: str) -> KernelName | None:
    """Return what a kernel's name says; None where it is no kernel's."""
    for sort, pattern in _COMPILED:
        found = pattern.fullmatch(name)
        if found is not None:
            if found.groupdict().get("v") is None:
                return KernelName(name, sort.kind, sort.folder, name, 0)
            root = name[: found.start("v")] + name[found.end("v") :]
            return KernelName(name, sort.kind, sort.folder, root, int(found["v"]))
    for suffix, (kind, folder) in _SUFFIXES.items():
        if name.endswith(suffix):
            return KernelName(name, kind, folder, name, 0)
    return None


def days_of(name: str) -> tuple[datetime, datetime] | None:
    """Return the days that a name tells, from the first to the last one's end, both naive UTC.

    What the archive says of coverage is better; this is for files without it.
    """
    day = timedelta(days=1)
    try:
        if found := _DATE.search(name):
            first, last = (
                datetime.strptime(f"{year} {doy}", "%Y %j")  # noqa: DTZ007
                for year, doy in (found.group(1, 2), found.group(3, 4))
            )
            return first, last + day
        if found := _DAY.search(name):
            first, last = (datetime.strptime(text, "%Y%m%d") for text in found.groups())  # noqa: DTZ007
            return first, last + day
    except ValueError:
        return None
    return None
