"""Which science and which layers the calibration steps take, and how windows end."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from gnomon.core.dataset import Input
from gnomon.errors import ConfigError, NoData
from gnomon.instruments.imap.steps.gradiometer import GradiometerConfig
from gnomon.instruments.imap.steps.manual import ChangeConfig
from gnomon.instruments.imap.steps.quality import WindowConfig, end_instant, instant
from gnomon.instruments.imap.steps.science import chosen_layers, science_of

LAYERS = [
    Path(f"/s/imap_mag_{name}_20251017_v001.0002.json")
    for name in ("gradiometer-norm-layer", "noop-norm-layer", "quality-norm-layer")
]


def science(mode, sensor):
    key = {"mode": mode, "sensor": sensor, "day": date(2025, 10, 17)}
    return Input(Path(f"{sensor}.cdf"), "imap.l1", key, {}, 1, "")


def test_normal_mode_takes_level_1c_and_burst_level_1b():
    both = [science("norm", "magi"), science("norm", "mago")]
    assert science_of([], both, "mago").path == Path("mago.cdf")
    assert science_of([], both, "magi").path == Path("magi.cdf")
    with pytest.raises(NoData, match="no L1C norm of mago"):
        science_of(both, [], "mago")
    burst = [science("burst", "mago")]
    assert science_of(burst, [], "mago").path == Path("mago.cdf")
    with pytest.raises(NoData, match="no L1B burst of mago"):
        science_of([], burst, "mago")
    with pytest.raises(NoData, match="no L1C of mago"):
        science_of([], [], "mago")


@pytest.mark.parametrize(
    ("patterns", "indexes"),
    [
        (("*",), [0, 1, 2]),
        (("quality", "noop"), [2, 1]),
        (("quality-norm", "*"), [2, 0, 1]),
        (("*noop*", "noop"), [1]),
        (("imap_mag_noop-norm-layer_20251017_v001.0002.json",), [1]),
        (("imap_mag_noop-norm-layer_20251017_v001.0002",), [1]),
        (("calibration/layers/imap_mag_noop-norm-layer_20251017_v001.0002.json",), [1]),
        (("nothing*",), []),
        ((), []),
    ],
)
def test_layers_are_chosen_by_method_name_or_glob_in_that_order(patterns, indexes):
    assert chosen_layers(LAYERS, patterns) == tuple(LAYERS[i] for i in indexes)


def test_a_name_of_no_layer_is_an_error_that_says_what_there_is():
    with pytest.raises(ConfigError, match=r"'qualty'; there is imap_mag_gradiometer-norm-layer"):
        chosen_layers(LAYERS, ("qualty",))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-01-15T23:59:59.999", datetime(2026, 1, 16, tzinfo=UTC)),
        ("2026-01-15T23:59:59.9Z", datetime(2026, 1, 16, tzinfo=UTC)),
        ("2026-01-15T23:59:59", datetime(2026, 1, 15, 23, 59, 59, tzinfo=UTC)),
        ("2026-01-15T23:59:59.998", datetime(2026, 1, 15, 23, 59, 59, 998_000, tzinfo=UTC)),
        ("2026-01-15", datetime(2026, 1, 15, tzinfo=UTC)),
        ("2026-01-15T02:00:00+02:00", datetime(2026, 1, 15, tzinfo=UTC)),
    ],
)
def test_ends_of_windows(text, end):
    assert end_instant(text) == end


def test_instants_are_utc_whatever_the_machine_thinks(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/London")
    assert instant("2025-07-01T12:00:00") == datetime(2025, 7, 1, 12, tzinfo=UTC)


def test_impossible_options_are_refused():
    with pytest.raises(ValidationError):
        WindowConfig(start_date="2026", end_date="soon")
    with pytest.raises(ValidationError):
        WindowConfig(start_date="2026-01-01", end_date="2026-01-02", quality_flag=2)
    with pytest.raises(ValidationError):
        ChangeConfig(time="2026-01-01", timedelta=float("nan"))
    with pytest.raises(ValidationError):
        GradiometerConfig(kappa=((1.0, 2.0), (3.0, 4.0)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_factor_and_no_gap(value):
    with pytest.raises(ValidationError, match="finite"):
        GradiometerConfig(kappa=value)
    with pytest.raises(ValidationError, match="finite"):
        GradiometerConfig(kappa=((1.0, 0.0, 0.0), (0.0, value, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(ValidationError, match="finite"):
        GradiometerConfig(max_gap_s=value)
