"""What the Argo instrument keeps: files of the GDAC, and the tables made of them.

A cycle is named by the token of its file name, ``001`` or, for a descending profile, ``001D``.
A delayed-mode file replaces the real-time file of its cycle, so R and D are no keys but tags: the
D file is the next version of the same dataset.

    argo.cycle, argo.aggregate ──▶ levels, profiles ──┐
    argo.bgc_cycle ──▶ bgc_levels ────────────────────┼──▶ analysis, parameters ──▶ exports
    argo.greylist ──▶ greylisted ─────────────────────┘
    argo.synthetic_cycle, argo.synthetic_aggregate ──▶ synthetic, synthetic_parameters
    argo.meta, argo.technical ──▶ float
    argo.trajectory is kept as it is
"""

from __future__ import annotations

import re

from gnomon.core.kinds import Kind

_FILE_TAGS = ("dac", "mode", "name", "date_update")
_FLOAT = {"wmo": int}
_CYCLE = {"wmo": int, "cycle": str}


def _profile_file(name: str, letter: str) -> Kind:
    path = (
        f"argo/dac/{{dac}}/{{wmo}}/profiles/{letter}{{mode}}{{wmo}}_{{cycle}}_v{{version:03d}}.nc"
    )
    return Kind(name, keys=_CYCLE, path=path, tags=_FILE_TAGS)


def _float_file(name: str, suffix: str) -> Kind:
    path = f"argo/dac/{{dac}}/{{wmo}}/{{wmo}}_{suffix}_v{{version:03d}}.nc"
    return Kind(name, keys=_FLOAT, path=path, tags=("dac", "name", "date_update"))


def _product(name: str, extension: str = "parquet") -> Kind:
    path = f"argo/{name}/{{dac}}/{{wmo}}_{name}_v{{version:03d}}.{extension}"
    return Kind(f"argo.{name}", keys=_FLOAT, path=path, tags=("dac",))


CYCLE = _profile_file("argo.cycle", "")
BGC_CYCLE = _profile_file("argo.bgc_cycle", "B")
SYNTHETIC_CYCLE = _profile_file("argo.synthetic_cycle", "S")
AGGREGATE = _float_file("argo.aggregate", "prof")
SYNTHETIC_AGGREGATE = _float_file("argo.synthetic_aggregate", "Sprof")
META = _float_file("argo.meta", "meta")
TECHNICAL = _float_file("argo.technical", "tech")
TRAJECTORY = Kind(
    "argo.trajectory",
    keys={"wmo": int, "sensors": str},
    path="argo/dac/{dac}/{wmo}/{wmo}_{sensors}_{mode}traj_v{version:03d}.nc",
    tags=_FILE_TAGS,
)
"""`sensors` is ``core`` or ``bgc`` (``BRtraj``); `mode` and `name` as in the archive."""
GREYLIST = Kind("argo.greylist", keys={}, path="argo/ar_greylist_v{version:03d}.txt")
"""The one list of sensors whose real-time data are suspect, for all floats."""

GREYLISTED = Kind(
    "argo.greylisted", keys=_FLOAT, path="argo/greylisted/{wmo}_greylisted_v{version:03d}.csv"
)
"""The rows of one float: a new list remakes only the floats whose rows changed."""
LEVELS = _product("levels")
PROFILES = _product("profiles")
BGC_LEVELS = _product("bgc_levels")
ANALYSIS = _product("analysis")
PARAMETERS = _product("parameters")
SYNTHETIC = _product("synthetic")
SYNTHETIC_PARAMETERS = _product("synthetic_parameters")
FLOAT = _product("float", "json")
JSON = _product("json", "json")
CSV = _product("csv", "csv")
ARROW = _product("arrow", "arrow")
OVERVIEW = _product("overview", "png")
POSITIONS = Kind("argo.positions", keys={}, path="argo/positions_v{version:03d}.parquet")

KINDS = (
    *(CYCLE, BGC_CYCLE, SYNTHETIC_CYCLE, AGGREGATE, SYNTHETIC_AGGREGATE),
    *(META, TECHNICAL, TRAJECTORY, GREYLIST, GREYLISTED),
    *(LEVELS, PROFILES, BGC_LEVELS, ANALYSIS, PARAMETERS, SYNTHETIC, SYNTHETIC_PARAMETERS, FLOAT),
    *(JSON, CSV, ARROW, POSITIONS, OVERVIEW),
)

PROFILE_PATH = re.compile(
    r"(?P<dac>[a-z]+)/(?P<wmo>\d{5,7})/profiles/"
    r"(?P<kind>[BSM]?)(?P<mode>[RD])(?P=wmo)_(?P<cycle>\d{3,4}D?)\.nc",
    re.ASCII,
)
"""Paths of single-cycle files below ``dac/`` (user's manual, section on file names); the kind is
empty for core files, else B (biogeochemical), S (synthetic) or M (merged)."""
