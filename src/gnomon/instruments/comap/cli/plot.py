"""`gnomon comap plot`: pictures of observations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import datasets
from gnomon.cli.app import HERE, AsJson, Folder, project
from gnomon.engine.project import Project
from gnomon.errors import NoData, UnknownName
from gnomon.formats.pictures import SUFFIXES
from gnomon.instruments.comap.cli.feeds import numbers_of
from gnomon.instruments.comap.kinds import LEVEL2
from gnomon.instruments.comap.plots.names import NAMES

Which = Annotated[
    list[str], typer.Argument(metavar="OBSID|FILE...", help="Level-2 files, or numbers.")
]
What = Annotated[str, typer.Option(help=f"{', '.join(NAMES)}, several with commas, or all.")]
Feeds = Annotated[str, typer.Option(help="Numbers with commas. Default: all of the file.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="A folder for the pictures.", file_okay=False)
]
Form = Annotated[str, typer.Option("--format", help="png, svg or pdf.")]


def plot(
    which: Which,
    what: What = "all",
    feeds: Feeds = "",
    output: Output = Path("plots"),
    form: Form = "png",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw observations: streams, spectra, system temperatures, atmosphere, calibrator.

    Numbers are looked up among the Level-2 files of the project.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        names, numbers = _names(what), numbers_of(feeds)
        if f".{form}" not in SUFFIXES:
            raise UnknownName("format", form, [suffix[1:] for suffix in SUFFIXES])
        with opened.catalog_or_empty() as catalog:
            paths = [_path_of(said, opened, catalog) for said in which]
        made = []
        for path in paths:
            for picture in _drawn(path, output, form, names, numbers):
                made.append(str(picture))
                if not screen.as_json:
                    screen.out.print(escape(str(picture)), soft_wrap=True)
        if screen.as_json:
            screen.document({"files": made})


def _drawn(
    path: Path, output: Path, form: str, names: tuple[str, ...], feeds: tuple[int, ...]
) -> Iterator[Path]:
    # What this loads takes long.
    from gnomon.instruments.comap.plots.pictures import drawn  # noqa: PLC0415

    output.mkdir(parents=True, exist_ok=True)
    return drawn(path, lambda name: output / f"{path.stem}_{name}.{form}", names, feeds)


def _names(what: str) -> tuple[str, ...]:
    names = () if what == "all" else tuple(name.strip() for name in what.split(","))
    for name in names:
        if name not in NAMES:
            raise UnknownName("picture", name, (*NAMES, "all"))
    return names


def _path_of(said: str, opened: Project, catalog: Catalog) -> Path:
    """Return the path of a file, or of the current Level-2 file of an observation."""
    if not said.isdecimal() or Path(said).is_file():
        if not Path(said).is_file():
            raise NoData(f"{said} is no file, and no number of an observation")
        return Path(said)
    for stored in datasets(catalog, LEVEL2.name, {"obsid": str(int(said))}):
        if stored.current:
            return opened.store.path(stored.dataset)
    raise NoData(f"obsid {said} has no Level-2 file in this project")
