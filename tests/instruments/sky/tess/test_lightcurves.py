"""Light curves of TESS: the real one, and simulated ones of all three makers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats.fits_writer import Card, Column, primary, table
from gnomon.instruments.sky.curves.schema import BTJD_ORIGIN_JD, Answer, answers_of
from gnomon.instruments.sky.simulate.stars import make_sky
from gnomon.instruments.sky.simulate.tess_files import (
    BTJD_OF_MJD_0,
    lightcurve_fits,
    lightcurve_name,
)
from gnomon.instruments.sky.tess.lightcurves import part_of, read_lightcurve
from gnomon.instruments.sky.tess.quality import MASKS

STAR = make_sky().stars[1]
ANSWER = Answer("https://mast", "{}", "", "2026-01-01T00:00:00Z", "ab")
SMALL = lightcurve_fits(STAR, 3, days=0.2)


@pytest.fixture
def written(tmp_path):
    def write(data, name="x_lc.fits"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def qlp(sector=11, *, columns=("KSPSAP_FLUX", "KSPSAP_FLUX_ERR"), unit="", rows=8, **keys):
    time = 1600 + np.arange(8) / 48
    cards = {
        "ORIGIN": "MIT/QLP",
        "TELESCOP": "TESS",
        "TICID": 277554109,
        "SECTOR": sector,
        "CAMERA": 1,
        "CCD": 2,
    } | keys
    made = [
        Column("TIME", time, "BJD - 2457000, days"),
        Column("CADENCENO", np.arange(8, dtype="i4")),
        Column("SAP_FLUX", np.linspace(0.9, 1.1, 8).astype("f4"), unit),
        *(Column(name, np.full(8, 1 + n, "f4"), unit) for n, name in enumerate(columns)),
        Column("QUALITY", np.array([0, 4096, 0, 0, 128, 0, 0, 0], "i4")),
    ]
    cut = [Column(one.name, one.values[:rows], one.unit) for one in made]
    first = primary([Card(name, value) for name, value in cards.items()])
    return first + table(cut, [Card("EXTNAME", "LIGHTCURVE")])


@pytest.fixture(scope="module")
def real_curve(real):
    (path,) = (real / "tess").glob("*_lc.fits")
    return read_lightcurve(path)


def test_the_real_curve_is_what_its_header_says(real_curve, truth):
    header = truth["tess"][real_curve.name]["header"]
    assert (real_curve.tic, real_curve.sector) == (header["TICID"], header["SECTOR"])
    assert (real_curve.camera, real_curve.ccd) == (header["CAMERA"], header["CCD"])
    assert (real_curve.ra_deg, real_curve.dec_deg) == (header["RA_OBJ"], header["DEC_OBJ"])
    assert (real_curve.product, real_curve.author, real_curve.release) == ("s", "SPOC", "dr42")
    assert real_curve.cadence_s == 120
    assert list(real_curve.columns) == truth["tess"][real_curve.name]["columns"]
    assert len(real_curve) == truth["tess"][real_curve.name]["n_rows"]
    assert np.isnan(real_curve.time_d).sum() == truth["tess"][real_curve.name]["n_nan_time"]


@pytest.mark.parametrize("mask", MASKS)
def test_every_mask_gives_what_lightkurve_gives(real_curve, truth, mask):
    known = truth["tess"][real_curve.name][mask]
    good = real_curve.is_good(mask)
    flux = real_curve.flux("pdcsap").value[good]
    assert good.sum() == known["n_cadences"]
    assert np.isfinite(flux).sum() == known["n_finite_pdcsap"]
    assert np.nanmedian(flux) == known["median_pdcsap"]
    assert np.nanstd(flux.astype("f8")) == pytest.approx(known["std_pdcsap"], rel=1e-9)
    times = real_curve.time_d[good]
    assert (times[0], times[-1]) == (known["t_first"], known["t_last"])
    if "median_sap" in known:
        assert np.nanmedian(real_curve.flux("sap").value[good]) == known["median_sap"]


def test_the_real_curve_becomes_a_part(real_curve, truth):
    part = part_of(real_curve, answer=ANSWER)
    first = part.slice(1, 1).to_pylist()[0]
    assert first["object"] == "TIC 25155310"
    assert (first["survey"], first["band"], first["unit"]) == ("tess", "TESS", "e-/s")
    assert (first["time_origin_jd"], first["time_scale"]) == (BTJD_ORIGIN_JD, "TDB")
    assert first["time_place"] == "BARYCENTER"
    assert first["value"] == first["pdcsap_flux"]
    assert (first["sector"], first["camera"], first["ccd"]) == (1, 4, 1)
    known = truth["tess"][real_curve.name]["none"]
    n_measured = part.num_rows - np.isnan(part["value"].to_numpy()).sum()
    assert (part.num_rows, n_measured) == (known["n_cadences"], known["n_finite_pdcsap"])
    (answer,) = answers_of(part.schema)
    assert (answer.release, answer.sha256) == ("dr42", "ab")


def test_a_simulated_curve_is_its_star_s(written):
    curve = read_lightcurve(written(lightcurve_fits(STAR, 3, days=4, noise=False)))
    good = curve.is_good()
    truth = STAR.flux_e_s(curve.time_d[good] - BTJD_OF_MJD_0).astype("f4")
    assert (curve.flux().value[good] == truth).all()
    assert np.isnan(curve.time_d).sum() == pytest.approx(0.04 * len(curve), abs=1)
    assert curve.tic == STAR.tic
    assert 0 < (~good).sum() < 0.1 * len(curve)


@pytest.mark.parametrize(
    ("cadence_s", "name", "product", "author"),
    [
        (120, "tess1-s_lc.fits", "s", "SPOC"),
        (20, "tess1-a_fast-lc.fits", "a_fast", "SPOC"),
        (1800, "x.fits", "tess-spoc", "TESS-SPOC"),
        (200, "hlsp_tess-spoc_tess_phot_1-s0056_tess_v1_lc.fits", "tess-spoc", "TESS-SPOC"),
    ],
)
def test_the_maker_and_the_cadence_are_known(written, cadence_s, name, product, author):
    data = lightcurve_fits(STAR, 56, cadence_s=cadence_s, days=0.5)
    curve = read_lightcurve(written(data, name))
    assert (curve.product, curve.author, curve.cadence_s) == (product, author, cadence_s)


def test_a_curve_of_qlp_has_its_own_flux(written):
    curve = read_lightcurve(written(qlp()))
    assert (curve.author, curve.product, curve.tic, curve.sector) == ("QLP", "qlp", 277554109, 11)
    assert curve.fluxes == ("sap", "kspsap")
    assert curve.cadence_s == 1800
    part = part_of(curve, answer=replace(ANSWER, release="v01"))
    assert set(part["unit"].to_pylist()) == {"1"}
    assert set(part["release"].to_pylist()) == {"v01"}  # the archive's: the file names none
    assert part["value"].to_pylist() == [1.0] * 8
    assert part["error"].to_pylist() == [2.0] * 8
    assert np.isnan(part["sap_error"].to_numpy()).all()
    assert part["quality"].to_pylist()[:2] == [0, 4096]


def test_a_curve_of_one_row_has_no_cadence(written):
    curve = read_lightcurve(written(qlp(rows=1)))
    assert len(part_of(curve, answer=ANSWER)) == 1
    assert np.isnan(curve.cadence_s)


def test_late_sectors_of_qlp_name_their_flux_anew(written):
    data = qlp(60, columns=("SYS_RM_FLUX", "DET_FLUX", "DET_FLUX_ERR"))
    curve = read_lightcurve(written(data))
    assert curve.best == "det"
    assert part_of(curve, answer=ANSWER)["value"].to_pylist() == [2.0] * 8
    assert part_of(curve, flux="sys_rm", answer=ANSWER)["value"].to_pylist() == [1.0] * 8


def test_points_of_low_precision_are_not_good_by_the_hard_masks(written):
    early, late = (read_lightcurve(written(qlp(sector))) for sector in (11, 60))
    late.quality[:] = 1 << 30
    assert [early.is_good(mask)[1] for mask in MASKS] == [True, True, False, False]
    assert [late.is_good(mask)[1] for mask in MASKS] == [True, True, False, False]


def test_a_flux_that_is_absent_is_named_with_what_is_there(written):
    curve = read_lightcurve(written(qlp()))
    with pytest.raises(
        BadData, match=r"x_lc\.fits, LIGHTCURVE: has no column PDCSAP_FLUX; it has TIME, CAD"
    ):
        part_of(curve, flux="pdcsap", answer=ANSWER)


def with_changed(old, new):
    assert old in SMALL
    return SMALL.replace(old, new)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (with_changed(b"'QUALITY '", b"'QUALITX '"), "has no column QUALITY; it has TIME, TIME"),
        (with_changed(b"'TIME    '", b"'TIMX    '"), "has no column TIME; it has TIMX"),
        (with_changed(b"TICID   =", b"TICIE   ="), "TICID is None instead of a whole number"),
        (with_changed(b"'TESS    '", b"'Kepler  '"), "is of Kepler, not of TESS"),
        (with_changed(b"2457000 / integer", b"2454833 / integer"), "TDB since 2454833"),
        (with_changed(b"'TDB     '", b"'UTC     '"), "times are UTC since"),
        (qlp(SECTOR=99_999), "SECTOR is 99999"),
        (qlp(TICID=-1), "TICID is -1"),
        (with_changed(b"TFORM8  = 'E  ", b"TFORM8  = 'J  "), "column PDCSAP_FLUX is int32"),
        (qlp(unit="furlong"), "is in 'furlong', no unit of a flux"),
        (SMALL[:-2880], "truncated: APERTURE has 0 bytes of data instead of 484"),
        (primary(), "has no HDU 1; it has PRIMARY"),
    ],
)
def test_what_is_no_light_curve_is_refused(written, data, reason):
    path = written(data)
    with pytest.raises(BadData, match=r"^x_lc\.fits") as refusal:
        part_of(read_lightcurve(path, checked=False), answer=ANSWER)
    assert reason in str(refusal.value)


def test_damage_is_noticed_by_the_checksums(written):
    damaged = bytearray(SMALL)
    damaged[len(SMALL) // 2] ^= 4
    path = written(bytes(damaged))
    with pytest.raises(BadData, match="CHECKSUM does not fit"):
        read_lightcurve(path)
    assert len(read_lightcurve(path, checked=False)) == 144


def test_the_archive_s_name_is_used_in_messages(written):
    with pytest.raises(BadData, match=r"^tess1\.fits: truncated"):
        read_lightcurve(written(SMALL[:6000]), name="tess1.fits")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 17_000), st.binary(min_size=1, max_size=12)), max_size=4))
def test_no_damage_raises_anything_but_bad_data(tmp_path_factory, changes):
    data = bytearray(SMALL)
    for at, patch in changes:
        data[at : at + len(patch)] = patch
    path = tmp_path_factory.getbasetemp() / "fuzz_lc.fits"
    path.write_bytes(data)
    try:
        part_of(read_lightcurve(path, checked=False), answer=ANSWER)
    except BadData as refusal:
        if "fuzz_lc.fits" not in str(refusal):
            raise


def test_names_are_those_of_the_archive():
    star = make_sky().stars[0]
    number = f"{star.tic:016d}"
    assert lightcurve_name(star, 1) == f"tess2018206045859-s0001-{number}-0120-s_lc.fits"
    assert lightcurve_name(star, 27, 20).endswith("-a_fast-lc.fits")
