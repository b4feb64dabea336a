"""A process that is killed while it loads leaves its table as it was, or as it should be."""

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import sys
from pathlib import Path
from gnomon.publish.databases.address import Address
from gnomon.publish.tables.jobfile import read_jobs
from gnomon.publish.tables.loading import How, load_file, open_tables
folder = Path(sys.argv[1])
database = open_tables(Address(sys.argv[2]), folder)
job = read_jobs(folder / "jobs.yml")["job"]
print("ready", flush=True)
while True:
    for version in (2, 1):
        load_file(database, folder / f"x_20251102_v00{version}.csv", job, How(newest_only=False))
        print("loaded", flush=True)
"""
JOB = """
target_table: readings
id_mapping: {at: {db_column: at, type: integer}}
filename_to_column:
  template: x_[date]_v[version].csv
  columns: {date: {db_column: file_date, type: date, use_to_delete_old_rows: true}}
"""
ROWS = {1: 3000, 2: 2000}


@pytest.mark.parametrize("after_s", [0.0, 0.03, 0.11])
def test_killed(url, tmp_path, write, load, rows, after_s):
    for version, number in ROWS.items():
        made = [{"at": at * version, "version": version} for at in range(number)]
        write(f"x_20251102_v00{version}.csv", made)
    load(tmp_path / "x_20251102_v001.csv", JOB)
    command = [sys.executable, "-c", PROGRAM, tmp_path, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    ((version, major),) = rows(
        "SELECT DISTINCT version, (SELECT major FROM _gnomon_loaded) FROM readings"
    )
    assert version == major
    assert rows("SELECT count(*), count(DISTINCT at) FROM readings") == [
        (ROWS[version], ROWS[version])
    ]
    load(tmp_path / "x_20251102_v002.csv", JOB)
    assert rows("SELECT count(*) FROM readings WHERE version = 2") == [(2000,)]
