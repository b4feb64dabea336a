"""What a Level-2 file says in rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.errors import Corrupt
from gnomon.instruments.comap.database.rows import Rows, Sql, measured_rows, plain
from gnomon.instruments.comap.database.statistics import of_calibrator, of_flags, of_observation
from gnomon.instruments.comap.level2.file import Level2File

_VERSION = re.compile(r"_v\d{3,}(?=\.[^.]+$)")


def rows_of_level2(path: Path, source: str) -> Rows:
    """Return all that SQL has of a Level-2 file.

    Parameters
    ----------
    source : str
        The name of what was observed.
    """
    with _opened(path) as out:
        summary = {name: plain(value) for name, value in of_observation(out).items()}
        measured = measured_rows({name: values.tolist() for name, values in of_flags(out).items()})
        fluxes: list[tuple[Sql, ...]] = [
            (feed, band, half, mjd, source, *(plain(value) for value in fit.values()))
            for feed, band, half, mjd, fit in of_calibrator(out)
        ]
    return Rows({"level2_path": str(known_path(path))}, summary, measured, fluxes)


def known_path(path: Path) -> Path:
    """Return the name that a file is known by: the one without a version, where there is one."""
    known = path.with_name(_VERSION.sub("", path.name))
    return (known if known.exists() else path).absolute()


@contextmanager
def _opened(path: Path) -> Iterator[Level2File]:
    import h5py  # noqa: PLC0415 - heavy, and an extra

    try:
        with h5py.File(path, "r", locking=False) as held:
            yield Level2File(held)
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise Corrupt(f"{path} is no Level-2 file: {error}") from error
