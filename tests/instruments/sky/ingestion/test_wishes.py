"""What is asked for, in the words of the command and of the guide's file, becomes options."""

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.sky.guide_config import DataSources
from gnomon.instruments.sky.ingestion.wishes import RADIUS_DEG, Wish, asked_of
from gnomon.instruments.sky.targets import Target


def nobody(names):
    raise AssertionError(f"nobody should ask where {names} are")


def asked(survey, wish, guide=None, resolve=nobody):
    parsed = None if guide is None else DataSources.model_validate(guide)
    return asked_of(survey, wish, parsed, resolve)


def test_the_cone_of_irsa_is_for_ztf():
    wish = Wish(place=(10.0, 20.0), radius_deg=0.05, filters=("g",), collection="ztf_dr24")
    cone = {"ra_deg": 10.0, "dec_deg": 20.0, "radius_deg": 0.05}
    options = {"cones": [cone], "ids": [], "filters": ["g"], "collection": "ztf_dr24"}
    assert asked("ztf", wish).options == options
    assert asked("tess", wish).options == asked("mast", wish).options == {}


def test_a_target_is_asked_for_by_the_surest_of_its_names():
    star = Target(name="X", tic=7, ra_deg=1.0, dec_deg=2.0)
    wish = Wish(targets=(star, Target(name="Y")))
    tess = asked("tess", wish).options
    assert (tess["tics"], tess["names"], tess["cones"]) == ([7], ["Y"], [])
    mast = asked("mast", wish).options
    assert mast["names"] == ["Y"]
    assert [cone["name"] for cone in mast["cones"]] == ["X"]


def test_ztf_learns_places_of_names_and_numbers():
    def resolve(names):
        assert names == ["Y", "TIC 7"]
        return {"Y": (3.0, 4.0)}, "nobody knows TIC 7"

    wish = Wish(targets=(Target(name="Y"), Target(tic=7)), radius_deg=0.01)
    found = asked("ztf", wish, resolve=resolve)
    assert found.options["cones"] == [
        {"ra_deg": 3.0, "dec_deg": 4.0, "radius_deg": 0.01, "name": "Y"}
    ]
    assert found.problems == ("nobody knows TIC 7",)


def test_a_target_without_a_radius_has_a_small_one():
    (cone,) = asked("ztf", Wish(targets=(Target(ra_deg=1.0, dec_deg=2.0),))).options["cones"]
    assert cone["radius_deg"] == RADIUS_DEG


def test_targets_of_the_command_take_the_place_of_all_others():
    guide = {"tess": {"targets": ["TIC 5", "WASP-126"]}, "ztf": {"irsa": {"filters": "zg"}}}
    assert asked("tess", Wish(), guide).options["tics"] == [5]
    assert asked("tess", Wish(), guide).options["names"] == ["WASP-126"]
    mine = asked("tess", Wish(targets=(Target(tic=9),)), guide).options
    assert (mine["tics"], mine["names"], mine["cones"]) == ([9], [], [])
    ztf = asked("ztf", Wish(ids=(4,)), guide).options
    assert (ztf["ids"], ztf["cones"]) == ([4], [])


def test_a_filter_of_the_guide_that_chooses_no_target_is_refused():
    guide = {"tess": {"query": {"filters": {"t_exptime": [20]}}}}
    with pytest.raises(ConfigError, match="t_exptime"):
        asked("tess", Wish(), guide)
