import csv

import pytest

from gnomon.errors import ServerFault
from gnomon.instruments.imap.telemetry.ialirt_rows import records
from gnomon.instruments.imap.telemetry.rules import built_in

MAG = {
    "time_utc": "2026-03-01T00:00:03",
    "mag_B_GSE": [1.5, -2.25, 0.0],
    "mag_B_GSM": [1, 2, 3],
    "mag_B_RTN": [4, 5, 6],
    "mag_theta_B_GSM": -12.5,
    "mag_B_magnitude": None,
    "mag_epoch": 814305670063376123,
}


def only(payload, rules=None):
    (row,) = records(payload, rules).rows
    return row


def test_vectors_have_the_axes_of_their_frames():
    time, row = only([MAG])
    assert time == "2026-03-01T00:00:03"
    assert [row[f"mag_B_GSE_{axis}"] for axis in "xyz"] == ["1.5", "-2.25", "0.0"]
    assert [row[f"mag_B_GSM_{axis}"] for axis in "xyz"] == ["1", "2", "3"]
    assert [row[f"mag_B_RTN_{axis}"] for axis in "rtn"] == ["4", "5", "6"]
    assert row["mag_theta_B_GSM"] == "-12.5"
    assert row["mag_B_magnitude"] == ""
    assert row["mag_epoch"] == "814305670063376123"


def test_the_columns_are_those_that_users_know(real):
    with (real / "ialirt" / "ialirt_science_plot_data.csv").open() as file:
        known = set(next(csv.reader(file)))
    angles = {
        f"mag_{angle}_B_{frame}": 0.0 for angle in ("phi", "theta") for frame in ("GSE", "GSM")
    }
    _, row = only([MAG | angles])
    assert set(row) | {"time_utc"} == known


def test_other_lists_are_counted_from_one():
    _, row = only([{"time_utc": "2026-03-01T00:00:03", "swe_counts": [7, 8], "hit_x": [1, 2, 3]}])
    assert row == {
        "swe_counts_1": "7",
        "swe_counts_2": "8",
        **{f"hit_x_{number}": f"{number}" for number in (1, 2, 3)},
    }


@pytest.mark.parametrize("wrap", [lambda r: r, lambda r: {"meta": {}, "data": r}])
def test_an_answer_is_a_list_or_holds_one(wrap):
    assert only(wrap([MAG]))[0] == "2026-03-01T00:00:03"
    assert records(wrap([])).rows == []


@pytest.mark.parametrize("payload", [{"message": "Forbidden"}, {"data": {}}, ["x"], None, 3])
def test_another_answer_is_a_fault_of_the_service(payload):
    with pytest.raises(ServerFault, match="I-ALiRT"):
        records(payload)


def test_records_without_a_time_are_counted():
    found = records([MAG, MAG | {"time_utc": None}, {"mag_epoch": 1}])
    assert (len(found.rows), found.undated) == (1, 2)


HK = {
    "time_utc": "2025-10-21T08:00:03",
    "mag_hk_status": {
        "icu_temp": 2368,
        "fib_temp": 2464,
        "fob_temp": 2528,
        "hk3v3": 2880,
        "hk3v3_current": 1784,
        "hkn8v5": 3680,
        "hkn8v5_current": 1360,
        "mode": 6,
        "hk1v5_warn": 0,
        "multbit_errs": False,
        "pri_isvalid": 1,
        "fib_range": 2,
    },
}


@pytest.mark.parametrize(
    "record",
    [
        HK,
        {"time_utc": HK["time_utc"]}
        | {f"mag_hk_status.{n}": v for n, v in HK["mag_hk_status"].items()},
    ],
)
def test_housekeeping_is_flat_and_in_its_units(record, real):
    """The values are those of a real file, to the last digit."""
    with (real / "ialirt" / "ialirt_hk_plot_data.csv").open() as file:
        known = {row["mag_hk_hk3v3_current"]: row for row in csv.DictReader(file)}["128.43171568"]
    _, row = only([record], built_in())
    same = {name for name in row if not name.endswith("_range")}  # theirs is a float
    assert {name: row[name] for name in same} == {name: known[name] for name in same}
    assert row["mag_hk_fib_range"] == "2"


def test_a_label_that_is_not_known_stays_a_number():
    _, row = only([{"time_utc": HK["time_utc"], "mag_hk_status": {"mode": 9}}], built_in())
    assert row == {"mag_hk_mode": "9"}
    _, row = only([{"time_utc": HK["time_utc"], "mag_hk_status": {"mode": "Safe"}}], built_in())
    assert row == {"mag_hk_mode": "Safe"}
    _, row = only([{"time_utc": HK["time_utc"], "mag_hk_status": {"mode": None}}], built_in())
    assert row == {"mag_hk_mode": ""}
