"""`gnomon sky crossmatch`: objects of any file, looked up in catalogues by position."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import AsJson, ending, screen
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.tabling import check_suffix, provenance_of, write
from gnomon.instruments.sky.steps.match import match

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.catalogues.reading import PlaceColumns

Objects = Annotated[
    Path, typer.Argument(help="CSV, Parquet or VOTable with positions.", metavar="FILE")
]
CatalogueFiles = Annotated[
    list[Path], typer.Option("--catalogue", help="CSV, Parquet or VOTable; repeatable.")
]
Names = Annotated[
    list[str], typer.Option("--name", help="What the catalogue is called; one for each.")
]
Radius = Annotated[float, typer.Option("--radius-arcsec", help="The farthest that a match is.")]
Nearest = Annotated[
    bool, typer.Option("--nearest", help="Of each catalogue the nearest entry only.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="FILE.csv or FILE.parquet.")]
Ra = Annotated[str, typer.Option(help="Column of FILE; default: found by its usual names.")]
Dec = Annotated[str, typer.Option(help="Column of FILE, as above.")]
Object = Annotated[str, typer.Option("--object", help="Column of FILE with names, as above.")]
Label = Annotated[str, typer.Option(help="Column of the catalogues that tells what it is.")]
Entry = Annotated[str, typer.Option(help="Column of the catalogues with names.")]


def crossmatch(
    file: Objects,
    catalogue: CatalogueFiles,
    name: Names,
    radius_arcsec: Radius = 2.0,
    nearest: Nearest = False,
    output: Output = Path("matches.csv"),
    ra: Ra = "",
    dec: Dec = "",
    object_: Object = "",
    label: Label = "",
    entry: Entry = "",
    as_json: AsJson = False,
) -> None:
    """Write which entries of catalogues lie near the objects of a file.

    Positions are degrees or sexagesimal. A file with many rows of an object, as light curves are,
    has the object at the middle of them. Every label stands beside the name of its catalogue.
    """
    view = screen(as_json=as_json)
    with ending(view):
        # NumPy and Arrow take long to load.
        from gnomon.instruments.sky.catalogues.matching import looked_up, objects_of  # noqa: PLC0415
        from gnomon.instruments.sky.catalogues.reading import (  # noqa: PLC0415
            PlaceColumns,
            read_catalogue,
        )

        check_suffix(output)
        places = read_catalogue(file, "objects", PlaceColumns(ra, dec, object_))
        objects = objects_of(places, "entry")
        entries = _entries(catalogue, name, PlaceColumns(entry=entry, label=label))
        found = looked_up(objects, entries, radius_arcsec, nearest=nearest)
        options = {"radius_arcsec": radius_arcsec, "nearest": nearest, "catalogues": list(name)}
        made = provenance_of("sky.match", match.version, options, [file, *catalogue])
        write(output, found, made)
        n_matched = len(set(found["object"].to_pylist()))
        if view.as_json:
            counts = {"objects": objects.num_rows, "matched": n_matched, "rows": found.num_rows}
            view.document({**counts, "file": str(output)})
            return
        text = f"{n_matched} of {objects.num_rows} objects matched, {found.num_rows} rows: {output}"
        view.out.print(escape(text), soft_wrap=True)


def _entries(files: list[Path], names: list[str], columns: PlaceColumns) -> pa.Table:
    """Return the entries of all catalogues as one table."""
    import pyarrow as pa  # noqa: PLC0415 - takes long to load

    from gnomon.instruments.sky.catalogues.reading import read_catalogue  # noqa: PLC0415  as above

    if len(files) != len(names) or len(set(names)) < len(names):
        raise ConfigError("every --catalogue has one --name of its own")
    tables = [read_catalogue(f, n, columns) for f, n in zip(files, names, strict=True)]
    return pa.concat_tables(tables)
