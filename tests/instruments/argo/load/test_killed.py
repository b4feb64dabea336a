"""A process that is killed while it loads leaves the old rows or the new ones."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gnomon.instruments.argo.load.publisher import open_database
from gnomon.publish.databases.address import Address

PROGRAM = """
import itertools, sys
from pathlib import Path
from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher
from loads import Float
folder = Path(sys.argv[1])
publisher = DatabasePublisher(DatabaseConfig(url=sys.argv[2]), folder)
jobs = []
for version, levels in ((1, 400), (2, 700)):
    given = Float(cycles=2, levels=levels)
    for cycle in range(2):
        given.column("temp", cycle, [float(version)] * levels)
    jobs.append(given.write("argo.analysis", folder, version))
publisher.publish(*jobs[0])
print("loaded", flush=True)
for job in itertools.cycle(jobs[::-1]):
    publisher.publish(*job)
"""
LEVELS = {1: 800, 2: 1400}


@pytest.mark.parametrize("after_s", [0.02, 0.17])
def test_killed(target, tmp_path, after_s):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", PROGRAM, tmp_path, target]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout.readline() == b"loaded\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    database = open_database(Address(target), tmp_path)
    ((version,),) = database.rows("SELECT version FROM argo_load")
    found = database.rows("SELECT count(*), min(temp), max(temp) FROM argo_level")
    assert found == [(LEVELS[version], version, version)]
    beyond = database.rows("SELECT count(*) FROM argo_bgc_level")
    assert beyond == [(LEVELS[version] * 2,)]
