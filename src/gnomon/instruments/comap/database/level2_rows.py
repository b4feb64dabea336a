"""What a Level-2 file says in rows."""

from __future__ import annotations

import re
from pathlib import Path

from gnomon.errors import BadData
from gnomon.instruments.comap.database.rows import Rows, Sql, measured_rows, plain
from gnomon.instruments.comap.database.statistics import of_calibrator, of_flags, of_observation
from gnomon.instruments.comap.level2.file import reading

_VERSION = re.compile(r"_v\d{3,}(?=\.[^.]+$)")


def rows_of_level2(path: Path, source: str) -> Rows:
    """Return all that SQL has of a Level-2 file.

    Parameters
    ----------
    source : str
        The name of what was observed.

    Raises
    ------
    BadData
        The file cannot be read, or is none of Level 2.
    """
    try:
        with reading(path) as out:
            summary, flags, fits = of_observation(out), of_flags(out), of_calibrator(out)
    except (KeyError, IndexError, ValueError) as error:  # absent, or of other shapes
        raise BadData(f"{path} is no Level-2 file: {error}") from error
    fluxes: list[tuple[Sql, ...]] = [
        (feed, band, half, mjd, source, *(plain(value) for value in fit.values()))
        for feed, band, half, mjd, fit in fits
    ]
    return Rows(
        {"level2_path": str(known_path(path))},
        {name: plain(value) for name, value in summary.items()},
        measured_rows({name: values.tolist() for name, values in flags.items()}),
        fluxes,
    )


def known_path(path: Path) -> Path:
    """Return the name that a file is known by: the one without a version, where there is one."""
    known = path.with_name(_VERSION.sub("", path.name))
    return (known if known.exists() else path).absolute()
