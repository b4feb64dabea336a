"""Questions to IRSA: all ten parameters, and what is refused before anything is sent."""

import math
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.sky.irsa.request import Cone, CurveQuery, bands_of, number
from gnomon.instruments.sky.kinds import ZTF_ANSWER

CONE = Cone(ra_deg=255.577, dec_deg=12.284, radius_deg=0.05)


def test_a_cone_with_everything():
    query = CurveQuery(
        CONE,
        bands=("zi", "1", "g"),
        wavelength_range_m=(4.1e-7, math.inf),
        mag_range=(17, 17.7),
        nobs_min=3,
        mjd_range=(-math.inf, 58_300.5),
        bad_catflags_mask=32768,
        collection="ztf_dr24",
        format="ipac",
    )
    assert parse_qs(query.text) == {
        "POS": ["CIRCLE 255.577 12.284 0.05"],
        "BANDNAME": ["g,i"],
        "BAND": ["4.1e-07 Inf"],
        "MAG": ["17 17.7"],
        "NOBS_MIN": ["3"],
        "TIME": ["-Inf 58300.5"],
        "BAD_CATFLAGS_MASK": ["32768"],
        "COLLECTION": ["ztf_dr24"],
        "FORMAT": ["IPAC_TABLE"],
    }


def test_objects_by_their_ids():
    query = CurveQuery(ids=(686103400067717, 2), mjd_range=(58_300.0, 58_300.0))
    assert query.text == "ID=686103400067717,2&TIME=58300&FORMAT=CSV"
    assert query.slug.startswith("id686103400067717-and-1-")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"cone": CONE, "ids": (1,)},
        {"cone": Cone(ra_deg=1, dec_deg=1, radius_deg=0.1668)},
        {"cone": CONE, "bands": ("u",)},
        {"cone": CONE, "mag_range": (18, 17)},
        {"cone": CONE, "mjd_range": (math.nan, 1)},
        {"cone": CONE, "wavelength_range_m": (1, 0)},
        {"cone": CONE, "nobs_min": -1},
        {"cone": CONE, "bad_catflags_mask": -1},
        {"cone": CONE, "collection": "dr24"},
        {"cone": CONE, "format": "html"},
        {"ids": (0,)},
        {"ids": tuple(range(1, 302))},
        {"ids": (1,), "bands": ("g",)},
        {"ids": (1,), "mag_range": (1, 2)},
        {"ids": (1,), "nobs_min": 0},
        {"ids": (1,), "wavelength_range_m": (0, 1)},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError):
        CurveQuery(**wrong)


@pytest.mark.parametrize(
    "place",
    [(361, 0, 1), (-181, 0, 1), (0, 91, 1), (0, 0, 0), (0, 0, -1), (0, 0, math.nan)],
    ids=str,
)
def test_a_place_off_the_sky_is_refused(place):
    with pytest.raises(ConfigError):
        Cone(**dict(zip(("ra_deg", "dec_deg", "radius_deg"), place, strict=True)))


def test_right_ascension_is_kept_from_0_to_360():
    """The archive's text and its examples contradict each other."""
    assert Cone(ra_deg=-164.7, dec_deg=0, radius_deg=0.1).ra_deg == pytest.approx(195.3)
    assert Cone(ra_deg=360, dec_deg=0, radius_deg=0.1).text == "0 0 0.1"


def test_a_cone_of_numbers():
    assert Cone.model_validate([255.577, 12.284, 0.05]) == CONE
    assert Cone.model_validate((1, 2, 0.1, "Vega")).name == "Vega"
    with pytest.raises(ValueError, match="4 values"):
        Cone.model_validate((1, 2, 3, "a", 5))


def test_an_unknown_band_is_named():
    with pytest.raises(UnknownName, match="'y'"):
        bands_of(["g", "y"])


def test_the_name_of_a_question_is_that_of_what_is_asked_for():
    query = CurveQuery(CONE, bands=("r", "g"))
    same = CurveQuery(CONE, bands=("zg", "2"), collection="ztf_dr1", format="votable")
    assert query.slug == same.slug
    larger = Cone(ra_deg=255.6, dec_deg=12.284, radius_deg=1)
    others = [
        CurveQuery(CONE),
        CurveQuery(CONE, bands=("r", "g"), mjd_range=(1, 2)),
        CurveQuery(CONE, bands=("r", "g"), wanted=larger),
    ]
    assert len({query.slug, *(one.slug for one in others)}) == 4


@given(
    st.floats(-180, 360),
    st.floats(-90, 90),
    st.floats(1e-5, 0.1667),
    st.sets(st.sampled_from("gri")),
)
def test_a_name_is_fit_for_a_path_and_parses(ra, dec, radius, bands):
    cone = Cone(ra_deg=ra, dec_deg=dec, radius_deg=radius)
    slug = CurveQuery(cone, bands=tuple(bands)).slug
    path = ZTF_ANSWER.format({"query": slug}, 1, {"format": "csv"})
    assert ZTF_ANSWER.parse(path).key == {"query": slug}
    assert 0 <= cone.ra_deg < 360


@given(st.floats(-1e6, 1e6))
def test_numbers_are_short_and_true_to_eight_decimals(value):
    assert "e" not in number(value)
    assert float(number(value)) == pytest.approx(value, abs=1e-8)
