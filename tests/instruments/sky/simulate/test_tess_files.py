"""Simulated files of TESS have the shape of the real ones, and hold their stars."""

import io

import numpy as np
import pytest
from astropy.io import fits as reference

from gnomon.formats.fits import Fits
from gnomon.instruments.sky.simulate import tess_files


@pytest.fixture(scope="module")
def star(sky):
    return sky.stars[1]


def test_a_light_curve_has_the_columns_of_the_real_one(star, truth):
    (known,) = truth["tess"].values()
    with reference.open(io.BytesIO(tess_files.lightcurve_fits(star, 1, days=1))) as made:
        assert [hdu.name for hdu in made] == ["PRIMARY", "LIGHTCURVE", "APERTURE"]
        assert made[1].columns.names == known["columns"]
        assert made[1].header["NAXIS1"] == known["header"]["NAXIS1"]
        assert made[1].columns["TIME"].unit == "BJD - 2457000, days"


def test_a_light_curve_has_right_checksums_and_no_datasum(star):
    file = Fits.of(tess_files.lightcurve_fits(star, 1, days=1), "x.fits")
    assert file.verify() == 3
    assert not any("DATASUM" in hdu.header for hdu in file.hdus)


def test_the_same_star_and_sector_give_the_same_bytes(star):
    made = [tess_files.lightcurve_fits(star, sector, days=0.5) for sector in (1, 1, 2)]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_sectors_follow_each_other(star):
    files = [
        Fits.of(tess_files.lightcurve_fits(star, n, days=0.1), "x").columns(
            1, ["TIME", "CADENCENO"]
        )
        for n in (1, 2)
    ]
    step = files[1]["TIME"][0] - files[0]["TIME"][0]
    assert step == pytest.approx(tess_files.SECTOR_D)
    cadences = files[1]["CADENCENO"][0] - files[0]["CADENCENO"][0]
    assert cadences == pytest.approx(step * 720)


def test_the_noise_is_as_large_as_the_errors_say(star):
    file = Fits.of(tess_files.lightcurve_fits(star, 1, days=3), "x.fits")
    columns = file.columns(1, ["TIME", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR", "QUALITY"])
    good = columns["QUALITY"] == 0
    true = star.flux_e_s(columns["TIME"][good] - tess_files.BTJD_OF_MJD_0)
    pull = (columns["PDCSAP_FLUX"][good] - true) / columns["PDCSAP_FLUX_ERR"][good]
    assert np.std(pull) == pytest.approx(1, abs=0.05)


def test_every_flag_of_a_real_sector_occurs(star):
    file = Fits.of(tess_files.lightcurve_fits(star, 1, days=0.5), "x.fits")
    quality = file.columns(1, ["QUALITY"])["QUALITY"]
    assert np.bitwise_or.reduce(quality) == 8 | 16 | 32 | 128 | 512 | 2048
