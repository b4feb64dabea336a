"""The kinds of datasets of the sky surveys.

What an archive answered stays as it came. Each answer is taken apart into *parts*, one for every
group of objects that it touches; the parts of a group become its *curves*, in one schema for all
surveys (`gnomon.instruments.sky.curves.schema`), and whatever is made of them has the same key.

    survey      group                    piece
    ztf         field and quadrant,      the query
                000640-q22
    tess        tic0000000025155310      sector, product: s0001-s
    tesscut     107.2700-70.0000         sector, size: s0001-5x5
    ztf-alerts  the object's name        the alert's number
"""

from __future__ import annotations

from gnomon.core.kinds import Kind

ANSWERED = ("url", "parameters", "release", "retrieved")
"""Tags of what an archive answered: address, question, release, and time (ISO 8601, UTC)."""

GROUP = {"survey": str, "group": str}

ZTF_ANSWER = Kind(
    "sky.ztf.answer",
    keys={"query": str},
    path="ztf/answers/ztf_{query}_v{version:03d}.{format}",
    tags=("format", "cone", *ANSWERED),
)
ZTF_OBJECTS = Kind(
    "sky.ztf.objects",
    keys={"query": str},
    path="ztf/objects/ztf_objects_{query}_v{version:03d}.parquet",
    tags=ANSWERED,
)
TESS_CURVE = Kind(
    "sky.tess.lc",
    keys={"tic": int, "sector": int, "product": str},
    path="tess/lc/tic{tic:016d}/s{sector:04d}/{product}/{name}_v{version:03d}.fits",
    alias="tess/lc/tic{tic:016d}/s{sector:04d}/{product}/{name}.fits",
    tags=("name", *ANSWERED),
)
TESS_CUTOUT = Kind(
    "sky.tess.cutout",
    keys={"place": str, "sector": int, "size": str},
    path="tess/cutouts/{place}/s{sector:04d}/{size}/{name}_v{version:03d}.fits",
    alias="tess/cutouts/{place}/s{sector:04d}/{size}/{name}.fits",
    tags=("name", *ANSWERED),
)
MAST_OBSERVATIONS = Kind(
    "sky.mast.observations",
    keys={"query": str},
    path="mast/observations/mast_{query}_v{version:03d}.parquet",
    tags=ANSWERED,
)
MISSION_RESULTS = Kind(
    "sky.mission.results",
    keys={"mission": str, "query": str},
    path="mast/missions/{mission}/{mission}_{query}_v{version:03d}.parquet",
    tags=ANSWERED,
)
ALERT = Kind(
    "sky.alert",
    keys={"survey": str, "alert": str},
    path="alerts/{survey}/{alert}_v{version:03d}.avro",
    tags=ANSWERED,
)
PART = Kind(
    "sky.part",
    keys={**GROUP, "piece": str},
    path="parts/{survey}/{group}/{piece}_v{version:03d}.parquet",
)
CURVES = Kind(
    "sky.curves",
    keys=GROUP,
    path="curves/{survey}/{survey}_{group}_v{version:03d}.parquet",
    choices={"survey": ("ztf", "tess", "tesscut", "ztf-alerts", "lsst-alerts")},
)
CLEAN = Kind(
    "sky.clean",
    keys=GROUP,
    path="clean/{survey}/{survey}_{group}_clean_v{version:03d}.parquet",
    choices=CURVES.choices,
)
FEATURES = Kind(
    "sky.features",
    keys=GROUP,
    path="features/{survey}/{survey}_{group}_features_v{version:03d}.parquet",
    choices=CURVES.choices,
)
PERIODS = Kind(
    "sky.periods",
    keys=GROUP,
    path="periods/{survey}/{survey}_{group}_periods_v{version:03d}.parquet",
    choices=CURVES.choices,
)
CATALOGUE = Kind("sky.catalogue", keys={}, path="catalogues/catalogue_v{version:03d}.parquet")
"""All entries of all catalogues that objects are looked up in; a column names the catalogue."""
MATCHES = Kind(
    "sky.matches",
    keys=GROUP,
    path="matches/{survey}/{survey}_{group}_matches_v{version:03d}.parquet",
    choices=CURVES.choices,
)

KINDS = (
    *(ZTF_ANSWER, ZTF_OBJECTS, TESS_CURVE, TESS_CUTOUT, MAST_OBSERVATIONS, MISSION_RESULTS, ALERT),
    *(PART, CURVES, CLEAN, FEATURES, PERIODS, CATALOGUE, MATCHES),
)
