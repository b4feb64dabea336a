"""Pictures of science files: field, magnitude, range and quality over the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.cdf import Cdf, floats, read_cdf
from gnomon.formats.pictures import FAINT, INK, new_figure
from gnomon.instruments.imap.plots import style
from gnomon.instruments.imap.plots.series import Times, Values, around, gap_of, spans
from gnomon.instruments.imap.plots.style import X, Y, Z
from gnomon.timescales.tt2000 import FILL, utc_of_tt2000

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (15.0, 12.0)
_COLOURS = (X, Y, Z)
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.07, 0.985, 0.895, 0.05
_XYZ, _WITH_RANGE = 3, 4
_NO_FIELD_NT = 1e15
_NO_RANGE = 255
_FRAMES = ("gse", "gsm", "rtn", "srf", "dsrf")


@dataclass(frozen=True, eq=False)
class Field:
    """The vectors of one day or of several.

    Attributes
    ----------
    title : str
        What they are: level, mode, and sensor or frame.
    axes : tuple of str
        Names of the components.
    time : ndarray of datetime64[ns], shape (n,)
        UTC, ascending.
    vectors : ndarray of float64, shape (n, 3)
        nT; NaN where there is none.
    ranges : ndarray of float64, shape (n,)
        NaN where it is not known.
    flags : ndarray of float64, shape (n,), optional
        Quality: 0 is good; None where the file has none.
    bits : ndarray of int64, shape (n,), optional
        Why.
    """

    title: str
    axes: tuple[str, ...]
    time: Times
    vectors: Values
    ranges: Values
    flags: Values | None = None
    bits: NDArray[np.int64] | None = None

    @property
    def gap(self) -> np.timedelta64:
        """Longer steps between vectors are gaps."""
        return gap_of(self.time, least_s=0.0)

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Field:
        """Read files of one sort, one after the other.

        Raises
        ------
        BadData
            A file has no vectors, or no file has any.
        """
        parts = [_read(path) for path in paths]
        if not parts or not sum(len(part.time) for part in parts):
            raise BadData("there is nothing to draw: no file has a vector")
        time = np.concatenate([part.time for part in parts])
        order = np.argsort(time, kind="stable")

        def joined(name: str) -> Any:
            found = [getattr(part, name) for part in parts]
            return None if any(one is None for one in found) else np.concatenate(found)[order]

        return cls(
            parts[0].title,
            parts[0].axes,
            time[order],
            joined("vectors"),
            joined("ranges"),
            joined("flags"),
            joined("bits"),
        )


def _read(path: Path) -> Field:
    cdf = read_cdf(path)
    name = next((n for n in ("vectors", *(f"b_{f}" for f in _FRAMES)) if n in cdf.variables), "")
    if not name or "epoch" not in cdf.variables:
        raise BadData(f"{path.name} holds no vectors by epoch; it has {', '.join(cdf.variables)}")
    tt2000 = cdf.variables["epoch"].values.astype(np.int64)
    values = floats(cdf.variables[name])
    if values.shape not in ((len(tt2000), _XYZ), (len(tt2000), _WITH_RANGE)):
        raise BadData(f"{path.name}: {name} has shape {values.shape}, {len(tt2000)} epochs")
    there = tt2000 != FILL
    vectors = np.where(np.abs(values[:, :_XYZ]) < _NO_FIELD_NT, values[:, :_XYZ], np.nan)
    bits = cdf.variables.get("quality_bitmask")
    return Field(
        _title(path),
        _axes_of(path),
        utc_of_tt2000(tt2000[there]),
        vectors[there],
        _ranges(cdf, values)[there],
        _maybe(cdf, ("quality_flags", "quality_flag"), there),
        None if bits is None else bits.values.astype(np.int64)[there],
    )


def _ranges(cdf: Cdf, values: Values) -> Values:
    if values.shape[1] == _WITH_RANGE:
        return np.where(np.abs(values[:, _XYZ]) < _NO_RANGE, values[:, _XYZ], np.nan)
    if "range" not in cdf.variables:
        return np.full(len(values), np.nan)
    found = cdf.variables["range"].values.astype(np.float64)
    return np.where(found < _NO_RANGE, found, np.nan)


def _maybe(cdf: Cdf, names: Sequence[str], there: NDArray[np.bool_]) -> Values | None:
    for name in names:
        if name in cdf.variables:
            return floats(cdf.variables[name])[there]
    return None


def _title(path: Path) -> str:
    """Return what a file is, by its name: ``L2-pre norm gse``."""
    parts = path.stem.split("_")
    if len(parts) < 4 or parts[:2] != ["imap", "mag"]:  # noqa: PLR2004  imap_mag_<level>_<what>
        return path.stem
    mode, _, what = parts[3].partition("-")
    shown = {"mago": "outboard sensor", "magi": "inboard sensor"}.get(what, what.upper())
    modes = {"norm": "normal mode", "burst": "burst mode"}
    return f"{parts[2].upper().replace('PRE', 'pre')} · {modes.get(mode, mode)} · {shown}"


def _axes_of(path: Path) -> tuple[str, ...]:
    return ("r", "t", "n") if "-rtn_" in path.name else ("x", "y", "z")


# -- drawing

Panel = Callable[["Axes", Field], None]


def draw_science(field: Field) -> Figure:
    """Return one page: components, magnitude, range, and quality where the file has it."""
    span = around(field.time[0], field.time[-1], 1)
    bottom = [_range, _quality] if field.flags is not None else [_range]
    drawn: list[Panel] = [partial(_component, axis) for axis in range(_XYZ)]
    drawn += [_magnitude, *bottom]
    heights = [3.0] * (_XYZ + 1) + [1.1] * len(bottom)
    with style.styled():
        figure = new_figure(*_SIZE)
        grid = figure.add_gridspec(
            len(drawn), 1, left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM, hspace=0.3,
            height_ratios=heights,
        )  # fmt: skip
        for number, draw in enumerate(drawn):
            axes = figure.add_subplot(grid[number])
            style.timed(axes, span, labelled=number == len(drawn) - 1)
            axes.yaxis.set_label_coords(-0.052, 0.5)
            draw(axes, field)
            axes.set_xlim(*span)  # type: ignore[arg-type]
        figure.axes[-1].set_xlabel("UTC", loc="right")
        style.head(figure, f"IMAP MAG · {field.title} · {_days(field)}", _counts(field), left=_LEFT)
    return figure


def _days(field: Field) -> str:
    margin = len(field.time) // 100  # some files begin before their day, and end after it
    ends = field.time[margin], field.time[-1 - margin]
    first, last = (str(time.astype("M8[D]")) for time in ends)
    return first if first == last else f"{first} to {last}"


def _counts(field: Field) -> str:
    absent = int(np.count_nonzero(~np.isfinite(field.vectors).all(axis=1)))
    parts = [f"{len(field.time):,} vectors", f"{absent:,} of them absent" if absent else ""]
    if len(field.time) > 1:
        step_s = float(np.median(np.diff(field.time)).astype(np.int64)) / 1e9
        parts.append(f"one every {step_s:g} s" if step_s >= 1 else f"{1 / step_s:.4g} Hz")
    ends = np.datetime_as_string(field.time[[0, -1]], "s")
    return "  ·  ".join([*filter(None, parts), f"{ends[0]} to {ends[1]} UTC"])


def _component(number: int, axes: Axes, field: Field) -> None:
    """Draw one component in a panel of its own: where the spacecraft spins, one hides another."""
    axes.set_ylabel("nT")
    axes.set_title(f"B{field.axes[number]}", color=_COLOURS[number])
    values = field.vectors[:, number]
    if not style.line(axes, field.time, values, _COLOURS[number], field.gap, linewidth=0.9):
        style.nothing(axes)


def _magnitude(axes: Axes, field: Field) -> None:
    axes.set_ylabel("nT")
    axes.set_title("|B|")
    size = np.sqrt(np.sum(field.vectors**2, axis=1))
    if style.line(axes, field.time, size, INK, field.gap, linewidth=0.9):
        axes.set_ylim(0, 1.08 * float(np.nanmax(size)) or 1.0)
    else:
        style.nothing(axes)


def _range(axes: Axes, field: Field) -> None:
    axes.set_title("Range")
    known = np.isfinite(field.ranges)
    axes.set_ylim(-0.5, 3.5)
    axes.set_yticks(range(4))
    if not known.any():
        style.nothing(axes, "not told")
        return
    for number in range(4):
        found = spans(field.time, field.ranges == number, known)
        style.bars(axes, number, found, style.THIRD, height=0.5)


def _quality(axes: Axes, field: Field) -> None:
    """Draw what is not good as bars, and name the bits that say why."""
    assert field.flags is not None  # noqa: S101  else there is no such panel
    axes.set_title("Quality")
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([])
    known = np.isfinite(field.flags)
    bad = known & (field.flags != 0)
    style.bars(axes, 0, spans(field.time, ~bad, known), style.QUIET)
    style.bars(axes, 0, spans(field.time, bad, known), style.WARNING)
    words = [("good", FAINT), (f"flagged, {np.count_nonzero(bad):,} vectors", style.WARNING)]
    if field.bits is not None and (set_ := np.bitwise_or.reduce(field.bits)):
        names = [str(1 << bit) for bit in range(int(set_).bit_length()) if set_ >> bit & 1]
        words.append((f"bits {', '.join(names)}", INK))
    style.names_above(axes, *words)
