import json
from datetime import date

import pytest

from gnomon.errors import ServerFault
from gnomon.instruments.imap.telemetry.day_table import DayTable
from gnomon.instruments.imap.telemetry.noaa_rows import TIME, recent


def test_the_real_answer_makes_the_real_files(real, tmp_path):
    found = recent(json.loads((real / "noaa" / "rtsw_mag_1m.json").read_bytes()), "mag")
    assert found.undated == 0
    for truth in sorted((real / "noaa").glob("*_mag_noaa_*.csv")):
        spacecraft, day = truth.stem.split("_")[0], date.fromisoformat(truth.stem.split("_")[-1])
        table = DayTable(TIME)
        table.take(found.days[spacecraft, day].items())
        table.write(tmp_path / truth.name)
        assert (tmp_path / truth.name).read_bytes() == truth.read_bytes()
    counted = {place: len(rows) for place, rows in found.days.items()}
    assert counted["ACE", date(2026, 7, 22)] + counted["ACE", date(2026, 7, 23)] == 1328
    assert sum(counted.values()) == 3721


def record(**changes):
    return {"time_tag": "2026-03-01T00:00:00", "source": "ACE", "proton_speed": 400.5} | changes


def test_wind_has_its_own_names():
    found = recent([record(proton_density=3.25, proton_temperature=None)], "wind")
    (rows,) = found.days.values()
    assert rows == {"2026-03-01T00:00:00": {"density": "3.25", "speed": "400.5", "temperature": ""}}


def test_a_month_ends_between_two_days():
    times = ["2026-02-28T23:59:00", "2026-03-01T00:00:00"]
    found = recent([record(time_tag=time) for time in times], "wind")
    assert sorted(day for _, day in found.days) == [date(2026, 2, 28), date(2026, 3, 1)]


def test_records_that_name_no_time_or_spacecraft_are_counted():
    strays = [record(time_tag=None), record(time_tag="soon"), {"time_tag": "2026-03-01T00:00:00"}]
    found = recent([record(), *strays], "wind")
    assert found.undated == 3
    assert len(found.days) == 1


@pytest.mark.parametrize("payload", [{"error": "x"}, ["x"], None, 5, "text"])
def test_another_answer_is_a_fault_of_the_service(payload):
    with pytest.raises(ServerFault, match="NOAA"):
        recent(payload, "mag")
