"""Photometry of cutouts: the real one, and simulated ones whose stars are known."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats.fits_writer import Card, Column, primary, table
from gnomon.instruments.sky.curves.schema import Answer
from gnomon.instruments.sky.simulate.stars import Sky, Star
from gnomon.instruments.sky.simulate.tess_files import BTJD_OF_MJD_0, cutout_fits, cutout_zip
from gnomon.instruments.sky.tess.cutouts import (
    aperture_of,
    background_of,
    median_image,
    part_of_cutout,
    photometry,
    read_cutout,
)

STAR = Star(1, "SIM-1", 1, 90.0, -66.0, 10.5, "transit", 2.0, 0.02, 0.3, 0.3)
ALONE = Sky((STAR,), 90.0, -66.0, 0.1)


@pytest.fixture
def written(tmp_path):
    def write(data, name="cut.fits"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def pixels(flux, **columns):
    n = len(flux)
    made = {
        "TIME": 1500 + np.arange(n) / 48,
        "CADENCENO": np.arange(n, dtype="i4"),
        "QUALITY": np.zeros(n, "i4"),
        "FLUX": np.asarray(flux, "f4"),
        "FLUX_ERR": np.ones_like(flux, "f4"),
    } | columns
    cards = {"SECTOR": 5, "CAMERA": 1, "CCD": 2, "RA_OBJ": 10.0, "DEC_OBJ": 20.0}
    first = primary([Card(name, value) for name, value in cards.items()])
    return first + table([Column(*pair) for pair in made.items()], [Card("EXTNAME", "PIXELS")])


SMALL = pixels(np.random.default_rng(0).normal(100, 1, (4, 5, 5)))


def test_the_real_cutout_is_read_with_its_flags(real, truth, written):
    (packed,) = (real / "tesscut").glob("*.zip")
    known = truth["tesscut"][packed.name]
    with zipfile.ZipFile(packed) as archive:
        cutout = read_cutout(written(archive.read(known["member"]), known["member"]))
    assert cutout.flux.shape == tuple(known["shape"])
    assert (cutout.quality != 0).sum() == known["quality_nonzero"]
    assert (cutout.time_d[0], cutout.time_d[-1]) == (known["t_first"], known["t_last"])
    whole = cutout.flux.sum(axis=(1, 2), dtype="f8")
    assert np.median(whole) == pytest.approx(known["median_sum_flux_all_px"], rel=1e-6)
    assert cutout.sector is None  # files of 2018 do not say
    measured = photometry(cutout)
    part = part_of_cutout(
        cutout, measured, place="107.2700-70.0000", sector=1, answer=Answer(sha256="ab")
    )
    assert part.num_rows == known["n_rows"]
    assert (part["quality"].to_numpy() != 0).sum() == known["quality_nonzero"]
    assert set(part["unit"].to_pylist()) == {"e-/s"}
    # The sky's own light is most of what the pixels hold.
    assert np.median(measured.flux) < 0.1 * known["median_sum_flux_all_px"]


@pytest.mark.parametrize("noise", [False, True])
def test_a_star_is_measured_without_the_sky_s_light(written, noise):
    data = cutout_fits(ALONE, STAR.ra_deg, STAR.dec_deg, 11, 2, days=8, noise=noise)
    cutout = read_cutout(written(data))
    measured = photometry(cutout)
    true = STAR.flux_e_s(cutout.time_d - BTJD_OF_MJD_0)
    assert measured.shape == "threshold"
    share = measured.flux / true
    assert np.median(share) == pytest.approx(1, abs=0.02)
    assert np.std(share) < (4 * np.median(measured.error / true) if noise else 1e-4)
    assert measured.background == pytest.approx(
        measured.raw / measured.aperture.sum() - measured.flux / measured.aperture.sum(), rel=1e-9
    )
    # What the sky does, the raw sum does too.
    assert np.ptp(measured.background) > 20
    assert not (measured.aperture & measured.background_pixels).any()


def test_errors_are_as_large_as_the_noise(written):
    quiet = Sky((Star(1, "S", 1, 90.0, 0.0, 11.0),), 90.0, 0.0, 0.1)
    cutout = read_cutout(written(cutout_fits(quiet, 90.0, 0.0, 9, 1)))
    measured = photometry(cutout)
    assert np.std(measured.flux) == pytest.approx(np.median(measured.error), rel=0.1)


def test_a_place_without_a_bright_star_is_measured_in_a_square(written):
    image = np.full((4, 7, 7), 100.0)
    image[:, 0, :] += np.arange(7)
    measured = photometry(read_cutout(written(pixels(image))))
    assert measured.shape == "square"
    assert measured.aperture.sum() == 9
    assert measured.flux == pytest.approx(np.zeros(4), abs=1e-6)


def test_a_brighter_neighbour_that_does_not_touch_is_left_out():
    image = np.random.default_rng(0).normal(100, 1, (9, 9))
    image[4, 4:6] += 500
    image[4, 8] += 5000
    aperture, shape = aperture_of(image, 3)
    assert shape == "threshold"
    assert np.argwhere(aperture).tolist() == [[4, 4], [4, 5]]


def test_flagged_cadences_choose_no_pixels_but_are_measured(written):
    image = np.random.default_rng(0).normal(100, 1, (5, 7, 7))
    image[:, 3, 3] += 300
    image[1:, 0, 0] += 900
    quality = np.array([0, 32, 32, 128, 8], "i4")
    cutout = read_cutout(written(pixels(image, QUALITY=quality)))
    assert median_image(cutout) == pytest.approx(image[0].astype("f4"))
    assert np.isfinite(photometry(cutout).flux).all()


def test_a_pixel_without_a_value_leaves_its_cadence_without(written):
    image = np.random.default_rng(0).normal(100, 1, (6, 5, 5))
    image[:, 2, 2] += 300
    image[3, 2, 2] = np.nan
    image[4, 0, 0] = np.nan
    flux = photometry(read_cutout(written(pixels(image)))).flux
    assert np.isnan(flux).tolist() == [False] * 3 + [True] + [False] * 2


def test_rows_without_a_time_are_left_out(written):
    time = np.array([1500, np.nan, 1501.0])
    cutout = read_cutout(written(pixels(np.ones((3, 5, 5)), TIME=time)))
    part = part_of_cutout(cutout, photometry(cutout), place="p", sector=5, answer=Answer())
    assert part["time"].to_pylist() == [1500, 1501]


def test_a_moving_target_has_a_place_at_each_time(written):
    places = {"TGT_RA": np.array([10.0, 10.1]), "TGT_DEC": np.array([5.0, 5.1])}
    cutout = read_cutout(written(pixels(np.ones((2, 5, 5)), **places)))
    part = part_of_cutout(cutout, photometry(cutout), place="Eros", sector=5, answer=Answer())
    assert part["ra_deg"].to_pylist() == [10.0, 10.1]
    assert part["dec_deg"].to_pylist() == [5.0, 5.1]


def test_an_aperture_without_surroundings_is_refused(written):
    assert not background_of(np.ones((3, 3)), 0.3, np.ones((3, 3), bool)).any()
    with pytest.raises(BadData, match=r"^cut\.fits: no pixel is left"):
        photometry(read_cutout(written(pixels(np.ones((2, 3, 3))))))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pixels(np.full((3, 5, 5), np.nan)), "cut.fits: no pixel has a value"),
        (pixels(np.ones((3, 25))), r"column FLUX is float32 of shape \(3, 25\)"),
        (pixels(np.ones((0, 5, 5))), r"FLUX has the shape \(0, 5, 5\)"),
        (pixels(np.ones((2, 5, 5)), TIME=np.array([b"a", b"b"])), "column TIME is |S1"),
        (pixels(np.ones((3, 5, 5)))[:-2880], "truncated"),
        (b'{"msg": "nothing here"}', "is JSON, not FITS"),
    ],
)
def test_what_is_no_cutout_is_refused(written, data, reason):
    with pytest.raises(BadData, match=reason):
        photometry(read_cutout(written(data)))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12_000), st.binary(min_size=1, max_size=12)), max_size=4))
def test_no_damage_raises_anything_but_bad_data(tmp_path_factory, changes):
    data = bytearray(SMALL)
    for at, patch in changes:
        data[at : at + len(patch)] = patch
    path = tmp_path_factory.getbasetemp() / "fuzz.fits"
    path.write_bytes(data)
    try:
        cutout = read_cutout(path, checked=False)
        part_of_cutout(cutout, photometry(cutout), place="p", sector=5, answer=Answer())
    except BadData as refusal:
        if "fuzz.fits" not in str(refusal):
            raise


def test_archives_hold_a_file_per_sector_and_are_the_same_every_time():
    packed = [cutout_zip(ALONE, 90.0, -66.0, (3, 5), (1, 2), days=0.5) for _ in range(2)]
    assert packed[0] == packed[1]
    with zipfile.ZipFile(io.BytesIO(packed[0])) as archive:
        names = archive.namelist()
    assert [name[:11] for name in names] == ["tess-s0001-", "tess-s0002-"]
    assert all("_5x3_" in name for name in names)
