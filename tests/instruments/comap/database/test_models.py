"""The calibration model in SQL."""

import json
from dataclasses import replace

import pytest
from tests.instruments.comap.published import dataset_of

from gnomon.errors import Corrupt
from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.science.calibration_model import GainModel, Rules, written

POLYNOMIAL = GainModel(
    *(1, 0, 1, "CasA,TauA", "polynomial", (0.25, 0.7), None, None),
    fit_rms=0.01,
    n_observations=12,
    first_mjd=59000.0,
    last_mjd=60000.0,
)
NEAREST = replace(
    POLYNOMIAL,
    feed=19,
    band=3,
    model_type="nearest",
    poly_coeffs=None,
    nearest_mjds=(59000.5, 59001.5),
    nearest_gains=(0.7, 0.75),
)
COLUMNS = "feed, band, channel, source, model_type, fit_rms, n_observations"
LISTS = "poly_coeffs, nearest_mjds, nearest_gains"


@pytest.fixture
def load(publisher, tmp_path):
    """Return a function that publishes models."""

    def publish(*models):
        path = tmp_path / "model.json"
        path.write_text(written(models, Rules()), encoding="utf-8")
        return publisher.publish(dataset_of(kinds.CALIBRATION, path), path)

    return publish


def lists(rows):
    """Return the JSON columns as lists, as either driver tells them."""
    found = rows(f"SELECT {LISTS} FROM calibration_model_fit ORDER BY feed")
    return [[json.loads(one) if isinstance(one, str) else one for one in row] for row in found]


def test_every_model_is_one_row(load, rows):
    load(POLYNOMIAL, NEAREST)
    assert rows(f"SELECT {COLUMNS} FROM calibration_model_fit ORDER BY feed") == [
        (1, 0, 1, "CasA,TauA", "polynomial", 0.01, 12),
        (19, 3, 1, "CasA,TauA", "nearest", 0.01, 12),
    ]
    assert lists(rows) == [[[0.25, 0.7], None, None], [None, [59000.5, 59001.5], [0.7, 0.75]]]


def test_it_is_told_when_it_was_written(load, rows):
    load(POLYNOMIAL)
    (((updated_at),),) = rows("SELECT updated_at FROM calibration_model_fit")
    assert str(updated_at)[:2] == "20"


def test_a_model_replaces_the_one_before_and_is_taken_back(load, publisher, rows):
    load(POLYNOMIAL, NEAREST)
    receipt = load(NEAREST)
    assert rows("SELECT feed FROM calibration_model_fit") == [(19,)]
    assert publisher.holds(receipt)
    publisher.retract(receipt)
    publisher.retract(receipt)
    assert rows("SELECT feed FROM calibration_model_fit") == []
    assert not publisher.holds(receipt)


def test_what_is_no_model_is_told(publisher, tmp_path):
    path = tmp_path / "model.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(Corrupt, match="is no calibration model"):
        publisher.publish(dataset_of(kinds.CALIBRATION, path), path)
