"""The record of a float, written and read back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.instruments.argo.tables.floats import FloatRecord

PROVENANCE = Provenance("argo.float", 1, "0" * 64, "{}", ())
RECORD = FloatRecord(
    wmo_number=6901929,
    float_type="core",
    pi_name="Hervé Ó Conchubhair",
    launch_date=datetime(2018, 2, 12, 21, 15, tzinfo=UTC),
    parameters=("PRES", "TEMP"),
    battery_percent=50.0,
    battery_from="cycles",
)


def test_it_reads_back(tmp_path):
    RECORD.write(tmp_path / "float.json", PROVENANCE)
    assert FloatRecord.read(tmp_path / "float.json") == RECORD
    assert RECORD.float_id == "6901929"
    assert "Hervé" in (tmp_path / "float.json").read_text("utf-8")


def test_times_are_utc_and_never_naive():
    zone = timezone(timedelta(hours=2))
    assert FloatRecord(wmo_number=1, launch_date=datetime(2020, 1, 1, 2, tzinfo=zone)).launch_date \
        == datetime(2020, 1, 1, tzinfo=UTC)  # fmt: skip
    with pytest.raises(ValidationError, match="names no zone"):
        FloatRecord(wmo_number=1, launch_date=datetime(2020, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"wmo_number": "x"}', '{"wmo_number": 1, "a": 2}']
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "float.json"
    path.write_text(text)
    with pytest.raises(BadData, match=r"float\.json"):
        FloatRecord.read(path)
