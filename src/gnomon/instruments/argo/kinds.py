"""What the Argo instrument keeps: GDAC profile files, and the tables made of them.

A cycle is named by the token of its file name, ``001`` or, for a descending profile, ``001D``.
A delayed-mode file replaces the real-time file of its cycle, so R and D are no keys but tags: the
D file is the next version of the same dataset.
"""

from __future__ import annotations

import re

from gnomon.core.kinds import Kind

CYCLE = Kind(
    "argo.cycle",
    keys={"wmo": int, "cycle": str},
    path="argo/dac/{dac}/{wmo}/profiles/{mode}{wmo}_{cycle}_v{version:03d}.nc",
    tags=("dac", "mode", "name", "date_update"),
)
AGGREGATE = Kind(
    "argo.aggregate",
    keys={"wmo": int},
    path="argo/dac/{dac}/{wmo}/{wmo}_prof_v{version:03d}.nc",
    tags=("dac", "name", "date_update"),
)
LEVELS = Kind(
    "argo.levels",
    keys={"wmo": int},
    path="argo/levels/{dac}/{wmo}_levels_v{version:03d}.parquet",
    tags=("dac",),
)
PROFILES = Kind(
    "argo.profiles",
    keys={"wmo": int},
    path="argo/profiles/{dac}/{wmo}_profiles_v{version:03d}.parquet",
    tags=("dac",),
)

PROFILE_PATH = re.compile(
    r"(?P<dac>[a-z]+)/(?P<wmo>\d{5,7})/profiles/"
    r"(?P<kind>[BSM]?)(?P<mode>[RD])(?P=wmo)_(?P<cycle>\d{3,4}D?)\.nc",
    re.ASCII,
)
"""Paths of single-cycle files below ``dac/`` (user's manual, section on file names); the kind is
empty for core files, else B (biogeochemical), S (synthetic) or M (merged)."""
