"""The quicklook of I-ALiRT: field and housekeeping of the magnetometer on one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.errors import BadData
from gnomon.formats.pictures import FAINT, INK, new_figure
from gnomon.instruments.imap.plots import style
from gnomon.instruments.imap.plots.columns import Table
from gnomon.instruments.imap.plots.series import Span, Values, around, spans
from gnomon.instruments.imap.plots.style import INNER, OUTER, THIRD, X, Y, Z
from gnomon.instruments.imap.telemetry.anomalies import find_anomalies
from gnomon.instruments.imap.telemetry.rules import Rules, built_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

_SIZE = (22.0, 12.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.062, 0.985, 0.865, 0.062
_PREFIX = "mag_hk_"
_MODES = ("Safe", "Standby", "Config", "Debug", "Normal", "Burst")
_RANGES = 4
_NAMED = 8
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes
    ----------
    science, hk : Table
        Of the magnetometer.
    span : (datetime64, datetime64)
        From when to when, UTC.
    """

    science: Table
    hk: Table
    span: Span

    @property
    def rules(self) -> Rules:
        """The limits that are drawn."""
        return built_in()


def span_of_days(days: Sequence[date]) -> Span:
    """Return whole days, so that pages of several days are alike and gaps show."""
    first, last = np.datetime64(min(days), "ns"), np.datetime64(max(days), "ns")
    return first, last + np.timedelta64(1, "D")


def span_of_data(*tables: Table) -> Span:
    """Return the time that tables cover, and a little more.

    Raises
    ------
    BadData
        None has a row.
    """
    times = [table.time for table in tables if len(table.time)]
    if not times:
        raise BadData("there is nothing to draw: no file has a row")
    return around(min(time[0] for time in times), max(time[-1] for time in times), 60)


def page_of_days(paths: Sequence[Path], days: Sequence[date]) -> Page:
    """Return the page of whole days."""
    return Page(*_sorted(paths), span_of_days(days))


def page_of_files(paths: Sequence[Path]) -> Page:
    """Return the page of the time that files cover."""
    science, hk = _sorted(paths)
    return Page(science, hk, span_of_data(science, hk))


def _sorted(paths: Sequence[Path]) -> tuple[Table, Table]:
    """Read science and housekeeping, told apart by their columns."""
    hk = [path for path in paths if _is_hk(path)]
    return Table.read([path for path in paths if path not in hk]), Table.read(hk)


def _is_hk(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return f",{_PREFIX}" in file.readline()


def draw_quicklook(page: Page) -> Figure:
    """Return the page: twelve panels over the same time."""
    with style.styled():
        figure = new_figure(*_SIZE)
        grid = figure.add_gridspec(
            3, 4, left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM, wspace=0.27, hspace=0.32
        )
        style.head(figure, _title(page), *_lines(page), left=_LEFT)
        for number, draw in enumerate(_panels(page)):
            draw(figure, grid[number // 4, number % 4])
        for axes in figure.axes[-4:]:
            axes.set_xlabel("UTC", loc="right")
    return figure


def _title(page: Page) -> str:
    times = [table.time for table in (page.science, page.hk) if len(table.time)]
    first = min((time[0] for time in times), default=page.span[0])
    last = max((time[-1] for time in times), default=page.span[0])
    shown, until = (str(time.astype("M8[D]")) for time in (first, last))
    return f"IMAP MAG · I-ALiRT · {shown}" + (f" to {until}" if until != shown else "")


def _lines(page: Page) -> list[str]:
    counts = f"{len(page.science.time):,} vectors, {len(page.hk.time):,} rows of housekeeping"
    lasts = [
        f"last {what} {np.datetime_as_string(table.time[-1], 's')} UTC"
        for what, table in (("vector", page.science), ("housekeeping", page.hk))
        if len(table.time)
    ]
    return ["  ·  ".join([counts, *lasts]), _verdict(page)]


def _verdict(page: Page) -> str:
    rows = {str(time): row for time, row in zip(page.hk.time, page.hk.rows, strict=True)}
    try:
        found = find_anomalies(rows, page.rules).anomalies
    except BadData:
        return "nothing to check"
    dangers = sum(anomaly.severity == "danger" for anomaly in found)
    if not found:
        return "no anomalies"
    counts = (dangers, "danger"), (len(found) - dangers, "warning")
    told = [f"{number} {noun}{'s' * (number != 1)}" for number, noun in counts if number]
    names = [anomaly.parameter.removeprefix(_PREFIX) for anomaly in found]
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return f"{', '.join(told)}: {', '.join([*names[:_NAMED], *more])}"


Panel = Callable[[Any, Any], None]


def _panels(page: Page) -> list[Panel]:
    """Return what draws each panel, row by row."""
    volts = (page.rules.limits[f"{_PREFIX}{name}"] for name in ("hk3v3", "hkn8v5"))
    plus, minus = volts
    return [
        partial(_field, page),
        partial(_magnitude, page),
        partial(_temperatures, page),
        partial(_mode, page),
        partial(_supply, page, "hk3v3", "3.3 V supply", plus),
        partial(_supply, page, "hkn8v5", f"{_MINUS}8.5 V supply", minus),
        partial(_ranges, page),
        partial(_booleans, page, "Status", {"sec_isvalid": "secondary", "pri_isvalid": "primary"}),
        partial(_alarms, page, "Danger flags", "_danger", style.DANGER),
        partial(_alarms, page, "Warning flags", "_warn", style.WARNING),
        partial(_alarm_rows, page, "Multi-bit errors", {"multbit_errs": "memory"}, style.DANGER),
        partial(
            _alarm_rows,
            page,
            "Saturation",
            {"fib_saturated": "inboard", "fob_saturated": "outboard"},
            style.WARNING,
        ),
    ]


def _axes(page: Page, figure: Figure, place: SubplotSpec, title: str, unit: str = "") -> Axes:
    axes = figure.add_subplot(place)
    axes.set_title(title)
    if unit:
        axes.set_ylabel(unit)
    axes.yaxis.set_label_coords(-0.12, 0.5)
    style.timed(axes, page.span)
    return axes


def _lines_of(
    page: Page, axes: Axes, table: Table, entries: Sequence[tuple[str, str, str]]
) -> None:
    """Draw columns, each with its name and colour; say so where there is nothing."""
    drawn = [
        (name, colour)
        for column, name, colour in entries
        if style.line(axes, table.time, table.numbers(column), colour)
    ]
    if drawn:
        style.names_above(axes, *drawn)
    else:
        axes.set_yticks([])
        style.nothing(axes)
    style.timed(axes, page.span)


def _field(page: Page, figure: Figure, place: SubplotSpec) -> None:
    axes = _axes(page, figure, place, "B, GSE", "nT")
    axes.axhline(0, color=FAINT, linewidth=0.8)
    names = [(f"mag_B_GSE_{axis}", f"B{axis}", c) for axis, c in zip("xyz", (X, Y, Z), strict=True)]
    _lines_of(page, axes, page.science, names)


def _magnitude(page: Page, figure: Figure, place: SubplotSpec) -> None:
    axes = _axes(page, figure, place, "|B|", "nT")
    _lines_of(page, axes, page.science, [("mag_B_magnitude", "", INK)])
    if axes.lines:
        axes.set_ylim(bottom=0)


def _temperatures(page: Page, figure: Figure, place: SubplotSpec) -> None:
    axes = _axes(page, figure, place, "Temperatures", "°C")
    entries = [("fob_temp", "outboard", OUTER), ("fib_temp", "inboard", INNER),
               ("icu_temp", "electronics", THIRD)]  # fmt: skip
    _lines_of(page, axes, page.hk, [(f"{_PREFIX}{c}", name, colour) for c, name, colour in entries])


def _supply(
    page: Page, name: str, title: str, limits: Any, figure: Figure, place: SubplotSpec
) -> None:
    """Draw a voltage with its limits, and the current below."""
    parts = place.subgridspec(2, 1, hspace=0.14, height_ratios=(3, 2))
    volts, current = figure.add_subplot(parts[0]), figure.add_subplot(parts[1])
    volts.set_title(title)
    values = page.hk.numbers(f"{_PREFIX}{name}")
    if style.line(volts, page.hk.time, values, INK, zorder=3):
        _limits(volts, limits, values)
    else:
        volts.set_yticks([])
        style.nothing(volts)
    amperes = page.hk.numbers(f"{_PREFIX}{name}_current")
    if not style.line(current, page.hk.time, amperes, THIRD):
        current.set_yticks([])
        style.nothing(current)
    for axes, unit in ((volts, "V"), (current, "mA")):
        axes.set_ylabel(unit)
        axes.yaxis.set_label_coords(-0.12, 0.5)
        style.timed(axes, page.span, labelled=axes is current)


def _limits(axes: Axes, limits: Any, values: Values) -> None:
    """Draw limits as lines; what lies beyond a danger is tinted."""
    bounds = [bound for pair in (limits.danger, limits.warning) for bound in pair]
    low, high = min(*bounds, np.nanmin(values)), max(*bounds, np.nanmax(values))
    margin = 0.12 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    for colour, pair in ((style.WARNING, limits.warning), (style.DANGER, limits.danger)):
        for bound in pair:
            axes.axhline(bound, color=colour, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)
    for edge, bound in zip(axes.get_ylim(), limits.danger, strict=True):
        axes.axhspan(min(edge, bound), max(edge, bound), color=style.DANGER, alpha=0.06, zorder=1)
    axes.grid(visible=False, axis="y")
    style.names_above(axes, ("warning", style.WARNING), ("danger", style.DANGER))


def _ranges(page: Page, figure: Figure, place: SubplotSpec) -> None:
    axes = _axes(page, figure, place, "Ranges")
    outer, inner = (page.hk.numbers(f"{_PREFIX}{name}_range") for name in ("fob", "fib"))
    # Side by side, or one would hide the other.
    drawn = [
        style.line(
            axes, page.hk.time, values + shift, colour, linewidth=2.2, drawstyle="steps-post"
        )
        for values, shift, colour in ((outer, 0.06, OUTER), (inner, -0.06, INNER))
    ]
    if any(drawn):
        axes.set_ylim(-0.5, _RANGES - 0.5)
        axes.set_yticks(range(_RANGES))
        style.names_above(axes, ("outboard", OUTER), ("inboard", INNER))
    else:
        axes.set_yticks([])
        style.nothing(axes)
    style.timed(axes, page.span)


def _mode(page: Page, figure: Figure, place: SubplotSpec) -> None:
    axes = _axes(page, figure, place, "Mode")
    words = page.hk.words(f"{_PREFIX}mode")
    strange = sorted(set(words.tolist()) - {"", *_MODES})
    names = (*_MODES, *strange)
    style.rows_named(axes, names)
    forbidden = page.rules.forbidden.get(f"{_PREFIX}mode", ())
    for row, name in enumerate(names):
        found = spans(page.hk.time, words == name, words != "")
        style.bars(axes, row, found, style.DANGER if name in forbidden else OUTER)
    if not np.any(words != ""):
        style.nothing(axes)


def _alarms(
    page: Page, title: str, ending: str, colour: str, figure: Figure, place: SubplotSpec
) -> None:
    """Draw every flag of an ending as a row."""
    names = {
        column.removeprefix(_PREFIX): _spoken(column.removeprefix(_PREFIX).removesuffix(ending))
        for column in reversed(page.hk.columns)
        if column.startswith(_PREFIX) and column.endswith(ending)
    }
    _alarm_rows(page, title, names, colour, figure, place)


def _spoken(name: str) -> str:
    """Return how people write the supply that a flag is of: ``hk1v5c`` is the 1.5 V current."""
    text = name.removeprefix("hk")
    current = text.endswith("c")
    volts = text.removesuffix("c").replace("p", "+", 1).replace("n", _MINUS, 1).replace("v", ".")
    return f"{volts} V{' current' if current else ''}"


def _alarm_rows(
    page: Page, title: str, names: dict[str, str], colour: str, figure: Figure, place: SubplotSpec
) -> None:
    """Draw flags that should not be set: grey where they are not, coloured where they are."""
    axes = _axes(page, figure, place, title)
    style.rows_named(axes, list(names.values()))
    seen = 0
    for row, column in enumerate(names):
        true, known = page.hk.flags(f"{_PREFIX}{column}")
        style.bars(axes, row, spans(page.hk.time, ~true, known), style.QUIET)
        style.bars(axes, row, spans(page.hk.time, true, known), colour)
        seen += int(known.sum())
    if seen:
        style.names_above(axes, ("set", colour), ("not set", FAINT))
    else:
        style.nothing(axes)


def _booleans(
    page: Page, title: str, names: dict[str, str], figure: Figure, place: SubplotSpec
) -> None:
    """Draw flags that should be set."""
    axes = _axes(page, figure, place, title)
    style.rows_named(axes, list(names.values()))
    seen = 0
    for row, column in enumerate(names):
        true, known = page.hk.flags(f"{_PREFIX}{column}")
        style.bars(axes, row, spans(page.hk.time, true, known), Y)
        style.bars(axes, row, spans(page.hk.time, ~true, known), style.DANGER)
        seen += int(known.sum())
    if seen:
        style.names_above(axes, ("valid", Y), ("not valid", style.DANGER))
    else:
        style.nothing(axes)
