"""Which pictures there are of an observation, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnomon.errors import BadData
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.atmosphere import draw_atmosphere
from gnomon.instruments.comap.plots.calibrator import draw_calibrator
from gnomon.instruments.comap.plots.names import NAMES
from gnomon.instruments.comap.plots.observed import Observed, opened
from gnomon.instruments.comap.plots.spectra import draw_spectra
from gnomon.instruments.comap.plots.streams import draw_streams
from gnomon.instruments.comap.plots.tsys import draw_tsys

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN: Final[Mapping[str, Callable[[Observed], Figure]]] = {
    "tod": draw_streams,
    "spectra": draw_spectra,
    "tsys": draw_tsys,
    "atmosphere": draw_atmosphere,
    "calibrator": draw_calibrator,
}
"""By the names of `plots.names`."""


def drawn(
    path: Path, where: Callable[[str], Path], names: Sequence[str] = (), feeds: Sequence[int] = ()
) -> Iterator[Path]:
    """Draw an observation; give each picture's path once it is written.

    Parameters
    ----------
    path : Path
        A Level-2 file.
    where : callable
        Returns the path of a picture by its name.
    names : sequence of str
        Which; empty: all that the file has what is needed for.
    feeds : sequence of int
        Numbers of feeds; empty: all.

    Raises
    ------
    BadData
        The file is no Level-2 file, or lacks what a picture that was asked for needs.
    UnknownName
        It has no such feed.
    """
    with opened(path, feeds) as observed:
        _ = observed.feeds  # which are wrong is told before anything is drawn
        count = 0
        for name in names or NAMES:
            with suppress(*(() if names else (BadData,))):
                figure = DRAWN[name](observed)
                target = where(name)
                style.save(figure, target)
                count += 1
                yield target
        if not count:
            raise BadData(f"{path.name} has nothing that can be drawn")
