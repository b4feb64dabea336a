"""What the simulated MAST holds: observations of the stars, and their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gnomon.instruments.sky.simulate.stars import Sky, Star, separation_deg
from gnomon.instruments.sky.simulate.tess_files import (
    camera_ccd,
    lightcurve_fits,
    lightcurve_name,
    start_btjd,
)

Value = str | int | float | None
Row = Mapping[str, Value]

_MJD_OF_BTJD_0 = 56_999.5
_SECTOR_DAYS = 27.0
OBSERVATION_COLUMNS = {
    "intentType": "string",
    "obs_collection": "string",
    "provenance_name": "string",
    "instrument_name": "string",
    "project": "string",
    "filters": "string",
    "wavelength_region": "string",
    "target_name": "string",
    "obs_id": "string",
    "s_ra": "float",
    "s_dec": "float",
    "dataproduct_type": "string",
    "proposal_pi": "string",
    "calib_level": "int",
    "t_min": "float",
    "t_max": "float",
    "t_exptime": "float",
    "em_min": "float",
    "em_max": "float",
    "obs_title": "string",
    "t_obs_release": "float",
    "proposal_id": "string",
    "sequence_number": "int",
    "s_region": "string",
    "jpegURL": "string",
    "dataURL": "string",
    "dataRights": "string",
    "obsid": "string",
    "objID": "string",
}
"""The declared types; ``obsid`` and ``objID`` are sent as whole numbers all the same."""
PRODUCT_COLUMNS = {
    "obsID": "string",
    "obs_collection": "string",
    "dataproduct_type": "string",
    "obs_id": "string",
    "description": "string",
    "type": "string",
    "dataURI": "string",
    "productType": "string",
    "productGroupDescription": "string",
    "productSubGroupDescription": "string",
    "productDocumentationURL": "string",
    "project": "string",
    "prvversion": "string",
    "productFilename": "string",
    "size": "int",
}


class Strange(Exception):
    """What the service does not understand."""


@dataclass(frozen=True)
class TessFiles:
    """Which light curves there are, and how they are made.

    Attributes
    ----------
    sectors : tuple of int
        In which every star is seen.
    fast : int
        As many stars have 20 s cadence too.
    days : float
        The length of a light curve; short ones are for tests.
    """

    sectors: tuple[int, ...] = (1, 2)
    fast: int = 1
    days: float = 27.0

    def body(self, star: Star, sector: int, cadence_s: int) -> bytes:
        """Return one file."""
        return lightcurve_fits(star, sector, cadence_s=cadence_s, days=self.days)


@dataclass(frozen=True)
class Holdings:
    """Observations and files of one sky; files are made when they are wanted.

    Attributes
    ----------
    more : tuple of Row
        Observations beside those of the sky: a table with many rows.
    """

    sky: Sky
    files: TessFiles
    more: Sequence[Row] = ()
    _bodies: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def observations(self) -> list[Row]:
        """All of them, by number."""
        made = [*self._curves, *self._images]
        return [
            *({**row, "obsid": 60_000_000 + n, "objID": 300_000_000 + n} for n, row in made),
            *self.more,
        ]

    @property
    def _curves(self) -> Iterable[tuple[int, Row]]:
        for star, sector, cadence_s in self._seen:
            number = 1000 * star.number + 2 * sector + (cadence_s < _SHORT_S)
            yield number, _curve(star, sector, cadence_s)

    @property
    def _images(self) -> Iterable[tuple[int, Row]]:
        for star in self.sky.stars:
            yield 1000 * star.number, _image(star)

    @property
    def _seen(self) -> list[tuple[Star, int, int]]:
        return [
            (star, sector, cadence_s)
            for star in self.sky.stars
            for sector in self.files.sectors
            for cadence_s in (_SHORT_S, _FAST_S)
            if cadence_s == _SHORT_S or star.number <= self.files.fast
        ]

    @cached_property
    def _by_name(self) -> dict[str, tuple[Star, int, int]]:
        return {lightcurve_name(*seen): seen for seen in self._seen}

    def products(self, obsids: Iterable[str]) -> list[Row]:
        """Return the files of observations."""
        wanted = set(obsids)
        found = []
        for row in self.observations:
            if str(row["obsid"]) in wanted and row["dataproduct_type"] == "timeseries":
                found += self._files_of(row)
        return found

    def body(self, name: str) -> bytes | None:
        """Return a file by its name."""
        if name not in self._by_name:
            return None
        if name not in self._bodies:
            self._bodies[name] = self.files.body(*self._by_name[name])
        return self._bodies[name]

    def _files_of(self, row: Row) -> list[Row]:
        uri = str(row["dataURL"])
        name = uri.rpartition("/")[2]
        pixels = re.sub("lc.fits$", "tp.fits", name)
        return [
            _product(row, name, "LC", "Light curves", len(self.body(name) or b"")),
            _product(row, pixels, "TP", "Target pixel files", 40_000_000),
        ]


_SHORT_S, _FAST_S = 120, 20


def _curve(star: Star, sector: int, cadence_s: int) -> Row:
    name = lightcurve_name(star, sector, cadence_s)
    start = start_btjd(sector) + _MJD_OF_BTJD_0
    camera, ccd = camera_ccd(sector)
    return dict.fromkeys(OBSERVATION_COLUMNS) | {
        "intentType": "science",
        "obs_collection": "TESS",
        "provenance_name": "SPOC",
        "instrument_name": "Photometer",
        "project": "TESS",
        "filters": "TESS",
        "wavelength_region": "Optical",
        "target_name": str(star.tic),
        "obs_id": re.sub("[_-]lc.fits$", "", name),
        "s_ra": star.ra_deg,
        "s_dec": star.dec_deg,
        "dataproduct_type": "timeseries",
        "proposal_pi": "Ricker, George",
        "calib_level": 3,
        "t_min": start,
        "t_max": start + _SECTOR_DAYS,
        "t_exptime": cadence_s,  # a whole number, though declared a float
        "em_min": 600.0,
        "em_max": 1000.0,
        "t_obs_release": start + 60,
        "proposal_id": f"G01{star.number:04d}",
        "sequence_number": sector,
        "s_region": f"CIRCLE {star.ra_deg:.8f} {star.dec_deg:.8f} 0.00138889",
        "dataURL": f"mast:TESS/product/{name}",
        "dataRights": "PUBLIC",
        "obs_title": f"camera {camera}, CCD {ccd}",
    }


def _image(star: Star) -> Row:
    start = 57_000.0 + star.number
    return dict.fromkeys(OBSERVATION_COLUMNS) | {
        "intentType": "science",
        "obs_collection": "HST",
        "provenance_name": "CALSTIS",
        "instrument_name": "STIS/CCD" if star.number % 2 else "WFPC2/WFC",
        "project": "HST",
        "filters": "MIRVIS" if star.number % 2 else "F606W",
        "wavelength_region": "OPTICAL",
        "target_name": star.name,
        "obs_id": f"O6AU{star.number:02d}MSQ",
        "s_ra": star.ra_deg,
        "s_dec": star.dec_deg,
        "dataproduct_type": "image",
        "proposal_pi": "Osten",
        "calib_level": 1,
        "t_min": start,
        "t_max": start + 0.01,
        "t_exptime": 100 * star.number,
        "em_min": 0 if star.number % 2 else 510.8900146484375,
        "em_max": 0 if star.number % 2 else 661.1300048828125,
        "t_obs_release": start + 365,
        "proposal_id": "8880",
        "dataRights": "PUBLIC",
    }


def _product(row: Row, name: str, group: str, description: str, size: int) -> Row:
    return dict.fromkeys(PRODUCT_COLUMNS) | {
        "obsID": row["obsid"],
        "obs_collection": row["obs_collection"],
        "dataproduct_type": "timeseries",
        "obs_id": row["obs_id"],
        "description": description,
        "type": "S",
        "dataURI": f"mast:TESS/product/{name}",
        "productType": "SCIENCE",
        "productSubGroupDescription": group,
        "project": "TESS",
        "prvversion": "spoc-5.0.10-simulated",
        "productFilename": name,
        "size": size,
    }


# -- filters


def chosen(rows: Sequence[Row], filters: Sequence[Mapping[str, object]]) -> list[Row]:
    """Return the rows that pass all filters, as MAST understands them.

    Raises
    ------
    Strange
        There is no such column.
    """
    passes = [_passing(one) for one in filters]
    return [row for row in rows if all(test(row) for test in passes)]


def _passing(one: Mapping[str, object]) -> Callable[[Row], bool]:
    column, values = str(one.get("paramName")), one.get("values")
    if column not in OBSERVATION_COLUMNS:
        raise Strange(f"Invalid column name '{column}'.")
    pattern = one.get("freeText")
    if pattern:
        found = re.compile(".*".join(map(re.escape, str(pattern).split("%"))), re.IGNORECASE)
        return lambda row: bool(found.fullmatch(str(row[column])))
    if not isinstance(values, list) or not values:
        raise Strange(f"no values for '{column}'")
    return lambda row: any(_fits(row[column], value) for value in values)


def _fits(held: Value, value: object) -> bool:
    if not isinstance(value, dict):
        return held is not None and str(held).casefold() == str(value).casefold()
    return isinstance(held, int | float) and value["min"] <= held <= value["max"]


def near(rows: Sequence[Row], position: str) -> list[Row]:
    """Return the rows in a cone, ``ra, dec, radius`` in degrees, with their distance in arcsec."""
    ra_deg, dec_deg, radius_deg = (float(part) for part in position.split(","))
    placed = [row for row in rows if isinstance(row["s_ra"], float)]
    ras = np.array([row["s_ra"] for row in placed], np.float64)
    decs = np.array([row["s_dec"] for row in placed], np.float64)
    apart = separation_deg(ra_deg, dec_deg, ras, decs)
    return [
        {**row, "distance": float(d) * 3600}
        for row, d in zip(placed, apart, strict=True)
        if d <= radius_deg
    ]
