"""What `period` and `plot` share: the options of a search, and pages drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gnomon.errors import ConfigError
from gnomon.instruments.sky.science.periods.period import DURATIONS_D, Search

if TYPE_CHECKING:
    from gnomon.instruments.sky.curves.batches import Curve, Curves

MethodName = Literal["auto", "ls", "bls"]
Method = Annotated[
    MethodName,
    typer.Option(help="Lomb-Scargle, or box least squares. auto: boxes for TESS alone."),
]
Terms = Annotated[int, typer.Option(help="Harmonics of Lomb-Scargle.")]
MinPeriod = Annotated[float, typer.Option(help="Days.")]
MaxPeriod = Annotated[float, typer.Option(help="Days; 0 is half of what a curve spans.")]
Fap = Annotated[float, typer.Option(help="The largest false-alarm probability of a period.")]
Durations = Annotated[list[float] | None, typer.Option(help="Of boxes, days; repeatable.")]
Oversampling = Annotated[float, typer.Option(help="Trial periods in the width of a peak.")]
ErrorFloor = Annotated[
    float, typer.Option(help="Magnitudes, added to errors in quadrature: no model is better.")
]

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")


def search_of(
    bands: Sequence[str],
    method: MethodName,
    terms: int,
    min_period: float,
    max_period: float,
    fap: float,
    error_floor: float,
    durations: Sequence[float] | None,
    oversampling: float = 10.0,
) -> Search:
    """Return the search that options name; ``auto`` is for boxes where every band is TESS's."""
    boxes = method == "bls" or (method == "auto" and set(bands) == {"TESS"})
    return Search(
        "bls" if boxes else "ls",
        terms=terms,
        min_period_d=min_period,
        max_period_d=max_period,
        oversampling=oversampling,
        fap=fap,
        error_floor_mag=error_floor,
        durations_d=tuple(durations or DURATIONS_D),
    )


def by_object(curves: Curves) -> dict[str, list[Curve]]:
    """Return the curves with points of each object."""
    found: dict[str, list[Curve]] = {}
    for curve in curves:
        if len(curve):
            found.setdefault(curve.object, []).append(curve)
    return found


def draw_pages(
    curves: Mapping[str, Sequence[Curve]], search: Search, folder: Path, what: str = "page"
) -> list[Path]:
    """Draw a picture an object into a folder, which is made; return the files.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    from gnomon.instruments.sky.plots.pages import DRAWN, Subject  # noqa: PLC0415 - heavy
    from gnomon.instruments.sky.plots.style import save  # noqa: PLC0415  as above

    paths = picture_paths(list(curves), folder, what)
    for name, path in paths.items():
        save(DRAWN[what](Subject.searched(curves[name], search)), path)
    return list(paths.values())


def picture_paths(names: Sequence[str], folder: Path, what: str) -> dict[str, Path]:
    """Return a file for each object, no two alike; makes the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {folder}: {error}") from None
    found: dict[str, Path] = {}
    for name in names:
        stem, number = _UNSAFE.sub("_", name).strip("._") or "curve", 1
        ending = "" if what == "page" else f"_{what}"
        path = folder / f"{stem}{ending}.png"
        while path in found.values():
            number += 1
            path = folder / f"{stem}_{number}{ending}.png"
        found[name] = path
    return found
