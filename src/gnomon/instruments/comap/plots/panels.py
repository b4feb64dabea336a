"""Panels side by side, one a feed, that share their axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gnomon.formats.pictures import SOFT, bare, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEAD_IN: Final = 1.15
_FOOT_IN, _LEFT_IN, _RIGHT_IN = 0.62, 0.85, 0.25
_WIDTH_IN: Final = 15.0
_MOST_ROWS_OF_FEW: Final = 4.2
"""Inches: how high a panel gets where there are few."""


@dataclass(frozen=True)
class Grid:
    """A figure and its panels, in the order of the feeds."""

    figure: Figure
    axes: Sequence[Axes]
    left: float
    right: float

    def label(self, x: str, y: str) -> None:
        """Name both axes, once for the whole figure."""
        height = self.figure.get_size_inches()[1]
        self.figure.text(
            (self.left + self.right) / 2, 0.17 / height, x, ha="center", va="center",
            color=SOFT, fontsize=10.5,
        )  # fmt: skip
        self.figure.text(
            0.22 / _WIDTH_IN, (1 + (_FOOT_IN - HEAD_IN) / height) / 2, y, ha="center",
            va="center", rotation=90, color=SOFT, fontsize=10.5,
        )  # fmt: skip


def columns_of(n: int, *, square: bool) -> int:
    """Return how many panels stand side by side."""
    steps = ((1, 1), (2, 2), (4, 2), (9, 3)) if not square else ((1, 1), (2, 2), (6, 3), (8, 4))
    return next((columns for most, columns in steps if n <= most), 5 if square else 4)


def grid(feeds: Sequence[int], *, row_in: float = 1.75, square: bool = False) -> Grid:
    """Return an empty panel for each feed, with its number; call it within `style.styled`.

    Parameters
    ----------
    row_in : float
        Height of a row of panels, inches, where there are many.
    square : bool
        Panels are as high as they are wide.
    """
    columns = columns_of(len(feeds), square=square)
    rows = -(-len(feeds) // columns)
    inner_in = _WIDTH_IN - _LEFT_IN - _RIGHT_IN
    wide_in = 7.6 if square and len(feeds) == 1 else inner_in / columns
    row_in = wide_in if square else max(row_in, min(_MOST_ROWS_OF_FEW, 7.0 / rows))
    height_in = HEAD_IN + _FOOT_IN + rows * row_in
    figure = new_figure(_WIDTH_IN, height_in)
    left, right = _LEFT_IN / _WIDTH_IN, 1 - _RIGHT_IN / _WIDTH_IN
    made = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False,
        gridspec_kw={
            "left": left, "right": right, "bottom": _FOOT_IN / height_in,
            "top": 1 - HEAD_IN / height_in, "wspace": 0.07, "hspace": 0.2,
        },
    ).ravel()  # fmt: skip
    for axes, feed in zip(made, feeds, strict=False):
        axes.set_title(f"Feed {feed}")
        bare(axes)
        # Panels with nothing below them have the numbers of their column.
        axes.tick_params(labelbottom=list(made).index(axes) + columns >= len(feeds))
    for axes in made[len(feeds) :]:
        axes.set_visible(False)
    return Grid(figure, list(made[: len(feeds)]), left, right)
