"""`gnomon sky features`: features of light curves, from any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from gnomon.cli.app import AsJson, Screen, ending, screen
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.columns import (
    BadBits,
    Band,
    Error,
    Files,
    Flat,
    Object,
    Quality,
    Time,
    Unit,
    Value,
)
from gnomon.instruments.sky.cli.tabling import provenance_of
from gnomon.instruments.sky.steps.features import features as features_step

Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="The CSV, or a folder; a .parquet is written beside it."),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--feature", help="Of the Parquet; repeatable. Default: all that there are."),
]
Labels = Annotated[
    Path | None,
    typer.Option(help="CSV or Parquet with objects and labels, from --catalogue.", exists=True),
]
Catalogue = Annotated[str, typer.Option(help="The name of the catalogue that labels are from.")]


def features(
    files: Files,
    output: Output = Path("features.csv"),
    names: Names = None,
    labels: Labels = None,
    catalogue: Catalogue = "",
    flat: Flat = False,
    time: Time = "",
    value: Value = "",
    error: Error = "",
    band: Band = "",
    object_: Object = "",
    quality: Quality = "",
    unit: Unit = "",
    bad_bits: BadBits = None,
    as_json: AsJson = False,
) -> None:
    """Write what light curves amount to: a CSV with a row per object, a Parquet with all features.

    The Parquet has a row per object and band. Flagged points are left out. Tables of MAST
    observations give their own columns.
    """
    view = screen(as_json=as_json)
    with ending(view):
        # NumPy and Arrow take long to load.
        from gnomon.instruments.sky.curves.reading import Columns  # noqa: PLC0415
        from gnomon.instruments.sky.science.features.files import (  # noqa: PLC0415
            make_features,
            with_labels,
            write_features,
        )
        from gnomon.instruments.sky.science.features.labels import read_labels  # noqa: PLC0415

        if catalogue and labels is None:
            raise ConfigError("--catalogue names where --labels are from; there are none")
        columns = Columns(time, value, error, band, object_, quality, unit=unit)
        use: Literal["value", "flat"] = "flat" if flat else "value"
        made = make_features(files, columns, names or (), use=use, bad_bits=bad_bits)
        if labels is not None:
            made = with_labels(made, read_labels(labels, catalogue), catalogue)
        options = {**asdict(columns), "features": names or [], "use": use, "bad_bits": bad_bits}
        options |= {"catalogue": catalogue}
        given = [*files, *([labels] if labels else [])]
        provenance = provenance_of("sky.features", features_step.version, options, given)
        paths = write_features(output, made, provenance)
        _say(view, made.counts, paths)


def _say(view: Screen, counts: Mapping[str, int], paths: Sequence[Path]) -> None:
    if view.as_json:
        view.document({**counts, "files": [str(path) for path in paths]})
        return
    text = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
    view.out.print(escape(f"{text}: {', '.join(map(str, paths))}"), soft_wrap=True)
