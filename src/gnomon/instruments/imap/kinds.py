"""What the IMAP magnetometer keeps: folders and names are those that its users know.

    hk.l0 (packets of a day) ──▶ hk.l1, hk.table (one row a packet)
    l1b, l1c, calibration, layers, metakernel ──▶ l2_offsets, l2_pre
    kernel ──▶ metakernel (one a day)
    ialirt, ialirt_hk ──▶ quicklook

Science, layers and offsets have versions of two parts, ``v001.0004``: major, minor. Names of before
that (``v004``) are read. What the users know without a version (I-ALiRT, NOAA, quicklooks) is kept
by version in a folder ``versions``; the plain name is an alias of the current one.
"""

from __future__ import annotations

from datetime import date

from gnomon.core.kinds import KeyValue, Kind, Legacy

MODES = ("norm", "burst")
FRAMES = ("srf", "dsrf", "gse", "gsm", "rtn")
LEVELS = ("l1a", "l1b", "l1c", "l1d", "l2")
METHODS = ("gradiometer", "quality", "manual")
"""The ways to make a layer that have a kind of their own."""
IALIRT_INSTRUMENTS = ("mag", "hit", "swe", "swapi")
SPACECRAFT = ("ACE", "SOLAR1", "IMAP")
KERNEL_FOLDERS = ("spk", "lsk", "pck", "bpc", "ck", "mk", "repoint", "fk", "sclk")

_MONTH = "{day:%Y/%m}"
_DAY = "{day:%Y%m%d}"
_TWO_PARTS = "_v{major:03d}.{minor:04d}"


# -- housekeeping

XTCE = Kind(
    "imap.xtce",
    keys={"instrument": str},
    path="definitions/imap_{instrument}_xtce_v{version:03d}.xml",
    choices={"instrument": ("mag", "sc")},
)
"""The packet definitions: of the magnetometer, and of the spacecraft."""
_PACKET = {"instrument": str, "packet": str, "day": date}
_HK_L1 = "hk/{instrument}/l1/{packet}/" + _MONTH + "/imap_{instrument}_l1_{packet}_" + _DAY

HK_L0 = Kind(
    "imap.hk.l0",
    keys=_PACKET,
    path=f"hk/{{instrument}}/l0/{{packet}}/{_MONTH}/imap_{{instrument}}_l0_{{packet}}_{_DAY}_"
    "{version:03d}.pkts",
    choices={"instrument": ("mag", "sc")},
    span=("day", "day"),
)
"""CCSDS packets of one sort and one UTC day, with a margin of a minute at both ends; every version
holds all that is known of the day, so a newer one loses nothing."""
HK_L1 = Kind(
    "imap.hk.l1",
    keys=_PACKET,
    path=_HK_L1 + "_v{version:03d}.csv",
    choices={"instrument": ("mag", "sc")},
    span=("day", "day"),
)
"""One row a packet, by true UTC day, with the columns that users know."""
HK_TABLE = Kind(
    "imap.hk.table",
    keys=_PACKET,
    path=_HK_L1 + "_v{version:03d}.parquet",
    choices={"instrument": ("mag", "sc")},
    span=("day", "day"),
    beside="imap.hk.l1",
)
"""The same rows with types and units."""
WEBTCAD = Kind(
    "imap.hk.webtcad",
    keys=_PACKET,
    path=_HK_L1 + "_v{version:03d}.csv",
    choices={"instrument": ("lo", "hi45", "hi90")},
    span=("day", "day"),
)
"""``pivot-platform-angle`` of Lo, ``esa-step`` of Hi45 and Hi90: time, value."""


# -- science


def _science(level: str, what: str, *, inscribed: bool = False) -> Kind:
    stem = f"science/mag/{level}/{_MONTH}/imap_mag_{level}_{{mode}}-{{{what}}}_{_DAY}"
    return Kind(
        f"imap.{level.replace('-', '_')}",
        keys={"mode": str, what: str, "day": date},
        path=f"{stem}{_TWO_PARTS}.cdf",
        choices={"mode": MODES},
        legacy=(Legacy(f"{stem}_v{{minor:03d}}.cdf", {"major": 1}),),
        span=("day", "day"),
        inscribed=inscribed,
    )


L1A, L1B, L1C = (_science(level, "sensor") for level in ("l1a", "l1b", "l1c"))
"""`sensor` is ``mago`` or ``magi``."""
L1D, L2 = (_science(level, "frame") for level in ("l1d", "l2"))
L2_PRE = _science("l2-pre", "frame", inscribed=True)
"""`frame` is one of `FRAMES`."""
SCIENCE = {"l1a": L1A, "l1b": L1B, "l1c": L1C, "l1d": L1D, "l2": L2}


# -- calibration


def _layer(name: str, method: str, suffix: str, beside: str = "") -> Kind:
    data = "-data" if suffix == "csv" else ""
    folder = f"calibration/layers/{_MONTH}/imap_mag_{method or '{method}'}"
    end = f"-layer{data}_{_DAY}"
    legacy = [Legacy(f"{folder}-{{mode}}{end}_v{{minor:03d}}.{suffix}", {"major": 0})]
    if not method:
        modeless: dict[str, KeyValue] = {"major": 0, "mode": "norm"}
        legacy.append(Legacy(f"{folder}{end}_v{{minor:03d}}.{suffix}", modeless))
    keys: dict[str, type] = {"mode": str, "day": date}
    return Kind(
        name,
        keys=keys if method else {"method": str} | keys,
        path=f"{folder}-{{mode}}{end}{_TWO_PARTS}.{suffix}",
        choices={"mode": MODES},
        legacy=tuple(legacy),
        span=("day", "day"),
        beside=beside,
        inscribed=suffix == "json",
    )


def _layers(method: str) -> tuple[Kind, Kind]:
    name = f"imap.layer.{method or 'other'}"
    data = f"{name}_data"
    return _layer(data, method, "csv"), _layer(name, method, "json", beside=data)


GRADIOMETER_DATA, GRADIOMETER = _layers("gradiometer")
QUALITY_DATA, QUALITY = _layers("quality")
MANUAL_DATA, MANUAL = _layers("manual")
LAYER_DATA, LAYER = _layers("")
"""A layer of any other method, put into the store by hand; one that names no mode is for normal
mode. The CSV identifies a layer, the JSON describes it."""

OFFSETS = Kind(
    "imap.l2_offsets",
    keys={"mode": str, "day": date},
    path=f"science-ancillary/l2-offsets/{_MONTH}/imap_mag_l2-{{mode}}-offsets_{_DAY}_{_DAY}"
    "_v{version:03d}.cdf",
    choices={"mode": MODES},
    span=("day", "day"),
    inscribed=True,
)
"""The sum of a day's layers, as the science data centre takes it."""
CALIBRATION = Kind(
    "imap.calibration",
    keys={"start": date},
    path="science-ancillary/l2-rotation/imap_mag_l2-calibration_{start:%Y%m%d}_v{version:03d}.cdf",
    span=("start",),
)
"""Rotation matrices, from their sensors' frames into the spacecraft's, per range."""
ANCILLARY = Kind(
    "imap.ancillary",
    keys={"folder": str, "what": str, "start": date, "stop": date},
    path="science-ancillary/{folder}/imap_mag_{what}_{start:%Y%m%d}_{stop:%Y%m%d}_v{version:03d}.cdf",
    choices={"folder": ("ialirt", "l1b", "l1d", "l2-rotation")},
    span=("start", "stop"),
)
ANCILLARY_OPEN = Kind(
    "imap.ancillary_open",
    keys={"folder": str, "what": str, "start": date},
    path="science-ancillary/{folder}/imap_mag_{what}_{start:%Y%m%d}_v{version:03d}.cdf",
    choices={"folder": ("ialirt", "l1b", "l1d", "l2-rotation")},
    span=("start",),
)
"""Other ancillary files, valid to a day or for good."""
SPIN_PLANE_OFFSETS = Kind(
    "imap.spin_plane_offsets",
    keys={"folder": str, "sensor": str, "what": str, "day": date},
    path="calibration/calculated_offsets/{folder}/imap_mag_{sensor}-{what}_{day:%Y%m%d}"
    "_v{version:03d}.csv",
    choices={
        "folder": ("spin_plane", "spin_optimised"),
        "sensor": ("mago", "magi"),
        "what": ("spin-plane-offsets", "spin-plane-optimised-offsets"),
    },
    span=("day", "day"),
)


# -- kernels

SCLK = Kind("imap.sclk", keys={}, path="spice/sclk/imap_sclk_{version:04d}.tsc")
"""The spacecraft's clock against TDB; its version is the number of its file."""
LSK = Kind("imap.lsk", keys={}, path="spice/lsk/naif{version:04d}.tls")
"""Leap seconds."""
METAKERNEL = Kind(
    "imap.metakernel",
    keys={"start": str, "stop": str},
    path="spice/mk/imap_mag_metakernel_{start}_{stop}_v{version:03d}.tm",
)
"""The kernels that a time needs, in the order to load them; `start` and `stop` are
``YYYYmmddTHHMMSS`` UTC."""
SPIN = Kind("imap.spin", keys={"name": str}, path="spice/spin/{name}")
SMALL_FORCES = Kind("imap.small_forces", keys={"name": str}, path="spice/activities/{name}")
KERNEL = Kind(
    "imap.kernel",
    keys={"folder": str, "name": str},
    path="spice/{folder}/{name}",
    choices={"folder": KERNEL_FOLDERS},
    tags=("type", "root", "number", "intervals_utc", "ingested"),
)
"""Every other SPICE kernel; its name holds its version. Tags are what the archive says of it:
kernel type, file root, version, covered intervals (JSON list of pairs of UTC times), and the UTC
time of ingestion."""


# -- space weather

IALIRT = Kind(
    "imap.ialirt",
    keys={"instrument": str, "day": date},
    path=f"ialirt/{_MONTH}/versions/imap_ialirt_{{instrument}}_{_DAY}_v{{version:03d}}.csv",
    alias=f"ialirt/{_MONTH}/imap_ialirt_{{instrument}}_{_DAY}.csv",
    choices={"instrument": IALIRT_INSTRUMENTS},
    span=("day", "day"),
)
IALIRT_HK = Kind(
    "imap.ialirt_hk",
    keys={"day": date},
    path=f"ialirt_hk/{_MONTH}/versions/imap_ialirt_mag_hk_{_DAY}_v{{version:03d}}.csv",
    alias=f"ialirt_hk/{_MONTH}/imap_ialirt_mag_hk_{_DAY}.csv",
    span=("day", "day"),
)
NOAA = Kind(
    "imap.noaa",
    keys={"spacecraft": str, "instrument": str, "day": date},
    path=f"noaa/{_MONTH}/versions/{{spacecraft}}_{{instrument}}_noaa_{_DAY}_v{{version:03d}}.csv",
    alias=f"noaa/{_MONTH}/{{spacecraft}}_{{instrument}}_noaa_{_DAY}.csv",
    choices={"spacecraft": SPACECRAFT, "instrument": ("mag", "wind")},
    span=("day", "day"),
)
QUICKLOOK = Kind(
    "imap.quicklook",
    keys={"day": date},
    path=f"quicklook/ialirt/{_MONTH}/versions/imap_quicklook_ialirt_{_DAY}_v{{version:03d}}.png",
    alias=f"quicklook/ialirt/{_MONTH}/imap_quicklook_ialirt_{_DAY}.png",
    span=("day", "day"),
)
LATEST = Kind(
    "imap.latest",
    keys={},
    path="quicklook/ialirt/versions/latest_v{version:03d}.png",
    alias="quicklook/ialirt/latest.png",
)

KINDS = (
    *(XTCE, HK_L0, HK_L1, HK_TABLE, WEBTCAD, L1A, L1B, L1C, L1D, L2, L2_PRE),
    *(GRADIOMETER_DATA, GRADIOMETER, QUALITY_DATA, QUALITY, MANUAL_DATA, MANUAL, LAYER_DATA, LAYER),
    *(OFFSETS, CALIBRATION, ANCILLARY, ANCILLARY_OPEN, SPIN_PLANE_OFFSETS),
    *(SCLK, LSK, METAKERNEL, SPIN, SMALL_FORCES, KERNEL),
    *(IALIRT, IALIRT_HK, NOAA, QUICKLOOK, LATEST),
)
"""In the order in which a file's name is tried: the narrower first."""
