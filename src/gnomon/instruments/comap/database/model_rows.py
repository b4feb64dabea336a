"""What a calibration model says in rows."""

from __future__ import annotations

import json
from pathlib import Path

from gnomon.instruments.comap.database.rows import Sql, plain
from gnomon.instruments.comap.science.calibration_model import GainModel, read_models


def rows_of_model(path: Path) -> list[tuple[Sql, ...]]:
    """Return the rows of ``calibration_model_fit``, without the time at which they are written.

    Raises
    ------
    Corrupt
        The file is no calibration model.
    """
    return [_row(model) for model in read_models(path)]


def _row(model: GainModel) -> tuple[Sql, ...]:
    lists = (model.poly_coeffs, model.nearest_mjds, model.nearest_gains)
    return (
        *(model.feed, model.band, model.half),
        *(model.source, model.model_type),
        *(None if values is None else json.dumps(values) for values in lists),
        plain(model.fit_rms),
        model.n_observations,
    )
