"""What a calibration model says in rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gnomon.errors import Corrupt
from gnomon.instruments.comap.database.rows import Sql, plain


def rows_of_model(path: Path) -> list[tuple[Sql, ...]]:
    """Return the rows of ``calibration_model_fit``, without the time at which they are written."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return [_row(model) for model in said["models"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Corrupt(f"{path} is no calibration model: {error}") from error


def _row(model: dict[str, Any]) -> tuple[Sql, ...]:
    place = (int(model["feed"]), int(model["band"]), int(model["half"]))
    lists = (model.get(name) for name in ("poly_coeffs", "nearest_mjds", "nearest_gains"))
    return (
        *place,
        plain(model["source"]),
        plain(model["model_type"]),
        *(None if values is None else json.dumps(values) for values in lists),
        plain(model["fit_rms"]),
        plain(model["n_observations"]),
    )
