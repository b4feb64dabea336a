"""Light curves in files of TESS: those of SPOC, and the archive's HLSP of TESS-SPOC and QLP.

TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014), section 5; TESS-SPOC's
files have the same columns, QLP's have fluxes of their own, relative to the star's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.fits import Fits
from gnomon.formats.fits_header import Header
from gnomon.formats.fits_table import Table
from gnomon.instruments.sky.curves.schema import BTJD, Answer, part_table
from gnomon.instruments.sky.tess.quality import is_good, low_precision_bit, mask_bits

Floats = NDArray[np.float64]

BAND = "TESS"
SURVEY = "tess"
PRODUCTS = {("SPOC", 120.0): "s", ("SPOC", 20.0): "a_fast"}
"""What light curves are called by who made them and their cadence; others by who made them."""
_BEST = ("pdcsap", "kspsap", "det", "sap")
_BY_SPOC_S = (20.0, 120.0)
_DAY_S = 86_400
_BTJD_DAY = 2_457_000
_MOST, _MOST_TIC = 9999, 10**15
_UNITS = {"e-/s": "e-/s", "electron/s": "e-/s", "electron / s": "e-/s", "": "1", "unitless": "1"}
_FLUX, _ERROR = "_FLUX", "_FLUX_ERR"


@dataclass(frozen=True, slots=True)
class Flux:
    """One of the fluxes of a file.

    Attributes
    ----------
    value, error : ndarray of the file's own floats, shape (n,)
        NaN where it was not measured; the error is NaN throughout where the file has none.
    unit : str
        ``e-/s``, or ``1`` for what is relative to the star.
    """

    name: str
    value: NDArray[Any]
    error: NDArray[Any]
    unit: str


@dataclass(frozen=True)
class TessCurve:
    """One star in one sector.

    Attributes
    ----------
    name : str
        Of the file.
    tic : int
        The star's number in the TESS Input Catalog.
    ra_deg, dec_deg, tess_mag : float
        Of the star by that catalogue; NaN where the file does not say.
    cadence_s : float
        From one row to the next.
    product : str
        ``s`` (2 min), ``a_fast`` (20 s), ``tess-spoc``, ``qlp``.
    author : str
        ``SPOC``, ``TESS-SPOC`` or ``QLP``.
    release : str
        ``dr42``: the mission's data release; the software's version where there is none.
    time_d : ndarray of float64, shape (n,)
        Days of `curves.schema.BTJD`; NaN in gaps.
    cadence_no, quality : ndarray of int64, shape (n,)
        See `tess.quality`.
    columns : Table
        All columns under the file's own names, in native byte order, each decoded when asked for.
    """

    name: str
    tic: int
    sector: int
    camera: int
    ccd: int
    ra_deg: float
    dec_deg: float
    tess_mag: float
    cadence_s: float
    product: str
    author: str
    release: str
    time_d: Floats
    cadence_no: NDArray[np.int64]
    quality: NDArray[np.int64]
    columns: Table

    def __len__(self) -> int:
        return len(self.time_d)

    @cached_property
    def fluxes(self) -> tuple[str, ...]:
        """The fluxes that the file has, as in ``pdcsap``, in its order."""
        named = (name.upper() for name in self.columns)
        return tuple(one.removesuffix(_FLUX).lower() for one in named if one.endswith(_FLUX))

    @property
    def best(self) -> str:
        """The flux that its makers mean for science: ``pdcsap``, or QLP's detrended one."""
        return next((one for one in _BEST if one in self.fluxes), "pdcsap")

    def flux(self, name: str = "") -> Flux:
        """Return one of the fluxes, such as ``sap``; by default the best.

        Raises
        ------
        BadData
            The file has no such column, or its unit is unknown.
        """
        name = (name or self.best).lower()
        column = name.upper() + _FLUX
        value = of_kind(self.name, column, self.columns.required([column])[column], "f")
        unit, error = self.columns.unit(column), name.upper() + _ERROR
        if unit.lower() not in _UNITS:
            raise BadData(f"{self.name}: {column} is in {unit!r}, no unit of a flux")
        known = error in self.columns
        errors = (
            of_kind(self.name, error, self.columns[error], "f")
            if known
            else np.full_like(value, np.nan)
        )
        return Flux(name, value, errors, _UNITS[unit.lower()])

    def is_good(self, mask: str | int = "default") -> NDArray[np.bool_]:
        """Tell which rows have a time and no flag of a mask; shape (n,).

        The masks ``hard`` and ``hardest`` name QLP's mark of low precision too.
        """
        bits = mask_bits(mask)
        if self.author == "QLP" and mask in {"hard", "hardest"}:
            bits |= low_precision_bit(self.sector)
        return is_good(self.quality, bits) & np.isfinite(self.time_d)


def read_lightcurve(path: Path, *, checked: bool = True, name: str = "") -> TessCurve:
    """Read a light curve, whoever of the three made it.

    Parameters
    ----------
    path : Path
    checked : bool
        Compare the checksums too.
    name : str
        What messages call the file; by default its own name.

    Raises
    ------
    BadData
        The file is damaged, no light curve of TESS, or lacks a column or a keyword; the message
        names what is missing and what is there.
    """
    file = Fits.read(path, name)
    if checked:
        file.verify()
    first, second = file.hdu(0).header, file.hdu(1).header
    _check_times(file.name, first, second)
    columns = file.table(1)
    found = columns.required(("TIME", "CADENCENO", "QUALITY"))
    time_d = of_kind(file.name, "TIME", found["TIME"], "f")
    cadence_s = _cadence_s(second, time_d)
    author = _author(first, file.name, cadence_s)
    curve = TessCurve(
        name=file.name,
        tic=count(first, "TICID", _MOST_TIC),
        sector=count(first, "SECTOR"),
        camera=count(first, "CAMERA"),
        ccd=count(first, "CCD"),
        ra_deg=first.number("RA_OBJ"),
        dec_deg=first.number("DEC_OBJ"),
        tess_mag=first.number("TESSMAG"),
        cadence_s=cadence_s,
        product=PRODUCTS.get((author, cadence_s), author.lower()),
        author=author,
        release=release_of(first),
        time_d=time_d.astype(np.float64, copy=False),
        cadence_no=of_kind(file.name, "CADENCENO", found["CADENCENO"], "iu").astype(np.int64),
        quality=of_kind(file.name, "QUALITY", found["QUALITY"], "iu").astype(np.int64),
        columns=columns,
    )
    if not curve.fluxes:
        raise BadData(f"{file.name}: has no column of a flux; it has {', '.join(columns)}")
    return curve


@np.errstate(invalid="ignore")  # what the file holds may be any bits of a float
def part_of(curve: TessCurve, *, flux: str = "", answer: Answer) -> pa.Table:
    """Return a light curve in the schema of parts, without the rows that have no time.

    Parameters
    ----------
    flux : str
        What becomes `value`: ``pdcsap``, ``sap``, ...; by default the best. All fluxes stay as
        further columns: ``sap_flux``, ``sap_error``, ..., ``background``.
    answer : Answer
        Where it comes from; the release is the file's, if it names one.

    Raises
    ------
    BadData
        The file has no such flux.
    """
    used = curve.flux(flux)
    timed = np.isfinite(curve.time_d)
    n = int(timed.sum())
    columns: dict[str, Any] = {
        "object": pa.repeat(f"TIC {curve.tic}", n),
        "band": pa.repeat(BAND, n),
        "time": curve.time_d[timed],
        "value": used.value[timed].astype(np.float64),
        "error": used.error[timed].astype(np.float64),
        "quality": curve.quality[timed],
        "ra_deg": np.full(n, curve.ra_deg),
        "dec_deg": np.full(n, curve.dec_deg),
        "cadence_no": curve.cadence_no[timed],
    }
    columns |= {name: values[timed].astype(np.float64) for name, values in _further(curve)}
    columns |= _constants(curve, n)
    return part_table(
        columns,
        survey=SURVEY,
        time=BTJD,
        unit=used.unit,
        answer=with_release(answer, curve.release),
    )


def with_release(answer: Answer, release: str) -> Answer:
    """Return an answer whose release is the file's; the archive's where the file names none.

    Releases of the mission are in order; what the archive says may be any word.
    """
    return replace(answer, release=release or answer.release)


def release_of(header: Header) -> str:
    """Return the data release that a primary header names, or the version of its software."""
    number = header.get("DATA_REL")
    return f"dr{number}" if isinstance(number, int) else header.text("PROCVER")


def _further(curve: TessCurve) -> Iterable[tuple[str, NDArray[Any]]]:
    for name in curve.fluxes:
        one = curve.flux(name)
        yield f"{name}_flux", one.value
        yield f"{name}_error", one.error
    for name, column in (("background", "SAP_BKG"), ("background_error", "SAP_BKG_ERR")):
        if column in curve.columns:
            yield name, of_kind(curve.name, column, curve.columns[column], "f")


def _constants(curve: TessCurve, n: int) -> dict[str, pa.Array]:
    numbers = {"sector": curve.sector, "camera": curve.camera, "ccd": curve.ccd}
    whole = {name: pa.repeat(pa.scalar(one, pa.int32()), n) for name, one in numbers.items()}
    return whole | {"cadence_s": pa.repeat(pa.scalar(curve.cadence_s, pa.float64()), n)}


def _check_times(name: str, first: Header, second: Header) -> None:
    telescope = first.text("TELESCOP", "TESS")
    if telescope != "TESS":
        raise BadData(f"{name}: is of {telescope}, not of TESS")
    day, rest = second.integer("BJDREFI", _BTJD_DAY), second.number("BJDREFF", 0.0)
    scale = second.text("TIMESYS", "TDB")
    if (day, rest, scale) != (_BTJD_DAY, 0.0, "TDB"):
        raise BadData(f"{name}: its times are {scale} since {day} + {rest}, not BTJD")


def _cadence_s(header: Header, time_d: Floats) -> float:
    """Return the time from row to row, whole seconds; by the header, or by the times."""
    step_d = header.number("TIMEDEL")
    if not step_d > 0:
        steps = np.diff(time_d)
        steps = steps[steps > 0]
        step_d = float(np.median(steps)) if steps.size else float("nan")
    return float(np.round(step_d * _DAY_S))


def _author(header: Header, name: str, cadence_s: float) -> str:
    """Return who made a file; TESS-SPOC's headers are SPOC's, but made of full-frame images."""
    if "qlp" in header.text("ORIGIN").lower():
        return "QLP"
    by_spoc = cadence_s in _BY_SPOC_S and "tess-spoc" not in name
    return "SPOC" if by_spoc else "TESS-SPOC"


def count(header: Header, name: str, most: int = _MOST) -> int:
    """Return a number of a header that counts something; `BadData` where it cannot be one."""
    number = header.integer(name)
    if not 0 <= number <= most:
        raise BadData(f"{header.where}: {name} is {number}")
    return number


def of_kind(
    file: str, name: str, values: NDArray[Any], kinds: str, n_axes: int = 1
) -> NDArray[Any]:
    """Return a column if its values are of one of NumPy's kinds; `BadData` where they are not."""
    if values.dtype.kind not in kinds or values.ndim != n_axes:
        raise BadData(f"{file}: column {name} is {values.dtype} of shape {values.shape}")
    return values
