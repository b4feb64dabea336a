"""Pages of I-ALiRT, science and housekeeping: what stands on them."""

import subprocess
import sys
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.colors import to_rgba
from matplotlib.dates import num2date
from matplotlib.text import Text

from gnomon.errors import BadData, ConfigError, MissingExtra, UnknownName
from gnomon.formats.cdf import Cdf, Variable
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.plots import style
from gnomon.instruments.imap.plots.columns import Table
from gnomon.instruments.imap.plots.hk import MOST_PANELS, Housekeeping, draw_housekeeping
from gnomon.instruments.imap.plots.quicklook import (
    draw_quicklook,
    page_of_days,
    page_of_files,
    span_of_data,
)
from gnomon.instruments.imap.plots.science import Field, draw_science
from gnomon.timescales.tt2000 import tt2000_of_utc

DAY = date(2026, 3, 1)
PANELS = [
    "B, GSE", "|B|", "Temperatures", "Mode", "3.3 V supply", "\N{MINUS SIGN}8.5 V supply", "Ranges",
    "Status", "Danger flags", "Warning flags", "Multi-bit errors", "Saturation",
]  # fmt: skip


def words(figure):
    """Return all that is written in a figure."""
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def rows(path, header, times, *values):
    lines = [",".join([time, *map(str, row)]) for time, *row in zip(times, *values, strict=True)]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def minutes(*numbers):
    return [f"2026-03-01T{number // 60:02d}:{number % 60:02d}:00" for number in numbers]


# -- I-ALiRT


def test_the_real_day_has_twelve_panels(real):
    folder = real / "ialirt"
    paths = [folder / "ialirt_science_plot_data.csv", folder / "ialirt_hk_plot_data.csv"]
    figure = draw_quicklook(page_of_files(paths))
    assert titles(figure) == PANELS
    said = words(figure)
    assert "2025-10-21" in said
    assert "8 dangers: hk1v5_danger" in said
    assert "569 vectors" in said
    assert "no data" not in said


def test_a_page_of_a_day_is_of_the_whole_day_in_utc(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    path = rows(tmp_path / "s.csv", "time_utc,mag_B_GSE_x", minutes(600, 601), [1, 2])
    figure = draw_quicklook(page_of_days([path], [DAY]))
    for axes in figure.axes:
        low, high = (num2date(edge) for edge in axes.get_xlim())
        assert (low.isoformat(), high.isoformat()) == (
            "2026-03-01T00:00:00+00:00",
            "2026-03-02T00:00:00+00:00",
        )


def test_gaps_are_gaps(tmp_path):
    numbers = [*range(10), *range(60, 70)]
    path = rows(tmp_path / "s.csv", "time_utc,mag_B_GSE_x", minutes(*numbers), numbers)
    axes = panel(draw_quicklook(page_of_days([path], [DAY])), "B, GSE")
    (line,) = (line for line in axes.lines if len(line.get_xdata()) > 10)
    assert np.isnan(np.asarray(line.get_ydata(), dtype=float)).sum() == 1


def test_what_there_is_none_of_is_said(tmp_path):
    path = rows(tmp_path / "s.csv", "time_utc,mag_B_GSE_x", minutes(0, 1), [1, 2])
    figure = draw_quicklook(page_of_days([path], [DAY]))
    assert words(figure).count("no data") == 13  # and the currents have panels of their own
    assert "nothing to check" in words(figure)


def test_limits_are_in_sight(tmp_path):
    header = "time_utc,mag_hk_hk3v3,mag_hk_hk3v3_current"
    path = rows(tmp_path / "h.csv", header, minutes(0, 1, 2), [3.3, 2.0, 3.3], [1, 2, 3])
    axes = panel(draw_quicklook(page_of_days([path], [DAY])), "3.3 V supply")
    low, high = axes.get_ylim()
    assert low < 2.0
    assert high > 3.6
    assert "1 danger: hk3v3" in words(axes.figure)


def test_a_forbidden_mode_is_red_and_an_unknown_one_has_a_row(tmp_path):
    header = "time_utc,mag_hk_mode"
    modes = ["Normal", "Safe", "9", "Normal"]
    path = rows(tmp_path / "h.csv", header, minutes(0, 1, 2, 3), modes)
    axes = panel(draw_quicklook(page_of_days([path], [DAY])), "Mode")
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "9"
    colours = {
        tuple(np.round(c.get_facecolor()[0], 3)) for c in axes.collections if len(c.get_paths())
    }
    assert tuple(np.round(to_rgba(style.DANGER), 3)) in colours


def test_files_without_rows_make_no_page(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("time_utc,mag_B_GSE_x\n")
    with pytest.raises(BadData, match="nothing to draw"):
        page_of_files([path])
    with pytest.raises(BadData):
        span_of_data(Table.read([]))


def test_a_word_among_numbers_is_told(tmp_path):
    path = rows(tmp_path / "s.csv", "time_utc,mag_B_GSE_x", minutes(0), ["north"])
    with pytest.raises(BadData, match="mag_B_GSE_x"):
        draw_quicklook(page_of_days([path], [DAY]))


# -- science


def science_file(path, count=200, *, quality=False, absent=()):
    utc = np.datetime64("2026-03-01T00:00:00", "ns") + np.arange(count) * np.timedelta64(500, "ms")
    vectors = np.stack([np.sin(np.arange(count) / 9 + phase) for phase in range(3)], axis=1)
    vectors[list(absent)] = -1e31
    variables = {"epoch": Variable(np.asarray(tt2000_of_utc(utc)), {"FILLVAL": np.int64(-(2**63))})}
    if quality:
        flags = np.zeros(count, np.uint8)
        flags[50:60] = 1
        bits = np.zeros(count, np.uint16)
        bits[50:60] = 5
        variables |= {
            "b_gse": Variable(vectors, {"UNITS": "nT"}),
            "range": Variable(np.full(count, 3, np.uint8), {}),
            "quality_flags": Variable(flags, {}),
            "quality_bitmask": Variable(bits, {}),
        }
    else:
        with_range = np.column_stack([vectors, np.where(np.arange(count) < 100, 2.0, 3.0)])
        variables["vectors"] = Variable(with_range, {})
    write_cdf(path, Cdf({}, variables))
    return path


def test_a_file_of_a_sensor(tmp_path):
    path = science_file(tmp_path / "imap_mag_l1c_norm-mago_20260301_v001.0001.cdf", absent=(7,))
    figure = draw_science(Field.read([path]))
    assert titles(figure) == ["Bx", "By", "Bz", "|B|", "Range"]
    said = words(figure)
    assert "L1C · normal mode · outboard sensor · 2026-03-01" in said
    assert "200 vectors  ·  1 of them absent  ·  2 Hz" in said


def test_a_product_with_quality(tmp_path):
    path = science_file(tmp_path / "imap_mag_l2-pre_burst-gse_20260301_v001.0001.cdf", quality=True)
    figure = draw_science(Field.read([path]))
    assert titles(figure) == ["Bx", "By", "Bz", "|B|", "Range", "Quality"]
    said = words(figure)
    assert "L2-pre · burst mode · GSE" in said
    assert "flagged, 10 vectors" in said
    assert "bits 1, 4" in said


def test_components_have_the_names_of_their_frame(tmp_path):
    path = science_file(tmp_path / "imap_mag_l2-pre_norm-rtn_20260301_v001.0001.cdf", quality=True)
    assert titles(draw_science(Field.read([path])))[:3] == ["Br", "Bt", "Bn"]


def test_several_days_make_one_page(tmp_path):
    names = [f"imap_mag_l1c_norm-mago_2026030{day}_v001.0001.cdf" for day in (1, 2)]
    field = Field.read([science_file(tmp_path / name) for name in names])
    assert len(field.time) == 400
    assert np.all(np.diff(field.time) >= np.timedelta64(0))


def test_real_files_are_drawn(real):
    for path in sorted((real / "science").glob("imap_mag_l1c_*.cdf")):
        figure = draw_science(Field.read([path]))
        assert "L1C · normal mode" in words(figure)
    with pytest.raises(BadData, match="l2-calibration"):
        Field.read([real / "science" / "imap_mag_l2-calibration_20250926_v002.cdf"])


def test_millions_of_vectors_are_few_points(tmp_path):
    path = science_file(tmp_path / "imap_mag_l1b_burst-mago_20260301_v001.0001.cdf", 50_000)
    figure = draw_science(Field.read([path]))
    assert all(len(line.get_xdata()) < 20_000 for axes in figure.axes for line in axes.lines)


# -- housekeeping


def table(path, columns, *, packet="MAG_HSK_PW", clock="correlated", units=()):
    count = len(next(iter(columns.values())))
    start = np.datetime64("2026-03-01T00:00:00", "ns")
    time = pa.array(start + np.arange(count) * np.timedelta64(4, "s"), pa.timestamp("ns", "UTC"))
    arrays = {"epoch": pa.array(range(count)), **{n: pa.array(v) for n, v in columns.items()}}
    arrays["epoch_iso"] = time
    fields = [
        pa.field(name, array.type, metadata=dict(units).get(name)) for name, array in arrays.items()
    ]
    about = {"gnomon.packet": packet, "gnomon.clock": clock}
    schema = pa.schema(fields, metadata=about)
    pq.write_table(pa.Table.from_arrays(list(arrays.values()), schema=schema), path)
    return path


COLUMNS = {
    "p1v5v": [1.5, 1.6, None, 1.4],
    "mode": ["Safe", "Normal", None, "Burst"],
    "count": [1, 2, 3, 4],
    "spare": [0, 0, 0, 0],
    "pkt_apid": [1063] * 4,
    "blob": [b"\x01", b"\x02", b"\x01", b"\x01"],
}
UNITS = {
    "p1v5v": {"unit": "V"},
    "mode": {"labels": '{"0":"Burst","1":"Normal","2":"Safe"}'},
}


def test_fields_that_vary_have_panels(tmp_path):
    hk = Housekeeping.read([table(tmp_path / "a.parquet", COLUMNS, units=UNITS.items())])
    assert [field.name for field in hk.chosen([])] == ["p1v5v", "mode", "count", "blob"]
    figure = draw_housekeeping(hk, hk.chosen([]))
    assert titles(figure) == ["p1v5v", "mode", "count", "blob"]
    assert panel(figure, "p1v5v").get_ylabel() == "V"
    labels = [text.get_text() for text in panel(figure, "mode").get_yticklabels()]
    assert labels == ["Burst", "Normal", "Safe"]  # in the order of their raw values
    assert "4 packets" in words(figure)
    assert "1 constant fields are not shown" in words(figure)
    assert "not correlated" not in words(figure)


def test_fields_may_be_named(tmp_path):
    hk = Housekeeping.read([table(tmp_path / "a.parquet", COLUMNS)])
    assert [field.name for field in hk.chosen(["spare", "mode"])] == ["spare", "mode"]
    with pytest.raises(UnknownName, match="p1v5v"):
        hk.chosen(["p1v5"])


def test_a_clock_that_is_not_correlated_is_told(tmp_path):
    hk = Housekeeping.read([table(tmp_path / "a.parquet", COLUMNS, clock="met")])
    assert "times may be seconds off" in words(draw_housekeeping(hk, hk.chosen([])))


def test_many_fields_are_not_all_shown(tmp_path):
    many = {f"f{number:03d}": [number, number + 1] for number in range(MOST_PANELS + 5)}
    hk = Housekeeping.read([table(tmp_path / "a.parquet", many)])
    figure = draw_housekeeping(hk, hk.chosen([]))
    assert len(figure.axes) == MOST_PANELS
    assert "5 more that vary" in words(figure)


def test_what_is_no_such_table_is_refused_by_its_name(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"no Parquet")
    with pytest.raises(BadData, match=r"a\.parquet"):
        Housekeeping.read([tmp_path / "a.parquet"])
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(BadData, match=r"b\.parquet"):
        Housekeeping.read([tmp_path / "b.parquet"])
    with pytest.raises(BadData, match="nothing to draw"):
        Housekeeping.read([table(tmp_path / "c.parquet", {"x": []})])


# -- files


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_data_give_the_same_bytes(tmp_path, suffix):
    hk = Housekeeping.read([table(tmp_path / "a.parquet", COLUMNS)])
    for name in ("a", "b"):
        style.save(draw_housekeeping(hk, hk.chosen([])), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_other_suffixes_are_refused(tmp_path):
    hk = Housekeeping.read([table(tmp_path / "a.parquet", COLUMNS)])
    with pytest.raises(ConfigError, match=r"\.png, \.svg, \.pdf"):
        style.save(draw_housekeeping(hk, hk.chosen([])), tmp_path / "a.gif")


def test_no_window_is_opened_and_pyplot_is_not_loaded(tmp_path):
    path = table(tmp_path / "a.parquet", COLUMNS)
    code = (
        "import sys; from pathlib import Path\n"
        "from gnomon.instruments.imap.plots import style\n"
        "from gnomon.instruments.imap.plots.hk import Housekeeping, draw_housekeeping\n"
        f"hk = Housekeeping.read([Path({str(path)!r})])\n"
        f"style.save(draw_housekeeping(hk, hk.chosen([])), Path({str(tmp_path / 'a.png')!r}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"gnomon\[plots\]"), style.styled():
        pass
