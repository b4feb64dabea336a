"""Pictures of curves: what they show, that brighter is up, and that the same data look the same."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.batches import Curve
from gnomon.instruments.sky.curves.schema import BTJD, JD_UTC, MJD_TAI, MJD_UTC
from gnomon.instruments.sky.plots import style
from gnomon.instruments.sky.plots.pages import DRAWN, Subject, draw_curve, draw_page
from gnomon.instruments.sky.plots.panels import _envelope
from gnomon.instruments.sky.science.periods.period import Search

SEARCH = Search(min_period_d=0.3, max_period_d=5, oversampling=4)
BOXES = Search("bls", min_period_d=1, max_period_d=5, oversampling=4, durations_d=(0.2,))


def curve(band="r", unit="mag", amplitude=0.4, n=80):
    chance = np.random.default_rng(n)
    time_d = 58_000 + np.sort(chance.uniform(0, 60, n))
    value = 15 + amplitude * np.sin(2 * np.pi * time_d / 0.71) + 0.02 * chance.normal(size=n)
    return Curve("SIM-001", band, time_d, value, np.full(n, 0.02), unit, MJD_UTC)


def texts(figure):
    found = [text.get_text() for text in figure.texts]
    return " | ".join([*found, *(axes.get_title(loc="left") for axes in figure.axes)])


def test_a_page_says_what_was_found():
    figure = draw_page(Subject.searched([curve("r"), curve("g", amplitude=0.6)], SEARCH))
    said = texts(figure)
    assert "SIM-001" in said
    assert "Period 0.71" in said
    assert "amplitude" in said
    above, left, right = figure.axes
    assert above.get_xlabel() == "MJD (UTC)"
    assert (left.get_xscale(), right.get_xlabel()) == ("log", "phase")
    # Brighter is up.
    assert above.yaxis_inverted()
    assert right.yaxis_inverted()


def test_a_page_says_that_there_is_no_period():
    said = texts(draw_page(Subject.searched([curve(amplitude=0)], SEARCH)))
    assert "No significant period: false-alarm probability" in said
    assert "Folded by the highest peak" in said
    short = curve(n=5)
    assert "5 points: at least 10 are needed" in texts(draw_page(Subject.searched([short], SEARCH)))


def test_flux_grows_upwards():
    axes = draw_curve([curve(unit="e-/s")]).axes[0]
    assert not axes.yaxis_inverted()
    assert axes.get_ylabel() == "flux / e-/s"


def test_a_transit_is_shown_close_up():
    time_d = np.arange(1325, 1345, 0.01)
    phase = np.mod(time_d - 1326, 2.5)
    flux = 1 - 0.01 * ((phase < 0.1) | (phase > 2.4)) + 1e-4 * np.sin(1e6 * time_d)
    one = Curve("TIC 1", "TESS", time_d, flux, np.full(len(flux), 1e-4), "1", BTJD)
    figure = draw_page(Subject.searched([one], BOXES))
    said = texts(figure)
    assert "depth 1.0" in said
    assert "Box least squares in TESS" in said
    assert figure.axes[2].get_xlabel() == "hours from mid-transit"
    # A band that was never seen in transit has no box.
    between_d = 1327.25 + 2.5 * np.arange(6)
    other = Curve("TIC 1", "r", between_d, np.ones(6), np.full(6, 1e-4), "1", BTJD)
    both = draw_page(Subject.searched([one, other], BOXES)).axes[2]
    assert len(both.lines) == len(figure.axes[2].lines) + 2


def test_the_line_of_false_alarms_is_that_of_the_search():
    errors = np.geomspace(1e-4, 0.3, 80)
    subject = Subject.searched([replace(curve(amplitude=0.05), error=errors)], SEARCH)
    used = replace(subject.curves[0], error=np.hypot(errors, SEARCH.error_floor_mag))
    at = replace(subject, search=replace(SEARCH, error_floor_mag=0.0), curves=(used,))
    assert subject.threshold == at.threshold
    raw = replace(at, curves=subject.curves)
    assert subject.threshold != pytest.approx(raw.threshold, rel=1e-4)


@pytest.mark.parametrize("what", DRAWN)
def test_the_same_curve_gives_the_same_picture(tmp_path, what):
    subject = Subject.searched([curve()], SEARCH)
    for name in ("1.png", "2.png"):
        style.save(DRAWN[what](subject), tmp_path / name)
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


def test_nothing_to_draw_is_said():
    empty = Curve("x", "g", np.empty(0), np.empty(0), np.empty(0))
    with pytest.raises(BadData, match="nothing to draw"):
        draw_curve([empty])
    with pytest.raises(BadData, match="nothing to draw"):
        Subject.searched([empty], SEARCH)


@pytest.mark.parametrize("other", [{"time_system": BTJD}, {"unit": "e-/s"}])
def test_different_times_or_units_are_not_drawn_onto_the_same_axes(other):
    curves = [curve("r"), replace(curve("g"), **other)]
    with pytest.raises(BadData, match="SIM-001: bands of different times or units"):
        draw_curve(curves)
    with pytest.raises(BadData, match="share no axes"):
        Subject.searched(curves, SEARCH)


@pytest.mark.parametrize(("system", "name"), [
    (BTJD, "BJD \N{MINUS SIGN} 2457000 (TDB)"), (MJD_UTC, "MJD (UTC)"), (MJD_TAI, "MJD (TAI)"),
    (JD_UTC, "JD (UTC)"), (None, "time / days"),
])  # fmt: skip
def test_axes_name_their_time(system, name):
    assert style.time_name(system) == name


def test_no_peak_is_lost_between_pixels():
    at = np.geomspace(0.1, 100, 50_000)
    power = np.zeros(50_000)
    power[31_415] = 0.9
    thin_at, thin = _envelope(at, power)
    assert len(thin) <= 2400
    assert thin_at[np.argmax(thin)] == at[31_415]
