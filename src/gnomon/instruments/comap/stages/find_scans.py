"""The stage that finds the scans."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.instruments.comap.level1.observation import Level1
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import FEATURE_SCANS, FEATURE_SKY_DIP, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.scans import (
    LISSAJOUS_SCANNING,
    between,
    has_bit,
    runs,
    trimmed,
)
from gnomon.instruments.comap.stages.housekeeping import bad, frame_features, said, vane_is_in
from gnomon.instruments.comap.stages.stage import Observation, Stage

Truths = NDArray[np.bool_]


class FindScans(Stage):
    """Find when the telescope scans.

    What the drives say of Lissajous scans comes first. Where they say nothing, it is the features
    of the samples between the vane events: 8, else 9, else 10; of a sky dip it is feature 8 of the
    observatory's frames.
    """

    use: Literal["find_scans"] = "find_scans"
    gives: ClassVar[tuple[str, ...]] = (layout.SCAN_EDGES,)

    start_trim: int = Field(1000, ge=0, description="samples to leave out at a scan's beginning")
    end_trim: int = Field(100, ge=0, description="samples to leave out at its end")
    shortest: int = Field(100, ge=1, description="samples that a scan must have left")

    def start(self, obs: Observation) -> None:
        """Find them."""
        how, scanning = _scanning(obs)
        long = runs(scanning)
        edges = trimmed(long, start=self.start_trim, end=self.end_trim, shortest=self.shortest)
        if not len(edges):
            raise bad(obs, f"no scans: {how}{_too_short(long)}")
        obs.out.put(layout.SCAN_EDGES, edges)
        if len(edges) < len(long):
            obs.remarks.append(f"{len(long) - len(edges)} scans are too short")
        obs.metrics["n_scans"] = float(len(edges))
        obs.metrics["scanning_s"] = float(np.diff(edges).sum()) / SAMPLE_RATE_HZ


def _scanning(obs: Observation) -> tuple[str, Truths]:
    """Return what tells of scans, in words, and which samples are of one."""
    level1 = obs.raw
    vane = vane_is_in(level1)
    if obs.record.source_group == "SkyDip" or obs.record.scan_mode == "skydip":
        return "no feature of a sky dip", _sky_dip(level1) & ~vane
    status = said(level1, "antenna0/deTracker", "lissajous_status")
    if status.any():
        return "the drives never say that they scan", (status == LISSAJOUS_SCANNING) & ~vane
    for feature in FEATURE_SCANS:
        scanning = between(has_bit(level1.features, feature), vane)
        if scanning.any():
            return f"feature {feature} of the spectrometer", scanning
    return "neither the drives nor the features say that there are any", np.zeros_like(vane)


def _sky_dip(level1: Level1) -> Truths:
    found = has_bit(frame_features(level1), FEATURE_SKY_DIP)
    return found if found.any() else has_bit(level1.features, FEATURE_SKY_DIP)


def _too_short(found: NDArray[np.int64]) -> str:
    if not len(found):
        return ""
    return f" says of {len(found)}, none long enough: {int(np.diff(found).max())} samples at most"
