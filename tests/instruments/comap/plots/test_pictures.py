"""Pictures of observations: what they show and say, and what they do without."""

from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from gnomon.core.dataset import Input
from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.instruments.comap.kinds import LEVEL2
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots.names import NAMES
from gnomon.instruments.comap.plots.observed import mean_of, opened
from gnomon.instruments.comap.plots.panels import columns_of
from gnomon.instruments.comap.plots.pictures import DRAWN, drawn
from gnomon.instruments.comap.plots.streams import envelope
from gnomon.instruments.comap.steps.quicklook import QuicklookConfig, quicklook
from terminal import gnomon


@contextmanager
def picture(path, name, feeds=()):
    with opened(path, feeds) as observed:
        yield DRAWN[name](observed)


def said(figure):
    texts = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        titles = [axes.get_title(loc=loc) for loc in ("left", "right")]
        texts += [*titles, *(text.get_text() for text in axes.texts)]
    return " | ".join(filter(None, texts))


def colours(axes):
    return {line.get_color() for line in axes.lines}


def test_every_picture_says_of_what_it_is(level2_file):
    for name in NAMES:
        with picture(level2_file, name) as figure:
            assert "TauA  ·  obsid 45285" in said(figure)
            assert "2024-12-01 10:30 UTC  ·  1.7 min  ·  2 scans  ·  2 feeds" in said(figure)


def test_streams_show_both_sources_and_noise(level2_file):
    with picture(level2_file, "tod") as figure:
        one, two = figure.axes
        assert one.get_yscale() == "symlog"
        low, high = one.get_ylim()
        assert high > 3
        assert low < -0.05
        assert "observers flagged 2 of 8 bands" in two.get_title(loc="right")
        assert one.get_title(loc="right") == ""


def test_streams_without_a_source_are_on_a_straight_scale(write):
    path = write(source="Field1", scan_s=10)
    with h5py.File(path, "r+") as held:
        for name in (layout.BINNED, layout.FILTERED):
            held[name][...] = np.clip(held[name][...], -0.1, 0.1)
    with picture(path, "tod") as figure:
        assert figure.axes[0].get_yscale() == "linear"


def test_the_fitted_noise_lies_on_the_spectra(level2_file):
    """Though the source is a thousand times brighter: what sees it is bridged."""
    with picture(level2_file, "spectra") as figure:
        axes = figure.axes[0]
        *streams, model = axes.lines
        assert len(streams) == 16
        for line in streams[8:]:
            at, power = line.get_data()
            fitted = np.interp(at, *model.get_data())
            assert np.median(power / fitted) == pytest.approx(1, abs=0.3)
        assert "11 mK white, knee 1.2 Hz" in axes.get_title(loc="right")


def test_failed_fits_are_told(write):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held[f"{layout.NOISE2}/binned_filtered_data/sigma_white"][...] = np.nan
        held[f"{layout.CALIBRATOR}/amplitudes"][...] = np.nan
    for name in ("spectra", "calibrator"):
        with picture(path, name) as figure:
            assert "no fit" in said(figure)


def test_a_stream_without_red_noise_has_a_flat_fit(write):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held[f"{layout.NOISE2}/binned_filtered_data/sigma_red"][...] = 0
        held[f"{layout.NOISE2}/binned_filtered_data/alpha"][...] = np.nan
    with picture(path, "spectra") as figure:
        model = figure.axes[0].lines[-1].get_ydata()
        np.testing.assert_allclose(model, 0.011**2)
        assert figure.axes[0].get_title(loc="right") == "11 mK white"


def test_scans_that_are_too_short_have_no_spectrum(write):
    with picture(write(scan_s=1), "spectra") as figure:
        assert "no scan is long enough" in said(figure)


def test_system_temperatures_of_both_events_are_drawn(level2_file):
    with picture(level2_file, "tsys", feeds=(2,)) as figure:
        (axes,) = figure.axes
        assert len(axes.lines) == 8
        assert axes.get_ylim()[1] < 90  # spiked channels do not flatten the rest
        assert "median 42" in axes.get_title(loc="right")


def test_the_atmosphere_is_drawn_over_frequency_and_time(level2_file):
    with picture(level2_file, "atmosphere") as figure:
        frequency, time, _, elevation = figure.axes
        assert frequency.get_xlabel() == "frequency / GHz"
        np.testing.assert_allclose(time.lines[0].get_ydata(), 10, atol=0.2)
        assert len(elevation.lines) == 3


def test_an_atmosphere_that_no_scan_tells_is_no_error(write):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held[layout.ATMOSPHERE_TAU][...] = np.nan
    with picture(path, "atmosphere") as figure:
        assert "no scan reached" in said(figure)


def test_the_map_is_brightest_where_the_source_was_fitted(write):
    with picture(write(scan_s=300, scans=1), "calibrator", feeds=(1,)) as figure:
        axes = figure.axes[0]
        assert axes.xaxis_inverted()  # east is left
        values = axes.collections[0].get_array()
        row, column = np.unravel_index(np.argmax(values.filled(-1)), values.shape)
        place = [(n + 0.5) * 1.5 - 24 for n in (column, row)]
        (ellipse,) = axes.patches
        np.testing.assert_allclose(place, ellipse.center, atol=2)
        assert ellipse.height == pytest.approx(4.5, abs=0.01)
        assert "6.00 K" in axes.get_title(loc="right")


def test_other_fields_have_no_map(write):
    path = write(source="fg4,", scan_s=10)
    with pytest.raises(BadData, match="fg4 is no calibrator"), picture(path, "calibrator"):
        pass


def test_feeds_that_were_not_measured_say_so(write):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        for name in (layout.BINNED, layout.FILTERED):
            held[name][0] = np.nan
        held[layout.VANE_TSYS][:, 0] = np.nan
    for name in ("tod", "spectra", "tsys", "calibrator"):
        with picture(path, name) as figure:
            assert "measured" in said(figure), name


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_map_without_anything_above_nought_is_drawn(write, tmp_path, value):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held[layout.FILTERED][...] = value
    assert list(drawn(path, lambda name: tmp_path / f"{name}.png", ["calibrator"]))
    with picture(path, "calibrator") as figure:
        assert [axes.collections[0].get_clim() for axes in figure.axes[:2]] == [(-0.05, 1.0)] * 2


def test_system_temperatures_below_nought_turn_no_axis_round(write):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held[layout.VANE_TSYS][...] = -1
    with picture(path, "tsys") as figure:
        assert figure.axes[0].get_ylim() == (0, 100)


@pytest.mark.filterwarnings("error")
def test_a_file_without_scans_is_drawn(write, tmp_path):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        del held[layout.SCAN_EDGES]
        held[layout.SCAN_EDGES] = np.zeros((0, 2), int)
    assert list(drawn(path, lambda name: tmp_path / f"{name}.png", ["tod", "spectra"]))


@pytest.mark.parametrize("place", [0, -1])
def test_samples_of_unknown_times_are_told(write, place):
    path = write(scan_s=10)
    with h5py.File(path, "r+") as held:
        held["spectrometer/MJD"][place] = np.nan
    with pytest.raises(BadData, match="no samples of known times"), opened(path):
        pass


def test_streams_without_flags_are_those_in_scans(write):
    with picture(write(without=(layout.FLAGGED,), scan_s=10), "tod") as figure:
        assert "obsid 45285" in said(figure)


def test_all_pictures_are_those_that_the_file_has_anything_for(write, tmp_path):
    path = write(without=(layout.VANE_TSYS,), source="fg4", scan_s=10)
    made = list(drawn(path, lambda name: tmp_path / f"{name}.png", feeds=(1,)))
    assert [one.stem for one in made] == ["tod", "spectra", "atmosphere"]
    with pytest.raises(BadData, match="vane/system_temperature: no stage wrote it"):
        list(drawn(path, lambda name: tmp_path / f"{name}.png", ["tsys"]))


def test_the_same_data_give_the_same_bytes(level2_file, tmp_path):
    one, two = (
        next(iter(drawn(level2_file, lambda _, n=n: tmp_path / f"{n}.png", ["tsys"], (1,))))
        for n in (1, 2)
    )
    assert one.read_bytes() == two.read_bytes()


def test_what_is_no_level2_file_is_told(tmp_path, level2_file):
    (tmp_path / "x.hd5").write_bytes(b"no")
    with pytest.raises(BadData, match=r"x.hd5 cannot be opened"):
        list(drawn(tmp_path / "x.hd5", lambda _: tmp_path))
    with h5py.File(tmp_path / "y.hd5", "w"):
        pass
    with pytest.raises(BadData, match="has no spectrometer/MJD"):
        list(drawn(tmp_path / "y.hd5", lambda _: tmp_path))
    with pytest.raises(UnknownName, match=r"feed of .*'7'"):
        list(drawn(level2_file, lambda _: tmp_path, feeds=(7,)))


def test_an_envelope_keeps_every_peak_and_gap():
    values = np.zeros(10_000)
    values[5_001], values[7_000:7_100] = 3, np.nan
    at, low, high = envelope(np.arange(10_000.0), values)
    assert len(at) == 900
    assert np.nanmax(high) == 3
    assert np.isnan(low).sum() == np.isnan(high).sum() > 0
    assert [len(one) for one in envelope(np.arange(5.0), values[:5])] == [5, 5, 5]


def test_a_mean_of_nothing_is_nan():
    values = np.array([[1, np.nan, 3], [np.nan, np.nan, 5.0]])
    use = np.array([[True, True, True], [True, True, False]])
    np.testing.assert_array_equal(mean_of(values, use, 0), [1, np.nan, 3])


@pytest.mark.parametrize(("n", "wide", "square"), [(1, 1, 1), (2, 2, 2), (4, 2, 3), (19, 4, 5)])
def test_panels_fill_the_page(n, wide, square):
    assert (columns_of(n, square=False), columns_of(n, square=True)) == (wide, square)


class Folder:
    """Where a step writes."""

    def __init__(self, path):
        self.path, self.keys = path, []

    def new(self, *, tags=None, coverage=None, **key):
        self.keys.append((tags, coverage, key))
        return self.path / f"{key['figure']}.png"


def test_the_step_draws_what_there_is(level2_file, tmp_path):
    tags = {"stamp": "2024-12-01-103000", "month": "2024-12", "source": "TauA", "x": "y"}
    given = Input(level2_file, LEVEL2.name, {"obsid": 45285}, tags, 1, "")
    out = Folder(tmp_path)
    report = quicklook(given, out, QuicklookConfig(feeds=(1,), figures=("tsys", "atmosphere")))
    assert report.metrics == {"n_figures": 2}
    assert [key for _, _, key in out.keys] == [
        {"obsid": 45285, "figure": "tsys"},
        {"obsid": 45285, "figure": "atmosphere"},
    ]
    assert "x" not in out.keys[0][0]
    with pytest.raises(UnknownName, match="did you mean 'tsys'"):
        QuicklookConfig(figures=("tsy",))


def test_the_command_draws_files(level2_file, tmp_path):
    words = ("comap", "plot", level2_file, "--what", "tsys,atmosphere", "--feeds", "2")
    told = gnomon(*words, "--output", "p", "--json", folder=tmp_path)
    names = [f"p/{level2_file.stem}_{name}.png" for name in ("tsys", "atmosphere")]
    assert told.data == {"files": names}
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in names)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["99"], "obsid 99 has no Level-2 file"),
        (["none.hd5"], "is no file"),
        (["99", "--what", "tsyz"], "did you mean 'tsys'"),
        (["99", "--feeds", "a"], "numbers with commas"),
        (["99", "--format", "gif"], "unknown format"),
    ],
)
def test_the_command_tells_what_is_wrong(words, told, tmp_path):
    with pytest.raises((AssertionError, ConfigError)) as caught:
        gnomon("comap", "plot", *words, folder=tmp_path)
    assert told in str(caught.value)
