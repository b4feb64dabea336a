"""TESSCut on loopback: sectors of a place, and its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import numpy as np

from gnomon.instruments.sky.simulate.stars import Sky, separation_deg
from gnomon.instruments.sky.simulate.tess_files import camera_ccd, cutout_zip
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, as_json

_BEYOND_DEG = 1.0
"""As far from the stars there are pixels still."""
_MOST_PIXELS = 99


@dataclass
class TessCut:
    """TESSCut.

    Attributes
    ----------
    sectors : tuple of int
        In which the sky is seen.
    movers : dict of str to (float, float)
        Where what moves is: ra and dec, degrees, by name.
    """

    sky: Sky
    sectors: tuple[int, ...]
    days: float = 27.0
    movers: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        """Answer below ``/tesscut/api/v0.1``."""
        asked = dict(parse_qsl(request.query))
        *before, verb = request.path.removeprefix("/tesscut/api/v0.1/").split("/")
        try:
            place = self._place(asked, moving=before == ["moving_target"])
            if verb == "sector":
                return self._listed(place)
            if verb == "astrocut":
                return self._cut(place, asked)
        except (KeyError, ValueError) as error:
            return as_json({"msg": f"Error: invalid request: {error}"}, 400)
        return as_json({"msg": "Not found"}, 404)

    def _place(self, asked: Mapping[str, str], *, moving: bool) -> tuple[float, float] | None:
        """Return where it is that is asked for; None for what nobody knows."""
        if not moving:
            return float(asked["ra"]), float(asked["dec"])
        if asked["obj_type"] not in ("small_body", "planet", "moon"):
            raise ValueError("obj_type")
        return self.movers.get(asked["obj_id"])

    def _seen(self, place: tuple[float, float] | None) -> tuple[int, ...]:
        if place is None:
            return ()
        centre = np.array([self.sky.ra_deg]), np.array([self.sky.dec_deg])
        apart = float(separation_deg(*place, *centre)[0])
        return self.sectors if apart <= self.sky.radius_deg + _BEYOND_DEG else ()

    def _listed(self, place: tuple[float, float] | None) -> Answer:
        found = []
        for sector in self._seen(place):
            camera, ccd = camera_ccd(sector)
            name = f"tess-s{sector:04d}-{camera}-{ccd}"
            texts = {"sector": f"{sector:04d}", "camera": str(camera), "ccd": str(ccd)}
            found.append({"sectorName": name, **texts})
        return as_json({"results": found})

    def _cut(self, place: tuple[float, float] | None, asked: Mapping[str, str]) -> Answer:
        size = int(asked["y"]), int(asked["x"])
        if asked.get("units", "px") != "px" or not 0 < max(size) <= _MOST_PIXELS:
            raise ValueError("size")
        seen = self._seen(place)
        wanted = [s for s in seen if s == int(asked.get("sector", s))]
        if place is None or not wanted:
            return as_json({"msg": "No TESS data found for this target"})
        body = cutout_zip(self.sky, *place, size, wanted, days=self.days)
        return Answer(body, content_type="application/zip")
