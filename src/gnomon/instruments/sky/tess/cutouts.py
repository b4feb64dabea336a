"""Photometry of cutouts: what TESSCut cuts out of the full-frame images of TESS.

Nothing is subtracted from the pixels that TESSCut gives, so the sky's own light is in them, and it
changes with Earth and Moon. What is done here:

- *Background*: the pixels whose median over time is faintest, a share of all. Its level at a time
  is the median of these pixels at that time.
- *Aperture*: the pixels around the middle whose median over time is brighter than the cutout's
  median by some robust standard deviations (1.4826 times the median absolute deviation), as far as
  they touch each other by an edge. Where the middle is not that bright, the 3 x 3 pixels there.
- *Flux*: the aperture's sum less the background's level in each of its pixels.

Medians over time leave out the cadences that the default mask of `tess.quality` names; all
cadences are measured, and keep their flags. A pixel without a value leaves its cadence without.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.fits import Fits
from gnomon.formats.fits_header import Header
from gnomon.formats.fits_table import Table
from gnomon.instruments.sky.curves.schema import BTJD, Answer, part_table
from gnomon.instruments.sky.tess.lightcurves import (
    BAND,
    count,
    of_kind,
    release_of,
    with_release,
)
from gnomon.instruments.sky.tess.quality import is_good

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Shape = Literal["threshold", "square"]

SURVEY = "tesscut"
_MAD_TO_SIGMA = 1.4826
_MEDIAN_ERROR = float(np.sqrt(np.pi / 2))
"""The standard error of a median of many normal values, in that of their mean."""
_KINDS = {
    "TIME": ("f", 1),
    "CADENCENO": ("iu", 1),
    "QUALITY": ("iu", 1),
    "FLUX": ("f", 3),
    "FLUX_ERR": ("f", 3),
}
"""The columns that are read: NumPy's kind of their values, and their axes."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """The pixels around one place in one sector.

    Attributes
    ----------
    name : str
        Of the file.
    sector : int, optional
        None where the file does not say, as those of 2018.
    camera, ccd : int
    ra_deg, dec_deg : ndarray of float64, shape (n,)
        The place; that of a moving target at each time.
    release : str
        See `tess.lightcurves.TessCurve`.
    time_d : ndarray of float64, shape (n,)
        Days of `curves.schema.BTJD`, corrected for the middle of the CCD.
    cadence_no, quality : ndarray of int64, shape (n,)
    flux, error : ndarray of float32, shape (n, rows, columns)
        Electrons per second.
    """

    name: str
    sector: int | None
    camera: int
    ccd: int
    ra_deg: Floats
    dec_deg: Floats
    release: str
    time_d: Floats
    cadence_no: NDArray[np.int64]
    quality: NDArray[np.int64]
    flux: NDArray[np.float32]
    error: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Photometry:
    """What was measured in a cutout.

    Attributes
    ----------
    flux, error : ndarray of float64, shape (n,)
        Electrons per second, without the background.
    raw : ndarray of float64, shape (n,)
        The sum of the aperture.
    background : ndarray of float64, shape (n,)
        Electrons per second in one pixel.
    aperture, background_pixels : ndarray of bool, shape (rows, columns)
    shape : str
        ``threshold``, or ``square`` where the middle is not bright enough for one.
    """

    flux: Floats
    error: Floats
    raw: Floats
    background: Floats
    aperture: Truths
    background_pixels: Truths
    shape: Shape


def read_cutout(path: Path, *, checked: bool = True, name: str = "") -> Cutout:
    """Read a file of TESSCut.

    Raises
    ------
    BadData
        The file is damaged, or is no cutout; the message says what is missing.
    """
    file = Fits.read(path, name)
    if checked:
        file.verify()
    header, table = file.hdu(0).header, file.table(1)
    columns = {
        name: of_kind(file.name, name, values, *_KINDS[name])
        for name, values in table.required(_KINDS).items()
    }
    flux, error = columns["FLUX"], columns["FLUX_ERR"]
    if flux.shape != error.shape or not flux.size:
        raise BadData(f"{file.name}: FLUX has the shape {flux.shape}, FLUX_ERR {error.shape}")
    sector = header.get("SECTOR")
    ra_deg, dec_deg = _places(file.name, table, header)
    return Cutout(
        name=file.name,
        sector=sector if isinstance(sector, int) else None,
        camera=count(header, "CAMERA"),
        ccd=count(header, "CCD"),
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        release=release_of(header),
        time_d=columns["TIME"].astype(np.float64, copy=False),
        cadence_no=columns["CADENCENO"].astype(np.int64),
        quality=columns["QUALITY"].astype(np.int64),
        flux=flux,
        error=error,
    )


def _places(file: str, table: Table, header: Header) -> tuple[Floats, Floats]:
    """Return the place at each time: that of a moving target, or else the header's."""
    if "TGT_RA" in table and "TGT_DEC" in table:
        moving = (of_kind(file, name, table[name], "f") for name in ("TGT_RA", "TGT_DEC"))
        ra_deg, dec_deg = (values.astype(np.float64) for values in moving)
        return ra_deg, dec_deg
    n = len(table["TIME"])
    return np.full(n, header.number("RA_OBJ")), np.full(n, header.number("DEC_OBJ"))


@np.errstate(invalid="ignore", over="ignore")  # what the file holds may be any bits of a float
def photometry(
    cutout: Cutout, *, threshold: float = 3.0, background_share: float = 0.3
) -> Photometry:
    """Measure what is in the middle of a cutout; see the module for how.

    Parameters
    ----------
    threshold : float
        Robust standard deviations by which pixels of the aperture are brighter than the median.
    background_share : float
        Of all pixels; at least one is taken.

    Raises
    ------
    BadData
        No pixel has a value at any time, or the aperture takes all that have.
    """
    flux, error = cutout.flux.astype(np.float64), cutout.error.astype(np.float64)
    image = median_image(cutout)
    aperture, shape = aperture_of(image, threshold)
    dark = background_of(image, background_share, aperture)
    if not dark.any():
        raise BadData(
            f"{cutout.name}: no pixel is left for the background: ask for a larger cutout"
        )
    background = _nanmedian(flux[:, dark])
    raw, n_pixels = flux[:, aperture].sum(axis=1), int(aperture.sum())
    share = np.isfinite(flux[:, dark])
    of_mean = np.sqrt(np.where(share, error[:, dark] ** 2, 0).sum(axis=1)) / np.maximum(
        share.sum(axis=1), 1
    )
    noise = (error[:, aperture] ** 2).sum(axis=1) + (n_pixels * _MEDIAN_ERROR * of_mean) ** 2
    return Photometry(
        flux=raw - n_pixels * background,
        error=np.sqrt(noise),
        raw=raw,
        background=background,
        aperture=aperture,
        background_pixels=dark,
        shape=shape,
    )


@np.errstate(invalid="ignore", over="ignore")
def median_image(cutout: Cutout) -> Floats:
    """Return the median over time, shape (rows, columns), NaN where a pixel has no value.

    Raises
    ------
    BadData
        No pixel has one.
    """
    good = is_good(cutout.quality) & np.isfinite(cutout.time_d)
    flux = cutout.flux[good] if good.any() else cutout.flux
    image = _nanmedian(np.moveaxis(flux, 0, -1).astype(np.float64))
    if not np.isfinite(image).any():
        raise BadData(f"{cutout.name}: no pixel has a value")
    return image


def aperture_of(image: Floats, threshold: float) -> tuple[Truths, Shape]:
    """Return the pixels of the target in the middle of an image, and how they were found."""
    middle = np.nanmedian(image)
    sigma = _MAD_TO_SIGMA * np.nanmedian(np.abs(image - middle))
    bright = np.nan_to_num(image, nan=-np.inf) > middle + threshold * sigma
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in image.shape)
    near = (np.abs(rows)[:, None] <= 1) & (np.abs(columns)[None, :] <= 1)
    grown = near & bright
    if not grown.any():
        return near, "square"
    while True:
        wider = grown | (_spread(grown) & bright)
        if (wider == grown).all():
            return grown, "threshold"
        grown = wider


def background_of(image: Floats, share: float, aperture: Truths) -> Truths:
    """Return the faintest pixels outside of an aperture, if any; of equals the first."""
    faint = np.where(aperture | ~np.isfinite(image), np.inf, image)
    free = int(np.isfinite(faint).sum())
    n = min(free, max(1, round(share * image.size)))
    chosen = np.zeros(image.size, np.bool_)
    chosen[np.argsort(faint, axis=None, kind="stable")[:n]] = True
    return chosen.reshape(image.shape)


def part_of_cutout(
    cutout: Cutout, measured: Photometry, *, place: str, sector: int, answer: Answer
) -> pa.Table:
    """Return the photometry in the schema of parts, without the rows that have no time.

    Parameters
    ----------
    place : str
        The object's name.
    sector : int
        Which the file need not know.
    """
    timed = np.isfinite(cutout.time_d)
    n = int(timed.sum())
    numbers = {"sector": sector, "camera": cutout.camera, "ccd": cutout.ccd}
    numbers["n_pixels"] = int(measured.aperture.sum())
    columns: dict[str, Any] = {
        "object": pa.repeat(place, n),
        "band": pa.repeat(BAND, n),
        "time": cutout.time_d[timed],
        "value": measured.flux[timed],
        "error": measured.error[timed],
        "quality": cutout.quality[timed],
        "ra_deg": cutout.ra_deg[timed],
        "dec_deg": cutout.dec_deg[timed],
        "cadence_no": cutout.cadence_no[timed],
        "raw_flux": measured.raw[timed],
        "background": measured.background[timed],
        "aperture": pa.repeat(measured.shape, n),
    }
    columns |= {name: pa.repeat(pa.scalar(one, pa.int32()), n) for name, one in numbers.items()}
    known = with_release(answer, cutout.release)
    return part_table(columns, survey=SURVEY, time=BTJD, unit="e-/s", answer=known)


def _nanmedian(values: Floats) -> Floats:
    """Return medians along the last axis, of what is finite; NaN where nothing is."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=-1)  # NaN come last
    n = np.isfinite(values).sum(axis=-1)
    low, high = np.maximum(n - 1, 0) // 2, np.minimum(n // 2, values.shape[-1] - 1)
    taken = (np.take_along_axis(ordered, at[..., None], -1)[..., 0] for at in (low, high))
    return np.asarray(sum(taken) / 2)


def _spread(pixels: Truths) -> Truths:
    """Return pixels with those that share an edge with them."""
    wide = np.pad(pixels, 1)
    neighbours = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return np.asarray(pixels | neighbours)
