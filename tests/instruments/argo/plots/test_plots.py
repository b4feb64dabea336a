import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.text import Text

from argo_products import analysis_table, profiles_table
from gnomon.errors import BadData, ConfigError, MissingExtra, NoData
from gnomon.instruments.argo.plots.data import FloatData, instant, place, title_of
from gnomon.instruments.argo.plots.land import rings
from gnomon.instruments.argo.plots.overview import plot_overview
from gnomon.instruments.argo.plots.profile import plot_profile
from gnomon.instruments.argo.plots.section import column, plot_section, with_gaps
from gnomon.instruments.argo.plots.style import printable, save
from gnomon.instruments.argo.plots.trajectory import plot_trajectory
from gnomon.instruments.argo.plots.ts import plot_ts

PNG = b"\x89PNG"
RECORD = {"pi_name": "José $x_1$ 黒潮", "platform_type": "ARVOR", "float_type": "core"}


def made(n=6, *, bgc=(), salinity=True, missing=(), record=None, **options):
    profiles = profiles_table(n, missing=missing, **options)
    levels = analysis_table(profiles, bgc=bgc, salinity=salinity)
    # Salinity and temperature of sea water, where there is any.
    for name, source in (
        ("absolute_salinity_g_kg", "psal"),
        ("conservative_temperature_c", "temp"),
    ):
        at = levels.column_names.index(name)
        known = levels["depth_m"].is_valid().to_numpy() & salinity
        values = np.where(known, levels[source].to_numpy(), np.nan)
        levels = levels.set_column(at, levels.field(name), [values.astype(np.float32)])
    return FloatData.of(levels, profiles, record)


def words(figure):
    """Return all that is written in a figure."""
    return " | ".join(text.get_text() for text in figure.findobj(Text))


PICTURES = {
    "profile": lambda data: plot_profile(data, 2),
    "ts": plot_ts,
    "section": lambda data: plot_section(data, "temp"),
    "map": plot_trajectory,
    "overview": plot_overview,
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_drawn(name, tmp_path):
    data = made(bgc=("DOXY", "NITRATE"), missing=(1,), record=RECORD)
    save(PICTURES[name](data), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    assert {path.name for path in tmp_path.iterdir()} == {"a.png"}


def test_the_same_data_give_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        save(plot_trajectory(made(missing=(2,))), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_other_formats_hold_no_clock(suffix, tmp_path):
    data = made(2)
    for name in ("a", "b"):
        save(plot_profile(data, 1), tmp_path / f"{name}{suffix}")
    first = (tmp_path / f"a{suffix}").read_bytes()
    assert first == (tmp_path / f"b{suffix}").read_bytes()
    assert not re.search(rb"CreationDate|<dc:date>", first)


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"\.png, \.svg, \.pdf"):
        save(plot_profile(made(2), 1), tmp_path / "a.gif")


def test_axes_say_what_they_show():
    data = made(bgc=("DOXY",))
    said = words(plot_profile(data, 2))
    for expected in ("Depth [m]", "°C", "PSS-78", "µmol kg⁻¹", "delayed mode", "cycle 2"):
        assert expected in said
    said = words(plot_ts(data))
    assert "Absolute salinity [g kg⁻¹]" in said
    assert "Conservative temperature [°C]" in said


def test_what_is_flagged_is_drawn_apart_or_counted():
    data = made()
    assert "not shown" not in words(plot_profile(data, 2))
    assert "1 value not shown: flagged" in words(plot_profile(data, 2, only_good=True))


def test_the_scale_is_that_of_good_values():
    data = made()
    levels = data.levels
    values = np.array(levels["temp"].to_numpy())
    values[12] = 99.0  # cycle 2, flagged 4
    levels = levels.set_column(levels.column_names.index("temp"), levels.field("temp"), [values])
    axes = plot_profile(FloatData.of(levels, data.profiles), 2).axes[0]
    assert axes.get_xlim()[1] < 30


def test_a_float_without_salinity():
    data = made(salinity=False)
    assert data.parameters == ["temp"]
    assert len(plot_profile(data, 0).axes) == 1
    with pytest.raises(NoData, match="no level with good temperature, salinity"):
        plot_ts(data)
    said = words(plot_overview(data))
    assert "no level has good temperature, salinity and position" in said
    assert "not measured" in said


def test_without_positions_and_times_panels_say_so():
    data = made(2, missing=(0, 1))
    for picture in (plot_trajectory, lambda data: plot_section(data, "temp")):
        with pytest.raises(NoData):
            picture(data)
    assert "Pressure [dbar]" in words(plot_profile(data, 0))
    said = words(plot_overview(data))
    assert "no profile has a position" in said
    assert "no dated profile" in said


def test_missing_positions_are_counted():
    assert "1 profile without a good position" in words(plot_trajectory(made(missing=(2,))))


def test_a_cycle_that_is_not_there():
    with pytest.raises(NoData, match="no cycle 99A"):
        plot_profile(made(), 99)
    with pytest.raises(NoData, match="without profiles"):
        plot_overview(made(0))


def test_a_track_over_the_date_line_is_short():
    data = made(4)
    at = data.profiles.column_names.index("longitude")
    crossing = data.profiles.set_column(
        at, data.profiles.field("longitude"), [[178.0, 179.5, -179.0, -178.0]]
    )
    figure = plot_trajectory(FloatData.of(data.levels, crossing))
    west, east = figure.axes[0].get_xlim()
    assert east - west < 20
    figure.draw_without_rendering()
    assert "180°" in words(figure)


def test_depths_between_far_levels_stay_empty():
    depth = np.array([0.0, 10.0, 20.0, 500.0, 510.0])
    values = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    centres = np.array([1.0, 9.0, 19.0, 40.0, 250.0, 499.0, 509.0, 600.0])
    painted = column(depth, values, centres, farthest=50.0)
    expected = [1.0, 2.0, np.nan, np.nan, np.nan, 4.0, 5.0, np.nan]
    np.testing.assert_array_equal(painted, expected)


def test_one_level_alone_reaches_a_little_and_none_nothing():
    painted = column(np.array([100.0]), np.array([3.0]), np.array([90.0, 120.0, 200.0]), 40.0)
    np.testing.assert_array_equal(painted, [3.0, 3.0, np.nan])
    nothing = column(np.array([np.nan]), np.array([3.0]), np.array([1.0]), 40.0)
    assert np.isnan(nothing).all()


def test_times_without_profiles_stay_empty():
    days = np.array([0.0, 10.0, 20.0, 120.0, 130.0])
    edges, picture = with_gaps(days, np.arange(5.0)[np.newaxis])
    np.testing.assert_array_equal(edges, [-5, 5, 15, 25, 115, 125, 135])
    np.testing.assert_array_equal(picture[0], [0, 1, 2, np.nan, 3, 4])
    edges, _ = with_gaps(np.array([7.0]), np.ones((1, 1)))
    np.testing.assert_array_equal(edges, [2, 12])


def test_samplings_of_a_cycle_are_put_together():
    data = made(4)
    table = data.profiles
    twins = [0, 0, 1, 1]
    for name, values in (("cycle_number", twins), ("n_prof", [0, 1, 0, 1])):
        at, kind = table.column_names.index(name), table.schema.field(name).type
        table = table.set_column(at, table.field(name), [np.array(values, kind.to_pandas_dtype())])
        column_ = np.repeat(values, 5).astype(kind.to_pandas_dtype())
        levels = data.levels.set_column(
            data.levels.column_names.index(name), data.levels.field(name), [column_]
        )
        data = FloatData(levels, table, {})
    casts = data.casts(data.values("temp"))
    assert [(profile, len(levels)) for profile, levels in casts] == [(0, 10), (2, 10)]


def test_land_is_whole():
    assert len(rings()) > 1000
    for ring in rings():
        assert np.abs(np.diff(ring[:, 0])).max() <= 360
    south = [ring for ring in rings() if ring[:, 1].min() <= -89]
    assert len(south) == 1  # Antarctica, closed over the pole


def test_words_for_people():
    assert place(-44.2, 190.5) == "44.200° S, 169.500° W"
    assert place(np.nan, 1.0) == "position unknown"
    assert instant(np.datetime64("2020-03-01T12:00:05")) == "2020-03-01 12:00 UTC"
    assert instant(np.datetime64("NaT")) == "time unknown"
    assert title_of("down_irradiance412") == "Irradiance 412 nm"
    assert title_of("c1phase_doxy") == "C1PHASE_DOXY"


def test_text_without_a_glyph_is_marked():
    assert printable("José 黒潮") == "José ??"
    assert "José $x_1$ ??" in words(plot_overview(made(record=RECORD)))


def test_matplotlib_is_loaded_for_pictures_only():
    code = """
import sys
import gnomon.instruments.argo.cli.app
print({"matplotlib", "gsw"} & set(sys.modules))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_pressure_can_be_drawn_too(tmp_path):
    save(plot_section(made(2), "pres"), tmp_path / "a.png")


def test_a_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"gnomon\[plots\]"):
        plot_profile(made(2), 1)


def test_levels_in_disorder_are_refused():
    data = made(3)
    with pytest.raises(BadData):
        _ = FloatData.of(data.levels.take([14, *range(14)]), data.profiles).bounds
