"""Active, inactive, dead; core, oxygen, biogeochemical, deep."""

from datetime import UTC, datetime, timedelta

import pytest

from gnomon.instruments.argo.science.status import float_status, float_type

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("silent_days", "status"),
    [(0, "ACTIVE"), (44.9, "ACTIVE"), (45, "INACTIVE"), (539.9, "INACTIVE"), (540, "DEAD")],
)
def test_the_last_profile_tells(silent_days, status):
    assert float_status(NOW - timedelta(days=silent_days), None, NOW) == status


def test_an_ended_mission_is_inactive_and_silence_is_unknown():
    past, future = NOW - timedelta(days=1000), NOW + timedelta(days=10)
    assert float_status(past, past, NOW) == "INACTIVE"
    assert float_status(NOW, past, NOW) == "INACTIVE"
    assert float_status(NOW, future, NOW) == "ACTIVE"
    assert float_status(None, None, NOW) == "UNKNOWN"


@pytest.mark.parametrize(
    ("family", "parameters", "deepest", "kind"),
    [
        ("FLOAT_DEEP", ["PRES", "TEMP", "DOXY"], None, "deep"),
        ("FLOAT", ["PRES", "TEMP", "PSAL"], 4030.0, "deep"),
        ("FLOAT", ["PRES", "TEMP", "PSAL"], 2010.0, "core"),
        ("FLOAT", ["PRES", "TEMP", "PSAL", "DOXY", "TEMP_DOXY"], 2010.0, "oxygen"),
        ("FLOAT", ["PRES", "TEMP", "DOXY", "CHLA"], 1000.0, "biogeochemical"),
        (None, ["PRES", "BBP700"], None, "biogeochemical"),
        (None, ["PRES", "DOWN_IRRADIANCE412"], None, "biogeochemical"),
        (None, ["PRES", "PH_IN_SITU_TOTAL"], None, "biogeochemical"),
        (None, ["PRES", "TEMP", "MTIME"], None, "core"),
        (None, [], None, "unknown"),
    ],
)
def test_types(family, parameters, deepest, kind):
    assert float_type(family, parameters, deepest) == kind
