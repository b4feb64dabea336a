"""`gnomon load`: what it prints, what it changes, and how it ends."""

import csv
import json
import sqlite3

import pytest

from terminal import gnomon, snapshot


def write(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path.name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    write(
        tmp_path / "hk_l1_20251101_v001.csv",
        [{"at": at, "volts": 1.5, "mode": "Normal"} for at in range(3)],
    )
    write(
        tmp_path / "hk_l1_20251102_v001.csv",
        [{"at": at, "volts": 2.5, "mode": "Normal"} for at in range(10, 14)],
    )
    write(
        tmp_path / "hk_l1_20251102_v002.csv",
        [{"at": at, "volts": at / 4, "mode": "Burst"} for at in range(10, 13)],
    )
    return tmp_path


@pytest.fixture
def jobs(folder):
    days = sorted(path.name for path in folder.glob("hk_*.csv"))
    gnomon("load", "prepare", *days, "-c", "jobs.yml", folder=folder)
    return days


TO = ("--db-url", "sqlite:///day.db")


def rows(folder, query="SELECT count(*) FROM hk_l1"):
    connection = sqlite3.connect(folder / "day.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_prepare_writes_jobs_that_sync_reads(folder, jobs):
    text = (folder / "jobs.yml").read_text()
    assert "template: hk_l1_[date]_v[version].csv" in text
    said = gnomon("load", "sync", *jobs, "-c", "jobs.yml", *TO, folder=folder)
    assert "hk_l1_20251101_v001.csv -> hk_l1: 3 rows, 3 inserted, 0 updated, 0 deleted" in said.out
    assert "hk_l1_20251102_v002.csv -> hk_l1: 3 rows, 0 inserted, 3 updated, 1 deleted" in said.out
    assert rows(folder) == [(6,)]
    again = gnomon("load", "sync", *jobs, "-c", "jobs.yml", *TO, folder=folder)
    assert "hk_l1_20251102_v001.csv: left out, hk_l1_20251102_v002.csv is there" in again.out


def test_prepare_asks_before_it_overwrites(folder, jobs):
    words = ("load", "prepare", *jobs, "-c", "jobs.yml")
    refused = gnomon(*words, folder=folder, code=2)
    assert "has hk_l1 already; --force overwrites" in refused.err
    gnomon(*words, "--force", folder=folder)
    gnomon(*words, "--job", "other", "--id", "at", "--id", "mode", folder=folder)
    said = gnomon(*words, "--job", "third", "--dry-run", "--json", folder=folder).data
    assert list(said["jobs"]["third"]["id_mapping"]) == ["at"]
    assert "third:" not in (folder / "jobs.yml").read_text()
    dry = gnomon(*words, "--job", "third", "--dry-run", folder=folder)
    assert "third:" in dry.out
    write(folder / "visits.csv", [{"user_id": 1}])
    several = gnomon(*words, "visits.csv", "--job", "x", folder=folder, code=2)
    assert "are of 2 sorts" in several.err


def test_a_job_file_may_be_toml(folder, jobs):
    gnomon("load", "prepare", *jobs, "-c", "jobs.toml", folder=folder)
    gnomon("load", "sync", jobs[0], "-c", "jobs.toml", *TO, folder=folder)
    assert rows(folder) == [(3,)]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(folder, jobs):
    words = ("load", "sync", "-c", "jobs.yml", *TO)
    before = snapshot(folder)
    said = gnomon(*words, jobs[1], "--dry-run", folder=folder)
    assert "4 rows, would be 4 inserted" in said.out
    assert "would create hk_l1 with 4 columns" in said.out
    assert snapshot(folder) == before
    gnomon(*words, jobs[1], folder=folder)
    before = snapshot(folder)
    said = gnomon(*words, jobs[2], "--dry-run", folder=folder)
    assert "0 inserted, 2 updated" not in said.out
    assert "would be 0 inserted, 3 updated, 1 deleted" in said.out
    assert "at=11: volts: 2.5 -> 2.75, mode: Normal -> Burst" in said.out
    as_json = gnomon(*words, jobs[2], "--dry-run", "--json", folder=folder).data
    assert as_json[0]["changed"][0] == {
        "key": {"at": 10},
        "values": {"mode": ["Normal", "Burst"]},
    }
    assert snapshot(folder) == before


def test_a_file_that_fails_ends_with_1_and_does_not_stop_the_others(folder, jobs):
    (folder / "hk_l1_20251103_v001.csv").write_text("time,value\n1,2\n")
    files = ("hk_l1_20251103_v001.csv", "absent.csv", *jobs)
    words = ("load", "sync", *files, "-c", "jobs.yml", *TO, "--history")
    said = gnomon(*words, folder=folder, code=1)
    assert "failed hk_l1_20251103_v001.csv lacks at, which identify its rows" in said.err
    assert "failed absent.csv is no file" in said.err
    assert rows(folder) == [(6,)]
    told = gnomon(*words, "--json", folder=folder, code=1).data
    assert [one["state"] for one in told] == ["failed", "failed", "loaded", "older", "loaded"]
    shown = gnomon("load", "history", *TO, folder=folder)
    assert "failed" in shown.out
    assert "hk_l1_20251102_v002.csv" in shown.out
    recorded = gnomon("load", "history", *TO, "--json", folder=folder).data
    assert [one["file"] for one in recorded["loaded"]] == [jobs[0], jobs[2]]
    assert [one["success"] for one in recorded["history"]].count(False) == 2


@pytest.mark.usefixtures("jobs")
def test_values_that_are_lost_end_with_1(folder):
    write(folder / "hk_l1_20251103_v001.csv", [{"at": 7, "volts": "3,5", "mode": "Normal"}])
    words = ("load", "sync", "hk_l1_20251103_v001.csv", "-c", "jobs.yml", *TO)
    said = gnomon(*words, folder=folder, code=1)
    assert "1 values of volts do not fit float, such as '3,5': null" in said.err
    assert rows(folder) == [(1,)]


def test_an_older_version_may_be_asked_for(folder, jobs):
    words = ("load", "sync", "-c", "jobs.yml", *TO)
    gnomon(*words, jobs[2], folder=folder)
    gnomon(*words, jobs[1], "--older", folder=folder)
    assert rows(folder) == [(4,)]


def test_options_that_make_no_sense(folder, jobs):
    words = ("load", "sync", jobs[0], "-c", "jobs.yml")
    assert "set DATABASE_URL" in gnomon(*words, folder=folder, code=2).err
    assert "did you mean 'hk_l1'" in gnomon(*words, *TO, "-j", "hk_l2", folder=folder, code=2).err
    mysql = gnomon(*words, "--db-url", "mysql://u:hunter2@h/d", folder=folder, code=2)
    assert "hunter2" not in mysql.err
    assert "cannot be read" in gnomon(
        "load", "sync", jobs[0], "-c", "absent.yml", *TO, folder=folder, code=2
    ).err  # fmt: skip


def test_the_environment_and_env_files_name_the_database(folder, jobs, monkeypatch):
    (folder / ".env").write_text("DATABASE_URL=sqlite:///day.db\n")
    gnomon("load", "sync", jobs[0], "-c", "jobs.yml", folder=folder)
    assert rows(folder) == [(3,)]
    monkeypatch.setenv("DATABASE_URL", "sqlite:///other.db")
    gnomon("load", "sync", jobs[0], "-c", "jobs.yml", folder=folder)
    assert (folder / "other.db").exists()


def test_inspect_shows_columns_types_and_rows(folder):
    shown = gnomon("load", "inspect", "hk_l1_20251102_v001.csv", "-n", "1", folder=folder).out
    assert "hk_l1_20251102_v001.csv: 4 rows" in shown
    assert [line.split() for line in shown.splitlines()[2:5]] == [
        ["at", "integer", "no", "10"],
        ["volts", "float", "no", "2.5"],
        ["mode", "text", "no", "Normal"],
    ]
    (folder / "empty.csv").write_text("a,b\n")
    told = gnomon("load", "inspect", "empty.csv", "--json", folder=folder).data
    assert told[0]["rows"] == 0
    assert [one["name"] for one in told[0]["columns"]] == ["a", "b"]
    gnomon("load", "inspect", "absent.csv", folder=folder, code=1)


def test_history_of_a_database_that_is_not_there_makes_none(folder):
    told = gnomon("load", "history", *TO, "--json", folder=folder).data
    assert told == {"loaded": [], "history": []}
    assert not (folder / "day.db").exists()


def test_functions_are_called_when_that_is_allowed(folder):
    job = {
        "target_table": "hk_l1",
        "id_mapping": {"at": "at"},
        "columns": {"mode": {"function": "os.path.basename", "input_columns": ["mode"]}},
    }
    (folder / "jobs.yml").write_text(json.dumps({"jobs": {"a": job}}))
    words = ("load", "sync", "hk_l1_20251101_v001.csv", "-c", "jobs.yml", *TO)
    refused = gnomon(*words, folder=folder, code=1)
    assert "--allow-functions" in refused.err
    gnomon(*words, "--allow-functions", folder=folder)
    assert rows(folder) == [(3,)]
