"""The options by which commands that read light curves from any file are told its columns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[Path],
    typer.Argument(help="CSV, Parquet, FITS of TESS, or a folder.", exists=True),
]
Time = Annotated[str, typer.Option("--time", help="Column of times, days. Default: by its name.")]
Value = Annotated[str, typer.Option("--value", help="Column of magnitudes or fluxes.")]
Error = Annotated[str, typer.Option("--error", help="Column of their standard deviations.")]
Band = Annotated[str, typer.Option("--band", help="Column of bands.")]
Object = Annotated[
    str, typer.Option("--object", help="Column of objects. A file without one is one object.")
]
Quality = Annotated[str, typer.Option("--quality", help="Column of flags.")]
Unit = Annotated[str, typer.Option(help="Of the values: mag, e-/s, nJy, Jy. Default: by name.")]
BadBits = Annotated[
    int | None,
    typer.Option(help="Flags that tell against a point, as a sum. Default: as surveys advise."),
]
Flat = Annotated[bool, typer.Option("--flat", help="Of cleaned curves, what is left of the trend.")]
