"""Light curves of TESS: from files to the times and fluxes of unflagged cadences.

Simulated files of the size and shape of SPOC's, 2 MB each: 20 columns, three HDUs. Measured:

- *three columns*: TIME, PDCSAP_FLUX, QUALITY by gnomon and by each peer, and the default mask.
- *whole*: `read_lightcurve`, checksums compared too; lightkurve reads whole files too, and compares
  none.
- *part*: the rows in the schema of all surveys, as a table of Arrow.
- *cutout*: photometry of 11 x 11 pixels, beside lightkurve's of the same pixels.

Every reader must give the same arrays, bit for bit. fitsio and astropy do not take the checksums of
these files, and of the real ones, for right; the sum of each HDU says that they are.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import NONE, Cost, Table, best, main, peer, scratch, times
from gnomon.formats.fits import Fits, verify
from gnomon.instruments.sky.curves.schema import Answer
from gnomon.instruments.sky.simulate.stars import make_sky
from gnomon.instruments.sky.simulate.tess_files import (
    cutout_fits,
    lightcurve_fits,
    lightcurve_name,
)
from gnomon.instruments.sky.tess.cutouts import photometry, read_cutout
from gnomon.instruments.sky.tess.lightcurves import part_of, read_lightcurve
from gnomon.instruments.sky.tess.quality import DEFAULT

NAMES = ("TIME", "PDCSAP_FLUX", "QUALITY")
TRIES = 5
Arrays = tuple[NDArray[Any], NDArray[Any]]
Reader = Callable[[Path], Arrays]


def unflagged(columns: Any) -> Arrays:
    """Return times and fluxes without what the default mask names."""
    time, flux, quality = (np.asarray(columns[name]) for name in NAMES)
    good = ((quality & DEFAULT) == 0) & np.isfinite(time)
    return time[good], flux[good]


# -- who reads


def by_gnomon(path: Path) -> Arrays:
    """Read three columns."""
    return unflagged(Fits.read(path).columns(1, NAMES))


def whole_by_gnomon(path: Path, *, checked: bool) -> Arrays:
    """Read a light curve, with or without its checksums."""
    curve = read_lightcurve(path, checked=checked)
    good = curve.is_good()
    return curve.time_d[good], curve.flux("pdcsap").value[good]


def by_fitsio(fitsio: Any, path: Path) -> Arrays:
    """Read three columns."""
    return unflagged(fitsio.read(path, ext=1, columns=list(NAMES)))


def by_astropy(fits: Any, path: Path) -> Arrays:
    """Read three columns."""
    with fits.open(path) as file:
        return unflagged(file[1].data)


def by_lightkurve(lightkurve: Any, path: Path) -> Arrays:
    """Read a light curve by its own default mask."""
    curve = lightkurve.read(path, quality_bitmask="default")
    return np.asarray(curve.time.value), np.asarray(curve["pdcsap_flux"].value)


def _peers() -> dict[str, Reader | None]:
    logging.disable(logging.WARNING)
    fitsio, lightkurve = peer("fitsio"), peer("lightkurve")
    astropy = peer("astropy.io.fits")
    return {
        "fitsio, three columns": fitsio and partial(by_fitsio, fitsio),
        "astropy, three columns": astropy and partial(by_astropy, astropy),
        "lightkurve, whole": lightkurve and partial(by_lightkurve, lightkurve),
    }


# -- what is measured


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the tables."""
    with warnings.catch_warnings(), scratch() as folder:
        warnings.simplefilter("ignore")
        paths = list(_files(folder, 4 if quick else 20))
        return [_reading(paths), _cutouts(folder, 200 if quick else 1296)]


def _files(folder: Path, n: int) -> Sequence[Path]:
    stars = make_sky().stars
    paths = []
    for number in range(n):
        star, sector = stars[number % 4], 1 + number // 4
        paths.append(folder / lightcurve_name(star, sector))
        paths[-1].write_bytes(lightcurve_fits(star, sector))
    return paths


def _reading(paths: Sequence[Path]) -> Table:
    size_mb = sum(path.stat().st_size for path in paths) / 1e6
    title = f"TESS light curves: {len(paths)} files, {size_mb:.0f} MB, unflagged cadences"
    table = Table(title, ("reader", "CPU ms", "wall ms", "files/s", "by gnomon's"))
    own: dict[str, Reader] = {
        "gnomon, three columns": by_gnomon,
        "gnomon, whole": partial(whole_by_gnomon, checked=False),
        "gnomon, whole, checksums": partial(whole_by_gnomon, checked=True),
    }
    wanted = [by_gnomon(path) for path in paths]
    first: Cost | None = None
    for name, reader in {**own, **_peers()}.items():
        if reader is None:
            table.add(name, *[NONE] * 4)
            continue
        _check(wanted, [reader(path) for path in paths])
        took = best(TRIES, partial(_each, reader, paths))
        first = first or took
        table.add(name, *_cells(took, len(paths)), times(took.cpu_s, first.cpu_s))
    for name, work in (("gnomon, checksums alone", verify), ("gnomon, part", _part)):
        took = best(TRIES, partial(_each, work, paths))
        table.add(name, *_cells(took, len(paths)), NONE)
    return table


def _part(path: Path) -> object:
    return part_of(read_lightcurve(path), answer=Answer())


def _each(work: Callable[[Path], object], paths: Sequence[Path]) -> None:
    for path in paths:
        work(path)


def _cells(took: Cost, n: int) -> tuple[str, str, str]:
    return f"{took.cpu_s * 1e3:.1f}", f"{took.wall_s * 1e3:.1f}", f"{n / took.wall_s:,.0f}"


def _check(wanted: Sequence[Arrays], found: Sequence[Arrays]) -> None:
    """Check that arrays are the same, bit for bit."""
    for ours, theirs in zip(wanted, found, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert one.tobytes() == other.astype(one.dtype).tobytes()


def _cutouts(folder: Path, n: int) -> Table:
    star = make_sky().stars[1]
    path = folder / "cutout.fits"
    path.write_bytes(cutout_fits(make_sky(), star.ra_deg, star.dec_deg, 11, 1, days=n / 48))
    table = Table(f"Photometry of a cutout: {n} x 11 x 11", ("by", "CPU ms", "by gnomon's"))
    own = best(TRIES, lambda: photometry(read_cutout(path)))
    table.add("gnomon", f"{own.cpu_s * 1e3:.1f}", times(own.cpu_s, own.cpu_s))
    lightkurve = peer("lightkurve")
    if lightkurve is None:
        table.add("lightkurve", NONE, NONE)
        return table
    took = best(2, partial(_by_lightkurve, lightkurve, path))
    table.add("lightkurve", f"{took.cpu_s * 1e3:.1f}", times(took.cpu_s, own.cpu_s))
    return table


def _by_lightkurve(lightkurve: Any, path: Path) -> object:
    pixels = lightkurve.read(path)
    aperture = pixels.create_threshold_mask(3)
    level = pixels.estimate_background("background").flux.value
    flux = pixels.extract_aperture_photometry(aperture_mask=aperture).flux.value
    return flux - level * aperture.sum()


if __name__ == "__main__":
    main(__doc__, run)
