"""The search of MAST's missions, on loopback: the simulated stars as HST's data sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from gnomon.instruments.sky.simulate.stars import Sky, Star, separation_deg
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, as_json

_COLUMNS = {
    "sci_data_set_name": "VARCHAR",
    "sci_targname": "VARCHAR",
    "sci_ra": "FLOAT",
    "sci_dec": "FLOAT",
    "sci_start_time": "DATETIME",
    "sci_actual_duration": "FLOAT",
    "sci_instrume": "VARCHAR",
    "sci_pep_id": "INTEGER",
    "sci_hlsp": "INTEGER",
}
_MISSIONS = ("hst", "jwst", "roman")
_MOST_ROWS, _MOST_RADIUS_ARCMIN = 5000, 30
_ARCMIN = {"degrees": 60.0, "arcminutes": 1.0, "arcseconds": 1 / 60}
Row = dict[str, str | int | float | None]


@dataclass
class Missions:
    """``search`` and ``list_products`` of each mission.

    Attributes
    ----------
    n_each : int
        How many data sets there are of each star.
    """

    sky: Sky
    n_each: int = 2

    def __call__(self, request: Request) -> Answer:
        """Answer below ``/search``."""
        mission, _, verb = request.path.removeprefix("/search/").partition("/api/v0.1/")
        if mission not in _MISSIONS or request.verb != "POST":
            return as_json({"detail": "Not Found"}, 404)
        asked = json.loads(request.body)
        if verb == "search":
            return self._search(mission, asked)
        if verb == "list_products":
            return as_json({"products": [_product(one) for one in asked["dataset_ids"]]})
        return as_json({"detail": "Not Found"}, 404)

    def _search(self, mission: str, asked: dict[str, object]) -> Answer:
        radius = float(str(asked.get("radius", 3))) * _ARCMIN[str(asked["radius_units"])]
        limit = int(str(asked.get("limit", _MOST_ROWS)))
        if radius > _MOST_RADIUS_ARCMIN or limit > _MOST_ROWS:
            return as_json({"detail": "radius or limit is too large"}, 422)
        targets: list[str] = cast("Any", asked.get("target", []))
        rows = [row for target in targets for row in self._rows(mission, target, radius)]
        conditions: list[dict[str, object]] = cast("Any", asked.get("conditions", []))
        for condition in conditions:
            for name, value in condition.items():
                if name not in _COLUMNS:
                    return as_json({"detail": f"{name} is no column"}, 400)
                wanted = {one.strip() for one in str(value).split(",")}
                rows = [row for row in rows if str(row[name]) in wanted]
        first = int(str(asked.get("offset", 0)))
        return as_json(
            {
                "messages": [],
                "info": [{"name": name, "type": kind} for name, kind in _COLUMNS.items()],
                "search_params": asked,
                "totalResults": len(rows),
                "results": rows[first : first + limit],
            }
        )

    def _rows(self, mission: str, target: str, radius_arcmin: float) -> list[Row]:
        """Return the data sets of the stars near a place."""
        ra_deg, dec_deg = (float(part) for part in target.split())
        rows = []
        for star in self.sky.within(ra_deg, dec_deg, radius_arcmin / 60):
            shared: Row = {"search_pos": target, "ang_sep": _apart_arcmin(star, ra_deg, dec_deg)}
            rows += [{**_data_set(mission, star, n), **shared} for n in range(self.n_each)]
        return rows


def _data_set(mission: str, star: Star, number: int) -> Row:
    return {
        "sci_data_set_name": f"{mission[0].upper()}{star.number:03d}{number:05d}",
        "sci_targname": star.name,
        "sci_ra": star.ra_deg,
        "sci_dec": star.dec_deg,
        "sci_start_time": f"1993-09-{1 + number % 28:02d}T21:00:16.633000",
        "sci_actual_duration": 2100,
        "sci_instrume": "WFPC2" if number % 2 else "STIS",
        "sci_pep_id": 4381,
        "sci_hlsp": None,
    }


def _apart_arcmin(star: Star, ra_deg: float, dec_deg: float) -> float:
    where = np.array([star.ra_deg]), np.array([star.dec_deg])
    return float(separation_deg(ra_deg, dec_deg, *where)[0]) * 60


def _product(dataset: str) -> Row:
    name = f"{dataset.lower()}_raw.fits"
    return {
        "product_key": f"{dataset}_{name}",
        "access": "PUBLIC",
        "dataset": dataset,
        "filename": name,
        "uri": f"{dataset}/{name}",
        "category": "UNCALIBRATED",
        "size": 17_280,
        "type": "science",
    }
