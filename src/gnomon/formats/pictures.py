"""Pictures: what all of them look like, and how one is written.

Matplotlib is imported when the first picture is made, and never chooses a window: figures are made
without `pyplot` and drawn by Agg. Every font is one that comes with Matplotlib, and no clock goes
into a file, so the same data give the same bytes with the same version of Matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, FAINT, RULE, PAPER = "#16222e", "#566472", "#94a0ac", "#e4e8ec", "#ffffff"
DPI = 100
SUFFIXES = (".png", ".svg", ".pdf")

_RC: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "figure.facecolor": PAPER,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "svg.hashsalt": "gnomon",
    "svg.fonttype": "none",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Style:
    """How the pictures of an instrument look.

    Attributes
    ----------
    rc : mapping of str to object
        What it wants otherwise, or as well, in Matplotlib's words.
    """

    rc: Mapping[str, Any]

    @contextmanager
    def styled(self) -> Iterator[None]:
        """Make and draw figures in this style.

        Raises
        ------
        MissingExtra
            Matplotlib is not installed.
        """
        try:
            import matplotlib as mpl  # noqa: PLC0415
        except ImportError:
            raise MissingExtra("matplotlib", "plots") from None
        wanted: Any = {**_RC, **self.rc}
        with mpl.rc_context(wanted):
            yield

    def save(self, figure: Figure, path: Path) -> None:
        """Draw a figure into a PNG, SVG or PDF, under another name first, then renamed."""
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ConfigError(f"{path.name}: a picture is one of {', '.join(SUFFIXES)}")
        # Neither the version of Matplotlib nor the time of day.
        silent = {".png": ["Software"], ".svg": ["Date", "Creator"], ".pdf": ["CreationDate"]}
        metadata: dict[str, Any] = dict.fromkeys(silent[suffix])
        part = path.with_name(path.name + ".part")
        with self.styled():
            figure.savefig(part, format=suffix[1:], metadata=metadata)
        part.replace(path)


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure; call it within `Style.styled`."""
    from matplotlib.figure import Figure as Empty  # noqa: PLC0415

    return Empty(figsize=(width_in, height_in), layout=None)


def bare(axes: Axes) -> None:
    """Leave the left and lower edge only."""
    axes.spines[["top", "right"]].set_visible(False)
