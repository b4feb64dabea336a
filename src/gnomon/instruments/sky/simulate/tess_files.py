"""Files of TESS, made of the simulated sky: light curves as SPOC writes them, and cutouts.

The same star and sector give the same bytes. Without noise, PDCSAP_FLUX is the star's own flux.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.fits_writer import Card, Column, image, primary, table
from gnomon.instruments.sky.simulate.stars import Floats, Sky, Star

BTJD_OF_MJD_0 = -56_999.5
"""Add it to a modified Julian date to get TESS's time."""
SECTOR_D = 27.4
"""From the start of one sector to that of the next."""
_FIRST_BTJD = 1325.295
_FIRST_NAMED = datetime(2018, 7, 25, 4, 58, 59, tzinfo=UTC)
_FIRST_CADENCE = 70_444
_DAY_S = 86_400
_FAST_S = 20

_APERTURE_SHARE = 0.9
_SKY_E_S = 950.0  # in the aperture
_READ_NOISE_E = 240.0  # in the aperture, per 120 s
_LIVE = 0.792

_GAP = (0.47, 0.51)  # of the rows: the data go to Earth
_EARTH, _ARGABRIGHTENING, _DESATURATION, _MANUAL, _OUTLIER, _STRAYLIGHT = 8, 16, 32, 128, 512, 2048
_LOST = _EARTH | _ARGABRIGHTENING | _DESATURATION | _MANUAL

CUTOUT_S = 1800
"""The cadence of cutouts."""
PIXEL_DEG = 21.0 / 3600
_SPREAD_PX = 0.85
_PIXEL_SKY_E_S = 100.0


def start_btjd(sector: int) -> float:
    """Return when a sector starts."""
    return _FIRST_BTJD + SECTOR_D * (sector - 1)


def camera_ccd(sector: int) -> tuple[int, int]:
    """Return the camera and the CCD that see the simulated sky in a sector."""
    return 4 - (sector - 1) % 4, 1 + (sector - 1) % 4


def lightcurve_name(star: Star, sector: int, cadence_s: int = 120) -> str:
    """Return the name of a light curve's file, as SPOC names them."""
    named = _FIRST_NAMED + timedelta(days=SECTOR_D) * (sector - 1)
    suffix = "a_fast-lc" if cadence_s == _FAST_S else "s_lc"
    run = 119 + sector
    return f"tess{named:%Y%j%H%M%S}-s{sector:04d}-{star.tic:016d}-{run:04d}-{suffix}.fits"


def lightcurve_fits(
    star: Star,
    sector: int,
    *,
    cadence_s: int = 120,
    days: float = 27.0,
    noise: bool = True,
) -> bytes:
    """Return the light curve of one star in one sector.

    In the middle the spacecraft turns to Earth: no times, no fluxes. Momentum dumps, scattered
    light and cosmic rays are flagged; rows whose flag is 512 hold an outlier.

    Parameters
    ----------
    cadence_s : int
        120, or 20 for the fast ones.
    days : float
        Short ones are for tests.
    noise : bool
        Photon and read noise, by the star's brightness.
    """
    curve = _Curve(star, sector, cadence_s, round(days * _DAY_S / cadence_s), noise=noise)
    return curve.primary() + curve.table() + curve.aperture()


class _Curve:
    """One star in one sector."""

    def __init__(self, star: Star, sector: int, cadence_s: int, n: int, *, noise: bool) -> None:
        self.star, self.sector, self.cadence_s = star, sector, cadence_s
        self.row = np.arange(n)
        self.time = start_btjd(sector) + self.row * cadence_s / _DAY_S
        self.chance = np.random.default_rng([star.tic, sector, cadence_s])
        self.quality = self._quality()
        self.gap = (self.row >= _GAP[0] * n) & (self.row < _GAP[1] * n)
        self.quality[self.gap] |= _EARTH
        self.flux = star.flux_e_s(self.time - BTJD_OF_MJD_0)
        counted = self.flux * _APERTURE_SHARE
        live_s = cadence_s * _LIVE
        read = _READ_NOISE_E * np.sqrt(cadence_s / 120)
        self.error = np.sqrt((counted + _SKY_E_S) / live_s + (read / live_s) ** 2)
        if noise:
            self.flux = self.flux + self.chance.normal(size=n) * self.error / _APERTURE_SHARE
        self.flux = np.where(self.quality & _OUTLIER, self.flux * 1.05, self.flux)

    def _quality(self) -> NDArray[np.int32]:
        n = len(self.row)
        quality = np.zeros(n, np.int32)
        quality[:1] |= _EARTH
        quality[_every(n, 11, 3)] |= _DESATURATION
        quality[_every(n, 5, 1) + 2] |= _MANUAL
        quality[_every(n, 3, 1) + 4] |= _ARGABRIGHTENING
        quality[_every(n, 7, 1) + 6] |= _OUTLIER
        quality[_every(n, 2, 5) + 8] |= _STRAYLIGHT
        return quality

    def _cards(self) -> list[Card]:
        camera, ccd = camera_ccd(self.sector)
        star = self.star
        return [
            Card("TELESCOP", "TESS", "telescope"),
            Card("INSTRUME", "TESS Photometer", "detector type"),
            Card("OBJECT", f"TIC {star.tic}", "string version of target id"),
            Card("TICID", star.tic, "unique tess target identifier"),
            Card("SECTOR", self.sector, "Observing sector"),
            Card("CAMERA", camera, "Camera number"),
            Card("CCD", ccd, "CCD chip number"),
            Card("RADESYS", "ICRS", "reference frame of celestial coordinates"),
            Card("RA_OBJ", star.ra_deg, "[deg] right ascension"),
            Card("DEC_OBJ", star.dec_deg, "[deg] declination"),
        ]

    def primary(self) -> bytes:
        """Return the primary HDU, which names the target."""
        brightness = float(self.star.magnitude("TESS", self.time[:1] - BTJD_OF_MJD_0)[0])
        return primary(
            [
                Card("NEXTEND", 2, "number of standard extensions"),
                Card("EXTNAME", "PRIMARY", "name of extension"),
                Card("SIMDATA", True, "file is based on simulated data"),
                Card("ORIGIN", "gnomon", "institution responsible for creating this file"),
                Card(
                    "CREATOR", "gnomon LightCurve simulation", "program used to produce this file"
                ),
                Card("PROCVER", "spoc-5.0.10-simulated", "SW version"),
                Card("DATA_REL", 40 + self.sector, "data release version number"),
                *self._cards(),
                Card("TESSMAG", brightness, "[mag] TESS magnitude"),
                Card("TEFF", None, "[K] Effective temperature"),
                Card("RADIUS", None, "[solar radii] stellar radius"),
            ]
        )

    def table(self) -> bytes:
        """Return the HDU LIGHTCURVE."""
        step = self.cadence_s / _DAY_S
        return table(
            self._columns(),
            [
                Card("INHERIT", True, "inherit the primary header"),
                Card("EXTNAME", "LIGHTCURVE", "name of extension"),
                *self._cards(),
                Card("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
                Card("TIMESYS", "TDB", "time system is Barycentric Dynamical Time (TDB)"),
                Card("BJDREFI", 2_457_000, "integer part of BTJD reference date"),
                Card("BJDREFF", 0.0, "fraction of the day in BTJD reference date"),
                Card("TIMEUNIT", "d", "time unit for TIME, TSTART and TSTOP"),
                Card("TSTART", float(self.time[0] - step / 2), "observation start time in BTJD"),
                Card("TSTOP", float(self.time[-1] + step / 2), "observation stop time in BTJD"),
                Card("EXPOSURE", len(self.row) * step * _LIVE, "[d] time on source"),
                Card("TIMEDEL", step, "[d] time resolution of data"),
                Card("CROWDSAP", 1.0, "Ratio of target flux to total flux in op. ap."),
                Card("FLFRCSAP", _APERTURE_SHARE, "Frac. of target flux w/in the op. aperture"),
            ],
        )

    def _columns(self) -> list[Column]:
        nowhere = np.full(len(self.row), np.nan)
        time = np.where(self.gap, np.nan, self.time)
        turn = 2 * np.pi * (self.time - self.time[0]) / 13.7
        drift = np.where(self.gap, np.nan, 0.01 * np.sin(turn))
        raw = np.where(self.gap, np.nan, self.flux * _APERTURE_SHARE * (1 + drift))
        good = (self.quality & _LOST) == 0
        cadence = _FIRST_CADENCE + (self.sector - 1) * 19_728 * 120 // self.cadence_s + self.row
        electrons, pixel = "e-/s", "pixel"
        return [
            Column("TIME", time, "BJD - 2457000, days", "column title: data time stamps"),
            Column("TIMECORR", _f4(np.where(self.gap, np.nan, 0.0009 + turn * 1e-5)), "d"),
            Column("CADENCENO", cadence.astype("i4"), comment="unique cadence number"),
            Column("SAP_FLUX", _f4(raw), electrons),
            Column("SAP_FLUX_ERR", _f4(np.where(self.gap, np.nan, self.error)), electrons),
            Column("SAP_BKG", _f4(_SKY_E_S * (1 + 10 * drift)), electrons),
            Column("SAP_BKG_ERR", _f4(np.where(self.gap, np.nan, 3.2)), electrons),
            Column("PDCSAP_FLUX", _f4(np.where(good, self.flux, np.nan)), electrons),
            Column(
                "PDCSAP_FLUX_ERR",
                _f4(np.where(good, self.error / _APERTURE_SHARE, np.nan)),
                electrons,
            ),
            Column("QUALITY", self.quality),
            Column("PSF_CENTR1", nowhere, pixel),
            Column("PSF_CENTR1_ERR", _f4(nowhere), pixel),
            Column("PSF_CENTR2", nowhere, pixel),
            Column("PSF_CENTR2_ERR", _f4(nowhere), pixel),
            Column("MOM_CENTR1", 1623.8 + drift, pixel),
            Column("MOM_CENTR1_ERR", _f4(np.where(self.gap, np.nan, 9e-4)), pixel),
            Column("MOM_CENTR2", 393.3 - drift, pixel),
            Column("MOM_CENTR2_ERR", _f4(np.where(self.gap, np.nan, 1e-3)), pixel),
            Column("POS_CORR1", _f4(np.where(good, drift, np.nan)), "pixels"),
            Column("POS_CORR2", _f4(np.where(good, -drift, np.nan)), "pixels"),
        ]

    def aperture(self) -> bytes:
        """Return the HDU APERTURE: which pixels were read (1) and added up (2)."""
        pixels = np.full((11, 11), 257, np.int32)
        pixels[4:7, 4:7] |= 2
        cards = [Card("INHERIT", True), Card("EXTNAME", "APERTURE", "name of extension")]
        return image(pixels, [*cards, *self._cards(), Card("NPIXSAP", 9)])


def cutout_name(ra_deg: float, dec_deg: float, size: tuple[int, int], sector: int) -> str:
    """Return the name of a cutout's file, as TESSCut names them; size in rows and columns."""
    camera, ccd = camera_ccd(sector)
    place = f"{ra_deg:.6f}_{dec_deg:.6f}_{size[1]}x{size[0]}"
    return f"tess-s{sector:04d}-{camera}-{ccd}_{place}_astrocut.fits"


def cutout_zip(
    sky: Sky,
    ra_deg: float,
    dec_deg: float,
    size: int | tuple[int, int],
    sectors: Sequence[int],
    *,
    days: float = 27.0,
) -> bytes:
    """Return an archive with the cutouts of one place, one per sector; size in pixels."""
    sides = (size, size) if isinstance(size, int) else size
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for sector in sectors:
            info = zipfile.ZipInfo(cutout_name(ra_deg, dec_deg, sides, sector))
            info.compress_type = zipfile.ZIP_DEFLATED
            body = cutout_fits(sky, ra_deg, dec_deg, sides, sector, days=days)
            archive.writestr(info, body)
    return packed.getvalue()


def cutout_fits(
    sky: Sky,
    ra_deg: float,
    dec_deg: float,
    size: int | tuple[int, int],
    sector: int,
    *,
    days: float = 27.0,
    noise: bool = True,
) -> bytes:
    """Return the pixels around a place in one sector; nothing is subtracted from them."""
    sides = (size, size) if isinstance(size, int) else size
    time = start_btjd(sector) + np.arange(round(days * _DAY_S / CUTOUT_S)) * CUTOUT_S / _DAY_S
    flux = _pixels(sky, ra_deg, dec_deg, sides, time)
    error = np.sqrt(flux / (CUTOUT_S * _LIVE))
    if noise:
        chance = np.random.default_rng([round(ra_deg * 1e6), round((dec_deg + 90) * 1e6), sector])
        flux = flux + chance.normal(size=flux.shape) * error
    camera, ccd = camera_ccd(sector)
    cards = [
        *(Card("ORIGIN", "gnomon"), Card("CREATOR", "gnomon TargetPixel simulation")),
        *(Card("TELESCOP", "TESS"), Card("SECTOR", sector), Card("CAMERA", camera)),
        *(Card("CCD", ccd), Card("RA_OBJ", ra_deg), Card("DEC_OBJ", dec_deg)),
        *(Card("PROCVER", "spoc-simulated"), Card("DATA_REL", 40 + sector)),
    ]
    where = [
        *(Card("WCSAXES", 2), Card("CTYPE1", "RA---TAN"), Card("CTYPE2", "DEC--TAN")),
        *(Card("CRPIX1", (sides[1] + 1) / 2), Card("CRPIX2", (sides[0] + 1) / 2)),
        *(Card("CRVAL1", ra_deg), Card("CRVAL2", dec_deg)),
        *(Card("CDELT1", -PIXEL_DEG), Card("CDELT2", PIXEL_DEG)),
    ]
    aperture = image(np.ones(sides, np.int32), [Card("EXTNAME", "APERTURE"), *where, *cards])
    first = primary([Card("SIMDATA", True), Card("EXTNAME", "PRIMARY"), *cards], checksum=False)
    columns = _cutout_columns(time, flux, error, sector)
    return first + table(columns, [Card("EXTNAME", "PIXELS"), *cards], checksum=False) + aperture


def _cutout_columns(time: Floats, flux: Floats, error: Floats, sector: int) -> list[Column]:
    n = len(time)
    quality = np.zeros(n, np.int32)
    quality[_every(n, 6, 1)] = _DESATURATION
    camera, ccd = camera_ccd(sector)
    sources = [f"tess{k:013d}-s{sector:04d}-{camera}-{ccd}-0120-s_ffi" for k in range(n)]
    nothing = np.zeros(flux.shape, "f4")
    return [
        Column("TIME", time, "BJD - 2457000, days"),
        Column("TIMECORR", np.full(n, -0.0005, "f4"), "d"),
        Column("CADENCENO", np.arange(1, n + 1, dtype="i4")),
        Column("RAW_CNTS", np.full(flux.shape, -1, "i4"), "count"),
        Column("FLUX", _f4(flux), "e-/s"),
        Column("FLUX_ERR", _f4(error), "e-/s"),
        Column("FLUX_BKG", nothing, "e-/s"),
        Column("FLUX_BKG_ERR", nothing, "e-/s"),
        Column("QUALITY", quality),
        Column("POS_CORR1", np.zeros(n, "f4"), "pixel"),
        Column("POS_CORR2", np.zeros(n, "f4"), "pixel"),
        Column("FFI_FILE", np.array(sources, "S38")),
    ]


def _pixels(
    sky: Sky, ra_deg: float, dec_deg: float, sides: tuple[int, int], time: Floats
) -> Floats:
    """Return electrons per second, shape (times, rows, columns): stars, and the sky's own light."""
    turn = 2 * np.pi * (time - time[0]) / 13.7
    shape = (len(time), *sides)
    flux = np.broadcast_to((_PIXEL_SKY_E_S * (1 + 0.2 * np.sin(turn)))[:, None, None], shape).copy()
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in sides)
    for star in sky.stars:
        east = (star.ra_deg - ra_deg + 180) % 360 - 180
        x = -east * np.cos(np.radians(dec_deg)) / PIXEL_DEG
        y = (star.dec_deg - dec_deg) / PIXEL_DEG
        away = np.hypot(rows[:, None] - y, columns[None, :] - x) / _SPREAD_PX
        share = np.exp(-(away**2) / 2) / (2 * np.pi * _SPREAD_PX**2)
        flux += star.flux_e_s(time - BTJD_OF_MJD_0)[:, None, None] * share
    return flux


def _every(n: int, times: int, rows: int) -> NDArray[np.int64]:
    """Return the rows of events that come so many times, each so many rows long."""
    starts = (np.arange(1, times + 1) * n) // (times + 1)
    return np.unique((starts[:, None] + np.arange(rows)[None, :]).clip(0, max(0, n - 10)))


def _f4(values: Floats) -> NDArray[np.float32]:
    return values.astype(np.float32)
