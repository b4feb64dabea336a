"""The reader of FITS on real files of TESS, bit for bit as astropy has them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits as reference

from gnomon.errors import BadData
from gnomon.formats import fits


@pytest.fixture(scope="module")
def curve(real):
    (path,) = (real / "tess").glob("*_lc.fits")
    return path


@pytest.fixture(scope="module")
def cutout(real, tmp_path_factory):
    (packed,) = (real / "tesscut").glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        return Path(archive.extract(archive.namelist()[0], tmp_path_factory.mktemp("cutout")))


def check(path):
    ours = fits.Fits.read(path)
    with reference.open(path) as theirs:
        assert [hdu.name for hdu in ours.hdus] == [hdu.name for hdu in theirs]
        for n, hdu in enumerate(theirs):
            header = ours.hdus[n].header
            known = {k: v for k, v in hdu.header.items() if k not in {"COMMENT", "HISTORY", ""}}
            assert list(header) == list(known)
            for name, value in header.items():
                undefined = isinstance(known[name], reference.card.Undefined)
                assert value == (None if undefined else known[name]), name
        for name in theirs[1].columns.names:
            one, other = ours.table(1)[name], np.asarray(theirs[1].data[name])
            if other.dtype.kind == "U":
                assert (one.astype("U") == other).all()
            else:
                assert one.dtype == other.dtype.newbyteorder("=")
                assert one.tobytes() == other.astype(one.dtype).tobytes()
        assert (ours.image(2) == theirs[2].data).all()


def test_the_light_curve_is_bit_identical(curve):
    check(curve)


def test_the_cutout_is_bit_identical(cutout):
    check(cutout)


def test_the_light_curve_is_valid_though_others_doubt_it(curve, truth):
    assert fits.verify(curve) == 3
    assert truth["tess"][curve.name]["fits_checksum"]["LIGHTCURVE"] == "valid"
    file = fits.Fits.read(curve)
    assert not any("DATASUM" in hdu.header for hdu in file.hdus)
    damaged = bytearray(file.data)
    damaged[1_000_000] ^= 1
    with pytest.raises(BadData, match="LIGHTCURVE: CHECKSUM does not fit"):
        fits.Fits.of(bytes(damaged), curve.name).verify()
