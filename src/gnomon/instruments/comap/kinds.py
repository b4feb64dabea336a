"""The kinds of datasets of COMAP.

A Level-1 file stays where it is: 59 GB an hour are not copied. What the store has of it is a
*record*, which says what the file is, and its *place*, which says where it is now; so a file that
moves gives a new place, and nothing is made anew.

    level1 ──▶ binned ──▶ level2 ──▶ calibration model
       └─────▶ verdict      ▲
    observer flags ─▶ flags ┘

`comap.binned` is what the one pass over a Level-1 file gives. What follows (cleaning, noise, the
fit of calibrators, flags) reads 1 % of the bytes, so it is tuned, and vetoed, without the pass.
"""

from __future__ import annotations

from gnomon.core.kinds import Kind

OBSID = {"obsid": int}

NAMED = ("stamp", "month", "source", "source_group")
"""Tags that name the files of an observation: ``2024-12-01-103000``, ``2024-12``, ``TauA``,
``Calibrator``."""

LEVEL1 = Kind(
    "comap.level1",
    keys=OBSID,
    path="level1/{month}/comap-{obsid:07d}_level1_v{version:03d}.json",
    tags=(*NAMED, "path", "scan_mode"),
    updated=("path",),
)
"""What a Level-1 file is; the tag `path` says where it was found last."""
LEVEL1_PLACE = Kind(
    "comap.level1.place",
    keys=OBSID,
    path="level1/places/comap-{obsid:07d}_place_v{version:03d}.json",
)
"""Where a Level-1 file is; there is none once it has vanished."""
REMOTE = Kind(
    "comap.remote",
    keys=OBSID,
    path="level1/remote/comap-{obsid:07d}_remote_v{version:03d}.json",
)
"""A copy of a Level-1 file of a remote archive: where from, where to."""
VERDICT = Kind(
    "comap.verdict",
    keys=OBSID,
    path="verdicts/{month}/comap-{obsid:07d}_verdict_v{version:03d}.json",
    tags=NAMED,
)
"""Whether a Level-1 file could be used, and if not, why."""
BINNED = Kind(
    "comap.binned",
    keys=OBSID,
    path="{month}/{source}/binned/Binned_comap-{obsid:07d}-{stamp}_v{version:03d}.hd5",
    tags=NAMED,
)
"""What the one pass over a Level-1 file gives."""
OBSERVER_FLAGS = Kind(
    "comap.observer_flags",
    keys={"list": str},
    path="flags/{list}_v{version:03d}.csv",
)
"""A list that observers keep: ranges of observations, feeds and bands not to be used."""
FLAGS = Kind(
    "comap.flags",
    keys=OBSID,
    path="flags/observations/comap-{obsid:07d}_flags_v{version:03d}.json",
)
"""What is flagged of one observation."""
LEVEL2 = Kind(
    "comap.level2",
    keys=OBSID,
    path="{month}/{source}/level2/Level2_comap-{obsid:07d}-{stamp}_v{version:03d}.hd5",
    alias="{month}/{source}/level2/Level2_comap-{obsid:07d}-{stamp}.hd5",
    tags=NAMED,
)
CALIBRATION = Kind(
    "comap.calibration",
    keys={},
    path="calibration/comap_calibration_v{version:03d}.json",
)
"""Gain over time of every feed and band, from all calibrators."""
QUICKLOOK = Kind(
    "comap.quicklook",
    keys={**OBSID, "figure": str},
    path="quicklook/{month}/comap-{obsid:07d}-{stamp}_{figure}_v{version:03d}.png",
    tags=NAMED,
)

KINDS = (
    *(LEVEL1, LEVEL1_PLACE, REMOTE, VERDICT, BINNED, OBSERVER_FLAGS, FLAGS),
    *(LEVEL2, CALIBRATION, QUICKLOOK),
)
