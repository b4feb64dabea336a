"""How pictures of light curves look: a colour for each band, brighter is up, axes that say what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.formats.pictures import FAINT, INK, SOFT, Style, bare
from gnomon.instruments.sky.curves.batches import Curve
from gnomon.instruments.sky.curves.schema import BTJD_ORIGIN_JD, MJD_ORIGIN_JD, TimeSystem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BANDS = {
    "u": "#7b52ab",
    "g": "#009e73",
    "r": "#d55e00",
    "R": "#d55e00",
    "i": "#8c2d04",
    "z": "#5b5b66",
    "y": "#b8860b",
    "TESS": "#0072b2",
}
_OTHERS = ("#0072b2", "#cc79a7", "#e69f00", "#56b4e9")
MODEL = INK
ACCENT = "#c2185b"
"""Of the period that was found."""

_STYLE = Style(
    {
        "axes.labelcolor": SOFT,
        "axes.labelsize": 9.5,
        "axes.titlesize": 11,
        "axes.titlepad": 8,
        "axes.formatter.useoffset": False,
        "lines.solid_joinstyle": "round",
    }
)
styled, save = _STYLE.styled, _STYLE.save


def colour_of(band: str) -> str:
    """Return the colour of a band; bands without one of their own share four by their name."""
    return _BANDS.get(band) or _OTHERS[sum(map(ord, band)) % len(_OTHERS)]


def head(figure: Figure, title: str, *lines: str, left: float) -> None:
    """Write a title at the top of a figure, and lines below it."""
    _, height = figure.get_size_inches()
    figure.text(
        left, 1 - 0.40 / height, title, fontsize=17, weight="bold", va="center", parse_math=False
    )
    for number, line in enumerate(line for line in lines if line):
        figure.text(
            left, 1 - (0.74 + 0.23 * number) / height, line, fontsize=10.5, color=SOFT,
            va="center", parse_math=False,
        )  # fmt: skip


def bands_above(axes: Axes, bands: list[str]) -> None:
    """Write the names of bands, each in its colour, at the right above axes."""
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea  # noqa: PLC0415

    words = [
        TextArea(band, textprops={"color": colour_of(band), "fontsize": 10, "weight": "bold"})
        for band in sorted(filter(None, bands), key=_by_wavelength)
    ]
    if words:
        row = HPacker(children=list(words), pad=0, sep=9, align="baseline")
        box = AnchoredOffsetbox(
            loc="lower right", child=row, pad=0, borderpad=0.55, frameon=False,
            bbox_to_anchor=(1, 1), bbox_transform=axes.transAxes,
        )  # fmt: skip
        axes.add_artist(box)


def value_axis(axes: Axes, curve: Curve) -> None:
    """Label the vertical axis: magnitudes grow downwards."""
    names = {"mag": "magnitude", "1": "relative flux", "": "value"}
    axes.set_ylabel(names.get(curve.unit, f"flux / {curve.unit}"))
    if curve.unit == "mag" and not axes.yaxis_inverted():
        axes.invert_yaxis()
    bare(axes)


def _by_wavelength(band: str) -> tuple[int, str]:
    known = list(_BANDS)
    return (known.index(band) if band in known else len(known)), band


def time_name(system: TimeSystem | None) -> str:
    """Return what times are, for an axis: ``BJD - 2457000 (TDB)``, ``MJD (UTC)``."""
    if system is None:
        return "time / days"
    letter = {"BARYCENTER": "B", "HELIOCENTER": "H"}.get(system.place, "")
    if system.origin_jd == MJD_ORIGIN_JD:
        return f"{letter}MJD ({system.scale})"
    origin = f" \N{MINUS SIGN} {system.origin_jd:.10g}" if system.origin_jd else ""
    if system.origin_jd == BTJD_ORIGIN_JD:
        origin = " \N{MINUS SIGN} 2457000"
    return f"{letter}JD{origin} ({system.scale})"


def nothing(axes: Axes, words: str) -> None:
    """Say that there is nothing to draw."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT,
        fontsize=11.5, wrap=True, parse_math=False,
    )  # fmt: skip
